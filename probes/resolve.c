/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "probes/deadline.h"
#include "probes/mdns_query.h"
#include "probes/resolve_system.h"
#include "record/journal.h"

bool resolve_is_local_name(const char *name)
{
	static const char suffix[] = ".local";
	size_t length = strlen(name), size = sizeof(suffix) - 1;

	if (length && name[length - 1] == '.')
		length--;
	return length > size && strncasecmp(name + length - size, suffix, size) == 0;
}

/*
 * inet_aton() takes "192.168.1" for 192.168.0.1: such a name is a typing mistake, and not to be
 * resolved to a stranger.
 */
static bool is_broken_address(const char *name)
{
	return name[strspn(name, "0123456789.")] == '\0';
}

static bool has_address(const struct mdns_record_list *records, const void *name)
{
	return mdns_find(records, MDNS_A, name) != NULL;
}

/* The port of the OTA service of the host @name, if its announcement came along with the address. */
static uint16_t announced_port(const struct mdns_record_list *records, const char *name)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct mdns_record *pointer = &records->items[i];
		const struct mdns_record *service;

		if (pointer->type != MDNS_PTR || !mdns_name_equal(pointer->name, MDNS_OTA_SERVICE))
			continue;
		service = mdns_find(records, MDNS_SRV, pointer->target);
		if (service && mdns_name_equal(service->target, name))
			return service->port;
	}
	return 0;
}

static void add_address(struct resolved *ret, const struct address *address)
{
	if (address->family != AF_INET || ret->count == RESOLVE_ADDRESSES)
		return;
	for (size_t i = 0; i < ret->count; i++) {
		if (address_equal(&ret->addresses[i], address))
			return;
	}
	ret->addresses[ret->count++] = *address;
}

static void take_records(const struct mdns_record_list *records, const char *name,
			 struct resolved *ret)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct mdns_record *record = &records->items[i];

		if (record->type == MDNS_A && record->ttl > 0 &&
		    mdns_name_equal(record->name, name))
			add_address(ret, &record->address);
	}
	ret->source = RESOLVE_MDNS;
	ret->ota_port = announced_port(records, name);
	ret->only_ipv6 = ret->count == 0 && mdns_find(records, MDNS_AAAA, name) != NULL;
}

static int ask_mdns(const char *name, const struct link_list *links, unsigned timeout_ms,
		    struct resolved *ret, struct error *err)
{
	const struct mdns_question questions[] = {
		{name, MDNS_A}, {name, MDNS_AAAA}, {MDNS_OTA_SERVICE, MDNS_PTR}};
	cleanup(mdns_record_release) struct mdns_record_list records = {0};
	struct mdns_outcome outcome;
	int status = mdns_query(links, questions, ARRAY_SIZE(questions), timeout_ms, has_address,
				name, &records, &outcome, err);

	ret->interfaces = outcome.interfaces;
	ret->mdns_send_errnum = outcome.send_errnum;
	take_records(&records, name, ret);
	return status;
}

static void take_answer(const struct system_answer *answer, struct resolved *ret)
{
	for (size_t i = 0; i < answer->count; i++)
		add_address(ret, &answer->addresses[i]);
	ret->source = RESOLVE_SYSTEM;
	ret->only_ipv6 = ret->count == 0 && (ret->only_ipv6 || answer->count > 0);
}

static int explain(const char *name, const struct resolved *resolved,
		   const struct system_answer *answer, unsigned timeout_ms, struct error *err)
{
	cleanup(buffer_release) struct buffer tried = {0};
	int errnum = resolved->timed_out ? ETIMEDOUT : ENOENT;

	if (resolved->interfaces)
		buffer_printf(&tried, "multicast DNS on %u interface%s, then ",
			      resolved->interfaces, resolved->interfaces == 1 ? "" : "s");
	buffer_puts(&tried, "the system's resolver");
	if (resolved->only_ipv6)
		return error_set(err, ENOENT, "%s has only IPv6 addresses (asked %s)", name,
				 buffer_text(&tried));
	if (resolved->timed_out)
		return error_set(err, errnum, "no answer for %s within %u ms (asked %s)", name,
				 timeout_ms, buffer_text(&tried));
	return error_set(err, errnum, "%s does not resolve (asked %s: %s)", name,
			 buffer_text(&tried),
			 answer->gai ? gai_strerror(answer->gai) : "no IPv4 address");
}

