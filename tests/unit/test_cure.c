/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "rules/cure.h"
#include "fixture.h"

/* The recorded UFW denies incoming connections, 20000:30000/tcp by a rule of its own. */
static const struct host_link links[] = {
	{.index = 1, .name = "lo", .type = 772},
	{.index = 2, .name = "eth1", .type = 1, .mac = {2, 0, 0, 0, 0, 1}, .has_mac = true},
};

struct attempt {
	struct arena *arena;
	struct ruleset *ruleset;
	struct cure cure;
	const char *why_not;
	bool found;
};

static struct attempt attempt(const char *fixture, const char *device, const char *host,
			      const char *network, uint16_t port)
{
	struct attempt attempt = {.arena = arena_new(), .ruleset = fixture_parse(fixture)};
	struct host_address ours = {.prefix = 24, .ifindex = 2};
	struct host_state state = {
		.links = links,
		.n_links = 2,
		.addresses = &ours,
		.n_addresses = 1,
		.device_ifindex = 2,
	};
	struct flow_question question = {
		.host_ports = {port, port},
		.host_udp_ports = {32768, 60999},
		.ota_port = 8266,
	};
	struct cidr around;

	assert_true(address_parse(host, &ours.address));
	question.host = ours.address;
	assert_true(cidr_parse(device, &question.device) && cidr_parse(network, &around));
	attempt.found = cure_find(attempt.arena, attempt.ruleset, &state, &question, port, &around,
				  &attempt.cure, &attempt.why_not);
	return attempt;
}

static void release(struct attempt *attempt)
{
	ruleset_free(attempt->ruleset);
	arena_free(attempt->arena);
}

static void cured_by(const char *device, const char *host, const char *network, uint16_t port,
		     const char *command, const char *undo)
{
	struct attempt result = attempt("ufw", device, host, network, port);

	assert_true(result.found);
	assert_string_equal(result.cure.kind, "ufw");
	assert_string_equal(result.cure.command, command);
	assert_string_equal(result.cure.undo, undo);
	release(&result);
}

static void a_policy_is_cured_by_a_rule_at_the_end(void **state)
{
	(void)state;
	cured_by("192.168.178.178", "192.168.178.24", "192.168.178.0/24", 18266,
		 "ufw allow from 192.168.178.178 to any port 18266 proto tcp comment "
		 "'espota-doctor'",
		 "ufw delete allow from 192.168.178.178 to any port 18266 proto tcp");
}

static void an_older_deny_needs_a_rule_before_it(void **state)
{
	(void)state;
	cured_by("192.168.178.178", "192.168.178.24", "192.168.178.0/24", 25000,
		 "ufw prepend allow from 192.168.178.178 to any port 25000 proto tcp comment "
		 "'espota-doctor'",
		 "ufw delete allow from 192.168.178.178 to any port 25000 proto tcp");
}

static void a_network_is_cured_by_one_rule_for_it(void **state)
{
	(void)state;
	cured_by("192.168.178.0/25", "192.168.178.24", "192.168.178.0/24", 25000,
		 "ufw prepend allow from 192.168.178.0/25 to any port 25000 proto tcp comment "
		 "'espota-doctor'",
		 "ufw delete allow from 192.168.178.0/25 to any port 25000 proto tcp");
	cured_by("fd00::/64", "fd00::24", "fd00::/64", 18266,
		 "ufw allow from fd00::/64 to any port 18266 proto tcp comment 'espota-doctor'",
		 "ufw delete allow from fd00::/64 to any port 18266 proto tcp");
}

static void rules_of_nobody_known_have_no_cure_and_it_is_said_why(void **state)
{
	struct attempt result = attempt("workstation", "192.168.178.178", "192.168.178.24",
					"192.168.178.0/24", 18266);
	(void)state;

	assert_false(result.found);
	assert_non_null(strstr(result.why_not, "UFW"));
	release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_is_cured_by_a_rule_at_the_end),
		cmocka_unit_test(an_older_deny_needs_a_rule_before_it),
		cmocka_unit_test(a_network_is_cured_by_one_rule_for_it),
		cmocka_unit_test(rules_of_nobody_known_have_no_cure_and_it_is_said_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
