/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_IPSET_H
#define RULES_IPSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/value_set.h"

struct buffer;
struct error;
struct ruleset;

/*
 * The sets of ipset(8), which the match `set` and the target SET of rules name by an index. They are
 * values of the ruleset; an expression points to those that it names (expr.xt.ipsets).
 */

/* What one part of a key is compared with. */
enum ipset_part {
	PART_NONE,
	PART_ADDRESS,
	PART_PORT,
	PART_MAC,
	PART_MARK,
	PART_INTERFACE,
};

enum { IPSET_PARTS = 3 };

struct ipset_element {
	struct interval parts[IPSET_PARTS]; /* numbers of network order; not of an interface */
	uint8_t prefixes[IPSET_PARTS];      /* of networks: the longest decides */
	uint8_t protocol;                   /* of a port */
	bool any_mac;                       /* bitmap:ip,mac without a hardware address yet */
	bool nomatch;                       /* an exception */
	bool physical, wildcard;            /* of an interface: a bridge port; a prefix of names */
	const char *interface;
	const char *member_name; /* of list:set */
	const struct ipset *member;
};

struct ipset {
	const char *name, *type;
	uint8_t family; /* NFPROTO_IPV4 or NFPROTO_IPV6, 0: either */
	int index;      /* -1: not told (protocol 6, before Linux 4.20) */
	enum ipset_part parts[IPSET_PARTS];
	unsigned n_parts; /* the kernel's dimension: rules that name fewer never match */
	bool is_list;     /* elements are sets */
	bool has_networks, has_protocol;
	bool has_nomatch; /* some element is an exception */
	uint32_t mark_mask;
	uint8_t netmask; /* hash:ip and bitmap:ip: an element is a network of this prefix; 0: none */
	struct ipset_element *elements;
	size_t n_elements;
	bool opaque; /* something was not understood: what is in it is not known */
};

/*
 * Appends the kernel's messages about all sets of this network namespace to @dump. Needs
 * CAP_NET_ADMIN. Nothing is asked where the kernel has no ipset: a question would load it.
 *
 * Returns 0, or a negative errno with @err filled.
 */
int ipset_dump(struct buffer *dump, struct error *err);

/*
 * Decodes such a dump and gives @ruleset its sets; the rules that are there already get to know
 * them. Pure. An element with a timeout is one that is there now.
 *
 * Returns 0, or -EBADMSG with @err filled, and @ruleset unchanged, if the bytes are no such dump.
 */
int ipset_parse(struct ruleset *ruleset, const void *dump, size_t length, struct error *err);

/* True if some rule names a set. */
bool ruleset_uses_ipsets(const struct ruleset *ruleset);

#endif
