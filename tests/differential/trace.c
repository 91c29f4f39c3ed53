/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/trace.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"

enum { RECEIVE_BUFFER = 256 * 1024 * 1024 };

struct trace {
	struct nft_ctx *owner; /* the table lives as long as its socket */
	struct mnl_socket *socket;
};

static const char table_text[] =
	"table inet " TRACE_TABLE " {\n"
	"	flags owner\n"
	"	chain pre { type filter hook prerouting priority -2147483648; meta nftrace set 1; }\n"
	"	chain out { type filter hook output priority -2147483648; meta nftrace set 1; }\n"
	"	chain away { type filter hook forward priority -2147483648; meta nftrace set 1; }\n"
	"}\n"
	"table netdev " TRACE_TABLE " {\n"
	"	flags owner\n"
	"	chain in { type filter hook ingress device eth0 priority -2147483648;"
	" meta nftrace set 1; }\n"
	"}\n";

static void fatal(const char *what, const char *why)
{
	fprintf(stderr, "judge: %s: %s\n", what, why);
	exit(1);
}

struct trace *trace_open(void)
{
	struct trace *trace = xcalloc(1, sizeof(*trace));
	int size = RECEIVE_BUFFER, group = NFNLGRP_NFTRACE;

	trace->owner = nft_ctx_new(NFT_CTX_DEFAULT);
	nft_ctx_buffer_error(trace->owner);
	if (nft_run_cmd_from_buffer(trace->owner, table_text))
		fatal("the tracing table", nft_ctx_get_error_buffer(trace->owner));
	trace->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!trace->socket || mnl_socket_bind(trace->socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_setsockopt(trace->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) ||
	    setsockopt(mnl_socket_get_fd(trace->socket), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)))
		fatal("nftrace", strerror(errno));
	return trace;
}

static int take_attribute(const struct nlattr *attribute, void *data)
{
	const struct nlattr **table = data;
	unsigned type = mnl_attr_get_type(attribute);

	if (type <= NFTA_TRACE_MAX)
		table[type] = attribute;
	return MNL_CB_OK;
}

static void take_verdict(const struct nlattr *nested, struct trace_event *event)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, nested) {
		if (mnl_attr_get_type(attribute) == NFTA_VERDICT_CODE)
			event->verdict = ntohl(mnl_attr_get_u32(attribute));
		else if (mnl_attr_get_type(attribute) == NFTA_VERDICT_CHAIN)
			event->target = mnl_attr_get_str(attribute);
	}
}

static bool parse(const struct nlmsghdr *header, struct trace_event *event)
{
	const struct nfgenmsg *general = mnl_nlmsg_get_payload(header);
	const struct nlattr *at[NFTA_TRACE_MAX + 1] = {0};

	mnl_attr_parse(header, sizeof(*general), take_attribute, at);
	if (!at[NFTA_TRACE_ID] || !at[NFTA_TRACE_TABLE] || !at[NFTA_TRACE_CHAIN] ||
	    !at[NFTA_TRACE_TYPE])
		return false;
	*event = (struct trace_event){
		.family = general->nfgen_family,
		.id = mnl_attr_get_u32(at[NFTA_TRACE_ID]),
		.table = mnl_attr_get_str(at[NFTA_TRACE_TABLE]),
		.chain = mnl_attr_get_str(at[NFTA_TRACE_CHAIN]),
		.policy = ntohl(mnl_attr_get_u32(at[NFTA_TRACE_TYPE])) == NFT_TRACETYPE_POLICY,
		.inward = at[NFTA_TRACE_IIF],
		.verdict = (uint32_t)NFT_CONTINUE,
	};
	if (at[NFTA_TRACE_RULE_HANDLE])
		event->handle = be64toh(mnl_attr_get_u64(at[NFTA_TRACE_RULE_HANDLE]));
	if (at[NFTA_TRACE_POLICY])
		event->verdict = ntohl(mnl_attr_get_u32(at[NFTA_TRACE_POLICY]));
	if (at[NFTA_TRACE_VERDICT])
		take_verdict(at[NFTA_TRACE_VERDICT], event);
	if (at[NFTA_TRACE_NETWORK_HEADER]) {
		event->network = mnl_attr_get_payload(at[NFTA_TRACE_NETWORK_HEADER]);
		event->network_length = mnl_attr_get_payload_len(at[NFTA_TRACE_NETWORK_HEADER]);
	}
	if (at[NFTA_TRACE_TRANSPORT_HEADER]) {
		event->transport = mnl_attr_get_payload(at[NFTA_TRACE_TRANSPORT_HEADER]);
		event->transport_length = mnl_attr_get_payload_len(at[NFTA_TRACE_TRANSPORT_HEADER]);
	}
	return true;
}

bool trace_read(struct trace *trace, void (*take)(void *context, const struct trace_event *event),
		void *context)
{
	static char chunk[65536];
	bool whole = true;

	for (;;) {
		ssize_t received = mnl_socket_recvfrom(trace->socket, chunk, sizeof(chunk));

		if (received < 0 && errno == ENOBUFS) {
			whole = false;
			continue;
		}
		if (received <= 0)
			return whole;
		int left = (int)received;
		for (struct nlmsghdr *header = (struct nlmsghdr *)chunk; mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left)) {
			struct trace_event event;

			if ((header->nlmsg_type & 0xff) == NFT_MSG_TRACE && parse(header, &event))
				take(context, &event);
		}
	}
}

const char *trace_verdict_name(uint32_t verdict)
{
	switch ((int)verdict) {
	case NFT_CONTINUE: return "continue";
	case NFT_BREAK: return "break";
	case NFT_JUMP: return "jump";
	case NFT_GOTO: return "goto";
	case NFT_RETURN: return "return";
	}
	switch (verdict & NF_VERDICT_MASK) {
	case NF_DROP: return "drop";
	case NF_ACCEPT: return "accept";
	case NF_STOLEN: return "stolen";
	case NF_QUEUE: return "queue";
	default: return "?";
	}
}
