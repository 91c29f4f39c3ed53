/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/registers.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "rules/read/newer.h"

static struct register_byte constant(uint8_t value)
{
	return (struct register_byte){.xor = value};
}

uint8_t register_byte_value(struct register_byte byte, field_value value)
{
	field_value bits = byte.place >= 0 ? value >> byte.place : value << -byte.place;

	return (uint8_t)(((uint8_t)bits & byte.mask) ^ byte.xor);
}

void registers_reset(struct registers *registers)
{
	for (size_t i = 0; i < REGISTER_BYTES; i++)
		registers->bytes[i] = (struct register_byte){SOURCE_UNKNOWN, 0, 0xff, 0};
	registers->why = "a register that was never loaded";
}

bool registers_inside(int reg, size_t length)
{
	return reg >= 0 && reg <= REGISTER_BYTES && length <= (size_t)(REGISTER_BYTES - reg);
}

static void pad(struct registers *registers, int reg, size_t length)
{
	for (size_t end = (size_t)reg + length; end % 4 && end < REGISTER_BYTES; end++)
		registers->bytes[end] = constant(0);
}

void registers_load_bytes(struct registers *registers, int reg, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	if (!registers_inside(reg, length))
		return;
	for (size_t i = 0; i < length; i++)
		registers->bytes[(size_t)reg + i] = constant(bytes[i]);
	pad(registers, reg, length);
}

void registers_load_number(struct registers *registers, int reg, uint64_t number, size_t length)
{
	uint32_t word = (uint32_t)number;
	uint16_t half = (uint16_t)number;
	uint8_t byte = (uint8_t)number;

	switch (length) {
	case 1: registers_load_bytes(registers, reg, &byte, 1); break;
	case 2: registers_load_bytes(registers, reg, &half, 2); break;
	case 4: registers_load_bytes(registers, reg, &word, 4); break;
	default: registers_load_bytes(registers, reg, &number, 8); break;
	}
}

void registers_load_unknown(struct registers *registers, int reg, size_t length, const char *why)
{
	if (!registers_inside(reg, length))
		return;
	for (size_t i = 0; i < length; i++)
		registers->bytes[(size_t)reg + i] =
			(struct register_byte){SOURCE_UNKNOWN, 0, 0xff, 0};
	registers->why = why;
	pad(registers, reg, length);
}

/* Where in the number the byte begins that lies @offset bytes into the field's memory. */
static unsigned place_of(enum field field, unsigned width, unsigned offset)
{
	bool little = field_host_order(field) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	return 8 * (little ? offset : width - 1 - offset);
}

void registers_load_field(struct registers *registers, const struct packet_class *class, int reg,
			  enum field field, unsigned width, unsigned offset, size_t length)
{
	field_value value;
	bool single = value_set_single(class->fields[field], &value);

	if (!registers_inside(reg, length))
		return;
	for (size_t i = 0; i < length; i++) {
		unsigned place = place_of(field, width, offset + (unsigned)i);

		registers->bytes[(size_t)reg + i] =
			single ? constant((uint8_t)(value >> place))
			       : (struct register_byte){(uint8_t)field, (int16_t)place, 0xff, 0};
	}
	pad(registers, reg, length);
}

static bool byte_constant(struct register_byte byte, const struct packet_class *class, uint8_t *ret)
{
	field_value value;

	if (byte.mask == 0) {
		*ret = byte.xor ;
		return true;
	}
	if (byte.source == SOURCE_UNKNOWN || !value_set_single(class->fields[byte.source], &value))
		return false;
	*ret = register_byte_value(byte, value);
	return true;
}

bool registers_constant(const struct registers *registers, const struct packet_class *class,
			int reg, size_t length, uint8_t *ret_bytes)
{
	if (!registers_inside(reg, length))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!byte_constant(registers->bytes[(size_t)reg + i], class, &ret_bytes[i]))
			return false;
	return true;
}

bool registers_whole_field(const struct registers *registers, int reg, size_t length,
			   enum field *ret_field)
{
	if (!registers_inside(reg, length) || length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		struct register_byte byte = registers->bytes[(size_t)reg + i];

		if (byte.source == SOURCE_UNKNOWN || byte.mask != 0xff || byte.xor != 0 ||
		    byte.source != registers->bytes[reg].source ||
		    byte.place != (int)(8 * (length - 1 - i)))
			return false;
	}
	*ret_field = registers->bytes[reg].source;
	return true;
}

