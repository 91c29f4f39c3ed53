/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "rules/eval/run.h"
#include "rules/eval/walk.h"

/* NF_INET_INGRESS and NF_NETDEV_EGRESS are newer than some kernel headers. */
enum { INET_INGRESS = 5, NETDEV_INGRESS = 0, NETDEV_EGRESS = 1 };

static const struct {
	const char *name;
	enum { LAYER_DEVICE, LAYER_BRIDGE, LAYER_INET } layer;
	unsigned hook;
	bool conntrack, nat;
	int nat_priority;
} stages[] = {
	[STAGE_INGRESS] = {"ingress", LAYER_DEVICE, NETDEV_INGRESS, false, false, 0},
	[STAGE_BRIDGE_PREROUTING] = {"prerouting", LAYER_BRIDGE, NF_BR_PRE_ROUTING, false, false,
				     0},
	[STAGE_BRIDGE_INPUT] = {"input", LAYER_BRIDGE, NF_BR_LOCAL_IN, false, false, 0},
	[STAGE_PREROUTING] = {"prerouting", LAYER_INET, NF_INET_PRE_ROUTING, true, true,
			      NF_IP_PRI_NAT_DST},
	[STAGE_INPUT] = {"input", LAYER_INET, NF_INET_LOCAL_IN, false, true, NF_IP_PRI_NAT_SRC},
	[STAGE_OUTPUT] = {"output", LAYER_INET, NF_INET_LOCAL_OUT, true, true, NF_IP_PRI_NAT_DST},
	[STAGE_POSTROUTING] = {"postrouting", LAYER_INET, NF_INET_POST_ROUTING, false, true,
			       NF_IP_PRI_NAT_SRC},
	[STAGE_BRIDGE_OUTPUT] = {"output", LAYER_BRIDGE, NF_BR_LOCAL_OUT, false, false, 0},
	[STAGE_BRIDGE_POSTROUTING] = {"postrouting", LAYER_BRIDGE, NF_BR_POST_ROUTING, false, false,
				      0},
	[STAGE_EGRESS] = {"egress", LAYER_DEVICE, NETDEV_EGRESS, false, false, 0},
};

const char *stage_name(enum stage stage)
{
	return stages[stage].name;
}

static bool is_nat(const struct chain *chain)
{
	return chain->base->type && strcmp(chain->base->type, "nat") == 0;
}

