/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_CONNTRACK_H
#define RULES_XT_CONNTRACK_H

#include "rules/xt/extension.h"

/* The evaluator of the matches conntrack and state, whose bytes and words are in conntrack.c. */
void xt_conntrack_evaluate(struct run *run, struct branch *branch,
			   const struct xt_extension *extension);

#endif
