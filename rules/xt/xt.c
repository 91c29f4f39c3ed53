/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/decode.h"

#include <linux/netfilter.h>
#include <string.h>

static const struct xt_layout *find_layout(const struct xt_layout *layouts, size_t n_layouts,
					   const char *name, uint32_t revision, unsigned family)
{
	for (size_t i = 0; i < n_layouts; i++) {
		const struct xt_layout *layout = &layouts[i];

		if (layout->revision == revision && (layout->families & family) &&
		    !strcmp(layout->name, name))
			return layout;
	}
	return NULL;
}

static unsigned family_bit(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4: return XT_FAMILY_V4;
	case NFPROTO_IPV6: return XT_FAMILY_V6;
	default: return 0;
	}
}

bool xt_layout_decode(const struct xt_layout *layouts, size_t n_layouts, const char *name,
		      uint32_t revision, struct bytes info, struct xt_extension *ret)
{
	const struct xt_layout *layout =
		find_layout(layouts, n_layouts, name, revision, family_bit(ret->family));

	if (!layout || info.length < layout->size)
		return false;
	if (layout->decode && !layout->decode(info.data, ret))
		return false;
	ret->kind = layout->kind;
	return true;
}

struct address xt_address(const struct xt_extension *extension, const void *bytes)
{
	struct address address = {
		.family = extension->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET,
	};

	memcpy(address.bytes, bytes, address_length(&address));
	return address;
}

void xt_string(char *ret, const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	memcpy(ret, text, length);
	ret[length] = '\0';
}
