/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/region.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "rules/eval/flow_packet.h"

/* A rectangle with what is known of it so far. */
struct piece {
	struct piece *next;
	struct value_set addresses, ports;
	const struct outcome *outcome; /* the one that decides */
	bool unknown;
	const char *doubt, *step_doubt;
	const struct piece *behind; /* while it is being laid: it has met all up to this one */
};

static bool stops(enum flow_verdict verdict)
{
	return verdict == FLOW_DROP || verdict == FLOW_REJECT;
}

/* What rules or the kernel set themselves follows from something else, which is the better answer. */
static bool is_derived(enum field field)
{
	switch (field) {
	case FIELD_NEW_SOURCE:
	case FIELD_NEW_DEST:
	case FIELD_NEW_SOURCE_PORT:
	case FIELD_NEW_DEST_PORT:
	case FIELD_MARK:
	case FIELD_PRIORITY:
	case FIELD_PACKET_TYPE:
	case FIELD_CT_STATE:
	case FIELD_CT_STATUS:
	case FIELD_CT_MARK:
	case FIELD_CT_ZONE: return true;
	default: return false;
	}
}

static const char *parting_field(struct arena *arena, const struct state *a, const struct state *b,
				 bool derived)
{
	for (int field = 0; field < FIELDS; field++) {
		struct value_set left = a->class.fields[field], right = b->class.fields[field];

		if (field == FIELD_DEVICE_ADDRESS || field == FIELD_HOST_PORT ||
		    is_derived(field) != derived || value_set_equal(left, right))
			continue;
		if (value_set_empty(value_set_intersect(arena, left, right)))
			return field_name(field);
	}
	return NULL;
}

/*
 * What two outcomes for the same packet hang on: a field in which their boxes do not meet, or the
 * test that was followed both ways.
 */
static const char *explain(struct arena *arena, const struct state *a, const struct state *b)
{
	const char *field = parting_field(arena, a, b, false);

	if (field)
		return field;
	if (a->doubt || b->doubt)
		return a->doubt ? a->doubt->text : b->doubt->text;
	field = parting_field(arena, a, b, true);
	return field ? field : "a test without a known answer";
}

static bool differ(enum flow_verdict a, enum flow_verdict b)
{
	return stops(a) || stops(b) ? stops(a) != stops(b) : a != b;
}

/* True if @a leaves more of what cannot be known open: it is the common case, @b the special one. */
static bool covers_more(const struct outcome *a, const struct outcome *b)
{
	for (int field = FIELD_HOST_ADDRESS; field < FIELDS; field++) {
		field_value x = value_set_size(a->state.class.fields[field]);
		field_value y = value_set_size(b->state.class.fields[field]);

		if (!is_derived(field) && x != y)
			return x > y;
	}
	return false;
}

/* Of two outcomes that come to the same: the certain one, the silent one, the common one. */
static const struct outcome *preferred(const struct outcome *a, const struct outcome *b)
{
	if (!a->state.doubt != !b->state.doubt)
		return a->state.doubt ? b : a;
	if (a->verdict != b->verdict)
		return b->verdict == FLOW_DROP ? b : a;
	return covers_more(b, a) ? b : a;
}

static bool same_step(const struct flow_step *a, const struct flow_step *b)
{
	if (!a || !b)
		return a == b;
	return a->chain == b->chain && a->rule == b->rule && a->base == b->base &&
	       a->element == b->element;
}

static const struct flow_step *deciding_step(const struct outcome *outcome)
{
	return outcome->state.path ? &outcome->state.path->step : NULL;
}

/* Of packets that are sent elsewhere: the same place. */
static bool same_destination(const struct state *a, const struct state *b)
{
	return value_set_equal(a->class.fields[a->dest], b->class.fields[b->dest]) &&
	       value_set_equal(a->class.fields[a->dest_port], b->class.fields[b->dest_port]);
}

static bool same_decision(const struct outcome *a, const struct outcome *b)
{
	return same_step(deciding_step(a), deciding_step(b)) &&
	       (a->verdict != FLOW_REDIRECT || same_destination(&a->state, &b->state));
}

static void combine(struct arena *arena, struct piece *piece, const struct outcome *outcome)
{
	if (piece->unknown)
		return;
	if (outcome->verdict == FLOW_UNKNOWN) {
		piece->unknown = true;
		piece->doubt = outcome->state.doubt->text;
		piece->outcome = outcome;
	} else if (differ(piece->outcome->verdict, outcome->verdict)) {
		piece->unknown = true;
		piece->doubt = explain(arena, &piece->outcome->state, &outcome->state);
		if (stops(outcome->verdict))
			piece->outcome = outcome;
	} else {
		if (!same_decision(piece->outcome, outcome))
			piece->step_doubt = explain(arena, &piece->outcome->state, &outcome->state);
		piece->outcome = preferred(piece->outcome, outcome);
	}
}

static struct piece *piece_new(struct arena *arena, struct value_set addresses,
			       struct value_set ports, const struct piece *like, struct piece *next)
{
	struct piece *piece = arena_alloc(arena, sizeof(*piece));

