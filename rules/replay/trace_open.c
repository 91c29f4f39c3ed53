/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/replay/copy.h"
#include "rules/replay/load.h"
#include "rules/replay/trace.h"

struct place {
	uint8_t family;
	const char *chain;
	uint32_t hook;
	int32_t priority;
};

/* Of base chains of equal priority the newest runs first: these are made last. */
static const struct place places[] = {
	{NFPROTO_INET, "in-first", NF_INET_PRE_ROUTING, INT_MIN},
	{NFPROTO_INET, "in-last", NF_INET_LOCAL_IN, INT_MAX},
	{NFPROTO_INET, "out-first", NF_INET_LOCAL_OUT, INT_MIN},
	{NFPROTO_INET, "out-last", NF_INET_POST_ROUTING, INT_MAX},
};
static const struct place netdev_place = {NFPROTO_NETDEV, "early", NF_NETDEV_INGRESS, INT_MIN};
static const struct place bridge_place = {NFPROTO_BRIDGE, "early", NF_INET_PRE_ROUTING, INT_MIN};

static void put_be32(struct nlmsghdr *out, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(out, type, htonl(value));
}

static struct nlmsghdr *begin(char *space, uint16_t type, uint8_t family)
{
	return nftnl_nlmsg_build_hdr(space, type, family, NLM_F_CREATE, 0);
}

static void add_table(struct buffer *out, uint8_t family)
{
	char space[256];
	struct nlmsghdr *message = begin(space, NFT_MSG_NEWTABLE, family);

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, TRACE_TABLE);
	buffer_add(out, message, MNL_ALIGN(message->nlmsg_len));
}

static void add_chain(struct buffer *out, const struct place *place, const char *device)
{
	char space[512];
	struct nlmsghdr *message = begin(space, NFT_MSG_NEWCHAIN, place->family);

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TRACE_TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, place->chain);
	struct nlattr *hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	put_be32(message, NFTA_HOOK_HOOKNUM, place->hook);
	put_be32(message, NFTA_HOOK_PRIORITY, (uint32_t)place->priority);
	if (place->family == NFPROTO_NETDEV)
		mnl_attr_put_strz(message, NFTA_HOOK_DEV, device);
	mnl_attr_nest_end(message, hook);
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
	buffer_add(out, message, MNL_ALIGN(message->nlmsg_len));
}

/* meta nftrace set 1 */
static void add_rule(struct buffer *out, const struct place *place)
{
	static const uint8_t one = 1;
	struct expr exprs[] = {
		{.kind = EXPR_IMMEDIATE,
		 .name = "immediate",
		 .immediate = {.data.value = {&one, sizeof(one)}}},
		{.kind = EXPR_META_SET, .name = "meta", .meta.key = NFT_META_NFTRACE},
	};
	struct table table = {.name = TRACE_TABLE, .family = place->family};
	const struct chain chain = {.table = &table, .name = place->chain};
	const struct rule rule = {.exprs = exprs, .n_exprs = ARRAY_SIZE(exprs)};

	rule_message(out, &chain, &rule);
}

static int load_places(int fd, const struct place *some, size_t count, const char *device,
		       struct error *err)
{
	cleanup(buffer_release) struct buffer messages = {0};

	add_table(&messages, some->family);
	for (size_t i = 0; i < count; i++) {
		add_chain(&messages, &some[i], device);
		add_rule(&messages, &some[i]);
	}
	return batch_load(fd, &messages, err);
}

int trace_open(struct trace *trace, const char *device, bool is_bridge, struct error *err)
{
	const int group = NFNLGRP_NFTRACE;

	trace_reset(trace);
	trace->lost = false;
	trace->fd = batch_socket();
	if (trace->fd < 0)
		return error_errno(err, -trace->fd, "cannot open a netlink socket for nftrace");
	int rc = load_places(trace->fd, places, ARRAY_SIZE(places), device, err);
	/* For rules at these places alone; where the kernel has none there are no rules either. */
	if (!rc)
		load_places(trace->fd, &netdev_place, 1, device, NULL);
	if (!rc && is_bridge)
		load_places(trace->fd, &bridge_place, 1, device, NULL);
	if (!rc &&
	    setsockopt(trace->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		rc = error_errno(err, errno, "cannot listen to nftrace");
	return rc;
}

void trace_read(struct trace *trace)
{
	char space[16384];

	for (;;) {
		ssize_t got = recv(trace->fd, space, sizeof(space), MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS) {
			trace->lost = true;
			continue;
		}
		if (got < 0)
			return;

		int left = (int)got;
		const struct nlmsghdr *header = (const struct nlmsghdr *)space;
		struct trace_event event;
		for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
			if (trace_parse(header, &event))
				trace_take(trace, &event);
	}
}
