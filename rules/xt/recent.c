/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/xt_recent.h>

#include "rules/eval/xt_recent.h"
#include "rules/xt/words.h"

/* The match on a list of addresses that packets were seen from. */

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

static void evaluate_recent(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	xt_match_recent(run, branch, &extension->recent, extension->expr->xt.recent);
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

static const char recent_how[] =
	"the list as read from the host, and what rules have done to it for the packets of the "
	"upload; unknown where ages matter, and if it was not read";

static const struct xt_type types[] = {
	{"recent", 0, XT_FAMILY_BOTH, XT_RECENT, sizeof(struct xt_recent_mtinfo), decode_recent_0,
	 evaluate_recent, recent_text, DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, recent_how)},
	{"recent", 1, XT_FAMILY_BOTH, XT_RECENT, sizeof(struct xt_recent_mtinfo_v1),
	 decode_recent_1, evaluate_recent, recent_text,
	 DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, recent_how)},
};

const struct xt_types xt_recent_matches = XT_TYPES(types);
