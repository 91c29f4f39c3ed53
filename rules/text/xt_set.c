/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/ipset/ip_set.h>

#include "base/buffer.h"
#include "rules/ipset.h"
#include "rules/text/xt.h"

static void name_and_ends(struct buffer *out, const struct xt_set_match *info,
			  const struct ipset *set)
{
	if (set)
		buffer_printf(out, " %s ", set->name);
	else
		buffer_printf(out, " <ipset %u> ", info->index);
	for (unsigned i = 0; i < info->dimensions; i++)
		buffer_printf(out, "%s%s", i ? "," : "", info->sources & 1 << i ? "src" : "dst");
}

void xt_set_match_text(struct buffer *out, const struct xt_set_match *info, const struct ipset *set)
{
	buffer_puts(out, info->invert ? " ! --match-set" : " --match-set");
	name_and_ends(out, info, set);
	if (info->return_nomatch)
		buffer_puts(out, " --return-nomatch");
	if (info->keep_counters)
		buffer_puts(out, " ! --update-counters");
	if (info->keep_subcounters)
		buffer_puts(out, " ! --update-subcounters");
	if (!info->plain)
		buffer_puts(out, " <with counters or flags>");
}

static void target_part(struct buffer *out, const char *option, const struct xt_set_match *info,
			const struct ipset *set)
{
	buffer_printf(out, " --%s", option);
	name_and_ends(out, info, set);
}

void xt_set_target_text(struct buffer *out, const struct xt_set_target *info,
			const struct ipset *const sets[static 3])
{
	if (info->add.index != XT_NO_SET) {
		target_part(out, "add-set", &info->add, sets[0]);
		if (info->flags & IPSET_FLAG_EXIST)
			buffer_puts(out, " --exist");
		if (info->timeout != UINT32_MAX)
			buffer_printf(out, " --timeout %u", info->timeout);
	}
	if (info->del.index != XT_NO_SET)
		target_part(out, "del-set", &info->del, sets[1]);
	if (info->map.index == XT_NO_SET)
		return;
	target_part(out, "map-set", &info->map, sets[2]);
	if (info->flags & IPSET_FLAG_MAP_SKBMARK)
		buffer_puts(out, " --map-mark");
	if (info->flags & IPSET_FLAG_MAP_SKBPRIO)
		buffer_puts(out, " --map-prio");
	if (info->flags & IPSET_FLAG_MAP_SKBQUEUE)
		buffer_puts(out, " --map-queue");
}
