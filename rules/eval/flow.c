/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/flow.h"

#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/eval/flow_packet.h"
#include "rules/eval/order.h"
#include "rules/eval/region.h"
#include "rules/eval/run.h"

const char *flow_packet_name(enum flow_packet packet)
{
	static const char *const names[FLOW_PACKETS] = {
		[INVITATION_OUT] = "invitation-out",
		[REPLY_IN] = "reply-in",
		[SYN_IN] = "syn-in",
		[SYNACK_OUT] = "synack-out",
		[DATA_IN] = "data-in",
		[DATA_OUT] = "data-out",
	};

	return packet < FLOW_PACKETS ? names[packet] : "?";
}

const char *flow_verdict_name(enum flow_verdict verdict)
{
	static const char *const names[] = {"accept", "drop", "reject", "redirect", "unknown"};

	return verdict <= FLOW_UNKNOWN ? names[verdict] : "?";
}

static const struct host_link *find_link(const struct host_state *host, uint32_t index)
{
	for (size_t i = 0; index && i < host->n_links; i++)
		if (host->links[i].index == index)
			return &host->links[i];
	return NULL;
}

/* What becomes of a packet that prerouting sent to an address that is not ours. */
enum forwarded {
	FORWARDED_BY_IP, /* it never arrives, wherever it goes */
	/*
	 * With br_netfilter, what stays in the bridge's network goes along the bridge and does not
	 * even come up to its input hook (br_nf_pre_routing_finish()).
	 */
	FORWARDED_BY_BRIDGE,
};

static void forward(struct walk *walk, struct state *state, enum forwarded forwarded)
{
	struct value_set to = state->class.fields[FIELD_NEW_DEST];

	if (forwarded == FORWARDED_BY_IP || is_on_link(walk, to))
		walk_outcome(walk, state, FLOW_REDIRECT);
	else
		walk_give_up(walk, state, "the route of a packet that rules changed");
}

/* Routing after prerouting: leaves what is for us. */
static void route_input(struct walk *walk, struct state_list *states, enum forwarded forwarded)
{
	struct state_list local = {.by_decision = true};
	struct state *state;
	struct value_set ours = host_address_type(walk, RTN_LOCAL, 0);

	while ((state = state_list_take(states))) {
		struct value_set *dest = &state->class.fields[FIELD_NEW_DEST];
		struct value_set away;

		if (state->dest != FIELD_NEW_DEST) {
			state_list_add(walk->arena, &local, state);
			continue;
		}
		away = value_set_subtract(walk->arena, *dest, ours);
		if (!value_set_empty(away)) {
			struct state *gone = state_copy(walk->arena, state);

			gone->class.fields[FIELD_NEW_DEST] = away;
			forward(walk, gone, forwarded);
		}
		*dest = value_set_intersect(walk->arena, *dest, ours);
		if (!value_set_empty(*dest))
			state_list_add(walk->arena, &local, state);
	}
	*states = local;
}

static void walk_in(struct walk *walk, struct state_list *states)
{
	const struct host_state *host = walk->host;
	bool calls = walk->facts.ipv6 ? host->bridge_calls_ip6 : host->bridge_calls_ip;

	walk->out = NULL;
	walk->in = find_link(host, host->device_port_ifindex);
	walk->bridge = walk->in && calls ? find_link(host, host->device_ifindex) : NULL;
	if (walk->in) {
		walk_stage(walk, STAGE_INGRESS, states);
		walk_stage(walk, STAGE_BRIDGE_PREROUTING, states);
		if (walk->bridge)
			route_input(walk, states, FORWARDED_BY_BRIDGE);
		walk_stage(walk, STAGE_BRIDGE_INPUT, states);
	}
	walk->in = find_link(host, host->device_ifindex);
	walk_stage(walk, STAGE_INGRESS, states);
	if (!walk->bridge)
		walk_stage(walk, STAGE_PREROUTING, states);
	route_input(walk, states, FORWARDED_BY_IP);
	walk_stage(walk, STAGE_INPUT, states);
}

