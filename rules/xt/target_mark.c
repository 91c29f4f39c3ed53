/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_CLASSIFY.h>
#include <linux/netfilter/xt_CONNSECMARK.h>
#include <linux/netfilter/xt_SECMARK.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>

#include "rules/xt/words.h"

/* Targets that note something beside the packet: CLASSIFY, CONNMARK, CONNSECMARK, MARK, SECMARK. */

static void evaluate_classify(struct run *run, struct branch *branch,
			      const struct xt_extension *extension)
{
	struct xt_classify_target_info raw;

	XT_COPY(raw, extension);
	branch->state->class.fields[FIELD_PRIORITY] = walk_single(run->walk, raw.priority);
	run_continue(run, branch);
}

static void classify_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_classify_target_info raw;

	XT_COPY(raw, extension);
	buffer_printf(out, " --set-class %.4x:%.4x", raw.priority >> 16, raw.priority & 0xffff);
}

static void set_connmark(struct xt_extension *ret, const struct xt_connmark_tginfo2 *raw)
{
	ret->set_connmark = (struct xt_set_connmark){
		.mode = (enum xt_connmark_mode)raw->mode,
		.ct_mark = raw->ctmark,
		.ct_mask = raw->ctmask,
		.packet_mask = raw->nfmask,
		.shift_bits = raw->shift_bits,
		.shift_right = raw->shift_dir == D_SHIFT_RIGHT,
	};
}

static bool decode_connmark_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_connmark_tginfo1 raw;
	struct xt_connmark_tginfo2 widened;

	memcpy(&raw, info, sizeof(raw));
	widened = (struct xt_connmark_tginfo2){
		.ctmark = raw.ctmark,
		.ctmask = raw.ctmask,
		.nfmask = raw.nfmask,
		.mode = raw.mode,
	};
	set_connmark(ret, &widened);
	return raw.mode <= XT_CONNMARK_RESTORE;
}

static bool decode_connmark_2(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_connmark_tginfo2 raw;

	memcpy(&raw, info, sizeof(raw));
	set_connmark(ret, &raw);
	return raw.mode <= XT_CONNMARK_RESTORE;
}

static struct value_set any_mark(struct walk *walk)
{
	return value_set_range(walk->arena, 0, UINT32_MAX);
}

