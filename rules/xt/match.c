/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/decode.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6t_rt.h>
#include <string.h>

#include "base/cleanup.h"
#include "rules/xt/conntrack.h"
#include "rules/xt/set.h"

static bool decode_addrtype_0(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_addrtype_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->addrtype = (struct xt_addrtype){
		.source = raw.source,
		.dest = raw.dest,
		.invert_source = raw.invert_source,
		.invert_dest = raw.invert_dest,
	};
	return true;
}

static bool decode_addrtype_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_addrtype_info_v1 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->addrtype = (struct xt_addrtype){
		.source = raw.source,
		.dest = raw.dest,
		.invert_source = raw.flags & XT_ADDRTYPE_INVERT_SOURCE,
		.invert_dest = raw.flags & XT_ADDRTYPE_INVERT_DEST,
		.limit_iface_in = raw.flags & XT_ADDRTYPE_LIMIT_IFACE_IN,
		.limit_iface_out = raw.flags & XT_ADDRTYPE_LIMIT_IFACE_OUT,
	};
	return true;
}

static bool decode_comment(const uint8_t *info, struct xt_extension *ret)
{
	xt_string(ret->text, (const char *)info, XT_MAX_COMMENT_LEN - 1);
	return true;
}

static bool decode_mark(const uint8_t *info, struct xt_extension *ret)
{
	/* xt_connmark_mtinfo1 is the same structure. */
	struct xt_mark_mtinfo1 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->mark = (struct xt_mark){.value = raw.mark, .mask = raw.mask, .invert = raw.invert};
	return true;
}

static bool decode_hl(const uint8_t *info, struct xt_extension *ret)
{
	/* ip6t_hl_info is the same structure with the same modes. */
	struct ipt_ttl_info raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.mode > IPT_TTL_GT)
		return false;
	ret->hl = (struct xt_hl){.mode = (enum xt_hl_mode)raw.mode, .value = raw.ttl};
	return true;
}

static bool decode_icmp(const uint8_t *info, struct xt_extension *ret)
{
	/* ip6t_icmp is the same structure. */
	struct ipt_icmp raw;

	memcpy(&raw, info, sizeof(raw));
	ret->icmp = (struct xt_icmp){
		.type = raw.type,
		.code_min = raw.code[0],
		.code_max = raw.code[1],
		.invert = raw.invflags & IPT_ICMP_INV,
	};
	return true;
}

static bool decode_iprange(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_iprange_mtinfo raw;

	memcpy(&raw, info, sizeof(raw));
	ret->iprange = (struct xt_iprange){
		.has_source = raw.flags & IPRANGE_SRC,
		.has_dest = raw.flags & IPRANGE_DST,
		.invert_source = raw.flags & IPRANGE_SRC_INV,
		.invert_dest = raw.flags & IPRANGE_DST_INV,
		.source_min = xt_address(ret, &raw.src_min),
		.source_max = xt_address(ret, &raw.src_max),
		.dest_min = xt_address(ret, &raw.dst_min),
		.dest_max = xt_address(ret, &raw.dst_max),
	};
	return true;
}

static bool decode_length(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_length_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->length = (struct xt_length){.min = raw.min, .max = raw.max, .invert = raw.invert};
	return true;
}

static bool decode_limit(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_rateinfo raw;

	memcpy(&raw, info, offsetof(struct xt_rateinfo, prev));
	ret->limit = (struct xt_limit){.average = raw.avg, .burst = raw.burst};
	return true;
}

static bool decode_mac(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_mac_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->mac.invert = raw.invert;
	memcpy(ret->mac.source, raw.srcaddr, sizeof(ret->mac.source));
	return true;
}

static bool decode_multiport_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_port_list *multiport = &ret->multiport;
	struct xt_multiport_v1 raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.count > XT_MULTI_PORTS || raw.flags > XT_MULTIPORT_EITHER)
		return false;
	multiport->side = (enum xt_multiport_side)raw.flags;
	multiport->invert = raw.invert;
	for (unsigned i = 0; i < raw.count; i++) {
		struct xt_port_range *range = &multiport->ranges[multiport->n_ranges++];

		*range = (struct xt_port_range){raw.ports[i], raw.ports[i]};
		/* A flagged port begins a range whose end is the next one. */
		if (raw.pflags[i] && i + 1 < raw.count)
			range->max = raw.ports[++i];
	}
	return true;
}

static bool decode_owner(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_owner_match_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->owner = (struct xt_owner){
		.uid_min = raw.uid_min,
		.uid_max = raw.uid_max,
		.gid_min = raw.gid_min,
		.gid_max = raw.gid_max,
		.tests = raw.match,
		.inverted = raw.invert,
	};
	return !(raw.match & ~XT_OWNER_MASK);
}

static bool decode_pkttype(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_pkttype_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->pkttype = (struct xt_pkttype){.type = (uint32_t)raw.pkttype, .invert = raw.invert};
	return true;
}

