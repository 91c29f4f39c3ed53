/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/selfconnect.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "probes/deadline.h"

static int local_name(int fd, struct address *ret_address, uint16_t *ret_port)
{
	struct sockaddr_storage sockaddr = {0};
	socklen_t length = sizeof(sockaddr);

	if (getsockname(fd, (struct sockaddr *)&sockaddr, &length) < 0)
		return -errno;
	return address_from_sockaddr(&sockaddr, ret_address, ret_port) ? 0 : -EAFNOSUPPORT;
}

/* Waits for @events; 0, or the positive errno that ends the attempt. */
static int await(int fd, short events, int64_t deadline)
{
	struct pollfd wait = {.fd = fd, .events = events};
	int ready = poll(&wait, 1, deadline_left(deadline));

	if (ready < 0)
		return errno;
	return ready == 0 ? ETIMEDOUT : 0;
}

static int connect_to(int fd, const struct address *target, uint16_t port, int64_t deadline)
{
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(target, port, &sockaddr);
	socklen_t size = sizeof(int);
	int errnum;

	if (connect(fd, (struct sockaddr *)&sockaddr, length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	errnum = await(fd, POLLOUT, deadline);
	if (errnum == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &size) < 0)
		errnum = errno;
	return errnum;
}

/* The listener's side of the connection that has @address and @port on ours. */
static int accept_own(int listener, const struct address *address, uint16_t port, int64_t deadline)
{
	do {
		cleanup(close_fd) int fd = -1;
		struct sockaddr_storage peer = {0};
		socklen_t length = sizeof(peer);
		struct address from = {0};
		uint16_t from_port = 0;
		int errnum = await(listener, POLLIN, deadline);

		if (errnum)
			return errnum;
		fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);
		if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			return errno;
		if (fd >= 0 && address_from_sockaddr(&peer, &from, &from_port) &&
		    from_port == port && address_equal(&from, address))
			return 0;
		/* Strangers may keep coming faster than we hang up. */
	} while (deadline_left(deadline) > 0);
	return ETIMEDOUT;
}

int selfconnect_read(int listener, const struct address *target, unsigned timeout_ms,
		     struct selfconnect *ret, struct error *err)
{
	cleanup(close_fd) int fd =
		socket(target->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int64_t deadline = deadline_after(timeout_ms);
	struct address address;
	uint16_t port;
	int status = local_name(listener, &address, &port);

	*ret = (struct selfconnect){0};
	if (status < 0)
		return error_errno(err, -status, "cannot tell the address of our listener");
	if (fd < 0)
		return error_errno(err, errno, "cannot open a TCP socket");
	ret->errnum = connect_to(fd, target, port, deadline);
	if (ret->errnum)
		return 0;
	status = local_name(fd, &address, &port);
	if (status < 0)
		return error_errno(err, -status, "cannot tell the address of our connection");
	ret->errnum = accept_own(listener, &address, port, deadline);
	ret->connected = ret->errnum == 0;
	return 0;
}
