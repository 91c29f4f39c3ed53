/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/frames.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

enum {
	HOPS = 64,
	WINDOW = 5840,
	SEGMENT_SIZE = 1460,
	OPTION_MSS = 2,
	OPTION_MSS_LENGTH = 4,
	PAYLOAD_BYTE = '1', /* what a device acknowledges with is digits */
};

static uint32_t sum_bytes(uint32_t sum, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += (uint32_t)data[i] << (i % 2 ? 0 : 8);
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Source, destination, protocol and length, as the checksums of TCP and UDP want them (RFC 793). */
static uint32_t pseudo_sum(const struct segment *segment, size_t length)
{
	size_t size = address_length(&segment->source);
	uint32_t sum = sum_bytes(0, segment->source.bytes, size);

	sum = sum_bytes(sum, segment->destination.bytes, size);
	return sum + segment->protocol + (uint32_t)length;
}

static size_t write_udp(uint8_t *at, const struct segment *segment)
{
	struct udphdr header = {
		.source = htons(segment->source_port),
		.dest = htons(segment->destination_port),
		.len = htons((uint16_t)(sizeof(header) + segment->payload)),
	};
	size_t length = sizeof(header) + segment->payload;

	memcpy(at, &header, sizeof(header));
	memset(at + sizeof(header), PAYLOAD_BYTE, segment->payload);
	header.check = checksum(sum_bytes(pseudo_sum(segment, length), at, length));
	memcpy(at, &header, sizeof(header));
	return length;
}

static size_t write_tcp(uint8_t *at, const struct segment *segment)
{
	size_t options = segment->flags & TH_SYN ? OPTION_MSS_LENGTH : 0;
	size_t length = sizeof(struct tcphdr) + options + segment->payload;
	struct tcphdr header = {
		.th_sport = htons(segment->source_port),
		.th_dport = htons(segment->destination_port),
		.th_seq = htonl(segment->sequence),
		.th_ack = htonl(segment->acknowledged),
		.th_off = (uint8_t)((sizeof(header) + options) / 4) & 0xf,
		.th_flags = segment->flags,
		.th_win = htons(WINDOW),
	};
	const uint8_t mss[] = {OPTION_MSS, OPTION_MSS_LENGTH, SEGMENT_SIZE >> 8,
			       SEGMENT_SIZE & 0xff};

	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), mss, options);
	memset(at + sizeof(header) + options, PAYLOAD_BYTE, segment->payload);
	header.th_sum = checksum(sum_bytes(pseudo_sum(segment, length), at, length));
	memcpy(at, &header, sizeof(header));
	return length;
}

static size_t write_transport(uint8_t *at, const struct segment *segment)
{
	return segment->protocol == IPPROTO_UDP ? write_udp(at, segment) : write_tcp(at, segment);
}

static size_t write_v4(uint8_t *at, const struct segment *segment)
{
	size_t length = sizeof(struct iphdr) + write_transport(at + sizeof(struct iphdr), segment);
	struct iphdr header = {
		.version = 4,
		.ihl = sizeof(header) / 4,
		.tot_len = htons((uint16_t)length),
		.ttl = HOPS,
		.protocol = segment->protocol,
	};

	memcpy(&header.saddr, segment->source.bytes, sizeof(header.saddr));
	memcpy(&header.daddr, segment->destination.bytes, sizeof(header.daddr));
	memcpy(at, &header, sizeof(header));
	header.check = checksum(sum_bytes(0, at, sizeof(header)));
	memcpy(at, &header, sizeof(header));
	return length;
}

static size_t write_v6(uint8_t *at, const struct segment *segment)
{
	size_t length = write_transport(at + sizeof(struct ip6_hdr), segment);
	struct ip6_hdr header = {
		.ip6_flow = htonl(6U << 28),
		.ip6_plen = htons((uint16_t)length),
		.ip6_nxt = segment->protocol,
		.ip6_hlim = HOPS,
	};

	memcpy(&header.ip6_src, segment->source.bytes, sizeof(header.ip6_src));
	memcpy(&header.ip6_dst, segment->destination.bytes, sizeof(header.ip6_dst));
	memcpy(at, &header, sizeof(header));
	return sizeof(header) + length;
}

