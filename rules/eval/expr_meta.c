/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/eval/run.h"

static bool bridge_stage(const struct walk *walk)
{
	return walk->stage == STAGE_BRIDGE_PREROUTING || walk->stage == STAGE_BRIDGE_INPUT ||
	       walk->stage == STAGE_BRIDGE_OUTPUT || walk->stage == STAGE_BRIDGE_POSTROUTING;
}

/* nft_pf(): the family of the hook that the chain was called from. */
static uint8_t hook_family(const struct walk *walk)
{
	if (bridge_stage(walk))
		return NFPROTO_BRIDGE;
	if (walk->base->table->family == NFPROTO_NETDEV)
		return NFPROTO_NETDEV;
	return walk->facts.ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* A name is 16 bytes, padded with zeros; without a device it is empty and the index 0. */
static void load_name(struct run *run, struct branch *branch, int dreg, const char *name)
{
	char padded[IFNAMSIZ] = {};

	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	registers_load_bytes(&branch->registers, dreg, padded, sizeof(padded));
	run_continue(run, branch);
}

static void eval_device(struct run *run, struct branch *branch, uint32_t key, int dreg,
			const struct host_link *link)
{
	switch (key) {
	case NFT_META_IIF:
	case NFT_META_OIF: run_load_number(run, branch, dreg, link ? link->index : 0, 4); return;
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME: load_name(run, branch, dreg, link ? link->name : ""); return;
	default: break;
	}
	if (!link) {
		run_break(run, branch);
		return;
	}
	switch (key) {
	case NFT_META_OIFTYPE: run_load_number(run, branch, dreg, link->type, 2); break;
	case NFT_META_IIFGROUP:
	case NFT_META_OIFGROUP: run_load_number(run, branch, dreg, link->group, 4); break;
	default:
		/* only devices made by rtnetlink have a kind */
		if (link->kind[0])
			load_name(run, branch, dreg, link->kind);
		else
			run_break(run, branch);
	}
}

/*
 * The owner of the packet's socket. Ours on the way out. A received packet may carry the socket
 * that early demultiplexing found, which happens between prerouting and input; a SYN has none.
 */
static void eval_owner(struct run *run, struct branch *branch, int dreg, uint32_t id)
{
	struct walk *walk = run->walk;

	if (!walk->facts.input)
		run_load_number(run, branch, dreg, id, 4);
	else if (walk->stage != STAGE_INPUT || walk->facts.packet == SYN_IN)
		run_break(run, branch);
	else
		run_load_doubtful(run, branch, dreg, 4, "the owner of the receiving socket");
}

/* 0 is Sunday; the epoch was a Thursday. */
static uint8_t weekday(int64_t seconds)
{
	enum { DAY = 86400, EPOCH_DAY = 4, DAYS = 7 };

	return (uint8_t)((seconds / DAY + EPOCH_DAY) % DAYS);
}

/* The weekday is that of the kernel's time zone (nft_meta_weekday()). */
static void load_weekday(struct run *run, struct branch *branch, int dreg)
{
	const struct host_state *host = run->walk->host;
	const int64_t minute = 60;

	if (host->time_zone_known)
		run_load_number(run, branch, dreg,
				weekday(host->time_s - minute * host->minutes_west), 1);
	else
		run_load_unknown(run, branch, dreg, 1, "the weekday");
}

/* The clock is read when the question is put; the hour is UTC (nft_meta_hour()). */
static void load_time(struct run *run, struct branch *branch, const struct expr *expr)
{
	const int64_t now = run->walk->host->time_s, day = 86400;
	const uint64_t nanoseconds = 1000000000;

	if (expr->meta.key == NFT_META_TIME_HOUR)
		run_load_number(run, branch, expr->meta.reg, (uint64_t)(now % day), 4);
	else if (expr->meta.key == NFT_META_TIME_NS)
		run_load_number(run, branch, expr->meta.reg, (uint64_t)now * nanoseconds, 8);
	else
		load_weekday(run, branch, expr->meta.reg);
}

/*
 * The type of the device that holds the packet, whichever way it goes (NFT_META_IFTYPE, since Linux
 * 5.16, which is also the first that has egress chains); before, that of the one it came in by.
 */
static void load_device_type(struct run *run, struct branch *branch, const struct expr *expr)
{
	const struct walk *walk = run->walk;
	const struct host_link *link = walk->in;
	bool leaving = !link && walk->stage != STAGE_OUTPUT;

	if (leaving)
		link = walk->out;
	if (!link) {
		run_break(run, branch);
		return;
	}
	registers_load_number(&branch->registers, expr->meta.reg, link->type, 2);
	if (leaving && walk->stage != STAGE_EGRESS)
		run_either(run, branch, "whose type a kernel takes for that of a packet's device");
	else
		run_continue(run, branch);
}

static void load_in(struct run *run, struct branch *branch, const struct expr *expr)
{
	eval_device(run, branch, expr->meta.key, expr->meta.reg, run->walk->in);
}

static void load_out(struct run *run, struct branch *branch, const struct expr *expr)
{
	eval_device(run, branch, expr->meta.key, expr->meta.reg, run->walk->out);
}

/* No layer 3 master device takes part. */
static void load_slave(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->meta.key == NFT_META_SDIF)
		run_load_number(run, branch, expr->meta.reg, 0, 4);
	else
		load_name(run, branch, expr->meta.reg, "");
}

