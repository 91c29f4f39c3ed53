/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/loop.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/cleanup.h"

int listener_open(const struct address *address, uint16_t port, int *ret_fd, struct error *err)
{
	struct sockaddr_storage local;
	socklen_t length = address_to_sockaddr(address, port, &local);
	char text[ADDRESS_TEXT_SIZE];
	int on = 1;

	address_format(address, text);
	cleanup(close_fd) int fd =
		socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(err, errno, "cannot open a TCP socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&local, length) || listen(fd, SOMAXCONN))
		return error_errno(err, errno, "cannot listen on %s port %u", text, port);
	*ret_fd = steal_fd(&fd);
	return 0;
}
