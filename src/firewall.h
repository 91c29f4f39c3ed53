/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_FIREWALL_H
#define SRC_FIREWALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rules/flow.h"

struct arena;
struct cure;
struct finding;
struct host;
struct options;
struct report;
struct target;
struct worker;

/* The rules of this host as far as they could be read, once a run. */
struct firewall {
	struct ruleset *ruleset; /* NULL: not readable, @error says why */
	struct error error;
	bool denied;        /* for want of privilege */
	struct buffer dump; /* what @ruleset was parsed from, if it was asked to be kept */
	char *legacy_error; /* why legacy iptables tables could not be read; NULL: they were */
};

/* Of sets with thousands of addresses only what is asked of a single device is read: firewall_ask(). */
void firewall_read(struct firewall *firewall, struct worker *worker, const struct options *options);

/* Asks those for the device and this host's address; before firewall_evaluate(). */
void firewall_ask(struct firewall *firewall, struct worker *worker, const struct target *target);
void firewall_release(struct firewall *firewall);

/* The question for @target and the host ports @ports. */
/* The UDP port of the device that is to be reckoned with: told, announced, or the usual one. */
uint16_t firewall_ota_port(const struct options *options, const struct target *target);

struct flow_question firewall_question(const struct target *target, const struct host *host,
				       const struct options *options, struct port_range ports);

struct flow_answer *firewall_evaluate(struct arena *arena, const struct firewall *firewall,
				      const struct host_state *state,
				      const struct flow_question *question);

/* Adds the finding that legacy tables may be in use and could not be read; false if they were. */
bool firewall_legacy_doubt(const struct firewall *firewall, struct report *report);

/*
 * Adds what the rules mean for a connection to @port: the flow, the finding of the packet that dies
 * with its cure, or why it cannot be told. False if it added an error. @ret_cure is that cure; its kind
 * is NULL if there is none.
 */
bool firewall_judge(const struct firewall *firewall, const struct host_state *state,
		    const struct target *target, const struct flow_question *question,
		    const struct flow_answer *answer, uint16_t port, struct report *report,
		    struct cure *ret_cure);

/* Adds rules-unreadable with what the readable settings say and what to type. */
void firewall_unreadable(const struct firewall *firewall, const struct options *options,
			 const struct target *target, struct report *report);

/*
 * True if UFW or firewalld is on and its world-readable settings refuse incoming connections;
 * *@ret_owner is then "ufw" or "firewalld". Evidence of either kind goes to @finding if it is not
 * NULL.
 */
bool firewall_settings_refuse(struct report *report, struct finding *finding,
			      const char **ret_owner);

/* The call that repeats this run and prints the cure, for a root shell; in the report's arena. */
const char *firewall_fix_line(struct report *report, const struct options *options,
			      const struct target *target);

#endif
