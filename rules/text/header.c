/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/header.h"

#include <limits.h>
#include <netinet/in.h>
#include <linux/netfilter.h>

#include "base/cleanup.h"

static const struct header_field ether_fields[] = {
	{"daddr", 0, 48, TYPE_ETHERADDR, -1},
	{"saddr", 48, 48, TYPE_ETHERADDR, -1},
	{"type", 96, 16, TYPE_ETHERTYPE, -1},
};

static const struct header_field vlan_fields[] = {
	{"pcp", 0, 3, TYPE_INTEGER, -1},
	{"dei", 3, 1, TYPE_INTEGER, -1},
	{"id", 4, 12, TYPE_INTEGER, -1},
	{"type", 16, 16, TYPE_ETHERTYPE, -1},
};

static const struct header_field arp_fields[] = {
	{"htype", 0, 16, TYPE_INTEGER, -1},     {"ptype", 16, 16, TYPE_ETHERTYPE, -1},
	{"hlen", 32, 8, TYPE_INTEGER, -1},      {"plen", 40, 8, TYPE_INTEGER, -1},
	{"operation", 48, 16, TYPE_ARPOP, -1},  {"saddr ether", 64, 48, TYPE_ETHERADDR, -1},
	{"saddr ip", 112, 32, TYPE_IPADDR, -1}, {"daddr ether", 144, 48, TYPE_ETHERADDR, -1},
	{"daddr ip", 192, 32, TYPE_IPADDR, -1},
};

static const struct header_field ip_fields[] = {
	{"version", 0, 4, TYPE_INTEGER, -1},    {"hdrlength", 4, 4, TYPE_INTEGER, -1},
	{"dscp", 8, 6, TYPE_DSCP, -1},          {"ecn", 14, 2, TYPE_ECN, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},   {"id", 32, 16, TYPE_INTEGER, -1},
	{"frag-off", 48, 16, TYPE_INTEGER, -1}, {"ttl", 64, 8, TYPE_INTEGER, -1},
	{"protocol", 72, 8, TYPE_PROTOCOL, -1}, {"checksum", 80, 16, TYPE_INTEGER, -1},
	{"saddr", 96, 32, TYPE_IPADDR, -1},     {"daddr", 128, 32, TYPE_IPADDR, -1},
};

static const struct header_field ip6_fields[] = {
	{"version", 0, 4, TYPE_INTEGER, -1},   {"dscp", 4, 6, TYPE_DSCP, -1},
	{"ecn", 10, 2, TYPE_ECN, -1},          {"flowlabel", 12, 20, TYPE_INTEGER, -1},
	{"length", 32, 16, TYPE_INTEGER, -1},  {"nexthdr", 48, 8, TYPE_PROTOCOL, -1},
	{"hoplimit", 56, 8, TYPE_INTEGER, -1}, {"saddr", 64, 128, TYPE_IP6ADDR, -1},
	{"daddr", 192, 128, TYPE_IP6ADDR, -1},
};

static const struct header_field tcp_fields[] = {
	{"sport", 0, 16, TYPE_SERVICE, -1},      {"dport", 16, 16, TYPE_SERVICE, -1},
	{"sequence", 32, 32, TYPE_INTEGER, -1},  {"ackseq", 64, 32, TYPE_INTEGER, -1},
	{"doff", 96, 4, TYPE_INTEGER, -1},       {"reserved", 100, 4, TYPE_INTEGER, -1},
	{"flags", 104, 8, TYPE_TCP_FLAGS, -1},   {"window", 112, 16, TYPE_INTEGER, -1},
	{"checksum", 128, 16, TYPE_INTEGER, -1}, {"urgptr", 144, 16, TYPE_INTEGER, -1},
};

static const struct header_field udp_fields[] = {
	{"sport", 0, 16, TYPE_SERVICE, -1},
	{"dport", 16, 16, TYPE_SERVICE, -1},
	{"length", 32, 16, TYPE_INTEGER, -1},
	{"checksum", 48, 16, TYPE_INTEGER, -1},
};

static const struct header_field udplite_fields[] = {
	{"sport", 0, 16, TYPE_SERVICE, -1},
	{"dport", 16, 16, TYPE_SERVICE, -1},
	{"csumcov", 32, 16, TYPE_INTEGER, -1},
	{"checksum", 48, 16, TYPE_INTEGER, -1},
};

