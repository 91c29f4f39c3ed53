/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/commands.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "probes/mdns_query.h"
#include "src/report.h"
#include "src/run.h"
#include "src/safe_text.h"

enum { DISCOVER_TIMEOUT_MS = 1500 };

static const char *text_or_null(struct arena *arena, const char *text)
{
	return *text ? safe_text(arena, text, strlen(text)) : NULL;
}

static void add_device(const struct run *run, const struct mdns_device *device,
		       struct report *report)
{
	const struct link *link = link_by_index(&run->host.links, device->ifindex);

	report->devices[report->n_devices++] = (struct found_device){
		.name = text_or_null(run->arena, device->name),
		.board = text_or_null(run->arena, device->board),
		.interface = link ? link->name : NULL,
		.address = device->address,
		.port = device->port,
		.auth = device->auth,
	};
}

struct report *command_discover(struct run *run)
{
	struct report *report = report_new(run->arena, REPORT_DISCOVER, run->time_s);
	struct mdns_device_list devices = {0};
	struct mdns_outcome outcome = {0};
	struct error err = {0};

	if (mdns_discover(&run->host.links, DISCOVER_TIMEOUT_MS, &devices, &outcome, &err))
		report_unchecked(report, "mDNS", "%s", err.text);
	if (outcome.unicast_port)
		report_unchecked(
			report, "mDNS",
			"UDP port 5353 was taken, so a firewall may have kept answers out");
	report->devices = arena_array(run->arena, devices.count, sizeof(*report->devices));
	for (size_t i = 0; i < devices.count; i++)
		add_device(run, &devices.items[i], report);
	mdns_device_release(&devices);
	report->stopped_by = *run->stop;
	report_conclude(report);
	return report;
}
