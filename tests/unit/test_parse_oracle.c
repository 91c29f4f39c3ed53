/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnftnl as an independent reader of the same bytes: whatever it finds in an expression has to be
 * what rules/ found there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/cleanup.h"
#include "fixture.h"

/* How a member of struct expr is compared with libnftnl's attribute. */
enum comparison { NUMBER32, NUMBER64, BIT0, REGISTER, BYTES, STRING, VERDICT_CODE };

struct check {
	const char *name;
	uint16_t attr;
	enum comparison how;
	size_t offset;
};

#define CHECK(name, attr, how, member)                                                             \
	{                                                                                          \
		name, NFTNL_EXPR_##attr, how, offsetof(struct expr, member)                        \
	}

static const struct check checks[] = {
	CHECK("bitwise", BITWISE_SREG, REGISTER, bitwise.sreg),
	CHECK("bitwise", BITWISE_DREG, REGISTER, bitwise.dreg),
	CHECK("bitwise", BITWISE_LEN, NUMBER32, bitwise.length),
	CHECK("bitwise", BITWISE_OP, NUMBER32, bitwise.op),
	CHECK("bitwise", BITWISE_MASK, BYTES, bitwise.mask),
	CHECK("bitwise", BITWISE_XOR, BYTES, bitwise.xor),
	CHECK("byteorder", BYTEORDER_SREG, REGISTER, byteorder.sreg),
	CHECK("byteorder", BYTEORDER_DREG, REGISTER, byteorder.dreg),
	CHECK("byteorder", BYTEORDER_OP, NUMBER32, byteorder.op),
	CHECK("byteorder", BYTEORDER_LEN, NUMBER32, byteorder.length),
	CHECK("byteorder", BYTEORDER_SIZE, NUMBER32, byteorder.size),
	CHECK("cmp", CMP_SREG, REGISTER, cmp.sreg),
	CHECK("cmp", CMP_OP, NUMBER32, cmp.op),
	CHECK("cmp", CMP_DATA, BYTES, cmp.value),
	CHECK("connlimit", CONNLIMIT_COUNT, NUMBER32, connlimit.count),
	CHECK("connlimit", CONNLIMIT_FLAGS, BIT0, connlimit.over),
	CHECK("counter", CTR_PACKETS, NUMBER64, counter.packets),
	CHECK("counter", CTR_BYTES, NUMBER64, counter.bytes),
	CHECK("ct", CT_KEY, NUMBER32, ct.key),
	CHECK("ct", CT_DIR, NUMBER32, ct.direction),
	CHECK("ct", CT_DREG, REGISTER, ct.reg),
	CHECK("ct", CT_SREG, REGISTER, ct.reg),
	CHECK("dup", DUP_SREG_ADDR, REGISTER, dup.sreg_addr),
	CHECK("dup", DUP_SREG_DEV, REGISTER, dup.sreg_dev),
	CHECK("dynset", DYNSET_SREG_KEY, REGISTER, dynset.sreg_key),
	CHECK("dynset", DYNSET_OP, NUMBER32, dynset.op),
	CHECK("dynset", DYNSET_TIMEOUT, NUMBER64, dynset.timeout),
	CHECK("dynset", DYNSET_SET_NAME, STRING, dynset.set_name),
	CHECK("exthdr", EXTHDR_DREG, REGISTER, exthdr.dreg),
	CHECK("exthdr", EXTHDR_TYPE, NUMBER32, exthdr.type),
	CHECK("exthdr", EXTHDR_OFFSET, NUMBER32, exthdr.offset),
	CHECK("exthdr", EXTHDR_LEN, NUMBER32, exthdr.length),
	CHECK("exthdr", EXTHDR_OP, NUMBER32, exthdr.op),
	CHECK("fib", FIB_DREG, REGISTER, fib.dreg),
	CHECK("fib", FIB_RESULT, NUMBER32, fib.result),
	CHECK("fib", FIB_FLAGS, NUMBER32, fib.flags),
	CHECK("fwd", FWD_SREG_DEV, REGISTER, dup.sreg_dev),
	CHECK("fwd", FWD_SREG_ADDR, REGISTER, dup.sreg_addr),
	CHECK("hash", HASH_SREG, REGISTER, hash.sreg),
	CHECK("hash", HASH_DREG, REGISTER, hash.dreg),
	CHECK("hash", HASH_LEN, NUMBER32, hash.length),
	CHECK("hash", HASH_MODULUS, NUMBER32, hash.modulus),
	CHECK("hash", HASH_SEED, NUMBER32, hash.seed),
	CHECK("immediate", IMM_DREG, REGISTER, immediate.dreg),
	CHECK("immediate", IMM_DATA, BYTES, immediate.data.value),
	CHECK("immediate", IMM_VERDICT, VERDICT_CODE, immediate.data.verdict.code),
	CHECK("immediate", IMM_CHAIN, STRING, immediate.data.verdict.chain),
	CHECK("limit", LIMIT_RATE, NUMBER64, limit.rate),
	CHECK("limit", LIMIT_UNIT, NUMBER64, limit.unit),
	CHECK("limit", LIMIT_BURST, NUMBER32, limit.burst),
	CHECK("limit", LIMIT_TYPE, NUMBER32, limit.type),
	CHECK("limit", LIMIT_FLAGS, BIT0, limit.over),
	CHECK("log", LOG_PREFIX, STRING, log.prefix),
	CHECK("log", LOG_GROUP, NUMBER32, log.group),
	CHECK("log", LOG_SNAPLEN, NUMBER32, log.snaplen),
	CHECK("log", LOG_LEVEL, NUMBER32, log.level),
	CHECK("log", LOG_FLAGS, NUMBER32, log.flags),
	CHECK("lookup", LOOKUP_SREG, REGISTER, lookup.sreg),
	CHECK("lookup", LOOKUP_DREG, REGISTER, lookup.dreg),
	CHECK("lookup", LOOKUP_SET, STRING, lookup.set_name),
	CHECK("lookup", LOOKUP_FLAGS, BIT0, lookup.invert),
	CHECK("masq", MASQ_FLAGS, NUMBER32, nat.flags),
	CHECK("match", MT_NAME, STRING, xt.name),
	CHECK("match", MT_REV, NUMBER32, xt.revision),
	CHECK("match", MT_INFO, BYTES, xt.info),
	CHECK("meta", META_KEY, NUMBER32, meta.key),
	CHECK("meta", META_DREG, REGISTER, meta.reg),
	CHECK("meta", META_SREG, REGISTER, meta.reg),
	CHECK("nat", NAT_TYPE, NUMBER32, nat.type),
	CHECK("nat", NAT_FAMILY, NUMBER32, nat.family),
	CHECK("nat", NAT_REG_ADDR_MIN, REGISTER, nat.addr_min),
	CHECK("nat", NAT_REG_ADDR_MAX, REGISTER, nat.addr_max),
	CHECK("nat", NAT_REG_PROTO_MIN, REGISTER, nat.proto_min),
	CHECK("nat", NAT_REG_PROTO_MAX, REGISTER, nat.proto_max),
	CHECK("nat", NAT_FLAGS, NUMBER32, nat.flags),
	CHECK("numgen", NG_DREG, REGISTER, numgen.dreg),
	CHECK("numgen", NG_MODULUS, NUMBER32, numgen.modulus),
	CHECK("numgen", NG_TYPE, NUMBER32, numgen.type),
	CHECK("objref", OBJREF_IMM_TYPE, NUMBER32, objref.type),
	CHECK("objref", OBJREF_IMM_NAME, STRING, objref.name),
	CHECK("objref", OBJREF_SET_SREG, REGISTER, objref.sreg),
	CHECK("objref", OBJREF_SET_NAME, STRING, objref.set_name),
	CHECK("osf", OSF_DREG, REGISTER, osf.dreg),
	CHECK("osf", OSF_TTL, NUMBER32, osf.ttl),
	CHECK("osf", OSF_FLAGS, NUMBER32, osf.flags),
	CHECK("payload", PAYLOAD_BASE, NUMBER32, payload.base),
	CHECK("payload", PAYLOAD_OFFSET, NUMBER32, payload.offset),
	CHECK("payload", PAYLOAD_LEN, NUMBER32, payload.length),
	CHECK("payload", PAYLOAD_DREG, REGISTER, payload.dreg),
	CHECK("payload", PAYLOAD_SREG, REGISTER, payload_set.sreg),
	CHECK("payload", PAYLOAD_CSUM_TYPE, NUMBER32, payload_set.csum_type),
	CHECK("payload", PAYLOAD_CSUM_OFFSET, NUMBER32, payload_set.csum_offset),
	CHECK("queue", QUEUE_NUM, NUMBER32, queue.num),
	CHECK("queue", QUEUE_TOTAL, NUMBER32, queue.total),
	CHECK("queue", QUEUE_FLAGS, NUMBER32, queue.flags),
	CHECK("quota", QUOTA_BYTES, NUMBER64, quota.bytes),
	CHECK("quota", QUOTA_CONSUMED, NUMBER64, quota.consumed),
	CHECK("quota", QUOTA_FLAGS, BIT0, quota.over),
	CHECK("range", RANGE_SREG, REGISTER, range.sreg),
	CHECK("range", RANGE_OP, NUMBER32, range.op),
	CHECK("range", RANGE_FROM_DATA, BYTES, range.from),
	CHECK("range", RANGE_TO_DATA, BYTES, range.to),
	CHECK("redir", REDIR_REG_PROTO_MIN, REGISTER, nat.proto_min),
	CHECK("redir", REDIR_REG_PROTO_MAX, REGISTER, nat.proto_max),
	CHECK("redir", REDIR_FLAGS, NUMBER32, nat.flags),
	CHECK("reject", REJECT_TYPE, NUMBER32, reject.type),
	CHECK("reject", REJECT_CODE, NUMBER32, reject.icmp_code),
	CHECK("rt", RT_DREG, REGISTER, rt.dreg),
	CHECK("rt", RT_KEY, NUMBER32, rt.key),
	CHECK("socket", SOCKET_DREG, REGISTER, socket.dreg),
	CHECK("socket", SOCKET_KEY, NUMBER32, socket.key),
	CHECK("synproxy", SYNPROXY_MSS, NUMBER32, synproxy.mss),
	CHECK("synproxy", SYNPROXY_WSCALE, NUMBER32, synproxy.wscale),
	CHECK("synproxy", SYNPROXY_FLAGS, NUMBER32, synproxy.flags),
	CHECK("target", TG_NAME, STRING, xt.name),
	CHECK("target", TG_REV, NUMBER32, xt.revision),
	CHECK("target", TG_INFO, BYTES, xt.info),
	CHECK("tproxy", TPROXY_FAMILY, NUMBER32, tproxy.family),
	CHECK("tproxy", TPROXY_REG_ADDR, REGISTER, tproxy.reg_addr),
	CHECK("tproxy", TPROXY_REG_PORT, REGISTER, tproxy.reg_port),
	CHECK("xfrm", XFRM_DREG, REGISTER, xfrm.dreg),
	CHECK("xfrm", XFRM_KEY, NUMBER32, xfrm.key),
	CHECK("xfrm", XFRM_DIR, NUMBER32, xfrm.direction),
	CHECK("xfrm", XFRM_SPNUM, NUMBER32, xfrm.index),
};

