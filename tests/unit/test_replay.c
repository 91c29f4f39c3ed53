/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/replay/copy.h"
#include "rules/replay/frames.h"
#include "rules/replay/trace.h"
#include "rules/whatif.h"
#include "tests/unit/fixture.h"

struct copied {
	struct arena *arena;
	struct buffer dump;
	struct ruleset *ruleset;
	struct copy_plan plan;
	struct copy copy;
};

static void copied_load(struct copied *copied, const char *fixture)
{
	*copied = (struct copied){.arena = arena_new()};
	fixture_load(fixture, &copied->dump);
	copied->ruleset = fixture_parse(fixture);
	copied->plan = (struct copy_plan){
		.ruleset = copied->ruleset,
		.dump = copied->dump.data,
		.dump_length = copied->dump.length,
		.devices = {"eth0"},
		.family = AF_INET,
	};
}

static void copied_build(struct copied *copied, const char *fixture)
{
	copied_load(copied, fixture);
	copy_build(copied->arena, &copied->plan, &copied->copy);
}

static void copied_release(struct copied *copied)
{
	copy_release(&copied->copy);
	ruleset_free(copied->ruleset);
	buffer_release(&copied->dump);
	arena_free(copied->arena);
}

static const struct nlmsghdr *message_at(const struct buffer *bytes, size_t at)
{
	return (const struct nlmsghdr *)(bytes->data + at);
}

static size_t count_messages(const struct buffer *bytes, int type)
{
	size_t count = 0;

	for (size_t at = 0; at < bytes->length; at += MNL_ALIGN(message_at(bytes, at)->nlmsg_len)) {
		assert_true(mnl_nlmsg_ok(message_at(bytes, at), (int)(bytes->length - at)));
		count += (message_at(bytes, at)->nlmsg_type & 0xff) == type;
	}
	return count;
}

static const struct nlattr *attr_of(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/* The last message of a part: of a rule's, the rule. */
static const struct nlmsghdr *last_message(const struct copy *copy, const struct copy_part *part)
{
	size_t at = part->start, next;

	while ((next = at + MNL_ALIGN(message_at(&copy->messages, at)->nlmsg_len)) <
	       part->start + part->length)
		at = next;
	return message_at(&copy->messages, at);
}

static const struct copy_part *part_of_rule(const struct copied *copied, const char *table,
					    const char *chain, size_t index)
{
	const struct table *in = ruleset_table(copied->ruleset, NFPROTO_IPV4, table);

	in = in ? in : ruleset_table(copied->ruleset, NFPROTO_INET, table);
	assert_non_null(in);
	assert_non_null(table_chain(in, chain));
	for (size_t i = 0; i < copied->copy.n_parts; i++)
		if (copied->copy.parts[i].rule == table_chain(in, chain)->rules[index])
			return &copied->copy.parts[i];
	fail_msg("no part for rule %zu of %s %s", index, table, chain);
	return NULL;
}

static void every_message_of_a_dump_is_made_anew(void **state)
{
	static const char *const fixtures[] = {"ufw", "firewalld", "workstation", "newer"};
	static const int types[] = {NFT_MSG_NEWTABLE,   NFT_MSG_NEWCHAIN, NFT_MSG_NEWSET,
				    NFT_MSG_NEWSETELEM, NFT_MSG_NEWRULE,  NFT_MSG_NEWOBJ};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		struct copied copied;
		copied_build(&copied, fixtures[i]);
		for (size_t j = 0; j < ARRAY_SIZE(types); j++)
			assert_int_equal(count_messages(&copied.copy.messages, types[j]),
					 count_messages(&copied.dump, types[j]));
		assert_int_equal(copied.copy.n_gaps, 0);
		copied_release(&copied);
	}
}

