/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "src/ota/loop.h"

/* On the loopback interface, devices and host in one process: the devices are watches. */
enum { DEVICES = 40, DEVICE_PORT = 38266, SIZE = 50000 };

static uint8_t content[SIZE];
static struct image_files files = {
	.plain = {.path = "a.bin", .data = content, .size = SIZE, .md5 = "0"},
};

struct device {
	struct address address, calls_from;
	int udp, tcp;
	size_t received;
	uint8_t image[SIZE];
	struct session *session;
};

struct world {
	struct device devices[DEVICES];
	struct address host, intruder;
	uint16_t port;
	int listener;
	struct loop *loop;
	unsigned finished, intruders;
};

static int bound_socket(int type, const struct address *address, uint16_t port)
{
	struct sockaddr_storage local;
	socklen_t length = address_to_sockaddr(address, port, &local);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&local, length), 0);
	return fd;
}

static void device_reads(void *user, struct loop *loop, int fd)
{
	struct device *device = user;
	char text[32], surplus[1];
	size_t room = SIZE - device->received;
	ssize_t got = recv(fd, room ? device->image + device->received : (uint8_t *)surplus,
			   room ? room : 1, 0);

	if (got <= 0) {
		loop_unwatch(loop, fd);
		return;
	}
	device->received += (size_t)got;
	int length =
		snprintf(text, sizeof(text), "%zd%s", got, device->received == SIZE ? "OK" : "");
	assert_int_equal(send(fd, text, (size_t)length, MSG_NOSIGNAL), length);
}

static void device_hears(void *user, struct loop *loop, int fd)
{
	struct device *device = user;
	struct sockaddr_storage remote;
	socklen_t length = sizeof(remote);
	struct address host;
	unsigned command, port;
	char text[WIRE_SIZE] = "";

	assert_true(recvfrom(fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&remote, &length) >
		    0);
	assert_int_equal(sscanf(text, "%u %u", &command, &port), 2);
	assert_int_equal(sendto(fd, "OK", 2, 0, (struct sockaddr *)&remote, length), 2);
	address_from_sockaddr(&remote, &host, NULL);
	device->tcp = bound_socket(SOCK_STREAM, &device->calls_from, 0);
	length = address_to_sockaddr(&host, (uint16_t)port, &remote);
	connect(device->tcp, (struct sockaddr *)&remote, length);
	assert_int_equal(loop_watch(loop, device->tcp, device_reads, device, NULL), 0);
}

static void count_finished(void *user, struct session *session)
{
	struct world *world = user;

	(void)session;
	world->finished++;
}

static void note_intruder(void *user, const struct address *address)
{
	struct world *world = user;

	world->intruder = *address;
	world->intruders++;
	for (size_t i = 0; i < DEVICES; i++)
		if (world->devices[i].session && !session_outcome(world->devices[i].session))
			loop_abort(world->loop, world->devices[i].session);
}

static int set_up(void **state)
{
	static const struct loop_callbacks callbacks = {
		.finished = count_finished,
		.intruder = note_intruder,
	};
	struct world *world = calloc(1, sizeof(*world));
	struct sockaddr_storage local;
	socklen_t length = sizeof(local);

	for (size_t i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * 7 + i / 251);
	world->host = address_v4(0x7f000001);
	assert_int_equal(listener_open(&world->host, 0, &world->listener, NULL), 0);
	getsockname(world->listener, (struct sockaddr *)&local, &length);
	address_from_sockaddr(&local, &world->host, &world->port);
	assert_int_equal(loop_new(world->listener, &callbacks, world, &world->loop, NULL), 0);
	*state = world;
	return 0;
}

static void add_device(struct world *world, unsigned i, uint32_t calls_from)
{
	struct device *device = &world->devices[i];
	struct session_order order = {
		.ports = {DEVICE_PORT},
		.host_port = world->port,
		.image = &files,
	};

	device->address = address_v4(0x7f000002 + i);
	device->calls_from = address_v4(calls_from);
	device->udp = bound_socket(SOCK_DGRAM, &device->address, DEVICE_PORT);
	device->session = session_new(&order);
	assert_int_equal(loop_watch(world->loop, device->udp, device_hears, device, NULL), 0);
}