/* From postrouting on, through an interface. */
static void leave(struct walk *walk, struct state_list *states, const struct host_link *out)
{
	const struct host_state *host = walk->host;

	walk->out = out;
	walk_stage(walk, STAGE_POSTROUTING, states);
	walk_stage(walk, STAGE_EGRESS, states);
	if (!out || out->index != host->device_ifindex)
		return;
	walk->out = find_link(host, host->device_port_ifindex);
	if (!walk->out)
		return;
	walk_stage(walk, STAGE_BRIDGE_OUTPUT, states);
	walk_stage(walk, STAGE_BRIDGE_POSTROUTING, states);
	walk_stage(walk, STAGE_EGRESS, states);
}

static const struct host_link *loopback(const struct host_state *host)
{
	for (size_t i = 0; i < host->n_links; i++)
		if (host->links[i].type == ARPHRD_LOOPBACK)
			return &host->links[i];
	return NULL;
}

/*
 * What rules of the output hook did to a packet may have changed its route: the kernel looks it up
 * again (nf_nat_ipv4_local_fn(), nf_route_table_hook4()).
 */
static void walk_out(struct walk *walk, struct state_list *states)
{
	const struct host_link *device = find_link(walk->host, walk->host->device_ifindex);
	struct state_list direct = {.by_decision = true}, looped = {.by_decision = true};
	struct state *state;

	walk->in = NULL;
	walk->out = device;
	walk_stage(walk, STAGE_OUTPUT, states);
	while ((state = state_list_take(states))) {
		switch (output_route(walk, state)) {
		case ROUTE_SAME: state_list_add(walk->arena, &direct, state); break;
		case ROUTE_LOOPBACK: state_list_add(walk->arena, &looped, state); break;
		default: walk_give_up(walk, state, "the route of a packet that rules changed");
		}
	}
	leave(walk, &looped, loopback(walk->host));
	leave(walk, &direct, device);
	while ((state = state_list_take(&looped)))
		state_list_add(walk->arena, &direct, state);
	*states = direct;
}

static bool one_value(const struct state *state, enum field field)
{
	field_value value;

	return value_set_single(state->class.fields[field], &value);
}

static bool may_hold(struct walk *walk, const struct state *state, enum field now, enum field ours)
{
	const struct value_set *fields = state->class.fields;

	return !value_set_empty(value_set_intersect(walk->arena, fields[now], fields[ours]));
}

/* True if a packet that one rule wrote over may have been brought back to us by another. */
static bool may_be_back(struct walk *walk, const struct state *state)
{
	return state->rewritten &&
	       may_hold(walk, state, (enum field)state->dest, FIELD_HOST_ADDRESS) &&
	       may_hold(walk, state, (enum field)state->dest_port, FIELD_HOST_PORT);
}

/*
 * A packet that passed all hooks has arrived, unless translation changed where to. Values that are
 * not known stay unknown.
 */
static void arrive(struct walk *walk, struct state *state)
{
	const struct packet_facts *facts = &walk->facts;
	bool address = facts->first && state->dest == FIELD_NEW_DEST;
	bool port = facts->first && state->dest_port == FIELD_NEW_DEST_PORT;

	if (state->rewritten && (!facts->first || ((address || port) && may_be_back(walk, state))))
		walk_give_up(walk, state, "a packet that is written over");
	else if (!address && !port)
		walk_outcome(walk, state, FLOW_ACCEPT);
	else if (port && !one_value(state, FIELD_NEW_DEST_PORT))
		walk_give_up(walk, state, field_name(FIELD_NEW_DEST_PORT));
	else if (address && !one_value(state, FIELD_NEW_DEST))
		walk_give_up(walk, state, field_name(FIELD_NEW_DEST));
	else
		walk_outcome(walk, state, FLOW_REDIRECT);
}

static void give_up_doubtful(struct walk *walk, struct state_list *states)
{
	struct state_list plain = {};
	struct state *state;

	while ((state = state_list_take(states))) {
		const char *doubt = translation_doubt(walk, state);

		if (doubt)
			walk_give_up(walk, state, doubt);
		else
			state_list_add(walk->arena, &plain, state);
	}
	*states = plain;
}

static void walk_packet(struct walk *walk, struct state_list *states)
{
	struct state *state;

	walk->outcomes = NULL;
	if (!find_link(walk->host, walk->host->device_ifindex)) {
		while ((state = state_list_take(states)))
			walk_give_up(walk, state, "the interface, which is not known");
		return;
	}
	give_up_doubtful(walk, states);
	if (walk->facts.input)
		walk_in(walk, states);
	else
		walk_out(walk, states);
	while ((state = state_list_take(states)))
		arrive(walk, state);
}