/*
 * Swaps bytes within units of @size. On a big-endian host network order is host order and nothing
 * moves, except for 64 bits, which the kernel treats in the same way.
 */
void registers_byteorder(struct registers *registers, const struct expr *expr)
{
	size_t length = expr->byteorder.length, size = expr->byteorder.size;
	int from = expr->byteorder.sreg, to = expr->byteorder.dreg;
	struct register_byte bytes[REGISTER_BYTES];

	if (!registers_inside(from, length) || !registers_inside(to, length))
		return;
	if (size != 2 && size != 4 && size != 8) {
		registers_load_unknown(registers, to, length, "a byteorder expression");
		return;
	}
	length -=
		length % size; /* what is no whole unit is left as it was (nft_byteorder_eval()) */
	memcpy(bytes, registers->bytes + from, length * sizeof(*bytes));
	for (size_t i = 0; i < length; i++) {
		size_t unit = i - i % size;
		bool swap = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

		registers->bytes[(size_t)to + i] = bytes[swap ? unit + size - 1 - i % size : i];
	}
}

static uint8_t byte_at(struct bytes bytes, size_t i)
{
	return i < bytes.length ? bytes.data[i] : 0;
}

/* Bitwise expressions work on words; masks and values are padded with zeros. */
static size_t whole_words(size_t length)
{
	return (length + 3) / 4 * 4;
}

static struct register_byte masked(struct register_byte byte, uint8_t mask, uint8_t xor)
{
	byte.mask &= mask;
	byte.xor = (uint8_t)((byte.xor &mask) ^ xor);
	return byte;
}

static void mask_xor(struct registers *registers, const struct expr *expr)
{
	for (size_t i = 0; i < whole_words(expr->bitwise.length); i++)
		registers->bytes[(size_t)expr->bitwise.dreg + i] =
			masked(registers->bytes[(size_t)expr->bitwise.sreg + i],
			       byte_at(expr->bitwise.mask, i), byte_at(expr->bitwise.xor, i));
}

/*
 * The kernel shifts a row of 32-bit words, first word most significant, each word in host order,
 * by fewer than 32 bits.
 */
static void shift_constant(uint8_t *bytes, size_t length, uint32_t shift, bool left)
{
	uint32_t words[REGISTER_BYTES / 4] = {}, carry = 0;
	size_t n = length / 4;

	memcpy(words, bytes, n * 4);
	for (size_t k = 0; k < n; k++) {
		size_t i = left ? n - 1 - k : k;
		uint32_t word = words[i];

		words[i] = (left ? word << shift : word >> shift) | carry;
		carry = shift == 0 ? 0 : left ? word >> (32 - shift) : word << (32 - shift);
	}
	memcpy(bytes, words, n * 4);
}

/* Where the byte of significance @rank (0: least) of a row of @n words lies in memory. */
static size_t memory_place(size_t rank, size_t n)
{
	size_t word = n - 1 - rank / 4;
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	return word * 4 + (little ? rank % 4 : 3 - rank % 4);
}

/* Two halves of a byte that come from neighbours, each with zeros where the other has bits. */
static struct register_byte joined(struct register_byte a, struct register_byte b)
{
	struct register_byte byte = a.mask ? a : b;

	byte.xor = a.xor | b.xor ;
	byte.mask = a.mask | b.mask;
	if (a.mask && b.mask && (a.source != b.source || a.place != b.place))
		byte.source = SOURCE_UNKNOWN;
	return byte;
}

static struct register_byte moved_down(struct register_byte byte, unsigned bits)
{
	return (struct register_byte){byte.source, (int16_t)(byte.place + (int)bits),
				      (uint8_t)(byte.mask >> bits), (uint8_t)(byte.xor >> bits)};
}

static struct register_byte moved_up(struct register_byte byte, unsigned bits)
{
	return (struct register_byte){byte.source, (int16_t)(byte.place - (int)bits),
				      (uint8_t)(byte.mask << bits), (uint8_t)(byte.xor << bits)};
}

