/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions: for each kind the attributes that it has in the kernel's dump, their types and where
 * they go. The tables mirror the *_dump() functions of net/netfilter/nft_*.c.
 */
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/read/decode.h"
#include "rules/read/newer.h"

/* Deeper nesting than the kernel's (an expression in a dynset in a rule) is no dump of a kernel. */
enum { MAX_DEPTH = 3 };

#define FIELD(type, needed, read, offset)                                                          \
	{                                                                                          \
		type, needed, read, offset                                                         \
	}
#define NEEDED(type, read, member) FIELD(type, true, read, offsetof(struct expr, member))
#define OPTION(type, read, member) FIELD(type, false, read, offsetof(struct expr, member))
/* The reader is given the whole expression. */
#define WHOLE(type, read) FIELD(type, false, read, 0)
#define IGNORE(type)      FIELD(type, false, read_nothing, 0)
/* A register that only other kinds with the same union member have; no attribute has this type. */
#define NEVER(member) FIELD(UINT16_MAX, false, read_register, offsetof(struct expr, member))

static bool all_understood(const struct expr *exprs, size_t n_exprs)
{
	for (size_t i = 0; i < n_exprs; i++) {
		if (exprs[i].opaque)
			return false;
	}
	return true;
}

static bool read_dynset_expr(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct expr *expr = at;

	return read_one_expr(parser, attr, &expr->dynset.exprs, &expr->dynset.n_exprs) &&
	       all_understood(expr->dynset.exprs, expr->dynset.n_exprs);
}

static bool read_dynset_exprs(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct expr *expr = at;

	return read_expr_list(parser, attr, &expr->dynset.exprs, &expr->dynset.n_exprs) &&
	       all_understood(expr->dynset.exprs, expr->dynset.n_exprs);
}

static bool read_inner_expr(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct expr *expr = at;

	return read_one_expr(parser, attr, &expr->inner.exprs, &expr->inner.n_exprs) &&
	       all_understood(expr->inner.exprs, expr->inner.n_exprs);
}

static bool read_log_group(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct expr *expr = at;

	expr->log.has_group = true;
	return read_u16(parser, attr, &expr->log.group);
}

static bool read_hash_seed(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct expr *expr = at;

	expr->hash.has_seed = true;
	return read_u32(parser, attr, &expr->hash.seed);
}

static bool read_log_snaplen(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct expr *expr = at;

	expr->log.has_snaplen = true;
	return read_u32(parser, attr, &expr->log.snaplen);
}

