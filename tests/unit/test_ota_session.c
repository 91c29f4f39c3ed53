/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ota_bench.h"

/* --- invitation --- */

static void the_invitation_carries_size_and_sum_of_the_image(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	assert_int_equal(bench.sent_to, 8266);
	session_free(bench.session);
}

static void a_file_system_image_has_its_own_command(void **state)
{
	struct session_order order = plain_order;

	(void)state;
	order.file_system = true;
	struct bench bench = begin(&order);
	assert_string_equal(bench.sent, "100 18266 1000 " N32 "\n");
	session_free(bench.session);
}

static void silence_is_met_with_slow_repetition_and_then_given_up(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	pass(&bench, 1499);
	assert_int_equal(bench.sent_count, 1);
	pass(&bench, 501);
	assert_int_equal(bench.sent_count, 2);
	pass(&bench, 17999);
	assert_in_range(bench.sent_count, 20000 / 2000, 20000 / 1500);
	going_on(&bench);
	pass(&bench, 1);
	assert_int_equal(so_far(&bench)->ports[0].state, SESSION_PORT_WAS_SILENT);
	ends(&bench, SESSION_SILENT, "");
}

static void the_timeout_of_the_user_counts(void **state)
{
	struct session_order order = plain_order;

	(void)state;
	order.answer_timeout = 3000;
	struct bench bench = begin(&order);
	pass(&bench, 2999);
	going_on(&bench);
	pass(&bench, 1);
	ends(&bench, SESSION_SILENT, "");
}

static void a_device_that_swallows_the_first_invitation_gets_another(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	pass(&bench, 2000);
	assert_int_equal(bench.sent_count, 2);
	say(&bench, "OK");
	going_on(&bench);
	assert_int_equal(so_far(&bench)->times.agreed, bench.now);
	assert_int_equal(so_far(&bench)->auth, AUTH_NONE);
	pass(&bench, 11999);
	assert_int_equal(bench.sent_count, 2);
	pass(&bench, 1);
	ends(&bench, SESSION_NO_CONNECTION, "");
}

static const struct {
	int errnum;
	enum session_result result;
} udp_errors[] = {
	{ECONNREFUSED, SESSION_PORT_CLOSED}, {EHOSTUNREACH, SESSION_NOT_FOUND},
	{EPERM, SESSION_EGRESS_DENIED},      {ENETUNREACH, SESSION_NO_ROUTE},
	{EACCES, SESSION_NO_ROUTE},          {EINVAL, SESSION_NO_ROUTE},
};

static void errors_of_the_socket_end_it_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(udp_errors); i++) {
		struct bench bench = begin(&plain_order);
		udp_error(&bench, 8266, EMSGSIZE);
		going_on(&bench);
		udp_error(&bench, 8266, udp_errors[i].errnum);
		assert_int_equal(so_far(&bench)->errnum, udp_errors[i].errnum);
		ends(&bench, udp_errors[i].result, "");
	}
}

static void a_port_that_has_answered_is_not_closed(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	say(&bench, "OK");
	udp_error(&bench, 8266, ECONNREFUSED);
	going_on(&bench);
	session_free(bench.session);
}

static const struct session_order trial_order = {
	.ports = {8266, 3232, 2040},
	.host_port = 18266,
	.image = &both,
};

static void closed_ports_are_passed_over_at_once(void **state)
{
	struct bench bench = begin(&trial_order);

	(void)state;
	udp_error(&bench, 8266, ECONNREFUSED);
	assert_int_equal(bench.sent_to, 3232);
	udp_error(&bench, 3232, ECONNREFUSED);
	assert_int_equal(bench.sent_to, 2040);
	going_on(&bench);
	udp_error(&bench, 2040, ECONNREFUSED);
	ends(&bench, SESSION_PORT_CLOSED, "");
}