static bool decode_recent_0(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_recent_mtinfo raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.check_set & ~XT_RECENT_VALID_FLAGS)
		return false;
	ret->recent = (struct xt_recent){
		.seconds = raw.seconds,
		.hit_count = raw.hit_count,
		.flags = raw.check_set,
		.invert = raw.invert,
		.by_dest = raw.side == XT_RECENT_DEST,
	};
	xt_string(ret->text, raw.name, sizeof(raw.name));
	return true;
}

static bool decode_recent_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_recent_mtinfo_v1 raw;

	/* Revision 1 is revision 0 with a mask behind it. */
	memcpy(&raw, info, sizeof(raw));
	if (!decode_recent_0(info, ret))
		return false;
	ret->recent.mask = xt_address(ret, &raw.mask);
	return true;
}

static bool decode_rpfilter(const uint8_t *info, struct xt_extension *ret)
{
	ret->rpfilter = (struct xt_rpfilter){
		.loose = info[0] & XT_RPFILTER_LOOSE,
		.valid_mark = info[0] & XT_RPFILTER_VALID_MARK,
		.accept_local = info[0] & XT_RPFILTER_ACCEPT_LOCAL,
		.invert = info[0] & XT_RPFILTER_INVERT,
	};
	return info[0] < 2 * XT_RPFILTER_INVERT;
}

static bool decode_rt(const uint8_t *info, struct xt_extension *ret)
{
	struct ip6t_rt raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.addrnr > ARRAY_SIZE(raw.addrs))
		return false;
	ret->rt = (struct xt_rt){
		.type = raw.rt_type,
		.segments_min = raw.segsleft[0],
		.segments_max = raw.segsleft[1],
		.header_length = raw.hdrlen,
		.flags = raw.flags,
		.inverted = raw.invflags,
		.n_addresses = raw.addrnr,
	};
	for (unsigned i = 0; i < raw.addrnr; i++)
		ret->rt.addresses[i] = xt_address(ret, &raw.addrs[i]);
	return true;
}

static bool decode_set(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->set = xt_set_of(&raw);
	ret->set.return_nomatch = raw.flags & IPSET_RETURN_NOMATCH;
	return ret->set.dimensions <= XT_SET_DIMENSIONS;
}

/* From revision 3 on the flags have a word of their own (set_match_v3()). */
static bool decode_set_flags(uint32_t flags, bool counters, struct xt_extension *ret)
{
	uint32_t harmless = IPSET_FLAG_RETURN_NOMATCH | IPSET_FLAG_SKIP_COUNTER_UPDATE |
			    IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE;

	ret->set.return_nomatch = flags & IPSET_FLAG_RETURN_NOMATCH;
	ret->set.keep_counters = flags & IPSET_FLAG_SKIP_COUNTER_UPDATE;
	ret->set.keep_subcounters = flags & IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE;
	ret->set.plain = !(flags & ~harmless) && !counters;
	return true;
}

static bool decode_set_3(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_match_v3 raw;

	memcpy(&raw, info, sizeof(raw));
	return decode_set(info, ret) &&
	       decode_set_flags(raw.flags, raw.packets.op || raw.bytes.op, ret);
}

static bool decode_set_4(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_set_info_match_v4 raw;

	memcpy(&raw, info, sizeof(raw));
	return decode_set(info, ret) &&
	       decode_set_flags(raw.flags, raw.packets.op || raw.bytes.op, ret);
}

static bool decode_state(const uint8_t *info, struct xt_extension *ret)
{
	uint32_t mask;

	memcpy(&mask, info, sizeof(mask));
	ret->conntrack = (struct xt_conntrack){
		.tests = XT_TEST_STATE,
		/* XT_STATE_UNTRACKED of xt_state.h is 1 << (IP_CT_NUMBER + 1). */
		.state = (uint16_t)((mask & 0x0f) | (mask & 1U << 6 ? XT_STATE_UNTRACKED : 0)),
		.from_state_match = true,
	};
	return true;
}

static bool decode_statistic(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_statistic_info raw;

	memcpy(&raw, info, offsetof(struct xt_statistic_info, master));
	if (raw.mode > XT_STATISTIC_MODE_NTH)
		return false;
	ret->statistic = (struct xt_statistic){
		.nth = raw.mode == XT_STATISTIC_MODE_NTH,
		.invert = raw.flags & XT_STATISTIC_INVERT,
	};
	if (ret->statistic.nth) {
		ret->statistic.every = raw.u.nth.every;
		ret->statistic.packet = raw.u.nth.packet;
	} else {
		ret->statistic.probability = raw.u.random.probability;
	}
	return true;
}

static bool decode_tcp(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_tcp raw;

	memcpy(&raw, info, sizeof(raw));
	ret->ports = (struct xt_ports){
		.source = {raw.spts[0], raw.spts[1]},
		.dest = {raw.dpts[0], raw.dpts[1]},
		.invert_source = raw.invflags & XT_TCP_INV_SRCPT,
		.invert_dest = raw.invflags & XT_TCP_INV_DSTPT,
		.option = raw.option,
		.flags_mask = raw.flg_mask,
		.flags_value = raw.flg_cmp,
		.invert_option = raw.invflags & XT_TCP_INV_OPTION,
		.invert_flags = raw.invflags & XT_TCP_INV_FLAGS,
	};
	return true;
}

