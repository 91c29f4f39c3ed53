/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_AUTH_H
#define DEVICE_AUTH_H

#include "tests/device/invitation.h"

/* What the sketch stored of its password; never the password itself. */
struct credentials {
	enum auth_scheme scheme;
	char stored[SHA256_HEX + 1]; /* hex of MD5 or SHA-256, empty when there is no password */
};

/*
 * @stored_md5: the sketch called setPasswordHash() with an MD5, as sketches written before core
 * 3.3.1 do. @password NULL or "": no password.
 */
struct credentials credentials_make(enum auth_scheme scheme, const char *password, bool stored_md5);

/* Characters of the nonce, of the cnonce and of the response: 32 or 64. */
size_t auth_hex_length(enum auth_scheme scheme);

/* The nonce a device makes from its clock; @ret_nonce as long as auth_hex_length() says. */
void auth_make_nonce(enum auth_scheme scheme, uint64_t microseconds, uint64_t random,
		     char ret_nonce[static SHA256_HEX + 1]);

/* The one right response, hex. */
void auth_response(const struct credentials *credentials, const char *nonce, const char *cnonce,
		   char ret_response[static SHA256_HEX + 1]);

/* Lower-case hex of the MD5. */
void md5_hex(const void *data, size_t length, char ret_hex[static MD5_HEX + 1]);
void sha256_hex(const void *data, size_t length, char ret_hex[static SHA256_HEX + 1]);

#endif