static void silent_ports_are_left_after_two_seconds_and_come_round_again(void **state)
{
	struct bench bench = begin(&trial_order);

	(void)state;
	pass(&bench, 1999);
	assert_int_equal(bench.sent_to, 8266);
	pass(&bench, 1);
	assert_int_equal(bench.sent_to, 3232);
	pass(&bench, 2000);
	assert_int_equal(bench.sent_to, 2040);
	pass(&bench, 2000);
	assert_int_equal(bench.sent_to, 8266);
	for (size_t i = 0; i < SESSION_PORTS; i++)
		assert_int_equal(so_far(&bench)->ports[i].state, SESSION_PORT_WAS_SILENT);
	pass(&bench, 14000);
	ends(&bench, SESSION_SILENT, "");
}

static void one_silent_port_among_closed_ones_is_silence(void **state)
{
	struct bench bench = begin(&trial_order);

	(void)state;
	udp_error(&bench, 8266, ECONNREFUSED);
	pass(&bench, 2000);
	udp_error(&bench, 2040, ECONNREFUSED);
	assert_int_equal(bench.sent_to, 3232);
	assert_int_equal(so_far(&bench)->ports[0].state, SESSION_PORT_WAS_CLOSED);
	assert_int_equal(so_far(&bench)->ports[1].state, SESSION_PORT_WAS_SILENT);
	pass(&bench, 20000);
	ends(&bench, SESSION_SILENT, "");
}

static void a_late_answer_from_an_earlier_port_counts(void **state)
{
	struct bench bench = begin(&trial_order);

	(void)state;
	pass(&bench, 2100);
	assert_int_equal(bench.sent_to, 3232);
	say_from(&bench, 8266, "OK");
	assert_int_equal(so_far(&bench)->port, 8266);
	assert_int_equal(so_far(&bench)->family, FAMILY_ESP8266);
	session_free(bench.session);
}

static void the_image_and_the_size_are_those_of_the_port_that_agreed(void **state)
{
	struct bench bench = begin(&trial_order);

	(void)state;
	assert_non_null(strstr(bench.sent, " 1200 " M32));
	pass(&bench, 2000);
	assert_non_null(strstr(bench.sent, " 1000 " N32));
	say_from(&bench, 8266, "OK");
	connect_back(&bench);
	assert_ptr_equal(session_image(bench.session), &both.with_signature);
	acknowledge(&bench, 1000, 1000);
	write_back(&bench, "OK");
	going_on(&bench);
	acknowledge(&bench, 1200, 1200);
	ends(&bench, SESSION_UPLOADED, "OK");
}

static void an_answer_from_a_port_that_was_not_asked_is_ignored(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	say_from(&bench, 9999, "OK");
	going_on(&bench);
	assert_int_equal(so_far(&bench)->times.answered, -1);
	session_free(bench.session);
}

/* --- answers --- */

static void a_refusal_is_told_in_the_devices_words(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	say(&bench, "ERR: ERROR[4]: Not Enough Space\n");
	ends(&bench, SESSION_REFUSED, "ERROR[4]: Not Enough Space");
}

static void an_odd_answer_is_reported_unless_a_proper_one_follows(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	say(&bench, "HELLO\033");
	going_on(&bench);
	pass(&bench, 4000);
	ends(&bench, SESSION_REFUSED, "HELLO?");

	bench = begin(&plain_order);
	say(&bench, "HELLO");
	pass(&bench, 2000);
	say(&bench, "OK");
	pass(&bench, 6000);
	going_on(&bench);
	pass(&bench, 6000);
	ends(&bench, SESSION_NO_CONNECTION, "");
}

static void only_an_rp2040_misses_its_file_system(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	say(&bench, "ERR: No Filesystem");
	assert_int_equal(so_far(&bench)->family, FAMILY_RP2040);
	ends(&bench, SESSION_REFUSED, "No Filesystem");
}

/* --- authentication --- */

/* What the order's random row @try has to give. */
static void expect_answer(const struct bench *bench, enum auth_hash hash, const char *nonce,
			  unsigned try)
{
	char cnonce[AUTH_HEX_SIZE], response[AUTH_HEX_SIZE], text[WIRE_SIZE];

	auth_answer(auth_kind_of(nonce), hash, PASSWORD, nonce, plain_order.random[try], cnonce,
		    response);
	wire_auth(text, cnonce, response);
	assert_string_equal(bench->sent, text);
}

