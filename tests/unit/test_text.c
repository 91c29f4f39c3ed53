/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "rules/host.h"
#include "rules/text.h"

static void free_ruleset(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
}

static const struct rule *rule_of(const struct ruleset *ruleset, uint8_t family, const char *table,
				  const char *chain, uint64_t handle)
{
	const struct table *found = ruleset_table(ruleset, family, table);
	const struct chain *in = found ? table_chain(found, chain) : NULL;

	for (size_t i = 0; in && i < in->n_rules; i++) {
		if (in->rules[i]->handle == handle)
			return in->rules[i];
	}
	fail_msg("no rule %s %s %llu", table, chain, (unsigned long long)handle);
	return NULL;
}

static void assert_text(const struct ruleset *ruleset, uint8_t family, const char *table,
			const char *chain, uint64_t handle, const char *expected)
{
	cleanup(buffer_release) struct buffer text = {};

	rule_text(&text, rule_of(ruleset, family, table, chain, handle));
	assert_string_equal(buffer_text(&text), expected);
}

/* The texts are what `nft -s -a list ruleset` (1.0.6) prints for tests/fixtures/workstation.nft. */
static void native_rules_read_as_nft_lists_them(void **state)
{
	static const struct {
		const char *chain;
		uint64_t handle;
		const char *text;
	} rules[] = {
		{"web", 17, "ip saddr @flat accept"},
		{"web", 19, "tcp dport { 80, 443 } ct count over 20 reject with tcp reset"},
		{"from_lan", 21,
		 "ip saddr . tcp dport @boards accept comment \"boards fetch their image\""},
		{"from_lan", 22, "tcp dport vmap @by_port"},
		{"from_lan", 24, "meta mark set ip saddr map @zone_of"},
		{"from_lan", 28,
		 "update @guests { ip saddr timeout 10m limit rate over 10/second } "
		 "drop"},
		{"from_lan", 29, "udp sport 5353 udp dport 5353 ip daddr 224.0.0.251 accept"},
		{"from_lan", 30,
		 "tcp flags syn / fin,syn,rst,ack tcp option maxseg size 1-536 drop"},
		{"from_lan", 31,
		 "ct direction original meta l4proto udp ct original proto-dst 8266 accept"},
		{"from_lan", 32, "meta hour \"08:00\"-\"20:00\" meta skuid 1000 accept"},
		{"from_lan", 35, "fib saddr . iif oif missing drop"},
		{"from_lan", 37, "meta mark & 0x000000ff != 0x00000010 ct mark set meta mark"},
		{"from_lan", 39,
		 "jhash ip saddr mod 2 seed 0xabc vmap { 0 : accept, 1 : continue }"},
		{"from_lan", 41, "numgen inc mod 4 vmap { 0 : drop, * : continue }"},
		{"from_lan", 42, "ip dscp cs1 tcp sport != 1024-65535 drop"},
		{"input", 48,
		 "ct state vmap { invalid : drop, established : accept, related : accept }"},
		{"input", 51,
		 "meta l4proto { icmp, ipv6-icmp } limit rate 4/second burst 8 "
		 "packets accept"},
		{"input", 52, "iifname \"wl*\" goto from_lan"},
		{"input", 54, "tcp dport 30000-40000 reject"},
		{"input", 56, "udp dport != { 53, 67-69 } counter drop"},
		{"output", 60, "oifname \"wg0\" meta mark set 0x00051820"},
	};
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		assert_text(ruleset, NFPROTO_INET, "filter", rules[i].chain, rules[i].handle,
			    rules[i].text);
	assert_text(ruleset, NFPROTO_IPV4, "nat", "prerouting", 5,
		    "tcp dport 3000-3005 dnat to 10.0.0.1-10.0.0.4:3000-3005 random");
}

/* The next rule in @file; the lines of an inner chain are joined as one could type them. */
static bool next_rule(FILE *file, struct buffer *ret)
{
	char line[4096];
	bool opened = false;

	ret->length = 0;
	while (fgets(line, sizeof(line), file)) {
		char *text = line + strspn(line, "\t");
		size_t depth = (size_t)(text - line);

		text[strcspn(text, "\n")] = '\0';
		if (depth < 2 || !strncmp(text, "type ", 5))
			continue;
		if (ret->length)
			buffer_puts(ret, opened || depth == 2 ? " " : "; ");
		buffer_puts(ret, text);
		opened = text[strlen(text) - 1] == '{';
		if (depth == 2 && !opened)
			return true;
	}
	return false;
}

static size_t assert_chain_reads_as(const struct chain *chain, FILE *file)
{
	cleanup(buffer_release) struct buffer line = {};

	for (size_t i = 0; i < chain->n_rules; i++) {
		cleanup(buffer_release) struct buffer text = {};

		assert_true(next_rule(file, &line));
		rule_text(&text, chain->rules[i]);
		assert_string_equal(buffer_text(&text), buffer_text(&line));
	}
	return chain->n_rules;
}

