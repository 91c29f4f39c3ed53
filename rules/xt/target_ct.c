/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/xt_CT.h>

#include "rules/xt/words.h"

/* The target CT, and NOTRACK, which is one of its options now. */

static bool decode_ct_0(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_ct_target_info raw;

	memcpy(&raw, info, offsetof(struct xt_ct_target_info, ct));
	ret->ct = (struct xt_ct){
		.flags = raw.flags,
		.zone = raw.zone,
		.ct_events = raw.ct_events,
		.expect_events = raw.exp_events,
	};
	xt_string(ret->ct.helper, raw.helper, sizeof(raw.helper));
	return true;
}

static bool decode_ct_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_ct_target_info_v1 raw;

	/* Revision 1 is revision 0 with the timeout policy's name behind it. */
	memcpy(&raw, info, offsetof(struct xt_ct_target_info_v1, ct));
	if (!decode_ct_0(info, ret))
		return false;
	xt_string(ret->ct.timeout, raw.timeout, sizeof(raw.timeout));
	return true;
}

static bool decode_notrack(const uint8_t *info, struct xt_extension *ret)
{
	(void)info;
	ret->ct = (struct xt_ct){.flags = XT_CT_NOTRACK, .from_notrack = true};
	return true;
}

/* A zone of one direction, or the mark as zone, is not followed. */
static void set_template(struct walk *walk, struct state *state, const struct xt_ct *info)
{
	const unsigned doubtful = XT_CT_ZONE_DIR_ORIG | XT_CT_ZONE_DIR_REPL | XT_CT_ZONE_MARK;

	conntrack_detach(walk, state, CT_TEMPLATE);
	state->class.fields[FIELD_CT_ZONE] = info->flags & doubtful
						     ? value_set_range(walk->arena, 0, UINT16_MAX)
						     : walk_single(walk, info->zone);
}

/*
 * Acts only on packets that neither conntrack has seen nor another of these targets; others pass on
 * (xt_ct_target()).
 */
static void evaluate_ct(struct run *run, struct branch *branch,
			const struct xt_extension *extension)
{
	const struct xt_ct *info = &extension->ct;
	struct state *state = branch->state;

	if (state->ct == CT_ABSENT) {
		if (info->flags & XT_CT_NOTRACK)
			conntrack_detach(run->walk, state, CT_UNTRACKED);
		else
			set_template(run->walk, state, info);
	}
	run_continue(run, branch);
}

static void ct_events_text(struct buffer *out, const struct xt_ct *ct)
{
	/* enum ip_conntrack_events and ip_conntrack_expect_events */
	static const struct xt_word events[] = {
		{1 << 0, "new"},     {1 << 1, "related"}, {1 << 2, "destroy"},
		{1 << 3, "reply"},   {1 << 4, "assured"}, {1 << 5, "protoinfo"},
		{1 << 6, "helper"},  {1 << 7, "mark"},    {1 << 8, "natseqinfo"},
		{1 << 9, "secmark"},
	};
	static const struct xt_word expect_events[] = {{1 << 0, "new"}};

	if (ct->ct_events) {
		buffer_puts(out, " --ctevents ");
		xt_words_text(out, ct->ct_events, events, ARRAY_SIZE(events));
	}
	if (ct->expect_events) {
		buffer_puts(out, " --expevents ");
		xt_words_text(out, ct->expect_events, expect_events, ARRAY_SIZE(expect_events));
	}
}

static void ct_zone_text(struct buffer *out, const struct xt_ct *ct)
{
	if (!ct->zone && !(ct->flags & XT_CT_ZONE_MARK))
		return;
	buffer_puts(out, " --zone");
	if (ct->flags & XT_CT_ZONE_DIR_ORIG)
		buffer_puts(out, "-orig");
	if (ct->flags & XT_CT_ZONE_DIR_REPL)
		buffer_puts(out, "-reply");
	if (ct->flags & XT_CT_ZONE_MARK)
		buffer_puts(out, " mark");
	else
		buffer_printf(out, " %u", ct->zone);
}

static void ct_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_ct *ct = &extension->ct;
	if (ct->flags & XT_CT_NOTRACK_ALIAS || ct->from_notrack)
		return;
	if (ct->flags & XT_CT_NOTRACK)
		buffer_puts(out, " --notrack");
	if (ct->helper[0])
		buffer_printf(out, " --helper %s", ct->helper);
	if (ct->timeout[0])
		buffer_printf(out, " --timeout %s", ct->timeout);
	ct_events_text(out, ct);
	ct_zone_text(out, ct);
}

static const char ct_how[] =
	"the zone, or untracked from here on, if neither conntrack nor another such rule has "
	"seen the packet; helper, events and timeout change nothing for an upload";

static const struct xt_type types[] = {
	{"CT", 0, XT_FAMILY_BOTH, XT_TARGET_CT, sizeof(struct xt_ct_target_info), decode_ct_0,
	 evaluate_ct, ct_text, DECIDED(BY_CONNECTION | BY_CHANGING, ct_how)},
	{"CT", 1, XT_FAMILY_BOTH, XT_TARGET_CT, sizeof(struct xt_ct_target_info_v1), decode_ct_1,
	 evaluate_ct, ct_text, DECIDED(BY_CONNECTION | BY_CHANGING, ct_how)},
	{"CT", 2, XT_FAMILY_BOTH, XT_TARGET_CT, sizeof(struct xt_ct_target_info_v1), decode_ct_1,
	 evaluate_ct, ct_text, DECIDED(BY_CONNECTION | BY_CHANGING, ct_how)},
	{"NOTRACK", 0, XT_FAMILY_BOTH, XT_TARGET_CT, 0, decode_notrack, evaluate_ct, ct_text,
	 DECIDED(BY_CONNECTION | BY_CHANGING,
		 "untracked from here on, if neither conntrack nor a rule "
		 "with CT has seen the packet")},
};

const struct xt_types xt_ct_targets = XT_TYPES(types);
