/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/device/auth.h"
#include "tests/device/image.h"
#include "tests/device/mdns.h"
#include "tests/device/session.h"

#define MD5_TEXT "7768217653a16ba87af4f354f9f7a052"

static bool parse(const char *family, const char *text, struct invitation *ret_invitation)
{
	return invitation_parse(family_find(family), text, strlen(text), ret_invitation);
}

static void an_invitation_is_read_as_the_script_writes_it(void **state)
{
	struct invitation invitation;

	(void)state;
	assert_true(parse("esp8266", "0 34485 307200 " MD5_TEXT "\n", &invitation));
	assert_int_equal(invitation.command, COMMAND_FLASH);
	assert_int_equal(invitation.port, 34485);
	assert_int_equal(invitation.size, 307200);
	assert_string_equal(invitation.md5, MD5_TEXT);
}

static void line_ends_and_extra_spaces_before_numbers_do_not_matter(void **state)
{
	struct invitation invitation;

	(void)state;
	assert_true(parse("esp32", "  100   8  9 " MD5_TEXT, &invitation));
	assert_int_equal(invitation.command, COMMAND_FILE_SYSTEM);
	assert_true(parse("esp32", "0 8 9 " MD5_TEXT "\r\n", &invitation));
	assert_true(parse("esp32", "0 8 9 " MD5_TEXT "\nanything", &invitation));
}

static void invalid_invitations_are_dropped(void **state)
{
	static const char *const texts[] = {
		"",
		"200 8 9 " MD5_TEXT,
		"1 8 9 " MD5_TEXT,
		"0 8 9 " MD5_TEXT "x",
		"0 8 9 7768217653a16ba87af4f354f9f7a05",
		"0 8 -5 " MD5_TEXT,
		"0 8 9",
	};
	struct invitation invitation;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(parse("esp8266", texts[i], &invitation));
}

static void a_port_above_16_bits_loses_its_high_bits(void **state)
{
	struct invitation invitation;

	(void)state;
	assert_true(parse("esp8266", "0 70000 9 " MD5_TEXT, &invitation));
	assert_int_equal(invitation.port, 4464);
}

static void a_number_with_too_many_digits_is_zero(void **state)
{
	struct invitation invitation;

	(void)state;
	assert_true(parse("esp8266", "000000000000100 8 9 " MD5_TEXT, &invitation));
	assert_int_equal(invitation.command, COMMAND_FILE_SYSTEM);
	assert_true(parse("esp8266", "0000000000000100 8 9 " MD5_TEXT, &invitation));
	assert_int_equal(invitation.command, COMMAND_FLASH);
	assert_true(parse("esp32", "000000000000100 8 9 " MD5_TEXT, &invitation));
	assert_int_equal(invitation.command, COMMAND_FLASH);
}

static void the_published_pbkdf2_vector_comes_out(void **state)
{
	struct credentials credentials = credentials_make(AUTH_PBKDF2, "a-real-password", false);
	char nonce[65], cnonce[65], response[65];

	(void)state;
	for (size_t i = 0; i < 32; i++) {
		memcpy(nonce + 2 * i, "ab", 3);
		memcpy(cnonce + 2 * i, "cd", 3);
	}
	auth_response(&credentials, nonce, cnonce, response);
	assert_memory_equal(credentials.stored, "980061b5", 8);
	assert_string_equal(response,
			    "4d63ba8b1efa8949a0c5caefe7e8bc77db582e5531bdf2667c663394b4551b93");
}

static struct session make_session(const char *family, const char *password)
{
	const struct family *found = family_find(family);

	return (struct session){
		.family = found,
		.credentials = credentials_make(found->scheme, password, false),
	};
}

static struct sockaddr_in peer(const char *address, uint16_t port)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, address, &peer.sin_addr);
	return peer;
}

static enum session_event tell(struct session *session, const char *text, uint16_t from,
			       char *ret_answer)
{
	struct sockaddr_in sender = peer("192.0.2.1", from);

	return session_receive(session, text, strlen(text), &sender,
			       "0123456789abcdef0123456789abcdef", ret_answer);
}

/* A right auth reply for the nonce that tell() gives. */
static void make_reply(const struct session *session, char *ret_text, size_t size)
{
	const char *cnonce = "cccccccccccccccccccccccccccccccc";
	char response[65];

	auth_response(&session->credentials, session->nonce, cnonce, response);
	snprintf(ret_text, size, "200 %s %s\n", cnonce, response);
}