static const struct field bitwise_fields[] = {
	NEEDED(NFTA_BITWISE_SREG, read_register, bitwise.sreg),
	NEEDED(NFTA_BITWISE_DREG, read_register, bitwise.dreg),
	NEEDED(NFTA_BITWISE_LEN, read_u32, bitwise.length),
	OPTION(NFTA_BITWISE_MASK, read_value, bitwise.mask),
	OPTION(NFTA_BITWISE_XOR, read_value, bitwise.xor),
	OPTION(NFTA_BITWISE_OP, read_u32, bitwise.op),
	OPTION(NFTA_BITWISE_DATA, read_value, bitwise.shift),
	OPTION(NEWER_BITWISE_SREG2, read_register, bitwise.sreg2),
};
static const struct field byteorder_fields[] = {
	NEEDED(NFTA_BYTEORDER_SREG, read_register, byteorder.sreg),
	NEEDED(NFTA_BYTEORDER_DREG, read_register, byteorder.dreg),
	NEEDED(NFTA_BYTEORDER_OP, read_u32, byteorder.op),
	NEEDED(NFTA_BYTEORDER_LEN, read_u32, byteorder.length),
	NEEDED(NFTA_BYTEORDER_SIZE, read_u32, byteorder.size),
};
static const struct field cmp_fields[] = {
	NEEDED(NFTA_CMP_SREG, read_register, cmp.sreg),
	NEEDED(NFTA_CMP_OP, read_u32, cmp.op),
	NEEDED(NFTA_CMP_DATA, read_value, cmp.value),
};
static const struct field connlimit_fields[] = {
	NEEDED(NFTA_CONNLIMIT_COUNT, read_u32, connlimit.count),
	OPTION(NFTA_CONNLIMIT_FLAGS, read_set_if_bit0, connlimit.over),
};
static const struct field counter_fields[] = {
	NEEDED(NFTA_COUNTER_BYTES, read_u64, counter.bytes),
	NEEDED(NFTA_COUNTER_PACKETS, read_u64, counter.packets),
	IGNORE(NFTA_COUNTER_PAD),
};
static const struct field ct_fields[] = {
	NEEDED(NFTA_CT_DREG, read_register, ct.reg),
	NEEDED(NFTA_CT_KEY, read_u32, ct.key),
	OPTION(NFTA_CT_DIRECTION, read_u8_or_none, ct.direction),
};
static const struct field ct_set_fields[] = {
	NEEDED(NFTA_CT_SREG, read_register, ct.reg),
	NEEDED(NFTA_CT_KEY, read_u32, ct.key),
	OPTION(NFTA_CT_DIRECTION, read_u8_or_none, ct.direction),
};
static const struct field dup_fields[] = {
	OPTION(NFTA_DUP_SREG_ADDR, read_register, dup.sreg_addr),
	OPTION(NFTA_DUP_SREG_DEV, read_register, dup.sreg_dev),
};
static const struct field dynset_fields[] = {
	NEEDED(NFTA_DYNSET_SET_NAME, read_string, dynset.set_name),
	IGNORE(NFTA_DYNSET_SET_ID),
	NEEDED(NFTA_DYNSET_OP, read_u32, dynset.op),
	NEEDED(NFTA_DYNSET_SREG_KEY, read_register, dynset.sreg_key),
	OPTION(NFTA_DYNSET_SREG_DATA, read_register, dynset.sreg_data),
	OPTION(NFTA_DYNSET_TIMEOUT, read_u64, dynset.timeout),
	WHOLE(NFTA_DYNSET_EXPR, read_dynset_expr),
	IGNORE(NFTA_DYNSET_PAD),
	OPTION(NFTA_DYNSET_FLAGS, read_set_if_bit0, dynset.invert),
	WHOLE(NFTA_DYNSET_EXPRESSIONS, read_dynset_exprs),
};
static const struct field exthdr_fields[] = {
	OPTION(NFTA_EXTHDR_DREG, read_register, exthdr.dreg),
	NEEDED(NFTA_EXTHDR_TYPE, read_u8, exthdr.type),
	OPTION(NFTA_EXTHDR_OFFSET, read_u32, exthdr.offset),
	OPTION(NFTA_EXTHDR_LEN, read_u32, exthdr.length),
	OPTION(NFTA_EXTHDR_FLAGS, read_u32, exthdr.flags),
	OPTION(NFTA_EXTHDR_OP, read_u32, exthdr.op),
	OPTION(NFTA_EXTHDR_SREG, read_register, exthdr.sreg),
};
static const struct field fib_fields[] = {
	NEEDED(NFTA_FIB_DREG, read_register, fib.dreg),
	NEEDED(NFTA_FIB_RESULT, read_u32, fib.result),
	NEEDED(NFTA_FIB_FLAGS, read_u32, fib.flags),
};
static const struct field flow_offload_fields[] = {
	NEEDED(NFTA_FLOW_TABLE_NAME, read_string, flow_offload.table),
};
static const struct field fwd_fields[] = {
	NEEDED(NFTA_FWD_SREG_DEV, read_register, dup.sreg_dev),
	OPTION(NFTA_FWD_SREG_ADDR, read_register, dup.sreg_addr),
	OPTION(NFTA_FWD_NFPROTO, read_u32, dup.family),
};
static const struct field hash_fields[] = {
	OPTION(NFTA_HASH_SREG, read_register, hash.sreg),
	NEEDED(NFTA_HASH_DREG, read_register, hash.dreg),
	OPTION(NFTA_HASH_LEN, read_u32, hash.length),
	NEEDED(NFTA_HASH_MODULUS, read_u32, hash.modulus),
	WHOLE(NFTA_HASH_SEED, read_hash_seed),
	OPTION(NFTA_HASH_OFFSET, read_u32, hash.offset),
	OPTION(NFTA_HASH_TYPE, read_u32, hash.type),
};
static const struct field immediate_fields[] = {
	NEEDED(NFTA_IMMEDIATE_DREG, read_register, immediate.dreg),
	NEEDED(NFTA_IMMEDIATE_DATA, read_data, immediate.data),
};
static const struct field inner_fields[] = {
	NEEDED(NEWER_INNER_NUM, read_u32, inner.num),
	NEEDED(NEWER_INNER_TYPE, read_u32, inner.type),
	NEEDED(NEWER_INNER_FLAGS, read_u32, inner.flags),
	NEEDED(NEWER_INNER_HDRSIZE, read_u32, inner.header_size),
	WHOLE(NEWER_INNER_EXPR, read_inner_expr),
};
static const struct field last_fields[] = {
	NEEDED(NFTA_LAST_SET, read_u32, last.set),
	OPTION(NFTA_LAST_MSECS, read_u64, last.msecs),
	IGNORE(NFTA_LAST_PAD),
};
static const struct field limit_fields[] = {
	NEEDED(NFTA_LIMIT_RATE, read_u64, limit.rate),
	NEEDED(NFTA_LIMIT_UNIT, read_u64, limit.unit),
	OPTION(NFTA_LIMIT_BURST, read_u32, limit.burst),
	OPTION(NFTA_LIMIT_TYPE, read_u32, limit.type),
	OPTION(NFTA_LIMIT_FLAGS, read_set_if_bit0, limit.over),
	IGNORE(NFTA_LIMIT_PAD),
};
static const struct field log_fields[] = {
	WHOLE(NFTA_LOG_GROUP, read_log_group),
	OPTION(NFTA_LOG_PREFIX, read_string, log.prefix),
	WHOLE(NFTA_LOG_SNAPLEN, read_log_snaplen),
	OPTION(NFTA_LOG_QTHRESHOLD, read_u16, log.threshold),
	OPTION(NFTA_LOG_LEVEL, read_u32, log.level),
	OPTION(NFTA_LOG_FLAGS, read_u32, log.flags),
};
static const struct field lookup_fields[] = {
	NEEDED(NFTA_LOOKUP_SET, read_string, lookup.set_name),
	NEEDED(NFTA_LOOKUP_SREG, read_register, lookup.sreg),
	OPTION(NFTA_LOOKUP_DREG, read_register, lookup.dreg),
	IGNORE(NFTA_LOOKUP_SET_ID),
	OPTION(NFTA_LOOKUP_FLAGS, read_set_if_bit0, lookup.invert),
};
static const struct field masq_fields[] = {
	OPTION(NFTA_MASQ_FLAGS, read_u32, nat.flags),
	OPTION(NFTA_MASQ_REG_PROTO_MIN, read_register, nat.proto_min),
	OPTION(NFTA_MASQ_REG_PROTO_MAX, read_register, nat.proto_max),
	NEVER(nat.addr_min),
	NEVER(nat.addr_max),
};
static const struct field meta_fields[] = {
	NEEDED(NFTA_META_DREG, read_register, meta.reg),
	NEEDED(NFTA_META_KEY, read_u32, meta.key),
};
static const struct field meta_set_fields[] = {
	NEEDED(NFTA_META_SREG, read_register, meta.reg),
	NEEDED(NFTA_META_KEY, read_u32, meta.key),
};
static const struct field nat_fields[] = {
	NEEDED(NFTA_NAT_TYPE, read_u32, nat.type),
	NEEDED(NFTA_NAT_FAMILY, read_u32, nat.family),
	OPTION(NFTA_NAT_REG_ADDR_MIN, read_register, nat.addr_min),
	OPTION(NFTA_NAT_REG_ADDR_MAX, read_register, nat.addr_max),
	OPTION(NFTA_NAT_REG_PROTO_MIN, read_register, nat.proto_min),
	OPTION(NFTA_NAT_REG_PROTO_MAX, read_register, nat.proto_max),
	OPTION(NFTA_NAT_FLAGS, read_u32, nat.flags),
};
static const struct field numgen_fields[] = {
	NEEDED(NFTA_NG_DREG, read_register, numgen.dreg),
	NEEDED(NFTA_NG_MODULUS, read_u32, numgen.modulus),
	NEEDED(NFTA_NG_TYPE, read_u32, numgen.type),
	OPTION(NFTA_NG_OFFSET, read_u32, numgen.offset),
};
static const struct field objref_fields[] = {
	OPTION(NFTA_OBJREF_IMM_TYPE, read_u32, objref.type),
	OPTION(NFTA_OBJREF_IMM_NAME, read_string, objref.name),
	OPTION(NFTA_OBJREF_SET_SREG, read_register, objref.sreg),
	OPTION(NFTA_OBJREF_SET_NAME, read_string, objref.set_name),
	IGNORE(NFTA_OBJREF_SET_ID),
};
static const struct field osf_fields[] = {
	NEEDED(NFTA_OSF_DREG, read_register, osf.dreg),
	OPTION(NFTA_OSF_TTL, read_u8, osf.ttl),
	OPTION(NFTA_OSF_FLAGS, read_u32, osf.flags),
};
static const struct field payload_fields[] = {
	NEEDED(NFTA_PAYLOAD_DREG, read_register, payload.dreg),
	NEEDED(NFTA_PAYLOAD_BASE, read_u32, payload.base),
	NEEDED(NFTA_PAYLOAD_OFFSET, read_u32, payload.offset),
	NEEDED(NFTA_PAYLOAD_LEN, read_u32, payload.length),
};
static const struct field payload_set_fields[] = {
	NEEDED(NFTA_PAYLOAD_SREG, read_register, payload_set.sreg),
	NEEDED(NFTA_PAYLOAD_BASE, read_u32, payload_set.base),
	NEEDED(NFTA_PAYLOAD_OFFSET, read_u32, payload_set.offset),
	NEEDED(NFTA_PAYLOAD_LEN, read_u32, payload_set.length),
	OPTION(NFTA_PAYLOAD_CSUM_TYPE, read_u32, payload_set.csum_type),
	OPTION(NFTA_PAYLOAD_CSUM_OFFSET, read_u32, payload_set.csum_offset),
	OPTION(NFTA_PAYLOAD_CSUM_FLAGS, read_u32, payload_set.csum_flags),
};
static const struct field queue_fields[] = {
	OPTION(NFTA_QUEUE_NUM, read_u16, queue.num),
	OPTION(NFTA_QUEUE_TOTAL, read_u16, queue.total),
	OPTION(NFTA_QUEUE_FLAGS, read_u16, queue.flags),
	OPTION(NFTA_QUEUE_SREG_QNUM, read_register, queue.sreg),
};
static const struct field quota_fields[] = {
	NEEDED(NFTA_QUOTA_BYTES, read_u64, quota.bytes),
	OPTION(NFTA_QUOTA_FLAGS, read_set_if_bit0, quota.over),
	IGNORE(NFTA_QUOTA_PAD),
	OPTION(NFTA_QUOTA_CONSUMED, read_u64, quota.consumed),
};
static const struct field range_fields[] = {
	NEEDED(NFTA_RANGE_SREG, read_register, range.sreg),
	NEEDED(NFTA_RANGE_OP, read_u32, range.op),
	NEEDED(NFTA_RANGE_FROM_DATA, read_value, range.from),
	NEEDED(NFTA_RANGE_TO_DATA, read_value, range.to),
};
static const struct field redir_fields[] = {
	OPTION(NFTA_REDIR_REG_PROTO_MIN, read_register, nat.proto_min),
	OPTION(NFTA_REDIR_REG_PROTO_MAX, read_register, nat.proto_max),
	OPTION(NFTA_REDIR_FLAGS, read_u32, nat.flags),
	NEVER(nat.addr_min),
	NEVER(nat.addr_max),
};
static const struct field reject_fields[] = {
	NEEDED(NFTA_REJECT_TYPE, read_u32, reject.type),
	OPTION(NFTA_REJECT_ICMP_CODE, read_u8, reject.icmp_code),
};
static const struct field rt_fields[] = {
	NEEDED(NFTA_RT_DREG, read_register, rt.dreg),
	NEEDED(NFTA_RT_KEY, read_u32, rt.key),
};
static const struct field socket_fields[] = {
	NEEDED(NFTA_SOCKET_KEY, read_u32, socket.key),
	NEEDED(NFTA_SOCKET_DREG, read_register, socket.dreg),
	OPTION(NFTA_SOCKET_LEVEL, read_u32, socket.level),
};
static const struct field synproxy_fields[] = {
	OPTION(NFTA_SYNPROXY_MSS, read_u16, synproxy.mss),
	OPTION(NFTA_SYNPROXY_WSCALE, read_u8, synproxy.wscale),
	OPTION(NFTA_SYNPROXY_FLAGS, read_u32, synproxy.flags),
};
static const struct field tproxy_fields[] = {
	NEEDED(NFTA_TPROXY_FAMILY, read_u32, tproxy.family),
	OPTION(NFTA_TPROXY_REG_ADDR, read_register, tproxy.reg_addr),
	OPTION(NFTA_TPROXY_REG_PORT, read_register, tproxy.reg_port),
};
static const struct field tunnel_fields[] = {
	NEEDED(NFTA_TUNNEL_KEY, read_u32, tunnel.key),
	NEEDED(NFTA_TUNNEL_DREG, read_register, tunnel.dreg),
	OPTION(NFTA_TUNNEL_MODE, read_u32, tunnel.mode),
};
static const struct field xfrm_fields[] = {
	NEEDED(NFTA_XFRM_DREG, read_register, xfrm.dreg),
	NEEDED(NFTA_XFRM_KEY, read_u32, xfrm.key),
	NEEDED(NFTA_XFRM_DIR, read_u8, xfrm.direction),
	NEEDED(NFTA_XFRM_SPNUM, read_u32, xfrm.index),
};
static const struct field match_fields[] = {
	NEEDED(NFTA_MATCH_NAME, read_string, xt.name),
	NEEDED(NFTA_MATCH_REV, read_u32, xt.revision),
	NEEDED(NFTA_MATCH_INFO, read_bytes, xt.info),
};
static const struct field target_fields[] = {
	NEEDED(NFTA_TARGET_NAME, read_string, xt.name),
	NEEDED(NFTA_TARGET_REV, read_u32, xt.revision),
	NEEDED(NFTA_TARGET_INFO, read_bytes, xt.info),
};

