/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ota_bench.h"

/* --- connection and transfer --- */

static void a_connection_counts_as_the_ok_that_was_lost(void **state)
{
	struct bench bench = begin(&plain_order);
	uint64_t offset;

	(void)state;
	connect_back(&bench);
	assert_true(session_wants_data(bench.session, &offset));
	assert_int_equal(offset, 0);
	assert_int_equal(so_far(&bench)->times.agreed, bench.now);
	say(&bench, "OK");
	acknowledge(&bench, 1000, 1000);
	assert_false(session_wants_data(bench.session, &offset));
	write_back(&bench, "1000OK");
	ends(&bench, SESSION_UPLOADED, "OK");

	struct session_order order = with_password();
	bench = begin(&order);
	say(&bench, "AUTH " N32);
	connect_back(&bench);
	assert_true(session_wants_data(bench.session, &offset));
	session_free(bench.session);
}

static void both_the_ok_and_the_last_acknowledgement_are_needed(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 1000, 999);
	write_back(&bench, "999OK");
	going_on(&bench);
	acknowledge(&bench, 1000, 1000);
	assert_int_equal(so_far(&bench)->bytes, 1000);
	ends(&bench, SESSION_UPLOADED, "OK");
}

static void an_ok_before_all_was_acknowledged_is_no_success(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 1000, 600);
	write_back(&bench, "600OK");
	hang_up(&bench, 0);
	assert_int_equal(so_far(&bench)->bytes, 600);
	ends(&bench, SESSION_BROKE_OFF, "OK");

	bench = begin_transfer();
	write_back(&bench, "OK");
	pass(&bench, 15000);
	ends(&bench, SESSION_BROKE_OFF, "OK");
}

static void an_acknowledgement_of_more_than_was_sent_counts_for_what_was_sent(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 500, 5000);
	assert_int_equal(so_far(&bench)->bytes, 500);
	write_back(&bench, "OK");
	going_on(&bench);
	session_free(bench.session);
}

static void the_newest_connection_counts_from_the_first_byte(void **state)
{
	struct bench bench = begin_transfer();
	uint64_t offset;

	(void)state;
	acknowledge(&bench, 1000, 1000);
	write_back(&bench, "600");
	connect_back(&bench);
	assert_true(session_wants_data(bench.session, &offset));
	assert_int_equal(offset, 0);
	write_back(&bench, "OK");
	going_on(&bench);
	acknowledge(&bench, 1000, 1000);
	assert_int_equal(so_far(&bench)->connections, 2);
	ends(&bench, SESSION_UPLOADED, "OK");
}

static const struct {
	const char *text;
	enum session_result result;
	const char *shown;
} verdicts[] = {
	{"600MD5 Check Failed\r\n", SESSION_VERIFY_FAILED, "MD5 Check Failed"},
	{"ERROR[7]: MD5 verification failed: expected: a, calculated: b\n", SESSION_VERIFY_FAILED,
	 "ERROR[7]: MD5 verification failed: expected: a, calculated: b"},
	{"Decryption error\r\n", SESSION_VERIFY_FAILED, "Decryption error"},
	{"Wrong Magic Byte\r\n", SESSION_VERIFY_FAILED, "Wrong Magic Byte"},
	{"ERROR[10]: Magic byte is not 0xE9\n", SESSION_VERIFY_FAILED,
	 "ERROR[10]: Magic byte is not 0xE9"},
	{"ERROR[12]: Signature verification failed\n", SESSION_VERIFY_FAILED,
	 "ERROR[12]: Signature verification failed"},
	{"Could Not Activate The Firmware\r\n", SESSION_VERIFY_FAILED,
	 "Could Not Activate The Firmware"},
	{"ERROR[1]: Flash Write Failed\n", SESSION_REFUSED, "ERROR[1]: Flash Write Failed"},
	{"Not Enough Space\r\n", SESSION_REFUSED, "Not Enough Space"},
	{"ERROR[6]: Stream Read Timeout\n", SESSION_BROKE_OFF, "ERROR[6]: Stream Read Timeout"},
};

static void the_devices_error_text_decides_and_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct bench bench = begin_transfer();
		acknowledge(&bench, 1000, 700);
		write_back(&bench, verdicts[i].text);
		going_on(&bench);
		hang_up(&bench, 0);
		ends(&bench, verdicts[i].result, verdicts[i].shown);
	}
}

static void an_error_text_survives_a_reset(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 800, 100);
	write_back(&bench, "100Wrong Magic");
	write_back(&bench, " Byte\r\n");
	hang_up(&bench, ECONNRESET);
	assert_int_equal(so_far(&bench)->errnum, ECONNRESET);
	ends(&bench, SESSION_VERIFY_FAILED, "Wrong Magic Byte");
}

static void an_error_text_without_an_end_is_not_waited_for_long(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	write_back(&bench, "Flash");
	pass(&bench, 2999);
	going_on(&bench);
	pass(&bench, 1);
	ends(&bench, SESSION_REFUSED, "Flash");

	bench = begin_transfer();
	for (int i = 0; i < 20 && !session_outcome(bench.session); i++) {
		write_back(&bench, "Ha");
		pass(&bench, 1000);
	}
	ends(&bench, SESSION_REFUSED, "HaHaHaHaHaHaHaHaHaHa");
}

