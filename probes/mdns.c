/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/mdns.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/cleanup.h"

/* What a neighbour who floods us can make us remember. */
enum { RECORDS_MAX = 1024 };
enum { QUESTION_TAIL = 4, SRV_FIXED = 6, CLASS_MASK = 0x7fff };

/* A question is a name, a type and a class; the class's top bit would ask for a unicast answer. */
static size_t put_question(const struct mdns_question *question, uint8_t *at, size_t room)
{
	int length;

	if (room < QUESTION_TAIL)
		return 0;
	length = dn_comp(question->name, at, room - QUESTION_TAIL, NULL, NULL);
	if (length <= 0)
		return 0;
	ns_put16(question->type, at + length);
	ns_put16(ns_c_in, at + length + 2);
	return length + QUESTION_TAIL;
}

size_t mdns_query_build(const struct mdns_question *questions, size_t count, uint8_t *buffer,
			size_t size)
{
	size_t length = NS_HFIXEDSZ;

	if (size < NS_HFIXEDSZ || count == 0 || count > UINT16_MAX)
		return 0;
	/* Identifier and flags are zero in a multicast query (RFC 6762, 18). */
	memset(buffer, 0, NS_HFIXEDSZ);
	ns_put16(count, buffer + 4);
	for (size_t i = 0; i < count; i++) {
		size_t used = put_question(&questions[i], buffer + length, size - length);

		if (used == 0)
			return 0;
		length += used;
	}
	return length;
}

static bool take_address(const ns_rr *rr, int family, struct address *ret)
{
	*ret = (struct address){.family = family};
	if (ns_rr_rdlen(*rr) != address_length(ret))
		return false;
	memcpy(ret->bytes, ns_rr_rdata(*rr), ns_rr_rdlen(*rr));
	return true;
}

/* The name must end where the record's data ends, wherever compression takes its tail from. */
static bool take_name(const ns_msg *message, const ns_rr *rr, size_t offset, char *name)
{
	const uint8_t *data = ns_rr_rdata(*rr) + offset;
	int used;

	if (ns_rr_rdlen(*rr) <= offset)
		return false;
	used = dn_expand(ns_msg_base(*message), ns_msg_end(*message), data, name, MDNS_NAME_SIZE);
	return used > 0 && (size_t)used == ns_rr_rdlen(*rr) - offset;
}

/* The value of "key=value" in one string of a TXT record; keys have no case (RFC 6763, 6.4). */
static const char *text_value(const char *text, size_t length, const char *key, size_t *ret_length)
{
	size_t size = strlen(key);

	if (length <= size || text[size] != '=' || strncasecmp(text, key, size) != 0)
		return NULL;
	*ret_length = length - size - 1;
	return text + size + 1;
}

static void take_string(const char *text, size_t length, struct mdns_record *ret)
{
	size_t size = 0;
	const char *value = text_value(text, length, "auth_upload", &size);

	if (value)
		ret->auth_upload = size == 3 && strncasecmp(value, "yes", 3) == 0;
	value = text_value(text, length, "board", &size);
	if (!value)
		return;
	if (size >= sizeof(ret->board))
		size = sizeof(ret->board) - 1;
	for (size_t i = 0; i < size; i++)
		ret->board[i] = value[i] >= ' ' && value[i] <= '~' ? value[i] : '?';
	ret->board[size] = '\0';
}

static bool take_text(const ns_rr *rr, struct mdns_record *ret)
{
	const uint8_t *data = ns_rr_rdata(*rr), *end = data + ns_rr_rdlen(*rr);

	while (data < end && *data < end - data) {
		take_string((const char *)data + 1, *data, ret);
		data += 1 + *data;
	}
	return data == end;
}

static bool take_service(const ns_msg *message, const ns_rr *rr, struct mdns_record *ret)
{
	if (!take_name(message, rr, SRV_FIXED, ret->target))
		return false;
	ret->port = ns_get16(ns_rr_rdata(*rr) + 4);
	return true;
}

static bool take_record(const ns_msg *message, const ns_rr *rr, struct mdns_record *ret)
{
	/* The top bit of the class says that older records are void (RFC 6762, 10.2). */
	if ((ns_rr_class(*rr) & CLASS_MASK) != ns_c_in)
		return false;
	if (strlen(ns_rr_name(*rr)) >= sizeof(ret->name))
		return false;
	*ret = (struct mdns_record){
		.type = (enum mdns_type)ns_rr_type(*rr), .ttl = ns_rr_ttl(*rr), .auth_upload = -1};
	strcpy(ret->name, ns_rr_name(*rr));
	switch (ret->type) {
	case MDNS_A: return take_address(rr, AF_INET, &ret->address);
	case MDNS_AAAA: return take_address(rr, AF_INET6, &ret->address);
	case MDNS_PTR: return take_name(message, rr, 0, ret->target);
	case MDNS_SRV: return take_service(message, rr, ret);
	case MDNS_TXT: return take_text(rr, ret);
	}
	return false;
}

static bool is_same(const struct mdns_record *a, const struct mdns_record *b)
{
	return a->type == b->type && a->ifindex == b->ifindex &&
	       mdns_name_equal(a->name, b->name) && mdns_name_equal(a->target, b->target) &&
	       address_equal(&a->address, &b->address);
}

/* The newest word on a thing replaces what was said before. */
static void remember(struct mdns_record_list *list, const struct mdns_record *record)
{
	for (size_t i = 0; i < list->count; i++) {
		if (is_same(&list->items[i], record)) {
			list->items[i] = *record;
			return;
		}
	}
	if (list->count >= RECORDS_MAX)
		return;
	list->items = xgrow(list->items, list->count, &list->allocated, sizeof(*list->items));
	list->items[list->count++] = *record;
}

size_t mdns_answer_parse(const uint8_t *data, size_t length, uint32_t ifindex,
			 struct mdns_record_list *list)
{
	static const ns_sect sections[] = {ns_s_an, ns_s_ns, ns_s_ar};
	struct mdns_record record;
	size_t found = 0;
	ns_msg message;
	ns_rr rr;

	if (length > MDNS_PACKET_SIZE || ns_initparse(data, length, &message) < 0)
		return 0;
	if (!ns_msg_getflag(message, ns_f_qr) ||
	    ns_msg_getflag(message, ns_f_rcode) != ns_r_noerror)
		return 0;
	for (size_t s = 0; s < ARRAY_SIZE(sections); s++) {
		for (int i = 0; i < ns_msg_count(message, sections[s]); i++) {
			if (ns_parserr(&message, sections[s], i, &rr) < 0)
				break;
			if (!take_record(&message, &rr, &record))
				continue;
			record.ifindex = ifindex;
			remember(list, &record);
			found++;
		}
	}
	return found;
}

void mdns_record_release(struct mdns_record_list *list)
{
	free(list->items);
	*list = (struct mdns_record_list){0};
}

static size_t name_length(const char *name)
{
	size_t length = strlen(name);

	return length && name[length - 1] == '.' ? length - 1 : length;
}

bool mdns_name_equal(const char *a, const char *b)
{
	size_t length = name_length(a);

	return length == name_length(b) && strncasecmp(a, b, length) == 0;
}

const struct mdns_record *mdns_find(const struct mdns_record_list *list, enum mdns_type type,
				    const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct mdns_record *record = &list->items[i];

		/* A time to live of 0 takes the record back (RFC 6762, 10.1). */
		if (record->type == type && record->ttl > 0 && mdns_name_equal(record->name, name))
			return record;
	}
	return NULL;
}