/* tests/fixtures/words.nft is written as nft lists it. */
static void every_rule_reads_as_nft_lists_it(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("words");
	cleanup(buffer_release) struct buffer line = {};
	FILE *file = fopen(FIXTURES "/words.nft", "r");
	size_t count = 0;

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t j = 0; j < table->n_chains; j++) {
			if (!(table->chains[j]->flags & NFT_CHAIN_BINDING))
				count += assert_chain_reads_as(table->chains[j], file);
		}
	}
	assert_false(next_rule(file, &line));
	assert_true(count > 150);
	fclose(file);
}

static void interfaces_are_named_by_their_host(void **state)
{
	static const uint32_t index = 7;
	const struct host_link link = {.index = 7, .name = "eth7"};
	const struct host_state host = {.links = &link, .n_links = 1};
	struct expr exprs[] = {
		{.kind = EXPR_META, .name = "meta", .meta = {.reg = 0, .key = NFT_META_IIF}},
		{.kind = EXPR_CMP,
		 .name = "cmp",
		 .cmp = {.sreg = 0, .op = NFT_CMP_EQ, .value = {(const uint8_t *)&index, 4}}},
	};
	struct table table = {.name = "t", .family = NFPROTO_INET};
	struct chain chain = {.table = &table, .name = "c"};
	struct rule rule = {.chain = &chain, .exprs = exprs, .n_exprs = 2};
	cleanup(buffer_release) struct buffer named = {}, numbered = {};

	(void)state;
	rule_text_on(&named, &rule, &host);
	assert_string_equal(buffer_text(&named), "iif \"eth7\"");
	rule_text(&numbered, &rule);
	assert_string_equal(buffer_text(&numbered), "iif 7");
}

/* One rule of UFW's table, and the table as iptables could no longer list it. */
static void a_table_that_iptables_refuses_to_list_is_worded_by_nft(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("ufw");
	struct table *table = ruleset_table(ruleset, NFPROTO_IPV4, "filter");
	const struct rule *rule = rule_of(ruleset, NFPROTO_IPV4, "filter", "ufw-user-input", 116);
	cleanup(buffer_release) struct buffer by_nft = {}, by_iptables = {}, policy = {};

	(void)state;
	table->chains[0]->kinds |= UINT64_C(1) << EXPR_CT;
	rule_text(&by_nft, rule);
	assert_string_equal(buffer_text(&by_nft),
			    "ip saddr 192.168.178.0/24 udp dport 8266 counter accept");
	policy_text(&policy, table_chain(table, "INPUT"));
	assert_string_equal(buffer_text(&policy), "policy drop");
	rule_text_of_iptables(&by_iptables, rule);
	assert_string_equal(buffer_text(&by_iptables),
			    "-s 192.168.178.0/24 -p udp -m udp --dport 8266 -j ACCEPT");
}

/* What `iptables -S` and `ip6tables -S` (1.8.9) print for the same UFW. */
static void rules_of_iptables_read_as_iptables_lists_them(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("ufw");

	(void)state;
	assert_text(ruleset, NFPROTO_IPV4, "filter", "ufw-user-input", 112,
		    "-p tcp -m multiport --dports 20000:30000 -j DROP");
	assert_text(ruleset, NFPROTO_IPV4, "filter", "ufw-user-input", 116,
		    "-s 192.168.178.0/24 -p udp -m udp --dport 8266 -j ACCEPT");
	assert_text(ruleset, NFPROTO_IPV4, "filter", "ufw-user-input", 125,
		    "-p tcp -m tcp --dport 2222 -m conntrack --ctstate NEW -m recent --update "
		    "--seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource "
		    "-j ufw-user-limit");
	assert_text(ruleset, NFPROTO_IPV4, "filter", "ufw-user-input", 130,
		    "-s 192.168.178.99/32 -p tcp -j REJECT --reject-with tcp-reset");
	assert_text(ruleset, NFPROTO_IPV6, "filter", "ufw6-user-input", 155,
		    "-i eth0 -p tcp -m tcp --dport 25623 -j ACCEPT");
}

static void policies_are_worded_by_the_tool_that_made_the_table(void **state)
{
	cleanup(free_ruleset) struct ruleset *ufw = fixture_parse("ufw");
	cleanup(free_ruleset) struct ruleset *desk = fixture_parse("workstation");
	const struct table *filter = ruleset_table(ufw, NFPROTO_IPV4, "filter");
	cleanup(buffer_release) struct buffer by_iptables = {}, by_nft = {};

	(void)state;
	assert_true(table_is_iptables(filter));
	policy_text(&by_iptables, table_chain(filter, "INPUT"));
	assert_string_equal(buffer_text(&by_iptables), "policy DROP");
	filter = ruleset_table(desk, NFPROTO_INET, "filter");
	assert_false(table_is_iptables(filter));
	policy_text(&by_nft, table_chain(filter, "input"));
	assert_string_equal(buffer_text(&by_nft), "policy drop");
}

