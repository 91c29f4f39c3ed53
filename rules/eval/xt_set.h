/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_XT_SET_H
#define RULES_EVAL_XT_SET_H

#include "rules/ipset.h"
#include "rules/xt.h"

struct branch;
struct run;

/* The match `set` and the target SET; a set that was not read is NULL. */
void xt_match_set(struct run *run, struct branch *branch, const struct xt_set_match *info,
		  const struct ipset *set);
void xt_target_set(struct run *run, struct branch *branch, const struct xt_set_target *info,
		   const struct ipset *const sets[static 3]);

#endif
