/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "fixture.h"

/* A fixture's ruleset that is freed with the scope. */
static void free_ruleset(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
}

static struct table *table_of(const struct ruleset *ruleset, uint8_t family, const char *name)
{
	struct table *table = ruleset_table(ruleset, family, name);

	if (!table)
		fail_msg("no table %s", name);
	return table;
}

static struct chain *chain_of(const struct table *table, const char *name)
{
	struct chain *chain = table_chain(table, name);

	if (!chain)
		fail_msg("no chain %s", name);
	return chain;
}

static struct set *set_of(const struct table *table, const char *name)
{
	struct set *set = table_set(table, name);

	if (!set)
		fail_msg("no set %s", name);
	return set;
}

/* The first expression of @kind in the chain, NULL if there is none. */
static const struct expr *find_expr(const struct chain *chain, enum expr_kind kind)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct rule *rule = chain->rules[i];

		for (size_t k = 0; k < rule->n_exprs; k++) {
			if (rule->exprs[k].kind == kind)
				return &rule->exprs[k];
		}
	}
	return NULL;
}

static const struct expr *expr_of(const struct chain *chain, enum expr_kind kind)
{
	const struct expr *expr = find_expr(chain, kind);

	if (!expr)
		fail_msg("no expression of kind %d in %s", kind, chain->name);
	return expr;
}

static void the_policy_and_its_counter_are_those_of_the_base_chain(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("ufw");
	struct table *table = table_of(ruleset, NFPROTO_IPV4, "filter");
	struct chain *input = chain_of(table, "INPUT");

	assert_true(ruleset->generation != 0);
	assert_non_null(input->base);
	assert_int_equal(input->base->hook, NF_INET_LOCAL_IN);
	assert_int_equal(input->base->priority, 0);
	assert_int_equal(input->base->policy, VERDICT_DROP);
	assert_string_equal(input->base->type, "filter");
	assert_true(input->has_counters);
	assert_null(chain_of(table, "ufw-user-input")->base);
}

static void jumps_lead_to_the_chain_of_the_same_table(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("ufw");
	const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	const char *targets[] = {"ufw-before-input", "ufw6-before-input"};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct table *table = table_of(ruleset, families[i], "filter");
		struct rule *rule = chain_of(table, "INPUT")->rules[1];
		struct expr *jump = &rule->exprs[rule->n_exprs - 1];

		assert_int_equal(rule->position, 2);
		assert_int_equal(jump->kind, EXPR_IMMEDIATE);
		assert_int_equal(jump->immediate.dreg, REGISTER_VERDICT);
		assert_int_equal(jump->immediate.data.verdict.code, VERDICT_JUMP);
		assert_string_equal(jump->immediate.data.verdict.chain, targets[i]);
		assert_ptr_equal(jump->immediate.data.verdict.target, chain_of(table, targets[i]));
	}
}

static void xt_matches_keep_name_revision_and_bytes(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("ufw");
	struct table *table = table_of(ruleset, NFPROTO_IPV4, "filter");
	const struct expr *match = expr_of(chain_of(table, "ufw-user-input"), EXPR_XT_MATCH);

	assert_string_equal(match->xt.name, "multiport");
	assert_int_equal(match->xt.revision, 1);
	assert_true(match->xt.info.length >= 48);
}

static void base_chains_are_numbered_in_the_order_of_the_dump(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *filter = table_of(ruleset, NFPROTO_INET, "filter");
	struct table *nat = table_of(ruleset, NFPROTO_IPV4, "nat");

	assert_true(chain_of(filter, "input")->order < chain_of(filter, "output")->order);
	assert_true(chain_of(filter, "output")->order < chain_of(nat, "prerouting")->order);
	assert_int_equal(chain_of(filter, "output")->base->priority, -150);
	assert_string_equal(chain_of(filter, "output")->base->type, "route");
}

