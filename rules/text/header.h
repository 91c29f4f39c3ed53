/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_HEADER_H
#define RULES_TEXT_HEADER_H

#include "rules/text/value.h"

/* Fields of protocol headers by nft's names. Offsets and lengths are in bits. */
struct header_field {
	const char *name;
	uint16_t offset, bits;
	enum data_type type;
	int icmp_type; /* the field exists only in ICMP messages of this type; -1: in all */
};

/* Positions of headers in the packet: the payload expression's bases (NFT_PAYLOAD_*). */
enum { BASE_LINK, BASE_NETWORK, BASE_TRANSPORT, BASE_INNER, BASES };

struct header {
	const char *name;
	unsigned base;
	/* Which field tells the next header; its value alone may be implied by a field of that. */
	const char *key;
	const struct header_field *fields;
	size_t n_fields;
};

extern const struct header header_ether, header_vlan, header_arp, header_ip, header_ip6, header_tcp,
	header_udp, header_icmp, header_icmp6, header_th;

const struct header *header_by_ethertype(uint16_t ethertype);
const struct header *header_by_protocol(uint8_t protocol);

/*
 * Which header stands at each base, as far as the rule has said so. For family inet, netdev and
 * bridge nothing is known at first but the link layer of the last.
 */
struct headers {
	uint8_t family;
	const struct header *at[BASES];
	unsigned vlans; /* tags behind the Ethernet header */
	int icmp_type;  /* -1: not said */
};

/* A field of the packet with the header it belongs to. */
struct place {
	const struct header *header;
	const struct header_field *field;
};

void headers_begin(struct headers *headers, uint8_t family);

/* The field at exactly this place; false if there is none. */
bool header_find(const struct headers *headers, unsigned base, unsigned offset, unsigned bits,
		 struct place *ret);
/* The first field that begins at @offset and has at most @most bits, or else any that begins there. */
bool header_find_start(const struct headers *headers, unsigned base, unsigned offset, unsigned most,
		       struct place *ret);

#endif
