/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load-newer: loads what nft 1.0.6 cannot say, for a recording of a newer kernel's dump: a bitwise
 * operation with two registers, an expression inside a tunnel, a hook on all devices of a prefix, a
 * question for the tunnel.
 * Needs Linux 6.17 and a network namespace that nobody else uses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "rules/read/newer.h"

struct batch {
	char space[8192];
	struct mnl_nlmsg_batch *messages;
	uint32_t sequence;
};

static void put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(message, type, htonl(value));
}

static void put_value(struct nlmsghdr *message, uint16_t type, const void *value, size_t length)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, length, value);
	mnl_attr_nest_end(message, nest);
}

static struct nlmsghdr *add_message(struct batch *batch, uint16_t type, uint8_t family,
				    uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch->messages), type, family,
				     NLM_F_CREATE | flags, batch->sequence++);
}

static void end_message(struct batch *batch)
{
	mnl_nlmsg_batch_next(batch->messages);
}

static void add_table(struct batch *batch, uint8_t family, const char *name)
{
	mnl_attr_put_strz(add_message(batch, NFT_MSG_NEWTABLE, family, 0), NFTA_TABLE_NAME, name);
	end_message(batch);
}

/* A base chain "first"; on all devices of @prefix unless that is NULL. */
static void add_chain(struct batch *batch, uint8_t family, const char *table, uint32_t hook,
		      const char *prefix)
{
	struct nlmsghdr *message = add_message(batch, NFT_MSG_NEWCHAIN, family, 0);

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, "first");
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");

	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);

	put_u32(message, NFTA_HOOK_HOOKNUM, hook);
	put_u32(message, NFTA_HOOK_PRIORITY, 0);
	if (prefix) {
		struct nlattr *devices = mnl_attr_nest_start(message, NFTA_HOOK_DEVS);

		mnl_attr_put_strz(message, NEWER_DEVICE_PREFIX, prefix);
		mnl_attr_nest_end(message, devices);
	}
	mnl_attr_nest_end(message, nest);
	end_message(batch);
}

struct expr_nest {
	struct nlattr *element, *data;
};

static void open_expr(struct nlmsghdr *message, struct expr_nest *nest, uint16_t type,
		      const char *name)
{
	nest->element = mnl_attr_nest_start(message, type);
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	nest->data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
}

static void close_expr(struct nlmsghdr *message, struct expr_nest *nest)
{
	mnl_attr_nest_end(message, nest->data);
	mnl_attr_nest_end(message, nest->element);
}

static void put_payload(struct nlmsghdr *message, uint16_t type, uint32_t reg, uint32_t base,
			uint32_t offset, uint32_t length)
{
	struct expr_nest nest;

	open_expr(message, &nest, type, "payload");
	put_u32(message, NFTA_PAYLOAD_DREG, reg);
	put_u32(message, NFTA_PAYLOAD_BASE, base);
	put_u32(message, NFTA_PAYLOAD_OFFSET, offset);
	put_u32(message, NFTA_PAYLOAD_LEN, length);
	close_expr(message, &nest);
}

static void put_cmp(struct nlmsghdr *message, const void *value, size_t length)
{
	struct expr_nest nest;

	open_expr(message, &nest, NFTA_LIST_ELEM, "cmp");
	put_u32(message, NFTA_CMP_SREG, NFT_REG_1);
	put_u32(message, NFTA_CMP_OP, NFT_CMP_EQ);
	put_value(message, NFTA_CMP_DATA, value, length);
	close_expr(message, &nest);
}

static struct nlattr *open_rule(struct nlmsghdr *message, const char *table)
{
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, "first");
	return mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
}