static void a_connection_lost_on_the_way_broke_off(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 1000, 500);
	write_back(&bench, "500");
	hang_up(&bench, ECONNRESET);
	assert_int_equal(so_far(&bench)->bytes, 500);
	ends(&bench, SESSION_BROKE_OFF, "");

	bench = begin_transfer();
	hang_up(&bench, 0);
	ends(&bench, SESSION_BROKE_OFF, "");
}

static void no_verdict_after_all_was_acknowledged_is_its_own_ending(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 1000, 1000);
	write_back(&bench, "1000O");
	hang_up(&bench, 0);
	ends(&bench, SESSION_VERDICT_MISSING, "O");

	bench = begin_transfer();
	acknowledge(&bench, 1000, 1000);
	pass(&bench, 59999);
	going_on(&bench);
	pass(&bench, 1);
	ends(&bench, SESSION_VERDICT_MISSING, "");
}

static void counts_do_not_prolong_the_wait_for_a_verdict(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 1000, 1000);
	for (int i = 0; i < 60; i++) {
		write_back(&bench, "1");
		pass(&bench, 1000);
	}
	ends(&bench, SESSION_VERDICT_MISSING, "");
}

static void no_progress_for_fifteen_seconds_is_a_stall(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	acknowledge(&bench, 1000, 100);
	pass(&bench, 14000);
	acknowledge(&bench, 1000, 101);
	pass(&bench, 14000);
	write_back(&bench, "101");
	pass(&bench, 14999);
	acknowledge(&bench, 1000, 101); /* sent more, acknowledged none: no progress */
	going_on(&bench);
	pass(&bench, 1);
	assert_int_equal(so_far(&bench)->bytes, 101);
	ends(&bench, SESSION_STALLED, "");
}

static void counts_without_acknowledgements_stall_in_the_end(void **state)
{
	struct bench bench = begin_transfer();

	(void)state;
	for (int i = 0; i < 60; i++) {
		going_on(&bench);
		write_back(&bench, "1");
		pass(&bench, 1000);
	}
	ends(&bench, SESSION_STALLED, "");
}

/* How many bytes it wants to send next to a device of this family, the first byte being @first. */
static size_t first_part(struct bench *bench, uint16_t port, uint8_t first)
{
	static uint8_t large[10000];
	static struct image_files large_files = {
		.plain = {.path = "a.bin", .data = large, .size = sizeof(large), .md5 = N32},
	};
	struct session_order order = plain_order;
	uint64_t offset;

	large[0] = first;
	order.ports[0] = port;
	order.image = &large_files;
	*bench = begin(&order);
	say(bench, "OK");
	connect_back(bench);
	return session_wants_data(bench->session, &offset);
}

static void an_esp32_is_heard_out_about_a_first_block_it_may_refuse(void **state)
{
	struct bench bench;
	uint64_t offset;

	(void)state;
	assert_int_equal(first_part(&bench, 3232, '<'), 4096);
	acknowledge(&bench, 4096, 4096);
	assert_int_equal(session_wants_data(bench.session, &offset), 0);
	assert_true(session_deadline(bench.session) <= bench.now + 1000);
	bench.now += 1000;
	session_tick(bench.session, bench.now);
	assert_int_equal(session_wants_data(bench.session, &offset), 10000 - 4096);
	assert_int_equal(offset, 4096);
	session_free(bench.session);
}

static void what_no_device_refuses_at_once_is_not_held_back(void **state)
{
	struct bench bench;

	(void)state;
	assert_int_equal(first_part(&bench, 3232, 0xe9), 10000);
	session_free(bench.session);
	assert_int_equal(first_part(&bench, 8266, '<'), 10000);
	session_free(bench.session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_counts_as_the_ok_that_was_lost),
		cmocka_unit_test(both_the_ok_and_the_last_acknowledgement_are_needed),
		cmocka_unit_test(an_ok_before_all_was_acknowledged_is_no_success),
		cmocka_unit_test(an_acknowledgement_of_more_than_was_sent_counts_for_what_was_sent),
		cmocka_unit_test(the_newest_connection_counts_from_the_first_byte),
		cmocka_unit_test(the_devices_error_text_decides_and_is_shown),
		cmocka_unit_test(an_error_text_survives_a_reset),
		cmocka_unit_test(an_esp32_is_heard_out_about_a_first_block_it_may_refuse),
		cmocka_unit_test(what_no_device_refuses_at_once_is_not_held_back),
		cmocka_unit_test(an_error_text_without_an_end_is_not_waited_for_long),
		cmocka_unit_test(a_connection_lost_on_the_way_broke_off),
		cmocka_unit_test(no_verdict_after_all_was_acknowledged_is_its_own_ending),
		cmocka_unit_test(counts_do_not_prolong_the_wait_for_a_verdict),
		cmocka_unit_test(no_progress_for_fifteen_seconds_is_a_stall),
		cmocka_unit_test(counts_without_acknowledgements_stall_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
