/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/mutate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

uint64_t mutate_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

uint32_t mutate_likely(uint64_t *random)
{
	static const uint32_t likely[] = {
		0,      1,      2,       3,          4,          5,         7,    8,
		16,     17,     31,      32,         33,         64,        0x7f, 0x80,
		0xff,   0x100,  0x7fff,  0x8000,     4096,       6666,      8266, 18266,
		0xfffc, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
	uint64_t r = mutate_random(random);

	return likely[r % ARRAY_SIZE(likely)] + (r >> 32 & 7 ? 0 : 1);
}

bool mutate_replace(uint8_t *data, size_t *size, size_t room, size_t at, size_t length,
		    const uint8_t *with, size_t count)
{
	if (*size - length + count > room)
		return false;
	cleanup(free_pointer) uint8_t *copy = xmemdup(with, count);

	memmove(data + at + count, data + at + length, *size - at - length);
	if (count)
		memcpy(data + at, copy, count);
	*size = *size - length + count;
	return true;
}

/* A place in the input, and how many bytes from there on: few, mostly. */
static size_t place(size_t size, uint64_t *random, size_t *ret_length)
{
	uint64_t r = mutate_random(random);
	size_t at = (r >> 16) % size;

	if (r & 1)
		at &= ~(size_t)3; /* where lengths and types are */
	size_t most = r & 6 ? 32 : size;
	*ret_length = 1 + mutate_random(random) % most;
	if (*ret_length > size - at)
		*ret_length = size - at;
	return at;
}

static void put_number(uint8_t *data, size_t size, uint64_t *random)
{
	uint32_t number = mutate_likely(random);
	uint64_t r = mutate_random(random);
	size_t width = (size_t)1 << r % 3;

	if (size < width)
		return;
	size_t at = (r >> 8) % (size - width + 1);
	if (r & 1 << 7)
		at &= ~(width - 1);
	uint16_t half = r & 1 << 6 ? (uint16_t)number : htons((uint16_t)number);
	if (r & 1 << 6)
		number = htonl(number);
	if (width == 1)
		data[at] = (uint8_t)number;
	else
		memcpy(data + at, width == 2 ? (void *)&half : (void *)&number, width);
}

/* In text, a number or a character that has a meaning there. */
static void put_word(uint8_t *data, size_t *size, size_t room, uint64_t *random)
{
	static const char *const words[] = {"0",          "-1",
					    "4294967296", "18446744073709551616",
					    "65536",      "99999999999999999999999",
					    "=",          "\"",
					    "\\",         "\n",
					    " ",          "<",
					    "/>",         ":",
					    "#",          "\xc3\xa9",
					    "{",          "}",
					    "OK",         "[",
					    "null",       "AUTH ",
					    "ERR: ",      "0x"};
	const char *word = words[mutate_random(random) % ARRAY_SIZE(words)];
	size_t length, at = place(*size, random, &length);

	mutate_replace(data, size, room, at, mutate_random(random) & 1 ? length : 0,
		       (const uint8_t *)word, strlen(word));
}

static void splice(uint8_t *data, size_t *size, size_t room, const uint8_t *other,
		   size_t other_size, uint64_t *random)
{
	size_t length, taken, at = place(*size, random, &length);
	size_t from = place(other_size, random, &taken);
	uint64_t r = mutate_random(random);

	/* The end of the other one, or some of it in place of some of this one. */
	if (r & 3)
		mutate_replace(data, size, room, at, r & 4 ? length : 0, other + from, taken);
	else
		mutate_replace(data, size, room, at, *size - at, other + from, other_size - from);
}

static void change(uint8_t *data, size_t *size, size_t room, const uint8_t *other,
		   size_t other_size, uint64_t *random)
{
	size_t length, at = place(*size, random, &length);

	/* What is netlink stays that mostly: a dump with one bad message is refused as a whole. */
	if (mutate_random(random) % 8 && mutate_netlink(data, size, room, random))
		return;
	switch (mutate_random(random) % 16) {
	case 0: data[at] ^= (uint8_t)(1 << mutate_random(random) % 8); break;
	case 1: data[at] = (uint8_t)mutate_random(random); break;
	case 2:
	case 3: put_number(data, *size, random); break;
	case 4: mutate_replace(data, size, room, at, length, NULL, 0); break;
	case 5: mutate_replace(data, size, room, at, 0, data + at, length); break;
	case 6: put_word(data, size, room, random); break;
	case 7:
		if (mutate_random(random) % 4 == 0)
			*size = at;
		break;
	case 8:
		if (other_size)
			splice(data, size, room, other, other_size, random);
		break;
	default: put_number(data, *size, random); break;
	}
}

size_t mutate_bytes(uint8_t *data, size_t size, size_t room, const uint8_t *other,
		    size_t other_size, uint64_t *random)
{
	size_t changes = 1 + mutate_random(random) % 4;

	for (size_t i = 0; size && i < changes; i++)
		change(data, &size, room, other, other_size, random);
	if (!size && room)
		data[size++] = (uint8_t)mutate_random(random);
	return size;
}

__attribute__((weak)) size_t mutate_input(uint8_t *data, size_t size, size_t room,
					  const uint8_t *other, size_t other_size, uint64_t *random)
{
	return mutate_bytes(data, size, room, other, other_size, random);
}
