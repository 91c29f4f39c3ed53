/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/xt_recent.h"

#include "base/arena.h"
#include "rules/address_set.h"
#include "rules/eval/run.h"
#include "rules/eval/touched.h"

/*
 * recent_mt(): entries have an address and the times at which rules have met it. How many there are
 * often suffices, as in "6 in 30 seconds".
 */
struct question {
	struct run *run;
	const struct xt_recent *info;
	const struct recent_list *list;
	struct writes writes;
};

static enum field field_of(const struct branch *branch, const struct xt_recent *info)
{
	return (enum field)(info->by_dest ? branch->state->dest : branch->state->source);
}

/* The prefix that the mask is; -1 if it is none. */
static int prefix_of(const struct walk *walk, const struct xt_recent *info)
{
	unsigned width = walk->facts.ipv6 ? 128 : 32, prefix = 0;
	field_value mask = address_value(&info->mask);

	if (info->mask.family == AF_UNSPEC) /* revision 0 */
		return (int)width;
	while (prefix < width && mask >> (width - 1 - prefix) & 1)
		prefix++;
	return (mask & host_bits(width, prefix)) == 0 ? (int)prefix : -1;
}

static bool whole_address(const struct walk *walk, const struct xt_recent *info)
{
	return prefix_of(walk, info) == (walk->facts.ipv6 ? 128 : 32);
}

/* One more stamp for the packet's address, from now. */
static void stamp(const struct question *question, struct branch *branch)
{
	struct walk *walk = question->run->walk;
	const struct touched *before = touched_find(branch->state, question->list);
	enum field field = field_of(branch, question->info);
	struct touched now =
		before ? *before
		       : (struct touched){.object = question->list, .field = (uint8_t)field};

	if (!question->list)
		return;
	if (now.field != field || packet_repeats(walk) || !whole_address(walk, question->info))
		now.unclear = true;
	else
		now.stamps++;
	now.added = true;
	touched_put(walk, branch->state, &now);
}

static void unclear(const struct question *question, struct branch *branch)
{
	touched_put(question->run->walk, branch->state,
		    &(struct touched){.object = question->list, .unclear = true});
}

/* The test comes out as @hit; --update then adds a stamp to an entry that is there. */
static void answer(const struct question *question, struct branch *branch, bool hit, bool is_entry)
{
	bool result = hit != question->info->invert;

	if (is_entry && result && (question->info->flags & XT_RECENT_TOUCH))
		stamp(question, branch);
	if (is_entry && hit && (question->info->flags & XT_RECENT_DELETE))
		unclear(question, branch);
	result ? run_continue(question->run, branch) : run_break(question->run, branch);
}

static void give_up(const struct question *question, struct branch *branch)
{
	if (question->list && (question->info->flags & (XT_RECENT_TOUCH | XT_RECENT_DELETE)))
		unclear(question, branch);
	run_either(question->run, branch, "the list of recent addresses");
}

/*
 * How many of the entry's stamps may count yet. How long a tick is, is not known: at least a
 * thousandth of a second.
 */
static unsigned countable(const struct question *question, const struct recent_entry *entry)
{
	enum { MOST_TICKS_A_SECOND = 1000 };
	uint64_t now = question->list->now;
	uint64_t age = (uint64_t)question->info->seconds * MOST_TICKS_A_SECOND;
	unsigned count = 0;

	for (unsigned i = 0; i < entry->n_stamps; i++)
		count += question->info->seconds == 0 || now < entry->stamps[i] ||
			 now - entry->stamps[i] <= age;
	return count;
}

/* @entry: of the address when the list was read; NULL: it was not listed. */
static void judge(const struct question *question, struct branch *branch,
		  const struct recent_entry *entry)
{
	const struct xt_recent *info = question->info;
	const struct touched *touched = touched_find(branch->state, question->list);
	unsigned stamps = entry ? countable(question, entry) : 0;
	unsigned hits = stamps + (touched ? touched->stamps : 0);
	unsigned needed = info->hit_count ? info->hit_count : 1;
	bool other = touched && touched->field != field_of(branch, info);

	branch->next = NULL;
	if ((touched && (touched->unclear || other)) ||
	    (packet_repeats(question->run->walk) && question->writes.adds))
		give_up(question, branch);
	else if (!entry && hits == 0)
		answer(question, branch, false, false);
	else if (info->flags & XT_RECENT_SAME_TTL)
		give_up(question, branch);
	else if (hits < needed && !(info->flags & XT_RECENT_DELETE))
		answer(question, branch, false, true);
	else if (!entry) /* all of them are from now */
		answer(question, branch, true, true);
	else if (info->seconds == 0 && stamps >= needed && !question->writes.deletes)
		answer(question, branch, true, true);
	else
		give_up(question, branch);
}

/* The addresses that an entry stands for under the rule's mask. */
static struct value_set covered(const struct question *question, const struct recent_entry *entry,
				unsigned prefix)
{
	struct walk *walk = question->run->walk;
	unsigned width = walk->facts.ipv6 ? 128 : 32;
	field_value host = host_bits(width, prefix), first = address_value(&entry->address);

	if (entry->address.family != (walk->facts.ipv6 ? AF_INET6 : AF_INET) || (first & host))
		return (struct value_set){};
	return value_set_range(walk->arena, first, first | host);
}

static void look_up(const struct question *question, struct branch *branch, unsigned prefix)
{
	struct branch *rest = branch;

	branch->next = NULL;
	for (size_t i = 0; rest && i < question->list->n_entries; i++) {
		const struct recent_entry *entry = &question->list->entries[i];
		struct value_set values = covered(question, entry, prefix);
		struct branch *outside = NULL;

		for (struct branch *next; rest; rest = next) {
			struct test test =
				test_begin(question->run->walk->arena, &rest->state->class);
			struct branch *held;

			next = rest->next;
			test_add_values(&test, field_of(rest, question->info), values);
			held = run_split(question->run, rest, &test, &outside);
			if (held)
				judge(question, held, entry);
		}
		rest = outside;
	}
	for (struct branch *next; rest; rest = next) {
		next = rest->next;
		judge(question, rest, NULL);
	}
}

void xt_match_recent(struct run *run, struct branch *branch, const struct xt_recent *info,
		     const struct recent_list *list)
{
	struct question question = {.run = run, .info = info, .list = list};
	int prefix = prefix_of(run->walk, info);

	if (info->flags & XT_RECENT_ADD) {
		stamp(&question, branch);
		info->invert ? run_break(run, branch) : run_continue(run, branch);
		return;
	}
	if (!list || prefix < 0) {
		give_up(&question, branch);
		return;
	}
	question.writes = writes_to(run->walk, list);
	look_up(&question, branch, (unsigned)prefix);
}
