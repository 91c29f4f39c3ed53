/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/peek.h"

#include <linux/netfilter/xt_u32.h>

#include "rules/xt/words.h"

/*
 * The match u32: tests of words of the packet, each fetched by a little program (u32_match_it()).
 * Bits that the class leaves open stay unknown on their way through the program.
 */
enum answer { NO, YES, UNKNOWN };

static bool check_u32(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_u32 raw;

	(void)ret;
	memcpy(&raw, info, sizeof(raw));
	if (raw.ntests > ARRAY_SIZE(raw.tests))
		return false;
	for (unsigned i = 0; i < raw.ntests; i++) {
		const struct xt_u32_test *test = &raw.tests[i];

		if (test->nnums < 1 || test->nnums > ARRAY_SIZE(test->location) ||
		    test->nvalues > ARRAY_SIZE(test->value))
			return false;
		for (unsigned j = 1; j < test->nnums; j++)
			if (test->location[j].nextop > XT_U32_AT)
				return false;
	}
	return true;
}

static struct xt_bits left(struct xt_bits bits, uint32_t by)
{
	if (by >= 32)
		return (struct xt_bits){0, 0}; /* not defined, so not known */
	return (struct xt_bits){bits.value << by, bits.known << by | ((1u << by) - 1)};
}

static struct xt_bits right(struct xt_bits bits, uint32_t by)
{
	if (by >= 32)
		return (struct xt_bits){0, 0};
	return (struct xt_bits){bits.value >> by, ~(~bits.known >> by)};
}

/* The word at @at + @position; NO if the packet ends before. */
static enum answer fetch(const struct walk *walk, const struct state *state, uint64_t at,
			 uint32_t position, struct xt_bits *ret)
{
	switch (xt_peek(walk, state, at + position, 4, ret)) {
	case XT_PEEK_THERE: return YES;
	case XT_PEEK_BEYOND: return NO;
	default: return UNKNOWN;
	}
}

/* Runs the program; YES if the word could be fetched. */
static enum answer locate(const struct walk *walk, const struct state *state,
			  const struct xt_u32_test *test, struct xt_bits *bits)
{
	enum answer fetched = fetch(walk, state, 0, test->location[0].number, bits);
	uint64_t at = 0;

	for (unsigned i = 1; i < test->nnums && fetched == YES; i++) {
		uint32_t number = test->location[i].number;

		switch (test->location[i].nextop) {
		case XT_U32_AND:
			bits->value &= number;
			bits->known |= ~number;
			break;
		case XT_U32_LEFTSH: *bits = left(*bits, number); break;
		case XT_U32_RIGHTSH: *bits = right(*bits, number); break;
		default:
			if (bits->known != UINT32_MAX)
				return UNKNOWN;
			at += bits->value;
			if (at > UINT32_MAX)
				return NO;
			fetched = fetch(walk, state, at, number, bits);
		}
	}
	return fetched;
}

/* The number lies between the two that its unknown bits allow. */
static enum answer in_ranges(const struct xt_u32_test *test, struct xt_bits bits)
{
	uint32_t least = bits.value, most = bits.value | ~bits.known;
	enum answer answer = NO;

	for (unsigned i = 0; i < test->nvalues; i++) {
		uint32_t min = test->value[i].min, max = test->value[i].max;

		if (min <= least && most <= max)
			return YES;
		/* a single number must agree with the bits that are known */
		if (max < least || min > most || (min == max && (min ^ bits.value) & bits.known))
			continue;
		answer = UNKNOWN;
	}
	return answer;
}

static enum answer passes(const struct walk *walk, const struct state *state,
			  const struct xt_u32 *raw)
{
	enum answer all = YES;

	for (unsigned i = 0; i < raw->ntests; i++) {
		struct xt_bits bits;
		enum answer one = locate(walk, state, &raw->tests[i], &bits);

		if (one == YES)
			one = in_ranges(&raw->tests[i], bits);
		if (one == NO)
			return NO;
		if (one == UNKNOWN)
			all = UNKNOWN;
	}
	return all;
}

static void evaluate_u32(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	struct xt_u32 raw;
	enum answer answer;

	XT_COPY(raw, extension);
	answer = passes(run->walk, branch->state, &raw);
	if (answer == UNKNOWN)
		run_either(run, branch, "the packet's bytes (u32)");
	else
		xt_decide(run, branch, (answer == YES) != !!raw.invert);
}

static void location_text(struct buffer *out, const struct xt_u32_test *test)
{
	static const char *const operators[] = {
		[XT_U32_AND] = "&",
		[XT_U32_LEFTSH] = "<<",
		[XT_U32_RIGHTSH] = ">>",
		[XT_U32_AT] = "@",
	};

	for (unsigned i = 0; i < test->nnums; i++)
		buffer_printf(out, "%s0x%x", i ? operators[test->location[i].nextop] : "",
			      test->location[i].number);
}

static void u32_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_u32 raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.invert, "u32 \"");
	for (unsigned i = 0; i < raw.ntests; i++) {
		const struct xt_u32_test *test = &raw.tests[i];

		buffer_puts(out, i ? "&&" : "");
		location_text(out, test);
		for (unsigned j = 0; j < test->nvalues; j++) {
			buffer_printf(out, "%s0x%x", j ? "," : "=", test->value[j].min);
			if (test->value[j].max != test->value[j].min)
				buffer_printf(out, ":0x%x", test->value[j].max);
		}
	}
	buffer_puts(out, "\"");
}

static const struct xt_type types[] = {
	{"u32", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_u32), check_u32, evaluate_u32,
	 u32_text,
	 DECIDED(BY_PACKET | BY_NOBODY, "the words as far as they are known of the packet; "
					"unknown if it hangs on more")},
};

const struct xt_types xt_u32_matches = XT_TYPES(types);