/* The bridge that the port belongs to; only chains of bridges may ask (nft_meta_get_bridge()). */
static void eval_bridge(struct run *run, struct branch *branch, int dreg,
			const struct host_link *port)
{
	const struct host_state *host = run->walk->host;

	for (size_t i = 0; port && port->master && i < host->n_links; i++) {
		const struct host_link *bridge = &host->links[i];

		if (bridge->index == port->master && strcmp(bridge->kind, "bridge") == 0) {
			load_name(run, branch, dreg, bridge->name);
			return;
		}
	}
	run_break(run, branch);
}

static void load_bridge_in(struct run *run, struct branch *branch, const struct expr *expr)
{
	eval_bridge(run, branch, expr->meta.reg, run->walk->in);
}

static void load_bridge_out(struct run *run, struct branch *branch, const struct expr *expr)
{
	eval_bridge(run, branch, expr->meta.reg, run->walk->out);
}

static void load_uid(struct run *run, struct branch *branch, const struct expr *expr)
{
	eval_owner(run, branch, expr->meta.reg, run->walk->host->uid);
}

static void load_gid(struct run *run, struct branch *branch, const struct expr *expr)
{
	eval_owner(run, branch, expr->meta.reg, run->walk->host->gid);
}

/* The class that net_cls gave to the packet's socket: to ours none, unless somebody set it up. */
static void load_class(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (!run->walk->facts.input && !run->walk->host->without_class)
		run_load_unknown(run, branch, expr->meta.reg, 4, "the net_cls class of a socket");
	else
		eval_owner(run, branch, expr->meta.reg, 0);
}

static void load_protocol(struct run *run, struct branch *branch, const struct expr *expr)
{
	uint16_t type = htons(run->walk->facts.ipv6 ? ETH_P_IPV6 : ETH_P_IP);

	registers_load_bytes(&branch->registers, expr->meta.reg, &type, sizeof(type));
	run_continue(run, branch);
}

/* skb->len counts the link header too once the packet is on its way to the driver. */
static void load_length(struct run *run, struct branch *branch, const struct expr *expr)
{
	bool out = run->walk->stage == STAGE_EGRESS;

	if (out)
		run_load_unknown(run, branch, expr->meta.reg, 4, field_name(FIELD_SKB_LENGTH));
	else
		run_load_field(run, branch, expr->meta.reg, FIELD_SKB_LENGTH);
}

static void load_family(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->meta.reg, hook_family(run->walk), 1);
}

static void load_transport(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->meta.reg, FIELD_PROTOCOL);
}

static void load_priority(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->meta.reg, FIELD_PRIORITY);
}

static void load_mark(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->meta.reg, FIELD_MARK);
}

static void load_packet_type(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->meta.reg, FIELD_PACKET_TYPE);
}

static void load_no_ipsec(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->meta.reg, 0, 1);
}

static void load_processor(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_unknown(run, branch, expr->meta.reg, 4, "the processor");
}

static void load_random(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_unknown(run, branch, expr->meta.reg, 4, "a random number");
}

static void load_unread(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_doubtful(run, branch, expr->meta.reg, 16, "meta data of the packet");
}