	if (like)
		*piece = *like;
	piece->addresses = addresses;
	piece->ports = ports;
	piece->next = next;
	return piece;
}

struct cut {
	struct value_set addresses, ports; /* where both are */
	struct value_set rest_addresses;   /* beside it, with all ports of the one cut */
	struct value_set rest_ports;       /* above and below it, with the common addresses */
};

static bool cut(struct arena *arena, const struct piece *piece, const struct piece *by,
		struct cut *ret)
{
	ret->addresses = value_set_intersect(arena, piece->addresses, by->addresses);
	ret->ports = value_set_intersect(arena, piece->ports, by->ports);
	if (value_set_empty(ret->addresses) || value_set_empty(ret->ports))
		return false;
	ret->rest_addresses = value_set_subtract(arena, piece->addresses, by->addresses);
	ret->rest_ports = value_set_subtract(arena, piece->ports, by->ports);
	return true;
}

/* The parts of @piece outside the cut, put before @next. */
static struct piece *remains(struct arena *arena, const struct piece *piece, const struct cut *cut,
			     struct piece *next)
{
	if (!value_set_empty(cut->rest_addresses))
		next = piece_new(arena, cut->rest_addresses, piece->ports, piece, next);
	if (!value_set_empty(cut->rest_ports))
		next = piece_new(arena, cut->addresses, cut->rest_ports, piece, next);
	return next;
}

/* The first piece behind @part->behind, of all if that is NULL, that meets it. */
static struct piece *meets(struct arena *arena, struct piece *pieces, const struct piece *part,
			   struct cut *ret_inner, struct cut *ret_outer)
{
	for (struct piece *piece = part->behind ? part->behind->next : pieces; piece;
	     piece = piece->next)
		if (cut(arena, piece, part, ret_inner) && cut(arena, part, piece, ret_outer))
			return piece;
	return NULL;
}

/*
 * Lays a new piece over the others: where it meets one, that one is cut to the common part, which gets
 * the outcome. What remains of the old one stays in the list right behind it, where the other parts of
 * the new one will meet it; what remains of the new one goes on behind it. Whatever is put at the head
 * is disjoint from those. False if the memory for it is used up.
 */
static bool lay(struct arena *arena, struct piece **pieces, struct piece *part)
{
	struct piece *parts = part;

	while ((part = parts)) {
		struct cut inner, outer;
		struct piece *piece = meets(arena, *pieces, part, &inner, &outer);

		if (arena_size(arena) > WALK_MOST_MEMORY_OF_REGIONS)
			return false;
		parts = part->next;
		if (!piece) {
			part->next = *pieces;
			*pieces = part;
			continue;
		}
		piece->next = remains(arena, piece, &inner, piece->next);
		piece->addresses = inner.addresses;
		piece->ports = inner.ports;
		combine(arena, piece, part->outcome);
		part->behind = piece;
		parts = remains(arena, part, &outer, parts);
	}
	return true;
}

static struct piece *piece_of(struct arena *arena, const struct outcome *outcome)
{
	const struct packet_class *class = &outcome->state.class;
	struct piece *piece = piece_new(arena, class->fields[FIELD_DEVICE_ADDRESS],
					class->fields[FIELD_HOST_PORT], NULL, NULL);

	piece->outcome = outcome;
	piece->unknown = outcome->verdict == FLOW_UNKNOWN;
	if (piece->unknown)
		piece->doubt = outcome->state.doubt->text;
	return piece;
}

static struct address address_of(field_value number, bool ipv6)
{
	struct address address = {.family = ipv6 ? AF_INET6 : AF_INET};

	for (size_t i = address_length(&address); i > 0; number >>= 8)
		address.bytes[--i] = (uint8_t)number;
	return address;
}

/* Where translation sent the packet, as far as it is one place. */
static void set_destination(const struct walk *walk, const struct state *state,
			    struct flow_region *region)
{
	field_value value;

	if (value_set_single(state->class.fields[state->dest], &value))
		region->redirect_to = address_of(value, walk->facts.ipv6);
	if (value_set_single(state->class.fields[state->dest_port], &value))
		region->redirect_port = (uint16_t)value;
}

/* The invitation may leave from an address that is not the host's. */
static void set_source(const struct walk *walk, const struct state *state,
		       struct flow_region *region)
{
	field_value value;

	region->source_changed = state->source == FIELD_NEW_SOURCE;
	if (region->source_changed &&
	    value_set_single(state->class.fields[FIELD_NEW_SOURCE], &value))
		region->new_source = address_of(value, walk->facts.ipv6);
}

static struct flow_region region_of(const struct walk *walk, const struct piece *piece)
{
	const struct state *state = &piece->outcome->state;
	struct flow_region region = {
		.addresses = piece->addresses,
		.ports = piece->ports,
		.verdict = piece->unknown ? FLOW_UNKNOWN : piece->outcome->verdict,
		.last = deciding_step(piece->outcome),
		.doubt = piece->unknown ? piece->doubt : NULL,
		.step_doubt = piece->unknown ? NULL : piece->step_doubt,
	};