/* libnftnl keeps numbers in host order, 8 to 64 bits wide. */
static uint64_t number(const void *data, uint32_t length)
{
	uint64_t value = 0;

	assert_in_range(length, 1, sizeof(value));
	memcpy(&value, data, length); /* little-endian hosts, as the recordings are */
	return value;
}

static int register_offset(uint32_t reg)
{
	if (reg == NFT_REG_VERDICT)
		return REGISTER_VERDICT;
	return reg < NFT_REG32_00 ? (int)(reg - 1) * 16 : (int)(reg - NFT_REG32_00) * 4;
}

static void compare(const struct check *check, const struct nftnl_expr *theirs, const void *ours)
{
	uint32_t length = 0;
	const void *data = nftnl_expr_get(theirs, check->attr, &length);
	const struct bytes *bytes = ours;

	switch (check->how) {
	case NUMBER32: assert_int_equal(*(const uint32_t *)ours, number(data, length)); break;
	case NUMBER64: assert_int_equal(*(const uint64_t *)ours, number(data, length)); break;
	case BIT0: assert_int_equal(*(const bool *)ours, number(data, length) & 1); break;
	case STRING: assert_string_equal(*(const char *const *)ours, data); break;
	case VERDICT_CODE: assert_int_equal(*(const int *)ours, *(const int *)data); break;
	case REGISTER:
		assert_int_equal(*(const int *)ours, register_offset(*(const uint32_t *)data));
		break;
	case BYTES:
		assert_int_equal(bytes->length, length);
		assert_memory_equal(bytes->data, data, length);
		break;
	}
}