/* A handle would make it a change of what has that handle; a position a place behind it. */
static void nothing_refers_to_what_is_only_in_the_original(void **state)
{
	struct copied copied;

	(void)state;
	copied_build(&copied, "ufw");
	for (size_t i = 0; i < copied.copy.n_parts; i++) {
		const struct copy_part *part = &copied.copy.parts[i];
		const struct nlmsghdr *message = last_message(&copied.copy, part);
		if (part->rule) {
			assert_null(attr_of(message, NFTA_RULE_HANDLE));
			assert_null(attr_of(message, NFTA_RULE_POSITION));
			assert_true(message->nlmsg_flags & NLM_F_APPEND);
		} else if (part->chain) {
			assert_null(attr_of(message, NFTA_CHAIN_HANDLE));
			assert_null(attr_of(message, NFTA_CHAIN_COUNTERS));
		}
	}
	copied_release(&copied);
}

static uint32_t nested_be32(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return ntohl(mnl_attr_get_u32(attr));
	fail_msg("attribute %u is missing", type);
	return 0;
}

static bool has_kind(const struct rule *rule, enum expr_kind kind, const char *name)
{
	for (size_t i = 0; i < rule->n_exprs; i++)
		if (rule->exprs[i].kind == kind && !strcmp(rule->exprs[i].xt.name, name))
			return true;
	return false;
}