static void a_challenge_without_a_password_is_not_answered(void **state)
{
	struct bench bench = begin(&plain_order);

	(void)state;
	say(&bench, "AUTH " N32);
	assert_int_equal(bench.sent_count, 1);
	assert_int_equal(so_far(&bench)->auth, AUTH_MD5);
	ends(&bench, SESSION_AUTH_REQUIRED, "");
}

static void an_md5_challenge_is_answered_once_and_no_second_password_is_tried(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	say(&bench, "AUTH " N32);
	expect_answer(&bench, AUTH_HASH_MD5, N32, 0);
	say(&bench, "AUTH " N32); /* a duplicate */
	assert_int_equal(bench.sent_count, 2);
	say(&bench, "Authentication Failed");
	assert_int_equal(bench.sent_count, 2);
	ends(&bench, SESSION_AUTH_FAILED, "Authentication Failed");
}

static void a_pbkdf2_device_that_stores_an_md5_is_tried_with_that(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	say(&bench, "AUTH " N32 N32);
	expect_answer(&bench, AUTH_HASH_SHA256, N32 N32, 0);
	say(&bench, "Authentication Failed");
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	say(&bench, "Authentication Failed"); /* a duplicate */
	going_on(&bench);
	say(&bench, "AUTH " M32 M32);
	expect_answer(&bench, AUTH_HASH_MD5, M32 M32, 1);
	say(&bench, "OK");
	assert_int_equal(so_far(&bench)->auth, AUTH_PBKDF2);
	assert_int_equal(so_far(&bench)->family, FAMILY_ESP32);
	assert_true(so_far(&bench)->md5_hash);
	assert_string_equal(so_far(&bench)->text, "");
	session_free(bench.session);
}

static void there_is_no_third_try(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	say(&bench, "AUTH " N32 N32);
	say(&bench, "Authentication Failed");
	say(&bench, "AUTH " M32 M32);
	assert_int_equal(bench.sent_count, 4);
	say(&bench, "Authentication Failed");
	assert_int_equal(bench.sent_count, 4);
	ends(&bench, SESSION_AUTH_FAILED, "Authentication Failed");
}

static void endless_challenges_get_only_so_many_answers(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);
	char challenge[] = "AUTH " N32;
	unsigned answers = 0;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		challenge[5] = (char)('0' + i);
		bench.sent[0] = '\0';
		say(&bench, challenge);
		answers += !strncmp(bench.sent, "200 ", 4);
	}
	assert_int_equal(answers, SESSION_ANSWERS);
	session_free(bench.session);
}

static void only_the_md5_form_is_tried_when_asked_so(void **state)
{
	struct session_order order = with_password();

	(void)state;
	order.md5_only = true;
	struct bench bench = begin(&order);
	say(&bench, "AUTH " N32 N32);
	expect_answer(&bench, AUTH_HASH_MD5, N32 N32, 0);
	say(&bench, "Authentication Failed");
	ends(&bench, SESSION_AUTH_FAILED, "Authentication Failed");
}

static void a_lost_answer_is_repeated_and_then_the_invitation(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	say(&bench, "AUTH " N32);
	bench.sent[0] = '\0';
	pass(&bench, 2000);
	expect_answer(&bench, AUTH_HASH_MD5, N32, 0);
	pass(&bench, 2000);
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	say(&bench, "AUTH " M32);
	expect_answer(&bench, AUTH_HASH_MD5, M32, 1);
	say(&bench, "OK");
	connect_back(&bench);
	going_on(&bench);
	session_free(bench.session);
}

