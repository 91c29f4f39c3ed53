/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_packet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/arena.h"
#include "rules/eval/run.h"
#include "rules/eval/xt_recent.h"
#include "rules/eval/xt_set.h"
#include "rules/xt.h"

static field_value address_number(const struct address *address)
{
	field_value number = 0;

	for (size_t i = 0; i < address_length(address); i++)
		number = number << 8 | address->bytes[i];
	return number;
}

static struct branch *require_values(struct run *run, struct branch *branches, enum field field,
				     struct value_set values, bool negated)
{
	return run_require(
		run, branches,
		&(struct condition){.field = field, .values = values, .negated = negated});
}

static struct branch *require_range(struct run *run, struct branch *branches, enum field field,
				    field_value first, field_value last, bool negated)
{
	return require_values(run, branches, field, value_set_range(run->walk->arena, first, last),
			      negated);
}

static struct branch *require_masked(struct run *run, struct branch *branches, enum field field,
				     field_value mask, field_value value, bool negated)
{
	return run_require(run, branches,
			   &(struct condition){.field = field,
					       .masked = true,
					       .mask = mask,
					       .value = value,
					       .negated = negated});
}

/*
 * One end of the packet. Which field that is can differ only between states that arrived apart, so
 * that all branches of one rule run have the same.
 */
enum end { END_SOURCE, END_DEST, END_SOURCE_PORT, END_DEST_PORT };

static enum field end_field(const struct branch *branch, enum end end)
{
	const struct state *state = branch->state;

	switch (end) {
	case END_SOURCE: return (enum field)state->source;
	case END_DEST: return (enum field)state->dest;
	case END_SOURCE_PORT: return (enum field)state->source_port;
	default: return (enum field)state->dest_port;
	}
}

static struct branch *require_port(struct run *run, struct branch *branches, enum end end,
				   struct xt_port_range range, bool negated)
{
	if (!branches || (range.min == 0 && range.max == UINT16_MAX && !negated))
		return branches;
	return require_range(run, branches, end_field(branches, end), range.min, range.max,
			     negated);
}

static struct value_set port_values(struct run *run, const struct xt_port_list *multiport)
{
	struct interval intervals[XT_MULTIPORT_MAX];

	for (unsigned i = 0; i < multiport->n_ranges; i++)
		intervals[i] =
			(struct interval){multiport->ranges[i].min, multiport->ranges[i].max};
	return value_set_of(run->walk->arena, intervals, multiport->n_ranges);
}

static void match_multiport(struct run *run, struct branch *branch, const struct xt_port_list *info)
{
	struct value_set values = port_values(run, info);
	struct test test = test_begin(run->walk->arena, &branch->state->class);
	struct branch *rest = NULL, *held;

	branch->next = NULL;
	if (info->side != XT_SIDE_EITHER) {
		enum end end = info->side == XT_SIDE_SOURCE ? END_SOURCE_PORT : END_DEST_PORT;

		run_continue_all(run, require_values(run, branch, end_field(branch, end), values,
						     info->invert));
		return;
	}
	test_add_values(&test, end_field(branch, END_SOURCE_PORT), values);
	held = run_split(run, branch, &test, &rest);
	if (held)
		info->invert ? run_break(run, held) : run_continue(run, held);
	if (rest)
		run_continue_all(run, require_values(run, rest, end_field(rest, END_DEST_PORT),
						     values, info->invert));
}

static void match_ports(struct run *run, struct branch *branch, const struct xt_ports *info,
			bool tcp)
{
	if (tcp != run->walk->facts.tcp) {
		run_either(run, branch, "a match for another protocol");
		return;
	}
	branch->next = NULL;
	branch = require_port(run, branch, END_SOURCE_PORT, info->source, info->invert_source);
	branch = require_port(run, branch, END_DEST_PORT, info->dest, info->invert_dest);
	if (tcp && branch)
		branch = require_masked(run, branch, FIELD_TCP_FLAGS, info->flags_mask,
					info->flags_value, info->invert_flags);
	if (!tcp || !info->option) {
		run_continue_all(run, branch);
		return;
	}
	for (struct branch *next; branch; branch = next) {
		next = branch->next;
		run_either(run, branch, "the TCP options");
	}
}

/* The sets of addresses that the bits of an addrtype match name (match_type(), match_type6()). */
static struct value_set typed_v4(struct run *run, unsigned types, uint32_t ifindex)
{
	struct value_set values = {};

	for (uint32_t type = 0; type < 16; type++)
		if (types & 1u << type)
			values = value_set_unite(run->walk->arena, values,
						 host_address_type(run->walk, type, ifindex));
	return values;
}

