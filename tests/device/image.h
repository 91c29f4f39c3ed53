/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_IMAGE_H
#define DEVICE_IMAGE_H

#include "base/buffer.h"
#include "tests/device/invitation.h"

/* The numbers that ESP8266 and RP2040 print. */
enum image_error {
	IMAGE_OK = 0,
	IMAGE_SPACE = 4,
	IMAGE_SIZE = 5,
	IMAGE_MD5 = 7,
	IMAGE_FLASH_CONFIG = 9,
	IMAGE_MAGIC = 10,
	IMAGE_NO_DATA = 13,
	IMAGE_ABORTED = 100, /* ESP32 only; it prints no numbers */
};

/* The device's Update object: takes the bytes and judges them. No I/O. */
struct image {
	const struct family *family;
	struct invitation invitation;
	struct buffer data;
	uint32_t flash_size; /* of the chip, bytes; 0: not looked at */
	bool corrupt;        /* fault: the flash does not keep what was written */
	enum image_error error;
	bool judged_good; /* image_end() was content */
	char calculated[MD5_HEX + 1];
};

/* Whether the device starts at all; sets the error otherwise. @space in bytes. */
bool image_begin(struct image *image, const struct family *family,
		 const struct invitation *invitation, uint32_t space);

/* How many bytes were taken; the device acknowledges exactly those. */
size_t image_write(struct image *image, const void *data, size_t length);

size_t image_remaining(const struct image *image);

/* Whether the device stops reading: all is there, or it failed. */
bool image_finished(const struct image *image);

/* The verdict after the last byte, or at the end of the connection. Sets the error. */
bool image_end(struct image *image);

/* The error as this family prints it, with its line end. */
void image_print_error(const struct image *image, struct buffer *text);

void image_release(struct image *image);

#endif
