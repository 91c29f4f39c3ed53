/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct ipset;
struct recent_list;

/*
 * The firewall as a value: one consistent nf_tables ruleset, decoded. It is immutable once parsed
 * and lives in one arena. What the decoder did not understand is kept and marked `opaque`, never
 * skipped: the evaluator answers "unknown" there.
 *
 * Names, numbers and flags are those of <linux/netfilter/nf_tables.h>.
 */

/* Bytes that belong to the ruleset's arena. */
struct bytes {
	const uint8_t *data;
	size_t length;
};

/*
 * A register as a byte offset into the 64 bytes of data registers: NFT_REG_1 and NFT_REG32_00 are
 * both 0 (nft_parse_register() in the kernel folds them in the same way), NFT_REG_2 is 16.
 */
enum { REGISTER_BYTES = 64, REGISTER_VERDICT = -1, REGISTER_NONE = -2 };

enum verdict_code {
	VERDICT_CONTINUE = -1,
	VERDICT_BREAK = -2,
	VERDICT_JUMP = -3,
	VERDICT_GOTO = -4,
	VERDICT_RETURN = -5,
	VERDICT_DROP = 0,
	VERDICT_ACCEPT = 1,
	VERDICT_STOLEN = 2,
	VERDICT_QUEUE = 3,
};

struct verdict {
	int code;             /* enum verdict_code, without the high bits of NF_QUEUE */
	const char *chain;    /* target of jump and goto as named in the dump */
	struct chain *target; /* resolved; NULL when the dump has no such chain (then: unknown) */
};

/* What a register, a set element or an immediate can hold. */
struct data {
	bool is_verdict;
	struct verdict verdict;
	struct bytes value;
};

enum expr_kind {
	EXPR_UNKNOWN, /* a name this program has never heard of */
	EXPR_BITWISE,
	EXPR_BYTEORDER,
	EXPR_CMP,
	EXPR_CONNLIMIT,
	EXPR_COUNTER,
	EXPR_CT,
	EXPR_CT_SET,
	EXPR_DUP,
	EXPR_DYNSET,
	EXPR_EXTHDR,
	EXPR_FIB,
	EXPR_FLOW_OFFLOAD,
	EXPR_FWD,
	EXPR_HASH,
	EXPR_IMMEDIATE,
	EXPR_INNER,
	EXPR_LAST,
	EXPR_LIMIT,
	EXPR_LOG,
	EXPR_LOOKUP,
	EXPR_MASQ,
	EXPR_META,
	EXPR_META_SET,
	EXPR_NAT,
	EXPR_NOTRACK,
	EXPR_NUMGEN,
	EXPR_OBJREF,
	EXPR_OSF,
	EXPR_PAYLOAD,
	EXPR_PAYLOAD_SET,
	EXPR_QUEUE,
	EXPR_QUOTA,
	EXPR_RANGE,
	EXPR_REDIR,
	EXPR_REJECT,
	EXPR_RT,
	EXPR_SOCKET,
	EXPR_SYNPROXY,
	EXPR_TPROXY,
	EXPR_TUNNEL,
	EXPR_XFRM,
	EXPR_XT_MATCH,
	EXPR_XT_TARGET,
	EXPR_KINDS,
};

/*
 * One expression of a rule. @opaque: an attribute was present that the decoder does not know (or
 * one was missing or malformed); @kind and @name still say what it is, the union is not complete.
 * Registers are byte offsets as above; keys, operators and flags are the kernel's numbers. Unless
 * @opaque, the registers that have to be there are, and what is read or written by the length that
 * an expression or its set gives lies within the REGISTER_BYTES; lengths that follow from a key
 * (meta, ct, fib) are not looked at. Sets, objects and chains that are not in the dump are NULL
 * behind their names (then: unknown).
 */
