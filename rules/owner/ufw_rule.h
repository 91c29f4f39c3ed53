/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_OWNER_UFW_RULE_H
#define RULES_OWNER_UFW_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct rule;

/*
 * One rule of UFW, put together again from the iptables rules it became: a port without protocol
 * is one for tcp and one for udp, "log" is one ahead of each, "limit" is three, an application
 * profile is any number.
 */
enum ufw_action {
	UFW_NONE,
	UFW_ALLOW,
	UFW_DENY,
	UFW_REJECT,
	UFW_LIMIT,
	UFW_PRELUDE_LOG,   /* belongs to the rule behind it */
	UFW_PRELUDE_LIMIT, /* likewise */
};

enum { UFW_FIELD = 192 };

struct ufw_rule {
	enum ufw_action action;
	bool logs, maybe_two;
	char chain[32];
	char source[UFW_FIELD], dest[UFW_FIELD], in[32], out[32], protocol[24];
	char source_port[UFW_FIELD], dest_port[UFW_FIELD];
	char source_app[UFW_FIELD], dest_app[UFW_FIELD];
	/* Of the iptables rule that was joined last. */
	char last_protocol[24];
	uint64_t last_handle;
};

void ufw_rule_parse(const struct rule *rule, struct ufw_rule *ret);

/*
 * Makes @next part of @rule if UFW would have written both for one rule of its own; false if it
 * begins another. A tcp rule with the same rule for udp behind it may have been one rule or two:
 * then it is taken as one and @rule->maybe_two is set. It was two if the handles show that the
 * rules were not loaded in one go.
 */
bool ufw_rule_join(struct ufw_rule *rule, const struct ufw_rule *next);

/* As `ufw show added` prints it, without the "ufw". */
void ufw_rule_text(struct buffer *out, const struct ufw_rule *rule);

/* "allow", "deny", "reject", "limit"; NULL for others. */
const char *ufw_action_word(enum ufw_action action);

#endif
