/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/decode.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_LOG.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_TCPMSS.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <string.h>

#include "base/cleanup.h"
#include "rules/xt/set.h"

static void set_connmark(struct xt_extension *ret, const struct xt_connmark_tginfo2 *raw)
{
	ret->set_connmark = (struct xt_set_connmark){
		.mode = (enum xt_connmark_mode)raw->mode,
		.ct_mark = raw->ctmark,
		.ct_mask = raw->ctmask,
		.packet_mask = raw->nfmask,
		.shift_bits = raw->shift_bits,
		.shift_right = raw->shift_dir == D_SHIFT_RIGHT,
	};
}

static bool decode_connmark_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_connmark_tginfo1 raw;
	struct xt_connmark_tginfo2 widened;

	memcpy(&raw, info, sizeof(raw));
	widened = (struct xt_connmark_tginfo2){
		.ctmark = raw.ctmark,
		.ctmask = raw.ctmask,
		.nfmask = raw.nfmask,
		.mode = raw.mode,
	};
	set_connmark(ret, &widened);
	return raw.mode <= XT_CONNMARK_RESTORE;
}

static bool decode_connmark_2(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_connmark_tginfo2 raw;

	memcpy(&raw, info, sizeof(raw));
	set_connmark(ret, &raw);
	return raw.mode <= XT_CONNMARK_RESTORE;
}

static bool decode_ct_0(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_ct_target_info raw;

	memcpy(&raw, info, offsetof(struct xt_ct_target_info, ct));
	ret->ct = (struct xt_ct){
		.flags = raw.flags,
		.zone = raw.zone,
		.ct_events = raw.ct_events,
		.expect_events = raw.exp_events,
	};
	xt_string(ret->ct.helper, raw.helper, sizeof(raw.helper));
	return true;
}

static bool decode_ct_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_ct_target_info_v1 raw;

	/* Revision 1 is revision 0 with the timeout policy's name behind it. */
	memcpy(&raw, info, offsetof(struct xt_ct_target_info_v1, ct));
	if (!decode_ct_0(info, ret))
		return false;
	xt_string(ret->ct.timeout, raw.timeout, sizeof(raw.timeout));
	return true;
}

static bool decode_notrack(const uint8_t *info, struct xt_extension *ret)
{
	(void)info;
	ret->ct = (struct xt_ct){.flags = XT_CT_NOTRACK, .from_notrack = true};
	return true;
}

static bool decode_log(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_log_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->log = (struct xt_log){.level = raw.level, .flags = raw.logflags};
	xt_string(ret->text, raw.prefix, sizeof(raw.prefix));
	return true;
}

static bool decode_mark(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_mark_tginfo2 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set_mark = (struct xt_set_mark){.value = raw.mark, .mask = raw.mask};
	return true;
}

static bool decode_nflog(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_nflog_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->nflog = (struct xt_nflog){
		.group = raw.group,
		.threshold = raw.threshold,
		.length = raw.len,
		.has_length = raw.flags & XT_NFLOG_F_COPY_LEN,
	};
	xt_string(ret->text, raw.prefix, sizeof(raw.prefix));
	return true;
}

static bool decode_nfqueue(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_NFQ_info_v3 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->nfqueue = (struct xt_nfqueue){
		.first = raw.queuenum,
		.total = raw.queues_total,
		.bypass = raw.flags & NFQ_FLAG_BYPASS,
		.cpu_fanout = raw.flags & NFQ_FLAG_CPU_FANOUT,
	};
	return true;
}

static bool decode_reject_4(const uint8_t *info, struct xt_extension *ret)
{
	static const uint8_t codes[] = {
		[IPT_ICMP_NET_UNREACHABLE] = 0,   [IPT_ICMP_HOST_UNREACHABLE] = 1,
		[IPT_ICMP_PROT_UNREACHABLE] = 2,  [IPT_ICMP_PORT_UNREACHABLE] = 3,
		[IPT_ICMP_NET_PROHIBITED] = 9,    [IPT_ICMP_HOST_PROHIBITED] = 10,
		[IPT_ICMP_ADMIN_PROHIBITED] = 13,
	};
	uint32_t with;

	memcpy(&with, info, sizeof(with));
	if (with >= ARRAY_SIZE(codes))
		return false;
	ret->reject = (struct xt_reject){
		.tcp_reset = with == IPT_TCP_RESET,
		.echo_reply = with == IPT_ICMP_ECHOREPLY,
		.icmp_code = codes[with],
		.with = with,
	};
	return true;
}

