/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/safe_text.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

static bool is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* How many bytes a character takes that starts with this one; 0 if none can. */
static size_t utf8_announced(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The second byte's range is narrower where a form would be overlong, a surrogate or too high. */
static bool second_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0: return second >= 0xa0;
	case 0xed: return second <= 0x9f;
	case 0xf0: return second >= 0x90;
	case 0xf4: return second <= 0x8f;
	default: return true;
	}
}

size_t utf8_length(const char *text, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t announced = length ? utf8_announced(bytes[0]) : 0;

	if (!announced || announced > length)
		return 0;
	for (size_t i = 1; i < announced; i++)
		if (!is_continuation(bytes[i]))
			return 0;
	return announced == 1 || second_fits(bytes[0], bytes[1]) ? announced : 0;
}

static bool is_control(const char *character)
{
	const uint8_t *bytes = (const uint8_t *)character;

	return bytes[0] < 0x20 || bytes[0] == 0x7f || (bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

size_t safe_text_length(const char *text, size_t length)
{
	size_t safe = 0;

	while (safe < length) {
		size_t taken = utf8_length(text + safe, length - safe);
		if (!taken || is_control(text + safe))
			break;
		safe += taken;
	}
	return safe;
}

void safe_text_in_place(char *text, size_t length)
{
	for (size_t i = safe_text_length(text, length); i < length;
	     i += safe_text_length(text + i, length - i)) {
		size_t taken = utf8_length(text + i, length - i);
		taken = taken ? taken : 1;
		memset(text + i, '?', taken);
		i += taken;
	}
}

const char *safe_text(struct arena *arena, const void *data, size_t length)
{
	const char *bytes = data;

	while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		length--;
	char *text = arena_alloc(arena, length + 1);
	if (length)
		memcpy(text, bytes, length);
	safe_text_in_place(text, length);
	return text;
}
