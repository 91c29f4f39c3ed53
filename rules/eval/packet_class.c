/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/packet_class.h"

enum { WIDTH_OF_ADDRESS = 0 };

static const struct {
	unsigned char width;
	bool host_order;
	const char *name;
} fields[FIELDS] = {
	[FIELD_DEVICE_ADDRESS] = {WIDTH_OF_ADDRESS, false, "the device's address"},
	[FIELD_HOST_PORT] = {2, false, "the host port"},
	[FIELD_HOST_ADDRESS] = {WIDTH_OF_ADDRESS, false, "the host's address"},
	[FIELD_DEVICE_PORT] = {2, false, "the device's source port"},
	[FIELD_HOST_UDP_PORT] = {2, false, "the source port of the invitation"},
	[FIELD_OTA_PORT] = {2, false, "the device's OTA port"},
	[FIELD_NEW_SOURCE] = {WIDTH_OF_ADDRESS, false, "the translated source address"},
	[FIELD_NEW_DEST] = {WIDTH_OF_ADDRESS, false, "the translated destination address"},
	[FIELD_NEW_SOURCE_PORT] = {2, false, "the translated source port"},
	[FIELD_NEW_DEST_PORT] = {2, false, "the translated destination port"},
	[FIELD_DEST_MAC] = {6, false, "the destination MAC address"},
	[FIELD_SOURCE_MAC] = {6, false, "the source MAC address"},
	[FIELD_ETHERTYPE] = {2, false, "the Ethernet type"},
	[FIELD_VERSION] = {0, false, "the traffic class or flow label"},
	[FIELD_TOS] = {1, false, "the packet's TOS"},
	[FIELD_LENGTH] = {2, false, "the packet's length"},
	[FIELD_ID] = {2, false, "the packet's IP id"},
	[FIELD_FRAGMENT] = {2, false, "the packet's don't-fragment bit"},
	[FIELD_TTL] = {1, false, "the packet's TTL"},
	[FIELD_PROTOCOL] = {1, false, "the protocol"},
	[FIELD_IP_CHECKSUM] = {2, false, "the IP checksum"},
	[FIELD_SEQUENCE] = {4, false, "the TCP sequence number"},
	[FIELD_ACKNOWLEDGEMENT] = {4, false, "the TCP acknowledgement number"},
	[FIELD_DATA_OFFSET] = {1, false, "the length of the TCP options"},
	[FIELD_TCP_FLAGS] = {1, false, "the TCP flags"},
	[FIELD_WINDOW] = {2, false, "the TCP window"},
	[FIELD_CHECKSUM] = {2, false, "the checksum"},
	[FIELD_URGENT] = {2, false, "the TCP urgent pointer"},
	[FIELD_UDP_LENGTH] = {2, false, "the UDP length"},
	[FIELD_SKB_LENGTH] = {4, true, "the packet's length"},
	[FIELD_MARK] = {4, true, "the packet mark"},
	[FIELD_PRIORITY] = {4, true, "the packet's priority"},
	[FIELD_PACKET_TYPE] = {1, true, "the packet type"},
	[FIELD_CT_STATE] = {4, true, "the connection's state"},
	[FIELD_CT_STATUS] = {4, true, "the connection's status"},
	[FIELD_CT_MARK] = {4, true, "the connection mark"},
	[FIELD_CT_ZONE] = {2, true, "the conntrack zone"},
	[FIELD_NUMBER] = {4, true, "a generated number"},
};

unsigned field_width(enum field field, bool ipv6)
{
	if (field == FIELD_VERSION)
		return ipv6 ? 4 : 1;
	if (fields[field].width == WIDTH_OF_ADDRESS)
		return ipv6 ? 16 : 4;
	return fields[field].width;
}

bool field_host_order(enum field field)
{
	return fields[field].host_order;
}

const char *field_name(enum field field)
{
	return fields[field].name;
}

bool class_equal(const struct packet_class *a, const struct packet_class *b)
{
	for (int i = 0; i < FIELDS; i++)
		if (!value_set_equal(a->fields[i], b->fields[i]))
			return false;
	return true;
}

bool class_overlaps(struct arena *arena, const struct packet_class *a, const struct packet_class *b)
{
	for (int i = 0; i < FIELDS; i++)
		if (!value_set_equal(a->fields[i], b->fields[i]) &&
		    value_set_empty(value_set_intersect(arena, a->fields[i], b->fields[i])))
			return false;
	return true;
}

bool class_unite(struct arena *arena, const struct packet_class *a, const struct packet_class *b,
		 struct packet_class *ret)
{
	int differing = -1;

	for (int i = 0; i < FIELDS; i++) {
		if (value_set_equal(a->fields[i], b->fields[i]))
			continue;
		if (differing >= 0)
			return false;
		differing = i;
	}
	if (ret != a)
		*ret = *a;
	if (differing >= 0)
		ret->fields[differing] =
			value_set_unite(arena, a->fields[differing], b->fields[differing]);
	return true;
}

size_t class_cut(struct arena *arena, const struct packet_class *class,
		 const struct constraint *constraints, size_t count, struct packet_class *ret_rest)
{
	struct packet_class inside = *class;
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		enum field field = constraints[i].field;
		struct value_set outside =
			value_set_subtract(arena, inside.fields[field], constraints[i].values);

		if (!value_set_empty(outside)) {
			ret_rest[n] = inside;
			ret_rest[n++].fields[field] = outside;
		}
		inside.fields[field] = constraints[i].values;
	}
	return n;
}