/* An expression of @name that has the attribute @only_with (if not 0) is of @kind. */
struct expr_type {
	const char *name;
	uint16_t only_with;
	enum expr_kind kind;
	const struct field *fields;
	size_t n_fields;
};

#define TYPE(name, kind, fields)                                                                   \
	{                                                                                          \
		name, 0, kind, fields, ARRAY_SIZE(fields)                                          \
	}
#define TYPE_IF(name, attr, kind, fields)                                                          \
	{                                                                                          \
		name, attr, kind, fields, ARRAY_SIZE(fields)                                       \
	}

static const struct expr_type expr_types[] = {
	TYPE("bitwise", EXPR_BITWISE, bitwise_fields),
	TYPE("byteorder", EXPR_BYTEORDER, byteorder_fields),
	TYPE("cmp", EXPR_CMP, cmp_fields),
	TYPE("connlimit", EXPR_CONNLIMIT, connlimit_fields),
	TYPE("counter", EXPR_COUNTER, counter_fields),
	TYPE_IF("ct", NFTA_CT_SREG, EXPR_CT_SET, ct_set_fields),
	TYPE("ct", EXPR_CT, ct_fields),
	TYPE("dup", EXPR_DUP, dup_fields),
	TYPE("dynset", EXPR_DYNSET, dynset_fields),
	TYPE("exthdr", EXPR_EXTHDR, exthdr_fields),
	TYPE("fib", EXPR_FIB, fib_fields),
	TYPE("flow_offload", EXPR_FLOW_OFFLOAD, flow_offload_fields),
	TYPE("fwd", EXPR_FWD, fwd_fields),
	TYPE("hash", EXPR_HASH, hash_fields),
	TYPE("immediate", EXPR_IMMEDIATE, immediate_fields),
	TYPE("inner", EXPR_INNER, inner_fields),
	TYPE("last", EXPR_LAST, last_fields),
	TYPE("limit", EXPR_LIMIT, limit_fields),
	TYPE("log", EXPR_LOG, log_fields),
	TYPE("lookup", EXPR_LOOKUP, lookup_fields),
	TYPE("masq", EXPR_MASQ, masq_fields),
	TYPE("match", EXPR_XT_MATCH, match_fields),
	TYPE_IF("meta", NFTA_META_SREG, EXPR_META_SET, meta_set_fields),
	TYPE("meta", EXPR_META, meta_fields),
	TYPE("nat", EXPR_NAT, nat_fields),
	{"notrack", 0, EXPR_NOTRACK, NULL, 0},
	TYPE("numgen", EXPR_NUMGEN, numgen_fields),
	TYPE("objref", EXPR_OBJREF, objref_fields),
	TYPE("osf", EXPR_OSF, osf_fields),
	TYPE_IF("payload", NFTA_PAYLOAD_SREG, EXPR_PAYLOAD_SET, payload_set_fields),
	TYPE("payload", EXPR_PAYLOAD, payload_fields),
	TYPE("queue", EXPR_QUEUE, queue_fields),
	TYPE("quota", EXPR_QUOTA, quota_fields),
	TYPE("range", EXPR_RANGE, range_fields),
	TYPE("redir", EXPR_REDIR, redir_fields),
	TYPE("reject", EXPR_REJECT, reject_fields),
	TYPE("rt", EXPR_RT, rt_fields),
	TYPE("socket", EXPR_SOCKET, socket_fields),
	TYPE("synproxy", EXPR_SYNPROXY, synproxy_fields),
	TYPE("target", EXPR_XT_TARGET, target_fields),
	TYPE("tproxy", EXPR_TPROXY, tproxy_fields),
	TYPE("tunnel", EXPR_TUNNEL, tunnel_fields),
	TYPE("xfrm", EXPR_XFRM, xfrm_fields),
};

