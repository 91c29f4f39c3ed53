/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/value.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "base/buffer.h"
#include "rules/host.h"
#include "rules/text/symbols.h"

bool type_is_bitmask(enum data_type type)
{
	return type == TYPE_TCP_FLAGS || type == TYPE_CT_STATE || type == TYPE_CT_STATUS ||
	       type == TYPE_CT_EVENT;
}

bool type_has_prefix(enum data_type type)
{
	return type == TYPE_IPADDR || type == TYPE_IP6ADDR || type == TYPE_MARK ||
	       type == TYPE_DEVGROUP || type == TYPE_REALM;
}

bool type_is_string(enum data_type type)
{
	return type == TYPE_IFNAME || type == TYPE_STRING;
}

struct value value_of(const struct value_type *type, struct bytes bytes)
{
	struct value value = {};

	value.length = bytes.length < VALUE_BYTES_MAX ? bytes.length : VALUE_BYTES_MAX;
	for (size_t i = 0; i < value.length; i++) {
		bool turn = type->host_order && !type_is_string(type->type) &&
			    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

		value.bytes[i] = bytes.data[turn ? value.length - 1 - i : i];
	}
	return type->shift ? value_shift_right(&value, type->shift) : value;
}

bool value_is_zero(const struct value *value)
{
	for (size_t i = 0; i < value->length; i++) {
		if (value->bytes[i])
			return false;
	}
	return true;
}

uint64_t value_number(const struct value *value)
{
	uint64_t number = 0;

	for (size_t i = value->length > 8 ? value->length - 8 : 0; i < value->length; i++)
		number = number << 8 | value->bytes[i];
	return number;
}

struct value value_shift_right(const struct value *value, unsigned bits)
{
	struct value shifted = {.length = value->length};

	for (size_t i = bits / 8; i < value->length; i++) {
		size_t from = i - bits / 8;

		shifted.bytes[i] = value->bytes[from] >> bits % 8;
		if (bits % 8 && from > 0)
			shifted.bytes[i] |= (uint8_t)(value->bytes[from - 1] << (8 - bits % 8));
	}
	return shifted;
}

static bool bit(const struct value *value, size_t i)
{
	return value->bytes[i / 8] & (0x80 >> i % 8);
}

int value_prefix(const struct value *mask)
{
	size_t bits = mask->length * 8, prefix = 0;

	while (prefix < bits && bit(mask, prefix))
		prefix++;
	for (size_t i = prefix; i < bits; i++) {
		if (bit(mask, i))
			return -1;
	}
	return (int)prefix;
}

int value_range_prefix(const struct value *from, const struct value *to)
{
	size_t bits = from->length * 8, prefix = 0;

	while (prefix < bits && bit(from, prefix) == bit(to, prefix))
		prefix++;
	for (size_t i = prefix; i < bits; i++) {
		if (bit(from, i) || !bit(to, i))
			return -1;
	}
	return (int)prefix;
}

static void address_value_text(struct buffer *out, int family, const struct value *value)
{
	struct address address = {.family = family};
	char text[ADDRESS_TEXT_SIZE];

	memcpy(address.bytes, value->bytes, address_length(&address));
	buffer_puts(out, address_format(&address, text));
}

static void lladdr_text(struct buffer *out, const struct value *value)
{
	for (size_t i = 0; i < value->length; i++)
		buffer_printf(out, "%s%02x", i ? ":" : "", value->bytes[i]);
}

static void string_text(struct buffer *out, const struct value *value)
{
	size_t length = strnlen((const char *)value->bytes, value->length);

	buffer_puts(out, "\"");
	buffer_add(out, value->bytes, length);
	/* A prefix is compared without the NUL behind it. */
	if (length == value->length && length > 0)
		buffer_puts(out, "*");
	else if (length > 0 && value->bytes[length - 1] == '*')
		out->data[out->length - 1] = '\\', buffer_puts(out, "*");
	buffer_puts(out, "\"");
}

static void integer_text(struct buffer *out, const struct value *value)
{
	size_t first = 0;

	while (first + 8 < value->length && !value->bytes[first])
		first++;
	if (value->length - first <= 8) {
		buffer_printf(out, "%" PRIu64, value_number(value));
		return;
	}
	buffer_puts(out, "0x");
	for (size_t i = first; i < value->length; i++)
		buffer_printf(out, "%02x", value->bytes[i]);
}

static void hexadecimal_text(struct buffer *out, const struct value *value)
{
	size_t first = 0;

	while (first + 1 < value->length && !value->bytes[first])
		first++;
	buffer_printf(out, "0x%x", value->bytes[first]);
	for (size_t i = first + 1; i < value->length; i++)
		buffer_printf(out, "%02x", value->bytes[i]);
}

void duration_text(struct buffer *out, uint64_t milliseconds)
{
	static const struct {
		uint64_t milliseconds;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (milliseconds >= units[i].milliseconds)
			buffer_printf(out, "%" PRIu64 "%s", milliseconds / units[i].milliseconds,
				      units[i].unit);
		milliseconds %= units[i].milliseconds;
	}
}

