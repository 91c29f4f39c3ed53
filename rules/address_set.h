/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_ADDRESS_SET_H
#define RULES_ADDRESS_SET_H

#include "base/address.h"
#include "rules/value_set.h"

/* Addresses as people write them and as the evaluator counts them: pure conversions. */

field_value address_value(const struct address *address);
struct address value_address(field_value value, int family);

/* All addresses of @cidr. */
struct value_set cidr_values(struct arena *arena, const struct cidr *cidr);

/* The host part of a network of @width bits with this prefix, all ones. */
field_value host_bits(unsigned width, unsigned prefix);

#endif
