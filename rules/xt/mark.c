/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>

#include "rules/xt/words.h"

/* Matches on what the kernel notes beside the packet, mark and connmark; and comment. */

static bool decode_comment(const uint8_t *info, struct xt_extension *ret)
{
	xt_string(ret->text, (const char *)info, XT_MAX_COMMENT_LEN - 1);
	return true;
}

static void comment_text(struct buffer *out, const struct xt_extension *extension)
{
	buffer_puts(out, " --comment");
	xt_string_text(out, extension->text);
}

static bool decode_mark(const uint8_t *info, struct xt_extension *ret)
{
	/* xt_connmark_mtinfo1 is the same structure. */
	struct xt_mark_mtinfo1 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->mark = (struct xt_mark){.value = raw.mark, .mask = raw.mask, .invert = raw.invert};
	return true;
}

static void evaluate_connmark(struct run *run, struct branch *branch,
			      const struct xt_extension *extension)
{
	const struct xt_mark *info = &extension->mark;
	if (branch->state->ct == CT_TEMPLATE) {
		run_either(run, branch, "the mark of a connection to be");
		return;
	}
	if (branch->state->ct != CT_ATTACHED) {
		run_break(run, branch);
		return;
	}
	branch->next = NULL;
	run_continue_all(run, xt_require_masked(run, branch, FIELD_CT_MARK, info->mask, info->value,
						info->invert));
}

static void evaluate_mark(struct run *run, struct branch *branch,
			  const struct xt_extension *extension)
{
	const struct xt_mark *info = &extension->mark;
	branch->next = NULL;
	run_continue_all(run, xt_require_masked(run, branch, FIELD_MARK, info->mask, info->value,
						info->invert));
}

void xt_mark_text(struct buffer *out, const struct xt_mark *mark)
{
	xt_not(out, mark->invert);
	buffer_printf(out, " --mark 0x%x", mark->value);
	if (mark->mask != UINT32_MAX)
		buffer_printf(out, "/0x%x", mark->mask);
}

static void mark_text(struct buffer *out, const struct xt_extension *extension)
{
	xt_mark_text(out, &extension->mark);
}

static const struct xt_type types[] = {
	{"comment", 0, XT_FAMILY_BOTH, XT_COMMENT, XT_MAX_COMMENT_LEN, decode_comment, xt_always,
	 comment_text, DECIDED(BY_NATURE, "matches")},
	{"connmark", 1, XT_FAMILY_BOTH, XT_CONNMARK, sizeof(struct xt_connmark_mtinfo1),
	 decode_mark, evaluate_connmark, mark_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY,
		 "the connection's mark, 0 or as rules have set it; no "
		 "match without a connection; unknown between a rule with "
		 "CT and conntrack")},
	{"mark", 1, XT_FAMILY_BOTH, XT_MARK, sizeof(struct xt_mark_mtinfo1), decode_mark,
	 evaluate_mark, mark_text, DECIDED(BY_PACKET, "0, or as rules have set it")},
};

const struct xt_types xt_mark_matches = XT_TYPES(types);
