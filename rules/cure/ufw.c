/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/cure.h"

#include <string.h>

#include <linux/netfilter.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text.h"
#include "rules/whatif.h"

/*
 * How UFW 0.36 takes `allow` (tried with the real program): a rule for the same source, port and
 * protocol is replaced where it stands if it has another action, and kept if it has the same; a new
 * one goes to the end of the user chain. `prepend` puts it first, but does nothing
 * at all ("Skipping inserting existing rule") if any rule for the same source, port and protocol
 * exists; that one must be deleted first.
 */
struct ufw_rule {
	size_t index;       /* in the user chain */
	const char *action; /* "allow", "deny", "reject", "limit" */
};

static const struct chain *user_chain(const struct ruleset *ruleset, int family)
{
	static const enum table_backend backends[] = {TABLE_NFT, TABLE_LEGACY};
	bool v4 = family == AF_INET;
	const struct chain *chain = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(backends) && !chain; i++) {
		const struct table *table = ruleset_backend_table(
			ruleset, backends[i], v4 ? NFPROTO_IPV4 : NFPROTO_IPV6, "filter");

		if (table)
			chain = table_chain(table, v4 ? "ufw-user-input" : "ufw6-user-input");
	}
	return chain;
}

/* The rule as iptables says it, up to its target: what UFW compares rules by. */
static void match_text(struct buffer *text, const struct rule *rule)
{
	rule_text_of_iptables(text, rule);
	char *target = text->data ? strstr(text->data, "-j ") : NULL;
	if (target)
		text->length = (size_t)(target - text->data);
}

static const char *action_of(const char *text)
{
	const char *target = strstr(text, "-j ");

	if (!target)
		return "limit"; /* its first rule only remembers the source */
	if (!strncmp(target, "-j ACCEPT", 9))
		return "allow";
	if (!strncmp(target, "-j DROP", 7))
		return "deny";
	if (!strncmp(target, "-j REJECT", 9))
		return "reject";
	return "limit";
}

static bool find_same(const struct chain *chain, const struct rule *wanted,
		      struct ufw_rule *ret_found)
{
	cleanup(buffer_release) struct buffer tuple = {0};

	match_text(&tuple, wanted);
	for (size_t i = 0; i < chain->n_rules; i++) {
		cleanup(buffer_release) struct buffer text = {0};
		rule_text_of_iptables(&text, chain->rules[i]);
		if (text.length < tuple.length || !tuple.length ||
		    memcmp(text.data, tuple.data, tuple.length))
			continue;
		*ret_found = (struct ufw_rule){i, action_of(text.data)};
		return true;
	}
	return false;
}

static const char *tuple_words(struct arena *arena, const struct cidr *device, uint16_t port)
{
	char text[CIDR_TEXT_SIZE];
	bool single = device->prefix == address_length(&device->address) * 8;

	if (single)
		address_format(&device->address, text);
	else
		cidr_format(device, text);
	return arena_printf(arena, "from %s to any port %u proto tcp", text, port);
}

static size_t candidates_for_new(struct arena *arena, const struct chain *chain,
				 const struct rule *rule, const char *tuple,
				 struct cure_candidate *ret)
{
	const char *undo = arena_printf(arena, "ufw delete allow %s", tuple);

	ret[0] = (struct cure_candidate){
		.amendment = {chain, chain->n_rules, rule},
		.cure = {"ufw", arena_printf(arena, "ufw allow %s comment 'espota-doctor'", tuple),
			 undo, NULL},
	};
	ret[1] = (struct cure_candidate){
		.amendment = {chain, 0, rule},
		.cure = {"ufw",
			 arena_printf(arena, "ufw prepend allow %s comment 'espota-doctor'", tuple),
			 undo, "An older rule would win over a plain `ufw allow`."},
	};
	return 2;
}

static size_t candidates_for_existing(struct arena *arena, const struct chain *chain,
				      const struct rule *rule, const char *tuple,
				      const struct ufw_rule *same, struct cure_candidate *ret)
{
	bool allowed = !strcmp(same->action, "allow");
	size_t count = 0;

	if (!allowed)
		ret[count++] = (struct cure_candidate){
			.amendment = {chain, same->index, rule},
			.cure = {"ufw",
				 arena_printf(arena, "ufw allow %s comment 'espota-doctor'", tuple),
				 arena_printf(arena, "ufw %s %s", same->action, tuple),
				 "It replaces your rule for the same device and port."},
		};
	ret[count++] = (struct cure_candidate){
		.amendment = {chain, 0, rule},
		.cure = {"ufw",
			 arena_printf(arena,
				      "ufw delete %s %s && ufw prepend allow %s comment "
				      "'espota-doctor'",
				      same->action, tuple, tuple),
			 arena_printf(arena, "ufw delete allow %s && ufw %s %s", tuple,
				      same->action, tuple),
			 allowed ? "Your rule for it stands behind one that wins, so it has to move."
				 : "An older rule would win over a plain `ufw allow`."},
	};
	return count;
}

size_t cure_ufw_candidates(struct arena *arena, const struct ruleset *ruleset,
			   const struct cidr *device, uint16_t port,
			   struct cure_candidate ret_candidates[static 3])
{
	const struct chain *chain = user_chain(ruleset, device->address.family);
	struct ufw_rule same;

	if (!chain)
		return 0;
	const struct rule *rule = whatif_allow_tcp(arena, chain, device, port);
	const char *tuple = tuple_words(arena, device, port);
	if (find_same(chain, rule, &same))
		return candidates_for_existing(arena, chain, rule, tuple, &same, ret_candidates);
	return candidates_for_new(arena, chain, rule, tuple, ret_candidates);
}