static void classid_text(struct buffer *out, uint32_t handle)
{
	if (handle == UINT32_MAX)
		buffer_puts(out, "root");
	else if (handle == 0)
		buffer_puts(out, "none");
	else if (handle >> 16 == 0)
		buffer_printf(out, ":%x", handle);
	else if ((handle & 0xffff) == 0)
		buffer_printf(out, "%x:", handle >> 16);
	else
		buffer_printf(out, "%x:%x", handle >> 16, handle & 0xffff);
}

static void date_text(struct buffer *out, uint64_t nanoseconds)
{
	time_t seconds = (time_t)(nanoseconds / 1000000000);
	struct tm broken;
	char text[32];

	/* UTC, as the kernel has it: the text must not depend on who reads it where. */
	gmtime_r(&seconds, &broken);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &broken);
	buffer_printf(out, "\"%s\"", text);
}

static void hour_text(struct buffer *out, uint64_t seconds)
{
	buffer_printf(out, "\"%02" PRIu64 ":%02" PRIu64, seconds / 3600, seconds / 60 % 60);
	if (seconds % 60)
		buffer_printf(out, ":%02" PRIu64, seconds % 60);
	buffer_puts(out, "\"");
}

void value_flags_text(struct buffer *out, enum data_type type, uint64_t bits, const char *separator)
{
	const char *between = "";

	if (!bits)
		buffer_puts(out, "0x0");
	for (unsigned i = 0; i < 64; i++) {
		const char *name;

		if (!(bits & UINT64_C(1) << i))
			continue;
		name = symbol_name(type, UINT64_C(1) << i);
		if (name)
			buffer_printf(out, "%s%s", between, name);
		else
			buffer_printf(out, "%s0x%" PRIx64, between, UINT64_C(1) << i);
		between = separator;
	}
}

/* A label is a bit by its number; the names of a host's connlabel.conf are not used. */
static void label_text(struct buffer *out, const struct value *value)
{
	struct value bit = *value;

	for (unsigned number = 0; number < value->length * 8; number++) {
		struct value rest = value_shift_right(value, number);

		if (!(rest.bytes[rest.length - 1] & 1))
			continue;
		bit.bytes[value->length - 1 - number / 8] &= (uint8_t) ~(1u << number % 8);
		if (value_is_zero(&bit))
			buffer_printf(out, "%u", number);
		else
			hexadecimal_text(out, value);
		return;
	}
	hexadecimal_text(out, value);
}

/* Interface 1 is lo in every namespace; other numbers only the host itself can name. */
static void interface_text(struct buffer *out, const struct host_state *host, uint64_t index)
{
	const char *name = index == 1 ? "lo" : NULL;

	for (size_t i = 0; host && i < host->n_links; i++) {
		if (host->links[i].index == index)
			name = host->links[i].name;
	}
	if (name)
		buffer_printf(out, "\"%s\"", name);
	else
		buffer_printf(out, "%" PRIu64, index);
}

static void plain_value_text(struct buffer *out, const struct host_state *host, enum data_type type,
			     const struct value *value)
{
	uint64_t number = value_number(value);

	switch (type) {
	case TYPE_NONE: hexadecimal_text(out, value); break;
	case TYPE_IPADDR: address_value_text(out, AF_INET, value); break;
	case TYPE_IP6ADDR: address_value_text(out, AF_INET6, value); break;
	case TYPE_LLADDR:
	case TYPE_ETHERADDR: lladdr_text(out, value); break;
	case TYPE_IFNAME:
	case TYPE_STRING: string_text(out, value); break;
	case TYPE_MARK: buffer_printf(out, "0x%08" PRIx64, number); break;
	case TYPE_ETHERTYPE: buffer_printf(out, "0x%04" PRIx64, number); break;
	case TYPE_DSCP: buffer_printf(out, "0x%02" PRIx64, number); break;
	case TYPE_TIME: duration_text(out, number); break;
	case TYPE_CLASSID: classid_text(out, (uint32_t)number); break;
	case TYPE_TIME_DATE: date_text(out, number); break;
	case TYPE_TIME_HOUR: hour_text(out, number); break;
	case TYPE_IFINDEX: interface_text(out, host, number); break;
	case TYPE_CT_LABEL: label_text(out, value); break;
	default: integer_text(out, value); break;
	}
}

void value_text(struct buffer *out, const struct host_state *host, enum data_type type,
		const struct value *value)
{
	uint64_t number = value_number(value);
	const char *name;

	if (type_is_bitmask(type)) {
		value_flags_text(out, type, number, " | ");
		return;
	}
	name = value->length <= 8 ? symbol_name(type, number) : NULL;
	if (name)
		buffer_puts(out, name);
	else
		plain_value_text(out, host, type, value);
}

/* Whole seconds are not told apart into hours and minutes there. */
static void range_end_text(struct buffer *out, const struct host_state *host, enum data_type type,
			   const struct value *value)
{
	uint64_t number = value_number(value);

	if (type == TYPE_TIME && number % 1000 == 0)
		buffer_printf(out, "%" PRIu64 "s", number / 1000);
	else
		plain_value_text(out, host, type, value);
}

void value_range_text(struct buffer *out, const struct host_state *host, enum data_type type,
		      const struct value *from, const struct value *to)
{
	range_end_text(out, host, type, from);
	buffer_puts(out, "-");
	range_end_text(out, host, type, to);
}
