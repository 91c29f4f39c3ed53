/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

#include <errno.h>
#include <sys/stat.h>

#include "src/ota/image.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static const struct {
	const uint8_t *head;
	size_t head_size;
	uint64_t size;
	enum device_family family;
	enum image_error error;
	bool unusual, large;
} cases[] = {
	/* Certainly something else, whatever the device is. */
	{BYTES(""), 0, FAMILY_ESP8266, IMAGE_NOT_FIRMWARE, false, false},
	{BYTES("\177ELF\1\1\1"), 90000, FAMILY_UNKNOWN, IMAGE_NOT_FIRMWARE, false, false},
	{BYTES("<!DOCTYPE html>\n<html>"), 900, FAMILY_ESP32, IMAGE_NOT_FIRMWARE, false, false},
	{BYTES("\xef\xbb\xbf \r\n\t<HTML lang=de>"), 900, FAMILY_RP2040, IMAGE_NOT_FIRMWARE, false,
	 false},
	{BYTES(":020000040800F2\n"), 900, FAMILY_RP2040, IMAGE_NOT_FIRMWARE, false, false},
	{BYTES("UF2\n\x57\x51\x5d\x9e rest"), 5120, FAMILY_RP2040, IMAGE_NOT_FIRMWARE, false,
	 false},
	{BYTES("PK\3\4zip"), 900, FAMILY_ESP8266, IMAGE_NOT_FIRMWARE, false, false},
	/* Looks like it and is not. */
	{BYTES(":020000040800F3\n"), 900, FAMILY_RP2040, IMAGE_GOOD, false, false},
	{BYTES(":02"), 3, FAMILY_ESP8266, IMAGE_GOOD, true, false},
	{BYTES("UF2 is not it"), 900, FAMILY_RP2040, IMAGE_GOOD, false, false},
	{BYTES("<htm"), 4, FAMILY_ESP32, IMAGE_GOOD, true, false},
	/* Firmware, by family. */
	{BYTES("\xe9\1\2\x40"), 300000, FAMILY_ESP8266, IMAGE_GOOD, false, false},
	{BYTES("\xe9\5\2\x20"), 900000, FAMILY_ESP32, IMAGE_GOOD, false, false},
	{BYTES("\xe9"), 1, FAMILY_ESP32, IMAGE_GOOD, false, false},
	{BYTES("\x1f\x8b\x08"), 200000, FAMILY_ESP8266, IMAGE_GOOD, false, false},
	{BYTES("\x1f\x8b\x08"), 200000, FAMILY_ESP32, IMAGE_GOOD, true, false},
	{BYTES("\0\xb5\x32"), 200000, FAMILY_RP2040, IMAGE_GOOD, false, false},
	{BYTES("\0\xb5\x32"), 200000, FAMILY_ESP8266, IMAGE_GOOD, true, false},
	{BYTES("\0\xb5\x32"), 2000000, FAMILY_UNKNOWN, IMAGE_GOOD, false, false},
	/* The same size code means 512 KiB, 1 MiB, or (unknown family) the larger of both. */
	{BYTES("\xe9\1\2\0"), 524289, FAMILY_ESP8266, IMAGE_TOO_LARGE, false, false},
	{BYTES("\xe9\1\2\0"), 524288, FAMILY_ESP8266, IMAGE_GOOD, false, false},
	{BYTES("\xe9\1\2\0"), 524289, FAMILY_ESP32, IMAGE_GOOD, false, false},
	{BYTES("\xe9\1\2\0"), 1048577, FAMILY_ESP32, IMAGE_TOO_LARGE, false, false},
	{BYTES("\xe9\1\2\0"), 1048576, FAMILY_UNKNOWN, IMAGE_GOOD, false, false},
	{BYTES("\xe9\1\2\0"), 1048577, FAMILY_UNKNOWN, IMAGE_TOO_LARGE, false, false},
	{BYTES("\xe9\1\2\x10"), 262145, FAMILY_ESP8266, IMAGE_TOO_LARGE, false, false},
	{BYTES("\xe9\1\2\xf0"), 900000, FAMILY_ESP8266, IMAGE_GOOD, false, false},
	{BYTES("\xe9\1\2\x70"), 900000, FAMILY_ESP8266, IMAGE_GOOD, false, false},
	/* More than usual. */
	{BYTES("\xe9\1\2\x20"), 1310720, FAMILY_ESP32, IMAGE_GOOD, false, false},
	{BYTES("\xe9\1\2\x20"), 1310721, FAMILY_ESP32, IMAGE_GOOD, false, true},
	{BYTES("\xe9\1\2\x40"), 1044465, FAMILY_ESP8266, IMAGE_GOOD, false, true},
};

