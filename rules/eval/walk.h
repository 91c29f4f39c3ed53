/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_WALK_H
#define RULES_EVAL_WALK_H

#include "rules/host.h"
#include "rules/eval/state.h"

/* The inside of the evaluator; users see flow.h. */

/* Points on a packet's way where chains can hang. */
enum stage {
	STAGE_INGRESS,
	STAGE_BRIDGE_PREROUTING,
	STAGE_BRIDGE_INPUT,
	STAGE_PREROUTING,
	STAGE_INPUT,
	STAGE_OUTPUT,
	STAGE_POSTROUTING,
	STAGE_BRIDGE_OUTPUT,
	STAGE_BRIDGE_POSTROUTING,
	STAGE_EGRESS,
};

/* What all packets of one evaluation have in common. */
struct packet_facts {
	enum flow_packet packet;
	bool ipv6, tcp, input;
	bool first;    /* of its connection: translation is decided on */
	bool original; /* direction of the connection */
	/* the connection's ends as its first packet had them */
	enum field origin_source, origin_dest, origin_source_port, origin_dest_port;
};

enum {
	/*
	 * Bounds of the work for one part of the question. Past them the part is halved, and when it
	 * has been halved WALK_MOST_HALVINGS times, or the parts have together had more memory than
	 * WALK_MOST_MEMORY_IN_ALL or more rules run than WALK_MOST_RULE_RUNS_IN_ALL (about a second's
	 * work), the answer is "unknown".
	 */
	WALK_MOST_HALVINGS = 6,
	WALK_MOST_STATES = 256,
	WALK_MOST_RULE_RUNS = 1000000,
	WALK_MOST_RULE_RUNS_IN_ALL = 4 * WALK_MOST_RULE_RUNS,
	WALK_MOST_MEMORY = 16 * 1024 * 1024,
	WALK_MOST_MEMORY_OF_REGIONS = 64 * 1024 * 1024, /* that of the walk included */
	WALK_MOST_MEMORY_IN_ALL = 512 * 1024 * 1024,
	WALK_MOST_JUMPS = 16, /* NFT_JUMP_STACK_SIZE */
	WALK_MOST_GOTOS = 256,
};

struct updated_set {
	struct updated_set *next;
	const struct set *set;
	bool added, deleted;
};

struct walk {
	struct arena *arena; /* gone when the part of the question is answered */
	struct arena *shared;
	struct set_view *views; /* by set, in @shared */
	struct ipset_view *ipset_views;
	struct writer *writers; /* of ipsets and recent lists, see touched.h */
	bool writers_known;
	const struct ruleset *ruleset;
	const struct host_state *host;
	const struct flow_question *question;
	struct packet_facts facts;
	bool conntrack, nat_hooks;
	bool answers_missed; /* conntrack does not see what we send after the SYN-ACK */
	bool legacy_last;    /* of equal priority, legacy chains run after those of nf_tables */

	/* where the walk is */
	enum stage stage;
	const struct host_link *in, *out; /* NULL: the packet has none here */
	const struct host_link *bridge;   /* that runs the IP prerouting chains inside its own */
	const struct chain *base;
	struct state_list *accepted; /* of the base chain */

	struct outcome *outcomes;
	size_t rule_runs;
	bool exhausted;                   /* a bound was met: cases were given up */
	struct updated_set *updated_sets; /* by rules that our packets met */
	struct branch *spare;
};

/* The name of the hook that @stage is, as flow_step has it. */
const char *stage_name(enum stage stage);

/* Ends @state's way with a verdict; the step that decided must be on its path already. */
void walk_outcome(struct walk *walk, const struct state *state, enum flow_verdict verdict);
void walk_give_up(struct walk *walk, const struct state *state, const char *why);

/*
 * Sends the states through all base chains of a stage; what is left of them continues. Core
 * functions at fixed priorities (conntrack, address translation) are run in their place.
 */
void walk_stage(struct walk *walk, enum stage stage, struct state_list *states);

/* Sends states through a chain; they come back in @ret if it ends or returns. */
void chain_walk(struct walk *walk, const struct chain *chain, struct state_list *states,
		struct state_list *ret, unsigned jumps, unsigned gotos);

/* The conntrack hooks at priority -200: the packet gets its state. */
void conntrack_attach(struct walk *walk, struct state *state);
/* Sets the fields as rules see a packet that conntrack has not seen or leaves alone. */
void conntrack_detach(struct walk *walk, struct state *state, enum ct_view view);
/* True if the packet finds the entry that its connection's first one left, in the zone of that one. */
bool conntrack_found(const struct state *state);
/* True if what conntrack makes of the packet hangs on packets that it was not shown. */
bool conntrack_uncertain(const struct walk *walk, const struct state *state);
/*
 * True if rules told conntrack to leave alone what the packet acknowledges: it is out of the window
 * then, and invalid, unless conntrack is liberal (tcp_in_window()) or nothing was sent yet.
 */
bool conntrack_missed_data(const struct walk *walk, const struct state *state);
/* True if some rule makes the kernel track connections of this family. */
bool conntrack_used(const struct ruleset *ruleset, bool ipv6);
/* True if a nat chain makes the kernel register its translation hooks for this family. */
bool nat_used(const struct ruleset *ruleset, bool ipv6);

/*
 * The packets after the first of a connection: the ends as they are when the packet sets out, and
 * what the core hook on the source or on the destination side (see hook.c) makes of them.
 */
void translation_start(const struct walk *walk, struct state *state);
void translation_follow(const struct walk *walk, struct state *state, bool source_side);
/* Why it cannot be told what becomes of this packet, as it sets out; NULL if it can. */
const char *translation_doubt(struct walk *walk, const struct state *state);

/* True if none of the addresses is ours and all lie in networks of the device's interface. */
bool is_on_link(struct walk *walk, struct value_set addresses);

/* Where a packet goes that has passed the output hook. */
enum output_route { ROUTE_SAME, ROUTE_LOOPBACK, ROUTE_UNKNOWN };
enum output_route output_route(struct walk *walk, const struct state *state);

/* False if the socket that the kernel looks up for the packet may be another than this program's. */
bool socket_is_ours(const struct walk *walk, const struct state *state);

struct value_set walk_single(struct walk *walk, field_value value);

#endif
