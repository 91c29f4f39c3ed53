/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_REGISTERS_H
#define RULES_EVAL_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/eval/packet_class.h"
#include "rules/ruleset.h"

struct arena;

/*
 * The data registers of nf_tables, symbolically: each byte is a constant, eight bits of a field with
 * mask and xor applied, or unknown. A byte whose mask is zero is the constant @xor, wherever it came
 * from. Registers are not carried from rule to rule (the kernel refuses rules that read what they
 * have not loaded), so a rule begins with all of them unknown.
 */
struct register_byte {
	uint8_t source; /* enum field, or SOURCE_UNKNOWN */
	int16_t place;  /* which bit of the field's number is the byte's lowest; shifts move it */
	uint8_t mask, xor;
};

enum { SOURCE_UNKNOWN = 255 };

struct registers {
	struct register_byte bytes[REGISTER_BYTES];
	const char *why; /* what the unknown bytes hang on */
};

/* What the byte is when its field has this value. */
uint8_t register_byte_value(struct register_byte byte, field_value value);

void registers_reset(struct registers *registers);

/* True if @length bytes at @reg are inside the file. All functions below ignore what is outside. */
bool registers_inside(int reg, size_t length);

/* Loads fill up the last word with zeros, as the kernel's do. */
void registers_load_bytes(struct registers *registers, int reg, const void *data, size_t length);
void registers_load_number(struct registers *registers, int reg, uint64_t number, size_t length);
void registers_load_unknown(struct registers *registers, int reg, size_t length, const char *why);
/*
 * @length bytes of the field as they lie in memory, from byte @offset on. A field of one value is
 * loaded as a constant.
 */
void registers_load_field(struct registers *registers, const struct packet_class *class, int reg,
			  enum field field, unsigned width, unsigned offset, size_t length);

/* Stores the bytes and returns true if the class leaves one value only. */
bool registers_constant(const struct registers *registers, const struct packet_class *class,
			int reg, size_t length, uint8_t *ret_bytes);

/* If the register is a whole field in memory order, untouched, returns true and names it. */
bool registers_whole_field(const struct registers *registers, int reg, size_t length,
			   enum field *ret_field);

void registers_byteorder(struct registers *registers, const struct expr *expr);
void registers_bitwise(struct registers *registers, const struct packet_class *class,
		       const struct expr *expr);

#endif
