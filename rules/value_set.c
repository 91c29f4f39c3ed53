/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/value_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define FIELD_VALUE_MAX (~(field_value)0)

struct value_set value_set_range(struct arena *arena, field_value first, field_value last)
{
	struct interval *interval;

	if (first > last)
		return (struct value_set){};
	interval = arena_alloc(arena, sizeof(*interval));
	*interval = (struct interval){first, last};
	return (struct value_set){interval, 1};
}

static int compare_intervals(const void *a, const void *b)
{
	const struct interval *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* Appends to sorted intervals; joins with the last one where they overlap or touch. */
static size_t append(struct interval *into, size_t count, struct interval next)
{
	struct interval *last = into + count - 1;

	if (count > 0 && (last->last == FIELD_VALUE_MAX || next.first <= last->last + 1)) {
		if (next.last > last->last)
			last->last = next.last;
		return count;
	}
	into[count] = next;
	return count + 1;
}

struct value_set value_set_of(struct arena *arena, const struct interval *intervals, size_t count)
{
	struct interval *sorted;
	size_t n = 0;

	if (count == 0)
		return (struct value_set){};
	sorted = arena_array(arena, count, sizeof(*sorted));
	memcpy(sorted, intervals, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_intervals);
	for (size_t i = 0; i < count; i++)
		if (sorted[i].first <= sorted[i].last)
			n = append(sorted, n, sorted[i]);
	return (struct value_set){sorted, n};
}

/* The first interval that does not end before @value. */
static size_t seek(struct value_set set, field_value value)
{
	size_t low = 0, high = set.n_intervals;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set.intervals[middle].last < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static field_value lowest(struct value_set set)
{
	return set.intervals[0].first;
}

static field_value highest(struct value_set set)
{
	return set.intervals[set.n_intervals - 1].last;
}

static bool apart(struct value_set a, struct value_set b)
{
	return a.n_intervals == 0 || b.n_intervals == 0 || highest(a) < lowest(b) ||
	       highest(b) < lowest(a);
}

/* How many intervals begin at @value or below. */
static size_t up_to(struct value_set set, field_value value)
{
	size_t at = seek(set, value);

	return at < set.n_intervals && set.intervals[at].first <= value ? at + 1 : at;
}

struct value_set value_set_intersect(struct arena *arena, struct value_set a, struct value_set b)
{
	struct interval *into;
	size_t i, j, n = 0;

	if (a.intervals == b.intervals && a.n_intervals == b.n_intervals)
		return a;
	if (apart(a, b))
		return (struct value_set){};
	i = seek(a, lowest(b));
	j = seek(b, lowest(a));
	/* Where the other one ends, too: a few of many must not take the room of many. */
	a.n_intervals = up_to(a, highest(b));
	b.n_intervals = up_to(b, highest(a));
	into = arena_array(arena, a.n_intervals - i + b.n_intervals - j, sizeof(*into));
	while (i < a.n_intervals && j < b.n_intervals) {
		struct interval x = a.intervals[i], y = b.intervals[j];
		field_value first = x.first > y.first ? x.first : y.first;
		field_value last = x.last < y.last ? x.last : y.last;

		if (first <= last)
			into[n++] = (struct interval){first, last};
		if (x.last < y.last)
			i++;
		else
			j++;
	}
	return (struct value_set){into, n};
}

struct value_set value_set_subtract(struct arena *arena, struct value_set a, struct value_set b)
{
	struct interval *into;
	size_t j, n = 0;

	if (apart(a, b))
		return a;
	j = seek(b, lowest(a));
	into = arena_array(arena, a.n_intervals + b.n_intervals - j, sizeof(*into));
	for (size_t i = 0; i < a.n_intervals; i++) {
		field_value first = a.intervals[i].first, last = a.intervals[i].last;
		bool left = true;

		while (j < b.n_intervals && b.intervals[j].last < first)
			j++;
		for (size_t k = j; left && k < b.n_intervals && b.intervals[k].first <= last; k++) {
			if (b.intervals[k].first > first)
				into[n++] = (struct interval){first, b.intervals[k].first - 1};
			left = b.intervals[k].last < last;
			first = b.intervals[k].last + 1;
		}
		if (left)
			into[n++] = (struct interval){first, last};
	}
	return (struct value_set){into, n};
}

struct value_set value_set_unite(struct arena *arena, struct value_set a, struct value_set b)
{
	struct interval *into;
	size_t i = 0, j = 0, n = 0;

	if (a.n_intervals == 0)
		return b;
	if (b.n_intervals == 0)
		return a;
	into = arena_array(arena, a.n_intervals + b.n_intervals, sizeof(*into));
	while (i < a.n_intervals || j < b.n_intervals) {
		bool from_a = j == b.n_intervals ||
			      (i < a.n_intervals && a.intervals[i].first <= b.intervals[j].first);

		n = append(into, n, from_a ? a.intervals[i++] : b.intervals[j++]);
	}
	return (struct value_set){into, n};
}

bool value_set_empty(struct value_set set)
{
	return set.n_intervals == 0;
}

bool value_set_equal(struct value_set a, struct value_set b)
{
	return a.n_intervals == b.n_intervals &&
	       (a.intervals == b.intervals ||
		memcmp(a.intervals, b.intervals, a.n_intervals * sizeof(*a.intervals)) == 0);
}

bool value_set_contains(struct value_set set, field_value value)
{
	size_t i = seek(set, value);

	return i < set.n_intervals && set.intervals[i].first <= value;
}

bool value_set_single(struct value_set set, field_value *ret_value)
{
	if (set.n_intervals != 1 || set.intervals[0].first != set.intervals[0].last)
		return false;
	*ret_value = set.intervals[0].first;
	return true;
}

field_value value_set_size(struct value_set set)
{
	field_value size = 0;

	for (size_t i = 0; i < set.n_intervals; i++) {
		field_value more = set.intervals[i].last - set.intervals[i].first;

		if (more >= FIELD_VALUE_MAX - size)
			return FIELD_VALUE_MAX;
		size += more + 1;
	}
	return size;
}

static int bit_length(field_value value)
{
	int length = 0;

	for (; value; value >>= 1)
		length++;
	return length;
}

field_value value_set_varying_bits(struct value_set set)
{
	field_value low = set.intervals[0].first;
	field_value high = set.intervals[set.n_intervals - 1].last;
	int length = bit_length(low ^ high);

	return length >= 128 ? ~(field_value)0 : ((field_value)1 << length) - 1;
}
