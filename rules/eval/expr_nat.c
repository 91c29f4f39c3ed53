/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/arena.h"
#include "rules/eval/run.h"

static field_value number_of(const uint8_t *bytes, size_t length)
{
	field_value number = 0;

	for (size_t i = 0; i < length; i++)
		number = number << 8 | bytes[i];
	return number;
}

/*
 * The values between two registers; false if they are not known. Both absent: an empty set. Network
 * order, as the packet has it.
 */
static bool between(struct run *run, const struct branch *branch, int min, int max, size_t length,
		    struct value_set *ret)
{
	uint8_t from[16], to[16];

	*ret = (struct value_set){};
	if (min == REGISTER_NONE)
		return true;
	if (max == REGISTER_NONE)
		max = min;
	if (!registers_constant(&branch->registers, &branch->state->class, min, length, from) ||
	    !registers_constant(&branch->registers, &branch->state->class, max, length, to))
		return false;
	*ret = value_set_range(run->walk->arena, number_of(from, length), number_of(to, length));
	return true;
}

static void set_status(struct walk *walk, struct state *state, unsigned bit)
{
	field_value status;

	if (value_set_single(state->class.fields[FIELD_CT_STATUS], &status))
		state->class.fields[FIELD_CT_STATUS] = walk_single(walk, status | bit);
}

/* An end of the packet that gets a new value. */
struct change {
	enum field now, new;
	unsigned translated; /* enum translated */
	struct value_set values;
	/*
	 * What has one of the values already keeps it (get_unique_tuple()); not for certain if another
	 * connection has it, which is as good as excluded for a device that is only just connecting.
	 */
	bool keeps;
};

/*
 * Where the end keeps its value nothing changes: that part of the branch is returned in @ret_same
 * (may be NULL), the other in *@branch (may be NULL).
 */
static void change_end(struct run *run, struct branch **branch, const struct change *change,
		       struct branch **ret_same)
{
	struct branch *rest = NULL;
	field_value single;

	*ret_same = NULL;
	if (value_set_single(change->values, &single) ||
	    (change->keeps && !value_set_empty(change->values))) {
		struct test test = test_begin(run->walk->arena, &(*branch)->state->class);

		test_add_values(&test, change->now, change->values);
		*ret_same = run_split(run, *branch, &test, &rest);
		*branch = rest;
	}
	if (!*branch)
		return;
	state_rewrite(run->walk, (*branch)->state, change->new, change->values);
	(*branch)->state->translation |= (uint8_t)change->translated;
}

static void finish(struct run *run, struct branch *branch, const struct translation *nat,
		   bool changed)
{
	if (!branch)
		return;
	*(nat->source ? &branch->state->source_done : &branch->state->dest_done) = true;
	if (changed)
		set_status(run->walk, branch->state, nat->source ? IPS_SRC_NAT : IPS_DST_NAT);
	run_accept(run, branch);
}

static void translate_port(struct run *run, struct branch *branch, const struct translation *nat,
			   bool changed)
{
	struct change change = {
		.now = (enum field)(nat->source ? branch->state->source_port
						: branch->state->dest_port),
		.new = nat->source ? FIELD_NEW_SOURCE_PORT : FIELD_NEW_DEST_PORT,
		.translated = nat->source ? TRANSLATED_SOURCE_PORT : TRANSLATED_DEST_PORT,
		.values = nat->port_unknown ? (struct value_set){} : nat->ports,
		.keeps = true,
	};
	struct branch *same;

	if (!nat->has_port && !nat->port_unknown) {
		finish(run, branch, nat, changed);
		return;
	}
	change_end(run, &branch, &change, &same);
	finish(run, same, nat, changed);
	finish(run, branch, nat, true);
}

void run_translate(struct run *run, struct branch *branch, const struct translation *nat)
{
	struct change change = {
		.now = (enum field)(nat->source ? branch->state->source : branch->state->dest),
		.new = nat->source ? FIELD_NEW_SOURCE : FIELD_NEW_DEST,
		.translated = nat->source ? TRANSLATED_SOURCE : TRANSLATED_DEST,
		.values = nat->address_unknown ? (struct value_set){} : nat->addresses,
		.keeps =
			nat->source, /* of several destinations a hash chooses (find_best_ips_proto()) */
	};
	struct branch *same;

	if (branch->state->ct != CT_ATTACHED) {
		run_give_up(run, branch, "address translation without a connection");
		return;
	}
	if (!nat->has_address && !nat->address_unknown) {
		translate_port(run, branch, nat, false);
		return;
	}
	change_end(run, &branch, &change, &same);
	if (same)
		translate_port(run, same, nat, false);
	if (branch)
		translate_port(run, branch, nat, true);
}

