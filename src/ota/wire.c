/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/wire.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "src/ota/printable.h"

size_t wire_invitation(char text[static WIRE_SIZE], enum wire_command command, uint16_t host_port,
		       uint64_t size, const char *md5_hex)
{
	return (size_t)snprintf(text, WIRE_SIZE, "%d %u %" PRIu64 " %.32s\n", (int)command,
				(unsigned)host_port, size, md5_hex);
}

size_t wire_auth(char text[static WIRE_SIZE], const char *cnonce, const char *response)
{
	return (size_t)snprintf(text, WIRE_SIZE, "%d %.64s %.64s\n", (int)WIRE_AUTH, cnonce,
				response);
}

static bool starts(const struct wire_reply *reply, const char *prefix)
{
	return !strncmp(reply->text, prefix, strlen(prefix));
}

static void parse_challenge(struct wire_reply *reply)
{
	const char *nonce = reply->text + strlen("AUTH ");
	size_t length = strlen(nonce);

	if (strspn(nonce, "0123456789abcdefABCDEF") != length)
		return;
	if (length == WIRE_MD5_NONCE)
		reply->kind = WIRE_CHALLENGE_MD5;
	else if (length == WIRE_PBKDF2_NONCE)
		reply->kind = WIRE_CHALLENGE_PBKDF2;
	else
		return;
	memcpy(reply->nonce, nonce, length + 1);
}

struct wire_reply wire_parse(const void *data, size_t length)
{
	struct wire_reply reply = {.kind = WIRE_OTHER};

	printable(reply.text, sizeof(reply.text), data, length);
	if (!strcmp(reply.text, "OK")) {
		reply.kind = WIRE_OK;
	} else if (starts(&reply, "AUTH ")) {
		parse_challenge(&reply);
	} else if (starts(&reply, "Authentication Failed")) {
		reply.kind = WIRE_AUTH_FAILED;
	} else if (starts(&reply, "ERR:")) {
		const char *words = reply.text + strlen("ERR:");
		words += strspn(words, " ");
		memmove(reply.text, words, strlen(words) + 1);
		reply.kind = WIRE_ERROR;
	}
	return reply;
}
