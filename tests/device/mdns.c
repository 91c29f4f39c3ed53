/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/mdns.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define SERVICE_TYPE "_arduino._tcp.local"
#define ALL_SERVICES "_services._dns-sd._udp.local"

enum {
	TOP_BIT = 0x8000, /* cache flush in an answer, QU in a question */
	FLAGS_ANSWER = 0x8400,
	TTL_HOST = 120,
	TTL_SHARED = 4500,
	TTL_LEGACY = 10,
	NAME_POINTERS = 32,
};

/* A message that grows; @failed once something did not fit. */
struct writer {
	uint8_t *start, *at, *end;
	const uint8_t
		*names[NAME_POINTERS]; /* for dn_comp(): those that later names may point to */
	bool failed, legacy;
};

struct record {
	const char *owner;
	uint16_t type;
	bool shared; /* others may hold one of this name, too */
	uint32_t ttl;
};

static void put_16(struct writer *writer, unsigned value)
{
	if (writer->end - writer->at < 2)
		writer->failed = true;
	else
		NS_PUT16(value, writer->at);
}

static void put_32(struct writer *writer, uint32_t value)
{
	put_16(writer, value >> 16);
	put_16(writer, value & 0xffff);
}

static void put_bytes(struct writer *writer, const void *data, size_t length)
{
	if ((size_t)(writer->end - writer->at) < length) {
		writer->failed = true;
		return;
	}
	memcpy(writer->at, data, length);
	writer->at += length;
}

static void put_name(struct writer *writer, const char *name)
{
	int length = dn_comp(name, writer->at, (int)(writer->end - writer->at),
			     (unsigned char **)writer->names,
			     (unsigned char **)writer->names + NAME_POINTERS);

	if (length < 0)
		writer->failed = true;
	else
		writer->at += length;
}

/* Starts a record; its data follow, then end_record(). */
static uint8_t *begin_record(struct writer *writer, const struct record *record)
{
	unsigned flush = writer->legacy || record->shared ? 0 : TOP_BIT;
	uint32_t ttl = writer->legacy && record->ttl > TTL_LEGACY ? TTL_LEGACY : record->ttl;

	put_name(writer, record->owner);
	put_16(writer, record->type);
	put_16(writer, ns_c_in | flush);
	put_32(writer, ttl);
	put_16(writer, 0);
	return writer->at;
}

static void end_record(struct writer *writer, uint8_t *data)
{
	if (!writer->failed)
		ns_put16((unsigned)(writer->at - data), data - 2);
}

static void put_pointer(struct writer *writer, const char *owner, const char *target)
{
	struct record record = {owner, ns_t_ptr, true, TTL_SHARED};
	uint8_t *data = begin_record(writer, &record);

	put_name(writer, target);
	end_record(writer, data);
}

static void put_address(struct writer *writer, const char *owner, struct in_addr address)
{
	struct record record = {owner, ns_t_a, false, TTL_HOST};
	uint8_t *data = begin_record(writer, &record);

	put_bytes(writer, &address, sizeof(address));
	end_record(writer, data);
}

static void put_service(struct writer *writer, const char *owner, const char *host, uint16_t port)
{
	struct record record = {owner, ns_t_srv, false, TTL_HOST};
	uint8_t *data = begin_record(writer, &record);

	put_32(writer, 0);
	put_16(writer, port);
	put_name(writer, host);
	end_record(writer, data);
}

static void put_string(struct writer *writer, const char *key, const char *value)
{
	char text[256];
	int length = snprintf(text + 1, sizeof(text) - 1, "%s=%s", key, value);

	if (length > 254)
		length = 254;
	text[0] = (char)length;
	put_bytes(writer, text, (size_t)length + 1);
}

static void put_text(struct writer *writer, const char *owner, const struct mdns_service *service)
{
	struct record record = {owner, ns_t_txt, false, TTL_SHARED};
	uint8_t *data = begin_record(writer, &record);

	put_string(writer, "board", service->board);
	put_string(writer, "tcp_check", "no");
	put_string(writer, "ssh_upload", "no");
	put_string(writer, "auth_upload", service->auth ? "yes" : "no");
	end_record(writer, data);
}

/* What was asked for; each record is sent once, however often it was asked. */
struct wanted {
	bool pointer, service, text, address, enumeration;
};

struct names {
	char host[80], instance[96];
};

static struct names names_of(const struct mdns_service *service)
{
	struct names names;

	snprintf(names.host, sizeof(names.host), "%.63s.local", service->name);
	snprintf(names.instance, sizeof(names.instance), "%.63s." SERVICE_TYPE, service->name);
	return names;
}