static bool decode_reject_6(const uint8_t *info, struct xt_extension *ret)
{
	static const uint8_t codes[] = {
		[IP6T_ICMP6_NO_ROUTE] = 0,      [IP6T_ICMP6_ADM_PROHIBITED] = 1,
		[IP6T_ICMP6_NOT_NEIGHBOUR] = 2, [IP6T_ICMP6_ADDR_UNREACH] = 3,
		[IP6T_ICMP6_PORT_UNREACH] = 4,  [IP6T_ICMP6_POLICY_FAIL] = 5,
		[IP6T_ICMP6_REJECT_ROUTE] = 6,
	};
	uint32_t with;

	memcpy(&with, info, sizeof(with));
	if (with >= ARRAY_SIZE(codes))
		return false;
	ret->reject = (struct xt_reject){
		.tcp_reset = with == IP6T_TCP_RESET,
		.echo_reply = with == IP6T_ICMP6_ECHOREPLY,
		.icmp_code = codes[with],
		.with = with,
	};
	return true;
}

static bool decode_nat_4(const uint8_t *info, struct xt_extension *ret)
{
	struct nf_nat_ipv4_multi_range_compat raw;
	const struct nf_nat_ipv4_range *range = &raw.range[0];

	memcpy(&raw, info, sizeof(raw));
	if (raw.rangesize != 1)
		return false;
	ret->nat.flags = range->flags;
	if (range->flags & NF_NAT_RANGE_MAP_IPS) {
		ret->nat.address_min = xt_address(ret, &range->min_ip);
		ret->nat.address_max = xt_address(ret, &range->max_ip);
	}
	ret->nat.port_min = ntohs(range->min.all);
	ret->nat.port_max = ntohs(range->max.all);
	return true;
}

static bool decode_nat_range(const uint8_t *info, struct xt_extension *ret)
{
	struct nf_nat_range raw;

	memcpy(&raw, info, sizeof(raw));
	ret->nat.flags = raw.flags;
	if (raw.flags & NF_NAT_RANGE_MAP_IPS) {
		ret->nat.address_min = xt_address(ret, &raw.min_addr);
		ret->nat.address_max = xt_address(ret, &raw.max_addr);
	}
	ret->nat.port_min = ntohs(raw.min_proto.all);
	ret->nat.port_max = ntohs(raw.max_proto.all);
	return true;
}

static bool decode_nat_range2(const uint8_t *info, struct xt_extension *ret)
{
	struct nf_nat_range2 raw;

	/* The second form is the first with the base of a port offset behind it. */
	memcpy(&raw, info, sizeof(raw));
	if (!decode_nat_range(info, ret))
		return false;
	ret->nat.port_base = ntohs(raw.base_proto.all);
	return true;
}

static bool decode_set_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_target_v1 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set_target = (struct xt_set_target){
		.add = xt_set_of(&raw.add_set),
		.del = xt_set_of(&raw.del_set),
		.map = {.index = XT_NO_SET},
		.timeout = UINT32_MAX,
	};
	return true;
}

static bool decode_set_2(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_target_v2 raw;

	memcpy(&raw, info, sizeof(raw));
	decode_set_1(info, ret);
	ret->set_target.flags = raw.flags;
	ret->set_target.timeout = raw.timeout;
	return true;
}

static bool decode_set_3(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_target_v3 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set_target = (struct xt_set_target){
		.add = xt_set_of(&raw.add_set),
		.del = xt_set_of(&raw.del_set),
		.map = xt_set_of(&raw.map_set),
		.flags = raw.flags,
		.timeout = raw.timeout,
	};
	return true;
}

static bool decode_tcpmss(const uint8_t *info, struct xt_extension *ret)
{
	memcpy(&ret->tcpmss, info, sizeof(ret->tcpmss));
	return true;
}

enum {
	NAT_4_SIZE = sizeof(struct nf_nat_ipv4_multi_range_compat),
	NAT_RANGE_SIZE = sizeof(struct nf_nat_range),
	NAT_RANGE2_SIZE = sizeof(struct nf_nat_range2),
};

