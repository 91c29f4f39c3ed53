/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_H
#define RULES_XT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "rules/ruleset.h"

/*
 * The matches and targets of x_tables that iptables-nft (and legacy iptables) puts into rules as
 * opaque blobs, decoded into fields. Revisions of one extension that mean the same are folded into
 * one form. Layouts: <linux/netfilter/xt_*.h>, <linux/netfilter_ipv4/ipt_*.h>,
 * <linux/netfilter_ipv6/ip6t_*.h>. Ports, marks, counts and flags are in host order, addresses are
 * `struct address` (network order bytes).
 */
enum xt_kind {
	XT_UNKNOWN, /* name, revision or size is none that we know: the answer is "unknown" */
	XT_OTHER,   /* known, but nobody outside of rules/xt/ looks at its fields */
	/* matches */
	XT_ADDRTYPE,
	XT_COMMENT,
	XT_CONNMARK,
	XT_CONNTRACK, /* also the old "state" match */
	XT_HL,        /* hl (IPv6) and ttl (IPv4) */
	XT_ICMP,      /* icmp and icmp6 */
	XT_IPRANGE,
	XT_LENGTH,
	XT_LIMIT,
	XT_MAC,
	XT_MARK,
	XT_MULTIPORT,
	XT_OWNER,
	XT_PKTTYPE,
	XT_RECENT,
	XT_RPFILTER,
	XT_RT,
	XT_SET_MATCH,
	XT_STATISTIC,
	XT_TCP,
	XT_UDP,
	/* targets */
	XT_TARGET_CONNMARK,
	XT_TARGET_CT, /* also NOTRACK */
	XT_TARGET_DNAT,
	XT_TARGET_LOG,
	XT_TARGET_MARK,
	XT_TARGET_MASQUERADE,
	XT_TARGET_NETMAP,
	XT_TARGET_NFLOG,
	XT_TARGET_NFQUEUE,
	XT_TARGET_REDIRECT,
	XT_TARGET_REJECT,
	XT_TARGET_SET,
	XT_TARGET_SNAT,
	XT_TARGET_TCPMSS,
	XT_KINDS,
};

/* The bits of xt_conntrack_mtinfo.match_flags and .invert_flags (XT_CONNTRACK_*). */
enum xt_conntrack_test {
	XT_TEST_STATE = 1 << 0,
	XT_TEST_PROTO = 1 << 1,
	XT_TEST_ORIG_SRC = 1 << 2,
	XT_TEST_ORIG_DST = 1 << 3,
	XT_TEST_REPL_SRC = 1 << 4,
	XT_TEST_REPL_DST = 1 << 5,
	XT_TEST_STATUS = 1 << 6,
	XT_TEST_EXPIRES = 1 << 7,
	XT_TEST_ORIG_SRC_PORT = 1 << 8,
	XT_TEST_ORIG_DST_PORT = 1 << 9,
	XT_TEST_REPL_SRC_PORT = 1 << 10,
	XT_TEST_REPL_DST_PORT = 1 << 11,
	XT_TEST_DIRECTION = 1 << 12, /* not inverted: original direction; inverted: reply */
	XT_TEST_STATE_ALIAS = 1 << 13,
};

/*
 * State bits. The first four are those of `ct state` in nf_tables; the packet's bit, with SNAT or
 * DNAT added when the connection is translated, is tested against the mask (conntrack_mt()).
 */
enum xt_conntrack_state {
	XT_STATE_INVALID = 1 << 0,
	XT_STATE_ESTABLISHED = 1 << 1,
	XT_STATE_RELATED = 1 << 2,
	XT_STATE_NEW = 1 << 3,
	XT_STATE_SNAT = 1 << 6,
	XT_STATE_DNAT = 1 << 7,
	XT_STATE_UNTRACKED = 1 << 8,
};

struct xt_masked {
	struct address address, mask;
};

struct xt_port_range {
	uint16_t min, max; /* both included */
};

enum { XT_MULTIPORT_MAX = 15, XT_NAME_SIZE = 256, XT_SET_DIMENSIONS = 6 };

