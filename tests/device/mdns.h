/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_MDNS_H
#define DEVICE_MDNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the device announces: NAME.local, and NAME._arduino._tcp.local on @port. */
struct mdns_service {
	const char *name; /* one DNS label */
	const char *board;
	uint16_t port;
	bool auth;
};

enum { MDNS_PORT = 5353, MDNS_MESSAGE_SIZE = 1460 };

/*
 * Answers @query for the device at @address. @legacy: the query came from another port than 5353 and
 * gets a plain DNS answer (RFC 6762, 6.7): its id and question repeated, short TTL, no cache-flush
 * bit. Returns the length of the answer, 0 when there is nothing to say.
 */
size_t mdns_answer(const struct mdns_service *service, struct in_addr address, bool legacy,
		   const uint8_t *query, size_t length, uint8_t answer[static MDNS_MESSAGE_SIZE]);

/* Whether every question asks for a unicast answer (the QU bit of RFC 6762, 5.4). */
bool mdns_wants_unicast(const uint8_t *query, size_t length);

#endif