static void a_dormant_table_says_so(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");

	assert_int_equal(table_of(ruleset, NFPROTO_IPV6, "asleep")->flags, NFT_TABLE_F_DORMANT);
	assert_int_equal(table_of(ruleset, NFPROTO_INET, "filter")->flags, 0);
}

static void an_ingress_chain_names_its_device_once(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *table = table_of(ruleset, NFPROTO_NETDEV, "early");
	struct base_hook *base = chain_of(table, "first")->base;

	assert_int_equal(base->n_devices, 1);
	assert_string_equal(base->devices[0], "lo");
	assert_int_equal(base->n_device_prefixes, 0);
	assert_int_equal(base->priority, -500);
}

static const struct set_element *element_with(const struct set *set, const void *key, size_t length)
{
	for (size_t i = 0; i < set->n_elements; i++) {
		const struct set_element *element = &set->elements[i];

		if (element->key.length == length && !(element->flags & ELEMENT_INTERVAL_END) &&
		    !memcmp(element->key.data, key, length))
			return element;
	}
	fail_msg("set %s lacks an element", set->name);
	return NULL;
}

static void an_interval_set_has_starts_and_ends(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct set *flat = set_of(table_of(ruleset, NFPROTO_INET, "filter"), "flat");
	size_t ends = 0;

	assert_true(flat->flags & NFT_SET_INTERVAL);
	assert_int_equal(flat->key_length, 4);
	assert_false(flat->incomplete);
	assert_string_equal(flat->comment, "the flat");
	for (size_t i = 0; i < flat->n_elements; i++)
		ends += flat->elements[i].flags & ELEMENT_INTERVAL_END;
	assert_in_range(ends, 3, 4);
	assert_string_equal(element_with(flat, "\xc0\xa8\xb3\x07", 4)->comment, "printer");
}

static void a_concatenation_has_field_lengths_and_two_keys(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct set *boards = set_of(table_of(ruleset, NFPROTO_INET, "filter"), "boards");

	assert_int_equal(boards->key_length, 8);
	assert_int_equal(boards->n_fields, 2);
	assert_int_equal(boards->field_lengths[0], 4);
	assert_int_equal(boards->field_lengths[1], 2);

	/* 192.168.178.0/25 . 20000-30000 */
	const struct set_element *element =
		element_with(boards, "\xc0\xa8\xb2\x00\x4e\x20\x00\x00", 8);
	assert_int_equal(element->key_end.length, 8);
	assert_memory_equal(element->key_end.data, "\xc0\xa8\xb2\x7f\x75\x30\x00\x00", 8);
}

static void a_verdict_map_holds_verdicts_with_their_chains(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *table = table_of(ruleset, NFPROTO_INET, "filter");
	struct set *by_port = set_of(table, "by_port");
	const struct verdict *web = &element_with(by_port, "\x00\x50", 2)->data.verdict;

	assert_int_equal(by_port->n_elements, 3);
	assert_int_equal(web->code, VERDICT_JUMP);
	assert_ptr_equal(web->target, chain_of(table, "web"));
	assert_int_equal(element_with(by_port, "\x20\x4a", 2)->data.verdict.code, VERDICT_DROP);
}

static void a_data_map_holds_values_and_an_object_map_names(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *table = table_of(ruleset, NFPROTO_INET, "filter");
	const struct set_element *lan =
		element_with(set_of(table, "zone_of"), "\xc0\xa8\xb2\x00", 4);
	const struct set_element *https = element_with(set_of(table, "meters"), "\x01\xbb", 2);

	assert_int_equal(lan->data.value.length, 4);
	assert_memory_equal(lan->data.value.data, "\x01\x00\x00\x00", 4); /* a mark: host order */
	assert_string_equal(https->object, "dropped");
	assert_int_equal(set_of(table, "meters")->object_type, NFT_OBJECT_COUNTER);
}

