/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_OTA_BENCH_H
#define TESTS_UNIT_OTA_BENCH_H

/* A session, a device's voice and a clock that the tests move. Include once, in a test program. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "src/ota/session.h"

#define N32      "0123456789abcdef0123456789abcdef"
#define M32      "fedcba9876543210fedcba9876543210"
#define PASSWORD "correct horse"

static uint8_t bytes[1000], signed_bytes[1200];
static struct image_files files = {
	.plain = {.path = "a.bin", .data = bytes, .size = sizeof(bytes), .md5 = N32},
};
static __attribute__((unused)) struct image_files both = {
	.plain = {.path = "a.bin", .data = bytes, .size = sizeof(bytes), .md5 = N32},
	.with_signature = {.path = "a.bin.signed",
			   .data = signed_bytes,
			   .size = sizeof(signed_bytes),
			   .md5 = M32},
};

static const struct session_order plain_order = {
	.ports = {8266},
	.host_port = 18266,
	.image = &files,
	.random = {{1}, {2}},
};

/* A session and a clock that the tests move; the last datagram it wished to send. */
struct bench {
	struct session *session;
	int64_t now;
	char sent[WIRE_SIZE];
	uint16_t sent_to;
	unsigned sent_count;
};

static inline void pull(struct bench *bench)
{
	char text[WIRE_SIZE];

	while (session_datagram(bench->session, text, &bench->sent_to)) {
		strcpy(bench->sent, text);
		bench->sent_count++;
	}
}

static inline struct bench begin(const struct session_order *order)
{
	struct bench bench = {.session = session_new(order), .now = 1000000};

	session_start(bench.session, bench.now);
	pull(&bench);
	return bench;
}

static inline void say_from(struct bench *bench, uint16_t port, const char *text)
{
	session_datagram_received(bench->session, port, text, strlen(text), bench->now);
	pull(bench);
}

static inline void say(struct bench *bench, const char *text)
{
	say_from(bench, 8266, text);
}

static inline void udp_error(struct bench *bench, uint16_t port, int errnum)
{
	session_udp_error(bench->session, port, errnum, bench->now);
	pull(bench);
}

/* Lets time pass as a loop would: tick at each deadline. */
static inline void pass(struct bench *bench, int64_t ms)
{
	int64_t until = bench->now + ms;

	while (session_deadline(bench->session) <= until) {
		int64_t deadline = session_deadline(bench->session);
		bench->now = deadline > bench->now ? deadline : bench->now;
		session_tick(bench->session, bench->now);
		pull(bench);
		if (!session_outcome(bench->session))
			assert_true(session_deadline(bench->session) > bench->now);
	}
	bench->now = until;
}

static inline void connect_back(struct bench *bench)
{
	session_tcp_connected(bench->session, bench->now);
}

static inline void write_back(struct bench *bench, const char *text)
{
	session_tcp_received(bench->session, text, strlen(text), bench->now);
}

static inline void acknowledge(struct bench *bench, uint64_t sent, uint64_t acknowledged)
{
	session_tcp_progress(bench->session, sent, acknowledged, bench->now);
}

static inline void hang_up(struct bench *bench, int errnum)
{
	session_tcp_closed(bench->session, errnum, bench->now);
}

static inline void going_on(struct bench *bench)
{
	assert_null(session_outcome(bench->session));
	assert_false(session_wants_close(bench->session));
}

/* Checks the ending and frees the session. */
static inline void ends(struct bench *bench, enum session_result result, const char *text)
{
	const struct session_outcome *outcome = session_outcome(bench->session);

	assert_non_null(outcome);
	assert_int_equal(outcome->result, result);
	assert_string_equal(outcome->text, text);
	assert_true(session_wants_close(bench->session));
	assert_int_equal(session_deadline(bench->session), INT64_MAX);
	session_free(bench->session);
	bench->session = NULL;
}

static inline struct session_order with_password(void)
{
	struct session_order order = plain_order;

	order.password = PASSWORD;
	return order;
}

static inline struct bench begin_transfer(void)
{
	struct bench bench = begin(&plain_order);

	say(&bench, "OK");
	bench.now += 100;
	connect_back(&bench);
	return bench;
}

static inline const struct session_outcome *so_far(const struct bench *bench)
{
	return session_so_far(bench->session);
}

#endif
