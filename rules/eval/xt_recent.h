/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_XT_RECENT_H
#define RULES_EVAL_XT_RECENT_H

#include "rules/recent.h"
#include "rules/xt.h"

struct branch;
struct run;

/* The match `recent`; @list NULL: it was not read. */
void xt_match_recent(struct run *run, struct branch *branch, const struct xt_recent *info,
		     const struct recent_list *list);

#endif
