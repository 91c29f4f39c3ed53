/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>
#include <string.h>

#include "rules/address_set.h"
#include "rules/eval/run.h"

/*
 * The packets that follow the first one of a translated connection. Rules are not asked again: the
 * core hook changes the same ends at the same hooks, and those of the answers the other way round
 * (nf_nat_packet()). An end that was translated is FIELD_NEW_… on one side of the hook and what it
 * was on the other.
 */

static enum field end_of(const struct state *state, unsigned translated, enum field new,
			 enum field original)
{
	return state->translation & translated ? new : original;
}

void translation_start(const struct walk *walk, struct state *state)
{
	const struct packet_facts *facts = &walk->facts;
	enum field source = facts->origin_source, dest = facts->origin_dest;
	enum field source_port = facts->origin_source_port, dest_port = facts->origin_dest_port;

	if (!facts->original) {
		source = end_of(state, TRANSLATED_DEST, FIELD_NEW_DEST, facts->origin_dest);
		dest = end_of(state, TRANSLATED_SOURCE, FIELD_NEW_SOURCE, facts->origin_source);
		source_port = end_of(state, TRANSLATED_DEST_PORT, FIELD_NEW_DEST_PORT,
				     facts->origin_dest_port);
		dest_port = end_of(state, TRANSLATED_SOURCE_PORT, FIELD_NEW_SOURCE_PORT,
				   facts->origin_source_port);
	}
	state->source = (uint8_t)source;
	state->dest = (uint8_t)dest;
	state->source_port = (uint8_t)source_port;
	state->dest_port = (uint8_t)dest_port;
}

void translation_follow(const struct walk *walk, struct state *state, bool source_side)
{
	const struct packet_facts *facts = &walk->facts;

	if (source_side && facts->original) {
		state->source = (uint8_t)end_of(state, TRANSLATED_SOURCE, FIELD_NEW_SOURCE,
						(enum field)state->source);
		state->source_port =
			(uint8_t)end_of(state, TRANSLATED_SOURCE_PORT, FIELD_NEW_SOURCE_PORT,
					(enum field)state->source_port);
	} else if (source_side) {
		state->source = (uint8_t)facts->origin_dest;
		state->source_port = (uint8_t)facts->origin_dest_port;
	} else if (facts->original) {
		state->dest = (uint8_t)end_of(state, TRANSLATED_DEST, FIELD_NEW_DEST,
					      (enum field)state->dest);
		state->dest_port = (uint8_t)end_of(state, TRANSLATED_DEST_PORT, FIELD_NEW_DEST_PORT,
						   (enum field)state->dest_port);
	} else {
		state->dest = (uint8_t)facts->origin_source;
		state->dest_port = (uint8_t)facts->origin_source_port;
	}
}

enum field translation_tuple(const struct walk *walk, const struct state *state, enum tuple_end end,
			     bool original)
{
	const struct packet_facts *facts = &walk->facts;

	switch (end) {
	case TUPLE_SOURCE:
		return original
			       ? facts->origin_source
			       : end_of(state, TRANSLATED_DEST, FIELD_NEW_DEST, facts->origin_dest);
	case TUPLE_DEST:
		return original ? facts->origin_dest
				: end_of(state, TRANSLATED_SOURCE, FIELD_NEW_SOURCE,
					 facts->origin_source);
	case TUPLE_SOURCE_PORT:
		return original ? facts->origin_source_port
				: end_of(state, TRANSLATED_DEST_PORT, FIELD_NEW_DEST_PORT,
					 facts->origin_dest_port);
	default:
		return original ? facts->origin_dest_port
				: end_of(state, TRANSLATED_SOURCE_PORT, FIELD_NEW_SOURCE_PORT,
					 facts->origin_source_port);
	}
}

static bool holds_all(struct walk *walk, struct value_set all, struct value_set of)
{
	return value_set_empty(value_set_subtract(walk->arena, of, all));
}

static struct value_set connected(struct walk *walk, const struct host_address *at)
{
	field_value host = host_bits(8 * (unsigned)address_length(&at->address), at->prefix);
	field_value number = address_value(&at->address);

	return value_set_range(walk->arena, number & ~host, number | host);
}

bool is_on_link(struct walk *walk, struct value_set to)
{
	const struct host_state *host = walk->host;

	if (!value_set_empty(
		    value_set_intersect(walk->arena, to, host_address_type(walk, RTN_LOCAL, 0))))
		return false;
	for (size_t i = 0; i < host->n_addresses; i++)
		if (host->addresses[i].ifindex == host->device_ifindex &&
		    host->addresses[i].address.family == walk->question->host.family &&
		    holds_all(walk, connected(walk, &host->addresses[i]), to))
			return true;
	return false;
}

const char *translation_doubt(struct walk *walk, const struct state *state)
{
	struct value_set new_source = state->class.fields[FIELD_NEW_SOURCE];

	if (walk->facts.first)
		return NULL;
	if (state->rewritten)
		return "a connection whose packets are written over";
	if (state->translation && conntrack_missed_data(walk, state))
		return "whether a packet out of its window is translated";
	if (walk->facts.original || !(state->translation & TRANSLATED_SOURCE))
		return NULL;
	if (walk->facts.input)
		return holds_all(walk, host_address_type(walk, RTN_LOCAL, 0), new_source)
			       ? NULL
			       : "where the answer to a translated address arrives";
	/*
	 * It is routed to that address before it is changed back. Only if the address is a neighbour
	 * is it certain that the way is the same.
	 */
	return is_on_link(walk, new_source) ? NULL : "an answer to a translated source address";
}

/* Of the output hook's chains only those of type route look at what the mark has become. */
static bool routes_by_mark(const struct walk *walk)
{
	for (size_t i = 0; i < walk->ruleset->n_tables; i++) {
		const struct table *table = walk->ruleset->tables[i];

		for (size_t k = 0; k < table->n_chains; k++) {
			const struct base_hook *base = table->chains[k]->base;

			if (base && base->type && strcmp(base->type, "route") == 0)
				return true;
		}
	}
	return false;
}

static bool marked(const struct state *state)
{
	field_value mark;

	return !value_set_single(state->class.fields[FIELD_MARK], &mark) || mark != 0;
}

enum output_route output_route(struct walk *walk, const struct state *state)
{
	struct value_set new_dest = state->class.fields[FIELD_NEW_DEST];

	if (marked(state) && walk->host->mark_routes != FACT_NO && routes_by_mark(walk))
		return ROUTE_UNKNOWN;
	if (!walk->facts.first || !(state->translation & TRANSLATED_DEST))
		return ROUTE_SAME;
	if (holds_all(walk, host_address_type(walk, RTN_LOCAL, 0), new_dest))
		return ROUTE_LOOPBACK;
	return is_on_link(walk, new_dest) ? ROUTE_SAME : ROUTE_UNKNOWN;
}
