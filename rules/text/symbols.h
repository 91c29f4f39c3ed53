/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_SYMBOLS_H
#define RULES_TEXT_SYMBOLS_H

#include "rules/text/value.h"

/* nft's word for one value (or one bit) of a type; NULL if it has none. */
const char *symbol_name(enum data_type type, uint64_t value);

#endif
