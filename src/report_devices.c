/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/report_print.h"

#include "base/buffer.h"
#include "src/report.h"

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static const char *auth_word(int auth)
{
	return auth < 0 ? "?" : auth ? "yes" : "no";
}

void report_devices(struct buffer *out, const struct report *report)
{
	char address[ADDRESS_TEXT_SIZE];

	if (!report->n_devices)
		return;
	buffer_printf(out, "%-32s %-15s %5s  %-20s %-8s %s\n", "NAME", "ADDRESS", "PORT", "BOARD",
		      "PASSWORD", "INTERFACE");
	for (size_t i = 0; i < report->n_devices; i++) {
		const struct found_device *device = &report->devices[i];
		buffer_printf(out, "%-32s %-15s %5u  %-20s %-8s %s\n", or_dash(device->name),
			      address_format(&device->address, address), device->port,
			      or_dash(device->board), auth_word(device->auth),
			      or_dash(device->interface));
	}
}
