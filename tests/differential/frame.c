/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/frame.h"

#include <netinet/in.h>
#include <string.h>

enum {
	ETHERNET_SIZE = 14,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	TCP_SIZE = 20,
	MSS_SIZE = 4,
	UDP_SIZE = 8,
	ICMP_SIZE = 8,
	ICMP_UNREACHABLE = 3,
	ICMP6_UNREACHABLE = 1,
};

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value & 0xffff);
}

static uint16_t get16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)get16(from) << 16 | get16(from + 2);
}

static uint32_t add_up(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += get16(bytes + i);
	if (length % 2)
		sum += (uint32_t)bytes[length - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Over the pseudo header and the transport header with payload. */
static uint16_t checksum(const struct frame *frame, const uint8_t *transport, size_t length)
{
	uint32_t sum = (uint32_t)length + frame->protocol;

	sum = add_up(sum, frame->source.bytes, address_length(&frame->source));
	sum = add_up(sum, frame->dest.bytes, address_length(&frame->dest));
	return fold(add_up(sum, transport, length));
}

static size_t build_tcp(const struct frame *frame, uint8_t *at)
{
	size_t header = TCP_SIZE + (frame->flags & TCP_SYN ? MSS_SIZE : 0);
	size_t payload = frame->payload ? strlen(frame->payload) : 0;

	put16(at, frame->source_port);
	put16(at + 2, frame->dest_port);
	put32(at + 4, frame->seq);
	put32(at + 8, frame->ack);
	at[12] = (uint8_t)(header / 4 << 4);
	at[13] = frame->flags;
	put16(at + 14, 5744);
	if (frame->flags & TCP_SYN)
		memcpy(at + TCP_SIZE, (uint8_t[]){2, 4, 5, 0xb4}, MSS_SIZE);
	if (payload)
		memcpy(at + header, frame->payload, payload);
	put16(at + 16, checksum(frame, at, header + payload));
	return header + payload;
}

static size_t build_udp(const struct frame *frame, uint8_t *at)
{
	size_t payload = strlen(frame->payload);

	put16(at, frame->source_port);
	put16(at + 2, frame->dest_port);
	put16(at + 4, (unsigned)(UDP_SIZE + payload));
	memcpy(at + UDP_SIZE, frame->payload, payload);
	put16(at + 6, checksum(frame, at, UDP_SIZE + payload));
	return UDP_SIZE + payload;
}

static void build_ipv4(const struct frame *frame, uint8_t *at, size_t payload)
{
	static uint16_t id;

	at[0] = 0x45;
	put16(at + 2, (unsigned)(IPV4_SIZE + payload));
	put16(at + 4, ++id);
	at[8] = 255;
	at[9] = frame->protocol;
	memcpy(at + 12, frame->source.bytes, 4);
	memcpy(at + 16, frame->dest.bytes, 4);
	put16(at + 10, fold(add_up(0, at, IPV4_SIZE)));
}

static void build_ipv6(const struct frame *frame, uint8_t *at, size_t payload)
{
	at[0] = 0x60;
	put16(at + 4, (unsigned)payload);
	at[6] = frame->protocol;
	at[7] = 255;
	memcpy(at + 8, frame->source.bytes, 16);
	memcpy(at + 24, frame->dest.bytes, 16);
}

size_t frame_build(const struct frame *frame, uint8_t bytes[static FRAME_SIZE])
{
	bool ipv6 = frame->dest.family == AF_INET6;
	uint8_t *network = bytes + ETHERNET_SIZE;
	size_t network_size = ipv6 ? IPV6_SIZE : IPV4_SIZE;
	size_t transport;

	memset(bytes, 0, FRAME_SIZE);
	memcpy(bytes, frame->to_mac, 6);
	memcpy(bytes + 6, frame->from_mac, 6);
	put16(bytes + 12, ipv6 ? 0x86dd : 0x0800);
	transport = frame->protocol == IPPROTO_TCP ? build_tcp(frame, network + network_size)
						   : build_udp(frame, network + network_size);
	if (ipv6)
		build_ipv6(frame, network, transport);
	else
		build_ipv4(frame, network, transport);
	return ETHERNET_SIZE + network_size + transport;
}

bool frame_parse_transport(uint8_t protocol, const uint8_t *bytes, size_t length, struct frame *ret)
{
	ret->protocol = protocol;
	if (length < 8)
		return false;
	ret->source_port = get16(bytes);
	ret->dest_port = get16(bytes + 2);
	ret->seq = ret->ack = ret->flags = 0;
	if (protocol == IPPROTO_UDP)
		return true;
	if (protocol != IPPROTO_TCP)
		return false;
	ret->seq = get32(bytes + 4); /* all that an ICMP error need quote */
	if (length >= TCP_SIZE) {
		ret->ack = get32(bytes + 8);
		ret->flags = bytes[13];
	}
	return ret->quoted || length >= TCP_SIZE;
}

static bool parse_network(const uint8_t *bytes, size_t length, struct frame *ret);

static bool parse_icmp(bool ipv6, const uint8_t *bytes, size_t length, struct frame *ret)
{
	if (ret->quoted || length < ICMP_SIZE ||
	    bytes[0] != (ipv6 ? ICMP6_UNREACHABLE : ICMP_UNREACHABLE))
		return false;
	ret->quoted = true;
	return parse_network(bytes + ICMP_SIZE, length - ICMP_SIZE, ret);
}

static bool parse_network(const uint8_t *bytes, size_t length, struct frame *ret)
{
	bool ipv6 = length && bytes[0] >> 4 == 6;
	size_t header = ipv6 ? IPV6_SIZE : length ? (size_t)(bytes[0] & 15) * 4 : IPV4_SIZE;
	size_t size = ipv6 ? 16 : 4, source = ipv6 ? 8 : 12;

	if (length < header || header < IPV4_SIZE)
		return false;
	ret->source.family = ret->dest.family = ipv6 ? AF_INET6 : AF_INET;
	memcpy(ret->source.bytes, bytes + source, size);
	memcpy(ret->dest.bytes, bytes + source + size, size);
	uint8_t protocol = ipv6 ? bytes[6] : bytes[9];
	if (protocol == (ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return parse_icmp(ipv6, bytes + header, length - header, ret);
	return frame_parse_transport(protocol, bytes + header, length - header, ret);
}

bool frame_parse(const uint8_t *bytes, size_t length, struct frame *ret)
{
	*ret = (struct frame){0};
	if (length < ETHERNET_SIZE)
		return false;
	unsigned ethertype = get16(bytes + 12);
	if (ethertype != 0x0800 && ethertype != 0x86dd)
		return false;
	return parse_network(bytes + ETHERNET_SIZE, length - ETHERNET_SIZE, ret);
}