static const struct header_field sctp_fields[] = {
	{"sport", 0, 16, TYPE_SERVICE, -1},
	{"dport", 16, 16, TYPE_SERVICE, -1},
	{"vtag", 32, 32, TYPE_INTEGER, -1},
	{"checksum", 64, 32, TYPE_INTEGER, -1},
};

static const struct header_field dccp_fields[] = {
	{"sport", 0, 16, TYPE_SERVICE, -1},
	{"dport", 16, 16, TYPE_SERVICE, -1},
	{"type", 67, 4, TYPE_DCCP_TYPE, -1},
};

static const struct header_field th_fields[] = {
	{"sport", 0, 16, TYPE_SERVICE, -1},
	{"dport", 16, 16, TYPE_SERVICE, -1},
};

static const struct header_field icmp_fields[] = {
	{"type", 0, 8, TYPE_ICMP_TYPE, -1},     {"code", 8, 8, TYPE_ICMP_CODE, -1},
	{"checksum", 16, 16, TYPE_INTEGER, -1}, {"id", 32, 16, TYPE_INTEGER, 8},
	{"sequence", 48, 16, TYPE_INTEGER, 8},  {"gateway", 32, 32, TYPE_INTEGER, 5},
	{"mtu", 48, 16, TYPE_INTEGER, 3},
};

static const struct header_field icmp6_fields[] = {
	{"type", 0, 8, TYPE_ICMP6_TYPE, -1},     {"code", 8, 8, TYPE_ICMP6_CODE, -1},
	{"checksum", 16, 16, TYPE_INTEGER, -1},  {"parameter-problem", 32, 32, TYPE_INTEGER, 4},
	{"mtu", 32, 32, TYPE_INTEGER, 2},        {"id", 32, 16, TYPE_INTEGER, 128},
	{"sequence", 48, 16, TYPE_INTEGER, 128}, {"max-delay", 32, 16, TYPE_INTEGER, 130},
};

static const struct header_field igmp_fields[] = {
	{"type", 0, 8, TYPE_IGMP_TYPE, -1},
	{"mrt", 8, 8, TYPE_INTEGER, -1},
	{"checksum", 16, 16, TYPE_INTEGER, -1},
	{"group", 32, 32, TYPE_IPADDR, -1},
};

static const struct header_field esp_fields[] = {
	{"spi", 0, 32, TYPE_INTEGER, -1},
	{"sequence", 32, 32, TYPE_INTEGER, -1},
};

static const struct header_field ah_fields[] = {
	{"nexthdr", 0, 8, TYPE_PROTOCOL, -1},   {"hdrlength", 8, 8, TYPE_INTEGER, -1},
	{"reserved", 16, 16, TYPE_INTEGER, -1}, {"spi", 32, 32, TYPE_INTEGER, -1},
	{"sequence", 64, 32, TYPE_INTEGER, -1},
};

static const struct header_field comp_fields[] = {
	{"nexthdr", 0, 8, TYPE_PROTOCOL, -1},
	{"flags", 8, 8, TYPE_NONE, -1},
	{"cpi", 16, 16, TYPE_INTEGER, -1},
};

#define HEADER(text, base, key, array)                                                             \
	{                                                                                          \
		text, base, key, array, ARRAY_SIZE(array)                                          \
	}

const struct header header_ether = HEADER("ether", BASE_LINK, "type", ether_fields);
const struct header header_vlan = HEADER("vlan", BASE_LINK, "type", vlan_fields);
const struct header header_arp = HEADER("arp", BASE_NETWORK, NULL, arp_fields);
const struct header header_ip = HEADER("ip", BASE_NETWORK, "protocol", ip_fields);
const struct header header_ip6 = HEADER("ip6", BASE_NETWORK, "nexthdr", ip6_fields);
const struct header header_tcp = HEADER("tcp", BASE_TRANSPORT, NULL, tcp_fields);
const struct header header_udp = HEADER("udp", BASE_TRANSPORT, NULL, udp_fields);
const struct header header_icmp = HEADER("icmp", BASE_TRANSPORT, "type", icmp_fields);
const struct header header_icmp6 = HEADER("icmpv6", BASE_TRANSPORT, "type", icmp6_fields);
const struct header header_th = HEADER("th", BASE_TRANSPORT, NULL, th_fields);

