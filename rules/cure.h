/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_CURE_H
#define RULES_CURE_H

#include "base/address.h"
#include "rules/flow.h"

struct arena;

/*
 * A change in the user's own tool that lets the device's connection in: the commands for a root
 * shell, joined by " && ", each safe to repeat; how to undo it. Nothing in them comes from the
 * network.
 */
struct cure {
	const char *kind; /* "ufw", … */
	const char *command;
	const char *undo;
	const char *note;           /* NULL: none */
	struct amendment amendment; /* what it does to the rules; filled in by cure_find() */
};

/*
 * Looks for the smallest cure that provably works on the ruleset as read: with it all four TCP
 * packets of @question->device to @port pass, while every other address of @neighbourhood and the
 * ports beside @port stand exactly as before. Pure.
 *
 * @question is the one that was found blocked; its host_ports and amendments are not looked at.
 * Returns true with @ret_cure filled (strings in @arena), or false with *@ret_why_not set to one
 * sentence without a full stop.
 */
bool cure_find(struct arena *arena, const struct ruleset *ruleset, const struct host_state *host,
	       const struct flow_question *question, uint16_t port,
	       const struct cidr *neighbourhood, struct cure *ret_cure, const char **ret_why_not);

/*
 * One thing to try: the rule put in thought, and the words for it. Makers of candidates (one per
 * firewall owner) offer them smallest first.
 */
struct cure_candidate {
	struct amendment amendment;
	struct cure cure;
};

/* UFW's candidates for letting @device reach TCP @port; returns their number (at most 3). */
size_t cure_ufw_candidates(struct arena *arena, const struct ruleset *ruleset,
			   const struct cidr *device, uint16_t port,
			   struct cure_candidate ret_candidates[static 3]);

#endif
