/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/walk.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/record.h"
#include "rules/cure.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/owner.h"
#include "rules/parse.h"
#include "rules/recent.h"
#include "rules/text.h"
#include "tests/fuzz/fuzz.h"

static const struct host_link links[] = {
	{.index = 1, .name = "lo", .type = 772},
	{.index = 2, .name = "eth0", .type = 1, .mac = {2, 0, 0, 0, 0, 1}, .has_mac = true},
	{.index = 3, .name = "br0", .type = 1, .kind = "bridge"},
};

static const struct host_address addresses[] = {
	{{AF_INET, {192, 168, 178, 24}}, 24, 2},
	{{AF_INET6, {0xfd, [15] = 0x24}}, 64, 2},
};

const struct host_state fuzz_host = {
	.links = links,
	.n_links = ARRAY_SIZE(links),
	.addresses = addresses,
	.n_addresses = ARRAY_SIZE(addresses),
	.device_ifindex = 2,
	.device_mac = {2, 0, 0, 0, 0, 2},
	.device_mac_known = true,
	.time_s = 1700000000,
};

static size_t touch_text(const char *text)
{
	return text ? strlen(text) : 0;
}

static size_t touch_bytes(const struct bytes *bytes)
{
	size_t sum = 0;

	for (size_t i = 0; i < bytes->length; i++)
		sum += bytes->data[i];
	return sum;
}

static size_t touch_exprs(const struct expr *exprs, size_t n_exprs)
{
	size_t sum = 0;

	for (size_t i = 0; i < n_exprs; i++) {
		const struct expr *expr = &exprs[i];

		sum += touch_text(expr->name) + touch_bytes(&expr->raw);
		if (expr->kind == EXPR_CMP)
			sum += touch_bytes(&expr->cmp.value);
		if (expr->kind == EXPR_XT_MATCH)
			sum += touch_text(expr->xt.name) + touch_bytes(&expr->xt.info);
		if (expr->kind == EXPR_DYNSET)
			sum += touch_exprs(expr->dynset.exprs, expr->dynset.n_exprs);
		if (expr->kind == EXPR_PAYLOAD && !expr->opaque) {
			fuzz_require(expr->payload.dreg >= 0 &&
				     expr->payload.dreg <= REGISTER_BYTES);
			fuzz_require(expr->payload.length <=
				     REGISTER_BYTES - (unsigned)expr->payload.dreg);
		}
	}
	return sum;
}

static size_t touch_set(const struct set *set)
{
	size_t sum = touch_text(set->comment) + touch_exprs(set->exprs, set->n_exprs);

	for (size_t i = 0; i < set->n_elements; i++) {
		const struct set_element *element = &set->elements[i];

		sum += touch_bytes(&element->key) + touch_bytes(&element->key_end);
		sum += touch_bytes(&element->data.value) + touch_text(element->comment);
		sum += touch_exprs(element->exprs, element->n_exprs);
		if (!element->opaque && !(element->flags & ELEMENT_CATCH_ALL))
			fuzz_require(element->key.length == set->key_length);
	}
	return sum;
}

static size_t touch_rule(struct buffer *out, const struct ruleset *ruleset, const struct rule *rule)
{
	rule_text(out, rule);
	rule_text_on(out, rule, &fuzz_host);
	rule_text_of_iptables(out, rule);
	rule_owner_text(out, ruleset, rule->chain, rule);
	return touch_text(rule->comment) + touch_exprs(rule->exprs, rule->n_exprs);
}

static size_t touch_chain(struct buffer *out, const struct ruleset *ruleset,
			  const struct chain *chain)
{
	size_t sum = touch_text(chain->name);

	for (size_t k = 0; chain->base && k < chain->base->n_devices; k++)
		sum += touch_text(chain->base->devices[k]);
	for (size_t k = 0; k < chain->n_rules; k++) {
		fuzz_require(chain->rules[k]->chain == chain);
		sum += touch_rule(out, ruleset, chain->rules[k]);
	}
	policy_text(out, chain);
	rule_owner_text(out, ruleset, chain, NULL);
	return sum + touch_text(owner_title(chain_owner(ruleset, chain)));
}

