/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/inbox.h"

#include <string.h>
#include <sys/socket.h>

#include "tests/device/clock.h"
#include "tests/device/log.h"

static void put(struct inbox *inbox, const struct datagram *datagram)
{
	char peer[PEER_TEXT_SIZE];

	if (inbox->count < INBOX_CAPACITY)
		inbox->queue[inbox->count++] = *datagram;
	else
		log_event("dropped datagram from %s: too many wait",
			  peer_format(&datagram->from, peer));
}

void inbox_fill(struct inbox *inbox, int fd, int64_t due)
{
	struct datagram datagram = {.due = due};

	for (;;) {
		socklen_t from_length = sizeof(datagram.from);
		ssize_t length = recvfrom(fd, datagram.data, sizeof(datagram.data), MSG_DONTWAIT,
					  (struct sockaddr *)&datagram.from, &from_length);

		if (length < 0)
			return;
		datagram.length = (size_t)length;
		put(inbox, &datagram);
	}
}

bool inbox_take(struct inbox *inbox, int64_t now, struct datagram *ret_datagram)
{
	if (inbox->count == 0 || inbox->queue[0].due > now)
		return false;
	*ret_datagram = inbox->queue[0];
	inbox->count--;
	memmove(inbox->queue, inbox->queue + 1, inbox->count * sizeof(inbox->queue[0]));
	return true;
}

int64_t inbox_deadline(const struct inbox *inbox)
{
	return inbox->count ? inbox->queue[0].due : NEVER;
}
