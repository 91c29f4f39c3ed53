/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/preflight.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "probes/route.h"
#include "probes/selfconnect.h"
#include "record/journal.h"
#include "rules/cure.h"
#include "src/arp_rules.h"
#include "src/firewall.h"
#include "src/host.h"
#include "src/options.h"
#include "src/report.h"
#include "src/run.h"
#include "src/verify.h"

enum {
	SELF_CONNECT_TIMEOUT_MS = 500,
	DEVICE_TCP_PORT = 49152, /* stands for the port that the device will choose */
};

static void name_host(const struct run *run, struct report *report)
{
	report->host.name = *run->host.name ? run->host.name : NULL;
}

/* An interface may have another subnet than the route's: packets from the device come in there. */
static uint32_t incoming_interface(const struct run *run, const struct target *target)
{
	const struct local_address *on_link =
		ifaddr_on_link(&run->host.addresses, &target->device.address);

	return on_link ? on_link->ifindex : target->link->index;
}

/* The kernel is asked what its own input routing would do with the device's SYN. */
static bool check_reverse_path(const struct run *run, const struct preflight *preflight,
			       struct report *report)
{
	const struct target *target = &preflight->target;
	char device[ADDRESS_TEXT_SIZE];
	struct error err = {0};
	struct route route;
	struct route_query query = {
		.destination = target->host,
		.source = target->sample,
		.iif = incoming_interface(run, target),
		.protocol = IPPROTO_TCP,
		.source_port = DEVICE_TCP_PORT,
		.destination_port = preflight->host_port.port,
	};

	if (link_is_loopback(target->link))
		return true;
	if (route_read(&query, &route, &err)) {
		target_say_undecided(target, report, &err);
		return true;
	}
	if (route.errnum != EXDEV && route.errnum != EINVAL)
		return true;
	struct finding *finding =
		report_add(report, FINDING_REVERSE_PATH_FILTER, CERTAINTY_PREDICTED);
	address_format(&target->device.address, device);
	report_title(report, finding, "The kernel discards packets from %s on %s", device,
		     target->link->name);
	report_detail(report, finding,
		      "Its source address check (rp_filter, martian sources) expects packets of "
		      "that address on another interface.");
	report_evidence(report, finding, "route", "input route from %s on interface %u: %s", device,
			query.iif, strerror(route.errnum));
	return false;
}

/* The SYN may come in and its answer still have no way out: the input query does not show that. */
static bool check_way_back(const struct preflight *preflight, struct report *report)
{
	const struct target *target = &preflight->target;
	char device[ADDRESS_TEXT_SIZE];
	struct error err = {0};
	struct route route;
	struct route_query query = {
		.destination = target->sample,
		.source = target->host,
		.protocol = IPPROTO_TCP,
		.source_port = preflight->host_port.port,
		.destination_port = DEVICE_TCP_PORT,
	};

	if (route_read(&query, &route, &err)) {
		target_say_undecided(target, report, &err);
		return true;
	}
	if (!route.errnum)
		return true;
	struct finding *finding = report_add(report, FINDING_NO_ROUTE, CERTAINTY_PREDICTED);
	address_format(&target->device.address, device);
	report_title(report, finding, "This computer's answers have no way back to %s", device);
	report_detail(report, finding,
		      "The device's connection would come in, but a route or a policy rule (`ip "
		      "rule`) keeps the answers of port %u from leaving.",
		      query.source_port);
	report_evidence(report, finding, "route", "TCP from port %u to %s: %s", query.source_port,
			device, strerror(route.errnum));
	return false;
}

static bool through_default_gateway(struct run *run, const struct target *target)
{
	return !target->on_link &&
	       target->link->index == host_surroundings(&run->host)->default_ifindex;
}

/* Behind masquerading the device answers and calls an address that is not this host's. */
static bool check_surroundings(struct run *run, const struct target *target, struct report *report)
{
	if (!through_default_gateway(run, target))
		return true;
	const struct surroundings *surroundings = host_surroundings(&run->host);
	/* A container with a network of its own (macvlan, --network host) translates nothing. */
	bool signs = (surroundings->network_is_container && surroundings->gateway_through_veth) ||
		     surroundings->vm_user_network || surroundings->in_wsl;

	if (!signs)
		return true;
	struct finding *finding = report_add(report, FINDING_HOST_BEHIND_NAT, CERTAINTY_LIKELY);
	report_detail(report, finding,
		      "The device sees another address than %s and connects to that one. Forward "
		      "the port (`docker run -p 18266:18266`) and give it with -P, or use the "
		      "host's network (`--network host`; WSL: mirrored networking).",
		      "this computer's");
	for (size_t i = 0; i < surroundings->count; i++)
		report_evidence(report, finding, "config", "%s", surroundings->signs[i].text);
	if (run->options->host_port) {
		finding->severity = SEVERITY_WARNING;
		return true;
	}
	return false;
}

