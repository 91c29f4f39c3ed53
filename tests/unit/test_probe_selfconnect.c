/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/selfconnect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/sockets.h"

static const unsigned patience_ms = 10000;

/* A socket on a free port of 127.0.0.1. */
static int bound(uint16_t *ret_port)
{
	struct address loopback = address_v4(0x7f000001);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(&loopback, 0, &sockaddr);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sockaddr, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sockaddr, &length), 0);
	assert_true(address_from_sockaddr(&sockaddr, &loopback, ret_port));
	return fd;
}

static void a_listener_answers_at_its_own_address(void **state)
{
	struct address loopback = address_v4(0x7f000001);
	struct selfconnect result;
	uint16_t port;
	int fd = bound(&port);

	(void)state;
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(selfconnect_read(fd, &loopback, patience_ms, &result, NULL), 0);
	assert_true(result.connected);
	assert_int_equal(result.errnum, 0);
	/* The connection has been taken out of the queue. */
	assert_int_equal(accept(fd, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
}

static void a_listener_of_one_address_is_not_reached_at_another(void **state)
{
	struct address other = address_v4(0x7f000002);
	struct selfconnect result;
	uint16_t port;
	int fd = bound(&port);

	(void)state;
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(selfconnect_read(fd, &other, patience_ms, &result, NULL), 0);
	assert_false(result.connected);
	assert_int_equal(result.errnum, ECONNREFUSED);
	close(fd);
}

static void a_socket_that_does_not_listen_refuses(void **state)
{
	struct address loopback = address_v4(0x7f000001);
	struct selfconnect result;
	uint16_t port;
	int fd = bound(&port);

	(void)state;
	assert_int_equal(selfconnect_read(fd, &loopback, patience_ms, &result, NULL), 0);
	assert_false(result.connected);
	assert_int_equal(result.errnum, ECONNREFUSED);
	close(fd);
}

static void the_kernel_agrees_on_what_is_in_use(void **state)
{
	struct address loopback = address_v4(0x7f000001), other = address_v4(0x7f000002);
	struct tcp_socket_list sockets;
	uint16_t port;
	int fd = bound(&port), errnum;

	(void)state;
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(sockets_read(&sockets, NULL), 0);
	assert_non_null(sockets_port_in_use(&sockets, &loopback, port));
	assert_int_equal(sockets_bind_try(&loopback, port, &errnum, NULL), 0);
	assert_int_equal(errnum, EADDRINUSE);
	assert_null(sockets_port_in_use(&sockets, &other, port));
	assert_int_equal(sockets_bind_try(&other, port, &errnum, NULL), 0);
	assert_int_equal(errnum, 0);
	sockets_release(&sockets);
	close(fd);
}

static void our_own_socket_is_traced_to_us(void **state)
{
	struct address loopback = address_v4(0x7f000001);
	struct tcp_socket_list sockets;
	const struct tcp_socket *found;
	struct socket_owner owner;
	uint16_t port;
	int fd = bound(&port);

	(void)state;
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(sockets_read(&sockets, NULL), 0);
	found = sockets_port_in_use(&sockets, &loopback, port);
	assert_non_null(found);
	assert_int_equal(found->uid, geteuid());
	assert_int_equal(sockets_owner_read(found->inode, &owner, NULL), 0);
	assert_int_equal(owner.pid, getpid());
	sockets_release(&sockets);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_answers_at_its_own_address),
		cmocka_unit_test(a_listener_of_one_address_is_not_reached_at_another),
		cmocka_unit_test(a_socket_that_does_not_listen_refuses),
		cmocka_unit_test(the_kernel_agrees_on_what_is_in_use),
		cmocka_unit_test(our_own_socket_is_traced_to_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
