/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_FRAME_H
#define TESTS_DIFFERENTIAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* Frames as the device would send them, and what is read of those that it gets. Pure. */
enum { FRAME_SIZE = 256, TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct frame {
	uint8_t to_mac[6], from_mac[6];
	struct address source, dest;
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP; of a quoted packet likewise */
	uint16_t source_port, dest_port;
	uint32_t seq, ack;
	uint8_t flags; /* TCP_… */
	bool quoted;   /* an ICMP error: all other members are of the packet that it quotes */
	const char *payload;
};

/* Ethernet, IP, TCP (a SYN has the MSS option that an ESP8266 sends) or UDP; the length. */
size_t frame_build(const struct frame *frame, uint8_t bytes[static FRAME_SIZE]);

/* False for anything but TCP, UDP and ICMP errors about them. @payload is not read. */
bool frame_parse(const uint8_t *bytes, size_t length, struct frame *ret);

/* The part of frame_parse() that concerns the TCP or UDP header; false if it is cut short. */
bool frame_parse_transport(uint8_t protocol, const uint8_t *bytes, size_t length,
			   struct frame *ret);

#endif
