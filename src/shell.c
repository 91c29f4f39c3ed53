/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/shell.h"

#include <string.h>

#include "base/buffer.h"

void shell_quote(struct buffer *out, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789@%_+:,./-";

	if (*word && !word[strspn(word, plain)]) {
		buffer_puts(out, word);
		return;
	}
	buffer_puts(out, "'");
	for (; *word; word++) {
		if (*word == '\'')
			buffer_puts(out, "'\\''");
		else
			buffer_add(out, word, 1);
	}
	buffer_puts(out, "'");
}
