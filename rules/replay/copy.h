/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_COPY_H
#define RULES_REPLAY_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "rules/flow.h"
#include "rules/replay.h"

struct arena;
struct nlattr;
struct nlmsghdr;

/*
 * The messages that make a ruleset anew, from the messages of its dump. Pure. Attributes are passed
 * through as the kernel dumped them, but for those that it refuses on input or that mean something
 * else there.
 *
 * A part is what is loaded or left out as a whole: one message, or an anonymous set with its elements
 * and the only rule that uses it, for the kernel commits no anonymous set that nothing is bound to.
 */
struct copy_part {
	size_t start, length; /* in struct copy.messages */
	const struct table *table;
	const struct chain *chain;
	const struct rule *rule; /* of the original; NULL also for the rule of an amendment */
	const char *name;        /* of a set or object */
	bool is_amendment;
	bool left_out; /* set by the loader */
	uint64_t made; /* handle that the kernel gave to the rule; see copy_find_handles() */
};

struct copy {
	struct arena *arena;
	struct buffer messages;
	struct copy_part *parts;
	size_t n_parts, allocated;
	struct replay_gap *gaps;
	size_t n_gaps, gaps_allocated;
	bool *matters; /* by chain->order: the packets could come there */
};

/*
 * Devices of netdev and inet ingress chains that are not among @devices are not hooked; a chain that
 * is left with none becomes one that nobody jumps to.
 */
struct copy_plan {
	const struct ruleset *ruleset;
	const void *dump;
	size_t dump_length;
	bool newest_first;      /* tables register their hooks in the other order */
	const char *devices[2]; /* NULL for none */
	bool is_bridge;         /* the interface is one: chains of family bridge count */
	uint8_t family;         /* AF_INET or AF_INET6, of the question */
	const struct amendment *amendments;
	size_t n_amendments;
};

void copy_build(struct arena *arena, const struct copy_plan *plan, struct copy *ret_copy);
void copy_release(struct copy *copy);

/*
 * Finds the handles of the copied rules in the copy as the kernel dumped it. False, with a gap noted,
 * if the rules there are not those that were loaded.
 */
bool copy_find_handles(struct copy *copy, const struct ruleset *made);
/* The part that has this rule of the copy; NULL if there is none. */
const struct copy_part *copy_part_of(const struct copy *copy, const struct chain *chain,
				     uint64_t handle);

/* Notes that a part was refused by the kernel with @errnum. */
void copy_leave_out(struct copy *copy, struct copy_part *part, int errnum);
void copy_gap(struct copy *copy, bool matters, const char *what, const char *why);

/*
 * One message of the dump, rewritten for input and appended to @out (message.c). @chain and @rule are
 * what it is about, where it is about such.
 */
void message_copy(struct buffer *out, const struct nlmsghdr *message, const struct copy_plan *plan,
		  const struct chain *chain, const struct rule *rule);

/* Makes an anonymous set, whose NEWSET message is at @start of @out, one that stays without a rule. */
void message_name_set(struct buffer *out, size_t start);

/*
 * The protocol and its inversion that the extensions of @rule are to be checked against, which
 * iptables tells the kernel beside the rule and the kernel does not dump: taken from the comparison
 * that iptables-nft makes of them in the same rule. False if there is none, or no extension.
 */
bool compat_protocol(const struct rule *rule, uint8_t family, uint32_t *ret_protocol,
		     bool *ret_inverted);

/*
 * A rule to append as a NEWRULE message. Knows the expressions that amendments are made of; false for
 * a rule with others.
 */
bool rule_message(struct buffer *out, const struct chain *chain, const struct rule *rule);

#endif
