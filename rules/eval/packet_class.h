/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_PACKET_CLASS_H
#define RULES_EVAL_PACKET_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/value_set.h"

struct arena;

/*
 * A class of packets: a box, one set of values for each field. Known facts are sets of one value,
 * what nobody can know is the whole domain. Everything that rules can read of a packet and that is
 * not the same for all packets of all questions is a field, so that one comparison splits a port
 * range, an unknown TTL and a connection mark in the same way.
 */
enum field {
	/* the dimensions of the answer */
	FIELD_DEVICE_ADDRESS,
	FIELD_HOST_PORT,
	/* ends of the flow that are fixed or unknowable */
	FIELD_HOST_ADDRESS,
	FIELD_DEVICE_PORT,
	FIELD_HOST_UDP_PORT,
	FIELD_OTA_PORT,
	/* what address translation or a rewriting rule put in place of an end */
	FIELD_NEW_SOURCE,
	FIELD_NEW_DEST,
	FIELD_NEW_SOURCE_PORT,
	FIELD_NEW_DEST_PORT,
	/* headers */
	FIELD_DEST_MAC,
	FIELD_SOURCE_MAC,
	FIELD_ETHERTYPE,
	FIELD_VERSION, /* IPv4: first byte; IPv6: first word with traffic class and flow label */
	FIELD_TOS,
	FIELD_LENGTH, /* as the IP header has it */
	FIELD_ID,
	FIELD_FRAGMENT,
	FIELD_TTL,
	FIELD_PROTOCOL,
	FIELD_IP_CHECKSUM,
	FIELD_SEQUENCE,
	FIELD_ACKNOWLEDGEMENT,
	FIELD_DATA_OFFSET,
	FIELD_TCP_FLAGS,
	FIELD_WINDOW,
	FIELD_CHECKSUM,
	FIELD_URGENT,
	FIELD_UDP_LENGTH,
	/* what the kernel keeps beside the packet; numbers, not bytes */
	FIELD_SKB_LENGTH,
	FIELD_MARK,
	FIELD_PRIORITY,
	FIELD_PACKET_TYPE,
	FIELD_CT_STATE,
	FIELD_CT_STATUS,
	FIELD_CT_MARK,
	FIELD_CT_ZONE,
	FIELD_NUMBER, /* that a rule drew last */
	FIELDS,
};

struct packet_class {
	struct value_set fields[FIELDS];
};

/* One side of a box: the values of a field that pass a test. */
struct constraint {
	enum field field;
	struct value_set values;
};

/* Bytes of the field in a register; addresses depend on the family: 4 or 16. */
unsigned field_width(enum field field, bool ipv6);

/* True for numbers that registers hold in host byte order (marks, states). */
bool field_host_order(enum field field);

/* "the device's source port", as part of a sentence. */
const char *field_name(enum field field);

bool class_equal(const struct packet_class *a, const struct packet_class *b);
bool class_overlaps(struct arena *arena, const struct packet_class *a,
		    const struct packet_class *b);

/*
 * If both boxes are equal or differ in one field only, stores the box that holds both and returns
 * true. @ret may be @a.
 */
bool class_unite(struct arena *arena, const struct packet_class *a, const struct packet_class *b,
		 struct packet_class *ret);

/*
 * Cuts @count sides out of @class: @ret_rest gets up to @count disjoint boxes that hold what does
 * not meet all constraints; returns how many. The values must be subsets of the class's.
 */
size_t class_cut(struct arena *arena, const struct packet_class *class,
		 const struct constraint *constraints, size_t count, struct packet_class *ret_rest);

#endif