/* IPv6 asks for the kind of address and for the route apart: our own addresses are unicast too. */
static struct value_set typed_v6(struct run *run, unsigned types, uint32_t ifindex)
{
	struct arena *arena = run->walk->arena;
	struct value_set multicast = host_address_type(run->walk, RTN_MULTICAST, 0);
	struct value_set values = value_set_range(arena, 0, ~(field_value)0);

	if (types & 1u << RTN_MULTICAST)
		values = value_set_intersect(arena, values, multicast);
	if (types & 1u << RTN_UNICAST)
		values = value_set_subtract(arena, values, multicast);
	if (types & 1u << RTN_LOCAL)
		values = value_set_intersect(arena, values,
					     host_address_type(run->walk, RTN_LOCAL, ifindex));
	return values;
}

static bool types_known(const struct walk *walk, unsigned types)
{
	unsigned v6 = 1u << RTN_MULTICAST | 1u << RTN_UNICAST | 1u << RTN_LOCAL;

	return !walk->facts.ipv6 || (types & ~v6) == 0;
}

static struct branch *require_type(struct run *run, struct branch *branches, enum end end,
				   unsigned types, uint32_t ifindex, bool negated)
{
	if (types == 0 || !branches)
		return branches;
	return require_values(run, branches, end_field(branches, end),
			      run->walk->facts.ipv6 ? typed_v6(run, types, ifindex)
						    : typed_v4(run, types, ifindex),
			      negated);
}

static void match_addrtype(struct run *run, struct branch *branch, const struct xt_addrtype *info)
{
	const struct host_link *link = info->limit_iface_in    ? run->walk->in
				       : info->limit_iface_out ? run->walk->out
							       : NULL;
	uint32_t ifindex = link ? link->index : 0;

	if (!types_known(run->walk, info->source | info->dest)) {
		run_either(run, branch, "the type of an address");
		return;
	}
	branch->next = NULL;
	branch = require_type(run, branch, END_SOURCE, info->source, ifindex, info->invert_source);
	branch = require_type(run, branch, END_DEST, info->dest, ifindex, info->invert_dest);
	run_continue_all(run, branch);
}

static void match_iprange(struct run *run, struct branch *branch, const struct xt_iprange *info)
{
	branch->next = NULL;
	if (info->has_source)
		branch = require_range(run, branch, end_field(branch, END_SOURCE),
				       address_number(&info->source_min),
				       address_number(&info->source_max), info->invert_source);
	if (info->has_dest && branch)
		branch = require_range(run, branch, end_field(branch, END_DEST),
				       address_number(&info->dest_min),
				       address_number(&info->dest_max), info->invert_dest);
	run_continue_all(run, branch);
}

static void match_hl(struct run *run, struct branch *branch, const struct xt_hl *info)
{
	field_value first = info->value, last = info->value;

	branch->next = NULL;
	if (info->mode == XT_HL_LESS) {
		if (info->value == 0) {
			run_break(run, branch);
			return;
		}
		first = 0;
		last = info->value - 1u;
	} else if (info->mode == XT_HL_GREATER) {
		first = info->value + 1u;
		last = UINT16_MAX;
	}
	run_continue_all(run, require_range(run, branch, FIELD_TTL, first, last,
					    info->mode == XT_HL_NOT_EQUAL));
}

/* The length in the header; IPv6 counts the payload only there. */
static void match_length(struct run *run, struct branch *branch, const struct xt_length *info)
{
	enum { IPV6_HEADER = 40 };
	field_value header = run->walk->facts.ipv6 ? IPV6_HEADER : 0;
	field_value first = info->min > header ? info->min - header : 0;

	branch->next = NULL;
	if (info->max < header) {
		info->invert ? run_continue(run, branch) : run_break(run, branch);
		return;
	}
	run_continue_all(run, require_range(run, branch, FIELD_LENGTH, first, info->max - header,
					    info->invert));
}

static void match_mac(struct run *run, struct branch *branch, const struct xt_mac *info)
{
	enum { TYPE_ETHERNET = 1 };
	field_value mac = 0;

	if (!run->walk->in || run->walk->in->type != TYPE_ETHERNET) {
		run_break(run, branch);
		return;
	}
	for (size_t i = 0; i < sizeof(info->source); i++)
		mac = mac << 8 | info->source[i];
	branch->next = NULL;
	run_continue_all(run, require_range(run, branch, FIELD_SOURCE_MAC, mac, mac, info->invert));
}

