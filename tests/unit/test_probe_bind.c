/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sockets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Someone who holds a port, in every way that the kernel tells apart. */
struct holder {
	const char *address;
	int v6only, reuse, listening;
};

static int open_holder(const struct holder *holder, uint16_t port)
{
	struct address address;
	struct sockaddr_storage sockaddr;
	socklen_t length;
	int fd;

	assert_true(address_parse(holder->address, &address));
	length = address_to_sockaddr(&address, port, &sockaddr);
	fd = socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (address.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &holder->v6only, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &holder->reuse, sizeof(int));
	/* A host without IPv6 has nothing of it to test. */
	if (bind(fd, (struct sockaddr *)&sockaddr, length) < 0 ||
	    (holder->listening && listen(fd, 4) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A port that nobody holds at any address, and may not be free for long. */
static uint16_t free_port(void)
{
	struct address any = address_v4(0);
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(&any, 0, &sockaddr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint16_t port = 0;

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sockaddr, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sockaddr, &length), 0);
	assert_true(address_from_sockaddr(&sockaddr, &any, &port));
	close(fd);
	return port;
}

/* Kernels before 6.8 do not list a socket that is bound and nothing else. */
static bool is_listed(const struct tcp_socket_list *list, uint16_t port)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].port == port)
			return true;
	}
	return false;
}

static void assert_agreement(const struct holder *holder, const char *wanted, uint16_t port)
{
	struct tcp_socket_list list;
	struct address address;
	int errnum;

	assert_true(address_parse(wanted, &address));
	assert_int_equal(sockets_read(&list, NULL), 0);
	assert_int_equal(sockets_bind_try(&address, port, &errnum, NULL), 0);
	assert_true(errnum == 0 || errnum == EADDRINUSE);
	assert_int_equal(sockets_port_in_use(&list, &address, port) != NULL,
			 holder->listening && errnum);
	/* A holder with SO_REUSEADDR may be named here although it is not in the way. */
	if (errnum && !holder->listening && is_listed(&list, port))
		assert_non_null(sockets_port_maybe_in_use(&list, &address, port));
	sockets_release(&list);
}

static void the_kernel_agrees_on_every_holder_and_every_address(void **state)
{
	static const char *const holders[] = {"0.0.0.0", "127.0.0.1", "127.0.0.2",
					      "::",      "::1",       "::ffff:127.0.0.1"};
	static const char *const wanted[] = {"0.0.0.0", "127.0.0.1", "127.0.0.2"};
	unsigned tested = 0;

	(void)state;
	for (unsigned i = 0; i < 6 * 8; i++) {
		struct holder holder = {holders[i / 8], i & 1, i >> 1 & 1, i >> 2 & 1};
		uint16_t port = free_port();
		int fd = open_holder(&holder, port);

		for (unsigned j = 0; fd >= 0 && j < 3; j++, tested++)
			assert_agreement(&holder, wanted[j], port);
		if (fd >= 0)
			close(fd);
	}
	assert_true(tested >= 3 * 8 * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_agrees_on_every_holder_and_every_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
