/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
#include "rules/eval/run.h"

/* NFT_SOCKET_WILDCARD and NFT_SOCKET_CGROUPV2 are newer than some kernel headers. */
enum { SOCKET_WILDCARD = 2, SOCKET_CGROUPV2 = 3 };

/*
 * Rules may have sent the packet to another port, or it may not have come back from one yet: then
 * somebody else's socket is found, or none. (IPv4's lookup asks conntrack for the way back, IPv6's
 * never does: nf_sk_lookup_slow_v4(), nf_sk_lookup_slow_v6().)
 */
static bool addressed_elsewhere(const struct state *state)
{
	return state->dest == FIELD_NEW_DEST || state->dest == FIELD_NEW_SOURCE ||
	       state->dest_port == FIELD_NEW_DEST_PORT || state->dest_port == FIELD_NEW_SOURCE_PORT;
}

bool socket_is_ours(const struct walk *walk, const struct state *state)
{
	return !walk->facts.input || !addressed_elsewhere(state);
}

/*
 * What nft_socket_eval() finds: the socket that the packet already has, or the one that it would be
 * delivered to. All of them are this program's own. The answer to a SYN belongs to a request that is
 * no full socket yet (tcp_make_synack()), or to none at all when cookies are sent; the device's next
 * packet meets the request, its later ones the connection.
 */
enum found { FOUND_NONE, FOUND_FULL, FOUND_REQUEST, FOUND_EITHER };

static enum found socket_of(const struct walk *walk)
{
	switch (walk->facts.packet) {
	case SYNACK_OUT: return FOUND_REQUEST;
	case DATA_IN: return FOUND_EITHER;
	default: return FOUND_FULL;
	}
}

/* Only a listener may be bound to any address: what is connected has one. */
static bool is_wildcard(const struct walk *walk)
{
	return walk->facts.packet == SYN_IN && walk->host->listener_is_wildcard;
}

static void load_cgroup(struct run *run, struct branch *branch, const struct expr *expr)
{
	const struct host_state *host = run->walk->host;
	uint32_t level = expr->socket.level;

	if (host->n_cgroups == 0)
		run_load_doubtful(run, branch, expr->socket.dreg, 8, "the cgroup of a socket");
	else if (level >= host->n_cgroups)
		run_break(run, branch); /* cgroup_ancestor() finds none that deep */
	else
		run_load_number(run, branch, expr->socket.dreg, host->cgroups[level], 8);
}

/* No socket of ours is transparent; with SYN cookies there is none at all. */
static void load_transparent(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (socket_of(run->walk) == FOUND_REQUEST)
		run_load_doubtful(run, branch, expr->socket.dreg, 1, "SYN cookies");
	else
		run_load_number(run, branch, expr->socket.dreg, 0, 1);
}

static void load_mark(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->socket.dreg, 0, 4);
}

static void load_wildcard(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->socket.dreg, is_wildcard(run->walk), 1);
}

static void load_unread(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_doubtful(run, branch, expr->socket.dreg, 16, "a property of a socket");
}

static const struct key socket_rows[] = {
	[NFT_SOCKET_TRANSPARENT] = {"transparent", load_transparent,
				    DECIDED(BY_PACKET | BY_NOBODY,
					    "0: ours are not; unknown of the host's SYN-ACK, which "
					    "may have no socket")},
	[NFT_SOCKET_MARK] = {"mark", load_mark,
			     DECIDED(BY_PACKET | BY_NOBODY, "0: ours have none")},
	[SOCKET_WILDCARD] = {"wildcard", load_wildcard,
			     DECIDED(BY_PACKET | BY_HOST | BY_NOBODY,
				     "whether our listener is bound to any address, for the "
				     "device's SYN; 0 for others")},
	[SOCKET_CGROUPV2] = {"cgroupv2", load_cgroup,
			     DECIDED(BY_PACKET | BY_HOST | BY_NOBODY,
				     "the cgroup of our process; none at deeper levels; "
				     "unknown if it was not seen")},
};

const struct keys socket_keys = {
	socket_rows,
	ARRAY_SIZE(socket_rows),
	{"any other", load_unread, DECIDED(BY_NOBODY, "not known to this program")},
};

void eval_socket(struct run *run, struct branch *branch, const struct expr *expr)
{
	enum found found = socket_of(run->walk);

	if (!socket_is_ours(run->walk, branch->state))
		run_load_doubtful(run, branch, expr->socket.dreg, 16,
				  "whether a socket is where the packet was sent");
	else if (expr->socket.key == NFT_SOCKET_TRANSPARENT)
		load_transparent(run, branch, expr);
	else if (found == FOUND_REQUEST)
		run_break(run, branch);
	else if (found == FOUND_EITHER)
		run_load_doubtful(run, branch, expr->socket.dreg, 16,
				  "how far a connection has come");
	else
		key_evaluate(&socket_keys, expr->socket.key, run, branch, expr);
}

/*
 * Takes the packet to a transparent socket; without one the rule does not match
 * (nft_tproxy_eval_v4()). Whose socket that is, and what it makes of the packet, is not ours to know.
 */
void eval_tproxy(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	if (run->walk->host->transparent_sockets == FACT_NO)
		run_break(run, branch);
	else
		run_give_up(run, branch, "what a transparent proxy makes of it");
}
