/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_INVITATION_H
#define DEVICE_INVITATION_H

#include "tests/device/family.h"

enum {
	COMMAND_FLASH = 0,
	COMMAND_FILE_SYSTEM = 100,
	COMMAND_AUTH = 200,
};

enum {
	MD5_HEX = 32,
	SHA256_HEX = 64,
};

/* "0 18266 307200 <32 hex>": what is to be fetched, and from which TCP port of the sender. */
struct invitation {
	int command; /* COMMAND_FLASH or COMMAND_FILE_SYSTEM */
	uint16_t port;
	uint32_t size;
	char md5[MD5_HEX + 1]; /* as it came: the devices do not look at its letters here */
};

/* "200 <cnonce> <response>" */
struct auth_answer {
	char cnonce[SHA256_HEX + 1];
	char response[SHA256_HEX + 1];
};

/*
 * Reads the datagram as the device's own parser does: spaces before numbers are skipped, a number
 * ends at the first non-digit, one byte after SIZE is skipped whatever it is, the MD5 goes up to LF,
 * NUL or the end and is trimmed. A port above 65535 loses its high bits. False: the device says
 * nothing at all.
 */
bool invitation_parse(const struct family *family, const void *datagram, size_t length,
		      struct invitation *ret_invitation);

/* The command a datagram starts with, 0 when it starts with no number. */
int invitation_command(const struct family *family, const void *datagram, size_t length);

/* False when @datagram is no auth reply or its fields are not @hex_length characters long. */
bool auth_answer_parse(const struct family *family, const void *datagram, size_t length,
		       size_t hex_length, struct auth_answer *ret_answer);

#endif
