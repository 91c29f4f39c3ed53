/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/arena.h"
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
static void eval_time(struct run *run, struct branch *branch, uint32_t key, int dreg)
{
	const int64_t now = run->walk->host->time_s, day = 86400;
	const uint64_t nanoseconds = 1000000000;

	if (key == NFT_META_TIME_HOUR)
		run_load_number(run, branch, dreg, (uint64_t)(now % day), 4);
	else if (key == NFT_META_TIME_NS)
		run_load_number(run, branch, dreg, (uint64_t)now * nanoseconds, 8);
	else
		load_weekday(run, branch, dreg);
}

/*
 * The type of the device that holds the packet, whichever way it goes (NFT_META_IFTYPE, since Linux
 * 5.16, which is also the first that has egress chains); before, that of the one it came in by.
 */
static void eval_device_type(struct run *run, struct branch *branch, int dreg)
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
	registers_load_number(&branch->registers, dreg, link->type, 2);
	if (leaving && walk->stage != STAGE_EGRESS)
		run_either(run, branch, "whose type a kernel takes for that of a packet's device");
	else
		run_continue(run, branch);
}

static void eval_interface(struct run *run, struct branch *branch, uint32_t key, int dreg)
{
	switch (key) {
	case NFT_META_IIFTYPE: eval_device_type(run, branch, dreg); break;
	case NFT_META_IIF:
	case NFT_META_IIFNAME:
	case NFT_META_IIFGROUP:
	case NFT_META_IIFKIND: eval_device(run, branch, key, dreg, run->walk->in); break;
	case NFT_META_SDIF: run_load_number(run, branch, dreg, 0, 4); break;
	case NFT_META_SDIFNAME: load_name(run, branch, dreg, ""); break;
	default: eval_device(run, branch, key, dreg, run->walk->out);
	}
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

/* The class that net_cls gave to the packet's socket: to ours none, unless somebody set it up. */
static void eval_class(struct run *run, struct branch *branch, int dreg)
{
	if (!run->walk->facts.input && !run->walk->host->without_class)
		run_load_unknown(run, branch, dreg, 4, "the net_cls class of a socket");
	else
		eval_owner(run, branch, dreg, 0);
}

static void load_protocol(struct run *run, struct branch *branch, int dreg)
{
	uint16_t type = htons(run->walk->facts.ipv6 ? ETH_P_IPV6 : ETH_P_IP);

	registers_load_bytes(&branch->registers, dreg, &type, sizeof(type));
	run_continue(run, branch);
}

/* skb->len counts the link header too once the packet is on its way to the driver. */
static void load_length(struct run *run, struct branch *branch, int dreg)
{
	bool out = run->walk->stage == STAGE_EGRESS;

	if (out)
		run_load_unknown(run, branch, dreg, 4, field_name(FIELD_SKB_LENGTH));
	else
		run_load_field(run, branch, dreg, FIELD_SKB_LENGTH);
}

void eval_meta(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct walk *walk = run->walk;
	int dreg = expr->meta.reg;

	switch (expr->meta.key) {
	case NFT_META_LEN: load_length(run, branch, dreg); break;
	case NFT_META_PROTOCOL: load_protocol(run, branch, dreg); break;
	case NFT_META_NFPROTO: run_load_number(run, branch, dreg, hook_family(walk), 1); break;
	case NFT_META_L4PROTO: run_load_field(run, branch, dreg, FIELD_PROTOCOL); break;
	case NFT_META_PRIORITY: run_load_field(run, branch, dreg, FIELD_PRIORITY); break;
	case NFT_META_MARK: run_load_field(run, branch, dreg, FIELD_MARK); break;
	case NFT_META_PKTTYPE: run_load_field(run, branch, dreg, FIELD_PACKET_TYPE); break;
	case NFT_META_IIF:
	case NFT_META_OIF:
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
	case NFT_META_IIFGROUP:
	case NFT_META_OIFGROUP:
	case NFT_META_IIFKIND:
	case NFT_META_OIFKIND:
	case NFT_META_SDIF:
	case NFT_META_SDIFNAME: eval_interface(run, branch, expr->meta.key, dreg); break;
	case NFT_META_SKUID: eval_owner(run, branch, dreg, walk->host->uid); break;
	case NFT_META_SKGID: eval_owner(run, branch, dreg, walk->host->gid); break;
	case NFT_META_CGROUP: eval_class(run, branch, dreg); break;
	case NFT_META_BRI_IIFNAME: eval_bridge(run, branch, dreg, walk->in); break;
	case NFT_META_BRI_OIFNAME: eval_bridge(run, branch, dreg, walk->out); break;
	case NFT_META_TIME_NS:
	case NFT_META_TIME_DAY:
	case NFT_META_TIME_HOUR: eval_time(run, branch, expr->meta.key, dreg); break;
	case NFT_META_SECPATH: run_load_number(run, branch, dreg, 0, 1); break; /* no IPsec */
	case NFT_META_CPU: run_load_unknown(run, branch, dreg, 4, "the processor"); break;
	case NFT_META_PRANDOM: run_load_unknown(run, branch, dreg, 4, "a random number"); break;
	default: run_load_doubtful(run, branch, dreg, 16, "meta data of the packet");
	}
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
}

void eval_meta_set(struct run *run, struct branch *branch, const struct expr *expr)
{
	uint8_t type;

	switch (expr->meta.key) {
	case NFT_META_MARK: set_field(run, branch, FIELD_MARK, expr->meta.reg); break;
	case NFT_META_PRIORITY: set_field(run, branch, FIELD_PRIORITY, expr->meta.reg); break;
	case NFT_META_PKTTYPE:
		if (registers_constant(&branch->registers, &branch->state->class, expr->meta.reg, 1,
				       &type))
			branch->state->class.fields[FIELD_PACKET_TYPE] =
				walk_single(run->walk, type);
		else
			branch->state->class.fields[FIELD_PACKET_TYPE] =
				value_set_range(run->walk->arena, 0, UINT8_MAX);
		break;
	default: break; /* trace, secmark, broute: of no consequence here */
	}
	run_continue(run, branch);
}
