/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "tests/fuzz/mutate.h"

/*
 * Where an attribute is: in a message and in the attributes around it, outermost first. All numbers
 * are offsets; lengths are read from the bytes when they are needed.
 */
enum { DEPTH = 8 };

struct where {
	size_t message, attribute;
	size_t around[DEPTH];
	unsigned depth;
};

static uint16_t read16(const uint8_t *at)
{
	uint16_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

static uint32_t read32(const uint8_t *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

static void write16(uint8_t *at, size_t number)
{
	uint16_t half = (uint16_t)number;

	memcpy(at, &half, sizeof(half));
}

static void write32(uint8_t *at, size_t number)
{
	uint32_t whole = (uint32_t)number;

	memcpy(at, &whole, sizeof(whole));
}

static size_t aligned(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

/* sock_diag's only type is the number of RTM_NEWADDR: its attributes are not found. */
static size_t family_header(uint16_t type)
{
	switch (type) {
	case RTM_NEWLINK: return sizeof(struct ifinfomsg);
	case RTM_NEWADDR: return sizeof(struct ifaddrmsg);
	case RTM_NEWROUTE:
	case RTM_NEWRULE: return sizeof(struct rtmsg);
	case RTM_NEWNEIGH: return sizeof(struct ndmsg);
	default: return sizeof(struct nfgenmsg);
	}
}

/* The length of the attribute at @at if it lies whole before @end, else 0. */
static size_t attribute_length(const uint8_t *data, size_t at, size_t end)
{
	if (end < 4 || at > end - 4)
		return 0;
	size_t length = read16(data + at);
	return length >= 4 && length <= end - at ? length : 0;
}

/* The length of the message at @at if it is whole, else 0. */
static size_t message_length(const uint8_t *data, size_t at, size_t size)
{
	if (size < NLMSG_HDRLEN || at > size - NLMSG_HDRLEN)
		return 0;
	size_t length = read32(data + at);
	return length >= NLMSG_HDRLEN && length <= size - at ? length : 0;
}

/* Any attribute between @start and @end; false if there is none. */
static bool pick_attribute(const uint8_t *data, size_t start, size_t end, uint64_t *random,
			   size_t *ret_at)
{
	size_t length, seen = 0;

	for (size_t at = start; (length = attribute_length(data, at, end)); at += aligned(length))
		if (mutate_random(random) % ++seen == 0)
			*ret_at = at;
	return seen > 0;
}

/* Whether the payload can be read as attributes up to its end. */
static bool is_nest(const uint8_t *data, size_t at, size_t end)
{
	size_t length, from = at;

	while ((length = attribute_length(data, at, end)))
		at += aligned(length);
	return at > from && at >= end;
}

static bool pick_message(const uint8_t *data, size_t size, uint64_t *random, size_t *ret_at)
{
	size_t length, seen = 0;

	for (size_t at = 0; (length = message_length(data, at, size)); at += aligned(length))
		if (mutate_random(random) % ++seen == 0)
			*ret_at = at;
	return seen > 0;
}

static bool pick(const uint8_t *data, size_t size, uint64_t *random, struct where *ret)
{
	if (!pick_message(data, size, random, &ret->message))
		return false;
	size_t end = ret->message + message_length(data, ret->message, size);
	size_t start = ret->message + NLMSG_HDRLEN +
		       aligned(family_header(read16(data + ret->message + 4)));

	ret->depth = 0;
	if (!pick_attribute(data, start, end, random, &ret->attribute))
		return false;
	while (ret->depth < DEPTH && mutate_random(random) % 8) {
		end = ret->attribute + read16(data + ret->attribute);
		if (!is_nest(data, ret->attribute + 4, end))
			break;
		ret->around[ret->depth++] = ret->attribute;
		pick_attribute(data, ret->attribute + 4, end, random, &ret->attribute);
	}
	return true;
}

/* The attribute's bytes have become @change more (or fewer): so have all that hold it. */
static void adjust(uint8_t *data, const struct where *where, size_t change)
{
	for (unsigned i = 0; i < where->depth; i++)
		write16(data + where->around[i], read16(data + where->around[i]) + change);
	write32(data + where->message, read32(data + where->message) + change);
}

/* Replaces the attribute, with its padding, by @count bytes. */
static void put(uint8_t *data, size_t *size, size_t room, const struct where *where,
		const uint8_t *with, size_t count)
{
	size_t length = aligned(read16(data + where->attribute));

	if (length > *size - where->attribute)
		length = *size - where->attribute;
	if (mutate_replace(data, size, room, where->attribute, length, with, count))
		adjust(data, where, count - length);
}

/* The attribute as the only one in another of any type. */
static void nest(uint8_t *data, size_t *size, size_t room, const struct where *where,
		 uint64_t *random)
{
	uint8_t outer[4] = {0};
	struct where before = *where;
	size_t length = read16(data + where->attribute);

	write16(outer, length + 4);
	write16(outer + 2, (mutate_random(random) % 24) | NLA_F_NESTED);
	if (mutate_replace(data, size, room, where->attribute, 0, outer, 4))
		adjust(data, &before, 4);
}

static void change_payload(uint8_t *data, const struct where *where, uint64_t *random)
{
	size_t length = read16(data + where->attribute) - 4U;
	uint8_t *payload = data + where->attribute + 4;
	uint32_t number = mutate_likely(random);

	if (length == 0)
		return;
	if (mutate_random(random) & 1)
		number = __builtin_bswap32(number);
	if (length >= 4 && mutate_random(random) % 4)
		memcpy(payload + mutate_random(random) % (length / 4) * 4, &number, 4);
	else
		payload[mutate_random(random) % length] = (uint8_t)number;
}

/* One more, one less, or a whole message somewhere else. */
static void change_messages(uint8_t *data, size_t *size, size_t room, uint64_t *random)
{
	size_t from = 0, to = 0;

	pick_message(data, *size, random, &from);
	pick_message(data, *size, random, &to);
	size_t length = aligned(message_length(data, from, *size));
	if (length > *size - from)
		length = *size - from;
	if (mutate_random(random) & 1)
		mutate_replace(data, size, room, to, 0, data + from, length);
	else
		mutate_replace(data, size, room, from, length, NULL, 0);
}

static void copy_from_elsewhere(uint8_t *data, size_t *size, size_t room, const struct where *where,
				uint64_t *random)
{
	struct where other;

	if (!pick(data, *size, random, &other))
		return;
	size_t length = aligned(read16(data + other.attribute));
	if (length <= *size - other.attribute)
		put(data, size, room, where, data + other.attribute, length);
}

bool mutate_netlink(uint8_t *data, size_t *size, size_t room, uint64_t *random)
{
	struct where where;

	if (!pick(data, *size, random, &where))
		return false;
	uint8_t *at = data + where.attribute;
	size_t length = read16(at);

	switch (mutate_random(random) % 12) {
	case 0: write16(at, length + mutate_random(random) % 9 - 4); break;
	case 1: write16(at, mutate_likely(random)); break;
	case 2: write16(at + 2, mutate_random(random) % 32 | (read16(at + 2) & 0xc000U)); break;
	case 3:
		write16(at + 2, read16(at + 2) ^ (mutate_random(random) & 1 ? 0x8000U : 0x4000U));
		break;
	case 4: put(data, size, room, &where, NULL, 0); break;
	case 5: nest(data, size, room, &where, random); break;
	case 6: change_messages(data, size, room, random); break;
	case 7: copy_from_elsewhere(data, size, room, &where, random); break;
	case 8:
		if (mutate_replace(data, size, room, where.attribute, 0, at,
				   aligned(length) < *size - where.attribute
					   ? aligned(length)
					   : *size - where.attribute))
			adjust(data, &where, aligned(length));
		break;
	default: change_payload(data, &where, random); break;
	}
	return true;
}