/* ip saddr | ip daddr == 192.168.178.191, last used */
static void add_bitwise_rule(struct batch *batch)
{
	struct nlmsghdr *message = add_message(batch, NFT_MSG_NEWRULE, NFPROTO_IPV4, NLM_F_APPEND);
	struct nlattr *rule = open_rule(message, "newer");
	struct expr_nest nest;

	put_payload(message, NFTA_LIST_ELEM, NFT_REG_1, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	put_payload(message, NFTA_LIST_ELEM, NFT_REG32_01, NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
	open_expr(message, &nest, NFTA_LIST_ELEM, "bitwise");
	put_u32(message, NFTA_BITWISE_SREG, NFT_REG_1);
	put_u32(message, NEWER_BITWISE_SREG2, NFT_REG32_01);
	put_u32(message, NFTA_BITWISE_DREG, NFT_REG_1);
	put_u32(message, NFTA_BITWISE_LEN, 4);
	put_u32(message, NFTA_BITWISE_OP, NEWER_BITWISE_OR);
	close_expr(message, &nest);
	put_cmp(message, "\xc0\xa8\xb2\xbf", 4);
	open_expr(message, &nest, NFTA_LIST_ELEM, "last");
	close_expr(message, &nest);
	mnl_attr_nest_end(message, rule);
	end_message(batch);
}

/* udp, vxlan ip saddr 192.168.178.178 */
static void add_inner_rule(struct batch *batch)
{
	enum { TYPE_VXLAN = 1, HEADER_SIZE = 8, HDRSIZE_LL_NH_TH = 15 };
	struct nlmsghdr *message = add_message(batch, NFT_MSG_NEWRULE, NFPROTO_IPV4, NLM_F_APPEND);
	struct nlattr *rule = open_rule(message, "newer");
	struct expr_nest nest;

	put_payload(message, NFTA_LIST_ELEM, NFT_REG_1, NFT_PAYLOAD_NETWORK_HEADER, 9, 1);
	put_cmp(message, "\x11", 1);
	open_expr(message, &nest, NFTA_LIST_ELEM, "inner");
	put_u32(message, NEWER_INNER_NUM, 0);
	put_u32(message, NEWER_INNER_TYPE, TYPE_VXLAN);
	put_u32(message, NEWER_INNER_FLAGS, HDRSIZE_LL_NH_TH);
	put_u32(message, NEWER_INNER_HDRSIZE, HEADER_SIZE);
	put_payload(message, NEWER_INNER_EXPR, NFT_REG_1, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	close_expr(message, &nest);
	put_cmp(message, "\xc0\xa8\xb2\xb2", 4);
	mnl_attr_nest_end(message, rule);
	end_message(batch);
}

/* tunnel path missing drop */
static void add_tunnel_rule(struct batch *batch)
{
	struct nlmsghdr *message =
		add_message(batch, NFT_MSG_NEWRULE, NFPROTO_NETDEV, NLM_F_APPEND);
	struct nlattr *rule = open_rule(message, "prefix"), *data, *verdict;
	struct expr_nest nest;

	open_expr(message, &nest, NFTA_LIST_ELEM, "tunnel");
	put_u32(message, NFTA_TUNNEL_KEY, NFT_TUNNEL_PATH);
	put_u32(message, NFTA_TUNNEL_DREG, NFT_REG_1);
	close_expr(message, &nest);
	put_cmp(message, "", 1);
	open_expr(message, &nest, NFTA_LIST_ELEM, "immediate");
	put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
	put_u32(message, NFTA_VERDICT_CODE, NF_DROP);
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, data);
	close_expr(message, &nest);
	mnl_attr_nest_end(message, rule);
	end_message(batch);
}

static void build(struct batch *batch)
{
	batch->messages = mnl_nlmsg_batch_start(batch->space, sizeof(batch->space) / 2);
	nftnl_batch_begin(mnl_nlmsg_batch_current(batch->messages), batch->sequence++);
	end_message(batch);
	add_table(batch, NFPROTO_IPV4, "newer");
	add_chain(batch, NFPROTO_IPV4, "newer", NF_INET_LOCAL_IN, NULL);
	add_bitwise_rule(batch);
	add_inner_rule(batch);
	add_table(batch, NFPROTO_NETDEV, "prefix");
	add_chain(batch, NFPROTO_NETDEV, "prefix", NF_NETDEV_INGRESS, "eth");
	add_tunnel_rule(batch);
	nftnl_batch_end(mnl_nlmsg_batch_current(batch->messages), batch->sequence++);
	end_message(batch);
}

/* Errors arrive at once; what is not answered was taken. */
static int send_batch(struct mnl_socket *socket, struct batch *batch)
{
	char answer[8192];
	ssize_t length;

	if (mnl_socket_sendto(socket, mnl_nlmsg_batch_head(batch->messages),
			      mnl_nlmsg_batch_size(batch->messages)) < 0)
		return -errno;
	length = recv(mnl_socket_get_fd(socket), answer, sizeof(answer), MSG_DONTWAIT);
	if (length < 0)
		return errno == EAGAIN ? 0 : -errno;

	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);

	return header->nlmsg_type == NLMSG_ERROR ? error->error : -EPROTO;
}

int main(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	struct batch batch = {.sequence = 1};
	int rc;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		perror("netlink");
		return 1;
	}
	build(&batch);
	rc = send_batch(socket, &batch);
	mnl_socket_close(socket);
	mnl_nlmsg_batch_stop(batch.messages);
	if (rc)
		fprintf(stderr, "load-newer: %s\n", strerror(-rc));
	return rc != 0;
}