static bool decode_udp(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_udp raw;

	memcpy(&raw, info, sizeof(raw));
	ret->ports = (struct xt_ports){
		.source = {raw.spts[0], raw.spts[1]},
		.dest = {raw.dpts[0], raw.dpts[1]},
		.invert_source = raw.invflags & XT_UDP_INV_SRCPT,
		.invert_dest = raw.invflags & XT_UDP_INV_DSTPT,
	};
	return true;
}

static const struct xt_layout matches[] = {
	{"addrtype", 0, XT_FAMILY_V4, XT_ADDRTYPE, sizeof(struct xt_addrtype_info),
	 decode_addrtype_0},
	{"addrtype", 1, XT_FAMILY_BOTH, XT_ADDRTYPE, sizeof(struct xt_addrtype_info_v1),
	 decode_addrtype_1},
	{"comment", 0, XT_FAMILY_BOTH, XT_COMMENT, XT_MAX_COMMENT_LEN, decode_comment},
	{"connmark", 1, XT_FAMILY_BOTH, XT_CONNMARK, sizeof(struct xt_connmark_mtinfo1),
	 decode_mark},
	{"conntrack", 1, XT_FAMILY_BOTH, XT_CONNTRACK, XT_CONNTRACK_1_SIZE, xt_conntrack_1},
	{"conntrack", 2, XT_FAMILY_BOTH, XT_CONNTRACK, XT_CONNTRACK_2_SIZE, xt_conntrack_2},
	{"conntrack", 3, XT_FAMILY_BOTH, XT_CONNTRACK, XT_CONNTRACK_3_SIZE, xt_conntrack_3},
	{"hl", 0, XT_FAMILY_V6, XT_HL, sizeof(struct ipt_ttl_info), decode_hl},
	{"icmp", 0, XT_FAMILY_V4, XT_ICMP, sizeof(struct ipt_icmp), decode_icmp},
	{"icmp6", 0, XT_FAMILY_V6, XT_ICMP, sizeof(struct ip6t_icmp), decode_icmp},
	{"iprange", 1, XT_FAMILY_BOTH, XT_IPRANGE, sizeof(struct xt_iprange_mtinfo),
	 decode_iprange},
	{"length", 0, XT_FAMILY_BOTH, XT_LENGTH, sizeof(struct xt_length_info), decode_length},
	{"limit", 0, XT_FAMILY_BOTH, XT_LIMIT, sizeof(struct xt_rateinfo), decode_limit},
	{"mac", 0, XT_FAMILY_BOTH, XT_MAC, sizeof(struct xt_mac_info), decode_mac},
	{"mark", 1, XT_FAMILY_BOTH, XT_MARK, sizeof(struct xt_mark_mtinfo1), decode_mark},
	{"multiport", 1, XT_FAMILY_BOTH, XT_MULTIPORT, sizeof(struct xt_multiport_v1),
	 decode_multiport_1},
	{"owner", 1, XT_FAMILY_BOTH, XT_OWNER, sizeof(struct xt_owner_match_info), decode_owner},
	{"pkttype", 0, XT_FAMILY_BOTH, XT_PKTTYPE, sizeof(struct xt_pkttype_info), decode_pkttype},
	{"recent", 0, XT_FAMILY_BOTH, XT_RECENT, sizeof(struct xt_recent_mtinfo), decode_recent_0},
	{"recent", 1, XT_FAMILY_BOTH, XT_RECENT, sizeof(struct xt_recent_mtinfo_v1),
	 decode_recent_1},
	{"rpfilter", 0, XT_FAMILY_BOTH, XT_RPFILTER, sizeof(struct xt_rpfilter_info),
	 decode_rpfilter},
	{"rt", 0, XT_FAMILY_V6, XT_RT, sizeof(struct ip6t_rt), decode_rt},
	{"set", 1, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v1), decode_set},
	{"set", 2, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v1), decode_set},
	{"set", 3, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v3), decode_set_3},
	{"set", 4, XT_FAMILY_BOTH, XT_SET_MATCH, sizeof(struct xt_set_info_match_v4), decode_set_4},
	{"state", 0, XT_FAMILY_BOTH, XT_CONNTRACK, sizeof(uint32_t), decode_state},
	{"statistic", 0, XT_FAMILY_BOTH, XT_STATISTIC, sizeof(struct xt_statistic_info),
	 decode_statistic},
	{"tcp", 0, XT_FAMILY_BOTH, XT_TCP, sizeof(struct xt_tcp), decode_tcp},
	{"ttl", 0, XT_FAMILY_V4, XT_HL, sizeof(struct ipt_ttl_info), decode_hl},
	{"udp", 0, XT_FAMILY_BOTH, XT_UDP, sizeof(struct xt_udp), decode_udp},
};

bool xt_match_decode(const char *name, uint32_t revision, struct bytes info, uint8_t family,
		     struct xt_extension *ret)
{
	*ret = (struct xt_extension){.family = family};
	return xt_layout_decode(matches, ARRAY_SIZE(matches), name, revision, info, ret);
}
