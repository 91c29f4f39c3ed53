/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/address_set.h"

field_value address_value(const struct address *address)
{
	field_value value = 0;

	for (size_t i = 0; i < address_length(address); i++)
		value = value << 8 | address->bytes[i];
	return value;
}

struct address value_address(field_value value, int family)
{
	struct address address = {.family = family};

	for (size_t i = address_length(&address); i-- > 0; value >>= 8)
		address.bytes[i] = (uint8_t)value;
	return address;
}

field_value host_bits(unsigned width, unsigned prefix)
{
	unsigned bits = prefix < width ? width - prefix : 0;

	return bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;
}

struct value_set cidr_values(struct arena *arena, const struct cidr *cidr)
{
	unsigned width = (unsigned)address_length(&cidr->address) * 8;
	field_value first = address_value(&cidr->address);

	return value_set_range(arena, first, first | host_bits(width, cidr->prefix));
}
