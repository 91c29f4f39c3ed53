/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/send.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PATIENCE = 5000,   /* ms, write timeout of WiFiClient */
	PIECE_PAUSE = 300, /* µs */
};

static bool wait_writable(int fd)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	return poll(&writable, 1, PATIENCE) > 0;
}

static ssize_t send_some(int fd, const char *data, size_t length)
{
	ssize_t sent;

	do {
		sent = send(fd, data, length, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EAGAIN && wait_writable(fd));
	return sent;
}

void send_all(int fd, const void *data, size_t length, bool pieces)
{
	const char *at = data;

	while (length > 0) {
		ssize_t sent = send_some(fd, at, pieces ? 1 : length);

		if (sent <= 0)
			return;
		at += sent;
		length -= (size_t)sent;
		if (pieces)
			usleep(PIECE_PAUSE);
	}
}
