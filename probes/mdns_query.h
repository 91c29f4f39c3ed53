/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_MDNS_QUERY_H
#define PROBES_MDNS_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "probes/link.h"
#include "probes/mdns.h"

/* What became of the question on the wire. */
struct mdns_outcome {
	unsigned interfaces; /* on which it was asked */
	int send_errnum;     /* of the last refusal; EPERM is our own firewall */
	bool unicast_port; /* 5353 was not to be had: asked from an ephemeral port, which UFW closes */
	bool satisfied;    /* @enough was true before the time was over */
};

/*
 * Asks the questions by multicast DNS on each interface of @links that is up, can multicast and is
 * neither loopback nor tunnel, from port 5353, because the multicast answers that then come are
 * what UFW and firewalld let in; a one-shot query from another port is answered by unicast, which
 * they drop. Asked again after 1 and 3 s (RFC 6762, 5.2). Ends when @enough (may be NULL) says so of
 * the records collected, when no query can leave, or after @timeout_ms. Records are appended to @records.
 */
int mdns_query(const struct link_list *links, const struct mdns_question *questions, size_t count,
	       unsigned timeout_ms,
	       bool (*enough)(const struct mdns_record_list *records, const void *context),
	       const void *context, struct mdns_record_list *records, struct mdns_outcome *ret,
	       struct error *err);

/*
 * The OTA devices that answer within @timeout_ms; those that leave out SRV, TXT or A records are
 * asked for them.
 */
int mdns_discover(const struct link_list *links, unsigned timeout_ms, struct mdns_device_list *ret,
		  struct mdns_outcome *ret_outcome, struct error *err);

#endif
