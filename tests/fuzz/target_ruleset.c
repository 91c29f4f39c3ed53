/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dump of nf_tables, with the sets and lists beside it that its extensions name; and its copy. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/record.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/parse.h"
#include "rules/recent.h"
#include "rules/replay/copy.h"
#include "rules/whatif.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/walk.h"

/* A rule that allows the device, at the end of the first base chain. */
static size_t amend(struct arena *arena, const struct ruleset *ruleset, struct amendment *ret)
{
	struct flow_question question = fuzz_question("192.168.178.178", "192.168.178.24");

	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t k = 0; k < table->n_chains; k++) {
			const struct chain *chain = table->chains[k];

			if (!chain->base)
				continue;
			*ret = (struct amendment){
				chain, chain->n_rules,
				whatif_allow_tcp(arena, chain, &question.device, 18266)};
			return 1;
		}
	}
	return 0;
}

static void copy(const struct ruleset *ruleset, const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct amendment amendment;
	size_t amendments = amend(arena, ruleset, &amendment);
	struct copy_plan plan = {
		.ruleset = ruleset,
		.dump = data,
		.dump_length = size,
		.devices = {"eth0"},
		.family = AF_INET,
		.amendments = &amendment,
		.n_amendments = amendments,
	};

	for (int i = 0; i < 2; i++) {
		struct copy copy = {0};

		plan.newest_first = plan.is_bridge = i;
		copy_build(arena, &plan, &copy);
		for (size_t k = 0; k < copy.n_parts; k++)
			fuzz_require(copy.parts[k].start + copy.parts[k].length <=
				     copy.messages.length);
		copy_find_handles(&copy, ruleset);
		copy_release(&copy);
	}
	arena_free(arena);
}

/* The same bytes as answers to questions about sets that were not read whole. */
static void answer(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct ruleset *ruleset = ruleset_parse(data, size, NULL);

	if (!ruleset)
		return;
	for (size_t i = 0; i < ruleset->n_tables; i++)
		for (size_t k = 0; k < ruleset->tables[i]->n_sets; k++)
			ruleset->tables[i]->sets[k]->incomplete = true;
	if (ruleset_add_answers(ruleset, data, size, &err))
		fuzz_require(err.errnum && err.text[0]);
	/* Few inputs have questions; one of a few is worth the second walk. */
	if (size / 4 % 8 == 1)
		fuzz_walk(ruleset);
	ruleset_free(ruleset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct ruleset *ruleset = ruleset_parse(data, size, &err);

	if (!ruleset) {
		fuzz_require(err.errnum && err.text[0]);
		return 0;
	}
	fuzz_taken();
	copy(ruleset, data, size);
	/* Beside legacy tables, which run in an order that is not known, for some. */
	if (size / 4 % 4 == 0)
		fuzz_add_fixture(ruleset, RECORD_LEGACY, legacy_parse);
	fuzz_add_fixture(ruleset, RECORD_IPSETS, ipset_parse);
	fuzz_add_fixture(ruleset, RECORD_RECENT, recent_parse);
	fuzz_walk(ruleset);
	ruleset_free(ruleset);
	answer(data, size);
	return 0;
}
