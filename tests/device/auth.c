/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/auth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <nettle/base16.h>
#include <nettle/md5.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha2.h>

enum { PBKDF2_ROUNDS = 10000 };

static void to_hex(const uint8_t *bytes, size_t length, char *ret_hex)
{
	base16_encode_update(ret_hex, length, bytes);
	ret_hex[2 * length] = '\0';
}

void md5_hex(const void *data, size_t length, char ret_hex[static MD5_HEX + 1])
{
	uint8_t digest[MD5_DIGEST_SIZE];
	struct md5_ctx context;

	md5_init(&context);
	md5_update(&context, length, data);
	md5_digest(&context, sizeof(digest), digest);
	to_hex(digest, sizeof(digest), ret_hex);
}

void sha256_hex(const void *data, size_t length, char ret_hex[static SHA256_HEX + 1])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, length, data);
	sha256_digest(&context, sizeof(digest), digest);
	to_hex(digest, sizeof(digest), ret_hex);
}

struct credentials credentials_make(enum auth_scheme scheme, const char *password, bool stored_md5)
{
	struct credentials credentials = {.scheme = scheme};

	if (!password || !*password)
		return credentials;
	if (scheme == AUTH_MD5 || stored_md5)
		md5_hex(password, strlen(password), credentials.stored);
	else
		sha256_hex(password, strlen(password), credentials.stored);
	return credentials;
}

size_t auth_hex_length(enum auth_scheme scheme)
{
	return scheme == AUTH_MD5 ? MD5_HEX : SHA256_HEX;
}

void auth_make_nonce(enum auth_scheme scheme, uint64_t microseconds, uint64_t random,
		     char ret_nonce[static SHA256_HEX + 1])
{
	char text[64];
	int length;

	/* micros() is 32 bits wide: all the entropy that the MD5 devices have. */
	if (scheme == AUTH_MD5) {
		length = snprintf(text, sizeof(text), "%" PRIu32, (uint32_t)microseconds);
		md5_hex(text, (size_t)length, ret_nonce);
	} else {
		length = snprintf(text, sizeof(text), "%" PRIu32 "%" PRIu64, (uint32_t)microseconds,
				  random);
		sha256_hex(text, (size_t)length, ret_nonce);
	}
}

/* hex(K), K the key derived from the stored hash; its salt is what both sides said. */
static void derive_key(const struct credentials *credentials, const char *salt,
		       char ret_hex[static SHA256_HEX + 1])
{
	uint8_t key[SHA256_DIGEST_SIZE];

	pbkdf2_hmac_sha256(strlen(credentials->stored), (const uint8_t *)credentials->stored,
			   PBKDF2_ROUNDS, strlen(salt), (const uint8_t *)salt, sizeof(key), key);
	to_hex(key, sizeof(key), ret_hex);
}

void auth_response(const struct credentials *credentials, const char *nonce, const char *cnonce,
		   char ret_response[static SHA256_HEX + 1])
{
	char salt[2 * SHA256_HEX + 2], key[SHA256_HEX + 1], text[3 * SHA256_HEX + 3];
	int length;

	snprintf(salt, sizeof(salt), "%s:%s", nonce, cnonce);
	if (credentials->scheme == AUTH_MD5) {
		length = snprintf(text, sizeof(text), "%s:%s", credentials->stored, salt);
		md5_hex(text, (size_t)length, ret_response);
	} else {
		derive_key(credentials, salt, key);
		length = snprintf(text, sizeof(text), "%s:%s", key, salt);
		sha256_hex(text, (size_t)length, ret_response);
	}
}
