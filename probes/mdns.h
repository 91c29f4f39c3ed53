/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_MDNS_H
#define PROBES_MDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* Multicast DNS messages (RFC 6762, RFC 6763), pure: bytes to values and back. */

enum { MDNS_NAME_SIZE = 320, MDNS_TEXT_SIZE = 64, MDNS_PACKET_SIZE = 9000, MDNS_PORT = 5353 };
enum mdns_type { MDNS_A = 1, MDNS_PTR = 12, MDNS_TXT = 16, MDNS_AAAA = 28, MDNS_SRV = 33 };

#define MDNS_OTA_SERVICE "_arduino._tcp.local"

struct mdns_question {
	const char *name; /* without the dot at the end */
	enum mdns_type type;
};

/*
 * A record of an answer. Names are without the dot at the end and in the presentation form of DNS:
 * what is not printable ASCII is escaped as \ddd, so that they are safe to print.
 */
struct mdns_record {
	enum mdns_type type;
	char name[MDNS_NAME_SIZE];
	uint32_t ttl;                /* seconds; 0: goodbye */
	uint32_t ifindex;            /* where it came in; set by the caller */
	struct address address;      /* A, AAAA */
	char target[MDNS_NAME_SIZE]; /* PTR, SRV */
	uint16_t port;               /* SRV, host order */
	char board[MDNS_TEXT_SIZE];  /* TXT "board=", printable ASCII only; "" if absent */
	int auth_upload;             /* TXT "auth_upload=": 1 yes, 0 no, -1 absent */
};

struct mdns_record_list {
	struct mdns_record *items;
	size_t count, allocated;
};

/* An OTA device as it announces itself. */
struct mdns_device {
	char name[MDNS_NAME_SIZE];     /* host name, "esp8266-1a2b3c.local" */
	char instance[MDNS_NAME_SIZE]; /* of the service, without its type; escaped as above */
	struct address address;        /* AF_UNSPEC when none was announced */
	uint16_t port;                 /* 0 when no SRV record was seen */
	char board[MDNS_TEXT_SIZE];    /* "" unknown */
	int auth;                      /* 1 password, 0 none, -1 unknown */
	uint32_t ifindex;
};

struct mdns_device_list {
	struct mdns_device *items;
	size_t count, allocated;
};

/* Writes a query of @count questions; its length, or 0 if a name is no DNS name or @size too small. */
size_t mdns_query_build(const struct mdns_question *questions, size_t count, uint8_t *buffer,
			size_t size);
/*
 * Appends the records of an answer that are of the types above, from all its sections, and returns
 * how many. Anything else (queries, garbage, cut messages) adds what could be read of it, or nothing.
 */
size_t mdns_answer_parse(const uint8_t *data, size_t length, uint32_t ifindex,
			 struct mdns_record_list *list);
void mdns_record_release(struct mdns_record_list *list);

/* DNS names are equal whatever their case and with or without a dot at the end. */
bool mdns_name_equal(const char *a, const char *b);
/* The first A (or AAAA) record of @name; NULL if there is none. */
const struct mdns_record *mdns_find(const struct mdns_record_list *list, enum mdns_type type,
				    const char *name);
/* The OTA devices that the records tell of, one for each service instance; @ret is zeroed first. */
void mdns_devices(const struct mdns_record_list *records, struct mdns_device_list *ret);
void mdns_device_release(struct mdns_device_list *list);

#endif
