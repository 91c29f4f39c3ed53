/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_VERIFY_JUDGE_H
#define SRC_VERIFY_JUDGE_H

#include <stdbool.h>

#include "rules/replay.h"

struct report;

/* What was predicted, and what the kernel did in the copy. */
struct verification {
	struct report *report;
	const struct ruleset *ruleset;
	const struct flow_question *question;
	const struct flow_answer *answer;
	const struct replay_answer *kernel;
	bool clear; /* no error was predicted (the last finding is it); set to what holds now */
	bool lossy; /* set: the copy lacks something that could matter */
};

/*
 * Brings the report in accordance with the kernel: what both say becomes proven, what they say
 * differently becomes what the kernel says, and is told. A copy that lacks something proves nothing;
 * nor does it where the prediction is "unknown", for it has limits and lists of its own. Pure.
 */
void verify_judge(struct verification *verification);

/* With the cure the device gets in, and for the strangers nothing has changed. */
bool verify_is_cured(const struct replay_answer *before, const struct replay_answer *after);

#endif
