/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_RECORDED_H
#define TESTS_UNIT_RECORDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <libmnl/libmnl.h>

#include "base/alloc.h"

/*
 * Netlink messages as Linux 6.18 sent them, in hexadecimal. The bytes are copied into memory of
 * exactly their size, so that a parser that reads past the end is caught by the sanitizer.
 */
static inline uint8_t *recorded_bytes(const char *hex, size_t *ret_length)
{
	size_t length = strlen(hex) / 2;
	uint8_t *bytes = xcalloc(1, length);

	for (size_t i = 0; i < length; i++) {
		unsigned value;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
		bytes[i] = value;
	}
	*ret_length = length;
	return bytes;
}

static inline struct nlmsghdr *recorded_message(const char *hex)
{
	size_t length;
	struct nlmsghdr *message = (struct nlmsghdr *)recorded_bytes(hex, &length);

	assert_true(mnl_nlmsg_ok(message, length));
	return message;
}

/* The same message cut after @length bytes, as a liar would send it. */
static inline struct nlmsghdr *recorded_cut(const struct nlmsghdr *message, size_t length)
{
	struct nlmsghdr *cut = xmemdup(message, length);

	cut->nlmsg_len = length;
	return cut;
}

#endif