static void the_catch_all_element_is_marked(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *table = table_of(ruleset, NFPROTO_INET, "filter");
	size_t found = 0;

	for (size_t i = 0; i < table->n_sets; i++) {
		for (size_t k = 0; k < table->sets[i]->n_elements; k++) {
			const struct set_element *element = &table->sets[i]->elements[k];

			if (!(element->flags & ELEMENT_CATCH_ALL))
				continue;
			assert_false(element->opaque);
			assert_int_equal(element->data.verdict.code, VERDICT_CONTINUE);
			found++;
		}
	}
	assert_int_equal(found, 1);
}

static void timeouts_of_elements_are_milliseconds(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct set *guests = set_of(table_of(ruleset, NFPROTO_INET, "filter"), "guests");

	assert_int_equal(guests->n_elements, 1);
	assert_in_range(guests->elements[0].expires_ms, 50 * 60 * 1000, 59 * 60 * 1000);
}

static void lookups_and_dynamic_sets_know_their_set(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *table = table_of(ruleset, NFPROTO_INET, "filter");
	struct chain *chain = chain_of(table, "from_lan");
	const struct expr *lookup = expr_of(chain, EXPR_LOOKUP);
	const struct expr *update = expr_of(chain, EXPR_DYNSET);

	assert_ptr_equal(lookup->lookup.set, set_of(table, "boards"));
	assert_int_equal(lookup->lookup.dreg, REGISTER_NONE);
	assert_false(lookup->lookup.invert);
	assert_ptr_equal(update->dynset.set, set_of(table, "guests"));
	assert_int_equal(update->dynset.timeout, 10 * 60 * 1000);
	assert_int_equal(update->dynset.n_exprs, 1);
	assert_int_equal(update->dynset.exprs[0].kind, EXPR_LIMIT);
	assert_true(update->dynset.exprs[0].limit.over);
	assert_int_equal(update->dynset.sreg_data, REGISTER_NONE);
}

static void objects_hold_their_expression(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *table = table_of(ruleset, NFPROTO_INET, "filter");
	const struct expr *reference = expr_of(chain_of(table, "from_lan"), EXPR_OBJREF);

	assert_int_equal(table->n_objects, 4);
	assert_string_equal(reference->objref.name, "lan-limit");
	assert_non_null(reference->objref.object);
	assert_int_equal(reference->objref.object->body.kind, EXPR_LIMIT);
	assert_int_equal(reference->objref.object->body.limit.rate, 400);
	assert_int_equal(reference->objref.object->body.limit.unit, 60);
}

static void comments_of_rules_come_from_user_data(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct chain *chain = chain_of(table_of(ruleset, NFPROTO_INET, "filter"), "from_lan");

	assert_string_equal(chain->rules[0]->comment, "boards fetch their image");
	assert_null(chain->rules[1]->comment);
}

static void a_direction_that_is_not_given_is_none(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct table *table = table_of(ruleset, NFPROTO_INET, "filter");

	assert_int_equal(expr_of(chain_of(table, "input"), EXPR_CT)->ct.direction, -1);
	assert_int_equal(expr_of(chain_of(table, "input"), EXPR_CT)->ct.key, NFT_CT_STATE);
}

static void nat_keeps_registers_apart_from_absence(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("workstation");
	struct chain *chain = chain_of(table_of(ruleset, NFPROTO_IPV4, "nat"), "prerouting");
	const struct expr *dnat = expr_of(chain, EXPR_NAT);
	const struct expr *redirect = expr_of(chain, EXPR_REDIR);

	assert_int_equal(dnat->nat.type, NFT_NAT_DNAT);
	assert_int_equal(dnat->nat.family, NFPROTO_IPV4);
	assert_int_equal(dnat->nat.addr_min, 0);
	assert_int_equal(dnat->nat.proto_min, 16);
	assert_int_equal(redirect->nat.proto_min, 0);
	assert_int_equal(redirect->nat.addr_min, REGISTER_NONE);
}

static bool understood(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t k = 0; k < table->n_chains; k++) {
			for (size_t r = 0; r < table->chains[k]->n_rules; r++) {
				const struct rule *rule = table->chains[k]->rules[r];

				for (size_t e = 0; e < rule->n_exprs; e++) {
					if (rule->exprs[e].opaque)
						return false;
				}
			}
		}
	}
	return true;
}