static const char owner_how[] =
	"of our own process on the way out; on the way in there is none before the input hook, "
	"nor for the device's SYN; after that, unknown";
static const char interface_how[] =
	"the interface that packets of the device come in by or leave through; none where the "
	"hook has none";
static const char no_bridge_how[] = "not read of bridges";

static const struct key meta_rows[] = {
	[NFT_META_LEN] = {"length", load_length,
			  DECIDED(BY_PACKET | BY_NOBODY,
				  "the packet's length, a range for most; at egress, with "
				  "the link header: unknown")},
	[NFT_META_PROTOCOL] = {"protocol", load_protocol, DECIDED(BY_PACKET, "IPv4 or IPv6")},
	[NFT_META_PRIORITY] = {"priority", load_priority,
			       DECIDED(BY_PACKET | BY_NOBODY,
				       "as rules have set it; unknown before")},
	[NFT_META_MARK] = {"mark", load_mark, DECIDED(BY_PACKET, "0, or as rules have set it")},
	[NFT_META_IIF] = {"iif", load_in, DECIDED(BY_HOST, interface_how)},
	[NFT_META_OIF] = {"oif", load_out, DECIDED(BY_HOST, interface_how)},
	[NFT_META_IIFNAME] = {"iifname", load_in, DECIDED(BY_HOST, interface_how)},
	[NFT_META_OIFNAME] = {"oifname", load_out, DECIDED(BY_HOST, interface_how)},
	[NFT_META_IIFTYPE] = {"iiftype", load_device_type,
			      DECIDED(BY_HOST | BY_NOBODY,
				      "the type of the interface; of packets that leave, "
				      "kernels differ: unknown but at egress")},
	[NFT_META_OIFTYPE] = {"oiftype", load_out, DECIDED(BY_HOST, "the type of the interface")},
	[NFT_META_SKUID] = {"skuid", load_uid, DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, owner_how)},
	[NFT_META_SKGID] = {"skgid", load_gid, DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, owner_how)},
	[NFT_META_NFTRACE] = {"nftrace", load_unread, DECIDED(BY_NOBODY, "can only be set")},
	[NFT_META_RTCLASSID] = {"rtclassid", load_unread,
				DECIDED(BY_NOBODY, "the realm of the route is not read")},
	[NFT_META_SECMARK] = {"secmark", load_unread,
			      DECIDED(BY_NOBODY, "what SELinux says is not read")},
	[NFT_META_NFPROTO] = {"nfproto", load_family,
			      DECIDED(BY_PACKET,
				      "IPv4 or IPv6; in hooks of bridges and devices, these")},
	[NFT_META_L4PROTO] = {"l4proto", load_transport, DECIDED(BY_PACKET, "TCP or UDP")},
	[NFT_META_BRI_IIFNAME] = {"ibrname", load_bridge_in,
				  DECIDED(BY_HOST, "the bridge that the interface is a port of")},
	[NFT_META_BRI_OIFNAME] = {"obrname", load_bridge_out,
				  DECIDED(BY_HOST, "the bridge that the interface is a port of")},
	[NFT_META_PKTTYPE] = {"pkttype", load_packet_type,
			      DECIDED(BY_PACKET, "unicast to this host, or as rules have set it")},
	[NFT_META_CPU] = {"cpu", load_processor, DECIDED(BY_NOBODY, "whichever it happens to be")},
	[NFT_META_IIFGROUP] = {"iifgroup", load_in, DECIDED(BY_HOST, "the group of the interface")},
	[NFT_META_OIFGROUP] = {"oifgroup", load_out,
			       DECIDED(BY_HOST, "the group of the interface")},
	[NFT_META_CGROUP] = {"cgroup", load_class,
			     DECIDED(BY_PACKET | BY_HOST | BY_NOBODY,
				     "the net_cls class: none, of what we send, if the host "
				     "uses no net_cls; on the way in as skuid; else unknown")},
	[NFT_META_PRANDOM] = {"random", load_random, DECIDED(BY_NOBODY, "a random number")},
	[NFT_META_SECPATH] = {"ipsec", load_no_ipsec,
			      DECIDED(BY_NATURE, "missing: the device speaks no IPsec")},
	[NFT_META_IIFKIND] = {"iifkind", load_in,
			      DECIDED(BY_HOST, "the kind of the interface; none of hardware")},
	[NFT_META_OIFKIND] = {"oifkind", load_out,
			      DECIDED(BY_HOST, "the kind of the interface; none of hardware")},
	[NFT_META_BRI_IIFPVID] = {"ibrpvid", load_unread, DECIDED(BY_NOBODY, no_bridge_how)},
	[NFT_META_BRI_IIFVPROTO] = {"ibrvproto", load_unread, DECIDED(BY_NOBODY, no_bridge_how)},
	[NFT_META_TIME_NS] = {"time", load_time,
			      DECIDED(BY_HOST, "the clock, when the question is put")},
	[NFT_META_TIME_DAY] = {"day", load_time,
			       DECIDED(BY_HOST | BY_NOBODY,
				       "the clock, and the kernel's time zone; unknown if that "
				       "was not seen")},
	[NFT_META_TIME_HOUR] = {"hour", load_time,
				DECIDED(BY_HOST, "the clock, when the question is put")},
	[NFT_META_SDIF] = {"sdif", load_slave,
			   DECIDED(BY_NATURE, "none: no VRF is taken into account")},
	[NFT_META_SDIFNAME] = {"sdifname", load_slave,
			       DECIDED(BY_NATURE, "none: no VRF is taken into account")},
};

