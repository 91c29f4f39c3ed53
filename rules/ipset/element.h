/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_IPSET_ELEMENT_H
#define RULES_IPSET_ELEMENT_H

#include <libmnl/libmnl.h>

#include "rules/ipset.h"

struct arena;

/* The inside of ipset.h. */

/* Sets what follows from the name of a type; false for a type that is not known. */
bool ipset_type_fill(struct ipset *set);

/* Reads IPSET_ATTR_DATA of a set's head; false if it holds what changes the meaning of elements. */
bool ipset_head_read(struct ipset *set, const struct nlattr *nest);

/* Reads IPSET_ATTR_DATA of one element; false if not all of it was understood. */
bool ipset_element_read(struct arena *arena, const struct ipset *set, const struct nlattr *nest,
			struct ipset_element *ret);

#endif