	if (region.verdict == FLOW_REDIRECT)
		set_destination(walk, state, &region);
	else if (walk->facts.packet == INVITATION_OUT)
		set_source(walk, state, &region);
	return region;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_answer(const struct flow_region *a, const struct flow_region *b)
{
	return a->verdict == b->verdict && same_step(a->last, b->last) &&
	       same_text(a->doubt, b->doubt) && same_text(a->step_doubt, b->step_doubt) &&
	       a->redirect_port == b->redirect_port && a->source_changed == b->source_changed &&
	       address_equal(&a->new_source, &b->new_source) &&
	       address_equal(&a->redirect_to, &b->redirect_to);
}

/* Takes @other into @region if they give one rectangle with one answer. */
static bool absorb(struct arena *arena, struct flow_region *region, const struct flow_region *other)
{
	if (!same_answer(region, other))
		return false;
	if (value_set_equal(region->addresses, other->addresses))
		region->ports = value_set_unite(arena, region->ports, other->ports);
	else if (value_set_equal(region->ports, other->ports))
		region->addresses = value_set_unite(arena, region->addresses, other->addresses);
	else
		return false;
	return true;
}

/*
 * Until nothing changes: what grew may fit to what did not fit before. They are as true in pieces when
 * the memory for it is used up.
 */
static size_t absorb_all(struct arena *arena, struct flow_region *regions, size_t count)
{
	size_t before;

	do {
		before = count;
		for (size_t i = 0; i < count; i++)
			for (size_t k = i + 1;
			     k < count && arena_size(arena) <= WALK_MOST_MEMORY_OF_REGIONS; k++)
				if (absorb(arena, &regions[i], &regions[k]))
					regions[k--] = regions[--count];
	} while (count < before);
	return count;
}

static int compare_regions(const void *a, const void *b)
{
	const struct flow_region *left = a, *right = b;
	const struct interval *x = left->addresses.intervals, *y = right->addresses.intervals;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	x = left->ports.intervals;
	y = right->ports.intervals;
	return x->first < y->first ? -1 : x->first > y->first;
}

static struct value_set values_copy(struct arena *arena, struct value_set values)
{
	if (values.n_intervals)
		values.intervals = arena_memdup(arena, values.intervals,
						values.n_intervals * sizeof(*values.intervals));
	return values;
}

static const struct flow_step *steps_copy(struct arena *arena, const struct flow_step *step)
{
	const struct flow_step *first = NULL, **at = &first;

	for (; step; step = step->previous) {
		struct flow_step *copy = arena_memdup(arena, step, sizeof(*step));

		copy->verdict = arena_strdup(arena, step->verdict);
		*at = copy;
		at = &copy->previous;
	}
	return first;
}

struct flow_region region_copy(struct arena *arena, const struct flow_region *region)
{
	struct flow_region copy = *region;

	copy.addresses = values_copy(arena, region->addresses);
	copy.ports = values_copy(arena, region->ports);
	copy.last = steps_copy(arena, region->last);
	if (region->doubt)
		copy.doubt = arena_strdup(arena, region->doubt);
	if (region->step_doubt)
		copy.step_doubt = arena_strdup(arena, region->step_doubt);
	return copy;
}

struct flow_packet_answer region_tidy(struct arena *arena, const struct flow_region *regions,
				      size_t count)
{
	struct flow_region *tidy = arena_array(arena, count + 1, sizeof(*tidy));
	struct arena *scratch = arena_new();

	if (count)
		memcpy(tidy, regions, count * sizeof(*tidy));
	count = absorb_all(scratch, tidy, count);
	for (size_t i = 0; i < count; i++) {
		tidy[i].addresses = values_copy(arena, tidy[i].addresses);
		tidy[i].ports = values_copy(arena, tidy[i].ports);
	}
	arena_free(scratch);
	qsort(tidy, count, sizeof(*tidy), compare_regions);
	return (struct flow_packet_answer){tidy, count};
}

/* The whole question. */
static struct flow_packet_answer too_many(struct walk *walk)
{
	const struct flow_question *question = walk->question;
	struct flow_region region = {
		.addresses = flow_packet_devices(walk->arena, question),
		.ports = value_set_range(walk->arena, question->host_ports.first,
					 question->host_ports.last),
		.verdict = FLOW_UNKNOWN,
		.doubt = "more cases than are followed",
	};

	walk->exhausted = true;
	return region_tidy(walk->arena, &region, 1);
}

struct flow_packet_answer region_project(struct walk *walk)
{
	struct piece *pieces = NULL;
	struct flow_region *regions;
	size_t n = 0, k = 0;

	for (const struct outcome *outcome = walk->outcomes; outcome; outcome = outcome->next)
		if (!lay(walk->arena, &pieces, piece_of(walk->arena, outcome)))
			return too_many(walk);
	for (struct piece *piece = pieces; piece; piece = piece->next)
		n++;
	regions = arena_array(walk->arena, n + 1, sizeof(*regions));
	for (struct piece *piece = pieces; piece; piece = piece->next)
		regions[k++] = region_of(walk, piece);
	return region_tidy(walk->arena, regions, n);
}