/* The socket that sends; a packet that comes in has none before early demultiplexing. */
static void match_owner(struct run *run, struct branch *branch, const struct xt_owner *info)
{
	enum { UID = 1, GID = 2, SOCKET = 4, SUPPLEMENTARY = 8 };
	const struct walk *walk = run->walk;
	bool uid = walk->host->uid >= info->uid_min && walk->host->uid <= info->uid_max;
	bool gid = walk->host->gid >= info->gid_min && walk->host->gid <= info->gid_max;
	bool matches = true;

	if (walk->facts.input && (walk->facts.packet != SYN_IN || !walk->facts.input)) {
		run_either(run, branch, "the owner of the receiving socket");
		return;
	}
	if (walk->facts.input) {
		(info->tests ^ info->inverted) == 0 ? run_continue(run, branch)
						    : run_break(run, branch);
		return;
	}
	if (info->tests & info->inverted & SOCKET)
		matches = false;
	if ((info->tests & UID) && uid == !!(info->inverted & UID))
		matches = false;
	if (matches && (info->tests & GID) && !gid && (info->tests & SUPPLEMENTARY)) {
		run_either(run, branch, "the groups of our process");
		return;
	}
	if ((info->tests & GID) && gid == !!(info->inverted & GID))
		matches = false;
	matches ? run_continue(run, branch) : run_break(run, branch);
}

/* A route back to the source through the interface that the packet came in by. */
static void match_rpfilter(struct run *run, struct branch *branch, const struct xt_rpfilter *info)
{
	struct walk *walk = run->walk;
	enum field source = end_field(branch, END_SOURCE);
	struct test test = test_begin(walk->arena, &branch->state->class);
	struct branch *rest = NULL, *local;
	field_value mark;

	if (source != FIELD_DEVICE_ADDRESS || info->accept_local ||
	    (info->valid_mark &&
	     !(value_set_single(branch->state->class.fields[FIELD_MARK], &mark) && mark == 0))) {
		run_either(run, branch, "the route back to the source");
		return;
	}
	test_add_values(&test, source, host_address_type(walk, RTN_LOCAL, 0));
	local = run_split(run, branch, &test, &rest);
	if (local)
		info->invert ? run_continue(run, local) : run_break(run, local);
	if (rest)
		info->invert ? run_break(run, rest) : run_continue(run, rest);
}

static void match_connmark(struct run *run, struct branch *branch, const struct xt_mark *info)
{
	if (branch->state->ct != CT_ATTACHED) {
		run_break(run, branch);
		return;
	}
	branch->next = NULL;
	run_continue_all(run, require_masked(run, branch, FIELD_CT_MARK, info->mask, info->value,
					     info->invert));
}

static void match_mark(struct run *run, struct branch *branch, const struct xt_mark *info)
{
	branch->next = NULL;
	run_continue_all(run, require_masked(run, branch, FIELD_MARK, info->mask, info->value,
					     info->invert));
}

static void match_plain(struct run *run, struct branch *branch, const struct xt_extension *match)
{
	switch (match->kind) {
	case XT_ADDRTYPE: match_addrtype(run, branch, &match->addrtype); break;
	case XT_COMMENT: run_continue(run, branch); break;
	case XT_CONNMARK: match_connmark(run, branch, &match->mark); break;
	case XT_CONNTRACK: xt_match_conntrack(run, branch, &match->conntrack); break;
	case XT_HL: match_hl(run, branch, &match->hl); break;
	case XT_IPRANGE: match_iprange(run, branch, &match->iprange); break;
	case XT_LENGTH: match_length(run, branch, &match->length); break;
	case XT_MAC: match_mac(run, branch, &match->mac); break;
	case XT_MARK: match_mark(run, branch, &match->mark); break;
	case XT_MULTIPORT: match_multiport(run, branch, &match->multiport); break;
	case XT_OWNER: match_owner(run, branch, &match->owner); break;
	case XT_PKTTYPE:
		branch->next = NULL;
		run_continue_all(run,
				 require_range(run, branch, FIELD_PACKET_TYPE, match->pkttype.type,
					       match->pkttype.type, match->pkttype.invert));
		break;
	case XT_RPFILTER: match_rpfilter(run, branch, &match->rpfilter); break;
	case XT_RT: run_break(run, branch); break; /* no routing header */
	case XT_TCP: match_ports(run, branch, &match->ports, true); break;
	case XT_UDP: match_ports(run, branch, &match->ports, false); break;
	case XT_LIMIT: run_either(run, branch, "limit rate"); break;
	default: run_either(run, branch, "a match without a known answer");
	}
}

void eval_xt_match(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct xt_extension match;

	if (!xt_match_decode(expr->xt.name, expr->xt.revision, expr->xt.info,
			     run->rule->chain->table->family, &match))
		run_either(run, branch, arena_printf(run->walk->arena, "match %s", expr->xt.name));
	else if (match.kind == XT_SET_MATCH)
		xt_match_set(run, branch, &match.set, expr->xt.ipsets[0]);
	else if (match.kind == XT_RECENT)
		xt_match_recent(run, branch, &match.recent, expr->xt.recent);
	else
		match_plain(run, branch, &match);
}
