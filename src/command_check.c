/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/commands.h"

#include "src/fleet.h"
#include "src/options.h"
#include "src/preflight.h"
#include "src/report.h"
#include "src/run.h"
#include "src/upload.h"

/* Address translation stands in the way unless the port is forwarded: a rehearsal shows it. */
static bool is_worth_a_rehearsal(struct report *report)
{
	struct finding *last =
		report->n_findings ? &report->findings[report->n_findings - 1] : NULL;

	if (!last || last->id != FINDING_HOST_BEHIND_NAT)
		return false;
	last->severity = SEVERITY_WARNING;
	return true;
}

static void check_target(struct run *run, const char *device, const struct cidr *network,
			 struct report *report)
{
	struct preflight preflight;
	bool clear = preflight_run(run, device, network, report, &preflight);

	if (!clear && device && run->options->rehearse)
		clear = is_worth_a_rehearsal(report);
	/* To ask or to rehearse is a conversation with the device that ends before any flashing. */
	if (clear && device && (run->options->ask || run->options->rehearse))
		upload_run(run, &preflight, report);
	preflight_release(&preflight);
}

struct report *command_check(struct run *run)
{
	firewall_read(&run->firewall, &run->worker, run->options);
	return fleet_run(run, REPORT_CHECK, check_target);
}