static size_t touch_table(const struct ruleset *ruleset, const struct table *table)
{
	size_t sum = touch_text(table->name);

	for (size_t i = 0; i < table->n_chains; i++) {
		cleanup(buffer_release) struct buffer out = {0};

		fuzz_require(table->chains[i]->table == table);
		sum += touch_chain(&out, ruleset, table->chains[i]);
		fuzz_require(strlen(buffer_text(&out)) == out.length);
	}
	for (size_t i = 0; i < table->n_sets; i++)
		sum += touch_set(table->sets[i]);
	for (size_t i = 0; i < table->n_objects; i++)
		sum += touch_exprs(&table->objects[i]->body, 1);
	return sum;
}

struct flow_question fuzz_question(const char *device, const char *host)
{
	struct flow_question question = {
		.host_ports = {1024, 65535}, .host_udp_ports = {32768, 60999}, .ota_port = 8266};

	fuzz_require(cidr_parse(device, &question.device));
	fuzz_require(address_parse(host, &question.host));
	return question;
}

static void evaluate(struct arena *arena, const struct ruleset *ruleset,
		     const struct flow_question *question)
{
	const struct flow_answer *answer = flow_evaluate(arena, ruleset, &fuzz_host, question);

	fuzz_require(answer);
	for (int packet = 0; packet < FLOW_PACKETS; packet++) {
		const struct flow_region *region = flow_region_at(
			answer, packet, &question->device.address, question->host_ports.first);

		fuzz_require(region);
		fuzz_require((region->verdict == FLOW_UNKNOWN) == (region->doubt != NULL));
	}
	flow_open_ports(arena, answer);
	flow_undecided_ports(arena, answer);
}

static void cure(struct arena *arena, const struct ruleset *ruleset,
		 const struct flow_question *question)
{
	const char *why_not = NULL;
	struct cidr around;
	struct cure found;

	fuzz_require(cidr_parse("192.168.178.0/24", &around));
	bool cured =
		cure_find(arena, ruleset, &fuzz_host, question, 18266, &around, &found, &why_not);
	fuzz_require(cured ? found.command != NULL : why_not != NULL);
}

void fuzz_walk(const struct ruleset *ruleset)
{
	struct flow_question v4 = fuzz_question("192.168.178.178", "192.168.178.24");
	struct flow_question v6 = fuzz_question("fd00::/64", "fd00::24");
	struct arena *arena = arena_new();
	volatile size_t sum = 0;

	for (size_t i = 0; i < ruleset->n_tables; i++)
		sum += touch_table(ruleset, ruleset->tables[i]);
	evaluate(arena, ruleset, &v4);
	evaluate(arena, ruleset, &v6);
	cure(arena, ruleset, &v4);
	arena_free(arena);
}

void fuzz_add_fixture(struct ruleset *ruleset, const char *question, fuzz_parser *parse)
{
	const struct record_answer *answer = fuzz_fixture("xtables", question);

	fuzz_require(!parse(ruleset, answer->bytes, answer->length, NULL));
}

void fuzz_xtables(const char *question, const uint8_t *data, size_t size)
{
	static const struct part {
		const char *question;
		fuzz_parser *parse;
	} parts[] = {{RECORD_LEGACY, legacy_parse},
		     {RECORD_IPSETS, ipset_parse},
		     {RECORD_RECENT, recent_parse}};
	struct ruleset *ruleset = ruleset_parse(NULL, 0, NULL);
	struct error err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strcmp(parts[i].question, question) != 0)
			fuzz_add_fixture(ruleset, parts[i].question, parts[i].parse);
		else if (!parts[i].parse(ruleset, data, size, &err))
			fuzz_taken();
		else
			fuzz_require(err.errnum && err.text[0]);
	}
	fuzz_walk(ruleset);
	ruleset_free(ruleset);
}