static void a_device_that_answers_late_is_given_more_time(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	pass(&bench, 2500);
	assert_int_equal(bench.sent_count, 2);
	/* The second invitation is in its queue and will end this exchange. */
	say(&bench, "AUTH " N32);
	assert_int_equal(bench.sent_count, 3);
	pass(&bench, 3400);
	assert_int_equal(bench.sent_count, 3);
	pass(&bench, 200);
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	pass(&bench, 2500);
	say(&bench, "AUTH " M32);
	expect_answer(&bench, AUTH_HASH_MD5, M32, 1);
	session_free(bench.session);
}

static void a_rejection_that_may_be_of_an_older_answer_is_not_believed(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	say(&bench, "AUTH " N32);
	say(&bench, "AUTH " M32);
	expect_answer(&bench, AUTH_HASH_MD5, M32, 1);
	say(&bench, "Authentication Failed");
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	going_on(&bench);
	say(&bench, "AUTH 0000000000000000"
		    "0000000000000000");
	assert_int_equal(bench.sent_count, 5);
	say(&bench, "Authentication Failed");
	ends(&bench, SESSION_AUTH_FAILED, "Authentication Failed");
}

static void asking_for_the_password_and_never_deciding_is_a_blocked_loop(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	say(&bench, "AUTH " N32);
	pass(&bench, 9999);
	going_on(&bench);
	pass(&bench, 1);
	ends(&bench, SESSION_LOOP_BLOCKED, "");
}

static void silence_after_a_rejection_is_a_rejection(void **state)
{
	struct session_order order = with_password();
	struct bench bench = begin(&order);

	(void)state;
	say(&bench, "AUTH " N32 N32);
	say(&bench, "Authentication Failed");
	pass(&bench, 20000);
	ends(&bench, SESSION_AUTH_FAILED, "Authentication Failed");
}

static void an_esp32_that_was_offered_the_signed_file_is_invited_anew(void **state)
{
	struct session_order order = with_password();

	(void)state;
	order.image = &both;
	struct bench bench = begin(&order);
	assert_non_null(strstr(bench.sent, " 1200 " M32));
	say(&bench, "AUTH " N32 N32);
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	pass(&bench, 2000); /* the first one only ends the device's WAITAUTH */
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	say(&bench, "AUTH " M32 M32);
	expect_answer(&bench, AUTH_HASH_SHA256, M32 M32, 0);
	session_free(bench.session);
}

/* --- the other modes --- */

static void asking_offers_nothing_and_any_proper_answer_will_do(void **state)
{
	static const struct {
		const char *answer, *text;
	} answers[] = {{"OK", ""}, {"ERR: ERROR[5]: Bad Size Given\n", "ERROR[5]: Bad Size Given"}};
	struct session_order order = plain_order;

	(void)state;
	order.mode = SESSION_ASK;
	order.image = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct bench bench = begin(&order);
		assert_string_equal(bench.sent, "0 18266 0 d41d8cd98f00b204e9800998ecf8427e\n");
		say(&bench, answers[i].answer);
		ends(&bench, SESSION_ANSWERED, answers[i].text);
	}
}

static void asking_tells_a_wrong_password(void **state)
{
	struct session_order order = with_password();

	(void)state;
	order.mode = SESSION_ASK;
	struct bench bench = begin(&order);
	say(&bench, "AUTH " N32);
	say(&bench, "Authentication Failed");
	ends(&bench, SESSION_AUTH_FAILED, "Authentication Failed");
}

static void a_rehearsal_ends_when_the_device_connects(void **state)
{
	struct session_order order = plain_order;
	uint64_t offset;

	(void)state;
	order.mode = SESSION_REHEARSE;
	struct bench bench = begin(&order);
	assert_string_equal(bench.sent, "0 18266 1000 " N32 "\n");
	say(&bench, "OK");
	connect_back(&bench);
	assert_false(session_wants_data(bench.session, &offset));
	ends(&bench, SESSION_REHEARSED, "");
}

static void a_rehearsal_can_fail_as_an_upload_can(void **state)
{
	struct session_order order = plain_order;

	(void)state;
	order.mode = SESSION_REHEARSE;
	struct bench bench = begin(&order);
	say(&bench, "OK");
	pass(&bench, 12000);
	ends(&bench, SESSION_NO_CONNECTION, "");
}