/* The regions of one packet, gathered from the parts of the question. */
struct gathering {
	struct flow_region *regions;
	size_t count, allocated;
};

struct evaluation {
	struct arena *arena; /* of the answer */
	struct walk walk;    /* what all parts have in common */
	size_t spent;        /* bytes, of all parts so far */
	size_t rule_runs;    /* likewise */
	struct gathering packets[FLOW_PACKETS];
};

static void gather(struct evaluation *evaluation, enum flow_packet packet,
		   const struct flow_packet_answer *part)
{
	struct gathering *into = &evaluation->packets[packet];

	for (size_t i = 0; i < part->n_regions; i++) {
		into->regions =
			xgrow(into->regions, into->count, &into->allocated, sizeof(*into->regions));
		into->regions[into->count++] = region_copy(evaluation->arena, &part->regions[i]);
	}
}

static struct state_list states_copy(struct walk *walk, const struct state_list *states)
{
	struct state_list copy = {};

	for (const struct state *state = states->first; state; state = state->next)
		state_list_add(walk->arena, &copy, state_copy(walk->arena, state));
	return copy;
}

/* True if the connection is tracked, but some packet that has just passed is not. */
static bool some_untracked(const struct walk *walk)
{
	for (const struct outcome *at = walk->outcomes; at; at = at->next)
		if (at->state.tracked && at->state.ct != CT_ATTACHED)
			return true;
	return false;
}

/*
 * The packets in their order; that of the device's data is asked again if it turns out that conntrack
 * does not see all answers to it, as it then may not take the later ones for part of the connection.
 *
 * False if there was too much to follow; @ret then still holds an answer, unless the part @may_be_cut:
 * then it stops as soon as that is known.
 */
static bool evaluate_part(struct walk *walk, const struct flow_question *question, bool may_be_cut,
			  struct flow_packet_answer ret[static FLOW_PACKETS])
{
	bool ipv6 = question->device.address.family == AF_INET6;
	struct state_list states = {}, before_data = {};

	walk->question = question;
	walk->answers_missed = false;
	for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++) {
		walk->facts = flow_packet_facts(packet, ipv6);
		if (packet == DATA_IN)
			before_data = states_copy(walk, &states);
		flow_packet_start(walk, &states);
		walk_packet(walk, &states);
		if (walk->exhausted && may_be_cut)
			return false;
		ret[packet] = region_project(walk);
		if (packet == DATA_OUT && !walk->answers_missed && some_untracked(walk)) {
			walk->answers_missed = true;
			states = before_data;
			packet = SYNACK_OUT;
			continue;
		}
		flow_packet_carry(walk, &states);
	}
	return !walk->exhausted;
}

/* Cuts the question in two, by port as long as there are several; false if it is one point. */
static bool halve(const struct flow_question *question, struct flow_question *a,
		  struct flow_question *b)
{
	struct port_range ports = question->host_ports;
	unsigned middle = (ports.first + ports.last) / 2;
	unsigned prefix = question->device.prefix;

	*a = *b = *question;
	if (ports.first < ports.last) {
		a->host_ports.last = (uint16_t)middle;
		b->host_ports.first = (uint16_t)(middle + 1);
		return true;
	}
	if (prefix >= 8 * address_length(&question->device.address))
		return false;
	a->device.prefix = b->device.prefix = prefix + 1;
	b->device.address.bytes[prefix / 8] |= (uint8_t)(0x80 >> prefix % 8);
	return true;
}

/* What is too much at once is asked in halves; the memory of each part is given back. */
static void evaluate(struct evaluation *evaluation, const struct flow_question *question,
		     unsigned halvings)
{
	struct flow_packet_answer part[FLOW_PACKETS];
	struct flow_question first, second;
	struct walk walk = evaluation->walk;
	bool may_be_cut = halvings > 0 && evaluation->spent <= WALK_MOST_MEMORY_IN_ALL &&
			  evaluation->rule_runs <= WALK_MOST_RULE_RUNS_IN_ALL &&
			  halve(question, &first, &second);
	bool done;

	walk.arena = arena_new();
	done = evaluate_part(&walk, question, may_be_cut, part);
	evaluation->walk.views = walk.views;
	evaluation->walk.ipset_views = walk.ipset_views;
	evaluation->walk.writers = walk.writers;
	evaluation->walk.writers_known = walk.writers_known;
	evaluation->spent += arena_size(walk.arena);
	evaluation->rule_runs += walk.rule_runs;
	if (done || !may_be_cut) {
		for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++)
			gather(evaluation, packet, &part[packet]);
		arena_free(walk.arena);
		return;
	}
	arena_free(walk.arena);
	evaluate(evaluation, &first, halvings - 1);
	evaluate(evaluation, &second, halvings - 1);
}

