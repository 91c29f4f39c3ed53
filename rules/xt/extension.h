/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_EXTENSION_H
#define RULES_XT_EXTENSION_H

#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/eval/run.h"
#include "rules/xt.h"

/*
 * For the files that hold the extensions themselves. Each of them brings a theme's extensions: how
 * they are decoded, what they do to a packet, how iptables words them, and one row for every
 * revision. A new extension is a row in one of them, or a new file and its name in registry.c.
 */
enum { XT_FAMILY_V4 = 1, XT_FAMILY_V6 = 2, XT_FAMILY_BOTH = 3 };

/* One revision of one extension. */
struct xt_type {
	const char *name;
	uint8_t revision;
	uint8_t families; /* XT_FAMILY_* */
	uint8_t kind;     /* enum xt_kind */
	uint16_t size;    /* of the structure; blobs may be longer */
	/*
	 * Gets at least @size bytes and fills in what struct xt_extension has a place for; false
	 * means that the contents make no sense. NULL: there is nothing to do.
	 */
	bool (*decode)(const uint8_t *info, struct xt_extension *ret);
	/* Disposes of the branch (see run.h). */
	void (*evaluate)(struct run *run, struct branch *branch,
			 const struct xt_extension *extension);
	/* Appends the options as `iptables -S` prints them, each with a space ahead; may be NULL. */
	void (*text)(struct buffer *out, const struct xt_extension *extension);
	struct decision decision; /* how it is decided; a test asks for it */
};

struct xt_types {
	const struct xt_type *types;
	size_t count;
};

/* Calls @take for each revision of all matches, or of all targets, in no useful order. */
void xt_each_type(bool targets, void (*take)(void *data, const struct xt_type *type), void *data);

#define XT_TYPES(array)                                                                            \
	{                                                                                          \
		array, ARRAY_SIZE(array)                                                           \
	}

extern const struct xt_types xt_address_matches, xt_bpf_matches, xt_bytes_matches;
extern const struct xt_types xt_connection_matches, xt_conntrack_matches, xt_device_matches;
extern const struct xt_types xt_foreign_matches, xt_hashlimit_matches, xt_header_matches;
extern const struct xt_types xt_ipv6_matches, xt_ipvs_matches, xt_recent_matches, xt_set_matches,
	xt_mark_matches;
extern const struct xt_types xt_policy_matches, xt_port_matches, xt_rate_matches;
extern const struct xt_types xt_rateest_matches, xt_sctp_matches, xt_socket_matches;
extern const struct xt_types xt_time_matches, xt_u32_matches;
extern const struct xt_types xt_ct_targets, xt_header_targets, xt_hmark_targets, xt_mark_targets;
extern const struct xt_types xt_nat_targets, xt_set_targets, xt_side_targets, xt_verdict_targets;

/* A copy of the blob as a structure of the type of @raw, which must not be larger than the row says. */
#define XT_COPY(raw, extension) memcpy(&(raw), (extension)->info.data, sizeof(raw))

/* An address of the extension's family out of a `union nf_inet_addr` or longer. */
struct address xt_address(const struct xt_extension *extension, const void *bytes);
/* The address as a number, in the packet's order. */
field_value xt_address_number(const struct address *address);
/* Copies at most @size bytes up to a NUL into a buffer one byte larger. */
void xt_string(char *ret, const char *text, size_t size);

/* Evaluators of extensions that do nothing, or that answer the same for every packet of ours. */
void xt_always(struct run *run, struct branch *branch, const struct xt_extension *extension);
void xt_never(struct run *run, struct branch *branch, const struct xt_extension *extension);
/* A match that the kernel admits only behind a comparison of the protocol with another one. */
void xt_foreign(struct run *run, struct branch *branch, const struct xt_extension *extension);

/* Continues with the next expression, or with the next rule. */
void xt_decide(struct run *run, struct branch *branch, bool matches);

/* One end of the packet, wherever translation has put it. */
enum xt_end { XT_END_SOURCE, XT_END_DEST, XT_END_SOURCE_PORT, XT_END_DEST_PORT };
enum field xt_end_field(const struct branch *branch, enum xt_end end);

/* The parts of a list of branches that meet one condition; all others break. The list may be NULL. */
struct branch *xt_require_values(struct run *run, struct branch *branches, enum field field,
				 struct value_set values, bool negated);
struct branch *xt_require_range(struct run *run, struct branch *branches, enum field field,
				field_value first, field_value last, bool negated);
/* (field & mask) == value; with bits of @value outside @mask that is never so. */
struct branch *xt_require_masked(struct run *run, struct branch *branches, enum field field,
				 field_value mask, field_value value, bool negated);
/* The same of the TOS or the traffic class, a byte in either family. */
struct branch *xt_require_tos(struct run *run, struct branch *branches, uint8_t mask, uint8_t value,
			      bool negated);

/* True if the packet comes in and no socket has been looked up for it yet. */
bool xt_without_socket(const struct walk *walk);

#endif
