/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_COMPARE_H
#define TESTS_DIFFERENTIAL_COMPARE_H

#include <jansson.h>

#include "rules/flow.h"

struct exchange;

/* What comes of comparing an answer with an exchange. */
struct tally {
	json_t *wrong;  /* array: each disagreement; wrong verdicts first, of wrong rules a few */
	json_t *doubts; /* object: doubt → how many packets of a device hang on it */
	json_int_t rule_unknown_of_device; /* the verdict is certain, which rule decides is not */
	json_int_t checks, of_device, unknown, unknown_of_device, disagreements, wrong_verdicts;
};

/* "family/table/chain#handle:verdict" of a step, as witness_text(); "" for none. */
const char *step_text(const struct flow_step *step, char *text, size_t size);

/*
 * Compares what @answer says of @device's packets with what the kernel did, verdict and deciding
 * rule. @question names the way it was asked in the disagreements.
 */
void compare(const struct flow_answer *answer, const struct address *device,
	     const struct exchange *exchange, const char *question, struct tally *tally);

#endif
