/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_LOAD_H
#define RULES_TEXT_LOAD_H

#include "rules/ruleset.h"

/*
 * What the registers hold while the expressions of a rule are read one after the other: which
 * expression loaded the value, and what was done to it since.
 */
enum { LOAD_STEPS_MAX = 4, LOAD_WORDS = REGISTER_BYTES / 4 };

struct load {
	const struct expr *source; /* NULL: nothing known; a bitwise of two registers is one, too */
	const struct expr *steps[LOAD_STEPS_MAX]; /* bitwise, byteorder */
	unsigned n_steps;
};

struct load_registers {
	struct load words[LOAD_WORDS];
};

/* NULL when @reg is none or holds nothing that was loaded. */
const struct load *load_of(const struct load_registers *registers, int reg);

/*
 * Follows @expr if it fills a register (a load, a bitwise or byteorder step, an immediate value, a
 * map lookup) and returns true; false for expressions that do something else.
 */
bool load_follow(struct load_registers *registers, const struct expr *expr);

/* The register that a loading expression fills, REGISTER_NONE for others. */
int load_destination(const struct expr *expr);

#endif
