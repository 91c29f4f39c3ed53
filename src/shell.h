/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_SHELL_H
#define SRC_SHELL_H

struct buffer;

/* Appends @word so that a POSIX shell reads it as one word, quoted only if it has to be. Pure. */
void shell_quote(struct buffer *out, const char *word);

#endif