struct expr {
	enum expr_kind kind;
	bool opaque;
	const char *name; /* the kernel's name: "cmp", "match", … */
	struct bytes raw; /* NFTA_EXPR_DATA as dumped */
	union {
		struct {
			int dreg;
			struct data data;
		} immediate;
		struct {
			int sreg;
			uint32_t op;
			struct bytes value;
		} cmp; /* NFT_CMP_* */
		struct {
			int sreg;
			uint32_t op;
			struct bytes from, to;
		} range; /* NFT_RANGE_* */
		struct {
			int dreg;
			uint32_t base, offset, length;
		} payload; /* NFT_PAYLOAD_* */
		struct {
			int sreg;
			uint32_t base, offset, length, csum_type, csum_offset, csum_flags;
		} payload_set;
		struct {
			int reg;
			uint32_t key;
		} meta; /* NFT_META_*, get and set */
		struct {
			int reg;
			uint32_t key;
			int direction; /* -1: none given */
		} ct;                  /* NFT_CT_*, get and set */
		struct {
			int sreg, sreg2, dreg;
			uint32_t op, length;
			struct bytes mask, xor, shift;
		} bitwise;
		struct {
			int sreg, dreg;
			uint32_t op, length, size;
		} byteorder; /* NFT_BYTEORDER_* */
		struct {
			int sreg, dreg;
			struct set *set;
			const char *set_name;
			bool invert;
		} lookup;
		struct {
			int dreg;
			uint32_t result, flags;
		} fib; /* NFT_FIB_RESULT_*, NFTA_FIB_F_* */
		struct {
			int dreg;
			uint32_t key;
		} rt; /* NFT_RT_* */
		struct {
			int dreg;
			uint32_t key, level;
		} socket; /* NFT_SOCKET_* */
		struct {
			uint64_t bytes, packets;
		} counter;
		struct {
			uint64_t rate, unit;
			uint32_t burst, type;
			bool over;
		} limit;
		struct {
			uint64_t bytes, consumed;
			bool over;
		} quota;
		struct {
			uint64_t msecs; /* since it was last reached */
			uint32_t set;   /* 0: never reached */
		} last;
		struct {
			uint32_t count;
			bool over;
		} connlimit;
		struct {
			const char *prefix;
			int group, level;
			uint32_t flags, snaplen, threshold;
			bool has_group, has_snaplen;
		} log; /* without a group: syslog, NFT_LOGLEVEL_* */
		struct {
			uint32_t type, icmp_code;
		} reject; /* NFT_REJECT_* */
		struct {
			uint32_t type, family, flags;
			int addr_min, addr_max, proto_min, proto_max;
		} nat; /* NFT_NAT_*; also masq, redir */
		struct {
			uint32_t op;
			int sreg_key, sreg_data;
			uint64_t timeout;
			struct set *set;
			const char *set_name;
			bool invert;
			struct expr *exprs;
			size_t n_exprs;
		} dynset;
		struct {
			struct object *object;
			uint32_t type;
			const char *name;
			int sreg;
			struct set *set;
			const char *set_name;
		} objref;
		struct {
			int dreg;
			uint32_t type, modulus, offset;
		} numgen;
		struct {
			int sreg, dreg;
			uint32_t type, length, modulus, seed, offset;
			bool has_seed; /* else the kernel took a random one */
		} hash;
		struct {
			int dreg, sreg;
			uint32_t op, type, offset, length, flags;
		} exthdr;
		struct {
			uint32_t num, total, flags;
			int sreg;
		} queue;
		struct {
			int sreg_addr, sreg_dev;
			uint32_t family; /* of fwd */
		} dup;                   /* dup and fwd */
		struct {
			const char *table;
		} flow_offload;
		struct {
			uint32_t mss, wscale, flags;
		} synproxy;
		struct {
			int dreg;
			uint32_t key, mode;
		} tunnel;
		struct {
			int dreg;
			uint32_t key, direction, index;
		} xfrm;
		struct {
			uint32_t num, type, flags, header_size;
			struct expr *exprs; /* one: the payload or meta load */
			size_t n_exprs;
		} inner;
		struct {
			uint32_t family;
			int reg_addr, reg_port;
		} tproxy;
		struct {
			int dreg;
			uint32_t ttl, flags;
		} osf;
		struct {
			const char *name;
			uint32_t revision;
			struct bytes info;
			/*
			 * The sets that "set" names, or "SET" to add to, delete from and map by;
			 * the list of "recent". NULL for none and for what was not read.
			 */
			union {
				const struct ipset *ipsets[3];
				const struct recent_list *recent;
			};
		} xt; /* match and target */
	};
};

struct rule {
	struct chain *chain;
	uint64_t handle;   /* 0 in legacy tables, which have none */
	unsigned position; /* in its chain, from 1 */
	struct expr *exprs;
	size_t n_exprs;
	const char *comment; /* from the rule's user data, NULL if none; printable bytes only */
	bool opaque;         /* something of the rule itself was not understood */
};

struct base_hook {
	uint32_t hook; /* NF_INET_* of <linux/netfilter.h>, NF_NETDEV_* for family netdev */
	int32_t priority;
	const char *type;     /* "filter", "nat", "route" */
	int policy;           /* VERDICT_ACCEPT or VERDICT_DROP */
	const char **devices; /* netdev and inet ingress/egress */
	size_t n_devices;
	const char **device_prefixes; /* "eth" for a hook on "eth*" (kernel 6.16 and newer) */
	size_t n_device_prefixes;
};

