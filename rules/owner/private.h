/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_OWNER_PRIVATE_H
#define RULES_OWNER_PRIVATE_H

#include "rules/ruleset.h"

struct buffer;

/* One for each owner that has words of its own; contracts as rule_owner_text(). */
bool ufw_owner_text(struct buffer *out, const struct ruleset *ruleset, const struct chain *chain,
		    const struct rule *rule);
bool firewalld_owner_text(struct buffer *out, const struct ruleset *ruleset,
			  const struct chain *chain, const struct rule *rule);

#endif