/* In the journal 0, or why there was no connection; words only if none could be tried. */
static int connect_to_self(const struct preflight *preflight, struct selfconnect *self,
			   struct error *err)
{
	char question[ADDRESS_TEXT_SIZE + 48], address[ADDRESS_TEXT_SIZE];
	struct record_answer answer;

	snprintf(question, sizeof(question), "own connection to %s port %u",
		 address_format(&preflight->target.host, address), preflight->host_port.port);
	if (journal_known(&answer, question, question)) {
		*self = (struct selfconnect){.connected = answer.result == 0,
					     .errnum = -answer.result};
		return answer.error ? error_set(err, -answer.result, "%s", answer.error) : 0;
	}
	int result = selfconnect_read(preflight->host_port.listener, &preflight->target.host,
				      SELF_CONNECT_TIMEOUT_MS, self, err);
	journal_keep(&(struct record_answer){
		.question = question,
		.result = result ? result : -self->errnum,
		.error = result ? err->text : NULL,
	});
	return result;
}

static void check_listener(const struct preflight *preflight, struct report *report)
{
	struct selfconnect self;
	char address[ADDRESS_TEXT_SIZE];
	struct error err = {0};

	if (preflight->host_port.listener < 0)
		return;
	address_format(&preflight->target.host, address);
	int result = connect_to_self(preflight, &self, &err);
	if (result == -ENODATA)
		return; /* said with all else that the record does not hold */
	if (result)
		report_unchecked(report, "listener", "%s", err.text);
	else if (self.connected)
		report_passed(report, "listener",
			      "%s port %u listens (tried from here: says nothing of the firewall)",
			      address, preflight->host_port.port);
	else
		report_unchecked(report, "listener", "no connection to %s port %u: %s", address,
				 preflight->host_port.port, strerror(self.errnum));
}

static void warn_of_programs(const struct target *target, struct report *report)
{
	if (!target->link->has_xdp)
		return;
	struct finding *finding = report_add(report, FINDING_TRAFFIC_CONTROL, CERTAINTY_LIKELY);
	finding->severity = SEVERITY_WARNING;
	report_title(report, finding, "An XDP program on %s may discard packets",
		     target->link->name);
	report_evidence(report, finding, "config", "%s has an XDP program attached",
			target->link->name);
}

static bool judge_rules(struct run *run, const struct preflight *preflight, struct report *report)
{
	uint16_t port = preflight->host_port.port;
	struct cure cure;

	if (!run->firewall.ruleset) {
		firewall_unreadable(&run->firewall, run->options, &preflight->target, report);
		return true;
	}
	struct flow_question question = firewall_question(
		&preflight->target, &run->host, run->options, (struct port_range){port, port});
	const struct flow_answer *answer =
		firewall_evaluate(run->arena, &run->firewall, preflight->state, &question);
	bool clear = firewall_judge(&run->firewall, preflight->state, &preflight->target, &question,
				    answer, port, report, &cure);
	if (run->options->verify)
		clear = verify_by_replay(run, preflight, &question, answer, &cure, clear, report);
	return clear;
}

bool preflight_judge(struct run *run, const struct preflight *preflight, struct report *report)
{
	const struct target *target = &preflight->target;

	if (!target->link)
		return true;
	warn_of_programs(target, report);
	return check_reverse_path(run, preflight, report) && check_way_back(preflight, report) &&
	       judge_rules(run, preflight, report) && check_surroundings(run, target, report);
}

static bool plan_target(struct run *run, struct report *report, struct preflight *preflight)
{
	struct target *target = &preflight->target;

	report->device.port = firewall_ota_port(run->options, target);
	if (!target_route(target, &run->host, run->options, report))
		return false;
	if (!target_neighbour(target, report)) {
		arp_rules_blame(run->firewall.ruleset, report);
		return false;
	}
	firewall_ask(&run->firewall, &run->worker, target);
	preflight->state =
		host_state_for(run->arena, &run->host, target, run->firewall.ruleset, run->time_s);
	return host_port_choose(run, target, preflight->state, report, &preflight->host_port);
}

bool preflight_plan(struct run *run, const char *device, struct report *report,
		    struct preflight *preflight)
{
	*preflight = (struct preflight){.host_port.listener = -1};
	name_host(run, report);
	return target_resolve(&preflight->target, device, &run->host, report) &&
	       plan_target(run, report, preflight);
}

bool preflight_run(struct run *run, const char *device, const struct cidr *network,
		   struct report *report, struct preflight *preflight)
{
	bool planned;

	if (device) {
		planned = preflight_plan(run, device, report, preflight);
	} else {
		*preflight = (struct preflight){.host_port.listener = -1};
		preflight->target.device = preflight->target.network = *network;
		name_host(run, report);
		planned = plan_target(run, report, preflight);
	}
	if (!planned)
		return false;
	check_listener(preflight, report);
	return preflight_judge(run, preflight, report) && !*run->stop;
}

void preflight_release(struct preflight *preflight)
{
	if (preflight->host_port.listener >= 0)
		close(preflight->host_port.listener);
	preflight->host_port.listener = -1;
}
