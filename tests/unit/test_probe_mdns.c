/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/mdns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/nameser.h>
#include <stdlib.h>

#include "tests/unit/recorded.h"

/*
 * What an ESP8266 answers to a question for _arduino._tcp.local: PTR, and in the additional section
 * SRV, TXT and A, with the cache-flush bit set and names compressed.
 */
static const char announcement[] =
	"000084000000000100000003085f61726475696e6f045f746370056c6f63616c00000c000100001194000e"
	"0b6573702d6b69746368656ec00cc02b0021800100000078001400000000204a0b6573702d6b6974636865"
	"6ec01ac02b001080010000119400410c7463705f636865636b3d6e6f0d7373685f75706c6f61643d6e6f15"
	"626f6172643d455350383236365f4e4f44454d43550f617574685f75706c6f61643d796573c04b00018001"
	"000000780004c0a8b2b2";

static size_t parse(const char *hex, struct mdns_record_list *list)
{
	size_t length, found;
	uint8_t *data = recorded_bytes(hex, &length);

	found = mdns_answer_parse(data, length, 3, list);
	free(data);
	return found;
}

static void a_query_holds_each_question_and_nothing_else(void **state)
{
	static const struct mdns_question questions[] = {{"esp.local", MDNS_A},
							 {MDNS_OTA_SERVICE, MDNS_PTR}};
	uint8_t buffer[128];
	ns_msg message;
	ns_rr rr;
	size_t length = mdns_query_build(questions, 2, buffer, sizeof(buffer));

	(void)state;
	assert_int_equal(ns_initparse(buffer, length, &message), 0);
	assert_int_equal(ns_msg_id(message), 0);
	assert_int_equal(ns_msg_getflag(message, ns_f_qr), 0);
	assert_int_equal(ns_msg_count(message, ns_s_qd), 2);
	assert_int_equal(ns_msg_count(message, ns_s_an), 0);
	assert_int_equal(ns_parserr(&message, ns_s_qd, 0, &rr), 0);
	assert_string_equal(ns_rr_name(rr), "esp.local");
	assert_int_equal(ns_rr_type(rr), ns_t_a);
	assert_int_equal(ns_rr_class(rr), ns_c_in);
	assert_int_equal(ns_parserr(&message, ns_s_qd, 1, &rr), 0);
	assert_string_equal(ns_rr_name(rr), "_arduino._tcp.local");
	assert_int_equal(ns_rr_type(rr), ns_t_ptr);
}

