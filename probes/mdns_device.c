/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/mdns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* "Kitchen._arduino._tcp.local" is the instance "Kitchen"; anything else stays as it is. */
static void strip_service(const char *target, char *instance)
{
	size_t length = strlen(target), tail = strlen(MDNS_OTA_SERVICE);

	strcpy(instance, target);
	if (length > tail + 1 && target[length - tail - 1] == '.' &&
	    mdns_name_equal(target + length - tail, MDNS_OTA_SERVICE))
		instance[length - tail - 1] = '\0';
}

static void describe(const struct mdns_record_list *records, const struct mdns_record *pointer,
		     struct mdns_device *ret)
{
	const struct mdns_record *service = mdns_find(records, MDNS_SRV, pointer->target);
	const struct mdns_record *text = mdns_find(records, MDNS_TXT, pointer->target);
	const struct mdns_record *address;

	*ret = (struct mdns_device){.auth = -1, .ifindex = pointer->ifindex};
	strip_service(pointer->target, ret->instance);
	if (service) {
		strcpy(ret->name, service->target);
		ret->port = service->port;
		address = mdns_find(records, MDNS_A, service->target);
		if (address)
			ret->address = address->address;
	}
	if (text) {
		strcpy(ret->board, text->board);
		ret->auth = text->auth_upload;
	}
}

/* A host on two interfaces of one network announces the same service twice. */
static bool is_known(const struct mdns_device_list *list, const struct mdns_device *device)
{
	for (size_t i = 0; i < list->count; i++) {
		if (mdns_name_equal(list->items[i].instance, device->instance))
			return true;
	}
	return false;
}

void mdns_devices(const struct mdns_record_list *records, struct mdns_device_list *ret)
{
	*ret = (struct mdns_device_list){0};
	for (size_t i = 0; i < records->count; i++) {
		const struct mdns_record *record = &records->items[i];
		struct mdns_device device;

		if (record->type != MDNS_PTR || record->ttl == 0 ||
		    !mdns_name_equal(record->name, MDNS_OTA_SERVICE))
			continue;
		describe(records, record, &device);
		if (is_known(ret, &device))
			continue;
		ret->items = xgrow(ret->items, ret->count, &ret->allocated, sizeof(*ret->items));
		ret->items[ret->count++] = device;
	}
}

void mdns_device_release(struct mdns_device_list *list)
{
	free(list->items);
	*list = (struct mdns_device_list){0};
}
