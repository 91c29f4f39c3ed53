/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/words.h"

#include <string.h>

#include "base/buffer.h"

void xt_words_text(struct buffer *out, unsigned bits, const struct xt_word *words, size_t n_words)
{
	const char *separator = "";

	for (size_t i = 0; i < n_words; i++) {
		if (!(bits & words[i].bit))
			continue;
		buffer_printf(out, "%s%s", separator, words[i].word);
		separator = ",";
	}
}

void xt_not(struct buffer *out, bool invert)
{
	if (invert)
		buffer_puts(out, " !");
}

void xt_option_text(struct buffer *out, bool invert, const char *option)
{
	buffer_printf(out, "%s --%s", invert ? " !" : "", option);
}

void xt_address_text(struct buffer *out, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	buffer_puts(out, address_format(address, text));
}

void xt_range_text(struct buffer *out, uint32_t min, uint32_t max)
{
	buffer_printf(out, "%u", min);
	if (max != min)
		buffer_printf(out, ":%u", max);
}

void xt_port_range_text(struct buffer *out, const struct xt_port_range *range)
{
	xt_range_text(out, range->min, range->max);
}

void xt_masked_text(struct buffer *out, uint32_t value, uint32_t mask)
{
	buffer_printf(out, " 0x%x", value);
	if (mask != UINT32_MAX)
		buffer_printf(out, "/0x%x", mask);
}

int xt_prefix_length(const uint8_t *mask, size_t size)
{
	size_t prefix = 0;

	while (prefix < 8 * size && (mask[prefix / 8] & (0x80 >> prefix % 8)))
		prefix++;
	for (size_t i = prefix; i < 8 * size; i++)
		if (mask[i / 8] & (0x80 >> i % 8))
			return -1;
	return (int)prefix;
}

void xt_mask_text(struct buffer *out, const struct address *mask)
{
	int prefix = xt_prefix_length(mask->bytes, address_length(mask));

	if (prefix < 0) {
		buffer_puts(out, "/");
		xt_address_text(out, mask);
	} else if ((size_t)prefix < 8 * address_length(mask)) {
		buffer_printf(out, "/%d", prefix);
	}
}

void xt_string_text(struct buffer *out, const char *text)
{
	static const char plain[] = "_-0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (*text && text[strspn(text, plain)] == '\0') {
		buffer_printf(out, " %s", text);
		return;
	}
	buffer_puts(out, " \"");
	for (; *text; text++) {
		if (strchr("\"\\'", *text))
			buffer_puts(out, "\\");
		buffer_add(out, text, 1);
	}
	buffer_puts(out, "\"");
}
