/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/xt_set.h>

#include "rules/eval/xt_set.h"
#include "rules/ipset.h"
#include "rules/xt/words.h"

/*
 * What concerns ipsets: the match set, and the target SET, which adds to one, deletes from it or takes
 * marks out of it.
 */

/* What match and target have in common: which set, and which end each dimension is taken from. */
static struct xt_set_match set_of(const struct xt_set_info *raw)
{
	return (struct xt_set_match){
		.index = raw->index,
		.dimensions = raw->dim,
		/* Bit 0 is the inversion, bit n the nth dimension (IPSET_DIM_ONE_SRC …). */
		.sources = raw->flags >> 1,
		.invert = raw->flags & IPSET_INV_MATCH,
		.plain = true,
	};
}

static bool has_dimensions(const struct xt_set_match *set)
{
	return set->index == XT_NO_SET || set->dimensions <= XT_SET_DIMENSIONS;
}

static bool decode_set(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set = set_of(&raw);
	ret->set.return_nomatch = raw.flags & IPSET_RETURN_NOMATCH;
	return has_dimensions(&ret->set);
}

/* From revision 3 on the flags have a word of their own (set_match_v3()). */
static bool decode_flags(uint32_t flags, bool counters, struct xt_extension *ret)
{
	uint32_t harmless = IPSET_FLAG_RETURN_NOMATCH | IPSET_FLAG_SKIP_COUNTER_UPDATE |
			    IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE;

	ret->set.return_nomatch = flags & IPSET_FLAG_RETURN_NOMATCH;
	ret->set.keep_counters = flags & IPSET_FLAG_SKIP_COUNTER_UPDATE;
	ret->set.keep_subcounters = flags & IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE;
	ret->set.plain = !(flags & ~harmless) && !counters;
	return true;
}

static bool decode_set_3(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_match_v3 raw;

	memcpy(&raw, info, sizeof(raw));
	return decode_set(info, ret) &&
	       decode_flags(raw.flags, raw.packets.op || raw.bytes.op, ret);
}

static bool decode_set_4(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_match_v4 raw;

	memcpy(&raw, info, sizeof(raw));
	return decode_set(info, ret) &&
	       decode_flags(raw.flags, raw.packets.op || raw.bytes.op, ret);
}

static void evaluate_match(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	xt_match_set(run, branch, &extension->set, extension->expr->xt.ipsets[0]);
}

/* The set's name, if the set was read; then the ends. */
static void set_words(struct buffer *out, const struct xt_set_match *info,
		      const struct xt_extension *extension, size_t which)
{
	const struct ipset *set = extension->expr ? extension->expr->xt.ipsets[which] : NULL;

	if (set)
		buffer_printf(out, " %s ", set->name);
	else
		buffer_printf(out, " <ipset %u> ", info->index);
	for (unsigned i = 0; i < info->dimensions; i++)
		buffer_printf(out, "%s%s", i ? "," : "", info->sources & 1 << i ? "src" : "dst");
}

static void match_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_set_match *info = &extension->set;

	xt_not(out, info->invert);
	buffer_puts(out, " --match-set");
	set_words(out, info, extension, 0);
	if (info->return_nomatch)
		buffer_puts(out, " --return-nomatch");
	if (info->keep_counters)
		buffer_puts(out, " ! --update-counters");
	if (info->keep_subcounters)
		buffer_puts(out, " ! --update-subcounters");
	if (!info->plain)
		buffer_puts(out, " <with counters or flags>");
}

static const char match_how[] =
	"cuts the class by the elements of the ipset; unknown if it was not read, if a rule "
	"changes it, or if counters are asked for";