static void an_open_device_runs_at_once(void **state)
{
	struct session session = make_session("esp8266", NULL);
	char answer[SESSION_ANSWER_SIZE];

	(void)state;
	assert_int_equal(tell(&session, "0 8 9 " MD5_TEXT, 1000, answer), SESSION_INVITED);
	assert_int_equal(session.state, SESSION_RUN);
	assert_int_equal(tell(&session, "0 8 9 " MD5_TEXT, 1000, answer), SESSION_BUSY);
}

static void a_right_password_is_taken_and_a_wrong_one_told(void **state)
{
	struct session session = make_session("esp32", "geheim");
	char answer[SESSION_ANSWER_SIZE], reply[200];

	(void)state;
	assert_int_equal(tell(&session, "0 8 9 " MD5_TEXT, 1000, answer), SESSION_ASKED);
	assert_string_equal(answer, "AUTH 0123456789abcdef0123456789abcdef");
	make_reply(&session, reply, sizeof(reply));
	reply[40] ^= 1;
	assert_int_equal(tell(&session, reply, 1000, answer), SESSION_AUTH_FAILED);
	assert_string_equal(answer, "Authentication Failed");
	tell(&session, "0 8 9 " MD5_TEXT, 1000, answer);
	make_reply(&session, reply, sizeof(reply));
	assert_int_equal(tell(&session, reply, 1000, answer), SESSION_AUTH_OK);
}

static void an_invitation_in_the_middle_of_a_session_is_lost(void **state)
{
	struct session session = make_session("esp8266", "geheim");
	char answer[SESSION_ANSWER_SIZE];

	(void)state;
	session.state = SESSION_WAITAUTH;
	assert_int_equal(tell(&session, "0 8 9 " MD5_TEXT, 1000, answer), SESSION_LOST_SESSION);
	assert_string_equal(answer, "");
	assert_int_equal(tell(&session, "0 8 9 " MD5_TEXT, 1000, answer), SESSION_ASKED);
}

static void an_auth_reply_of_another_scheme_is_dropped(void **state)
{
	struct session session = make_session("esp32-pbkdf2", "geheim");
	char answer[SESSION_ANSWER_SIZE];

	(void)state;
	tell(&session, "0 8 9 " MD5_TEXT, 1000, answer);
	assert_int_equal(tell(&session, "200 " MD5_TEXT " " MD5_TEXT "\n", 1000, answer),
			 SESSION_BAD_AUTH);
	assert_string_equal(answer, "");
	assert_int_equal(session.state, SESSION_IDLE);
}

static void each_family_answers_where_the_real_one_does(void **state)
{
	struct session old = make_session("esp8266", "geheim");
	struct session new = make_session("esp32", "geheim");
	char answer[SESSION_ANSWER_SIZE], reply[200];

	(void)state;
	tell(&old, "0 8 9 " MD5_TEXT, 1000, answer);
	make_reply(&old, reply, sizeof(reply));
	tell(&old, reply, 2000, answer);
	assert_int_equal(ntohs(session_answer_to(&old).sin_port), 1000);
	tell(&new, "0 8 9 " MD5_TEXT, 1000, answer);
	tell(&new, reply, 2000, answer);
	assert_int_equal(ntohs(session_answer_to(&new).sin_port), 2000);
	assert_int_equal(ntohs(session_connect_to(&new).sin_port), 8);
}

/* Gives @data to a device that was invited to it, and returns what it prints: "" when content. */
static struct buffer verdict_of(const char *family, int command, const char *data, size_t length,
				struct image *image)
{
	struct invitation invitation = {.command = command, .size = (uint32_t)length};
	struct buffer text = {0};

	md5_hex(data, length, invitation.md5);
	assert_true(image_begin(image, family_find(family), &invitation, 1000000));
	for (size_t at = 0; at < length && !image_finished(image); at += 1460)
		image_write(image, data + at, length - at < 1460 ? length - at : 1460);
	if (!image_end(image))
		image_print_error(image, &text);
	image_release(image);
	return text;
}

static void check_verdict(const char *family, int command, const char *start, const char *expected)
{
	cleanup(buffer_release) struct buffer text = {0};
	struct image image = {.flash_size = 1024 * 1024};
	char data[9000] = {0};

	memcpy(data, start, strlen(start));
	text = verdict_of(family, command, data, sizeof(data), &image);
	assert_string_equal(buffer_text(&text), expected);
}