struct xt_conntrack {
	uint16_t tests, inverted; /* enum xt_conntrack_test */
	uint16_t state, status;   /* enum xt_conntrack_state; IPS_* bits */
	uint16_t l4proto;
	uint32_t expires_min, expires_max; /* seconds */
	struct xt_masked orig_src, orig_dst, repl_src, repl_dst;
	struct xt_port_range orig_src_port, orig_dst_port, repl_src_port, repl_dst_port;
	bool from_state_match; /* "state", which tests nothing else */
};

struct xt_addrtype {
	uint16_t source, dest; /* bits 1 << RTN_*; 0: not tested */
	bool invert_source, invert_dest;
	bool limit_iface_in, limit_iface_out; /* revision 1 */
};

struct xt_ports {
	struct xt_port_range source, dest; /* 0..65535 when not tested */
	bool invert_source, invert_dest;
	/* of tcp only */
	uint8_t option; /* a TCP option that must be there, 0: not tested */
	uint8_t flags_mask, flags_value;
	bool invert_option, invert_flags;
};

struct xt_icmp {
	uint8_t type; /* 255 with codes 0..255: any, in IPv4 only */
	uint8_t code_min, code_max;
	bool invert;
};

enum xt_multiport_side { XT_SIDE_SOURCE, XT_SIDE_DEST, XT_SIDE_EITHER };

struct xt_port_list {
	enum xt_multiport_side side;
	struct xt_port_range ranges[XT_MULTIPORT_MAX];
	unsigned n_ranges;
	bool invert;
};

struct xt_limit {
	uint32_t average; /* ten-thousandths of a second for each packet */
	uint32_t burst;
};

enum xt_recent_flags {
	XT_RECENT_RCHECK = 1 << 0,
	XT_RECENT_ADD = 1 << 1,    /* --set */
	XT_RECENT_TOUCH = 1 << 2,  /* --update */
	XT_RECENT_DELETE = 1 << 3, /* --remove */
	XT_RECENT_SAME_TTL = 1 << 4,
	XT_RECENT_PURGE = 1 << 5, /* --reap */
};

struct xt_recent {
	uint32_t seconds, hit_count;
	uint8_t flags; /* enum xt_recent_flags */
	bool invert, by_dest;
	struct address mask; /* AF_UNSPEC for revision 0 */
};

enum xt_hl_mode { XT_HL_EQUAL, XT_HL_NOT_EQUAL, XT_HL_LESS, XT_HL_GREATER };

struct xt_hl {
	enum xt_hl_mode mode;
	uint8_t value;
};

/* The routing header of IPv6. Bits of flags and inverted: IP6T_RT_* of ip6t_rt.h. */
struct xt_rt {
	uint32_t type, segments_min, segments_max, header_length;
	uint8_t flags, inverted;
	unsigned n_addresses;
	struct address addresses[16];
};

/* mark and connmark: (mark & mask) == value. */
struct xt_mark {
	uint32_t value, mask;
	bool invert;
};

struct xt_pkttype {
	uint32_t type; /* PACKET_* */
	bool invert;
};

struct xt_mac {
	uint8_t source[6];
	bool invert;
};

struct xt_iprange {
	bool has_source, has_dest, invert_source, invert_dest;
	struct address source_min, source_max, dest_min, dest_max; /* both ends included */
};

struct xt_owner {
	uint32_t uid_min, uid_max, gid_min, gid_max;
	uint8_t tests, inverted; /* 1 uid, 2 gid, 4 socket exists, 8 supplementary groups count */
};

struct xt_length {
	uint16_t min, max; /* of the network layer, header included */
	bool invert;
};

struct xt_rpfilter {
	bool loose, valid_mark, accept_local, invert;
};

/* An ipset, which rules name by its index (IPSET_CMD_GET_BYINDEX tells the name). */
struct xt_set_match {
	uint16_t index;
	uint8_t dimensions;
	uint8_t sources; /* bit n - 1: the nth dimension is taken from the source */
	bool invert;
	bool return_nomatch;                  /* exceptions match, and other elements do not */
	bool keep_counters, keep_subcounters; /* a hit is not counted */
	bool plain;                           /* nothing but membership is tested: no counters */
};

enum { XT_NO_SET = 65535 };

/* index XT_NO_SET: nothing to do. Bits of flags: IPSET_FLAG_* of ip_set.h. */
struct xt_set_target {
	struct xt_set_match add, del, map;
	uint32_t flags, timeout; /* timeout UINT32_MAX: none given */
};

