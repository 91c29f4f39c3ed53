/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/limits.h>
#include <linux/netfilter/nfnetlink_acct.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_nfacct.h>
#include <linux/netfilter/xt_quota.h>
#include <linux/netfilter/xt_statistic.h>

#include "rules/xt/words.h"

/* Matches that count: limit, nfacct, quota, statistic. What they have counted is not in a dump. */

static bool decode_limit(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_rateinfo raw;

	memcpy(&raw, info, offsetof(struct xt_rateinfo, prev));
	ret->limit = (struct xt_limit){.average = raw.avg, .burst = raw.burst};
	return true;
}

static void evaluate_limit(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "limit rate");
}

void xt_limit_text(struct buffer *out, const struct xt_limit *limit)
{
	static const struct {
		const char *unit;
		uint32_t ticks;
	} units[] = {{"sec", 10000},
		     {"min", 10000 * 60},
		     {"hour", 10000 * 60 * 60},
		     {"day", 10000u * 60 * 60 * 24}};
	size_t i = ARRAY_SIZE(units) - 1;

	/* The smallest unit that still gives the rate as a whole number, as iptables does. */
	while (i > 0 && limit->average && limit->average <= units[i - 1].ticks &&
	       units[i - 1].ticks / limit->average >= units[i - 1].ticks % limit->average)
		i--;
	buffer_printf(out, " --limit %u/%s", limit->average ? units[i].ticks / limit->average : 0,
		      units[i].unit);
	if (limit->burst != 5)
		buffer_printf(out, " --limit-burst %u", limit->burst);
}

static void limit_text(struct buffer *out, const struct xt_extension *extension)
{
	xt_limit_text(out, &extension->limit);
}

/* True unless the object has a quota that is not used up (nfacct_mt()). */
static void evaluate_nfacct(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "an accounting object");
}

static void nfacct_text(struct buffer *out, const struct xt_extension *extension)
{
	char name[NFACCT_NAME_MAX + 1];

	xt_string(name, (const char *)extension->info.data, NFACCT_NAME_MAX);
	buffer_puts(out, " --nfacct-name ");
	xt_string_text(out, name);
}

/* quota_mt(): only a quota of nothing, or of more than can ever be sent, is certain. */
static void evaluate_quota(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	const uint64_t inexhaustible = (uint64_t)1 << 60;
	struct xt_quota_info raw;
	bool invert;

	XT_COPY(raw, extension);
	invert = raw.flags & XT_QUOTA_INVERT;
	if (raw.quota == 0)
		xt_decide(run, branch, invert);
	else if (raw.quota >= inexhaustible)
		xt_decide(run, branch, !invert);
	else
		run_either(run, branch, "what is left of a quota");
}

static void quota_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_quota_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.flags & XT_QUOTA_INVERT, "quota");
	buffer_printf(out, " %llu", (unsigned long long)raw.quota);
}

static bool decode_statistic(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_statistic_info raw;

	memcpy(&raw, info, offsetof(struct xt_statistic_info, master));
	if (raw.mode > XT_STATISTIC_MODE_NTH)
		return false;
	ret->statistic = (struct xt_statistic){
		.nth = raw.mode == XT_STATISTIC_MODE_NTH,
		.invert = raw.flags & XT_STATISTIC_INVERT,
	};
	if (ret->statistic.nth) {
		ret->statistic.every = raw.u.nth.every;
		ret->statistic.packet = raw.u.nth.packet;
		ret->statistic.count = raw.u.nth.count;
	} else {
		ret->statistic.probability = raw.u.random.probability;
	}
	return true;
}

/*
 * Certain are the probabilities 0 and 1 (of 0x80000000, with which 31 random bits are compared) and
 * "every first" packet, whose counter never leaves 0 (statistic_mt()).
 */
static void evaluate_statistic(struct run *run, struct branch *branch,
			       const struct xt_extension *extension)
{
	const uint32_t always = 0x80000000;
	const struct xt_statistic *info = &extension->statistic;

	if (!info->nth && info->probability == 0)
		xt_decide(run, branch, info->invert);
	else if (info->nth ? info->every == 0 && info->count == 0 : info->probability >= always)
		xt_decide(run, branch, !info->invert);
	else
		run_either(run, branch, info->nth ? "every nth packet" : "a random number");
}

static void statistic_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_statistic *statistic = &extension->statistic;
	const char *invert = statistic->invert ? " !" : "";

	if (!statistic->nth) {
		buffer_printf(out, " --mode random%s --probability %.11f", invert,
			      (double)statistic->probability / 0x80000000u);
		return;
	}
	buffer_printf(out, " --mode nth%s --every %u --packet %u", invert, statistic->every + 1,
		      statistic->packet);
}

static const char nfacct_how[] = "what the accounting object has counted is not read";

static const struct xt_type types[] = {
	{"limit", 0, XT_FAMILY_BOTH, XT_LIMIT, sizeof(struct xt_rateinfo), decode_limit,
	 evaluate_limit, limit_text, DECIDED(BY_NOBODY, "how many tokens are left is in no dump")},
	{"nfacct", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_nfacct_match_info), NULL,
	 evaluate_nfacct, nfacct_text, DECIDED(BY_NOBODY, nfacct_how)},
	{"nfacct", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_nfacct_match_info_v1), NULL,
	 evaluate_nfacct, nfacct_text, DECIDED(BY_NOBODY, nfacct_how)},
	{"quota", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_quota_info), NULL, evaluate_quota,
	 quota_text,
	 DECIDED(BY_NOBODY, "what is left of it is in no dump; sure only of none and "
			    "of more than can be used up")},
	{"statistic", 0, XT_FAMILY_BOTH, XT_STATISTIC, sizeof(struct xt_statistic_info),
	 decode_statistic, evaluate_statistic, statistic_text,
	 DECIDED(BY_NOBODY, "chance, or a counter; sure only of never and always")},
};

const struct xt_types xt_rate_matches = XT_TYPES(types);