static void first_bytes_are_judged_as_each_family_does(void **state)
{
	(void)state;
	check_verdict("esp8266", COMMAND_FLASH, "\xe9\x01\x02\x20", "");
	check_verdict("esp8266", COMMAND_FLASH, "\xe9\x01\x02\x40",
		      "ERROR[9]: new Flash config wrong, real size: 1048576\n");
	check_verdict("esp8266", COMMAND_FLASH, "\x1f\x8b", "");
	check_verdict("esp8266", COMMAND_FLASH, "<html>", "ERROR[10]: Magic byte is not 0xE9\n");
	check_verdict("esp8266", COMMAND_FILE_SYSTEM, "<html>", "");
	check_verdict("esp32", COMMAND_FLASH, "\xe9", "");
	check_verdict("esp32", COMMAND_FLASH, "\x1f\x8b", "Decryption error\r\n");
	check_verdict("esp32", COMMAND_FILE_SYSTEM, "<html>", "");
	check_verdict("rp2040", COMMAND_FLASH, "<html>", "");
}

static void bytes_that_are_not_those_invited_are_refused(void **state)
{
	struct invitation invitation = {.size = 4, .md5 = MD5_TEXT};
	cleanup(buffer_release) struct buffer text = {0};
	struct image image = {0};

	(void)state;
	image_begin(&image, family_find("esp32"), &invitation, 1000);
	assert_int_equal(image_write(&image,
				     "\xe9"
				     "abc",
				     4),
			 4);
	assert_false(image_end(&image));
	image_print_error(&image, &text);
	assert_string_equal(text.data, "MD5 Check Failed\r\n");
	image_release(&image);
}

static void an_image_that_does_not_fit_is_refused_before_it_is_read(void **state)
{
	struct invitation invitation = {.size = 1001, .md5 = MD5_TEXT};
	cleanup(buffer_release) struct buffer text = {0};
	struct image image = {0};

	(void)state;
	assert_false(image_begin(&image, family_find("esp8266"), &invitation, 1000));
	image_print_error(&image, &text);
	assert_string_equal(text.data, "ERROR[4]: Not Enough Space\n");
	invitation.size = 0;
	assert_false(image_begin(&image, family_find("esp8266"), &invitation, 1000));
	assert_int_equal(image.error, IMAGE_SIZE);
}

static void a_query_for_the_host_is_answered_and_others_are_not(void **state)
{
	static const uint8_t query[] = "\0\0\0\0\0\1\0\0\0\0\0\0\5blink\5local\0\0\1\0\1";
	struct mdns_service service = {"blink", "esp32", 3232, true};
	struct in_addr address = peer("192.0.2.9", 0).sin_addr;
	uint8_t answer[MDNS_MESSAGE_SIZE];
	size_t length;

	(void)state;
	length = mdns_answer(&service, address, false, query, sizeof(query) - 1, answer);
	assert_int_equal(length, 39);
	assert_int_equal(answer[7], 1);
	assert_memory_equal(answer + length - 4, &address, 4);
	service.name = "blank";
	assert_int_equal(mdns_answer(&service, address, false, query, sizeof(query) - 1, answer),
			 0);
	for (size_t cut = 0; cut < sizeof(query) - 1; cut++)
		assert_int_equal(mdns_answer(&service, address, false, query, cut, answer), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_invitation_is_read_as_the_script_writes_it),
		cmocka_unit_test(line_ends_and_extra_spaces_before_numbers_do_not_matter),
		cmocka_unit_test(invalid_invitations_are_dropped),
		cmocka_unit_test(a_port_above_16_bits_loses_its_high_bits),
		cmocka_unit_test(a_number_with_too_many_digits_is_zero),
		cmocka_unit_test(the_published_pbkdf2_vector_comes_out),
		cmocka_unit_test(an_open_device_runs_at_once),
		cmocka_unit_test(a_right_password_is_taken_and_a_wrong_one_told),
		cmocka_unit_test(an_invitation_in_the_middle_of_a_session_is_lost),
		cmocka_unit_test(an_auth_reply_of_another_scheme_is_dropped),
		cmocka_unit_test(each_family_answers_where_the_real_one_does),
		cmocka_unit_test(first_bytes_are_judged_as_each_family_does),
		cmocka_unit_test(bytes_that_are_not_those_invited_are_refused),
		cmocka_unit_test(an_image_that_does_not_fit_is_refused_before_it_is_read),
		cmocka_unit_test(a_query_for_the_host_is_answered_and_others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