static bool on_device(const struct chain *chain, const char *device)
{
	for (size_t i = 0; i < chain->base->n_devices; i++)
		if (strcmp(chain->base->devices[i], device) == 0)
			return true;
	for (size_t i = 0; i < chain->base->n_device_prefixes; i++) {
		const char *prefix = chain->base->device_prefixes[i];

		if (strncmp(device, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

static bool at_device(const struct walk *walk, const struct chain *chain)
{
	const struct host_link *link = walk->stage == STAGE_INGRESS ? walk->in : walk->out;
	uint8_t family = chain->table->family;

	if (!link || !on_device(chain, link->name))
		return false;
	if (family == NFPROTO_NETDEV)
		return chain->base->hook == stages[walk->stage].hook;
	return family == NFPROTO_INET && walk->stage == STAGE_INGRESS &&
	       chain->base->hook == INET_INGRESS;
}

static bool sees_family(const struct walk *walk, uint8_t family)
{
	return family == NFPROTO_INET || family == (walk->facts.ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
}

static bool at_stage(const struct walk *walk, const struct chain *chain)
{
	uint8_t family = chain->table->family;

	if (!chain->base || (chain->table->flags & NFT_TABLE_F_DORMANT))
		return false;
	if (stages[walk->stage].layer == LAYER_DEVICE)
		return at_device(walk, chain);
	if (chain->base->hook != stages[walk->stage].hook)
		return false;
	if (stages[walk->stage].layer == LAYER_BRIDGE)
		return family == NFPROTO_BRIDGE;
	return sees_family(walk, family);
}

static int legacy_first(const struct chain *left, const struct chain *right)
{
	return (int)right->table->backend - (int)left->table->backend;
}

/*
 * Of equal priority the newest registration runs first. Which of legacy and nf_tables was there
 * first is not known: see order.c.
 */
static int compare_chains(const void *a, const void *b)
{
	const struct chain *left = *(const struct chain *const *)a;
	const struct chain *right = *(const struct chain *const *)b;

	if (left->base->priority != right->base->priority)
		return left->base->priority < right->base->priority ? -1 : 1;
	if (left->table->backend != right->table->backend)
		return legacy_first(left, right);
	return left->order > right->order ? -1 : left->order < right->order;
}

static int compare_legacy_last(const void *a, const void *b)
{
	const struct chain *left = *(const struct chain *const *)a;
	const struct chain *right = *(const struct chain *const *)b;

	if (left->base->priority == right->base->priority)
		return legacy_first(left, right) ? legacy_first(right, left) : compare_chains(a, b);
	return compare_chains(a, b);
}

struct chain_row {
	const struct chain **chains;
	size_t count;
};

static struct chain_row chains_of(struct walk *walk, bool nat)
{
	struct chain_row row = {};
	size_t most = 0;

	for (size_t i = 0; i < walk->ruleset->n_tables; i++)
		most += walk->ruleset->tables[i]->n_chains;
	row.chains = arena_array(walk->arena, most + 1, sizeof(*row.chains));
	for (size_t i = 0; i < walk->ruleset->n_tables; i++) {
		const struct table *table = walk->ruleset->tables[i];

		for (size_t k = 0; k < table->n_chains; k++)
			if (at_stage(walk, table->chains[k]) && is_nat(table->chains[k]) == nat)
				row.chains[row.count++] = table->chains[k];
	}
	qsort(row.chains, row.count, sizeof(*row.chains),
	      walk->legacy_last ? compare_legacy_last : compare_chains);
	return row;
}

static void apply_policy(struct walk *walk, const struct chain *chain, struct state_list *states,
			 struct state_list *accepted)
{
	bool drop = chain->base->policy == VERDICT_DROP;
	struct state *state;

	while ((state = state_list_take(states))) {
		state_step(walk->arena, state,
			   &(struct flow_step){.chain = chain,
					       .base = chain,
					       .hook = stage_name(walk->stage),
					       .verdict = drop ? "drop" : "accept"});
		if (drop)
			walk_outcome(walk, state, FLOW_DROP);
		else
			state_list_add(walk->arena, accepted, state);
	}
}

static void run_base_chain(struct walk *walk, const struct chain *chain, struct state_list *states)
{
	struct state_list accepted = {.by_decision = true}, ended = {};

	walk->base = chain;
	walk->accepted = &accepted;
	chain_walk(walk, chain, states, &ended, 0, 0);
	apply_policy(walk, chain, &ended, &accepted);
	*states = accepted;
	walk->accepted = NULL;
	walk->base = NULL;
}

static bool source_side(const struct walk *walk)
{
	return walk->stage == STAGE_INPUT || walk->stage == STAGE_POSTROUTING;
}

static bool takes_translation(const struct walk *walk, const struct state *state)
{
	return walk->facts.first && state->ct == CT_ATTACHED &&
	       !(source_side(walk) ? state->source_done : state->dest_done);
}

/* A nat chain is only run for states whose translation is still open; the others wait. */
static void run_nat_chain(struct walk *walk, const struct chain *chain, struct state_list *states)
{
	struct state_list open = {.by_decision = true}, settled = {.by_decision = true};
	struct state *state;

	while ((state = state_list_take(states)))
		state_list_add(walk->arena, takes_translation(walk, state) ? &open : &settled,
			       state);
	if (open.first)
		run_base_chain(walk, chain, &open);
	while ((state = state_list_take(&open)))
		state_list_add(walk->arena, &settled, state);
	*states = settled;
}

static bool has_new_ends(const struct state *state)
{
	return state->source == FIELD_NEW_SOURCE || state->dest == FIELD_NEW_DEST ||
	       state->source_port == FIELD_NEW_SOURCE_PORT ||
	       state->dest_port == FIELD_NEW_DEST_PORT;
}

/*
 * A packet with which conntrack may pick up a connection that it has not seen the beginning of is
 * the first one to it, so that translation is decided on: both are followed, with one doubt, which
 * is settled where the chains leave the packet alone.
 */
static void run_late_nat(struct walk *walk, const struct chain_row *row, struct state_list *states)
{
	struct state_list settled = {.by_decision = true}, asked = {.by_decision = true};
	struct state *state;

	while ((state = state_list_take(states))) {
		if (state->ct == CT_ATTACHED && conntrack_uncertain(walk, state)) {
			struct state *copy = state_copy(walk->arena, state);

			copy->doubt = state->doubt = doubt_new(
				walk->arena, state, "whether a connection is picked up midway");
			state_list_add(walk->arena, &asked, copy);
		}
		state_list_add(walk->arena, &settled, state);
	}
	for (size_t i = 0; i < row->count && asked.first; i++)
		run_base_chain(walk, row->chains[i], &asked);
	while ((state = state_list_take(&asked))) {
		if (has_new_ends(state))
			walk_give_up(walk, state, "the translation of a connection midway");
		else
			state_list_add(walk->arena, &settled, state);
	}
	*states = settled;
}

/* The decision that the first packet left open is taken; what follows goes the same way. */
static void settle_translation(struct walk *walk, struct state *state)
{
	enum { SOURCE_DONE = 128, DEST_DONE = 256 }; /* IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE */
	bool source = source_side(walk);
	field_value status;

	if (!walk->facts.first) {
		translation_follow(walk, state, source);
		return;
	}
	*(source ? &state->source_done : &state->dest_done) = true;
	if (value_set_single(state->class.fields[FIELD_CT_STATUS], &status))
		state->class.fields[FIELD_CT_STATUS] =
			walk_single(walk, status | (source ? SOURCE_DONE : DEST_DONE));
}

/*
 * All nat chains hang under one core function at a fixed priority, which asks them for the first
 * packet of a connection only and then marks the decision as taken (nf_nat_inet_fn()).
 */
static void run_nat(struct walk *walk, struct state_list *states)
{
	struct chain_row row = chains_of(walk, true);

	if (!walk->nat_hooks)
		return;
	if (!walk->facts.first && row.count > 0)
		run_late_nat(walk, &row, states);
	for (size_t i = 0; i < row.count; i++)
		run_nat_chain(walk, row.chains[i], states);
	for (struct state *state = states->first; state; state = state->next)
		if (state->ct == CT_ATTACHED)
			settle_translation(walk, state);
}

/*
 * The core function was registered with the first nat chain of the family, whatever its hook
 * (nf_nat_register_fn()).
 */
static unsigned nat_order(const struct walk *walk)
{
	unsigned order = UINT_MAX;

	for (size_t i = 0; i < walk->ruleset->n_tables; i++) {
		const struct table *table = walk->ruleset->tables[i];

		if ((table->flags & NFT_TABLE_F_DORMANT) || !sees_family(walk, table->family))
			continue;
		for (size_t k = 0; k < table->n_chains; k++) {
			const struct chain *chain = table->chains[k];

			if (chain->base && is_nat(chain) && chain->order < order)
				order = chain->order;
		}
	}
	return order;
}

/* As everywhere the newest of equal priority comes first. */
static bool nat_comes_before(const struct walk *walk, const struct chain *chain)
{
	int at = stages[walk->stage].nat_priority;

	return chain->base->priority > at ||
	       (chain->base->priority == at && nat_order(walk) > chain->order);
}

static void run_conntrack(struct walk *walk, struct state_list *states)
{
	struct state_list attached = {.by_decision = true};
	struct state *state;

	if (!walk->conntrack)
		return;
	while ((state = state_list_take(states))) {
		conntrack_attach(walk, state);
		state_list_add(walk->arena, &attached, state);
	}
	*states = attached;
}

/*
 * A chain at exactly conntrack's priority runs before or after it, depending on which was there
 * first, which the dump does not tell: both are followed.
 */
static void run_beside_conntrack(struct walk *walk, const struct chain *chain,
				 struct state_list *states)
{
	struct state_list both = {.by_decision = true};
	struct state *state;

	while ((state = state_list_take(states))) {
		struct state *later = state_copy(walk->arena, state);
		const struct doubt *doubt = doubt_new(
			walk->arena, state,
			"whether connection tracking runs before a chain of its priority");

		conntrack_attach(walk, later);
		later->doubt = state->doubt = doubt;
		state_list_add(walk->arena, &both, state);
		state_list_add(walk->arena, &both, later);
	}
	run_base_chain(walk, chain, &both);
	*states = both;
}

/*
 * With br_netfilter the IP prerouting chains run inside those of the bridge, at priority 0, under the
 * bridge's name, and are skipped when the packet comes up from the bridge (br_nf_pre_routing(),
 * ip_sabotage_in()).
 */
static void run_ip_inside(struct walk *walk, struct state_list *states)
{
	const struct host_link *port = walk->in;

	walk->in = walk->bridge;
	walk_stage(walk, STAGE_PREROUTING, states);
	walk->stage = STAGE_BRIDGE_PREROUTING;
	walk->in = port;
}

void walk_stage(struct walk *walk, enum stage stage, struct state_list *states)
{
	struct chain_row row;
	bool conntrack = stages[stage].conntrack, nat = stages[stage].nat;
	bool ip = stage == STAGE_BRIDGE_PREROUTING && walk->bridge;

	walk->stage = stage;
	row = chains_of(walk, false);
	for (size_t i = 0; i < row.count && states->first; i++) {
		int priority = row.chains[i]->base->priority;

		if (conntrack && priority > NF_IP_PRI_CONNTRACK) {
			run_conntrack(walk, states);
			conntrack = false;
		}
		if (nat && nat_comes_before(walk, row.chains[i])) {
			run_nat(walk, states);
			nat = false;
		}
		if (ip && priority > NF_BR_PRI_BRNF) {
			run_ip_inside(walk, states);
			ip = false;
		}
		if (conntrack && walk->conntrack && priority == NF_IP_PRI_CONNTRACK)
			run_beside_conntrack(walk, row.chains[i], states);
		else
			run_base_chain(walk, row.chains[i], states);
	}
	if (conntrack)
		run_conntrack(walk, states);
	if (nat)
		run_nat(walk, states);
	if (ip)
		run_ip_inside(walk, states);
}