static void extensions_are_told_the_protocol_that_the_rule_compares(void **state)
{
	struct copied copied;
	size_t icmp = 0, none = 0;

	(void)state;
	copied_build(&copied, "ufw");
	for (size_t i = 0; i < copied.copy.n_parts; i++) {
		const struct copy_part *part = &copied.copy.parts[i];
		const struct nlattr *compat =
			part->rule ? attr_of(last_message(&copied.copy, part), NFTA_RULE_COMPAT)
				   : NULL;
		if (!part->rule)
			continue;
		if (has_kind(part->rule, EXPR_XT_MATCH, "icmp") ||
		    has_kind(part->rule, EXPR_XT_MATCH, "icmp6")) {
			bool v6 = part->table->family == NFPROTO_IPV6;
			assert_non_null(compat);
			assert_int_equal(nested_be32(compat, NFTA_RULE_COMPAT_PROTO),
					 v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
			assert_int_equal(nested_be32(compat, NFTA_RULE_COMPAT_FLAGS), 0);
			icmp++;
		}
		none += !compat;
	}
	assert_true(icmp > 10 && none > 10);
	copied_release(&copied);
}

static void an_inverted_protocol_is_told_as_such(void **state)
{
	static const uint8_t udp = IPPROTO_UDP;
	struct expr exprs[] = {
		{.kind = EXPR_META, .name = "meta", .meta.key = NFT_META_L4PROTO},
		{.kind = EXPR_CMP, .name = "cmp", .cmp = {.op = NFT_CMP_NEQ, .value = {&udp, 1}}},
		{.kind = EXPR_XT_MATCH, .name = "match", .xt.name = "conntrack"},
	};
	const struct rule rule = {.exprs = exprs, .n_exprs = ARRAY_SIZE(exprs)},
			  plain = {.exprs = exprs, .n_exprs = 2};
	uint32_t protocol;
	bool inverted;

	(void)state;
	assert_true(compat_protocol(&rule, NFPROTO_IPV4, &protocol, &inverted));
	assert_int_equal(protocol, IPPROTO_UDP);
	assert_true(inverted);
	assert_false(compat_protocol(&plain, NFPROTO_IPV4, &protocol, &inverted));
}

/* The kernel commits none that no rule of the same transaction is bound to. */
static void an_anonymous_set_goes_with_its_rule(void **state)
{
	struct copied copied;
	size_t with_set = 0;

	(void)state;
	copied_build(&copied, "workstation");
	for (size_t i = 0; i < copied.copy.n_parts; i++) {
		const struct copy_part *part = &copied.copy.parts[i];
		const struct nlmsghdr *first = message_at(&copied.copy.messages, part->start);
		unsigned type = first->nlmsg_type & 0xff;
		const struct nlattr *flags = attr_of(first, NFTA_SET_FLAGS);
		bool anonymous = type == NFT_MSG_NEWSET && flags &&
				 ntohl(mnl_attr_get_u32(flags)) & NFT_SET_ANONYMOUS;
		assert_true(!anonymous || part->rule);
		with_set += anonymous;
	}
	assert_true(with_set > 0);
	copied_release(&copied);
}

static void an_amendment_comes_before_the_rule_of_its_index(void **state)
{
	struct copied copied;
	struct amendment amendments[2];
	struct cidr device;

	(void)state;
	copied_load(&copied, "ufw");
	cidr_parse("192.168.178.178", &device);
	const struct chain *chain =
		table_chain(ruleset_table(copied.ruleset, NFPROTO_IPV4, "filter"), "INPUT");
	const struct rule *rule = whatif_allow_tcp(copied.arena, chain, &device, 18266);
	amendments[0] = (struct amendment){chain, 1, rule};
	amendments[1] = (struct amendment){chain, chain->n_rules, rule};
	copied.plan.amendments = amendments;
	copied.plan.n_amendments = ARRAY_SIZE(amendments);
	copy_build(copied.arena, &copied.plan, &copied.copy);

	const struct copy_part *second = part_of_rule(&copied, "filter", "INPUT", 1);
	const struct copy_part *last = part_of_rule(&copied, "filter", "INPUT", chain->n_rules - 1);
	assert_true(second[-1].is_amendment);
	assert_true(last[1].is_amendment);
	assert_non_null(attr_of(last_message(&copied.copy, &second[-1]), NFTA_RULE_EXPRESSIONS));
	assert_int_equal(copied.copy.n_gaps, 0);
	copied_release(&copied);
}

static void a_rule_that_cannot_be_written_is_a_gap(void **state)
{
	struct expr exprs[] = {{.kind = EXPR_LIMIT, .name = "limit"}};
	const struct rule rule = {.exprs = exprs, .n_exprs = 1};
	struct copied copied;

	(void)state;
	copied_load(&copied, "ufw");
	const struct chain *chain =
		table_chain(ruleset_table(copied.ruleset, NFPROTO_IPV4, "filter"), "INPUT");
	const struct amendment amendment = {chain, 0, &rule};
	copied.plan.amendments = &amendment;
	copied.plan.n_amendments = 1;
	copy_build(copied.arena, &copied.plan, &copied.copy);
	assert_int_equal(copied.copy.n_gaps, 1);
	assert_true(copied.copy.gaps[0].matters);
	copied_release(&copied);
}

static const struct nlmsghdr *chain_message(const struct copied *copied, const char *name)
{
	for (size_t i = 0; i < copied->copy.n_parts; i++) {
		const struct copy_part *part = &copied->copy.parts[i];
		if (part->chain && !part->rule && !strcmp(part->chain->name, name))
			return last_message(&copied->copy, part);
	}
	fail_msg("no chain %s", name);
	return NULL;
}

static void a_chain_on_a_foreign_device_is_not_hooked(void **state)
{
	struct copied copied;

	(void)state;
	copied_load(&copied, "eval/ingress-of-the-device");
	const struct chain *chain = NULL;
	for (size_t i = 0; i < copied.ruleset->n_tables; i++)
		if (copied.ruleset->tables[i]->family == NFPROTO_NETDEV)
			chain = copied.ruleset->tables[i]->chains[0];
	assert_non_null(chain);
	copied.plan.devices[0] = chain->base->devices[0];
	copy_build(copied.arena, &copied.plan, &copied.copy);
	assert_non_null(attr_of(chain_message(&copied, chain->name), NFTA_CHAIN_HOOK));
	copy_release(&copied.copy);

	copied.plan.devices[0] = "wlan7";
	copy_build(copied.arena, &copied.plan, &copied.copy);
	assert_null(attr_of(chain_message(&copied, chain->name), NFTA_CHAIN_HOOK));
	assert_null(attr_of(chain_message(&copied, chain->name), NFTA_CHAIN_TYPE));
	copied_release(&copied);
}

static void what_was_left_out_matters_only_on_the_way(void **state)
{
	struct copied copied;

	(void)state;
	copied_build(&copied, "ufw");
	for (size_t i = 0; i < copied.copy.n_parts; i++) {
		struct copy_part *part = &copied.copy.parts[i];
		if (!part->rule)
			continue;
		bool v4 = part->table->family == NFPROTO_IPV4;
		size_t before = copied.copy.n_gaps;
		if (strcmp(part->chain->name, "ufw-before-forward") != 0 &&
		    strcmp(part->chain->name, "ufw-user-input") != 0 &&
		    strcmp(part->chain->name, "ufw6-before-input") != 0)
			continue;
		copy_leave_out(&copied.copy, part, 22);
		assert_int_equal(copied.copy.n_gaps, before + 1);
		assert_int_equal(copied.copy.gaps[before].matters,
				 v4 && !strcmp(part->chain->name, "ufw-user-input"));
		assert_true(part->left_out);
	}
	assert_true(copied.copy.n_gaps > 3);
	copied_release(&copied);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* What can be parsed can be copied, whatever is in it; meant for the address sanitizer, too. */
static void a_damaged_dump_that_parses_is_copied(void **state)
{
	static const char *const fixtures[] = {"firewalld", "workstation", "newer"};
	enum { ROUNDS = 400 };
	uint64_t random = 20261128;
	size_t parsed = 0;

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		struct copied copied;
		struct error err;
		copied_load(&copied, fixtures[round % ARRAY_SIZE(fixtures)]);
		for (size_t i = 0; i < 1 + round % 4; i++)
			copied.dump.data[next_random(&random) % copied.dump.length] =
				(char)next_random(&random);
		ruleset_free(copied.ruleset);
		copied.ruleset = ruleset_parse(copied.dump.data, copied.dump.length, &err);
		copied.plan.ruleset = copied.ruleset;
		copied.plan.dump = copied.dump.data;
		if (copied.ruleset) {
			parsed++;
			copy_build(copied.arena, &copied.plan, &copied.copy);
			count_messages(&copied.copy.messages, NFT_MSG_NEWRULE);
		}
		copied_release(&copied);
	}
	assert_true(parsed > ROUNDS / 4);
}

/* The sum over what a checksum covers, the checksum included, is all ones. */
static bool sum_is_right(const uint8_t *data, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += (uint32_t)data[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static void frames_are_read_as_they_were_written(void **state)
{
	static const char *const pairs[][2] = {{"192.168.178.178", "192.168.178.24"},
					       {"fd00::178", "fd00::24"}};
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	static const uint8_t macs[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
	enum { ETHERNET = 14, V4 = 20, V6 = 40 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(protocols); i++) {
		struct segment segment = {
			.protocol = protocols[i / 2],
			.source_port = 49152,
			.destination_port = 18266,
			.payload = (uint8_t)(i % 2),
		};
		struct segment got;
		uint8_t frame[FRAME_ROOM];

		if (segment.protocol == IPPROTO_TCP) {
			segment.flags = i % 2 ? TH_ACK : TH_SYN;
			segment.sequence = 1000;
			segment.acknowledged = 77;
		}
		address_parse(pairs[i % 2][0], &segment.source);
		address_parse(pairs[i % 2][1], &segment.destination);
		size_t length = frame_write(frame, &segment, macs[0], macs[1]);
		assert_true(frame_read(frame, length, &got));
		assert_memory_equal(&got, &segment, sizeof(got));

		size_t header = i % 2 ? V6 : V4, size = i % 2 ? 16 : 4;
		size_t rest = length - ETHERNET - header;
		uint32_t pseudo = segment.protocol + (uint32_t)rest;
		for (size_t j = 0; j < size; j++)
			pseudo += (uint32_t)(segment.source.bytes[j] + segment.destination.bytes[j])
				  << (j % 2 ? 0 : 8);
		assert_true(sum_is_right(frame + ETHERNET + header, rest, pseudo));
		if (header == V4)
			assert_true(sum_is_right(frame + ETHERNET, V4, 0));
		for (size_t cut = 0; cut < length; cut++)
			assert_true(!frame_read(frame, cut, &got) || cut > ETHERNET + header);
	}
}

static struct trace_event event(uint32_t id, const char *table, uint64_t handle, int code)
{
	return (struct trace_event){
		.family = NFPROTO_IPV4,
		.table = table,
		.chain = "INPUT",
		.handle = handle,
		.code = code,
		.id = id,
	};
}

static struct trace_event with_packet(struct trace_event event, uint8_t protocol, bool incoming,
				      uint8_t flags)
{
	event.has_packet = true;
	event.protocol = protocol;
	event.incoming = incoming;
	event.flags = flags;
	event.destination_port = 18266;
	return event;
}

/* What a rule rejects with is sent before the rule's own verdict is told. */
static void an_answer_in_the_midst_of_its_way_is_not_the_packet(void **state)
{
	struct trace trace;
	const struct trace_event events[] = {
		with_packet(event(1, "filter", 7, VERDICT_JUMP), IPPROTO_TCP, true, TH_SYN),
		with_packet(event(2, "filter", 90, VERDICT_ACCEPT), IPPROTO_ICMP, false, 0),
		event(2, "filter", 91, VERDICT_ACCEPT),
		event(1, "filter", 8, VERDICT_DROP),
	};

	(void)state;
	trace_reset(&trace);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		trace_take(&trace, &events[i]);
	assert_true(trace.packets[SYN_IN].last.is_set);
	assert_int_equal(trace.packets[SYN_IN].last.handle, 8);
	assert_int_equal(trace.packets[SYN_IN].last.code, VERDICT_DROP);
	assert_false(trace.packets[SYNACK_OUT].last.is_set);
	assert_false(trace.packets[SYN_IN].passed);
}

static void each_packet_is_known_by_its_direction_and_flags(void **state)
{
	static const struct {
		uint8_t protocol, flags;
		bool incoming;
		enum flow_packet packet;
	} cases[] = {
		{IPPROTO_UDP, 0, false, INVITATION_OUT},
		{IPPROTO_UDP, 0, true, REPLY_IN},
		{IPPROTO_TCP, TH_SYN, true, SYN_IN},
		{IPPROTO_TCP, TH_SYN | TH_ACK, false, SYNACK_OUT},
		{IPPROTO_TCP, TH_ACK, true, DATA_IN},
		{IPPROTO_TCP, TH_ACK | TH_PUSH, false, DATA_OUT},
	};
	struct trace trace;

	(void)state;
	trace_reset(&trace);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trace_event one =
			with_packet(event((uint32_t)i + 10, "filter", i + 1, VERDICT_ACCEPT),
				    cases[i].protocol, cases[i].incoming, cases[i].flags);
		trace_take(&trace, &one);
		assert_int_equal(trace.packets[cases[i].packet].last.handle, i + 1);
	}
}

static void the_last_place_of_ours_shows_that_it_passed(void **state)
{
	struct trace_event first = with_packet(event(3, TRACE_TABLE, 0, VERDICT_ACCEPT),
					       IPPROTO_TCP, true, TH_SYN),
			   last = first;
	struct trace trace;

	(void)state;
	first.chain = "in-first";
	last.chain = "in-last";
	last.destination_port = 20011;
	trace_reset(&trace);
	trace_take(&trace, &first);
	assert_true(trace.packets[SYN_IN].arose);
	assert_false(trace.packets[SYN_IN].passed);
	trace_take(&trace, &last);
	assert_true(trace.packets[SYN_IN].passed);
	assert_int_equal(trace.packets[SYN_IN].passed_port, 20011);
	assert_false(trace.packets[SYN_IN].last.is_set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_of_a_dump_is_made_anew),
		cmocka_unit_test(nothing_refers_to_what_is_only_in_the_original),
		cmocka_unit_test(extensions_are_told_the_protocol_that_the_rule_compares),
		cmocka_unit_test(an_inverted_protocol_is_told_as_such),
		cmocka_unit_test(an_anonymous_set_goes_with_its_rule),
		cmocka_unit_test(an_amendment_comes_before_the_rule_of_its_index),
		cmocka_unit_test(a_rule_that_cannot_be_written_is_a_gap),
		cmocka_unit_test(a_chain_on_a_foreign_device_is_not_hooked),
		cmocka_unit_test(what_was_left_out_matters_only_on_the_way),
		cmocka_unit_test(a_damaged_dump_that_parses_is_copied),
		cmocka_unit_test(frames_are_read_as_they_were_written),
		cmocka_unit_test(an_answer_in_the_midst_of_its_way_is_not_the_packet),
		cmocka_unit_test(each_packet_is_known_by_its_direction_and_flags),
		cmocka_unit_test(the_last_place_of_ours_shows_that_it_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