static int ask_system(const char *name, int64_t deadline, unsigned timeout_ms, struct resolved *ret,
		      struct error *err)
{
	struct system_answer answer = {0};
	int status = resolve_system(name, deadline, &answer, err);

	if (status < 0 && status != -ETIMEDOUT)
		return status;
	ret->timed_out = status == -ETIMEDOUT;
	take_answer(&answer, ret);
	return ret->count ? 0 : explain(name, ret, &answer, timeout_ms, err);
}

static int ask(const char *name, const struct link_list *links, unsigned timeout_ms,
	       struct resolved *ret, struct error *err)
{
	int64_t deadline = deadline_after(timeout_ms);
	struct address numeric;
	int status;

	*ret = (struct resolved){.source = RESOLVE_NUMERIC};
	if (address_parse(name, &numeric)) {
		add_address(ret, &numeric);
		ret->only_ipv6 = numeric.family == AF_INET6;
		return ret->count ? 0 : error_set(err, ENOENT, "%s is an IPv6 address", name);
	}
	if (is_broken_address(name))
		return error_set(err, EINVAL, "\"%s\" is neither an IPv4 address nor a name", name);
	if (resolve_is_local_name(name)) {
		status = ask_mdns(name, links, timeout_ms / 2, ret, err);
		if (status < 0 || ret->count)
			return status;
	}
	return ask_system(name, deadline, timeout_ms, ret, err);
}

/* In the journal "SOURCE OTA-PORT ONLY-IPV6 TIMED-OUT INTERFACES SEND-ERRNUM", then the addresses. */
static void keep(const char *question, const struct resolved *resolved, int status,
		 const struct error *err)
{
	cleanup(buffer_release) struct buffer out = {0};
	char text[ADDRESS_TEXT_SIZE];

	buffer_printf(&out, "%d %u %d %d %u %d", (int)resolved->source, resolved->ota_port,
		      resolved->only_ipv6, resolved->timed_out, resolved->interfaces,
		      resolved->mdns_send_errnum);
	for (size_t i = 0; i < resolved->count; i++)
		buffer_printf(&out, " %s", address_format(&resolved->addresses[i], text));
	journal_keep(&(struct record_answer){
		.question = (char *)question,
		.result = status,
		.error = status ? (char *)err->text : NULL,
		.bytes = out.data,
		.length = out.length,
	});
}

static bool take(const struct record_answer *answer, struct resolved *ret)
{
	int source, only_ipv6, timed_out, used = 0, more = 0;
	char text[ADDRESS_TEXT_SIZE];
	struct address address;

	if (sscanf(answer->bytes, "%9d %5hu %9d %9d %9u %9d%n", &source, &ret->ota_port, &only_ipv6,
		   &timed_out, &ret->interfaces, &ret->mdns_send_errnum, &used) != 6 ||
	    source < RESOLVE_NUMERIC || source > RESOLVE_SYSTEM)
		return false;
	ret->source = (enum resolve_source)source;
	ret->only_ipv6 = only_ipv6;
	ret->timed_out = timed_out;
	for (; sscanf(answer->bytes + used, " %47s%n", text, &more) == 1; used += more) {
		if (!address_parse(text, &address))
			return false;
		add_address(ret, &address);
	}
	return answer->result < 0 || ret->count;
}

int resolve_read(const char *name, const struct link_list *links, unsigned timeout_ms,
		 struct resolved *ret, struct error *err)
{
	char question[320];
	struct record_answer answer;
	struct error own = {0};

	snprintf(question, sizeof(question), "name %.300s", name);
	if (!journal_known(&answer, question, question)) {
		int status = ask(name, links, timeout_ms, ret, &own);
		keep(question, ret, status, &own);
		if (err && status)
			*err = own;
		return status;
	}
	*ret = (struct resolved){.source = RESOLVE_NUMERIC};
	if (answer.result == -ENODATA)
		return error_set(err, ENODATA, "the record does not tell the address of %s", name);
	if (!take(&answer, ret))
		return error_set(err, EBADMSG, "the record's answer for %s is malformed", name);
	if (answer.result < 0)
		return error_set(err, -answer.result, "%s", answer.error ? answer.error : "");
	return 0;
}