static void nothing_in_the_recordings_is_opaque(void **)
{
	const char *names[] = {"ufw", "firewalld", "workstation"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse(names[i]);

		assert_true(understood(ruleset));
	}
}

static void firewalld_rejects_at_the_end_of_its_input_chain(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("firewalld");
	struct chain *input =
		chain_of(table_of(ruleset, NFPROTO_INET, "firewalld"), "filter_INPUT");
	const struct expr *reject = expr_of(input, EXPR_REJECT);

	assert_int_equal(input->base->priority, 10);
	assert_int_equal(input->base->policy, VERDICT_ACCEPT);
	assert_int_equal(reject->reject.type, NFT_REJECT_ICMPX_UNREACH);
	assert_int_equal(reject->reject.icmp_code, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
}

/* Refused at a byte that is told; read from memory of just that size. */
static void assert_cut_off(const struct buffer *dump, size_t length)
{
	cleanup(free_pointer) char *copy = xmemdup(dump->data, length);
	struct error err = {0};

	assert_null(ruleset_parse(copy, length, &err));
	assert_int_equal(err.errnum, EBADMSG);
	assert_non_null(strstr(err.text, "cut off at byte"));
}

static void a_dump_cut_off_inside_a_message_is_refused(void **)
{
	cleanup(buffer_release) struct buffer dump = {0};

	fixture_load("workstation", &dump);
	assert_cut_off(&dump, dump.length - 1);
	assert_cut_off(&dump, 17);
	assert_cut_off(&dump, 3);
}

static void a_message_longer_than_an_int_is_refused(void **)
{
	cleanup(buffer_release) struct buffer dump = {0};
	const uint32_t length = 0xfffffff0;

	fixture_load("workstation", &dump);
	memcpy(dump.data, &length, sizeof(length));
	assert_cut_off(&dump, dump.length);
}

static void a_message_without_its_padding_is_refused(void **)
{
	cleanup(buffer_release) struct buffer dump = {0};
	uint32_t length;

	fixture_load("workstation", &dump);
	memcpy(&length, dump.data, sizeof(length));
	uint32_t shorter = length - 3;
	memcpy(dump.data, &shorter, sizeof(shorter));
	assert_cut_off(&dump, shorter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_and_its_counter_are_those_of_the_base_chain),
		cmocka_unit_test(jumps_lead_to_the_chain_of_the_same_table),
		cmocka_unit_test(xt_matches_keep_name_revision_and_bytes),
		cmocka_unit_test(base_chains_are_numbered_in_the_order_of_the_dump),
		cmocka_unit_test(a_dormant_table_says_so),
		cmocka_unit_test(an_ingress_chain_names_its_device_once),
		cmocka_unit_test(an_interval_set_has_starts_and_ends),
		cmocka_unit_test(a_concatenation_has_field_lengths_and_two_keys),
		cmocka_unit_test(a_verdict_map_holds_verdicts_with_their_chains),
		cmocka_unit_test(a_data_map_holds_values_and_an_object_map_names),
		cmocka_unit_test(the_catch_all_element_is_marked),
		cmocka_unit_test(timeouts_of_elements_are_milliseconds),
		cmocka_unit_test(lookups_and_dynamic_sets_know_their_set),
		cmocka_unit_test(objects_hold_their_expression),
		cmocka_unit_test(comments_of_rules_come_from_user_data),
		cmocka_unit_test(a_direction_that_is_not_given_is_none),
		cmocka_unit_test(nat_keeps_registers_apart_from_absence),
		cmocka_unit_test(nothing_in_the_recordings_is_opaque),
		cmocka_unit_test(firewalld_rejects_at_the_end_of_its_input_chain),
		cmocka_unit_test(a_dump_cut_off_inside_a_message_is_refused),
		cmocka_unit_test(a_message_longer_than_an_int_is_refused),
		cmocka_unit_test(a_message_without_its_padding_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
