/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/auth.h"

#include <stdio.h>
#include <string.h>

#include <nettle/base16.h>
#include <nettle/md5.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha2.h>

enum { PBKDF2_ROUNDS = 10000 };

const char *auth_name(enum auth_kind kind)
{
	switch (kind) {
	case AUTH_NONE: return "none";
	case AUTH_MD5: return "md5";
	case AUTH_PBKDF2: return "pbkdf2";
	default: return NULL;
	}
}

enum auth_kind auth_kind_of(const char *nonce)
{
	switch (strlen(nonce)) {
	case 32: return AUTH_MD5;
	case 64: return AUTH_PBKDF2;
	default: return AUTH_UNKNOWN;
	}
}

static void to_hex(char *hex, const uint8_t *bytes, size_t length)
{
	base16_encode_update(hex, length, bytes);
	hex[BASE16_ENCODE_LENGTH(length)] = '\0';
}

static void md5_hex(char hex[static AUTH_HEX_SIZE], const char *text)
{
	struct md5_ctx context;
	uint8_t digest[MD5_DIGEST_SIZE];

	md5_init(&context);
	md5_update(&context, strlen(text), (const uint8_t *)text);
	md5_digest(&context, sizeof(digest), digest);
	to_hex(hex, digest, sizeof(digest));
	explicit_bzero(&context, sizeof(context));
	explicit_bzero(digest, sizeof(digest));
}

static void sha256_hex(char hex[static AUTH_HEX_SIZE], const char *text)
{
	struct sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_init(&context);
	sha256_update(&context, strlen(text), (const uint8_t *)text);
	sha256_digest(&context, sizeof(digest), digest);
	to_hex(hex, digest, sizeof(digest));
	explicit_bzero(&context, sizeof(context));
	explicit_bzero(digest, sizeof(digest));
}

/* K = PBKDF2(the *hex text* of the stored hash, "nonce:cnonce"), in place of @secret, as hex. */
static void stretch(char secret[static AUTH_HEX_SIZE], const char *nonce, const char *cnonce)
{
	char salt[2 * AUTH_HEX_SIZE];
	uint8_t key[SHA256_DIGEST_SIZE];

	int length = snprintf(salt, sizeof(salt), "%.64s:%.64s", nonce, cnonce);
	pbkdf2_hmac_sha256(strlen(secret), (const uint8_t *)secret, PBKDF2_ROUNDS, (size_t)length,
			   (const uint8_t *)salt, sizeof(key), key);
	to_hex(secret, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
}

void auth_answer(enum auth_kind kind, enum auth_hash hash, const char *password, const char *nonce,
		 const uint8_t random[static AUTH_RANDOM_SIZE],
		 char ret_cnonce[static AUTH_HEX_SIZE], char ret_response[static AUTH_HEX_SIZE])
{
	bool md5 = kind == AUTH_MD5;
	char secret[AUTH_HEX_SIZE], joined[3 * AUTH_HEX_SIZE];

	to_hex(ret_cnonce, random, md5 ? AUTH_RANDOM_SIZE / 2 : AUTH_RANDOM_SIZE);
	if (md5 || hash == AUTH_HASH_MD5)
		md5_hex(secret, password);
	else
		sha256_hex(secret, password);
	if (!md5)
		stretch(secret, nonce, ret_cnonce);
	snprintf(joined, sizeof(joined), "%s:%.64s:%s", secret, nonce, ret_cnonce);
	if (md5)
		md5_hex(ret_response, joined);
	else
		sha256_hex(ret_response, joined);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(joined, sizeof(joined));
}
