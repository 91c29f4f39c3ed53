/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_AUTH_H
#define SRC_OTA_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Answers to a device's challenge. Pure: the randomness of the cnonce is passed in. Nothing that
 * is derived from the password outlives a call except the response itself, which is cryptographic
 * but for MD5 quickly searched: never print it.
 */

/* How the challenge has to be answered; what the contract calls device.auth. */
enum auth_kind {
	AUTH_UNKNOWN, /* the device did not get that far */
	AUTH_NONE,
	AUTH_MD5,
	AUTH_PBKDF2,
};

/* What the device holds instead of the password: a PBKDF2 device may have been given an old MD5. */
enum auth_hash {
	AUTH_HASH_SHA256,
	AUTH_HASH_MD5,
};

enum {
	AUTH_RANDOM_SIZE = 32,
	AUTH_HEX_SIZE = 65,
};

/* "none", "md5", "pbkdf2"; NULL when unknown. Static. */
const char *auth_name(enum auth_kind kind);

/* The kind by the length of the nonce: 32 hex digits → MD5, 64 → PBKDF2, else AUTH_UNKNOWN. */
enum auth_kind auth_kind_of(const char *nonce);

/*
 * Computes cnonce and response for @nonce. @kind AUTH_MD5 ignores @hash (the device always holds
 * the MD5). @random are fresh random bytes, of which AUTH_MD5 uses half. Takes some 10 ms for
 * PBKDF2 (10,000 rounds). Both results are lower-case hex, 32 or 64 digits.
 */
void auth_answer(enum auth_kind kind, enum auth_hash hash, const char *password, const char *nonce,
		 const uint8_t random[static AUTH_RANDOM_SIZE],
		 char ret_cnonce[static AUTH_HEX_SIZE], char ret_response[static AUTH_HEX_SIZE]);

#endif