struct chain {
	struct table *table;
	const char *name;
	uint64_t handle;
	struct base_hook *base; /* NULL for a chain that is only jumped to */
	uint32_t flags;         /* NFT_CHAIN_* */
	unsigned
		order; /* place in the dump; of two base chains of equal priority the later runs first */
	bool has_counters;
	uint64_t packets, bytes; /* of the policy, where counted */
	struct rule **rules;
	size_t n_rules;
	uint64_t kinds; /* the kinds of expressions in its rules, 1 << enum expr_kind */
	bool opaque;
};

_Static_assert(EXPR_KINDS <= 64, "struct chain's kinds");

enum set_element_flags { ELEMENT_INTERVAL_END = 1, ELEMENT_CATCH_ALL = 2 }; /* NFT_SET_ELEM_* */

struct set_element {
	struct bytes key, key_end; /* key_end only in concatenations with intervals (pipapo) */
	struct data data;          /* of a map */
	const char *object;        /* of an object map: its name */
	uint32_t flags;
	uint64_t timeout_ms, expires_ms; /* 0: none */
	struct expr *exprs;              /* evaluated on a hit: counter, limit, … */
	size_t n_exprs;
	const char *comment;
	bool opaque;
	bool absent; /* the set was asked for this key and has it not; only in incomplete sets */
};

struct set {
	struct table *table;
	const char *name;
	uint64_t handle;
	uint32_t id;    /* only of sets not yet committed; 0 in a dump */
	uint32_t flags; /* NFT_SET_* */
	uint32_t key_type, key_length, data_type, data_length, object_type;
	uint8_t field_lengths[16]; /* of a concatenation, bytes, unpadded */
	size_t n_fields;           /* 0: no concatenation given */
	uint32_t size;             /* the most elements that it may hold; 0: not given */
	struct expr *exprs;        /* set-wide, given to each new element */
	size_t n_exprs;
	const char *comment;
	struct bytes userdata;        /* nft's notes: byte order and type of key and data */
	struct set_element *elements; /* order of the dump */
	size_t n_elements;
	bool opaque;
	bool incomplete; /* not all elements were read: those of it are answers, one for a key */
};

struct object {
	struct table *table;
	const char *name;
	uint32_t type; /* NFT_OBJECT_* */
	uint64_t handle;
	struct expr
		body; /* the matching expression: counter, quota, limit …; EXPR_UNKNOWN otherwise */
};

/* Who holds a table: two of the same family and name may stand side by side. */
enum table_backend {
	TABLE_NFT,
	TABLE_LEGACY, /* x_tables, what iptables-legacy shows; see legacy.h */
};

struct table {
	const char *name;
	uint8_t family; /* NFPROTO_* */
	enum table_backend backend;
	uint32_t flags; /* NFT_TABLE_F_*; dormant tables (1) have no hooks registered */
	uint64_t handle;
	struct chain **chains;
	size_t n_chains;
	struct set **sets;
	size_t n_sets;
	struct object **objects;
	size_t n_objects;
	struct chain **chains_by_name; /* sorted, for table_chain(); NULL: searched one by one */
	struct set **sets_by_name;
	bool opaque;
};

struct ruleset {
	struct arena *arena;
	uint32_t generation;
	struct table **tables; /* order of the dump, oldest first; legacy ones last */
	size_t n_tables;
	struct ipset **ipsets; /* see ipset.h */
	size_t n_ipsets;
};

/* Lookup by name; NULL when there is none. ruleset_table() knows the tables of nf_tables only. */
struct table *ruleset_table(const struct ruleset *ruleset, uint8_t family, const char *name);
struct table *ruleset_backend_table(const struct ruleset *ruleset, enum table_backend backend,
				    uint8_t family, const char *name);
struct chain *table_chain(const struct table *table, const char *name);
struct set *table_set(const struct table *table, const char *name);
struct object *table_object(const struct table *table, const char *name, uint32_t type);

/*
 * Calls @visit for each expression of each rule until it returns true; true if it did. Expressions
 * inside others are not visited.
 */
typedef bool expr_visitor(struct expr *expr, const struct table *table, void *data);
bool ruleset_visit_exprs(const struct ruleset *ruleset, expr_visitor *visit, void *data);

/* "ip", "ip6", "inet", "netdev", "bridge", "arp"; "?" for others. */
const char *family_name(uint8_t family);

#endif
