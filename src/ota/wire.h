/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_WIRE_H
#define SRC_OTA_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* The UDP messages of ArduinoOTA: one line of ASCII, one datagram each. Pure. */

/* First number of an invitation: which partition the image is for. */
enum wire_command {
	WIRE_FLASH = 0,
	WIRE_FILE_SYSTEM = 100,
	WIRE_AUTH = 200,
};

enum {
	WIRE_SIZE = 160, /* room for any message that we send, with its NUL */
	WIRE_MD5_NONCE =
		32, /* hex digits in the challenge of all ESP8266, RP2040, ESP32 <= 3.3.0 */
	WIRE_PBKDF2_NONCE = 64, /* ... of ESP32 >= 3.3.1 */
	WIRE_TEXT_SIZE = 256,
};

/*
 * "0 18266 307200 <md5>\n" into @text; returns its length. @host_port in host order; @md5_hex 32
 * lower-case hex digits (ESP32 1.x and 2.x compare them exactly).
 */
size_t wire_invitation(char text[static WIRE_SIZE], enum wire_command command, uint16_t host_port,
		       uint64_t size, const char *md5_hex);

/* "200 <cnonce> <response>\n" into @text; returns its length. */
size_t wire_auth(char text[static WIRE_SIZE], const char *cnonce, const char *response);

enum wire_reply_kind {
	WIRE_OTHER, /* nothing that a device says */
	WIRE_OK,
	WIRE_CHALLENGE_MD5,
	WIRE_CHALLENGE_PBKDF2,
	WIRE_AUTH_FAILED,
	WIRE_ERROR, /* "ERR: …": Update.begin() refused (ESP8266 >= 2.4, RP2040) */
};

struct wire_reply {
	enum wire_reply_kind kind;
	char nonce[WIRE_PBKDF2_NONCE + 1]; /* of a challenge, lower-case as sent */
	char text[WIRE_TEXT_SIZE];         /* what it said, fit for printing, without "ERR: " */
};

/* Any bytes, any length, also none; trailing blanks and line ends do not count. */
struct wire_reply wire_parse(const void *data, size_t length);

#endif