static void images_are_judged_by_what_is_certain(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_judgement judgement = image_judge(
			cases[i].head, cases[i].head_size, cases[i].size, cases[i].family, false);
		if (judgement.error != cases[i].error ||
		    !!judgement.unusual_text[0] != cases[i].unusual ||
		    !!judgement.large_text[0] != cases[i].large)
			fail_msg("case %zu: error %d \"%s\" unusual \"%s\" large \"%s\"", i,
				 judgement.error, judgement.error_text, judgement.unusual_text,
				 judgement.large_text);
		assert_int_equal(!!judgement.error_text[0], judgement.error != IMAGE_GOOD);
	}
}

static void of_a_file_system_only_emptiness_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(image_judge(BYTES("<html>"), 9000000, FAMILY_ESP32, true).error,
			 IMAGE_GOOD);
	assert_string_equal(image_judge(BYTES("PK\3\4"), 9000000, FAMILY_ESP32, true).large_text,
			    "");
	assert_int_equal(image_judge(BYTES(""), 0, FAMILY_ESP32, true).error, IMAGE_NOT_FIRMWARE);
}

static char directory[] = "/tmp/ota-image-XXXXXX";

static const char *in_directory(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void write_file(const char *name, const char *content)
{
	FILE *file = fopen(in_directory(name), "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(in_directory("a.bin"));
	unlink(in_directory("a.bin.signed"));
	return rmdir(directory);
}

static void a_signed_file_is_for_all_but_the_esp32(void **state)
{
	struct image_files files;
	struct error err;

	(void)state;
	write_file("a.bin", "plain");
	assert_int_equal(image_files_load(&files, in_directory("a.bin"), &err), 0);
	assert_ptr_equal(image_files_choose(&files, FAMILY_ESP8266), &files.plain);
	assert_int_equal(files.plain.size, 5);
	/* md5sum of "plain" */
	assert_string_equal(files.plain.md5, "ac7938d40cfc2307e2bf325d28e7884e");
	image_files_release(&files);

	write_file("a.bin.signed", "signed!");
	assert_int_equal(image_files_load(&files, in_directory("a.bin"), &err), 0);
	assert_ptr_equal(image_files_choose(&files, FAMILY_ESP32), &files.plain);
	assert_ptr_equal(image_files_choose(&files, FAMILY_ESP8266), &files.with_signature);
	assert_ptr_equal(image_files_choose(&files, FAMILY_UNKNOWN), &files.with_signature);
	assert_memory_equal(files.with_signature.data, "signed!", 7);
	image_files_release(&files);
}

static void what_cannot_be_read_is_named(void **state)
{
	struct image_files files;
	struct error err;

	(void)state;
	assert_int_equal(image_files_load(&files, in_directory("none.bin"), &err), -ENOENT);
	assert_non_null(strstr(err.text, "none.bin: No such file"));
	image_files_release(&files);
	assert_int_equal(image_files_load(&files, directory, &err), -EISDIR);
	assert_non_null(strstr(err.text, directory));
	image_files_release(&files);
	write_file("a.bin", "");
	assert_int_equal(truncate(in_directory("a.bin"), (128 << 20) + 1), 0);
	assert_int_equal(image_files_load(&files, in_directory("a.bin"), &err), -EFBIG);
	image_files_release(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_are_judged_by_what_is_certain),
		cmocka_unit_test(of_a_file_system_only_emptiness_is_wrong),
		cmocka_unit_test(a_signed_file_is_for_all_but_the_esp32),
		cmocka_unit_test(what_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
