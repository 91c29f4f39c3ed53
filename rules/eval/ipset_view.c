/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/ipset_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"

/* An element with what it comes to, or a box that several have been made. */
struct row {
	unsigned rank; /* lower ones are looked at first */
	enum ipset_outcome outcome;
	uint8_t protocol;
	struct interval first; /* of the first part */
	struct value_set parts[IPSET_PARTS];
};

/*
 * Networks are tried from the longest prefix to the shortest, of two parts the first varies slowest
 * (mtype_test_cidrs()). Without exceptions the order makes no difference.
 */
static unsigned rank_of(const struct ipset *set, const struct ipset_element *element)
{
	enum { LONGEST = 128, STEP = 512 };

	if (!set->has_networks || (!set->has_nomatch && set->parts[1] != PART_INTERFACE))
		return 0;
	return (unsigned)(LONGEST - element->prefixes[0]) * STEP +
	       (unsigned)(LONGEST - element->prefixes[2]) +
	       (unsigned)(LONGEST - element->prefixes[1]);
}

static bool same_interface(const struct ipset_element *element, const char *interface)
{
	if (element->physical)
		return false;
	return element->wildcard
		       ? strncmp(element->interface, interface, strlen(element->interface)) == 0
		       : strcmp(element->interface, interface) == 0;
}

static int compare_value(field_value a, field_value b)
{
	return a < b ? -1 : a > b;
}

static int compare_sets(struct value_set a, struct value_set b)
{
	for (size_t i = 0; i < a.n_intervals && i < b.n_intervals; i++) {
		int order = compare_value(a.intervals[i].first, b.intervals[i].first);

		if (!order)
			order = compare_value(a.intervals[i].last, b.intervals[i].last);
		if (order)
			return order;
	}
	return a.n_intervals < b.n_intervals ? -1 : a.n_intervals > b.n_intervals;
}

/* What rows must have in common to become one box, but for one part. */
static int compare_kind(const struct row *a, const struct row *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->outcome != b->outcome)
		return a->outcome < b->outcome ? -1 : 1;
	return (int)a->protocol - (int)b->protocol;
}

static int compare_but_first(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = compare_kind(a, b);

	if (!order)
		order = compare_sets(a->parts[1], b->parts[1]);
	return order ? order : compare_sets(a->parts[2], b->parts[2]);
}

static int compare_but_second(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = compare_kind(a, b);

	if (!order)
		order = compare_sets(a->parts[0], b->parts[0]);
	return order ? order : compare_sets(a->parts[2], b->parts[2]);
}

static struct value_set united(struct arena *arena, const struct row *rows, size_t count,
			       unsigned part)
{
	cleanup(free_pointer) struct interval *intervals = NULL;
	size_t n = 0, allocated = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rows[i].parts[part].n_intervals; k++) {
			intervals = xgrow(intervals, n, &allocated, sizeof(*intervals));
			intervals[n++] = rows[i].parts[part].intervals[k];
		}
	return value_set_of(arena, intervals, n);
}

static size_t merge(struct arena *arena, struct row *rows, size_t count, unsigned part,
		    int (*compare)(const void *, const void *))
{
	size_t kept = 0;

	qsort(rows, count, sizeof(*rows), compare);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && compare(&rows[i], &rows[end]) == 0; end++)
			;
		struct row row = rows[i];
		if (end - i > 1)
			row.parts[part] = united(arena, &rows[i], end - i, part);
		rows[kept++] = row;
	}
	return kept;
}

static struct row row_of(struct arena *arena, const struct ipset *set,
			 const struct ipset_element *element)
{
	struct row row = {
		.rank = rank_of(set, element),
		.outcome = element->nomatch ? IPSET_EXCEPTION : IPSET_MATCH,
		.protocol = element->protocol,
	};

	for (unsigned part = 0; part < set->n_parts; part++) {
		struct interval range = element->parts[part];

		if (set->parts[part] == PART_INTERFACE ||
		    (set->parts[part] == PART_MAC && element->any_mac))
			continue;
		row.parts[part] = value_set_range(arena, range.first, range.last);
	}
	return row;
}

static bool same_network(const struct ipset_element *a, const struct ipset_element *b)
{
	return a->prefixes[0] == b->prefixes[0] && a->parts[0].first == b->parts[0].first;
}

static int compare_networks(const void *left, const void *right)
{
	const struct ipset_element *const *a = left, *const *b = right;

	if ((*a)->prefixes[0] != (*b)->prefixes[0])
		return (*a)->prefixes[0] > (*b)->prefixes[0] ? -1 : 1;
	return compare_value((*a)->parts[0].first, (*b)->parts[0].first);
}

/*
 * Of hash:net,iface the longest network that holds the address decides, whatever its interfaces:
 * if none of them fits, shorter networks are not tried (`multi` in mtype_test_cidrs()).
 */
static size_t interface_rows(struct arena *arena, const struct ipset *set, const char *interface,
			     struct row *rows)
{
	const struct ipset_element **sorted =
		arena_array(arena, set->n_elements + 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < set->n_elements; i++)
		sorted[i] = &set->elements[i];
	qsort(sorted, set->n_elements, sizeof(*sorted), compare_networks);
	for (size_t i = 0, end; i < set->n_elements; i = end) {
		struct row row = row_of(arena, set, sorted[i]);

		row.outcome = IPSET_MISS;
		for (end = i; end < set->n_elements && same_network(sorted[i], sorted[end]);
		     end++) {
			enum ipset_outcome outcome =
				sorted[end]->nomatch ? IPSET_EXCEPTION : IPSET_MATCH;

			if (!same_interface(sorted[end], interface))
				continue;
			/* a name and a prefix of it, one of them an exception: either */
			row.outcome = row.outcome == IPSET_MISS || row.outcome == outcome
					      ? outcome
					      : IPSET_UNCLEAR;
		}
		rows[n++] = row;
	}
	return n;
}

struct ipset_view *ipset_view_new(struct arena *arena, const struct ipset *set,
				  const char *interface)
{
	struct ipset_view *view = arena_alloc(arena, sizeof(*view));
	struct row *rows = arena_array(arena, set->n_elements + 1, sizeof(*rows));
	size_t n = 0;

	if (interface)
		n = interface_rows(arena, set, interface, rows);
	for (size_t i = 0; !interface && i < set->n_elements; i++)
		rows[n++] = row_of(arena, set, &set->elements[i]);
	n = merge(arena, rows, n, 0, compare_but_first);
	if (set->n_parts > 1)
		n = merge(arena, rows, n, 1, compare_but_second);
	view->set = set;
	view->n_boxes = n;
	view->boxes = arena_array(arena, n + 1, sizeof(*view->boxes));
	for (size_t i = 0; i < n; i++) {
		view->boxes[i].outcome = rows[i].outcome;
		view->boxes[i].protocol = rows[i].protocol;
		memcpy(view->boxes[i].parts, rows[i].parts, sizeof(rows[i].parts));
	}
	return view;
}
