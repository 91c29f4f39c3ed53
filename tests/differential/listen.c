/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/listen.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/alloc.h"

enum { PORTS = 65536, MOST_PORTS = 4000, BACKLOG = 4096 };

/* Descriptors plus one, so that zero is none. */
static int listeners[2][PORTS];
static size_t open_ports;

static int listener(int family, uint16_t port)
{
	struct address any = {.family = family};
	struct sockaddr_storage here;
	socklen_t size = address_to_sockaddr(&any, port, &here);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&here, size) || listen(fd, BACKLOG)) {
		close(fd);
		return -1;
	}
	return fd;
}

void listen_make_room(size_t ports)
{
	if (open_ports + ports < MOST_PORTS)
		return;
	for (int family = 0; family < 2; family++)
		for (unsigned port = 0; port < PORTS; port++)
			if (listeners[family][port]) {
				close(listeners[family][port] - 1);
				listeners[family][port] = 0;
			}
	open_ports = 0;
}

bool listen_on(uint16_t port)
{
	if (listeners[0][port])
		return true;
	open_ports++;
	listeners[0][port] = listener(AF_INET, port) + 1;
	listeners[1][port] = listener(AF_INET6, port) + 1;
	return listeners[0][port] && listeners[1][port];
}

static int *accepted;
static size_t n_accepted, accepted_allocated;

void listen_accept(uint16_t port)
{
	for (int family = 0; family < 2; family++) {
		int fd;

		while (listeners[family][port] &&
		       (fd = accept4(listeners[family][port] - 1, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
			accepted =
				xgrow(accepted, n_accepted, &accepted_allocated, sizeof(*accepted));
			accepted[n_accepted++] = fd;
		}
	}
}

void listen_forget(void)
{
	int on = 1;

	for (size_t i = 0; i < n_accepted; i++) {
		setsockopt(accepted[i], IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on));
		close(accepted[i]);
	}
	n_accepted = 0;
}
