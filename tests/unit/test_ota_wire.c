/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "src/ota/wire.h"

#define N32 "0123456789abcdef0123456789abcdef"

static void an_invitation_has_the_fields_in_the_devices_order(void **state)
{
	char text[WIRE_SIZE];
	const char *md5 = "7768217653a16ba87af4f354f9f7a052";

	(void)state;
	assert_int_equal(wire_invitation(text, WIRE_FLASH, 34485, 307200, md5), 48);
	assert_string_equal(text, "0 34485 307200 7768217653a16ba87af4f354f9f7a052\n");
	wire_invitation(text, WIRE_FILE_SYSTEM, 65535, UINT64_MAX, md5);
	assert_string_equal(text,
			    "100 65535 18446744073709551615 7768217653a16ba87af4f354f9f7a052\n");
}

static void the_longest_auth_reply_fits(void **state)
{
	char text[WIRE_SIZE];

	(void)state;
	assert_int_equal(wire_auth(text, N32 N32, N32 N32), 4 + 64 + 1 + 64 + 1);
	assert_string_equal(text, "200 " N32 N32 " " N32 N32 "\n");
}

static const struct {
	const char *sent;
	enum wire_reply_kind kind;
	const char *nonce, *text;
} replies[] = {
	{"OK", WIRE_OK, "", "OK"},
	{"OK\r\n", WIRE_OK, "", "OK"},
	{"OKAY", WIRE_OTHER, "", "OKAY"},
	{"ok", WIRE_OTHER, "", "ok"},
	{"", WIRE_OTHER, "", ""},
	{"AUTH " N32, WIRE_CHALLENGE_MD5, N32, "AUTH " N32},
	{"AUTH " N32 N32, WIRE_CHALLENGE_PBKDF2, N32 N32, "AUTH " N32 N32},
	{"AUTH " N32 "0", WIRE_OTHER, "", "AUTH " N32 "0"},
	{"AUTH 0123456789abcdef0123456789abcdeg", WIRE_OTHER, "",
	 "AUTH 0123456789abcdef0123456789abcdeg"},
	{"AUTH ", WIRE_OTHER, "", "AUTH"},
	{"AUTH", WIRE_OTHER, "", "AUTH"},
	{"Authentication Failed", WIRE_AUTH_FAILED, "", "Authentication Failed"},
	{"ERR: ERROR[4]: Not Enough Space\n", WIRE_ERROR, "", "ERROR[4]: Not Enough Space"},
	{"ERR: No Filesystem", WIRE_ERROR, "", "No Filesystem"},
	{"ERR:", WIRE_ERROR, "", ""},
	{"ERR: a\033[2Jb", WIRE_ERROR, "", "a?[2Jb"},
	{"\xff\xfe\x01", WIRE_OTHER, "", "???"},
};

static void what_a_device_says_is_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		struct wire_reply reply = wire_parse(replies[i].sent, strlen(replies[i].sent));
		assert_int_equal(reply.kind, replies[i].kind);
		assert_string_equal(reply.nonce, replies[i].nonce);
		assert_string_equal(reply.text, replies[i].text);
	}
}

static void a_datagram_of_any_length_is_safe(void **state)
{
	char huge[65507];

	(void)state;
	memset(huge, 'A', sizeof(huge));
	memcpy(huge, "AUTH ", 5);
	for (size_t length = 0; length < sizeof(huge); length += 1 + length / 8)
		assert_int_equal(wire_parse(huge, length).kind, length == 37 ? WIRE_CHALLENGE_MD5
								: length == 69
									? WIRE_CHALLENGE_PBKDF2
									: WIRE_OTHER);
	assert_int_equal(strlen(wire_parse(huge, sizeof(huge)).text), WIRE_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_invitation_has_the_fields_in_the_devices_order),
		cmocka_unit_test(the_longest_auth_reply_fits),
		cmocka_unit_test(what_a_device_says_is_recognised),
		cmocka_unit_test(a_datagram_of_any_length_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
