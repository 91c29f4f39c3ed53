/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

#include "src/ota/auth.h"

#define N8   "01234567"
#define N32  "0123456789abcdef0123456789abcdef"
#define AB64 "abababababababababababababababababababababababababababababababab"
#define CD64 "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

static uint8_t cd[AUTH_RANDOM_SIZE];

static int fill(void **state)
{
	(void)state;
	memset(cd, 0xcd, sizeof(cd));
	return 0;
}

static void the_length_of_the_nonce_tells_the_kind(void **state)
{
	(void)state;
	assert_int_equal(auth_kind_of(N32), AUTH_MD5);
	assert_int_equal(auth_kind_of(AB64), AUTH_PBKDF2);
	assert_int_equal(auth_kind_of(""), AUTH_UNKNOWN);
	assert_int_equal(auth_kind_of(N8), AUTH_UNKNOWN);
}

/* The PBKDF2 row with SHA-256 is a published vector; the others were computed with hashlib. */
static const struct {
	enum auth_kind kind;
	enum auth_hash hash;
	const char *password, *nonce, *cnonce, *response;
} vectors[] = {
	{AUTH_PBKDF2, AUTH_HASH_SHA256, "a-real-password", AB64, CD64,
	 "4d63ba8b1efa8949a0c5caefe7e8bc77db582e5531bdf2667c663394b4551b93"},
	{AUTH_PBKDF2, AUTH_HASH_MD5, "a-real-password", AB64, CD64,
	 "72411b1f2dfce35db7cbd293c3cab25f533496919e272648e90685c4b5cf79af"},
	{AUTH_MD5, AUTH_HASH_SHA256, "a-real-password", N32, "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	 "d52a804bc4c70df645ab5eae93cbd9e9"},
	{AUTH_MD5, AUTH_HASH_MD5, "p\xc3\xa4ssw\xc3\xb6rd", N32, "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	 "2fb5ac083af4ed8dd189e99b256aa781"},
};

static void answers_are_those_that_devices_expect(void **state)
{
	char cnonce[AUTH_HEX_SIZE], response[AUTH_HEX_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		auth_answer(vectors[i].kind, vectors[i].hash, vectors[i].password, vectors[i].nonce,
			    cd, cnonce, response);
		assert_string_equal(cnonce, vectors[i].cnonce);
		assert_string_equal(response, vectors[i].response);
	}
}

static void a_password_longer_than_any_buffer_is_hashed_whole(void **state)
{
	char cnonce[AUTH_HEX_SIZE], a[AUTH_HEX_SIZE], b[AUTH_HEX_SIZE];
	char *password = calloc(1, 100001);

	(void)state;
	memset(password, 'x', 100000);
	auth_answer(AUTH_MD5, AUTH_HASH_MD5, password, N32, cd, cnonce, a);
	password[99999] = 'y';
	auth_answer(AUTH_MD5, AUTH_HASH_MD5, password, N32, cd, cnonce, b);
	assert_string_not_equal(a, b);
	free(password);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_length_of_the_nonce_tells_the_kind),
		cmocka_unit_test(answers_are_those_that_devices_expect),
		cmocka_unit_test(a_password_longer_than_any_buffer_is_hashed_whole),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
