/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/if.h>
#include <linux/netfilter/xt_rateest.h>

#include "rules/xt/words.h"

/* The match rateest, on the traffic that a RATEEST target has measured. */

static void evaluate_rateest(struct run *run, struct branch *branch,
			     const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "a measured rate (rateest)");
}

static bool check_rateest(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_rateest_match_info raw;

	(void)ret;
	memcpy(&raw, info, sizeof(raw));
	return raw.mode >= XT_RATEEST_MATCH_EQ && raw.mode <= XT_RATEEST_MATCH_GT;
}

/* Bytes a second in bits. */
static void bits_text(struct buffer *out, uint32_t bytes)
{
	const double bits = (double)bytes * 8, mega = 1000000, kilo = 1000;

	if (bits >= kilo * mega)
		buffer_printf(out, " %.0fMbit", bits / mega);
	else if (bits >= mega)
		buffer_printf(out, " %.0fKbit", bits / kilo);
	else
		buffer_printf(out, " %.0fbit", bits);
}

static void mode_text(struct buffer *out, const struct xt_rateest_match_info *raw)
{
	static const char *const modes[] = {
		[XT_RATEEST_MATCH_EQ] = "eq",
		[XT_RATEEST_MATCH_LT] = "lt",
		[XT_RATEEST_MATCH_GT] = "gt",
	};

	xt_not(out, raw->flags & XT_RATEEST_MATCH_INVERT);
	buffer_printf(out, " --rateest-%s", modes[raw->mode]);
}

static void side_text(struct buffer *out, bool bits, uint32_t rate)
{
	if (bits)
		bits_text(out, rate);
	else
		buffer_printf(out, " %u", rate);
}

/* One of the two measures, "bps" or "pps". */
static void measure_text(struct buffer *out, const struct xt_rateest_match_info *raw, bool bits)
{
	const char *name = bits ? "bps" : "pps";
	uint32_t first = bits ? raw->bps1 : raw->pps1, second = bits ? raw->bps2 : raw->pps2;

	if (raw->flags & XT_RATEEST_MATCH_DELTA) {
		buffer_printf(out, " --rateest-%s1", name);
		side_text(out, bits, first);
		mode_text(out, raw);
		buffer_printf(out, " --rateest-%s2", name);
	} else {
		mode_text(out, raw);
		buffer_printf(out, " --rateest-%s", name);
	}
	if (raw->flags & (XT_RATEEST_MATCH_ABS | XT_RATEEST_MATCH_DELTA))
		side_text(out, bits, second);
}

static void rateest_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_rateest_match_info raw;
	char name1[IFNAMSIZ + 1], name2[IFNAMSIZ + 1];
	bool relative;

	XT_COPY(raw, extension);
	relative = raw.flags & XT_RATEEST_MATCH_REL;
	xt_string(name1, raw.name1, IFNAMSIZ);
	xt_string(name2, raw.name2, IFNAMSIZ);
	if (raw.flags & XT_RATEEST_MATCH_DELTA)
		buffer_puts(out, " --rateest-delta");
	buffer_printf(out, " --rateest%s %s", relative ? "1" : "", name1);
	if (raw.flags & XT_RATEEST_MATCH_BPS)
		measure_text(out, &raw, true);
	if (raw.flags & XT_RATEEST_MATCH_PPS)
		measure_text(out, &raw, false);
	if (relative)
		buffer_printf(out, " --rateest2 %s", name2);
}

static const struct xt_type types[] = {
	{"rateest", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_rateest_match_info),
	 check_rateest, evaluate_rateest, rateest_text,
	 DECIDED(BY_NOBODY, "the measured rate is not read")},
};

const struct xt_types xt_rateest_matches = XT_TYPES(types);
