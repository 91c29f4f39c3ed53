/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_DECODE_H
#define RULES_XT_DECODE_H

#include "rules/xt.h"

/* Shared by the decoders of matches and of targets; nobody else includes this. */

/*
 * One revision of one extension. @decode gets at least @size bytes and fills @ret, which is zeroed
 * but for kind and family; false means that the contents make no sense.
 */
struct xt_layout {
	const char *name;
	uint32_t revision;
	unsigned families; /* XT_FAMILY_* */
	enum xt_kind kind;
	size_t size;
	bool (*decode)(const uint8_t *info, struct xt_extension *ret);
};

enum { XT_FAMILY_V4 = 1, XT_FAMILY_V6 = 2, XT_FAMILY_BOTH = 3 };

bool xt_layout_decode(const struct xt_layout *layouts, size_t n_layouts, const char *name,
		      uint32_t revision, struct bytes info, struct xt_extension *ret);

/* An address of the extension's family out of a `union nf_inet_addr` or longer. */
struct address xt_address(const struct xt_extension *extension, const void *bytes);

/* Copies at most @size bytes up to a NUL into @ret->text or another buffer one byte larger. */
void xt_string(char *ret, const char *text, size_t size);

#endif
