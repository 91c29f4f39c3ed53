/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_PAYLOAD_H
#define RULES_EVAL_PAYLOAD_H

#include "rules/eval/registers.h"
#include "rules/eval/walk.h"

/*
 * Loads @length bytes of the packet into registers, from @offset in the header that @base
 * (NFT_PAYLOAD_…) names on. Returns false for what lies behind the headers, of which nothing is
 * known, not even whether it exists.
 */
bool payload_read(const struct walk *walk, const struct state *state, uint32_t base,
		  uint32_t offset, struct registers *registers, int dreg, size_t length);

#endif
