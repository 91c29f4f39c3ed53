/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer by multicast DNS. */
#include <string.h>

#include "probes/mdns.h"
#include "tests/fuzz/fuzz.h"

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mdns_record_list records = {0};
	struct mdns_device_list devices;

	if (mdns_answer_parse(data, size, 3, &records))
		fuzz_taken();
	for (size_t i = 0; i < records.count; i++) {
		fuzz_require(is_printable(records.items[i].name));
		fuzz_require(is_printable(records.items[i].target));
		fuzz_require(is_printable(records.items[i].board));
		mdns_find(&records, MDNS_A, records.items[i].name);
	}
	mdns_devices(&records, &devices);
	for (size_t i = 0; i < devices.count; i++)
		fuzz_require(is_printable(devices.items[i].instance) &&
			     is_printable(devices.items[i].name));
	mdns_device_release(&devices);
	mdns_record_release(&records);
	return 0;
}