struct xt_statistic {
	bool nth, invert;
	uint32_t probability;   /* of 0x80000000 */
	uint32_t every, packet; /* every counts from 0 */
	uint32_t count;         /* where the kernel's counter begins */
};

struct xt_reject {
	bool tcp_reset;
	bool echo_reply;   /* never sent by today's kernels */
	uint8_t icmp_code; /* of "destination unreachable" in the rule's family */
	uint32_t with;     /* the number of ipt_REJECT.h or ip6t_REJECT.h */
};

struct xt_log {
	uint8_t level, flags; /* syslog level; XT_LOG_* bits */
};

struct xt_nflog {
	uint16_t group, threshold;
	uint32_t length;
	bool has_length;
};

struct xt_nfqueue {
	uint16_t first, total;
	bool bypass, cpu_fanout;
};

/* mark = (mark & ~mask) ^ value */
struct xt_set_mark {
	uint32_t value, mask;
};

enum xt_connmark_mode { XT_CONNMARK_MODE_SET, XT_CONNMARK_MODE_SAVE, XT_CONNMARK_MODE_RESTORE };

struct xt_set_connmark {
	enum xt_connmark_mode mode;
	uint32_t ct_mark, ct_mask, packet_mask;
	uint8_t shift_bits; /* revision 2 */
	bool shift_right;
};

struct xt_ct {
	uint16_t flags; /* XT_CT_* of xt_CT.h; 1: do not track */
	uint16_t zone;
	uint32_t ct_events, expect_events;
	char helper[17], timeout[33];
	bool from_notrack; /* the old NOTRACK target */
};

/* Flags: NF_NAT_RANGE_* of nf_nat.h; without MAP_IPS the addresses are AF_UNSPEC. */
struct xt_nat {
	uint32_t flags;
	struct address address_min, address_max;
	uint16_t port_min, port_max, port_base; /* when PROTO_SPECIFIED; base with PROTO_OFFSET */
};

struct xt_type;

struct xt_extension {
	enum xt_kind kind;
	const struct xt_type *type; /* for rules/xt/ */
	struct bytes info;          /* the blob itself */
	const struct expr *expr;    /* that it is of: sets and lists hang there; NULL: not said */
	uint8_t family;             /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	char text[XT_NAME_SIZE];    /* comment, recent's list, prefix of LOG and NFLOG */
	union {
		struct xt_addrtype addrtype;
		struct xt_mark mark; /* XT_MARK and XT_CONNMARK */
		struct xt_conntrack conntrack;
		struct xt_hl hl;
		struct xt_icmp icmp;
		struct xt_iprange iprange;
		struct xt_length length;
		struct xt_limit limit;
		struct xt_mac mac;
		struct xt_port_list multiport;
		struct xt_owner owner;
		struct xt_pkttype pkttype;
		struct xt_recent recent;
		struct xt_rpfilter rpfilter;
		struct xt_rt rt;
		struct xt_set_match set;
		struct xt_set_target set_target;
		struct xt_statistic statistic;
		struct xt_ports ports; /* XT_TCP and XT_UDP */
		struct xt_set_connmark set_connmark;
		struct xt_ct ct;
		struct xt_log log;
		struct xt_nflog nflog;
		struct xt_nfqueue nfqueue;
		struct xt_set_mark set_mark;
		struct xt_nat nat; /* XT_TARGET_DNAT, _MASQUERADE, _NETMAP, … */
		struct xt_reject reject;
		uint16_t tcpmss; /* 65535: clamp to the path's */
	};
};

/*
 * Decodes the blob of a match or a target as the rule of a table of @family (NFPROTO_IPV4 or
 * NFPROTO_IPV6; in others, of which only ebtables and arptables have extensions, the same names mean
 * other structures) holds it. The kernel pads blobs to eight bytes, so that @info may be longer than
 * the structure; shorter is unknown. @ret points to @info.
 *
 * Returns false, with @ret->kind XT_UNKNOWN, for what is not known.
 */
bool xt_match_decode(const char *name, uint32_t revision, struct bytes info, uint8_t family,
		     struct xt_extension *ret);
bool xt_target_decode(const char *name, uint32_t revision, struct bytes info, uint8_t family,
		      struct xt_extension *ret);

#endif
