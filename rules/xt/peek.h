/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_PEEK_H
#define RULES_XT_PEEK_H

#include "rules/xt/extension.h"

/* A number of which some bits may be unknown; those are 0 in @value. */
struct xt_bits {
	uint32_t value, known;
};

enum xt_peek {
	XT_PEEK_THERE,
	XT_PEEK_BEYOND, /* no packet of the class is that long */
	XT_PEEK_MAYBE,  /* some may be */
};

/*
 * Reads @size bytes (up to four) of the packet from @offset on, counted from the network header, as
 * a number in network order; for the matches that are programs on bytes, u32 and bpf.
 */
enum xt_peek xt_peek(const struct walk *walk, const struct state *state, uint64_t offset,
		     unsigned size, struct xt_bits *ret);

#endif
