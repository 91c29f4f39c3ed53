/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_set.h>

#include "rules/xt/words.h"

/* Matches on lists that the kernel keeps elsewhere: recent, set. */

static bool decode_recent_0(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_recent_mtinfo raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.check_set & ~XT_RECENT_VALID_FLAGS)
		return false;
	ret->recent = (struct xt_recent){
		.seconds = raw.seconds,
		.hit_count = raw.hit_count,
		.flags = raw.check_set,
		.invert = raw.invert,
		.by_dest = raw.side == XT_RECENT_DEST,
	};
	xt_string(ret->text, raw.name, sizeof(raw.name));
	return true;
}

static bool decode_recent_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_recent_mtinfo_v1 raw;

	/* Revision 1 is revision 0 with a mask behind it. */
	memcpy(&raw, info, sizeof(raw));
	if (!decode_recent_0(info, ret))
		return false;
	ret->recent.mask = xt_address(ret, &raw.mask);
	return true;
}

/* --set adds and is true; what is in the list otherwise is not ours to know. */
static void evaluate_recent(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	if (extension->recent.flags & XT_RECENT_ADD)
		xt_decide(run, branch, !extension->recent.invert);
	else
		run_either(run, branch, "the list of recent addresses");
}

static void recent_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_recent *recent = &extension->recent;
	xt_not(out, recent->invert);
	if (recent->flags & XT_RECENT_ADD)
		buffer_puts(out, " --set");
	if (recent->flags & XT_RECENT_RCHECK)
		buffer_puts(out, " --rcheck");
	if (recent->flags & XT_RECENT_TOUCH)
		buffer_puts(out, " --update");
	if (recent->flags & XT_RECENT_DELETE)
		buffer_puts(out, " --remove");
	if (recent->seconds)
		buffer_printf(out, " --seconds %u", recent->seconds);
	if (recent->flags & XT_RECENT_PURGE)
		buffer_puts(out, " --reap");
	if (recent->hit_count)
		buffer_printf(out, " --hitcount %u", recent->hit_count);
	if (recent->flags & XT_RECENT_SAME_TTL)
		buffer_puts(out, " --rttl");
	buffer_printf(out, " --name %s", extension->text);
	if (recent->mask.family) {
		buffer_puts(out, " --mask ");
		xt_address_text(out, &recent->mask);
	}
	buffer_puts(out, recent->by_dest ? " --rdest" : " --rsource");
}

static bool decode_set(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.dim > XT_SET_DIMENSIONS)
		return false;
	ret->set = (struct xt_set_match){
		.index = raw.index,
		.dimensions = raw.dim,
		/* Bit 0 is the inversion, bit n the nth dimension (IPSET_DIM_ONE_SRC …). */
		.sources = raw.flags >> 1,
		.invert = raw.flags & IPSET_INV_MATCH,
		.plain = true,
	};
	return true;
}

static bool decode_set_4(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_match_v4 raw;

	memcpy(&raw, info, sizeof(raw));
	if (!decode_set(info, ret))
		return false;
	ret->set.plain = !raw.flags && !raw.packets.op && !raw.bytes.op;
	return true;
}

static void evaluate_set(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "what an ipset holds");
}

static void set_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_set_match *set = &extension->set;
	xt_not(out, set->invert);
	buffer_printf(out, " --match-set <ipset %u> ", set->index);
	for (unsigned i = 0; i < set->dimensions; i++)
		buffer_printf(out, "%s%s", i ? "," : "", set->sources & 1 << i ? "src" : "dst");
	if (!set->plain)
		buffer_puts(out, " <with counters or flags>");
}

static const struct xt_type types[] = {
	{"recent", 0, XT_FAMILY_BOTH, XT_RECENT, sizeof(struct xt_recent_mtinfo), decode_recent_0,
	 evaluate_recent, recent_text},
	{"recent", 1, XT_FAMILY_BOTH, XT_RECENT, sizeof(struct xt_recent_mtinfo_v1),
	 decode_recent_1, evaluate_recent, recent_text},
	{"set", 1, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v1), decode_set,
	 evaluate_set, set_text},
	{"set", 4, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v4), decode_set_4,
	 evaluate_set, set_text},
};

const struct xt_types xt_list_matches = XT_TYPES(types);