/* How many attributes were compared. */
static size_t compare_expr(const struct nftnl_expr *theirs, const struct expr *ours)
{
	const char *name = nftnl_expr_get_str(theirs, NFTNL_EXPR_NAME);
	size_t compared = 0;

	assert_string_equal(ours->name, name);
	assert_false(ours->opaque);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (strcmp(checks[i].name, name) || !nftnl_expr_is_set(theirs, checks[i].attr))
			continue;
		compare(&checks[i], theirs, (const char *)ours + checks[i].offset);
		compared++;
	}
	if (!compared && ours->raw.length)
		fail_msg("nothing to compare in %s", name);
	return compared;
}

static const struct rule *rule_of(const struct ruleset *ruleset, const struct nftnl_rule *theirs)
{
	const struct table *table =
		ruleset_table(ruleset, (uint8_t)nftnl_rule_get_u32(theirs, NFTNL_RULE_FAMILY),
			      nftnl_rule_get_str(theirs, NFTNL_RULE_TABLE));

	assert_non_null(table);
	const struct chain *chain =
		table_chain(table, nftnl_rule_get_str(theirs, NFTNL_RULE_CHAIN));
	assert_non_null(chain);
	for (size_t i = 0; i < chain->n_rules; i++) {
		if (chain->rules[i]->handle == nftnl_rule_get_u64(theirs, NFTNL_RULE_HANDLE))
			return chain->rules[i];
	}
	fail_msg("a rule of chain %s is missing", chain->name);
	return NULL;
}