const struct keys meta_keys = {
	meta_rows,
	ARRAY_SIZE(meta_rows),
	{"any other", load_unread,
	 DECIDED(BY_NOBODY, "not known to this program (broute, ibrhwaddr, later "
			    "ones)")},
};

void eval_meta(struct run *run, struct branch *branch, const struct expr *expr)
{
	key_evaluate(&meta_keys, expr->meta.key, run, branch, expr);
}

static void set_field(struct run *run, struct branch *branch, enum field field, int sreg)
{
	uint32_t value;

	if (registers_constant(&branch->registers, &branch->state->class, sreg, sizeof(value),
			       (uint8_t *)&value))
		branch->state->class.fields[field] = walk_single(run->walk, value);
	else
		branch->state->class.fields[field] =
			value_set_range(run->walk->arena, 0, UINT32_MAX);
	run_continue(run, branch);
}

static void set_mark(struct run *run, struct branch *branch, const struct expr *expr)
{
	set_field(run, branch, FIELD_MARK, expr->meta.reg);
}

static void set_priority(struct run *run, struct branch *branch, const struct expr *expr)
{
	set_field(run, branch, FIELD_PRIORITY, expr->meta.reg);
}

static void set_packet_type(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct value_set *set = &branch->state->class.fields[FIELD_PACKET_TYPE];
	uint8_t type;

	if (registers_constant(&branch->registers, &branch->state->class, expr->meta.reg, 1, &type))
		*set = walk_single(run->walk, type);
	else
		*set = value_set_range(run->walk->arena, 0, UINT8_MAX);
	run_continue(run, branch);
}

/* trace, secmark, broute: of no consequence here */
static void set_nothing(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_continue(run, branch);
}

static const char set_how[] = "becomes what is written; anything, if that is not known";

/* The others can only be read (nft_meta_set_init()). */
static const struct key meta_set_rows[] = {
	[NFT_META_PRIORITY] = {"priority", set_priority, DECIDED(BY_CHANGING, set_how)},
	[NFT_META_MARK] = {"mark", set_mark, DECIDED(BY_CHANGING, set_how)},
	[NFT_META_NFTRACE] = {"nftrace", set_nothing, DECIDED(BY_NATURE, "goes on")},
	[NFT_META_SECMARK] = {"secmark", set_nothing, DECIDED(BY_NATURE, "goes on")},
	[NFT_META_PKTTYPE] = {"pkttype", set_packet_type, DECIDED(BY_CHANGING, set_how)},
};

const struct keys meta_set_keys = {
	meta_set_rows,
	ARRAY_SIZE(meta_set_rows),
	{"any other", set_nothing, DECIDED(BY_NATURE, "goes on (broute)")},
};

void eval_meta_set(struct run *run, struct branch *branch, const struct expr *expr)
{
	key_evaluate(&meta_set_keys, expr->meta.key, run, branch, expr);
}