static void take_ports(struct run *run, struct branch *branch, const struct expr *expr,
		       struct translation *nat)
{
	nat->port_unknown =
		!between(run, branch, expr->nat.proto_min, expr->nat.proto_max, 2, &nat->ports);
	nat->has_port = !value_set_empty(nat->ports);
	if (expr->nat.flags & (NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PROTO_OFFSET))
		nat->port_unknown = true;
}

void eval_nat(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct translation nat = {.source = expr->nat.type == NFT_NAT_SNAT};
	bool ipv6 = run->walk->facts.ipv6;

	/* in an inet table the expression acts on its own family only (nft_nat_inet_eval()) */
	if (expr->nat.family != NFPROTO_INET &&
	    expr->nat.family != (ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4)) {
		run_continue(run, branch);
		return;
	}
	take_ports(run, branch, expr, &nat);
	nat.address_unknown = !between(run, branch, expr->nat.addr_min, expr->nat.addr_max,
				       ipv6 ? 16 : 4, &nat.addresses) ||
			      (expr->nat.flags & NF_NAT_RANGE_NETMAP);
	nat.has_address = !value_set_empty(nat.addresses);
	run_translate(run, branch, &nat);
}

static field_value address_number(const struct address *address)
{
	return number_of(address->bytes, address_length(address));
}

static bool link_local(const struct address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

/* Addresses of an interface that could stand in for the host's, of the same scope. */
struct value_set host_interface_addresses(struct walk *walk, const struct host_link *link)
{
	const struct host_state *host = walk->host;
	struct interval *intervals =
		arena_array(walk->arena, host->n_addresses + 1, sizeof(*intervals));
	size_t n = 0;

	for (size_t i = 0; link && i < host->n_addresses; i++) {
		const struct host_address *at = &host->addresses[i];
		field_value number = address_number(&at->address);

		if (at->ifindex == link->index &&
		    at->address.family == walk->question->host.family &&
		    link_local(&at->address) == link_local(&walk->question->host))
			intervals[n++] = (struct interval){number, number};
	}
	return value_set_of(walk->arena, intervals, n);
}

static bool covers_device(const struct walk *walk, const struct host_address *at)
{
	struct cidr cidr = cidr_of(&at->address, at->prefix);

	return cidr_contains(&cidr, &walk->question->device.address);
}

/*
 * The source address that the kernel itself would choose: of IPv4 the interface's first one in the
 * device's network (inet_select_addr()); of IPv6 the one that our socket has got in the same way.
 */
struct value_set host_masquerade_addresses(struct walk *walk)
{
	const struct host_state *host = walk->host;

	if (walk->facts.ipv6)
		return walk_single(walk, address_number(&walk->question->host));
	for (size_t i = 0; walk->out && i < host->n_addresses; i++) {
		const struct host_address *at = &host->addresses[i];

		if (at->ifindex == walk->out->index && at->address.family == AF_INET &&
		    covers_device(walk, at))
			return walk_single(walk, address_number(&at->address));
	}
	return host_interface_addresses(walk, walk->out);
}

/* To an address of the interface on the way in, to the loopback address on the way out. */
struct value_set host_redirect_addresses(struct walk *walk)
{
	enum { LOOPBACK_V4 = 0x7f000001, LOOPBACK_V6 = 1 };

	if (walk->stage == STAGE_OUTPUT)
		return walk_single(walk, walk->facts.ipv6 ? LOOPBACK_V6 : LOOPBACK_V4);
	return host_interface_addresses(walk, walk->in);
}

void eval_redirect(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct translation nat = {.source = false};

	take_ports(run, branch, expr, &nat);
	nat.addresses = host_redirect_addresses(run->walk);
	nat.has_address = !value_set_empty(nat.addresses);
	nat.address_unknown = !nat.has_address;
	run_translate(run, branch, &nat);
}

void eval_masquerade(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct translation nat = {.source = true};

	take_ports(run, branch, expr, &nat);
	nat.addresses = host_masquerade_addresses(run->walk);
	nat.has_address = !value_set_empty(nat.addresses);
	nat.address_unknown = !nat.has_address;
	run_translate(run, branch, &nat);
}
