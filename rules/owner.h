/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_OWNER_H
#define RULES_OWNER_H

#include "rules/ruleset.h"

struct buffer;

/*
 * Who a chain belongs to, by the names its makers use: "ufw", "firewalld", "docker", "libvirt",
 * "fail2ban", "mullvad", … NULL when it is nobody's that we know (hand-written rules).
 * A base chain INPUT of iptables-nft belongs to ufw when it jumps to ufw's chains.
 */
const char *chain_owner(const struct ruleset *ruleset, const struct chain *chain);

/* The name a person knows the owner by: "UFW", "firewalld", "Docker"; "" for NULL. */
const char *owner_title(const char *owner);

/*
 * What the owner would call the deciding rule, or the policy of @chain when @rule is NULL:
 * "UFW default: deny (incoming)", "UFW rule 3: deny 20000:30000/tcp", "firewalld zone public:
 * default target (reject)". Appends nothing and returns false when there is no such name.
 * The number of a UFW rule is that of `ufw status numbered` where the rules alone can tell it.
 */
bool rule_owner_text(struct buffer *out, const struct ruleset *ruleset, const struct chain *chain,
		     const struct rule *rule);

#endif