static int start(struct world *world, unsigned i, const struct cidr *accept_from)
{
	struct loop_peer peer = {
		.device = world->devices[i].address,
		.host = world->host,
		.accept_from = accept_from,
		.accept_from_count = accept_from ? 1 : 0,
	};

	return loop_add(world->loop, &peer, world->devices[i].session, NULL);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	loop_free(world->loop);
	for (size_t i = 0; i < DEVICES; i++) {
		struct device *device = &world->devices[i];
		if (!device->session)
			continue;
		close(device->udp);
		if (device->tcp)
			close(device->tcp);
		session_free(device->session);
	}
	close(world->listener);
	free(world);
	return 0;
}

static void many_devices_are_served_through_one_port(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < DEVICES; i++) {
		add_device(world, i, 0x7f000002 + i);
		assert_int_equal(start(world, i, NULL), 0);
	}
	assert_int_equal(loop_run(world->loop, NULL, NULL), 0);
	assert_int_equal(world->finished, DEVICES);
	assert_int_equal(world->intruders, 0);
	for (unsigned i = 0; i < DEVICES; i++) {
		const struct session_outcome *outcome = session_outcome(world->devices[i].session);
		assert_int_equal(outcome->result, SESSION_UPLOADED);
		assert_int_equal(outcome->bytes, SIZE);
		assert_int_equal(world->devices[i].received, SIZE);
		assert_memory_equal(world->devices[i].image, content, SIZE);
	}
}

static void a_stranger_gets_nothing(void **state)
{
	struct world *world = *state;
	struct address stranger = address_v4(0x7f0000f0);

	add_device(world, 0, 0x7f0000f0);
	assert_int_equal(start(world, 0, NULL), 0);
	assert_int_equal(loop_run(world->loop, NULL, NULL), 0);
	assert_int_equal(world->intruders, 1);
	assert_true(address_equal(&world->intruder, &stranger));
	assert_int_equal(world->devices[0].received, 0);
	assert_int_equal(session_outcome(world->devices[0].session)->result, SESSION_ABORTED);
}

static void a_forwarder_that_was_named_is_no_stranger(void **state)
{
	struct world *world = *state;
	struct cidr forwarder;

	assert_true(cidr_parse("127.0.0.240/30", &forwarder));
	add_device(world, 0, 0x7f0000f2);
	assert_int_equal(start(world, 0, &forwarder), 0);
	assert_int_equal(loop_run(world->loop, NULL, NULL), 0);
	assert_int_equal(world->intruders, 0);
	assert_int_equal(session_outcome(world->devices[0].session)->result, SESSION_UPLOADED);
	assert_memory_equal(world->devices[0].image, content, SIZE);
}

static void a_stop_flag_ends_the_run(void **state)
{
	struct world *world = *state;
	volatile sig_atomic_t stop = 1;

	add_device(world, 0, 0x7f000002);
	assert_int_equal(start(world, 0, NULL), 0);
	assert_int_equal(loop_run(world->loop, &stop, NULL), -EINTR);
	assert_null(session_outcome(world->devices[0].session));
}

static void a_port_that_nobody_listens_on_is_known_at_once(void **state)
{
	struct world *world = *state;

	add_device(world, 0, 0x7f000002);
	loop_unwatch(world->loop, world->devices[0].udp);
	close(world->devices[0].udp);
	assert_int_equal(start(world, 0, NULL), 0);
	assert_int_equal(loop_run(world->loop, NULL, NULL), 0);
	assert_int_equal(session_outcome(world->devices[0].session)->result, SESSION_PORT_CLOSED);
	world->devices[0].udp = dup(world->listener);
}

static void what_hinders_listening_can_be_told_apart(void **state)
{
	struct world *world = *state;
	struct address elsewhere = address_v4(0xc6336401); /* 198.51.100.1, for documentation */
	struct error err;
	char port[16];
	int fd = -1;

	snprintf(port, sizeof(port), "%u", world->port);
	assert_int_equal(listener_open(&world->host, world->port, &fd, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, port));
	assert_int_equal(listener_open(&elsewhere, world->port, &fd, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.text, "198.51.100.1"));
	assert_int_equal(fd, -1);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(many_devices_are_served_through_one_port),
		WITH_WORLD(a_stranger_gets_nothing),
		WITH_WORLD(a_forwarder_that_was_named_is_no_stranger),
		WITH_WORLD(a_stop_flag_ends_the_run),
		WITH_WORLD(a_port_that_nobody_listens_on_is_known_at_once),
		WITH_WORLD(what_hinders_listening_can_be_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