static const struct header header_udplite = HEADER("udplite", BASE_TRANSPORT, NULL, udplite_fields);
static const struct header header_sctp = HEADER("sctp", BASE_TRANSPORT, NULL, sctp_fields);
static const struct header header_dccp = HEADER("dccp", BASE_TRANSPORT, NULL, dccp_fields);
static const struct header header_igmp = HEADER("igmp", BASE_TRANSPORT, NULL, igmp_fields);
static const struct header header_esp = HEADER("esp", BASE_TRANSPORT, NULL, esp_fields);
static const struct header header_ah = HEADER("ah", BASE_TRANSPORT, "nexthdr", ah_fields);
static const struct header header_comp = HEADER("comp", BASE_TRANSPORT, "nexthdr", comp_fields);

const struct header *header_by_ethertype(uint16_t ethertype)
{
	switch (ethertype) {
	case 0x0800: return &header_ip;
	case 0x86dd: return &header_ip6;
	case 0x0806: return &header_arp;
	default: return NULL;
	}
}

const struct header *header_by_protocol(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP: return &header_tcp;
	case IPPROTO_UDP: return &header_udp;
	case IPPROTO_UDPLITE: return &header_udplite;
	case IPPROTO_ICMP: return &header_icmp;
	case IPPROTO_ICMPV6: return &header_icmp6;
	case IPPROTO_IGMP: return &header_igmp;
	case IPPROTO_SCTP: return &header_sctp;
	case IPPROTO_DCCP: return &header_dccp;
	case IPPROTO_ESP: return &header_esp;
	case IPPROTO_AH: return &header_ah;
	case IPPROTO_COMP: return &header_comp;
	default: return NULL;
	}
}

void headers_begin(struct headers *headers, uint8_t family)
{
	*headers = (struct headers){.family = family, .icmp_type = -1};
	switch (family) {
	case NFPROTO_IPV4: headers->at[BASE_NETWORK] = &header_ip; break;
	case NFPROTO_IPV6: headers->at[BASE_NETWORK] = &header_ip6; break;
	case NFPROTO_ARP: headers->at[BASE_NETWORK] = &header_arp; break;
	case NFPROTO_BRIDGE: headers->at[BASE_LINK] = &header_ether; break;
	default: break;
	}
}

/* Where the link layer's headers end and begin, in bits. */
enum { ETHER_BITS = 112, VLAN_BITS = 32 };

/* The header that @offset lies in; the offset is then counted from its beginning. */
static const struct header *header_at(const struct headers *headers, unsigned base,
				      unsigned *offset)
{
	if (base >= BASES)
		return NULL;
	if (base == BASE_LINK && headers->at[base] && *offset >= ETHER_BITS) {
		unsigned tag = (*offset - ETHER_BITS) / VLAN_BITS;

		*offset = (*offset - ETHER_BITS) % VLAN_BITS;
		return tag < headers->vlans ? &header_vlan : NULL;
	}
	/* Whatever the protocol, ports are where they are. */
	return base == BASE_TRANSPORT && !headers->at[base] ? &header_th : headers->at[base];
}

static bool exists(const struct headers *headers, const struct header_field *field)
{
	return field->icmp_type < 0 || headers->icmp_type < 0 ||
	       field->icmp_type == headers->icmp_type;
}

/* The first field there that has @least to @most bits. */
static bool find(const struct headers *headers, unsigned base, unsigned offset, unsigned least,
		 unsigned most, struct place *ret)
{
	const struct header *header = header_at(headers, base, &offset);

	for (size_t i = 0; header && i < header->n_fields; i++) {
		const struct header_field *field = &header->fields[i];

		if (field->offset != offset || field->bits < least || field->bits > most ||
		    !exists(headers, field))
			continue;
		*ret = (struct place){.header = header, .field = field};
		return true;
	}
	return false;
}

bool header_find(const struct headers *headers, unsigned base, unsigned offset, unsigned bits,
		 struct place *ret)
{
	return find(headers, base, offset, bits, bits, ret);
}

bool header_find_start(const struct headers *headers, unsigned base, unsigned offset, unsigned most,
		       struct place *ret)
{
	return find(headers, base, offset, 0, most, ret) ||
	       find(headers, base, offset, 0, UINT_MAX, ret);
}
