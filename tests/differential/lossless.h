/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_LOSSLESS_H
#define TESTS_DIFFERENTIAL_LOSSLESS_H

#include <jansson.h>

#include "rules/ruleset.h"

/* Array of text: each part of @ruleset that was not understood; empty if it was read without loss. */
json_t *lossy_parts(const struct ruleset *ruleset);

#endif
