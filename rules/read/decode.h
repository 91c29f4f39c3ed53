/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_READ_DECODE_H
#define RULES_READ_DECODE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/ruleset.h"

/*
 * Netlink attributes into structs, by table: the inside of parse.h.
 *
 * Every nest of the dump is described by an array of struct field. An attribute that is not in the
 * array, one that is needed and absent, one whose length is wrong, and bytes left over at the end
 * all have the same consequence: decode() returns false and the owner is marked opaque. Everything
 * that could be read is filled in nevertheless.
 */
struct parser {
	struct arena *arena;
	struct ruleset *ruleset;
	struct table *table; /* where the names of chains, sets and objects are looked up */
	uint8_t family;      /* of the message being read */
	unsigned n_chains;   /* so far, in all tables */
	unsigned depth;      /* of expressions inside expressions */
};

/* Reads @attr into the member at @at; false if it is malformed. */
typedef bool reader(struct parser *parser, const struct nlattr *attr, void *at);

struct field {
	uint16_t type; /* NFTA_… */
	bool needed;
	reader *read;
	size_t offset; /* of the member in the struct that decode() fills */
};

/*
 * Fills @into from @length bytes of attributes at @attrs. Register members are set to REGISTER_NONE
 * and those of read_u8_or_none() to -1 first; the rest is left as it was.
 */
bool decode(struct parser *parser, const void *attrs, size_t length, const struct field *fields,
	    size_t n_fields, void *into);
bool decode_nest(struct parser *parser, const struct nlattr *nest, const struct field *fields,
		 size_t n_fields, void *into);

/*
 * Walks a nest: sets *@attr to its first attribute (if NULL) or to the next one; false at the end.
 * *@whole becomes false when bytes are left over that are no attribute.
 */
bool next_attr(const struct nlattr *nest, const struct nlattr **attr, bool *whole);

/* The first attribute of @type in @nest, or NULL. */
const struct nlattr *find_attr(const struct nlattr *nest, uint16_t type);

/* Readers; the member's type in brackets. Numbers on the wire are big-endian. */
reader read_nothing;     /* known and of no interest */
reader read_u8;          /* uint32_t, from 8 bits */
reader read_u8_or_none;  /* int, from 8 bits, -1 when absent */
reader read_u16;         /* uint32_t, from 16 bits */
reader read_u32;         /* uint32_t */
reader read_i32;         /* int32_t */
reader read_u64;         /* uint64_t */
reader read_set_if_bit0; /* bool: bit 0 of 32, "inverted" with all expressions that have it */
reader read_register;    /* int, byte offset, see ruleset.h */
reader read_string;      /* const char * */
reader read_bytes;       /* struct bytes */
reader read_data;        /* struct data, from a nest of NFTA_DATA_VALUE or NFTA_DATA_VERDICT */
reader read_value;       /* struct bytes, from a nest of NFTA_DATA_VALUE */

/* The expressions of a list (NFTA_LIST_ELEM each), and a single one as a list of one. */
bool read_expr_list(struct parser *parser, const struct nlattr *attr, struct expr **ret_exprs,
		    size_t *ret_n);
bool read_one_expr(struct parser *parser, const struct nlattr *attr, struct expr **ret_exprs,
		   size_t *ret_n);

/* The data of an expression whose name is known from elsewhere; objects are such. */
void decode_expr(struct parser *parser, const char *name, const struct nlattr *data,
		 struct expr *into);

/*
 * The comment in a blob of user data, NULL if there is none; @type is its number there, which
 * differs between rules, sets and elements. User data is a row of (type, length, bytes) that nft
 * and iptables-nft write and the kernel only keeps. Bytes that a terminal would act on become '?'.
 */
const char *userdata_comment(struct parser *parser, const struct bytes *userdata, uint8_t type);

/* Appends to a growing array of pointers in the arena. */
void append_pointer(struct arena *arena, void *array, size_t *count, void *pointer);

/* The NEWSET and NEWSETELEM messages: payload after struct nfgenmsg; false if it has no place. */
bool parse_set(struct parser *parser, const struct nlattr *attrs, size_t length, uint8_t family);
bool count_elements(struct parser *parser, const struct nlattr *attrs, size_t length,
		    uint8_t family);
bool parse_question(struct parser *parser, const struct nlattr *attrs, size_t length,
		    uint8_t family);
bool parse_answer(struct parser *parser, const struct nlattr *attrs, size_t length, uint8_t family);
bool parse_elements(struct parser *parser, const struct nlattr *attrs, size_t length,
		    uint8_t family);

/* For binary search by name once all chains, sets and objects are there. */
void table_index(struct arena *arena, struct table *table);

#endif