static bool asks(const ns_rr *question, const char *name, int type)
{
	int asked = ns_rr_type(*question);

	return strcasecmp(ns_rr_name(*question), name) == 0 && (asked == type || asked == ns_t_any);
}

static void want(struct wanted *wanted, const ns_rr *question, const struct names *names)
{
	wanted->pointer |= asks(question, SERVICE_TYPE, ns_t_ptr);
	wanted->enumeration |= asks(question, ALL_SERVICES, ns_t_ptr);
	wanted->service |= asks(question, names->instance, ns_t_srv);
	wanted->text |= asks(question, names->instance, ns_t_txt);
	wanted->address |= asks(question, names->host, ns_t_a);
}

static bool parse_query(const uint8_t *query, size_t length, ns_msg *ret_message)
{
	return ns_initparse(query, (int)length, ret_message) == 0 &&
	       ns_msg_getflag(*ret_message, ns_f_qr) == 0 &&
	       ns_msg_getflag(*ret_message, ns_f_opcode) == ns_o_query;
}

static struct wanted read_questions(const ns_msg *message, const struct names *names)
{
	struct wanted wanted = {0};
	ns_msg copy = *message;

	for (int i = 0; i < ns_msg_count(*message, ns_s_qd); i++) {
		ns_rr question;

		if (ns_parserr(&copy, ns_s_qd, i, &question) < 0)
			break;
		want(&wanted, &question, names);
	}
	return wanted;
}

static unsigned repeat_questions(struct writer *writer, const ns_msg *message)
{
	ns_msg copy = *message;
	unsigned count = 0;

	for (int i = 0; i < ns_msg_count(*message, ns_s_qd); i++) {
		ns_rr question;

		if (ns_parserr(&copy, ns_s_qd, i, &question) < 0)
			break;
		put_name(writer, ns_rr_name(question));
		put_16(writer, ns_rr_type(question));
		put_16(writer, ns_c_in);
		count++;
	}
	return count;
}

/* Returns how many. */
static unsigned put_answers(struct writer *writer, const struct wanted *wanted,
			    const struct mdns_service *service, const struct names *names,
			    struct in_addr address)
{
	if (wanted->enumeration)
		put_pointer(writer, ALL_SERVICES, SERVICE_TYPE);
	if (wanted->pointer)
		put_pointer(writer, SERVICE_TYPE, names->instance);
	if (wanted->service)
		put_service(writer, names->instance, names->host, service->port);
	if (wanted->text)
		put_text(writer, names->instance, service);
	if (wanted->address)
		put_address(writer, names->host, address);
	return wanted->enumeration + wanted->pointer + wanted->service + wanted->text +
	       wanted->address;
}

/* What the asker will want next (RFC 6763, 12). */
static struct wanted follow_up(const struct wanted *wanted)
{
	bool service = wanted->pointer && !wanted->service;

	return (struct wanted){
		.service = service,
		.text = wanted->pointer && !wanted->text,
		.address = (wanted->pointer || wanted->service) && !wanted->address,
	};
}

size_t mdns_answer(const struct mdns_service *service, struct in_addr address, bool legacy,
		   const uint8_t *query, size_t length, uint8_t answer[static MDNS_MESSAGE_SIZE])
{
	struct writer writer = {
		.start = answer,
		.at = answer + NS_HFIXEDSZ,
		.end = answer + MDNS_MESSAGE_SIZE,
		.names = {answer},
		.legacy = legacy,
	};
	struct names names = names_of(service);
	unsigned questions = 0, answers, additional;
	struct wanted wanted, more;
	ns_msg message;

	if (!parse_query(query, length, &message))
		return 0;
	wanted = read_questions(&message, &names);
	more = follow_up(&wanted);
	memset(answer, 0, NS_HFIXEDSZ);
	if (legacy)
		questions = repeat_questions(&writer, &message);
	answers = put_answers(&writer, &wanted, service, &names, address);
	additional = put_answers(&writer, &more, service, &names, address);
	if (answers == 0 || writer.failed)
		return 0;
	ns_put16(legacy ? ns_msg_id(message) : 0, answer);
	ns_put16(FLAGS_ANSWER, answer + 2);
	ns_put16(questions, answer + 4);
	ns_put16(answers, answer + 6);
	ns_put16(additional, answer + 10);
	return (size_t)(writer.at - answer);
}

bool mdns_wants_unicast(const uint8_t *query, size_t length)
{
	ns_msg message;
	ns_rr question;

	if (!parse_query(query, length, &message) || ns_msg_count(message, ns_s_qd) == 0)
		return false;
	for (int i = 0; i < ns_msg_count(message, ns_s_qd); i++)
		if (ns_parserr(&message, ns_s_qd, i, &question) < 0 ||
		    !(question.rr_class & TOP_BIT))
			return false;
	return true;
}