static const struct expr_type *type_of(const char *name, const struct nlattr *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(expr_types); i++) {
		const struct expr_type *type = &expr_types[i];

		if (strcmp(name, type->name))
			continue;
		if (!type->only_with || (data && find_attr(data, type->only_with)))
			return type;
	}
	return NULL;
}

static bool fits(int reg, size_t length)
{
	return reg >= 0 && length <= REGISTER_BYTES && (size_t)reg + length <= REGISTER_BYTES;
}

static bool bitwise_fits(const struct expr *expr)
{
	uint32_t length = expr->bitwise.length;

	if (!fits(expr->bitwise.sreg, length) || !fits(expr->bitwise.dreg, length))
		return false;
	switch (expr->bitwise.op) {
	case NFT_BITWISE_MASK_XOR:
		return expr->bitwise.mask.length == length && expr->bitwise.xor.length == length;
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT: return expr->bitwise.shift.length == sizeof(uint32_t);
	case NEWER_BITWISE_AND:
	case NEWER_BITWISE_OR:
	case NEWER_BITWISE_XOR: return fits(expr->bitwise.sreg2, length);
	default: return false;
	}
}

static bool lookup_fits(const struct expr *expr)
{
	const struct set *set = expr->lookup.set;

	if (expr->lookup.dreg >= 0 && set && !fits(expr->lookup.dreg, set->data_length))
		return false;
	return fits(expr->lookup.sreg, set ? set->key_length : 1);
}

