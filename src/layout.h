/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_LAYOUT_H
#define SRC_LAYOUT_H

#include <stddef.h>

#include "src/report_print.h"

struct buffer;

/* Columns that text in UTF-8 takes, one a character: it holds no wide or combining ones of ours. */
size_t layout_columns(const char *text);

enum paint { PAINT_GOOD, PAINT_BAD, PAINT_WARNING, PAINT_LABEL, PAINT_STRONG };

/* The text in that colour if the style has colours. */
void layout_paint(struct buffer *out, const struct text_style *style, enum paint paint,
		  const char *text);

enum symbol { SYMBOL_GOOD, SYMBOL_BAD, SYMBOL_WARNING, SYMBOL_UNKNOWN, SYMBOL_NOTE };

void layout_symbol(struct buffer *out, const struct text_style *style, enum symbol symbol);

enum { LAYOUT_MARGIN = 2, LAYOUT_INDENT = 10, LAYOUT_DEFINITION = 26 };

/* Prose at the margin, wrapped at words; a newline in it is kept. Nothing for "" or NULL. */
void layout_prose(struct buffer *out, const struct text_style *style, const char *text);

/* Prose in the column at LAYOUT_INDENT, @label ("" for none) before its first line. */
void layout_entry(struct buffer *out, const struct text_style *style, const char *label,
		  const char *text);

/* A list's line: the name, and prose in a column that every finding's name leaves free. */
void layout_definition(struct buffer *out, const struct text_style *style, const char *name,
		       const char *text);

/* As layout_entry(), but the text is never wrapped: a command that is to be copied. */
void layout_command(struct buffer *out, const struct text_style *style, const char *label,
		    const char *command);

#endif
