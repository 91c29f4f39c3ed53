/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/xt_set.h>

#include "rules/xt/words.h"

/*
 * The target SET, which adds to an ipset, deletes from it or takes marks out of it; the packet goes on.
 * All revisions begin with the sets; 2 and 3 have flags and a time behind them.
 */
struct set_target {
	struct xt_set_info add, delete, map;
	uint32_t flags, timeout;
};

static struct set_target read_target(const struct xt_extension *extension)
{
	struct set_target target = {.map.index = IPSET_INVALID_ID, .timeout = UINT32_MAX};

	if (extension->type->revision == 3) {
		struct xt_set_info_target_v3 raw;

		XT_COPY(raw, extension);
		return (struct set_target){raw.add_set, raw.del_set, raw.map_set, raw.flags,
					   raw.timeout};
	}
	memcpy(&target.add, extension->info.data, sizeof(target.add));
	memcpy(&target.delete, extension->info.data + sizeof(target.add), sizeof(target.delete));
	if (extension->type->revision == 2) {
		struct xt_set_info_target_v2 raw;

		XT_COPY(raw, extension);
		target.flags = raw.flags;
		target.timeout = raw.timeout;
	}
	return target;
}

static bool check_set(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info raw[3] = {};
	size_t n = ret->type->revision == 3 ? 3 : 2;

	memcpy(raw, info, n * sizeof(raw[0]));
	for (size_t i = 0; i < n; i++)
		if (raw[i].index != IPSET_INVALID_ID && raw[i].dim > XT_SET_DIMENSIONS)
			return false;
	return true;
}

/* What an element says of the mark and the priority is not followed. */
static void evaluate_set(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	struct set_target target = read_target(extension);
	struct value_set *fields = branch->state->class.fields;
	struct value_set any = value_set_range(run->walk->arena, 0, UINT32_MAX);

	if (target.map.index != IPSET_INVALID_ID && target.flags & IPSET_FLAG_MAP_SKBMARK)
		fields[FIELD_MARK] = any;
	if (target.map.index != IPSET_INVALID_ID && target.flags & IPSET_FLAG_MAP_SKBPRIO)
		fields[FIELD_PRIORITY] = any;
	run_continue(run, branch);
}

static void one_set_text(struct buffer *out, const char *option, const struct xt_set_info *set)
{
	if (set->index == IPSET_INVALID_ID)
		return;
	buffer_printf(out, " --%s <ipset %u>", option, set->index);
	for (unsigned i = 1; i <= set->dim; i++)
		buffer_printf(out, "%s%s", i == 1 ? " " : ",",
			      set->flags & 1u << i ? "src" : "dst");
}

static void set_text(struct buffer *out, const struct xt_extension *extension)
{
	struct set_target target = read_target(extension);

	one_set_text(out, "add-set", &target.add);
	if (target.flags & IPSET_FLAG_EXIST)
		buffer_puts(out, " --exist");
	if (target.timeout != UINT32_MAX)
		buffer_printf(out, " --timeout %u", target.timeout);
	one_set_text(out, "del-set", &target.delete);
	one_set_text(out, "map-set", &target.map);
	if (target.flags & IPSET_FLAG_MAP_SKBMARK)
		buffer_puts(out, " --map-mark");
	if (target.flags & IPSET_FLAG_MAP_SKBPRIO)
		buffer_puts(out, " --map-prio");
	if (target.flags & IPSET_FLAG_MAP_SKBQUEUE)
		buffer_puts(out, " --map-queue");
}

static const struct xt_type types[] = {
	{"SET", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_set_info_target_v1), check_set,
	 evaluate_set, set_text},
	{"SET", 2, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_set_info_target_v2), check_set,
	 evaluate_set, set_text},
	{"SET", 3, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_set_info_target_v3), check_set,
	 evaluate_set, set_text},
};

const struct xt_types xt_set_targets = XT_TYPES(types);