static const struct xt_layout targets[] = {
	{"CONNMARK", 1, XT_FAMILY_BOTH, XT_TARGET_CONNMARK, sizeof(struct xt_connmark_tginfo1),
	 decode_connmark_1},
	{"CONNMARK", 2, XT_FAMILY_BOTH, XT_TARGET_CONNMARK, sizeof(struct xt_connmark_tginfo2),
	 decode_connmark_2},
	{"CT", 0, XT_FAMILY_BOTH, XT_TARGET_CT, sizeof(struct xt_ct_target_info), decode_ct_0},
	{"CT", 1, XT_FAMILY_BOTH, XT_TARGET_CT, sizeof(struct xt_ct_target_info_v1), decode_ct_1},
	{"CT", 2, XT_FAMILY_BOTH, XT_TARGET_CT, sizeof(struct xt_ct_target_info_v1), decode_ct_1},
	{"DNAT", 0, XT_FAMILY_V4, XT_TARGET_DNAT, NAT_4_SIZE, decode_nat_4},
	{"DNAT", 1, XT_FAMILY_BOTH, XT_TARGET_DNAT, NAT_RANGE_SIZE, decode_nat_range},
	{"DNAT", 2, XT_FAMILY_BOTH, XT_TARGET_DNAT, NAT_RANGE2_SIZE, decode_nat_range2},
	{"LOG", 0, XT_FAMILY_BOTH, XT_TARGET_LOG, sizeof(struct xt_log_info), decode_log},
	{"MARK", 2, XT_FAMILY_BOTH, XT_TARGET_MARK, sizeof(struct xt_mark_tginfo2), decode_mark},
	{"MASQUERADE", 0, XT_FAMILY_V4, XT_TARGET_MASQUERADE, NAT_4_SIZE, decode_nat_4},
	{"MASQUERADE", 0, XT_FAMILY_V6, XT_TARGET_MASQUERADE, NAT_RANGE_SIZE, decode_nat_range},
	{"NFLOG", 0, XT_FAMILY_BOTH, XT_TARGET_NFLOG, sizeof(struct xt_nflog_info), decode_nflog},
	{"NFQUEUE", 3, XT_FAMILY_BOTH, XT_TARGET_NFQUEUE, sizeof(struct xt_NFQ_info_v3),
	 decode_nfqueue},
	{"NOTRACK", 0, XT_FAMILY_BOTH, XT_TARGET_CT, 0, decode_notrack},
	{"REDIRECT", 0, XT_FAMILY_V4, XT_TARGET_REDIRECT, NAT_4_SIZE, decode_nat_4},
	{"REDIRECT", 0, XT_FAMILY_V6, XT_TARGET_REDIRECT, NAT_RANGE_SIZE, decode_nat_range},
	{"REJECT", 0, XT_FAMILY_V4, XT_TARGET_REJECT, sizeof(struct ipt_reject_info),
	 decode_reject_4},
	{"REJECT", 0, XT_FAMILY_V6, XT_TARGET_REJECT, sizeof(struct ip6t_reject_info),
	 decode_reject_6},
	{"SET", 1, XT_FAMILY_BOTH, XT_TARGET_SET, sizeof(struct xt_set_info_target_v1),
	 decode_set_1},
	{"SET", 2, XT_FAMILY_BOTH, XT_TARGET_SET, sizeof(struct xt_set_info_target_v2),
	 decode_set_2},
	{"SET", 3, XT_FAMILY_BOTH, XT_TARGET_SET, sizeof(struct xt_set_info_target_v3),
	 decode_set_3},
	{"SNAT", 0, XT_FAMILY_V4, XT_TARGET_SNAT, NAT_4_SIZE, decode_nat_4},
	{"SNAT", 1, XT_FAMILY_BOTH, XT_TARGET_SNAT, NAT_RANGE_SIZE, decode_nat_range},
	{"SNAT", 2, XT_FAMILY_BOTH, XT_TARGET_SNAT, NAT_RANGE2_SIZE, decode_nat_range2},
	{"TCPMSS", 0, XT_FAMILY_BOTH, XT_TARGET_TCPMSS, sizeof(uint16_t), decode_tcpmss},
};

bool xt_target_decode(const char *name, uint32_t revision, struct bytes info, uint8_t family,
		      struct xt_extension *ret)
{
	*ret = (struct xt_extension){.family = family};
	return xt_layout_decode(targets, ARRAY_SIZE(targets), name, revision, info, ret);
}