/* What nft_validate_register_load() and _store() ask of a rule before the kernel takes it. */
static bool registers_fit(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_BITWISE: return bitwise_fits(expr);
	case EXPR_BYTEORDER:
		return fits(expr->byteorder.sreg, expr->byteorder.length) &&
		       fits(expr->byteorder.dreg, expr->byteorder.length);
	case EXPR_CMP: return fits(expr->cmp.sreg, expr->cmp.value.length);
	case EXPR_IMMEDIATE:
		return expr->immediate.data.is_verdict
			       ? expr->immediate.dreg == REGISTER_VERDICT
			       : fits(expr->immediate.dreg, expr->immediate.data.value.length);
	case EXPR_LOOKUP: return lookup_fits(expr);
	case EXPR_PAYLOAD: return fits(expr->payload.dreg, expr->payload.length);
	case EXPR_PAYLOAD_SET: return fits(expr->payload_set.sreg, expr->payload_set.length);
	case EXPR_RANGE:
		return fits(expr->range.sreg, expr->range.from.length) &&
		       expr->range.from.length == expr->range.to.length;
	case EXPR_CT:
	case EXPR_CT_SET: return expr->ct.reg >= 0;
	case EXPR_META:
	case EXPR_META_SET: return expr->meta.reg >= 0;
	case EXPR_FIB: return expr->fib.dreg >= 0;
	case EXPR_RT: return expr->rt.dreg >= 0;
	case EXPR_SOCKET: return expr->socket.dreg >= 0;
	case EXPR_NUMGEN: return expr->numgen.dreg >= 0;
	case EXPR_HASH:
		return expr->hash.dreg >= 0 &&
		       (expr->hash.sreg < 0 || fits(expr->hash.sreg, expr->hash.length));
	case EXPR_EXTHDR:
		return expr->exthdr.dreg < 0 || fits(expr->exthdr.dreg, expr->exthdr.length);
	case EXPR_DYNSET:
		return fits(expr->dynset.sreg_key,
			    expr->dynset.set ? expr->dynset.set->key_length : 1);
	default: return true;
	}
}

