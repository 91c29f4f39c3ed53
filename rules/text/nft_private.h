/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_NFT_PRIVATE_H
#define RULES_TEXT_NFT_PRIVATE_H

#include "base/buffer.h"
#include "rules/text/operand.h"

/* What a match tells about the headers behind it, for which it may later be left out. */
enum implied {
	IMPLIES_NOTHING,
	IMPLIES_BY_META,    /* meta nfproto, meta protocol, meta l4proto, meta iiftype */
	IMPLIES_BY_PAYLOAD, /* ether type, ip protocol, ip6 nexthdr, icmp type */
};

/* One match or statement of the text. */
struct piece {
	struct buffer left, right;
	const char *op; /* between them, with its spaces */
	bool dropped;
	/* of matches */
	bool is_match;
	enum expr_kind source;
	uint32_t cmp_op;
	enum implied implied;
	uint32_t meta_key;
	const struct header *header; /* of the payload field */
	uint64_t value;
	enum data_type type; /* of @operand, what is compared with */
	struct value operand;
};

enum { NO_PIECE = -1 };

/* The state of one rule's translation. */
struct nft_text {
	const struct rule *rule;
	const struct host_state *host; /* whose interfaces the numbers are; NULL: not known */
	bool is_inner;                 /* the rule of an anonymous chain */
	struct load_registers registers;
	/* Texts of what depends on registers that may be overwritten: map lookups and hashes. */
	char *texts[LOAD_WORDS];
	struct value_type text_types[LOAD_WORDS];
	bool used[LOAD_WORDS]; /* the load was said, or was never begun */
	struct headers headers;
	struct piece *pieces;
	size_t n_pieces, allocated;
	/*
	 * implied[base]: the match that was needed only to get at the header at that base. A field
	 * of the header says as much, so that the match is left out once one is read, unless a
	 * statement came between (then it decides who reaches that statement).
	 */
	int implied[BASES + 1];
	int previous; /* the match just before, for two halves of a range */
};

struct piece *piece_add(struct nft_text *text);
/* Ends the run of matches: nothing said so far may be left out any more. */
void pieces_fix(struct nft_text *text);
void piece_drop(struct nft_text *text, int index);

/* A field of a header is read: what only implied the header is left out. */
void implied_drop(struct nft_text *text, const struct place *place);
/* The same for "reject", which says its own family and protocol. */
void implied_drop_at(struct nft_text *text, unsigned base);
void implied_by_meta(struct nft_text *text, struct piece *piece);
void implied_by_payload(struct nft_text *text, struct piece *piece,
			const struct header_field *field);

/* The type by which the fields of an ICMP header are known; echo requests and replies have the same.
 * -1 for other headers. */
int icmp_layout(const struct header *header, uint8_t type);

/* The text of the load in register word @word with its first @n_steps steps. */
bool load_text(struct nft_text *text, struct buffer *out, const struct load *load, int word,
	       unsigned n_steps, struct value_type *ret_type);
/* The field, like dscp, that a mask cuts out of what a load reads; false if there is none. */
bool masked_field(const struct nft_text *text, const struct load *load, const struct value *mask,
		  struct place *ret, unsigned *ret_shift);
/* Tells the implied matches that @place is read. */
void place_read(struct nft_text *text, const struct expr *source, const struct place *place);

/* Matches; false if there is no way to say them. */
bool cmp_text(struct nft_text *text, const struct expr *expr);
bool range_match_text(struct nft_text *text, const struct expr *expr);
bool lookup_text(struct nft_text *text, const struct expr *expr);

/* What the registers from @reg on hold, @length bytes of it. */
enum { KEY_FIELDS_MAX = 16 };

struct key_text {
	struct buffer text;
	struct value_type types[KEY_FIELDS_MAX];
	unsigned n_types;
	bool says_shifts; /* set by the caller: what of "ip dscp >> 2" nft does not hide */
	bool calculated;  /* something was done to what was read: "meta mark & 0xff" */
};

/* @set: whose key it is, which tells how many parts and of what type values are; NULL: all of
 * @length. */
bool key_text(struct nft_text *text, int reg, size_t length, const struct set *set,
	      struct key_text *ret);
/* The text of one register whose immediate values are of @type. */
bool register_text(struct nft_text *text, struct buffer *out, int reg,
		   const struct value_type *type);
bool set_is_concatenated(const struct set *set);
/* The parts of a set's key or data type, at most KEY_FIELDS_MAX; returns how many. */
unsigned set_types(uint32_t id, struct value_type *ret_types);
/* The same for what a map gives. */
unsigned set_data_types(const struct set *set, struct value_type *ret_types);
/* True for maps that give ranges, as "dnat to" takes them. */
bool set_data_is_interval(const struct set *set);

/* "@name", or "{ … }" for an anonymous set or map whose keys have @key's types. */
void set_reference_text(struct buffer *out, const struct host_state *host, const struct set *set,
			const char *name, const struct value_type *types, unsigned n_types);
void verdict_text(struct buffer *out, const struct verdict *verdict);

/* A rule of an anonymous chain, whose jumps are not followed. */
void inner_rule_text(struct buffer *out, const struct rule *rule, const struct host_state *host);

/* Statements; false if there is no way to say them. */
bool statement_text(struct nft_text *text, struct buffer *out, const struct expr *expr);
/* @verb: "snat", "dnat", "masquerade", "redirect" */
bool nat_text(struct nft_text *text, struct buffer *out, const struct expr *expr, const char *verb);
bool tproxy_text(struct nft_text *text, struct buffer *out, const struct expr *expr);
bool copy_text(struct nft_text *text, struct buffer *out, const struct expr *expr);
bool set_meta_text(struct nft_text *text, struct buffer *out, const struct expr *expr);
bool set_ct_text(struct nft_text *text, struct buffer *out, const struct expr *expr);
bool set_payload_text(struct nft_text *text, struct buffer *out, const struct expr *expr);
bool set_option_text(struct nft_text *text, struct buffer *out, const struct expr *expr);

#endif
