/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "rules/replay/copy.h"

enum { EXPR_ROOM = 256 };

static void put_be32(struct nlmsghdr *out, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(out, type, htonl(value));
}

/* Offsets into the data registers become the numbers of 32-bit registers. */
static void put_register(struct nlmsghdr *out, uint16_t type, int offset)
{
	put_be32(out, type,
		 offset == REGISTER_VERDICT ? NFT_REG_VERDICT
					    : (uint32_t)(NFT_REG32_00 + offset / 4));
}

static void put_value(struct nlmsghdr *out, uint16_t type, const struct bytes *value)
{
	struct nlattr *nest = mnl_attr_nest_start(out, type);

	mnl_attr_put(out, NFTA_DATA_VALUE, value->length, value->data);
	mnl_attr_nest_end(out, nest);
}

static void put_meta(struct nlmsghdr *out, const struct expr *expr)
{
	put_be32(out, NFTA_META_KEY, expr->meta.key);
	put_register(out, expr->kind == EXPR_META ? NFTA_META_DREG : NFTA_META_SREG,
		     expr->meta.reg);
}

static void put_cmp(struct nlmsghdr *out, const struct expr *expr)
{
	put_register(out, NFTA_CMP_SREG, expr->cmp.sreg);
	put_be32(out, NFTA_CMP_OP, expr->cmp.op);
	put_value(out, NFTA_CMP_DATA, &expr->cmp.value);
}

static void put_payload(struct nlmsghdr *out, const struct expr *expr)
{
	put_register(out, NFTA_PAYLOAD_DREG, expr->payload.dreg);
	put_be32(out, NFTA_PAYLOAD_BASE, expr->payload.base);
	put_be32(out, NFTA_PAYLOAD_OFFSET, expr->payload.offset);
	put_be32(out, NFTA_PAYLOAD_LEN, expr->payload.length);
}

static void put_ct(struct nlmsghdr *out, const struct expr *expr)
{
	put_be32(out, NFTA_CT_KEY, expr->ct.key);
	put_register(out, NFTA_CT_DREG, expr->ct.reg);
	if (expr->ct.direction >= 0)
		mnl_attr_put_u8(out, NFTA_CT_DIRECTION, (uint8_t)expr->ct.direction);
}

static void put_bitwise(struct nlmsghdr *out, const struct expr *expr)
{
	put_register(out, NFTA_BITWISE_SREG, expr->bitwise.sreg);
	put_register(out, NFTA_BITWISE_DREG, expr->bitwise.dreg);
	put_be32(out, NFTA_BITWISE_LEN, expr->bitwise.length);
	put_be32(out, NFTA_BITWISE_OP, NFT_BITWISE_BOOL);
	put_value(out, NFTA_BITWISE_MASK, &expr->bitwise.mask);
	put_value(out, NFTA_BITWISE_XOR, &expr->bitwise.xor);
}

static void put_verdict(struct nlmsghdr *out, const struct verdict *verdict)
{
	struct nlattr *data = mnl_attr_nest_start(out, NFTA_IMMEDIATE_DATA);
	struct nlattr *nest = mnl_attr_nest_start(out, NFTA_DATA_VERDICT);

	put_be32(out, NFTA_VERDICT_CODE, (uint32_t)verdict->code);
	if (verdict->chain)
		mnl_attr_put_strz(out, NFTA_VERDICT_CHAIN, verdict->chain);
	mnl_attr_nest_end(out, nest);
	mnl_attr_nest_end(out, data);
}

static void put_immediate(struct nlmsghdr *out, const struct expr *expr)
{
	put_register(out, NFTA_IMMEDIATE_DREG, expr->immediate.dreg);
	if (expr->immediate.data.is_verdict)
		put_verdict(out, &expr->immediate.data.verdict);
	else
		put_value(out, NFTA_IMMEDIATE_DATA, &expr->immediate.data.value);
}

static void put_nothing(struct nlmsghdr *, const struct expr *)
{
}

typedef void writer(struct nlmsghdr *out, const struct expr *expr);

static writer *writer_of(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_META:
	case EXPR_META_SET: return put_meta;
	case EXPR_CMP: return put_cmp;
	case EXPR_PAYLOAD: return put_payload;
	case EXPR_CT: return put_ct;
	case EXPR_BITWISE: return expr->bitwise.op == NFT_BITWISE_BOOL ? put_bitwise : NULL;
	case EXPR_IMMEDIATE: return put_immediate;
	case EXPR_COUNTER: return put_nothing;
	default: return NULL;
	}
}

/* As it was dumped, if it was; else from the fields. */
static bool put_expr(struct nlmsghdr *out, const struct expr *expr)
{
	struct nlattr *nest = mnl_attr_nest_start(out, NFTA_LIST_ELEM);
	writer *write = writer_of(expr);

	mnl_attr_put_strz(out, NFTA_EXPR_NAME, expr->name);
	if (expr->raw.length) {
		mnl_attr_put(out, NFTA_EXPR_DATA | NLA_F_NESTED, expr->raw.length, expr->raw.data);
	} else {
		struct nlattr *data = mnl_attr_nest_start(out, NFTA_EXPR_DATA);
		if (write)
			write(out, expr);
		mnl_attr_nest_end(out, data);
	}
	mnl_attr_nest_end(out, nest);
	return write || expr->raw.length;
}

static size_t room_for(const struct rule *rule)
{
	size_t room = 1024;

	for (size_t i = 0; i < rule->n_exprs; i++)
		room += EXPR_ROOM + rule->exprs[i].raw.length;
	return room;
}

bool rule_message(struct buffer *out, const struct chain *chain, const struct rule *rule)
{
	cleanup(free_pointer) char *space = xcalloc(1, room_for(rule));
	struct nlmsghdr *message = nftnl_nlmsg_build_hdr(
		space, NFT_MSG_NEWRULE, chain->table->family, NLM_F_CREATE | NLM_F_APPEND, 0);
	bool known = true, inverted;
	uint32_t protocol;

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, chain->table->name);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain->name);
	struct nlattr *list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	for (size_t i = 0; i < rule->n_exprs; i++)
		known = put_expr(message, &rule->exprs[i]) && known;
	mnl_attr_nest_end(message, list);
	if (compat_protocol(rule, chain->table->family, &protocol, &inverted)) {
		struct nlattr *nest = mnl_attr_nest_start(message, NFTA_RULE_COMPAT);
		put_be32(message, NFTA_RULE_COMPAT_PROTO, protocol);
		put_be32(message, NFTA_RULE_COMPAT_FLAGS, inverted ? 1 << 1 : 0);
		mnl_attr_nest_end(message, nest);
	}
	if (known)
		buffer_add(out, message, MNL_ALIGN(message->nlmsg_len));
	return known;
}