size_t frame_write(uint8_t frame[static FRAME_ROOM], const struct segment *segment,
		   const uint8_t to_mac[static 6], const uint8_t from_mac[static 6])
{
	bool v6 = segment->source.family == AF_INET6;
	struct ether_header header = {.ether_type = htons(v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP)};
	uint8_t *at = frame + sizeof(header);

	memcpy(header.ether_dhost, to_mac, sizeof(header.ether_dhost));
	memcpy(header.ether_shost, from_mac, sizeof(header.ether_shost));
	memcpy(frame, &header, sizeof(header));
	return sizeof(header) + (v6 ? write_v6(at, segment) : write_v4(at, segment));
}

static void take_address(struct address *into, int family, const void *bytes)
{
	*into = (struct address){.family = family};
	memcpy(into->bytes, bytes, address_length(into));
}

static void read_transport(const uint8_t *at, size_t length, struct segment *ret)
{
	struct tcphdr tcp;
	struct udphdr udp;

	if (ret->protocol == IPPROTO_TCP && length >= sizeof(tcp)) {
		memcpy(&tcp, at, sizeof(tcp));
		ret->source_port = ntohs(tcp.th_sport);
		ret->destination_port = ntohs(tcp.th_dport);
		ret->flags = tcp.th_flags;
		ret->sequence = ntohl(tcp.th_seq);
		ret->acknowledged = ntohl(tcp.th_ack);
		ret->payload = (uint8_t)(length - 4U * tcp.th_off);
	} else if (ret->protocol == IPPROTO_UDP && length >= sizeof(udp)) {
		memcpy(&udp, at, sizeof(udp));
		ret->source_port = ntohs(udp.source);
		ret->destination_port = ntohs(udp.dest);
		ret->payload = (uint8_t)(length - sizeof(udp));
	} else if (length) {
		ret->flags = *at; /* the type of an ICMP message */
	}
}

static bool read_v4(const uint8_t *at, size_t length, struct segment *ret)
{
	struct iphdr header;

	if (length < sizeof(header))
		return false;
	memcpy(&header, at, sizeof(header));
	size_t size = 4U * header.ihl, total = ntohs(header.tot_len);
	if (size < sizeof(header) || total < size || total > length)
		return false;
	take_address(&ret->source, AF_INET, &header.saddr);
	take_address(&ret->destination, AF_INET, &header.daddr);
	ret->protocol = header.protocol;
	read_transport(at + size, total - size, ret);
	return true;
}

static bool read_v6(const uint8_t *at, size_t length, struct segment *ret)
{
	struct ip6_hdr header;

	if (length < sizeof(header))
		return false;
	memcpy(&header, at, sizeof(header));
	if (ntohs(header.ip6_plen) > length - sizeof(header))
		return false;
	take_address(&ret->source, AF_INET6, &header.ip6_src);
	take_address(&ret->destination, AF_INET6, &header.ip6_dst);
	ret->protocol = header.ip6_nxt;
	read_transport(at + sizeof(header), ntohs(header.ip6_plen), ret);
	return true;
}

bool frame_read(const uint8_t *frame, size_t length, struct segment *ret)
{
	struct ether_header header;

	*ret = (struct segment){0};
	if (length < sizeof(header))
		return false;
	memcpy(&header, frame, sizeof(header));
	frame += sizeof(header);
	length -= sizeof(header);
	switch (ntohs(header.ether_type)) {
	case ETHERTYPE_IP: return read_v4(frame, length, ret);
	case ETHERTYPE_IPV6: return read_v6(frame, length, ret);
	default: return false;
	}
}

bool segment_refuses(const struct segment *segment)
{
	switch (segment->protocol) {
	case IPPROTO_TCP: return segment->flags & TH_RST;
	case IPPROTO_ICMP: return segment->flags == ICMP_DEST_UNREACH;
	case IPPROTO_ICMPV6: return segment->flags == ICMP6_DST_UNREACH;
	default: return false;
	}
}
