/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_FRAMES_H
#define RULES_REPLAY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* One packet on the wire between device and host. Numbers in host order. Pure. */
struct segment {
	struct address source, destination;
	uint8_t protocol; /* IPPROTO_UDP, IPPROTO_TCP; others are only read */
	uint16_t source_port, destination_port;
	uint8_t flags; /* TH_… of TCP */
	uint32_t sequence, acknowledged;
	uint8_t payload; /* bytes; they are all the same when written */
};

enum { FRAME_ROOM = 160 };

/* The Ethernet frame of it, written into @frame; returns its length. */
size_t frame_write(uint8_t frame[static FRAME_ROOM], const struct segment *segment,
		   const uint8_t to_mac[static 6], const uint8_t from_mac[static 6]);

/* False for what is neither IPv4 nor IPv6 or cut short. */
bool frame_read(const uint8_t *frame, size_t length, struct segment *ret);

/* True if it tells the sender of a packet that it was not let through: a reset, an ICMP error. */
bool segment_refuses(const struct segment *segment);

#endif
