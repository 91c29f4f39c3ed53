/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_EXCHANGE_H
#define TESTS_DIFFERENTIAL_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/flow.h"

struct lab;
struct trace;

/*
 * The six packets of an upload, really sent, and what the kernel did with each: the verdict, and the
 * rule or policy that spoke last.
 */
enum fate {
	FATE_NOT_SENT,   /* the packet before it did not get through */
	FATE_PASSED,     /* it came out where it should */
	FATE_DROPPED,    /* a rule or policy said so */
	FATE_REJECTED,   /* and the sender was told */
	FATE_REDIRECTED, /* it came out somewhere else */
	FATE_VANISHED,   /* no rule was seen to drop it, and it did not come out */
};

const char *fate_name(enum fate fate);

/* The last event of a packet in the tables under test; @chain empty: it met none. */
struct witness {
	uint8_t family;
	char table[64], chain[64], target[64];
	uint64_t handle;
	bool policy;
	uint32_t verdict;
};

struct observation {
	enum fate fate;
	struct witness last;
	bool traced, dropped,
		answered; /* seen at all; a drop was among it; RST or ICMP came back */
	bool forwarded;
	uint16_t source_port; /* as first seen, before any translation back */
};

/* "family/table/chain#handle:verdict", as in nft's traces; "" if no chain under test was met. */
const char *witness_text(const struct witness *witness, char *text, size_t size);

struct connection {
	uint16_t port, device_port;
	uint32_t server_seq;
	struct observation packets[FLOW_PACKETS]; /* SYN_IN and later */
};

struct exchange {
	int family; /* LAB_IPV4 or LAB_IPV6 */
	uint16_t udp_port, ota_port, device_port;
	struct connection *connections;
	size_t n_connections;
	struct observation datagrams[REPLY_IN + 1]; /* INVITATION_OUT, REPLY_IN */
	bool lost; /* trace events or sentinels were lost: nothing of it can be relied on */
};

/* The observation of @packet of the connection with index @index. */
const struct observation *exchange_at(const struct exchange *exchange, enum flow_packet packet,
				      size_t index);

/* Sends everything of @exchange, whose first line of members and ports are given. */
void exchange_run(struct exchange *exchange, struct lab *lab, struct trace *trace);

#endif
