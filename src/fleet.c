/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/fleet.h"

#include <linux/rtnetlink.h>

#include "base/address.h"
#include "base/arena.h"
#include "src/options.h"
#include "src/recording.h"
#include "src/run.h"

enum { EXIT_FIREWALL = 3 };

/* A signal that comes when the device has confirmed its image comes too late to matter. */
static void note_stop(const struct run *run, struct report *report)
{
	if (report->flash != FLASH_WRITTEN)
		report->stopped_by = *run->stop;
}

/* As the caller gave it, whatever may end the run before the device is looked for. */
static void name_device(struct report *report, const char *device)
{
	if (!address_parse(device, &report->device.address))
		report->device.name = device;
}

static struct report *one(struct run *run, enum report_mode mode, const char *device,
			  const struct cidr *network, target_function *function)
{
	struct report *report = report_new(run->arena, mode, run->time_s);

	if (network) {
		report->device.is_network = true;
		report->device.network = *network;
	}
	if (device)
		name_device(report, device);
	function(run, device, network, report);
	recording_say_missing(report);
	note_stop(run, report);
	report_conclude(report);
	return report;
}

/* Networks that a device could be in: no loopback, tunnels, or wires that lead only to guests. */
static bool worth_asking(const struct host *host, const struct local_address *entry)
{
	const struct link *link = link_by_index(&host->links, entry->ifindex);

	return entry->address.family == AF_INET && entry->scope == RT_SCOPE_UNIVERSE && link &&
	       entry->prefix < 32 && link_is_up(link) && !link_is_loopback(link) &&
	       !link_is_tunnel(link) && !link_is_virtual_bridge(&host->links, link) &&
	       __builtin_strcmp(link->kind, "veth") != 0;
}

static void add_networks(struct run *run, enum report_mode mode, target_function *function,
			 struct report *fleet)
{
	const struct local_address_list *addresses = &run->host.addresses;

	fleet->reports = arena_array(run->arena, addresses->count, sizeof(*fleet->reports));
	for (size_t i = 0; i < addresses->count && !*run->stop; i++) {
		if (!worth_asking(&run->host, &addresses->items[i]))
			continue;
		struct cidr network = ifaddr_network(&addresses->items[i]);
		fleet->reports[fleet->n_reports++] = one(run, mode, NULL, &network, function);
	}
	if (fleet->n_reports || *run->stop)
		return;
	struct finding *finding = report_add(fleet, FINDING_NO_ROUTE, CERTAINTY_PROVEN);
	report_title(fleet, finding, "This computer is in no network that a device could be in");
	report_detail(fleet, finding,
		      "Loopback, tunnels, and networks of containers and virtual machines are left "
		      "out. Name the device with -i, or the network with --from.");
	report_evidence(fleet, finding, "route",
			"%zu addresses of this computer, none in such a network", addresses->count);
}

static bool is_blocked_by_firewall(const struct report *report)
{
	return report->n_findings && report->findings[0].severity == SEVERITY_ERROR &&
	       finding_exit_code(report->findings[0].id) == EXIT_FIREWALL;
}

static bool is_asked_already(const struct report *fleet, const struct cidr *network)
{
	for (size_t i = 0; i < fleet->n_reports; i++) {
		const struct report *report = fleet->reports[i];
		if (report->device.is_network && report->device.network.prefix == network->prefix &&
		    address_equal(&report->device.network.address, &network->address))
			return true;
	}
	return false;
}

/* The directly connected network that the address is in, else the address alone. */
static struct cidr network_of(const struct host *host, const struct address *address)
{
	const struct local_address *entry = ifaddr_on_link(&host->addresses, address);

	return entry ? ifaddr_network(entry)
		     : cidr_of(address, (unsigned)address_length(address) * 8);
}

/* One rule for the network of all that are blocked, not one for each. */
static void add_cures(struct run *run, enum report_mode mode, target_function *function,
		      struct report *fleet)
{
	const struct options *options = run->options;

	fleet->reports = arena_array(run->arena, options->n_devices, sizeof(*fleet->reports));
	for (size_t i = 0; i < options->n_devices && !*run->stop; i++) {
		struct report *report = one(run, mode, options->devices[i], NULL, function);
		if (is_blocked_by_firewall(report)) {
			struct cidr network = network_of(&run->host, &report->device.address);
			if (is_asked_already(fleet, &network))
				continue;
			report = one(run, mode, NULL, &network, function);
		}
		fleet->reports[fleet->n_reports++] = report;
	}
}

static void add_devices(struct run *run, enum report_mode mode, target_function *function,
			struct report *fleet)
{
	const struct options *options = run->options;

	fleet->reports = arena_array(run->arena, options->n_devices, sizeof(*fleet->reports));
	for (size_t i = 0; i < options->n_devices && !*run->stop; i++)
		fleet->reports[fleet->n_reports++] =
			one(run, mode, options->devices[i], NULL, function);
}

struct report *fleet_run(struct run *run, enum report_mode mode, target_function *function)
{
	const struct options *options = run->options;

	if (options->n_devices == 1)
		return one(run, mode, options->devices[0], NULL, function);
	if (options->has_from)
		return one(run, mode, NULL, &options->from, function);

	struct report *fleet = report_new(run->arena, REPORT_FLEET, run->time_s);
	if (options->n_devices && options->fix)
		add_cures(run, mode, function, fleet);
	else if (options->n_devices)
		add_devices(run, mode, function, fleet);
	else
		add_networks(run, mode, function, fleet);
	if (fleet->n_reports < options->n_devices)
		fleet->stopped_by = *run->stop;
	report_conclude(fleet);
	return fleet;
}
