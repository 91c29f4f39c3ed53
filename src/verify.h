/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_VERIFY_H
#define SRC_VERIFY_H

#include <stdbool.h>

struct cure;
struct flow_answer;
struct flow_question;
struct preflight;
struct report;
struct run;

/*
 * --verify: has the kernel judge the exchange in a copy of the rules (see rules/replay.h), and the
 * cure with its rule added. What was predicted, and is in @report already, becomes proven; where the
 * two differ the kernel is right, and the report says that they differ. Where nothing can be
 * replayed, or not faithfully, the prediction stays and `unchecked` says why.
 *
 * @clear: what firewall_judge() returned; returns what holds now.
 */
bool verify_by_replay(struct run *run, const struct preflight *preflight,
		      const struct flow_question *question, const struct flow_answer *answer,
		      const struct cure *cure, bool clear, struct report *report);

#endif
