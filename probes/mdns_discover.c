/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/mdns_query.h"

#include <string.h>

#include "base/cleanup.h"

/* What one datagram can ask for beside the service itself. */
enum { DETAILS_MAX = 6, DETAILS_MS = 1000 };

/* Names still needed to know a device by its address. They point into the records. */
static size_t missing(const struct mdns_record_list *records, struct mdns_question *questions)
{
	size_t count = 0;

	for (size_t i = 0; i < records->count && count + 2 <= DETAILS_MAX; i++) {
		const struct mdns_record *pointer = &records->items[i];
		const struct mdns_record *service;

		if (pointer->type != MDNS_PTR || !mdns_name_equal(pointer->name, MDNS_OTA_SERVICE))
			continue;
		service = mdns_find(records, MDNS_SRV, pointer->target);
		if (!service)
			questions[count++] = (struct mdns_question){pointer->target, MDNS_SRV};
		else if (!mdns_find(records, MDNS_A, service->target))
			questions[count++] = (struct mdns_question){service->target, MDNS_A};
		if (!mdns_find(records, MDNS_TXT, pointer->target))
			questions[count++] = (struct mdns_question){pointer->target, MDNS_TXT};
	}
	return count;
}

static bool has_all(const struct mdns_record_list *records, const void *context)
{
	struct mdns_question questions[DETAILS_MAX];

	(void)context;
	return missing(records, questions) == 0;
}

/* Asks for the rest; names are copied, because the records move while answers come in. */
static int ask_details(const struct link_list *links, unsigned timeout_ms,
		       struct mdns_record_list *records, struct error *err)
{
	struct mdns_question questions[DETAILS_MAX];
	char names[DETAILS_MAX][MDNS_NAME_SIZE];
	struct mdns_outcome outcome;
	size_t count = missing(records, questions);

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		strcpy(names[i], questions[i].name);
		questions[i].name = names[i];
	}
	return mdns_query(links, questions, count, timeout_ms, has_all, NULL, records, &outcome,
			  err);
}

int mdns_discover(const struct link_list *links, unsigned timeout_ms, struct mdns_device_list *ret,
		  struct mdns_outcome *ret_outcome, struct error *err)
{
	static const struct mdns_question service = {MDNS_OTA_SERVICE, MDNS_PTR};
	cleanup(mdns_record_release) struct mdns_record_list records = {0};
	unsigned details_ms = timeout_ms > 3 * DETAILS_MS ? DETAILS_MS : timeout_ms / 3;
	int status;

	*ret = (struct mdns_device_list){0};
	status = mdns_query(links, &service, 1, timeout_ms - details_ms, NULL, NULL, &records,
			    ret_outcome, err);
	if (status == 0)
		status = ask_details(links, details_ms, &records, err);
	if (status == 0)
		mdns_devices(&records, ret);
	return status;
}
