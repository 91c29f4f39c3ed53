/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/commands.h"

#include "base/arena.h"
#include "probes/sockets.h"
#include "rules/value_set.h"
#include "src/fleet.h"
#include "src/host_port.h"
#include "src/options.h"
#include "src/predict.h"
#include "src/run.h"
#include "src/target.h"

static const struct port_range candidates = {1024, 65535};

static bool is_bound(const struct tcp_socket_list *sockets, const struct address *host,
		     uint16_t port)
{
	int errnum = 0;

	if (sockets_port_in_use(sockets, host, port))
		return true;
	return sockets_port_maybe_in_use(sockets, host, port) &&
	       (sockets_bind_try(host, port, &errnum, NULL) || errnum);
}

/* Ports that other sockets hold are no use to a listener of ours. */
static struct value_set without_bound(struct arena *arena, struct value_set ports,
				      const struct address *host)
{
	struct tcp_socket_list sockets = {0};

	if (sockets_read(&sockets, NULL))
		return ports;
	for (size_t i = 0; i < sockets.count; i++) {
		uint16_t port = sockets.items[i].port;
		if (!value_set_contains(ports, port) || !is_bound(&sockets, host, port))
			continue;
		ports = value_set_subtract(arena, ports, value_set_range(arena, port, port));
	}
	sockets_release(&sockets);
	return ports;
}

static void fill_ports(struct report *report, struct value_set open)
{
	report->ports = arena_array(report->arena, open.n_intervals, sizeof(*report->ports));
	for (size_t i = 0; i < open.n_intervals; i++)
		report->ports[report->n_ports++] = (struct port_range){
			(uint16_t)open.intervals[i].first, (uint16_t)open.intervals[i].last};
}

/* On what it hangs: told for the usual port if it is one of them, else for the lowest. */
static void say_undecided(const struct run *run, const struct flow_answer *answer, int family,
			  struct value_set undecided, struct report *report)
{
	if (report->n_ports || value_set_empty(undecided))
		return;
	if (firewall_legacy_doubt(&run->firewall, report))
		return;
	uint16_t port = value_set_contains(undecided, DEFAULT_HOST_PORT)
				? DEFAULT_HOST_PORT
				: (uint16_t)undecided.intervals[0].first;
	struct finding *finding =
		predict_undecided(report, run->firewall.ruleset, answer, family, port);
	if (finding)
		report_detail(report, finding, "No port is surely open. Shown for port %u: %s",
			      port, finding->detail);
}

/* Why there is none: told for the port that would be taken if it were open. */
static void say_shut(const struct run *run, const struct flow_answer *answer, int family,
		     struct report *report)
{
	if (report->n_ports || report->n_findings)
		return;
	if (predict_findings(report, run->firewall.ruleset, answer, family, DEFAULT_HOST_PORT))
		report_detail(
			report, &report->findings[report->n_findings - 1],
			"No port of 1024 and above is open to the device; what stops it is shown "
			"for port %u.",
			DEFAULT_HOST_PORT);
}

static void evaluate_ports(struct run *run, const struct target *target, struct report *report)
{
	firewall_ask(&run->firewall, &run->worker, target);

	const struct host_state *state =
		host_state_for(run->arena, &run->host, target, run->firewall.ruleset, run->time_s);
	struct flow_question question =
		firewall_question(target, &run->host, run->options, candidates);
	const struct flow_answer *answer =
		firewall_evaluate(run->arena, &run->firewall, state, &question);
	struct value_set open = flow_open_ports(run->arena, answer);
	struct value_set undecided = flow_undecided_ports(run->arena, answer);

	if (run->firewall.legacy_error) {
		undecided = value_set_unite(run->arena, undecided, open);
		open = (struct value_set){0};
	}
	fill_ports(report, without_bound(run->arena, open, &target->host));
	say_undecided(run, answer, target->device.address.family, undecided, report);
	say_shut(run, answer, target->device.address.family, report);
}

static void ports_of_target(struct run *run, const char *device, const struct cidr *network,
			    struct report *report)
{
	struct target target = {0};

	if (device && !target_resolve(&target, device, &run->host, report))
		return;
	if (!device)
		target.device = target.network = *network;
	if (!target_route(&target, &run->host, run->options, report))
		return;
	target_hardware_address(&target);
	if (run->firewall.ruleset)
		evaluate_ports(run, &target, report);
	else
		firewall_unreadable(&run->firewall, run->options, &target, report);
}

struct report *command_ports(struct run *run)
{
	firewall_read(&run->firewall, &run->worker, run->options);
	return fleet_run(run, REPORT_PORTS, ports_of_target);
}
