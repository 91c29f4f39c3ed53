/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_TRACE_H
#define RULES_REPLAY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/flow.h"

struct error;
struct nlmsghdr;

/* The table that sets nftrace on every TCP and UDP packet, and marks where a packet gets through to. */
#define TRACE_TABLE "espota-doctor-replay"

/* One message of the group NFNLGRP_NFTRACE. Pure. Strings point into the message. */
struct trace_event {
	uint8_t family;
	const char *table, *chain;
	uint64_t handle; /* 0: the policy */
	int code;        /* enum verdict_code of the rule or the policy */
	uint32_t id;     /* of the packet, until its memory is used for another */
	bool has_packet; /* only the first message of a packet in a base chain tells of the packet */
	bool incoming;
	uint8_t protocol; /* IPPROTO_*, from the network header; 0 if it is no IPv4 or IPv6 */
	uint16_t source_port, destination_port;
	uint8_t flags; /* of TCP */
};

bool trace_parse(const struct nlmsghdr *message, struct trace_event *ret);

/* The last step of a packet that belongs to the copied rules. */
struct trace_step {
	uint8_t family;
	char table[256], chain[256];
	uint64_t handle;
	int code;
	bool is_set;
};

/* What was seen of each of the six packets. */
struct trace_packet {
	struct trace_step last;
	bool arose;           /* came to the first hook of its way */
	bool passed;          /* got through the last one */
	uint16_t passed_port; /* destination port there */
};

enum { TRACE_IDS = 16 };

struct trace {
	int fd;
	/*
	 * Whose the last packets' ids are: enum flow_packet, -1 for none of ours. More than one at a
	 * time, because what answers a packet is sent in the midst of its way.
	 */
	struct {
		uint32_t id;
		int packet;
	} ids[TRACE_IDS];
	unsigned next_id;
	bool lost; /* messages were lost */
	struct trace_packet packets[FLOW_PACKETS];
};

/* Opens the listener and loads the table, in this namespace. Netdev chains go to @device. */
int trace_open(struct trace *trace, const char *device, bool is_bridge, struct error *err);
/* Forgets what was seen. */
void trace_reset(struct trace *trace);
/* Takes in the messages that have come. */
void trace_read(struct trace *trace);
/* One event, whatever its source. Pure. */
void trace_take(struct trace *trace, const struct trace_event *event);

#endif
