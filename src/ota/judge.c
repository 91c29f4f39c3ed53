/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

struct head {
	const uint8_t *bytes;
	size_t size;
};

static bool begins(struct head head, const void *magic, size_t length)
{
	return head.size >= length && !memcmp(head.bytes, magic, length);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The first record ":LLAAAATT…CC" adds up to 0 modulo 256: no accident. */
static bool is_intel_hex(struct head head)
{
	uint8_t total = 0;
	unsigned record = 5; /* length, address, type, checksum; the data is added below */

	if (!begins(head, ":", 1))
		return false;
	for (unsigned i = 0; i < record; i++) {
		size_t at = 1 + 2 * (size_t)i;
		if (at + 1 >= head.size)
			return false;
		int high = hex_digit(head.bytes[at]), low = hex_digit(head.bytes[at + 1]);
		if (high < 0 || low < 0)
			return false;
		total += (uint8_t)(high << 4 | low);
		if (!i)
			record += (unsigned)(high << 4 | low);
	}
	return total == 0;
}

static bool is_html(struct head head)
{
	static const char *const openings[] = {"<!doctype html", "<html", "<head", "<?xml"};

	if (begins(head, "\xef\xbb\xbf", 3)) {
		head.bytes += 3;
		head.size -= 3;
	}
	while (head.size && memchr(" \t\r\n", head.bytes[0], 4)) {
		head.bytes++;
		head.size--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
		size_t length = strlen(openings[i]);
		if (head.size >= length &&
		    !strncasecmp((const char *)head.bytes, openings[i], length))
			return true;
	}
	return false;
}

/* What the file certainly is instead of firmware, NULL if it may be firmware. */
static const char *other_format(struct head head)
{
	if (begins(head, "\177ELF", 4))
		return "an ELF file (the linker's output; the image is the .bin made from it)";
	if (begins(head, "UF2\n\x57\x51\x5d\x9e", 8))
		return "a UF2 file (for the USB boot drive; over the air it is the .bin)";
	if (begins(head, "PK\3\4", 4) || begins(head, "PK\5\6", 4))
		return "a ZIP archive";
	if (is_intel_hex(head))
		return "an Intel HEX file";
	return is_html(head) ? "an HTML page (a download that went wrong?)" : NULL;
}

/* Codes of esptool; 0 for one that is not in its tables. 5 and 6 of the ESP8266 are layouts. */
static uint64_t flash_size(unsigned code, enum device_family family)
{
	static const unsigned esp8266_kib[] = {512,  256,  1024, 2048, 4096,
					       2048, 4096, 0,    8192, 16384};

	if (family == FAMILY_ESP8266)
		return code < ARRAY_SIZE(esp8266_kib) ? (uint64_t)esp8266_kib[code] << 10 : 0;
	return code < 8 ? UINT64_C(1) << (20 + code) : 0;
}

/* With the family unknown the image must be too large by both tables; 0 says nothing. */
static uint64_t named_flash(struct head head, enum device_family family)
{
	if (head.size < 4 || head.bytes[0] != ESP_IMAGE_MAGIC || family == FAMILY_RP2040)
		return 0;
	unsigned code = head.bytes[3] >> 4;
	if (family != FAMILY_UNKNOWN)
		return flash_size(code, family);
	uint64_t a = flash_size(code, FAMILY_ESP8266), b = flash_size(code, FAMILY_ESP32);
	if (!a || !b)
		return 0;
	return a > b ? a : b;
}

/* Largest image that the cores' default layouts take: app0 of 1.25 MiB, the mapped first MiB. */
static uint64_t usual_partition(struct head head, enum device_family family)
{
	bool esp = head.size && head.bytes[0] == ESP_IMAGE_MAGIC;

	switch (family) {
	case FAMILY_UNKNOWN: return esp ? 0x140000 : UINT64_MAX;
	case FAMILY_ESP8266: return 1044464;
	case FAMILY_RP2040:
		return UINT64_MAX; /* bounded by its file system, which is chosen freely */
	default: return 0x140000;
	}
}

static bool is_usual(struct head head, enum device_family family)
{
	bool esp = head.size && head.bytes[0] == ESP_IMAGE_MAGIC,
	     gzip = begins(head, "\x1f\x8b", 2);

	switch (family) {
	case FAMILY_ESP8266: return esp || gzip;
	case FAMILY_ESP32: return esp;
	default: return true;
	}
}

static void warn(struct image_judgement *judgement, struct head head, uint64_t size,
		 enum device_family family)
{
	if (!is_usual(head, family))
		snprintf(judgement->unusual_text, sizeof(judgement->unusual_text),
			 "begins with %02x, which is no %s firmware that is known here",
			 head.bytes[0], device_family_name(family));
	uint64_t usual = usual_partition(head, family);
	if (size > usual)
		snprintf(judgement->large_text, sizeof(judgement->large_text),
			 "%" PRIu64 " bytes, more than the %" PRIu64 " of a usual layout", size,
			 usual);
}

struct image_judgement image_judge(const uint8_t *bytes, size_t head_size, uint64_t size,
				   enum device_family family, bool file_system)
{
	struct image_judgement judgement = {.error = IMAGE_GOOD};
	struct head head = {.bytes = bytes, .size = head_size};
	const char *format = head_size && !file_system ? other_format(head) : NULL;
	uint64_t flash = file_system ? 0 : named_flash(head, family);

	if (!size || !head_size || format) {
		judgement.error = IMAGE_NOT_FIRMWARE;
		snprintf(judgement.error_text, sizeof(judgement.error_text), "%s",
			 format ? format : "an empty file");
	} else if (flash && size > flash) {
		judgement.error = IMAGE_TOO_LARGE;
		snprintf(judgement.error_text, sizeof(judgement.error_text),
			 "%" PRIu64 " bytes for a flash of %" PRIu64 " (by its own header)", size,
			 flash);
	} else if (!file_system) {
		warn(&judgement, head, size, family);
	}
	return judgement;
}
