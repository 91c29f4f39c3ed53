/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/image.h"

#include <string.h>
#include <strings.h>

#include "tests/device/auth.h"

enum {
	MAGIC_BYTE = 0xe9,
	BLOCK = 4096,
	KILOBYTE = 1024,
	MEGABYTE = 1024 * 1024,
};

bool image_begin(struct image *image, const struct family *family,
		 const struct invitation *invitation, uint32_t space)
{
	image->family = family;
	image->invitation = *invitation;
	image->error = IMAGE_OK;
	if (invitation->size == 0)
		image->error = IMAGE_SIZE;
	else if (invitation->size > space)
		image->error = family->lineage == LINEAGE_ESP32 ? IMAGE_SIZE : IMAGE_SPACE;
	return image->error == IMAGE_OK;
}

size_t image_remaining(const struct image *image)
{
	return image->invitation.size - image->data.length;
}

bool image_finished(const struct image *image)
{
	return image->error != IMAGE_OK || image_remaining(image) == 0;
}

static unsigned char byte_at(const struct image *image, size_t index)
{
	return index < image->data.length ? (unsigned char)image->data.data[index] : 0;
}

static bool is_firmware(const struct image *image)
{
	return image->invitation.command == COMMAND_FLASH;
}

/* The ESP32 looks at its first block when that is full, or complete. */
static bool first_block_refused(const struct image *image, size_t length_before)
{
	bool flushed = image->data.length > BLOCK || image_remaining(image) == 0;

	return image->family->magic == MAGIC_IN_FIRST_4096 && is_firmware(image) &&
	       length_before <= BLOCK && flushed && byte_at(image, 0) != MAGIC_BYTE;
}

size_t image_write(struct image *image, const void *data, size_t length)
{
	size_t before = image->data.length;

	if (image->error)
		return 0;
	if (length > image_remaining(image)) {
		if (image->family->lineage == LINEAGE_ESP32) {
			image->error = IMAGE_SPACE;
			return 0;
		}
		length = image_remaining(image);
	}
	buffer_add(&image->data, data, length);
	if (first_block_refused(image, before)) {
		image->error = IMAGE_MAGIC;
		return 0;
	}
	return length;
}

static bool md5_matches(struct image *image)
{
	if (image->corrupt)
		image->data.data[image->data.length / 2] ^= 1;
	md5_hex(image->data.data, image->data.length, image->calculated);
	return strcasecmp(image->calculated, image->invitation.md5) == 0;
}

/* The chip that the header was made for, bytes; 0 when the number means nothing to the device. */
static uint32_t header_flash_size(const struct image *image)
{
	switch (byte_at(image, 3) >> 4) {
	case 0: return 512 * KILOBYTE;
	case 1: return 256 * KILOBYTE;
	case 2: return 1 * MEGABYTE;
	case 3: return 2 * MEGABYTE;
	case 4: return 4 * MEGABYTE;
	case 8: return 8 * MEGABYTE;
	case 9: return 16 * MEGABYTE;
	default: return 0;
	}
}

static enum image_error check_header(const struct image *image)
{
	if (image->family->magic != MAGIC_AT_END || !is_firmware(image))
		return IMAGE_OK;
	if (byte_at(image, 0) == 0x1f && byte_at(image, 1) == 0x8b)
		return IMAGE_OK;
	if (byte_at(image, 0) != MAGIC_BYTE)
		return IMAGE_MAGIC;
	if (image->flash_size && header_flash_size(image) > image->flash_size)
		return IMAGE_FLASH_CONFIG;
	return IMAGE_OK;
}

bool image_end(struct image *image)
{
	if (image->error)
		return false;
	if (image_remaining(image) > 0) {
		/* ESP8266 and RP2040 print "No Error" for a connection that ended early. */
		if (image->family->lineage == LINEAGE_ESP32)
			image->error = IMAGE_ABORTED;
		else if (image->data.length < BLOCK)
			image->error = IMAGE_NO_DATA;
		return false;
	}
	image->error = md5_matches(image) ? check_header(image) : IMAGE_MD5;
	image->judged_good = image->error == IMAGE_OK;
	return image->judged_good;
}

static const char *esp32_text(enum image_error error)
{
	switch (error) {
	case IMAGE_OK: return "No Error";
	case IMAGE_SPACE: return "Not Enough Space";
	case IMAGE_SIZE: return "Bad Size Given";
	case IMAGE_MD5: return "MD5 Check Failed";
	/* 3.x takes what does not start with 0xE9 for an encrypted image, and has no key. */
	case IMAGE_MAGIC: return "Decryption error";
	case IMAGE_ABORTED: return "Aborted";
	default: return "UNKNOWN";
	}
}

static void print_esp8266_text(const struct image *image, struct buffer *text)
{
	bool pico = image->family->magic == MAGIC_NONE;

	switch (image->error) {
	case IMAGE_OK: buffer_puts(text, "No Error"); break;
	case IMAGE_SPACE: buffer_puts(text, "Not Enough Space"); break;
	case IMAGE_SIZE: buffer_puts(text, "Bad Size Given"); break;
	case IMAGE_MAGIC: buffer_puts(text, "Magic byte is not 0xE9"); break;
	case IMAGE_NO_DATA: buffer_puts(text, "No data supplied"); break;
	case IMAGE_FLASH_CONFIG:
		buffer_printf(text, "new Flash config wrong, real size: %u", image->flash_size);
		break;
	case IMAGE_MD5:
		buffer_printf(text,
			      pico ? "MD5 Failed: expected:%s calculated:%s"
				   : "MD5 verification failed: expected: %s, calculated: %s",
			      image->invitation.md5, image->calculated);
		break;
	default: buffer_puts(text, "UNKNOWN"); break;
	}
}

void image_print_error(const struct image *image, struct buffer *text)
{
	if (image->family->lineage == LINEAGE_ESP32) {
		buffer_printf(text, "%s\r\n", esp32_text(image->error));
		return;
	}
	buffer_printf(text, "ERROR[%d]: ", image->error);
	print_esp8266_text(image, text);
	buffer_puts(text, "\n");
}

void image_release(struct image *image)
{
	buffer_release(&image->data);
	*image = (struct image){0};
}
