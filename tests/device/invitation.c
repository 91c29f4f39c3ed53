/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/invitation.h"

#include <ctype.h>
#include <string.h>

struct cursor {
	const unsigned char *at, *end;
};

static struct cursor cursor_over(const void *data, size_t length)
{
	const unsigned char *bytes = data;

	return (struct cursor){bytes, bytes + length};
}

static int cursor_peek(const struct cursor *cursor)
{
	return cursor->at < cursor->end ? *cursor->at : -1;
}

static int cursor_read(struct cursor *cursor)
{
	return cursor->at < cursor->end ? *cursor->at++ : -1;
}

/* Wraps at 32 bits, as was measured on the devices' code: "4294967297" is 1. */
static uint32_t read_number(struct cursor *cursor, unsigned digit_limit)
{
	uint32_t value = 0;

	while (cursor_peek(cursor) == ' ')
		cursor_read(cursor);
	for (unsigned digits = 0; digits < digit_limit; digits++) {
		int next = cursor_peek(cursor);

		if (next < '0' || next > '9')
			return value;
		value = value * 10 + (uint32_t)(cursor_read(cursor) - '0');
	}
	return 0;
}

/* The text up to @stop, NUL or the end, without them. The cursor is behind the stop. */
static struct cursor read_until(struct cursor *cursor, int stop)
{
	struct cursor text = {cursor->at, cursor->at};
	int next;

	while ((next = cursor_read(cursor)) > 0 && next != stop)
		text.end = cursor->at;
	return text;
}

static void trim(struct cursor *text)
{
	while (text->at < text->end && isspace(*text->at))
		text->at++;
	while (text->at < text->end && isspace(text->end[-1]))
		text->end--;
}

static bool copy_exactly(const struct cursor *text, size_t length, char *ret_text)
{
	if ((size_t)(text->end - text->at) != length)
		return false;
	memcpy(ret_text, text->at, length);
	ret_text[length] = '\0';
	return true;
}

int invitation_command(const struct family *family, const void *datagram, size_t length)
{
	struct cursor cursor = cursor_over(datagram, length);

	return (int)read_number(&cursor, family->number_digits);
}

bool invitation_parse(const struct family *family, const void *datagram, size_t length,
		      struct invitation *ret_invitation)
{
	struct cursor cursor = cursor_over(datagram, length);
	struct invitation invitation = {0};
	struct cursor md5;

	invitation.command = (int)read_number(&cursor, family->number_digits);
	if (invitation.command != COMMAND_FLASH && invitation.command != COMMAND_FILE_SYSTEM)
		return false;
	invitation.port = (uint16_t)read_number(&cursor, family->number_digits);
	invitation.size = read_number(&cursor, family->number_digits);
	cursor_read(&cursor);
	md5 = read_until(&cursor, '\n');
	trim(&md5);
	if (!copy_exactly(&md5, MD5_HEX, invitation.md5))
		return false;
	*ret_invitation = invitation;
	return true;
}

bool auth_answer_parse(const struct family *family, const void *datagram, size_t length,
		       size_t hex_length, struct auth_answer *ret_answer)
{
	struct cursor cursor = cursor_over(datagram, length);
	struct cursor cnonce, response;

	if (read_number(&cursor, family->number_digits) != COMMAND_AUTH)
		return false;
	cursor_read(&cursor);
	cnonce = read_until(&cursor, ' ');
	response = read_until(&cursor, '\n');
	return copy_exactly(&cnonce, hex_length, ret_answer->cnonce) &&
	       copy_exactly(&response, hex_length, ret_answer->response);
}
