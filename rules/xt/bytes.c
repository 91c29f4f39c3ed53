/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <ctype.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_osf.h>
#include <linux/netfilter/xt_string.h>

#include "rules/xt/words.h"

/* Matches on what cannot be foreseen of a packet's bytes: osf, string. */

static field_value longest(const struct state *state)
{
	struct value_set length = state->class.fields[FIELD_SKB_LENGTH];

	return length.n_intervals ? length.intervals[length.n_intervals - 1].last : 0;
}

static bool check_string(const uint8_t *info, struct xt_extension *ret)
{
	(void)ret;
	return info[offsetof(struct xt_string_info, patlen)] <= XT_STRING_MAX_PATTERN_SIZE;
}

/* Certain only if the packet is too short to hold the pattern. */
static void evaluate_string(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	struct xt_string_info raw;

	XT_COPY(raw, extension);
	if (raw.from_offset + raw.patlen > longest(branch->state))
		xt_decide(run, branch, raw.u.v1.flags & XT_STRING_FLAG_INVERT);
	else
		run_either(run, branch, "the packet's contents (string)");
}

static bool needs_hex(const char *pattern, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isprint((unsigned char)pattern[i]))
			return true;
	return length > 0 && pattern[length - 1] == '\\';
}

static void pattern_text(struct buffer *out, const struct xt_string_info *raw)
{
	bool hex = needs_hex(raw->pattern, raw->patlen);

	xt_option_text(out, raw->u.v1.flags & XT_STRING_FLAG_INVERT, hex ? "hex-string" : "string");
	buffer_puts(out, hex ? " \"|" : " \"");
	for (size_t i = 0; i < raw->patlen; i++) {
		char letter = raw->pattern[i];

		if (hex)
			buffer_printf(out, "%02x", (unsigned char)letter);
		else
			buffer_printf(out, "%s%c", strchr("\"\\", letter) ? "\\" : "", letter);
	}
	buffer_puts(out, hex ? "|\"" : "\"");
}

static void string_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_string_info raw;
	char algorithm[XT_STRING_MAX_ALGO_NAME_SIZE + 1];

	XT_COPY(raw, extension);
	pattern_text(out, &raw);
	xt_string(algorithm, raw.algo, sizeof(raw.algo));
	buffer_printf(out, " --algo %s", algorithm);
	if (raw.from_offset != 0)
		buffer_printf(out, " --from %u", raw.from_offset);
	if (raw.to_offset != UINT16_MAX)
		buffer_printf(out, " --to %u", raw.to_offset);
	if (raw.u.v1.flags & XT_STRING_FLAG_IGNORECASE)
		buffer_puts(out, " --icase");
}

static void evaluate_osf(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "the fingerprint of an operating system");
}

static void osf_text(struct buffer *out, const struct xt_extension *extension)
{
	struct nf_osf_info raw;
	char genre[MAXGENRELEN + 1];

	XT_COPY(raw, extension);
	xt_string(genre, raw.genre, sizeof(raw.genre));
	xt_option_text(out, raw.flags & NF_OSF_INVERT, "genre");
	buffer_printf(out, " %s", genre);
	if (raw.flags & NF_OSF_TTL)
		buffer_printf(out, " --ttl %u", raw.ttl);
	if (raw.flags & NF_OSF_LOG)
		buffer_printf(out, " --log %u", raw.loglevel);
}

static const struct xt_type types[] = {
	{"osf", 0, XT_FAMILY_V4, XT_OTHER, sizeof(struct nf_osf_info), NULL, evaluate_osf, osf_text,
	 DECIDED(BY_NOBODY, "a guess from a SYN, for which the kernel's fingerprints "
			    "are in no dump")},
	{"string", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_string_info), check_string,
	 evaluate_string, string_text,
	 DECIDED(BY_PACKET | BY_NOBODY, "the pattern is missing if no packet is long enough to "
					"hold it; else unknown")},
};

const struct xt_types xt_bytes_matches = XT_TYPES(types);
