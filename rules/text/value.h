/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_VALUE_H
#define RULES_TEXT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/ruleset.h"

struct buffer;
struct host_state;

/* What a value means. The numbers are those that nft stores with a set (NFTA_SET_KEY_TYPE). */
enum data_type {
	TYPE_NONE = 0, /* bytes of unknown meaning */
	TYPE_VERDICT = 1,
	TYPE_NFPROTO = 2,
	TYPE_INTEGER = 4,
	TYPE_STRING = 5,
	TYPE_LLADDR = 6,
	TYPE_IPADDR = 7,
	TYPE_IP6ADDR = 8,
	TYPE_ETHERADDR = 9,
	TYPE_ETHERTYPE = 10,
	TYPE_ARPOP = 11,
	TYPE_PROTOCOL = 12,
	TYPE_SERVICE = 13,
	TYPE_ICMP_TYPE = 14,
	TYPE_TCP_FLAGS = 15,
	TYPE_DCCP_TYPE = 16,
	TYPE_MH_TYPE = 17,
	TYPE_TIME = 18,
	TYPE_MARK = 19,
	TYPE_IFINDEX = 20,
	TYPE_ARPHRD = 21,
	TYPE_REALM = 22,
	TYPE_CLASSID = 23,
	TYPE_UID = 24,
	TYPE_GID = 25,
	TYPE_CT_STATE = 26,
	TYPE_CT_DIR = 27,
	TYPE_CT_STATUS = 28,
	TYPE_ICMP6_TYPE = 29,
	TYPE_CT_LABEL = 30,
	TYPE_PKTTYPE = 31,
	TYPE_ICMP_CODE = 32,
	TYPE_ICMP6_CODE = 33,
	TYPE_ICMPX_CODE = 34,
	TYPE_DEVGROUP = 35,
	TYPE_DSCP = 36,
	TYPE_ECN = 37,
	TYPE_FIB_ADDR = 38,
	TYPE_BOOLEAN = 39,
	TYPE_CT_EVENT = 40,
	TYPE_IFNAME = 41,
	TYPE_IGMP_TYPE = 42,
	TYPE_TIME_DATE = 43,
	TYPE_TIME_HOUR = 44,
	TYPE_TIME_DAY = 45,
	TYPE_CGROUPV2 = 46,
};

/* @bits 0: as many as the register value has. */
struct value_type {
	enum data_type type;
	bool host_order;
	unsigned bits;
	unsigned
		shift; /* in sets whose keys are fields like dscp: bits to the right of the field */
};

enum { VALUE_BYTES_MAX = 64 };

/* A value with its most significant byte first; strings as they are. */
struct value {
	uint8_t bytes[VALUE_BYTES_MAX];
	size_t length;
};

struct value value_of(const struct value_type *type, struct bytes bytes);
bool value_is_zero(const struct value *value);
/* The last eight bytes as a number. */
uint64_t value_number(const struct value *value);
struct value value_shift_right(const struct value *value, unsigned bits);

/* Bits of a mask like 255.255.0.0, or -1 if its ones are not the leading bits. */
int value_prefix(const struct value *mask);
/* Bits in common if @from and @to are the first and last of a prefix, else -1. */
int value_range_prefix(const struct value *from, const struct value *to);

/* True for types whose values are sets of named bits. */
bool type_is_bitmask(enum data_type type);
/* True for types of which nft writes prefixes: addresses, marks, groups. */
bool type_has_prefix(enum data_type type);
bool type_is_string(enum data_type type);

/* @host names interfaces given by their index; NULL: they stay numbers, but for lo. */
void value_text(struct buffer *out, const struct host_state *host, enum data_type type,
		const struct value *value);
/* "from-to"; the ends of a range are numbers, not names ("33-44", not "dccp-ipv6-frag"). */
void value_range_text(struct buffer *out, const struct host_state *host, enum data_type type,
		      const struct value *from, const struct value *to);
/* The names of the bits with @separator between: "fin | syn", "established,related". */
void value_flags_text(struct buffer *out, enum data_type type, uint64_t bits,
		      const char *separator);
/* Milliseconds as nft writes them: "1d2h", "300ms". */
void duration_text(struct buffer *out, uint64_t milliseconds);

#endif
