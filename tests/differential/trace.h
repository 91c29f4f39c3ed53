/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_TRACE_H
#define TESTS_DIFFERENTIAL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the kernel says about each packet on its way through the rules (nftrace). A table with the
 * owner flag, which no flush of the ruleset touches, sets the trace bit at the very first priority
 * of netdev ingress, prerouting, output and forward.
 */
#define TRACE_TABLE "differential-judge"

struct trace;

/* Ends the process with a message if it cannot be had. */
struct trace *trace_open(void);

/* One event. @headers are NULL where the kernel did not repeat them. */
struct trace_event {
	uint32_t id; /* the same for all events of a packet */
	uint8_t family;
	const char *table, *chain, *target; /* @target of jump and goto, else NULL */
	uint64_t handle;
	bool policy;
	uint32_t verdict; /* NF_*, NFT_* as unsigned */
	bool inward;      /* there is an incoming interface */
	const uint8_t *network, *transport;
	size_t network_length, transport_length;
};

/* Hands all events since the last call to @take, in order; false if some were lost. */
bool trace_read(struct trace *trace, void (*take)(void *context, const struct trace_event *event),
		void *context);

/* "accept", "drop", "jump NAME", …, as nft's monitor says it. */
const char *trace_verdict_name(uint32_t verdict);

#endif