static const struct xt_type match_types[] = {
	{"set", 1, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v1), decode_set,
	 evaluate_match, match_text, DECIDED(BY_PACKET | BY_RULES | BY_NOBODY, match_how)},
	{"set", 2, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v1), decode_set,
	 evaluate_match, match_text, DECIDED(BY_PACKET | BY_RULES | BY_NOBODY, match_how)},
	{"set", 3, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v3), decode_set_3,
	 evaluate_match, match_text, DECIDED(BY_PACKET | BY_RULES | BY_NOBODY, match_how)},
	{"set", 4, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v4), decode_set_4,
	 evaluate_match, match_text, DECIDED(BY_PACKET | BY_RULES | BY_NOBODY, match_how)},
};

const struct xt_types xt_set_matches = XT_TYPES(match_types);

static bool target_has_dimensions(const struct xt_set_target *target)
{
	return has_dimensions(&target->add) && has_dimensions(&target->del) &&
	       has_dimensions(&target->map);
}

static bool decode_target_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_target_v1 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set_target = (struct xt_set_target){
		.add = set_of(&raw.add_set),
		.del = set_of(&raw.del_set),
		.map = {.index = XT_NO_SET},
		.timeout = UINT32_MAX,
	};
	return target_has_dimensions(&ret->set_target);
}

static bool decode_target_2(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_target_v2 raw;

	memcpy(&raw, info, sizeof(raw));
	if (!decode_target_1(info, ret))
		return false;
	ret->set_target.flags = raw.flags;
	ret->set_target.timeout = raw.timeout;
	return true;
}

static bool decode_target_3(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_target_v3 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set_target = (struct xt_set_target){
		.add = set_of(&raw.add_set),
		.del = set_of(&raw.del_set),
		.map = set_of(&raw.map_set),
		.flags = raw.flags,
		.timeout = raw.timeout,
	};
	return target_has_dimensions(&ret->set_target);
}

static void evaluate_target(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	xt_target_set(run, branch, &extension->set_target, extension->expr->xt.ipsets);
}

static void part_text(struct buffer *out, const char *option, const struct xt_set_match *info,
		      const struct xt_extension *extension, size_t which)
{
	buffer_printf(out, " --%s", option);
	set_words(out, info, extension, which);
}

static void target_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_set_target *info = &extension->set_target;

	if (info->add.index != XT_NO_SET) {
		part_text(out, "add-set", &info->add, extension, 0);
		if (info->flags & IPSET_FLAG_EXIST)
			buffer_puts(out, " --exist");
		if (info->timeout != UINT32_MAX)
			buffer_printf(out, " --timeout %u", info->timeout);
	}
	if (info->del.index != XT_NO_SET)
		part_text(out, "del-set", &info->del, extension, 1);
	if (info->map.index == XT_NO_SET)
		return;
	part_text(out, "map-set", &info->map, extension, 2);
	if (info->flags & IPSET_FLAG_MAP_SKBMARK)
		buffer_puts(out, " --map-mark");
	if (info->flags & IPSET_FLAG_MAP_SKBPRIO)
		buffer_puts(out, " --map-prio");
	if (info->flags & IPSET_FLAG_MAP_SKBQUEUE)
		buffer_puts(out, " --map-queue");
}

static const char target_how[] =
	"goes on; what is in the ipsets is unknown from then on; with map-set, mark and "
	"priority are";

static const struct xt_type target_types[] = {
	{"SET", 1, XT_FAMILY_BOTH, XT_TARGET_SET, sizeof(struct xt_set_info_target_v1),
	 decode_target_1, evaluate_target, target_text,
	 DECIDED(BY_RULES | BY_CHANGING, target_how)},
	{"SET", 2, XT_FAMILY_BOTH, XT_TARGET_SET, sizeof(struct xt_set_info_target_v2),
	 decode_target_2, evaluate_target, target_text,
	 DECIDED(BY_RULES | BY_CHANGING, target_how)},
	{"SET", 3, XT_FAMILY_BOTH, XT_TARGET_SET, sizeof(struct xt_set_info_target_v3),
	 decode_target_3, evaluate_target, target_text,
	 DECIDED(BY_RULES | BY_CHANGING, target_how)},
};

const struct xt_types xt_set_targets = XT_TYPES(target_types);