static struct set *named_set(struct parser *parser, const char *name)
{
	return name && parser->table ? table_set(parser->table, name) : NULL;
}

static void resolve_names(struct parser *parser, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_LOOKUP: expr->lookup.set = named_set(parser, expr->lookup.set_name); break;
	case EXPR_DYNSET: expr->dynset.set = named_set(parser, expr->dynset.set_name); break;
	case EXPR_OBJREF:
		expr->objref.set = named_set(parser, expr->objref.set_name);
		if (expr->objref.name && parser->table)
			expr->objref.object =
				table_object(parser->table, expr->objref.name, expr->objref.type);
		break;
	default: break;
	}
}

void decode_expr(struct parser *parser, const char *name, const struct nlattr *data,
		 struct expr *into)
{
	const struct expr_type *type = type_of(name, data);

	into->name = name;
	if (data)
		read_bytes(parser, data, &into->raw);
	if (!type || parser->depth >= MAX_DEPTH) {
		into->opaque = true;
		return;
	}
	into->kind = type->kind;
	parser->depth++;
	into->opaque = !decode(parser, into->raw.data, into->raw.length, type->fields,
			       type->n_fields, into);
	parser->depth--;
	resolve_names(parser, into);
	if (!registers_fit(into))
		into->opaque = true;
}

