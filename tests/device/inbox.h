/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_INBOX_H
#define DEVICE_INBOX_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* lwIP holds 6 datagrams for a socket and drops the others. */
enum { INBOX_CAPACITY = 6, DATAGRAM_SIZE = 1500 };

struct datagram {
	struct sockaddr_in from;
	int64_t due; /* when the device may see it */
	size_t length;
	unsigned char data[DATAGRAM_SIZE];
};

struct inbox {
	struct datagram queue[INBOX_CAPACITY];
	size_t count;
};

/* Takes what has arrived on @fd, to be seen at @due. */
void inbox_fill(struct inbox *inbox, int fd, int64_t due);

/* The oldest that is due, false if there is none. */
bool inbox_take(struct inbox *inbox, int64_t now, struct datagram *ret_datagram);

/* When the oldest is due, or NEVER. */
int64_t inbox_deadline(const struct inbox *inbox);

#endif
