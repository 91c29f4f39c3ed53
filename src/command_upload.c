/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/commands.h"

#include "src/fleet.h"
#include "src/image_check.h"
#include "src/options.h"
#include "src/preflight.h"
#include "src/run.h"
#include "src/upload.h"

static void upload_target(struct run *run, const char *device, const struct cidr *network,
			  struct report *report)
{
	struct preflight preflight = {.host_port.listener = -1};
	bool go;

	if (!image_check(run, family_of_port(run->options->ota_port), report))
		return;
	if (run->options->no_preflight)
		go = preflight_plan(run, device, report, &preflight);
	else
		go = preflight_run(run, device, network, report, &preflight);
	if (go && !*run->stop)
		upload_run(run, &preflight, report);
	preflight_release(&preflight);
}

struct report *command_upload(struct run *run)
{
	if (!run->options->no_preflight)
		firewall_read(&run->firewall, &run->worker, run->options);
	return fleet_run(run, REPORT_UPLOAD, upload_target);
}