/* --- endings --- */

static void nothing_happens_after_the_end(void **state)
{
	struct bench bench = begin(&plain_order);
	unsigned sent = bench.sent_count;
	uint64_t offset;

	(void)state;
	session_abort(bench.session, bench.now);
	say(&bench, "OK");
	say(&bench, "AUTH " N32);
	udp_error(&bench, 8266, EPERM);
	connect_back(&bench);
	write_back(&bench, "OK");
	acknowledge(&bench, 1000, 1000);
	hang_up(&bench, 0);
	pass(&bench, 100000);
	assert_int_equal(bench.sent_count, sent);
	assert_false(session_wants_data(bench.session, &offset));
	assert_false(session_expects_connection(bench.session));
	ends(&bench, SESSION_ABORTED, "");
}

static void every_failure_is_a_finding(void **state)
{
	(void)state;
	for (int i = SESSION_UPLOADED; i <= SESSION_ABORTED; i++) {
		bool none = session_succeeded(i) || i == SESSION_ABORTED;
		assert_int_equal(session_finding(i) == NULL, none);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_invitation_carries_size_and_sum_of_the_image),
		cmocka_unit_test(a_file_system_image_has_its_own_command),
		cmocka_unit_test(silence_is_met_with_slow_repetition_and_then_given_up),
		cmocka_unit_test(the_timeout_of_the_user_counts),
		cmocka_unit_test(a_device_that_swallows_the_first_invitation_gets_another),
		cmocka_unit_test(errors_of_the_socket_end_it_at_once),
		cmocka_unit_test(a_port_that_has_answered_is_not_closed),
		cmocka_unit_test(closed_ports_are_passed_over_at_once),
		cmocka_unit_test(silent_ports_are_left_after_two_seconds_and_come_round_again),
		cmocka_unit_test(one_silent_port_among_closed_ones_is_silence),
		cmocka_unit_test(a_late_answer_from_an_earlier_port_counts),
		cmocka_unit_test(the_image_and_the_size_are_those_of_the_port_that_agreed),
		cmocka_unit_test(an_answer_from_a_port_that_was_not_asked_is_ignored),
		cmocka_unit_test(a_refusal_is_told_in_the_devices_words),
		cmocka_unit_test(an_odd_answer_is_reported_unless_a_proper_one_follows),
		cmocka_unit_test(only_an_rp2040_misses_its_file_system),
		cmocka_unit_test(a_challenge_without_a_password_is_not_answered),
		cmocka_unit_test(an_md5_challenge_is_answered_once_and_no_second_password_is_tried),
		cmocka_unit_test(a_pbkdf2_device_that_stores_an_md5_is_tried_with_that),
		cmocka_unit_test(there_is_no_third_try),
		cmocka_unit_test(endless_challenges_get_only_so_many_answers),
		cmocka_unit_test(only_the_md5_form_is_tried_when_asked_so),
		cmocka_unit_test(a_lost_answer_is_repeated_and_then_the_invitation),
		cmocka_unit_test(a_device_that_answers_late_is_given_more_time),
		cmocka_unit_test(a_rejection_that_may_be_of_an_older_answer_is_not_believed),
		cmocka_unit_test(asking_for_the_password_and_never_deciding_is_a_blocked_loop),
		cmocka_unit_test(silence_after_a_rejection_is_a_rejection),
		cmocka_unit_test(an_esp32_that_was_offered_the_signed_file_is_invited_anew),
		cmocka_unit_test(asking_offers_nothing_and_any_proper_answer_will_do),
		cmocka_unit_test(asking_tells_a_wrong_password),
		cmocka_unit_test(a_rehearsal_ends_when_the_device_connects),
		cmocka_unit_test(a_rehearsal_can_fail_as_an_upload_can),
		cmocka_unit_test(nothing_happens_after_the_end),
		cmocka_unit_test(every_failure_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