static void a_name_that_is_none_makes_no_query(void **state)
{
	static const char label[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.local";
	const struct mdns_question empty = {"a..local", MDNS_A}, longest = {label, MDNS_A};
	const struct mdns_question good = {"esp.local", MDNS_A};
	uint8_t buffer[128];

	(void)state;
	assert_int_equal(mdns_query_build(&empty, 1, buffer, sizeof(buffer)), 0);
	assert_int_equal(mdns_query_build(&longest, 1, buffer, sizeof(buffer)), 0);
	assert_int_equal(mdns_query_build(&good, 0, buffer, sizeof(buffer)), 0);
	assert_int_equal(mdns_query_build(&good, 1, buffer, 12 + 11 + 4), 12 + 11 + 4);
	assert_int_equal(mdns_query_build(&good, 1, buffer, 12 + 11 + 3), 0);
	assert_int_equal(mdns_query_build(&good, 1, buffer, 4), 0);
}

static void an_announcement_gives_all_of_its_records(void **state)
{
	struct mdns_record_list list = {0};
	const struct mdns_record *record;
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	assert_int_equal(parse(announcement, &list), 4);
	assert_int_equal(list.count, 4);
	record = mdns_find(&list, MDNS_PTR, MDNS_OTA_SERVICE);
	assert_non_null(record);
	assert_string_equal(record->target, "esp-kitchen._arduino._tcp.local");
	assert_int_equal(record->ttl, 4500);
	assert_int_equal(record->ifindex, 3);
	record = mdns_find(&list, MDNS_A, "ESP-Kitchen.LOCAL.");
	assert_non_null(record);
	assert_string_equal(address_format(&record->address, text), "192.168.178.178");
	assert_null(mdns_find(&list, MDNS_AAAA, "esp-kitchen.local"));
	assert_null(mdns_find(&list, MDNS_A, "kitchen.local"));
	mdns_record_release(&list);
}

static void the_records_make_one_device(void **state)
{
	struct mdns_record_list list = {0};
	struct mdns_device_list devices;
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	parse(announcement, &list);
	mdns_devices(&list, &devices);
	assert_int_equal(devices.count, 1);
	assert_string_equal(devices.items[0].name, "esp-kitchen.local");
	assert_string_equal(devices.items[0].instance, "esp-kitchen");
	assert_string_equal(address_format(&devices.items[0].address, text), "192.168.178.178");
	assert_int_equal(devices.items[0].port, 8266);
	assert_string_equal(devices.items[0].board, "ESP8266_NODEMCU");
	assert_int_equal(devices.items[0].auth, 1);
	assert_int_equal(devices.items[0].ifindex, 3);
	mdns_device_release(&devices);
	mdns_record_release(&list);
}

static void the_same_announcement_twice_is_remembered_once(void **state)
{
	struct mdns_record_list list = {0};

	(void)state;
	parse(announcement, &list);
	parse(announcement, &list);
	assert_int_equal(list.count, 4);
	mdns_record_release(&list);
}

static void a_device_known_by_its_pointer_alone_has_the_rest_unknown(void **state)
{
	struct mdns_record pointer = {.type = MDNS_PTR, .ttl = 1, .auth_upload = -1};
	struct mdns_record_list list = {&pointer, 1, 1};
	struct mdns_device_list devices;

	(void)state;
	strcpy(pointer.name, MDNS_OTA_SERVICE);
	strcpy(pointer.target, "odd._arduino._tcp.local");
	mdns_devices(&list, &devices);
	assert_int_equal(devices.count, 1);
	assert_string_equal(devices.items[0].instance, "odd");
	assert_string_equal(devices.items[0].name, "");
	assert_int_equal(devices.items[0].port, 0);
	assert_int_equal(devices.items[0].auth, -1);
	assert_int_equal(devices.items[0].address.family, AF_UNSPEC);
	mdns_device_release(&devices);
}

static void a_goodbye_takes_a_record_back(void **state)
{
	struct mdns_record_list list = {0};
	struct mdns_device_list devices;

	(void)state;
	parse(announcement, &list);
	for (size_t i = 0; i < list.count; i++)
		list.items[i].ttl = 0;
	mdns_devices(&list, &devices);
	assert_int_equal(devices.count, 0);
	assert_null(mdns_find(&list, MDNS_A, "esp-kitchen.local"));
	mdns_device_release(&devices);
	mdns_record_release(&list);
}

static void a_query_is_not_taken_for_an_answer(void **state)
{
	size_t length;
	uint8_t *data = recorded_bytes(announcement, &length);
	struct mdns_record_list list = {0};

	(void)state;
	data[2] &= 0x7f;
	assert_int_equal(mdns_answer_parse(data, length, 3, &list), 0);
	data[2] |= 0x80;
	data[3] |= ns_r_nxdomain;
	assert_int_equal(mdns_answer_parse(data, length, 3, &list), 0);
	assert_int_equal(list.count, 0);
	free(data);
}

static void control_characters_never_come_through(void **state)
{
	size_t length;
	uint8_t *data = recorded_bytes(announcement, &length);
	struct mdns_record_list list = {0};
	const struct mdns_record *text;
	uint8_t *board = memmem(data, length, "ESP8266", 7);
	uint8_t *host = memmem(data, length, "esp-kitchen", 11);

	(void)state;
	board[0] = 0x1b;
	host[0] = 0x1b;
	assert_int_equal(mdns_answer_parse(data, length, 3, &list), 4);
	text = mdns_find(&list, MDNS_TXT, "\\027sp-kitchen._arduino._tcp.local");
	assert_non_null(text);
	assert_string_equal(text->board, "?SP8266_NODEMCU");
	mdns_record_release(&list);
	free(data);
}

static void an_answer_cut_or_flipped_anywhere_does_no_harm(void **state)
{
	size_t length;
	uint8_t *data = recorded_bytes(announcement, &length);
	struct mdns_record_list list = {0};

	(void)state;
	for (size_t cut = 0; cut < length; cut++) {
		uint8_t *copy = xmemdup(data, cut);

		assert_int_equal(mdns_answer_parse(copy, cut, 3, &list), 0);
		free(copy);
	}
	for (size_t bit = 0; bit < 8 * length; bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		assert_in_range(mdns_answer_parse(data, length, 3, &list), 0, 8);
		data[bit / 8] ^= 1 << bit % 8;
	}
	assert_in_range(list.count, 5, 1024);
	mdns_record_release(&list);
	free(data);
}

static void a_name_that_points_at_itself_ends(void **state)
{
	static const uint8_t loop[] = {0, 0, 0x84, 0, 0, 0, 0, 1,    0, 0, 0, 0, 0xc0, 12,
				       0, 1, 0,    1, 0, 0, 0, 0x78, 0, 4, 1, 2, 3,    4};
	struct mdns_record_list list = {0};

	(void)state;
	assert_int_equal(mdns_answer_parse(loop, sizeof(loop), 3, &list), 0);
	assert_int_equal(list.count, 0);
}

static void names_are_equal_whatever_case_and_final_dot(void **state)
{
	(void)state;
	assert_true(mdns_name_equal("Esp.Local", "esp.local."));
	assert_false(mdns_name_equal("esp.local", "esp2.local"));
	assert_false(mdns_name_equal("esp.local", "esp"));
	assert_true(mdns_name_equal("", "."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_holds_each_question_and_nothing_else),
		cmocka_unit_test(a_name_that_is_none_makes_no_query),
		cmocka_unit_test(an_announcement_gives_all_of_its_records),
		cmocka_unit_test(the_records_make_one_device),
		cmocka_unit_test(the_same_announcement_twice_is_remembered_once),
		cmocka_unit_test(a_device_known_by_its_pointer_alone_has_the_rest_unknown),
		cmocka_unit_test(a_goodbye_takes_a_record_back),
		cmocka_unit_test(a_query_is_not_taken_for_an_answer),
		cmocka_unit_test(control_characters_never_come_through),
		cmocka_unit_test(an_answer_cut_or_flipped_anywhere_does_no_harm),
		cmocka_unit_test(a_name_that_points_at_itself_ends),
		cmocka_unit_test(names_are_equal_whatever_case_and_final_dot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
