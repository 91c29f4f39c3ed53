/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/nft_private.h"

#include <netinet/in.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/alloc.h"

/*
 * Which matches nft leaves out of a listing because a later one implies them: "meta l4proto tcp tcp
 * dport 22" is "tcp dport 22". The rules here are those that nft 1.0.6 follows.
 */

struct piece *piece_add(struct nft_text *text)
{
	text->pieces = xgrow(text->pieces, text->n_pieces, &text->allocated, sizeof(struct piece));
	text->pieces[text->n_pieces] = (struct piece){.op = ""};
	return &text->pieces[text->n_pieces++];
}

void pieces_fix(struct nft_text *text)
{
	for (unsigned i = 0; i <= BASES; i++)
		text->implied[i] = NO_PIECE;
	text->previous = NO_PIECE;
}

void piece_drop(struct nft_text *text, int index)
{
	text->pieces[index].dropped = true;
	if (text->previous == index)
		text->previous = NO_PIECE;
	for (unsigned i = 0; i <= BASES; i++) {
		if (text->implied[i] == index)
			text->implied[i] = NO_PIECE;
	}
}

/* A type of ICMP implies ICMP, but it is kept at the base behind it. */
static int implied_at(const struct nft_text *text, unsigned base)
{
	if (text->implied[base] != NO_PIECE || base != BASE_TRANSPORT)
		return text->implied[base];
	return text->implied[BASE_INNER];
}

static bool is_many_families(const struct nft_text *text)
{
	uint8_t family = text->headers.family;

	return family == NFPROTO_INET || family == NFPROTO_NETDEV || family == NFPROTO_BRIDGE;
}

static bool is_icmp(const struct header *header)
{
	return header == &header_icmp || header == &header_icmp6;
}

static bool may_drop(const struct nft_text *text, const struct piece *piece,
		     const struct place *place)
{
	const struct header *header = place->header;
	bool is_key = header->key && !strcmp(place->field->name, header->key);
	bool by_payload = piece->implied == IMPLIES_BY_PAYLOAD;

	/* A tag of the first kind is what a field of the tag implies, nothing else there. */
	if (by_payload && header->base == BASE_LINK && piece->header->base == BASE_LINK)
		return !is_key && piece->header == &header_ether && piece->value == ETHERTYPE_VLAN;
	if (is_many_families(text) && by_payload) {
		/* "ip protocol tcp" also says that it is IPv4. */
		if (piece->header->base == BASE_NETWORK && header->base == BASE_TRANSPORT)
			return false;
		if (piece->header->base == header->base && is_key)
			return false;
	}
	if (header->base == BASE_TRANSPORT && by_payload && is_icmp(piece->header))
		return place->field->icmp_type >= 0 && piece->header == header &&
		       place->field->icmp_type == (int)piece->value;
	return true;
}

void implied_drop(struct nft_text *text, const struct place *place)
{
	int index = implied_at(text, place->header->base);

	if (index != NO_PIECE && may_drop(text, &text->pieces[index], place))
		piece_drop(text, index);
}

void implied_drop_at(struct nft_text *text, unsigned base)
{
	int index = base < BASES ? implied_at(text, base) : NO_PIECE;

	if (index != NO_PIECE)
		piece_drop(text, index);
}

/* The family that a match on the network layer restricts a rule to; 0 if none. */
static uint8_t family_of(const struct piece *piece)
{
	if (piece->implied == IMPLIES_BY_META && piece->meta_key == NFT_META_NFPROTO)
		return (uint8_t)piece->value;
	if (piece->value == 0x0800)
		return NFPROTO_IPV4;
	return piece->value == 0x86dd ? NFPROTO_IPV6 : 0;
}

static bool meta_may_drop(const struct nft_text *text, const struct piece *network,
			  const struct piece *piece)
{
	uint8_t family = family_of(network);

	if (text->headers.family == NFPROTO_IPV4 || text->headers.family == NFPROTO_IPV6)
		return text->headers.family == family;
	if (!is_many_families(text) || piece->meta_key != NFT_META_L4PROTO)
		return true;
	return (piece->value == IPPROTO_ICMP && family != NFPROTO_IPV6) ||
	       (piece->value == IPPROTO_ICMPV6 && family != NFPROTO_IPV4);
}

void implied_by_meta(struct nft_text *text, struct piece *piece)
{
	struct headers *headers = &text->headers;
	int index = (int)(piece - text->pieces);
	unsigned base;

	switch (piece->meta_key) {
	case NFT_META_NFPROTO:
		base = BASE_NETWORK;
		headers->at[base] = piece->value == NFPROTO_IPV4   ? &header_ip
				    : piece->value == NFPROTO_IPV6 ? &header_ip6
								   : headers->at[base];
		break;
	case NFT_META_PROTOCOL:
		base = BASE_NETWORK;
		headers->at[base] = header_by_ethertype((uint16_t)piece->value);
		break;
	case NFT_META_L4PROTO:
		base = BASE_TRANSPORT;
		headers->at[base] = header_by_protocol((uint8_t)piece->value);
		break;
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
		base = BASE_LINK;
		headers->at[base] = piece->value == 1 ? &header_ether : headers->at[base];
		break;
	default: return;
	}
	piece->implied = IMPLIES_BY_META;
	/* A match on the layer below that this one makes superfluous. */
	if (base == BASE_TRANSPORT) {
		int network = text->implied[BASE_NETWORK];

		if (network != NO_PIECE && meta_may_drop(text, &text->pieces[network], piece))
			piece_drop(text, network);
	} else if (base == BASE_NETWORK && text->implied[BASE_LINK] != NO_PIECE) {
		piece_drop(text, text->implied[BASE_LINK]);
	}
	text->implied[base] = index;
}

int icmp_layout(const struct header *header, uint8_t type)
{
	if (header == &header_icmp)
		return type == ICMP_ECHOREPLY ? ICMP_ECHO : type;
	if (header == &header_icmp6)
		return type == ICMP6_ECHO_REPLY ? ICMP6_ECHO_REQUEST : type;
	return -1;
}

static bool is_vlan(uint64_t ethertype)
{
	return ethertype == ETHERTYPE_VLAN || ethertype == 0x88a8;
}

void implied_by_payload(struct nft_text *text, struct piece *piece,
			const struct header_field *field)
{
	struct headers *headers = &text->headers;
	const struct header *header = piece->header;

	if (!header || !header->key || strcmp(field->name, header->key))
		return;
	piece->implied = IMPLIES_BY_PAYLOAD;
	if (header->base == BASE_LINK && is_vlan(piece->value)) {
		/* Another header of the same layer. */
		headers->vlans++;
		text->implied[BASE_LINK] = (int)(piece - text->pieces);
		return;
	}
	if (header->base == BASE_LINK)
		headers->at[BASE_NETWORK] = header_by_ethertype((uint16_t)piece->value);
	else if (header->base == BASE_NETWORK)
		headers->at[BASE_TRANSPORT] = header_by_protocol((uint8_t)piece->value);
	else if (is_icmp(header)) {
		headers->icmp_type = icmp_layout(header, (uint8_t)piece->value);
		if (headers->icmp_type == (header == &header_icmp ? 8 : 128))
			return;
	}
	text->implied[header->base + 1] = (int)(piece - text->pieces);
}
