/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sockets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <netinet/tcp.h>
#include <stdlib.h>

#include <linux/inet_diag.h>

#include "tests/unit/recorded.h"

/* 192.168.178.24:18266 listening */
static const char listener[] =
	"7c000000140002000000000000000000020a0000475a0000c0a8b218000000000000000000000000000000"
	"0000000000000000000000000000000000020000000000000000000000000000000500000000000000077a"
	"0200050008000000000008000f00000000000c00150001000000000000000600160052000000";
/* 127.0.0.1:53522 connected to port 8080 */
static const char connected[] =
	"7c00000014000200000000000000000002010000d1121f907f0000010000000000000000000000007f0000"
	"01000000000000000000000000000000000400000000000000000000000000000000000000000000000b7a"
	"0200050008000000000008000f00000000000c00150001000000000000000600160052000000";
/* [::]:8080 listening, IPv4 too */
static const char dual[] =
	"840000001400020000000000000000000a0a00001f90000000000000000000000000000000000000000000"
	"0000000000000000000000000000000000050000000000000000000000010000000700000000000000087a"
	"0200050008000000000005000b000000000008000f00000000000c00150001000000000000000600160012"
	"000000";
/* [::]:9090 listening, IPv6 only */
static const char v6only[] =
	"840000001400020000000000000000000a0a00002382000000000000000000000000000000000000000000"
	"0000000000000000000000000000000000060000000000000000000000000000000700000000000000097a"
	"0200050008000000000005000b000100000008000f00000000000c00150001000000000000000600160012"
	"000000";
/* [::ffff:127.0.0.1]:7070 listening */
static const char mapped[] =
	"840000001400020000000000000000000a0a00001b9e000000000000000000000000ffff7f000001000000"
	"00000000000000000000000000000000000700000000000000000000000000000007000000000000000a7a"
	"0200050008000000000005000b000000000008000f00000000000c00150001000000000000000600160012"
	"000000";

static struct tcp_socket parsed(const char *hex)
{
	struct nlmsghdr *message = recorded_message(hex);
	struct tcp_socket socket;

	assert_true(sockets_parse(message, &socket));
	free(message);
	return socket;
}

static struct address address(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static bool holds(struct tcp_socket socket, const char *text, uint16_t port)
{
	struct tcp_socket_list list = {&socket, 1, 1};
	struct address wanted = address(text);

	return sockets_port_in_use(&list, &wanted, port) == &socket;
}

static void a_listener_has_address_port_and_backlog(void **state)
{
	struct tcp_socket socket = parsed(listener);
	struct address expected = address("192.168.178.24");

	(void)state;
	assert_int_equal(socket.state, TCP_LISTEN);
	assert_true(address_equal(&socket.address, &expected));
	assert_int_equal(socket.port, 18266);
	assert_int_equal(socket.queue, 0);
	assert_int_equal(socket.backlog, 5);
	assert_int_equal(socket.uid, 0);
	assert_true(socket.inode > 0);
}

static void a_listener_holds_its_address_and_port_and_no_other(void **state)
{
	struct tcp_socket socket = parsed(listener);

	(void)state;
	assert_true(holds(socket, "192.168.178.24", 18266));
	assert_true(holds(socket, "0.0.0.0", 18266));
	assert_false(holds(socket, "192.168.178.25", 18266));
	assert_false(holds(socket, "127.0.0.1", 18266));
	assert_false(holds(socket, "192.168.178.24", 18267));
	assert_false(holds(socket, "::1", 18266));
	assert_true(holds(socket, "::", 18266));
}

static void an_ipv4_wildcard_holds_every_ipv4_address(void **state)
{
	struct tcp_socket socket = {
		.address = address("0.0.0.0"), .port = 18266, .state = TCP_LISTEN};

	(void)state;
	assert_true(holds(socket, "192.168.178.24", 18266));
	assert_true(holds(socket, "0.0.0.0", 18266));
	assert_false(holds(socket, "fd00::1", 18266));
}

static void an_ipv6_wildcard_holds_ipv4_unless_it_is_ipv6_only(void **state)
{
	(void)state;
	assert_false(parsed(dual).v6only);
	assert_true(holds(parsed(dual), "192.168.178.24", 8080));
	assert_true(holds(parsed(dual), "0.0.0.0", 8080));
	assert_true(parsed(v6only).v6only);
	assert_false(holds(parsed(v6only), "192.168.178.24", 9090));
	assert_false(holds(parsed(v6only), "0.0.0.0", 9090));
	assert_true(holds(parsed(v6only), "fd00::1", 9090));
}

static void a_mapped_address_is_the_ipv4_address(void **state)
{
	struct tcp_socket socket = parsed(mapped);

	(void)state;
	assert_int_equal(socket.address.family, AF_INET);
	assert_true(holds(socket, "127.0.0.1", 7070));
	assert_false(holds(socket, "192.168.178.24", 7070));
}

static void a_connection_may_hold_its_port_but_is_no_listener(void **state)
{
	struct tcp_socket socket = parsed(connected);
	struct tcp_socket_list list = {&socket, 1, 1};
	struct address own = address("127.0.0.1"), other = address("192.168.178.24");

	(void)state;
	assert_int_equal(socket.state, TCP_ESTABLISHED);
	assert_null(sockets_port_in_use(&list, &own, socket.port));
	assert_ptr_equal(sockets_port_maybe_in_use(&list, &own, socket.port), &socket);
	assert_null(sockets_port_maybe_in_use(&list, &other, socket.port));
}

static void a_message_shorter_than_its_header_is_refused(void **state)
{
	struct nlmsghdr *message = recorded_message(v6only);
	struct tcp_socket socket;

	(void)state;
	for (size_t length = MNL_NLMSG_HDRLEN; length < message->nlmsg_len; length++) {
		struct nlmsghdr *cut = recorded_cut(message, length);

		assert_int_equal(sockets_parse(cut, &socket),
				 length >= MNL_NLMSG_HDRLEN + sizeof(struct inet_diag_msg));
		free(cut);
	}
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_has_address_port_and_backlog),
		cmocka_unit_test(a_listener_holds_its_address_and_port_and_no_other),
		cmocka_unit_test(an_ipv4_wildcard_holds_every_ipv4_address),
		cmocka_unit_test(an_ipv6_wildcard_holds_ipv4_unless_it_is_ipv6_only),
		cmocka_unit_test(a_mapped_address_is_the_ipv4_address),
		cmocka_unit_test(a_connection_may_hold_its_port_but_is_no_listener),
		cmocka_unit_test(a_message_shorter_than_its_header_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
