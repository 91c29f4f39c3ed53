/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "rules/owner.h"

static void free_ruleset(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
}

static const struct chain *chain_of(const struct ruleset *ruleset, uint8_t family,
				    const char *table, const char *name)
{
	const struct table *found = ruleset_table(ruleset, family, table);
	const struct chain *chain = found ? table_chain(found, name) : NULL;

	if (!chain)
		fail_msg("no chain %s %s", table, name);
	return chain;
}

/* @handle 0: the chain's policy. NULL: the owner has no words for it. */
static void assert_owner(const struct ruleset *ruleset, const struct chain *chain, uint64_t handle,
			 const char *expected)
{
	cleanup(buffer_release) struct buffer text = {};
	const struct rule *rule = NULL;

	for (size_t i = 0; i < chain->n_rules; i++) {
		if (handle && chain->rules[i]->handle == handle)
			rule = chain->rules[i];
	}
	if (handle && !rule)
		fail_msg("no rule %llu", (unsigned long long)handle);
	assert_int_equal(rule_owner_text(&text, ruleset, chain, rule), expected != NULL);
	assert_string_equal(buffer_text(&text), expected ? expected : "");
}

/* Words of `ufw show added`, numbers of `ufw status numbered`, of the UFW that was recorded. */
static void rules_of_ufw_have_its_words_and_numbers(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("ufw");
	const struct chain *v4 = chain_of(ruleset, NFPROTO_IPV4, "filter", "ufw-user-input");
	const struct chain *v6 = chain_of(ruleset, NFPROTO_IPV6, "filter", "ufw6-user-input");

	(void)state;
	assert_string_equal(chain_owner(ruleset, v4), "ufw");
	assert_string_equal(owner_title("ufw"), "UFW");
	assert_owner(ruleset, v4, 108, "UFW rule 1: allow 22/tcp");
	assert_owner(ruleset, v4, 112, "UFW rule 2: deny 20000:30000/tcp");
	assert_owner(ruleset, v4, 116,
		     "UFW rule 3: allow from 192.168.178.0/24 to any port 8266 proto udp");
	assert_owner(ruleset, v4, 120, "UFW rule 4: allow in on eth0 to any port 25623 proto tcp");
	assert_owner(ruleset, v4, 124, "UFW rule 5: limit 2222/tcp");
	assert_owner(ruleset, v4, 126, "UFW rule 5: limit 2222/tcp");
	assert_owner(ruleset, v4, 130, "UFW rule 6: reject from 192.168.178.99 proto tcp");
	assert_owner(ruleset, v6, 144, "UFW rule 9: allow 22/tcp");
	assert_owner(ruleset, v6, 168, "UFW rule 13: allow 80,443,8000:8010/tcp");
	assert_owner(ruleset, chain_of(ruleset, NFPROTO_IPV4, "filter", "ufw-user-output"), 138,
		     "UFW rule 8: deny out to 10.9.8.7");
}

static void the_policy_of_a_chain_that_jumps_to_ufw_is_its_default(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("ufw");
	const struct chain *input = chain_of(ruleset, NFPROTO_IPV4, "filter", "INPUT");

	(void)state;
	assert_string_equal(chain_owner(ruleset, input), "ufw");
	assert_owner(ruleset, input, 0, "UFW default: deny (incoming)");
	assert_owner(ruleset, chain_of(ruleset, NFPROTO_IPV4, "filter", "OUTPUT"), 0,
		     "UFW default: allow (outgoing)");
	assert_owner(ruleset, chain_of(ruleset, NFPROTO_IPV4, "filter", "ufw-skip-to-policy-input"),
		     47, "UFW default: deny (incoming)");
}

static void rules_of_firewalld_name_their_zone(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("firewalld");
	const struct chain *input = chain_of(ruleset, NFPROTO_INET, "firewalld", "filter_INPUT");

	(void)state;
	assert_string_equal(chain_owner(ruleset, input), "firewalld");
	assert_owner(ruleset, input, 34, "firewalld zone public: default target (reject)");
	assert_owner(ruleset, input, 0, NULL);
	assert_owner(ruleset, chain_of(ruleset, NFPROTO_INET, "firewalld", "filter_IN_public"), 72,
		     "firewalld zone public: default target (reject)");
	assert_owner(ruleset,
		     chain_of(ruleset, NFPROTO_INET, "firewalld", "filter_IN_public_allow"), 176,
		     "firewalld zone public: tcp dport 25000-25010 accept");
}

static void hand_written_rules_are_nobodys(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	const struct chain *input = chain_of(ruleset, NFPROTO_INET, "filter", "input");

	(void)state;
	assert_null(chain_owner(ruleset, input));
	assert_string_equal(owner_title(NULL), "");
	assert_owner(ruleset, input, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_ufw_have_its_words_and_numbers),
		cmocka_unit_test(the_policy_of_a_chain_that_jumps_to_ufw_is_its_default),
		cmocka_unit_test(rules_of_firewalld_name_their_zone),
		cmocka_unit_test(hand_written_rules_are_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
