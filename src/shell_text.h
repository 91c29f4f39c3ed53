/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_SHELL_TEXT_H
#define SRC_SHELL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/*
 * The commands of a shell text that are joined by " && ", one after the other; quotes and
 * backslashes are respected. Start with @rest at the text, the others zero.
 */
struct shell_commands {
	const char *rest;
	const char *command; /* not NUL-terminated */
	size_t length;
};

/* Takes the next command; false at the end. */
bool shell_next(struct shell_commands *commands);

/* The same text with "sudo " before each of its commands that has none yet. */
void shell_add_with_sudo(struct buffer *out, const char *text);

#endif