/* A rule made by hand in a table of its own. */
static void assert_made_text(uint8_t family, struct expr *exprs, size_t n_exprs,
			     const char *expected)
{
	struct table table = {.name = "t", .family = family};
	struct chain chain = {.table = &table, .name = "c"};
	struct rule rule = {.chain = &chain, .exprs = exprs, .n_exprs = n_exprs};
	cleanup(buffer_release) struct buffer text = {};

	rule_text(&text, &rule);
	assert_string_equal(buffer_text(&text), expected);
}

/* What the expression in a tunnel wrote must not be taken for what the register held before. */
static void what_newer_kernels_have_is_worded_or_shown(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("newer");
	cleanup(buffer_release) struct buffer text = {};

	(void)state;
	assert_text(ruleset, NFPROTO_IPV4, "newer", "first", 2,
		    "ip saddr | ip daddr == 192.168.178.191 last");
	rule_text(&text, rule_of(ruleset, NFPROTO_IPV4, "newer", "first", 3));
	assert_non_null(strstr(buffer_text(&text), "ip protocol udp [ inner "));
	assert_non_null(strstr(buffer_text(&text), " ] [ cmp "));
	assert_null(strstr(buffer_text(&text), "ip saddr"));
}

static void an_unknown_expression_is_shown_with_what_it_may_read(void **state)
{
	static const uint8_t load[] = {0xab}, body[] = {0x01, 0x02};
	struct expr exprs[] = {
		{.kind = EXPR_META,
		 .name = "meta",
		 .raw = {load, 1},
		 .meta = {.reg = 0, .key = NFT_META_MARK}},
		{.kind = EXPR_UNKNOWN, .name = "inner", .opaque = true, .raw = {body, 2}},
	};

	(void)state;
	assert_made_text(NFPROTO_INET, exprs, 2, "[ meta ab ] [ inner 0102 ]");
}

static void an_unknown_match_of_iptables_is_named(void **state)
{
	struct expr exprs[] = {
		{.kind = EXPR_XT_MATCH, .name = "match", .xt = {.name = "geoip", .revision = 1}},
		{.kind = EXPR_IMMEDIATE,
		 .name = "immediate",
		 .immediate = {.dreg = REGISTER_VERDICT,
			       .data = {.is_verdict = true, .verdict = {.code = VERDICT_DROP}}}},
	};

	(void)state;
	assert_made_text(NFPROTO_IPV4, exprs, 2, "<xt match geoip rev 1> -j DROP");
}

static void a_match_on_the_protocol_stays_if_a_statement_follows_it(void **state)
{
	static const uint8_t tcp = 6, port[] = {0, 22};
	struct expr l4proto = {
		.kind = EXPR_META, .name = "meta", .meta = {.reg = 0, .key = NFT_META_L4PROTO}};
	struct expr is_tcp = {.kind = EXPR_CMP,
			      .name = "cmp",
			      .cmp = {.sreg = 0, .op = NFT_CMP_EQ, .value = {&tcp, 1}}};
	struct expr dport = {
		.kind = EXPR_PAYLOAD,
		.name = "payload",
		.payload = {
			.dreg = 0, .base = NFT_PAYLOAD_TRANSPORT_HEADER, .offset = 2, .length = 2}};
	struct expr is_ssh = {.kind = EXPR_CMP,
			      .name = "cmp",
			      .cmp = {.sreg = 0, .op = NFT_CMP_EQ, .value = {port, 2}}};
	struct expr counter = {.kind = EXPR_COUNTER, .name = "counter"};
	struct expr plain[] = {l4proto, is_tcp, dport, is_ssh};
	struct expr counted[] = {l4proto, is_tcp, counter, dport, is_ssh};

	(void)state;
	assert_made_text(NFPROTO_INET, plain, 4, "tcp dport 22");
	assert_made_text(NFPROTO_INET, counted, 5, "meta l4proto tcp counter tcp dport 22");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_rules_read_as_nft_lists_them),
		cmocka_unit_test(every_rule_reads_as_nft_lists_it),
		cmocka_unit_test(interfaces_are_named_by_their_host),
		cmocka_unit_test(a_table_that_iptables_refuses_to_list_is_worded_by_nft),
		cmocka_unit_test(rules_of_iptables_read_as_iptables_lists_them),
		cmocka_unit_test(policies_are_worded_by_the_tool_that_made_the_table),
		cmocka_unit_test(what_newer_kernels_have_is_worded_or_shown),
		cmocka_unit_test(an_unknown_expression_is_shown_with_what_it_may_read),
		cmocka_unit_test(an_unknown_match_of_iptables_is_named),
		cmocka_unit_test(a_match_on_the_protocol_stays_if_a_statement_follows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
