/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/owner/private.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text.h"
#include "rules/owner/ufw_rule.h"

static const char *direction_word(const char *name)
{
	if (strstr(name, "input") || !strcmp(name, "INPUT"))
		return "incoming";
	if (strstr(name, "output") || !strcmp(name, "OUTPUT"))
		return "outgoing";
	return "routed";
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* UFW names its chains of IPv6 ufw6-…, otherwise alike. */
static const char *without_ufw(const char *name)
{
	if (starts_with(name, "ufw-"))
		return name + 4;
	return starts_with(name, "ufw6-") ? name + 5 : NULL;
}

static bool policy_words(struct buffer *out, const struct chain *chain)
{
	if (!chain->base)
		return false;
	buffer_printf(out, "UFW default: %s (%s)",
		      chain->base->policy == VERDICT_ACCEPT ? "allow" : "deny",
		      direction_word(chain->name));
	return true;
}

static bool default_words(struct buffer *out, const char *chain, enum ufw_action action)
{
	const char *word = ufw_action_word(action);

	if (!word)
		return false;
	buffer_printf(out, "UFW default: %s (%s)", word, direction_word(chain));
	return true;
}

/* All user rules of one family, in the order in which UFW loaded them: that of its file. */
struct user_rules {
	const struct rule **rules;
	size_t n_rules;
};

static int by_handle(const void *a, const void *b)
{
	uint64_t left = (*(const struct rule *const *)a)->handle;
	uint64_t right = (*(const struct rule *const *)b)->handle;

	return (left > right) - (left < right);
}

static void add_chain(struct user_rules *user, const struct table *table, const char *name)
{
	const struct chain *chain = table_chain(table, name);

	if (!chain || !chain->n_rules)
		return;
	user->rules =
		xreallocarray(user->rules, user->n_rules + chain->n_rules, sizeof(struct rule *));
	for (size_t i = 0; i < chain->n_rules; i++)
		user->rules[user->n_rules++] = chain->rules[i];
}

/*
 * Input, output and route rules share one list of numbers, but have a chain each. Handles count
 * up as rules are loaded, and UFW loads its whole file again whenever it inserts or deletes.
 */
static struct user_rules user_rules(const struct table *table)
{
	bool v6 = table->family == NFPROTO_IPV6;
	struct user_rules user = {};

	add_chain(&user, table, v6 ? "ufw6-user-input" : "ufw-user-input");
	add_chain(&user, table, v6 ? "ufw6-user-output" : "ufw-user-output");
	add_chain(&user, table, v6 ? "ufw6-user-forward" : "ufw-user-forward");
	if (user.n_rules > 1)
		qsort(user.rules, user.n_rules, sizeof(struct rule *), by_handle);
	return user;
}

struct numbering {
	unsigned count;     /* UFW rules so far */
	bool uncertain;     /* the rules alone cannot tell one UFW rule from two */
	struct ufw_rule at; /* the UFW rule that was looked for */
	bool found;
};

/* Walks the UFW rules of one family, up to and including the one that @wanted belongs to. */
static void count_rules(const struct table *table, const struct rule *wanted,
			struct numbering *numbering)
{
	struct user_rules user = user_rules(table);
	struct ufw_rule current = {};

	for (size_t i = 0; i < user.n_rules; i++) {
		struct ufw_rule part;

		ufw_rule_parse(user.rules[i], &part);
		if (!ufw_rule_join(&current, &part)) {
			if (numbering->found)
				break;
			current = part;
			numbering->count++;
		}
		/* One rule or two does not matter to the number of its first half. */
		if (current.maybe_two && !numbering->found)
			numbering->uncertain = true;
		if (user.rules[i] == wanted)
			numbering->found = true;
	}
	numbering->at = current;
	free(user.rules);
}

static bool user_rule_words(struct buffer *out, const struct ruleset *ruleset,
			    const struct rule *rule)
{
	const struct table *table = rule->chain->table;
	const struct table *v4 =
		ruleset_backend_table(ruleset, table->backend, NFPROTO_IPV4, "filter");
	struct numbering numbering = {};

	if (table->family == NFPROTO_IPV6 && v4)
		count_rules(v4, NULL, &numbering);
	count_rules(table, rule, &numbering);
	if (!numbering.found)
		return false;
	buffer_puts(out, "UFW rule");
	if (!numbering.uncertain)
		buffer_printf(out, " %u", numbering.count);
	buffer_puts(out, ": ");
	ufw_rule_text(out, &numbering.at);
	return true;
}

static bool framework_words(struct buffer *out, const char *part, const struct rule *rule)
{
	cleanup(buffer_release) struct buffer text = {};
	const char *file = starts_with(part, "after-") ? "after" : "before";

	rule_text_of_iptables(&text, rule);
	buffer_printf(out, "UFW's %s rules", file);
	if (strstr(buffer_text(&text), "INVALID"))
		buffer_puts(out, " (invalid packets)");
	else if (!strcmp(part, "not-local"))
		buffer_puts(out, " (not addressed to this computer)");
	else if (strstr(buffer_text(&text), "ESTABLISHED"))
		buffer_puts(out, " (established connections)");
	return true;
}

bool ufw_owner_text(struct buffer *out, const struct ruleset *ruleset, const struct chain *chain,
		    const struct rule *rule)
{
	const char *part = without_ufw(chain->name);
	struct ufw_rule parsed;

	if (!rule)
		return policy_words(out, chain);
	if (!part)
		return false;
	ufw_rule_parse(rule, &parsed);
	if (!strcmp(part, "user-input") || !strcmp(part, "user-output") ||
	    !strcmp(part, "user-forward"))
		return user_rule_words(out, ruleset, rule);
	if (starts_with(part, "user-limit")) {
		buffer_puts(out, "UFW limit: ");
		buffer_puts(out,
			    parsed.action == UFW_ALLOW ? "below the rate" : "too many connections");
		return true;
	}
	if (starts_with(part, "reject-") || starts_with(part, "skip-to-policy-"))
		return default_words(out, chain->name, parsed.action);
	if (starts_with(part, "logging-") || strstr(part, "-logging-")) {
		buffer_puts(out, "UFW's logging");
		return true;
	}
	if (starts_with(part, "before-") || starts_with(part, "after-") ||
	    !strcmp(part, "not-local"))
		return framework_words(out, part, rule);
	return false;
}