static struct flow_answer *evaluate_in_order(struct arena *arena, const struct ruleset *ruleset,
					     const struct host_state *host,
					     const struct flow_question *question, bool legacy_last)
{
	bool ipv6 = question->device.address.family == AF_INET6;
	struct flow_answer *answer = arena_alloc(arena, sizeof(*answer));
	struct evaluation evaluation = {
		.arena = arena,
		.walk = {.shared = arena_new(),
			 .ruleset = ruleset,
			 .host = host,
			 .conntrack = conntrack_used(ruleset, ipv6),
			 .nat_hooks = nat_used(ruleset, ipv6),
			 .legacy_last = legacy_last},
	};

	answer->host = host;
	answer->conntrack = evaluation.walk.conntrack;
	evaluate(&evaluation, question, WALK_MOST_HALVINGS);
	for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++) {
		struct gathering *gathered = &evaluation.packets[packet];

		answer->packets[packet] = region_tidy(arena, gathered->regions, gathered->count);
		free(gathered->regions);
	}
	arena_free(evaluation.walk.shared);
	return answer;
}

struct flow_answer *flow_evaluate(struct arena *arena, const struct ruleset *ruleset,
				  const struct host_state *host,
				  const struct flow_question *question)
{
	struct flow_answer *answer = evaluate_in_order(arena, ruleset, host, question, false);

	if (order_matters(ruleset, question->device.address.family == AF_INET6))
		order_combine(arena, answer,
			      evaluate_in_order(arena, ruleset, host, question, true));
	return answer;
}

const struct flow_region *flow_region_at(const struct flow_answer *answer, enum flow_packet packet,
					 const struct address *device, uint16_t port)
{
	const struct flow_packet_answer *at = &answer->packets[packet];
	field_value number = 0;

	for (size_t i = 0; i < address_length(device); i++)
		number = number << 8 | device->bytes[i];
	for (size_t i = 0; i < at->n_regions; i++)
		if (value_set_contains(at->regions[i].addresses, number) &&
		    value_set_contains(at->regions[i].ports, port))
			return &at->regions[i];
	return NULL;
}

/* The ports on which some address of some TCP packet meets one of the verdicts. */
static struct value_set ports_with(struct arena *arena, const struct flow_answer *answer,
				   unsigned verdicts)
{
	cleanup(free_pointer) struct interval *intervals = NULL;
	size_t count = 0, allocated = 0;

	for (enum flow_packet packet = SYN_IN; packet < FLOW_PACKETS; packet++) {
		const struct flow_packet_answer *at = &answer->packets[packet];

		for (size_t i = 0; i < at->n_regions; i++) {
			struct value_set ports = at->regions[i].ports;

			if (!(verdicts & 1u << at->regions[i].verdict))
				continue;
			for (size_t k = 0; k < ports.n_intervals; k++) {
				intervals = xgrow(intervals, count, &allocated, sizeof(*intervals));
				intervals[count++] = ports.intervals[k];
			}
		}
	}
	return value_set_of(arena, intervals, count);
}

enum {
	STOPPED = 1 << FLOW_DROP | 1 << FLOW_REJECT | 1 << FLOW_REDIRECT,
	UNDECIDED = 1 << FLOW_UNKNOWN,
	PASSED = 1 << FLOW_ACCEPT,
};

struct value_set flow_open_ports(struct arena *arena, const struct flow_answer *answer)
{
	return value_set_subtract(arena, ports_with(arena, answer, PASSED),
				  ports_with(arena, answer, STOPPED | UNDECIDED));
}

struct value_set flow_undecided_ports(struct arena *arena, const struct flow_answer *answer)
{
	return value_set_subtract(arena, ports_with(arena, answer, UNDECIDED),
				  ports_with(arena, answer, STOPPED));
}