static bool mark_of(const struct state *state, enum field field, uint32_t *ret)
{
	field_value value;

	if (!value_set_single(state->class.fields[field], &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

static uint32_t shifted(const struct xt_set_connmark *info, uint32_t mark)
{
	if (info->shift_bits >= 32)
		return 0;
	return info->shift_right ? mark >> info->shift_bits : mark << info->shift_bits;
}

/* connmark_tg_shift() */
static void evaluate_connmark(struct run *run, struct branch *branch,
			      const struct xt_extension *extension)
{
	const struct xt_set_connmark *info = &extension->set_connmark;
	struct state *state = branch->state;
	bool restore = info->mode == XT_CONNMARK_MODE_RESTORE;
	enum field changed = restore ? FIELD_MARK : FIELD_CT_MARK;
	uint32_t mark, ct_mark, now = 0;

	if (state->ct == CT_TEMPLATE && restore)
		state->class.fields[FIELD_MARK] = any_mark(run->walk);
	if (state->ct != CT_ATTACHED) {
		run_continue(run, branch);
		return;
	}
	if (!mark_of(state, FIELD_MARK, &mark) || !mark_of(state, FIELD_CT_MARK, &ct_mark)) {
		state->class.fields[changed] = any_mark(run->walk);
		run_continue(run, branch);
		return;
	}
	switch (info->mode) {
	case XT_CONNMARK_MODE_SET:
		now = shifted(info, (ct_mark & ~info->ct_mask) ^ info->ct_mark);
		break;
	case XT_CONNMARK_MODE_SAVE:
		now = (ct_mark & ~info->ct_mask) ^ shifted(info, mark & info->packet_mask);
		break;
	case XT_CONNMARK_MODE_RESTORE:
		now = (mark & ~info->packet_mask) ^ shifted(info, ct_mark & info->ct_mask);
		break;
	}
	state->class.fields[changed] = walk_single(run->walk, now);
	run_continue(run, branch);
}

static void connmark_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_set_connmark *connmark = &extension->set_connmark;
	switch (connmark->mode) {
	case XT_CONNMARK_MODE_SET:
		buffer_printf(out, " --set-xmark 0x%x/0x%x", connmark->ct_mark, connmark->ct_mask);
		break;
	case XT_CONNMARK_MODE_SAVE:
		buffer_printf(out, " --save-mark --nfmask 0x%x --ctmask 0x%x",
			      connmark->packet_mask, connmark->ct_mask);
		break;
	case XT_CONNMARK_MODE_RESTORE:
		buffer_printf(out, " --restore-mark --nfmask 0x%x --ctmask 0x%x",
			      connmark->packet_mask, connmark->ct_mask);
		break;
	}
	if (connmark->shift_bits)
		buffer_printf(out, " --%s-shift-mark %u", connmark->shift_right ? "right" : "left",
			      connmark->shift_bits);
}

static void connsecmark_text(struct buffer *out, const struct xt_extension *extension)
{
	buffer_puts(out, extension->info.data[0] == CONNSECMARK_SAVE ? " --save" : " --restore");
}

static bool decode_mark(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_mark_tginfo2 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set_mark = (struct xt_set_mark){.value = raw.mark, .mask = raw.mask};
	return true;
}

static void evaluate_mark(struct run *run, struct branch *branch,
			  const struct xt_extension *extension)
{
	const struct xt_set_mark *info = &extension->set_mark;
	struct state *state = branch->state;
	uint32_t mark;

	if (info->mask == UINT32_MAX)
		state->class.fields[FIELD_MARK] = walk_single(run->walk, info->value);
	else if (mark_of(state, FIELD_MARK, &mark))
		state->class.fields[FIELD_MARK] =
			walk_single(run->walk, (mark & ~info->mask) ^ info->value);
	else
		state->class.fields[FIELD_MARK] = any_mark(run->walk);
	run_continue(run, branch);
}

static void mark_text(struct buffer *out, const struct xt_extension *extension)
{
	buffer_printf(out, " --set-xmark 0x%x/0x%x", extension->set_mark.value,
		      extension->set_mark.mask);
}

static void secmark_text(struct buffer *out, const struct xt_extension *extension)
{
	size_t at = extension->type->revision ? offsetof(struct xt_secmark_target_info_v1, secctx)
					      : offsetof(struct xt_secmark_target_info, secctx);
	char context[SECMARK_SECCTX_MAX + 1];

	xt_string(context, (const char *)extension->info.data + at, SECMARK_SECCTX_MAX);
	buffer_printf(out, " --selctx %s", context);
}

static const char connmark_how[] =
	"the connection's mark or the packet's, calculated from both; anything if one is not "
	"known; goes on unchanged without a connection";
static const char goes_on_how[] = "goes on";

static const struct xt_type types[] = {
	{"CLASSIFY", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_classify_target_info), NULL,
	 evaluate_classify, classify_text,
	 DECIDED(BY_CHANGING, "the priority becomes what is written")},
	{"CONNMARK", 1, XT_FAMILY_BOTH, XT_TARGET_CONNMARK, sizeof(struct xt_connmark_tginfo1),
	 decode_connmark_1, evaluate_connmark, connmark_text,
	 DECIDED(BY_CONNECTION | BY_CHANGING, connmark_how)},
	{"CONNMARK", 2, XT_FAMILY_BOTH, XT_TARGET_CONNMARK, sizeof(struct xt_connmark_tginfo2),
	 decode_connmark_2, evaluate_connmark, connmark_text,
	 DECIDED(BY_CONNECTION | BY_CHANGING, connmark_how)},
	{"CONNSECMARK", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_connsecmark_target_info),
	 NULL, xt_always, connsecmark_text, DECIDED(BY_NATURE, goes_on_how)},
	{"MARK", 2, XT_FAMILY_BOTH, XT_TARGET_MARK, sizeof(struct xt_mark_tginfo2), decode_mark,
	 evaluate_mark, mark_text,
	 DECIDED(BY_CHANGING, "the mark becomes what is written; anything, if it is "
			      "made of one that is not known")},
	{"SECMARK", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_secmark_target_info), NULL,
	 xt_always, secmark_text, DECIDED(BY_NATURE, goes_on_how)},
	{"SECMARK", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_secmark_target_info_v1), NULL,
	 xt_always, secmark_text, DECIDED(BY_NATURE, goes_on_how)},
};

const struct xt_types xt_mark_targets = XT_TYPES(types);
