/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_SAFE_TEXT_H
#define SRC_SAFE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * Text from a device, mDNS or a rule's comment, made safe for a terminal and for JSON: every control
 * character (C0, DEL, C1) and every byte that is no part of well-formed UTF-8 becomes '?'. The
 * result has a NUL at its end and lives in @arena; line ends at the end of @data are left off.
 */
const char *safe_text(struct arena *arena, const void *data, size_t length);

/* The same, in place. */
void safe_text_in_place(char *text, size_t length);

/* How many bytes of @text, from its start, would stay as they are; @length if all of them. */
size_t safe_text_length(const char *text, size_t length);

/*
 * Length in bytes of the well-formed UTF-8 character at @text (RFC 3629: no overlong forms, no
 * surrogates, at most U+10FFFF), 0 if there is none within @length bytes.
 */
size_t utf8_length(const char *text, size_t length);

#endif