struct named_data {
	const char *name;
	const struct nlattr *data;
};

static bool read_attr(struct parser *, const struct nlattr *attr, void *at)
{
	*(const struct nlattr **)at = attr;
	return true;
}

static const struct field expr_fields[] = {
	{NFTA_EXPR_NAME, true, read_string, offsetof(struct named_data, name)},
	{NFTA_EXPR_DATA, false, read_attr, offsetof(struct named_data, data)},
};

static void read_expr(struct parser *parser, const struct nlattr *attr, struct expr *into)
{
	struct named_data named = {0};
	bool whole = decode_nest(parser, attr, expr_fields, ARRAY_SIZE(expr_fields), &named);

	decode_expr(parser, named.name ? named.name : "", named.data, into);
	if (!whole)
		into->opaque = true;
}

bool read_one_expr(struct parser *parser, const struct nlattr *attr, struct expr **ret_exprs,
		   size_t *ret_n)
{
	if (parser->depth >= MAX_DEPTH)
		return false;
	*ret_exprs = arena_alloc(parser->arena, sizeof(struct expr));
	*ret_n = 1;
	read_expr(parser, attr, *ret_exprs);
	return true;
}

bool read_expr_list(struct parser *parser, const struct nlattr *list, struct expr **ret_exprs,
		    size_t *ret_n)
{
	const struct nlattr *attr = NULL;
	bool whole = true;
	size_t count = 0;

	if (parser->depth >= MAX_DEPTH)
		return false;
	while (next_attr(list, &attr, &whole))
		count++;
	*ret_exprs = arena_array(parser->arena, count, sizeof(struct expr));
	*ret_n = count;
	attr = NULL;
	for (size_t i = 0; next_attr(list, &attr, &whole); i++) {
		if (mnl_attr_get_type(attr) == NFTA_LIST_ELEM)
			read_expr(parser, attr, &(*ret_exprs)[i]);
		else
			(*ret_exprs)[i] = (struct expr){.name = "", .opaque = true};
	}
	return whole;
}