/* The byte of significance @rank of the row, zero outside of it. */
static struct register_byte ranked(const struct register_byte *row, size_t rank, size_t n)
{
	return rank < 4 * n ? row[memory_place(rank, n)] : constant(0);
}

static void shift_symbolic(struct registers *registers, const struct expr *expr, uint32_t by,
			   bool left)
{
	struct register_byte row[REGISTER_BYTES];
	size_t length = whole_words(expr->bitwise.length), n = length / 4, bytes = by / 8;
	unsigned bits = by % 8;

	memcpy(row, registers->bytes + expr->bitwise.sreg, length * sizeof(*row));
	for (size_t rank = 0; rank < length; rank++) {
		struct register_byte *to =
			&registers->bytes[(size_t)expr->bitwise.dreg + memory_place(rank, n)];

		if (bits == 0)
			*to = ranked(row, left ? rank - bytes : rank + bytes, n);
		else if (left)
			*to = joined(moved_up(ranked(row, rank - bytes, n), bits),
				     moved_down(ranked(row, rank - bytes - 1, n), 8 - bits));
		else
			*to = joined(moved_down(ranked(row, rank + bytes, n), bits),
				     moved_up(ranked(row, rank + bytes + 1, n), 8 - bits));
	}
}

static void shift(struct registers *registers, const struct packet_class *class,
		  const struct expr *expr)
{
	uint8_t bytes[REGISTER_BYTES];
	size_t length = whole_words(expr->bitwise.length);
	bool left = expr->bitwise.op == NFT_BITWISE_LSHIFT;
	uint32_t by = 32;

	if (expr->bitwise.shift.length == sizeof(by))
		memcpy(&by, expr->bitwise.shift.data, sizeof(by));
	if (by >= 32) {
		registers_load_unknown(registers, expr->bitwise.dreg, length, "a shift");
	} else if (registers_constant(registers, class, expr->bitwise.sreg, length, bytes)) {
		shift_constant(bytes, length, by, left);
		registers_load_bytes(registers, expr->bitwise.dreg, bytes, length);
	} else {
		shift_symbolic(registers, expr, by, left);
	}
}

/* Since Linux 6.13 both operands may be registers; here at least one must be known. */
static void two_operands(struct registers *registers, const struct packet_class *class,
			 const struct expr *expr)
{
	int a = expr->bitwise.sreg, b = expr->bitwise.sreg2;
	size_t length = expr->bitwise.length;
	uint8_t bytes[REGISTER_BYTES];

	if (!registers_inside(b, length))
		return;
	if (!registers_constant(registers, class, b, length, bytes)) {
		int swap = a;

		a = b;
		b = swap;
	}
	if (!registers_constant(registers, class, b, length, bytes)) {
		registers_load_unknown(registers, expr->bitwise.dreg, length,
				       "two values combined bit by bit");
		return;
	}
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = bytes[i];
		uint8_t mask = expr->bitwise.op == NEWER_BITWISE_AND  ? byte
			       : expr->bitwise.op == NEWER_BITWISE_OR ? (uint8_t)~byte
								      : 0xff;
		uint8_t xor = expr->bitwise.op == NEWER_BITWISE_AND ? 0 : byte;

		registers->bytes[(size_t)expr->bitwise.dreg + i] =
			masked(registers->bytes[(size_t)a + i], mask, xor);
	}
}

void registers_bitwise(struct registers *registers, const struct packet_class *class,
		       const struct expr *expr)
{
	size_t length = whole_words(expr->bitwise.length);

	if (!registers_inside(expr->bitwise.sreg, length) ||
	    !registers_inside(expr->bitwise.dreg, length))
		return;
	switch (expr->bitwise.op) {
	case NFT_BITWISE_BOOL: mask_xor(registers, expr); break;
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT: shift(registers, class, expr); break;
	case NEWER_BITWISE_AND:
	case NEWER_BITWISE_OR:
	case NEWER_BITWISE_XOR: two_operands(registers, class, expr); break;
	default:
		registers_load_unknown(registers, expr->bitwise.dreg, length,
				       "an unknown bitwise operation");
	}
}