static size_t compare_rule(const struct ruleset *ruleset, const struct nlmsghdr *message)
{
	struct nftnl_rule *theirs = nftnl_rule_alloc();
	size_t index = 0, compared = 0;

	assert_int_equal(nftnl_rule_nlmsg_parse(message, theirs), 0);

	const struct rule *ours = rule_of(ruleset, theirs);
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(theirs);
	struct nftnl_expr *expr;

	while ((expr = nftnl_expr_iter_next(iter))) {
		assert_true(index < ours->n_exprs);
		compared += compare_expr(expr, &ours->exprs[index++]);
	}
	assert_int_equal(index, ours->n_exprs);
	assert_false(ours->opaque);
	nftnl_expr_iter_destroy(iter);
	nftnl_rule_free(theirs);
	return compared;
}

static size_t count_rules(const struct ruleset *ruleset)
{
	size_t rules = 0;

	for (size_t i = 0; i < ruleset->n_tables; i++) {
		for (size_t k = 0; k < ruleset->tables[i]->n_chains; k++)
			rules += ruleset->tables[i]->chains[k]->n_rules;
	}
	return rules;
}

static void compare_fixture(const char *name, size_t at_least)
{
	struct ruleset *ruleset = fixture_parse(name);
	cleanup(buffer_release) struct buffer dump = {0};
	size_t rules = 0, compared = 0;

	fixture_load(name, &dump);

	int left = (int)dump.length;
	const struct nlmsghdr *message = (const struct nlmsghdr *)dump.data;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if ((message->nlmsg_type & 0xff) != NFT_MSG_NEWRULE)
			continue;
		compared += compare_rule(ruleset, message);
		rules++;
	}
	assert_int_equal(rules, count_rules(ruleset));
	assert_true(compared >= at_least);
	ruleset_free(ruleset);
}

static void every_rule_of_ufw_reads_as_libnftnl_reads_it(void **)
{
	compare_fixture("ufw", 2000);
}

static void every_rule_of_firewalld_reads_as_libnftnl_reads_it(void **)
{
	compare_fixture("firewalld", 500);
}

static void every_rule_of_a_hand_written_file_reads_as_libnftnl_reads_it(void **)
{
	compare_fixture("workstation", 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_of_ufw_reads_as_libnftnl_reads_it),
		cmocka_unit_test(every_rule_of_firewalld_reads_as_libnftnl_reads_it),
		cmocka_unit_test(every_rule_of_a_hand_written_file_reads_as_libnftnl_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
