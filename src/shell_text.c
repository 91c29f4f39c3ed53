/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/shell_text.h"

#include <string.h>

#include "base/buffer.h"

static const char separator[] = " && ";

/* The end of the quoted string whose opening quote is at @text: its closing quote, or the NUL. */
static const char *end_of_quote(const char *text)
{
	char quote = *text++;

	while (*text && *text != quote)
		text += quote == '"' && *text == '\\' && text[1] ? 2 : 1;
	return text;
}

static const char *end_of_command(const char *text)
{
	for (; *text && strncmp(text, separator, sizeof(separator) - 1) != 0; text++) {
		if (*text == '\'' || *text == '"')
			text = end_of_quote(text);
		else if (*text == '\\' && text[1])
			text++;
		if (!*text)
			break;
	}
	return text;
}

bool shell_next(struct shell_commands *commands)
{
	if (!*commands->rest)
		return false;
	const char *end = end_of_command(commands->rest);

	commands->command = commands->rest;
	commands->length = (size_t)(end - commands->rest);
	commands->rest = *end ? end + sizeof(separator) - 1 : end;
	return true;
}

void shell_add_with_sudo(struct buffer *out, const char *text)
{
	static const char sudo[] = "sudo ";
	struct shell_commands commands = {.rest = text};

	for (const char *before = ""; shell_next(&commands); before = separator) {
		buffer_puts(out, before);
		if (strncmp(commands.command, sudo, sizeof(sudo) - 1) != 0)
			buffer_puts(out, sudo);
		buffer_add(out, commands.command, commands.length);
	}
}
