/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_FLOW_H
#define RULES_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/port_range.h"
#include "rules/host.h"
#include "rules/ruleset.h"
#include "rules/value_set.h"

struct arena;

/*
 * The question of the whole program, put to a ruleset: an ArduinoOTA exchange is six packets; which
 * of them pass? The packets are classes: every device address, host port and device port of the
 * question at once. Pure; the answer lives in @arena and points into the ruleset.
 */
enum flow_packet {
	INVITATION_OUT, /* UDP host → device */
	REPLY_IN,       /* UDP device → host */
	SYN_IN,         /* TCP device → host */
	SYNACK_OUT,
	DATA_IN, /* the device's acknowledgements */
	DATA_OUT,
	FLOW_PACKETS,
};

/* "invitation-out", "syn-in", … */
const char *flow_packet_name(enum flow_packet packet);

/*
 * A rule put into a chain in thought: @rule comes before the chain's rule with index @index
 * (n_rules: at the end).
 */
struct amendment {
	const struct chain *chain;
	size_t index;
	const struct rule *rule;
};

struct flow_question {
	struct cidr device;               /* one address, or a network */
	struct address host;              /* the address that the device calls back */
	struct port_range host_ports;     /* TCP, where the device connects to */
	struct port_range host_udp_ports; /* where the invitation may come from */
	uint16_t ota_port;                /* UDP port of the device; */
	bool syn_is_related; /* conntrack expects the SYN (a pinhole): state related, not new */
	const struct amendment *amendments;
	size_t n_amendments;
};

enum flow_verdict {
	FLOW_ACCEPT,
	FLOW_DROP,
	FLOW_REJECT,
	FLOW_REDIRECT, /* NAT sends it to another host or port */
	FLOW_UNKNOWN,
};

/* "accept", "drop", … */
const char *flow_verdict_name(enum flow_verdict verdict);

/* One rule that matched, or a policy (@rule NULL); linked from the deciding one backwards. */
struct flow_step {
	const struct flow_step *previous;
	const struct chain *chain;
	const struct rule *rule;
	const struct chain *base; /* base chain the walk was in: its hook, priority, family */
	const char *hook;         /* "prerouting", "input", "ingress", … */
	const char *verdict;      /* "accept", "drop", "jump ufw-before-input", "continue", … */
	const struct set_element *element; /* the element that decided, if a map or set did */
	const struct set *set;
};

/*
 * A part of the question with one answer. @addresses and @ports are values of device address and
 * host port; what cannot be known (the device's TCP port, a TTL, a limit) is no part of them: where
 * it makes a difference the verdict is FLOW_UNKNOWN and @doubt says on what it hangs.
 */
struct flow_region {
	struct value_set addresses;
	struct value_set ports;
	enum flow_verdict verdict;
	const struct flow_step *last; /* the deciding step; NULL when no rule at all was met */
	const char *doubt;            /* NULL unless FLOW_UNKNOWN: "limit rate 3/minute in …" */
	const char *step_doubt;       /* of a certain verdict: on what it hangs that @last decides
				       * and not another step, which of two that stop the packet may
				       * be the one that rejects; NULL: it does */
	/*
	 * Of the invitation: it leaves from another address than the host's, which the device then
	 * calls; AF_UNSPEC: one of several.
	 */
	bool source_changed;
	struct address new_source;
	struct address redirect_to; /* of FLOW_REDIRECT */
	uint16_t redirect_port;
};

struct flow_packet_answer {
	struct flow_region *regions; /* disjoint, together the whole question */
	size_t n_regions;
};

/*
 * Each packet's regions assume that the earlier packets of the same exchange passed (as the rules
 * let them, with the conntrack state and marks that this leaves behind).
 */
struct flow_answer {
	const struct host_state
		*host; /* as in the question: whose interfaces rules name by number */
	struct flow_packet_answer packets[FLOW_PACKETS];
	bool conntrack; /* connection tracking is active for this family */
	/*
	 * Of a legacy chain and one of nf_tables at the same hook and priority nobody can tell which
	 * runs first. Where that decides, the verdict is FLOW_UNKNOWN; where it only decides which
	 * of two rules stops a packet first, the one named follows from an assumption.
	 */
	bool order_assumed;
};

struct flow_answer *flow_evaluate(struct arena *arena, const struct ruleset *ruleset,
				  const struct host_state *host,
				  const struct flow_question *question);

/* The region that holds this address and port; NULL if the question did not cover it. */
const struct flow_region *flow_region_at(const struct flow_answer *answer, enum flow_packet packet,
					 const struct address *device, uint16_t port);

/*
 * Host ports on which every address of the question passes with all four TCP packets, and those of
 * which at least one packet is unknown and none is certainly stopped.
 */
struct value_set flow_open_ports(struct arena *arena, const struct flow_answer *answer);
struct value_set flow_undecided_ports(struct arena *arena, const struct flow_answer *answer);

#endif
