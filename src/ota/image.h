/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_IMAGE_H
#define SRC_OTA_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "src/ota/family.h"

/* A file as it is sent: the device checks size and MD5 of exactly these bytes. */
struct image {
	char *path;
	uint8_t *data;
	size_t size;
	char md5[33]; /* lower-case hex */
};

/* The file that was named, and the signed one next to it (path NULL if there is none). */
struct image_files {
	struct image plain, with_signature;
};

/*
 * Reads @path and, if it exists, @path.signed, whole. The signed file is what an ESP8266 or RP2040
 * that checks signatures wants; ESP32 knows no such file. -errno with @err filled in if the named
 * file (or a signed one that exists) cannot be read: -ENOENT, -EACCES, -EISDIR, -EFBIG above
 * 128 MiB, which no device has. Free with image_files_release(), also after an error.
 */
int image_files_load(struct image_files *files, const char *path, struct error *err);
void image_files_release(struct image_files *files);

/* The one to send to a device of that family; unknown counts as not an ESP32. */
const struct image *image_files_choose(const struct image_files *files, enum device_family family);

enum image_error {
	IMAGE_GOOD,
	IMAGE_NOT_FIRMWARE, /* certainly something else */
	IMAGE_TOO_LARGE,    /* for the flash that its own header names */
};

/* Each text is one line without a full stop, "" if it does not apply; both warnings may hold. */
struct image_judgement {
	enum image_error error;
	char error_text[160];
	char unusual_text[160]; /* warning: first bytes that this family's firmware does not have */
	char large_text[160];   /* warning: larger than a usual partition for it */
};

enum {
	IMAGE_HEAD_SIZE = 512,
	ESP_IMAGE_MAGIC = 0xe9, /* first byte of an application image, ESP8266 and ESP32 */
};

/*
 * Judges an image by its first bytes (@head, at least the smaller of @size and IMAGE_HEAD_SIZE of
 * them) and its @size. Pure. File-system images have no common first bytes: for them only an empty
 * file is an error. The header is that of esptool: E9, segments, flash mode, flash size in the
 * high nibble of byte 3 (its codes differ between ESP8266 and ESP32). RP2040 has none.
 */
struct image_judgement image_judge(const uint8_t *head, size_t head_size, uint64_t size,
				   enum device_family family, bool file_system);

#endif
