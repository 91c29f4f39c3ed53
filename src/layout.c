/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/layout.h"

#include <string.h>

#include "base/buffer.h"

enum { NARROWEST = 40 };

static size_t columns_of(const char *text, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

size_t layout_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

void layout_paint(struct buffer *out, const struct text_style *style, enum paint paint,
		  const char *text)
{
	static const char *const codes[] = {
		[PAINT_GOOD] = "32", [PAINT_BAD] = "31",   [PAINT_WARNING] = "33",
		[PAINT_LABEL] = "2", [PAINT_STRONG] = "1",
	};

	if (style->color && *text)
		buffer_printf(out, "\033[%sm%s\033[0m", codes[paint], text);
	else
		buffer_puts(out, text);
}

void layout_symbol(struct buffer *out, const struct text_style *style, enum symbol symbol)
{
	static const struct {
		const char *unicode, *ascii;
		enum paint paint;
	} symbols[] = {
		[SYMBOL_GOOD] = {"✓", "+", PAINT_GOOD},
		[SYMBOL_BAD] = {"✗", "x", PAINT_BAD},
		[SYMBOL_WARNING] = {"!", "!", PAINT_WARNING},
		[SYMBOL_UNKNOWN] = {"?", "?", PAINT_WARNING},
		[SYMBOL_NOTE] = {"·", "-", PAINT_LABEL},
	};

	layout_paint(out, style, symbols[symbol].paint,
		     style->unicode ? symbols[symbol].unicode : symbols[symbol].ascii);
}

static void add_blanks(struct buffer *out, size_t count)
{
	buffer_printf(out, "%*s", (int)count, "");
}

/* Words of @text, the cursor being at column @indent of a line already begun. */
static void add_words(struct buffer *out, const struct text_style *style, size_t indent,
		      const char *text)
{
	size_t width = style->width > NARROWEST ? style->width : NARROWEST;
	size_t column = indent;

	while (*text) {
		size_t word = strcspn(text, " \n");
		size_t columns = columns_of(text, word);
		bool is_first = column == indent;
		if (!is_first && column + 1 + columns > width) {
			buffer_puts(out, "\n");
			add_blanks(out, indent);
			column = indent;
		} else if (!is_first) {
			buffer_puts(out, " ");
			column++;
		}
		buffer_add(out, text, word);
		column += columns;
		text += word;
		if (*text == '\n') {
			buffer_puts(out, "\n");
			if (text[1] && text[1] != '\n')
				add_blanks(out, indent);
			column = indent;
		}
		text += *text != '\0';
	}
	buffer_puts(out, "\n");
}

void layout_prose(struct buffer *out, const struct text_style *style, const char *text)
{
	if (!text || !*text)
		return;
	add_blanks(out, LAYOUT_MARGIN);
	add_words(out, style, LAYOUT_MARGIN, text);
}

static void add_label(struct buffer *out, const struct text_style *style, enum paint paint,
		      const char *label, size_t indent)
{
	size_t used = LAYOUT_MARGIN + layout_columns(label);

	add_blanks(out, LAYOUT_MARGIN);
	layout_paint(out, style, paint, label);
	add_blanks(out, used < indent ? indent - used : 1);
}

void layout_entry(struct buffer *out, const struct text_style *style, const char *label,
		  const char *text)
{
	add_label(out, style, PAINT_LABEL, label, LAYOUT_INDENT);
	add_words(out, style, LAYOUT_INDENT, text);
}

void layout_definition(struct buffer *out, const struct text_style *style, const char *name,
		       const char *text)
{
	add_label(out, style, PAINT_STRONG, name, LAYOUT_DEFINITION);
	add_words(out, style, LAYOUT_DEFINITION, text);
}

void layout_command(struct buffer *out, const struct text_style *style, const char *label,
		    const char *command)
{
	add_label(out, style, PAINT_LABEL, label, LAYOUT_INDENT);
	layout_paint(out, style, PAINT_STRONG, command);
	buffer_puts(out, "\n");
}
