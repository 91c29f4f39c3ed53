/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/target.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "base/arena.h"
#include "base/error.h"
#include "probes/resolve.h"
#include "probes/route.h"
#include "src/host.h"
#include "src/one_way.h"
#include "src/options.h"
#include "src/report.h"

enum { RESOLVE_TIMEOUT_MS = 5000, NEIGHBOUR_TIMEOUT_MS = 4000, HARDWARE_ADDRESS_TIMEOUT_MS = 300 };

static void set_device(struct target *target, const struct address *address, struct report *report)
{
	target->device = cidr_of(address, (unsigned)address_length(address) * 8);
	target->network = target->device;
	report->device.address = *address;
}

const char *target_text(const struct target *target, char text[static CIDR_TEXT_SIZE])
{
	if (target->device.prefix == address_length(&target->device.address) * 8)
		return address_format(&target->device.address, text);
	return cidr_format(&target->device, text);
}

void target_say_undecided(const struct target *target, struct report *report,
			  const struct error *err)
{
	char device[CIDR_TEXT_SIZE];

	if (!report_find(report, FINDING_FIREWALL_UNDECIDED)) {
		struct finding *finding =
			report_add(report, FINDING_FIREWALL_UNDECIDED, CERTAINTY_LIKELY);
		report_title(report, finding, "It cannot be told which way packets of %s take",
			     target_text(target, device));
		report_detail(report, finding, "What is not known of the routes may decide.");
		report_evidence(report, finding, "route", "%s", err->text);
	}
	if (err->errnum != ENODATA) /* said with all else that a record does not hold */
		report_unchecked(report, "route", "%s", err->text);
}

/* Whoever made the record did not ask for this name. */
static void say_name_not_recorded(struct report *report, const char *device)
{
	struct finding *finding = report_add(report, FINDING_FIREWALL_UNDECIDED, CERTAINTY_LIKELY);

	report_title(report, finding, "The record does not tell the address of %s", device);
	report_detail(report, finding,
		      "Names are not looked up anew. Give the device's address instead.");
}

/* The name may well be known to somebody: our own firewall kept the question in. */
static void say_query_stopped(struct report *report, const char *device)
{
	struct finding *finding = report_add(report, FINDING_FIREWALL_EGRESS, CERTAINTY_PROVEN);

	report_title(report, finding,
		     "A firewall on this computer stops the question for the address of %s",
		     device);
	report_detail(report, finding,
		      "Names in .local are asked for by multicast DNS (UDP to 224.0.0.251 port "
		      "5353), which the rules do not let out. Allow it, or give the device's "
		      "address instead of its name.");
	report_evidence(report, finding, "socket", "multicast DNS query: %s", strerror(EPERM));
}

static void say_unresolved(struct report *report, const char *device,
			   const struct resolved *resolved, const struct error *err)
{
	struct finding *finding = report_add(report, FINDING_NAME_UNRESOLVED, CERTAINTY_PROVEN);

	if (resolved->only_ipv6)
		report_title(report, finding, "%s has only IPv6 addresses", device);
	else
		report_title(report, finding, "The name %s does not resolve", device);
	report_detail(report, finding, "%s.", err->text);
	report_evidence(report, finding, "socket", "%s", err->text);
}

bool target_resolve(struct target *target, const char *device, const struct host *host,
		    struct report *report)
{
	struct resolved resolved;
	struct error err = {0};
	struct address address;

	*target = (struct target){0};
	if (address_parse(device, &address)) {
		set_device(target, &address, report);
		return true;
	}
	target->name = device;
	report->device.name = device;
	int result = resolve_read(device, &host->links, RESOLVE_TIMEOUT_MS, &resolved, &err);
	if (result == -ENODATA) {
		say_name_not_recorded(report, device);
		return false;
	}
	if (result) {
		if (resolved.mdns_send_errnum == EPERM)
			say_query_stopped(report, device);
		else
			say_unresolved(report, device, &resolved, &err);
		return false;
	}
	set_device(target, &resolved.addresses[0], report);
	target->announced_port = resolved.ota_port;

	char text[ADDRESS_TEXT_SIZE];
	report_passed(report, "name", "%s is %s", device,
		      address_format(&resolved.addresses[0], text));
	return true;
}

static void next_address(struct address *address)
{
	for (size_t i = address_length(address); i-- > 0 && ++address->bytes[i] == 0;)
		;
}

/* Not an address of our own: the way to that is the loopback interface. */
static struct address choose_sample(const struct cidr *device, const struct host *host)
{
	struct address address = device->address;

	if (device->prefix + 1 >= address_length(&address) * 8)
		return address;
	next_address(&address);
	while (ifaddr_find(&host->addresses, &address) && cidr_contains(device, &address))
		next_address(&address);
	return address;
}

static bool route_refused(const struct target *target, const struct route *route,
			  struct report *report)
{
	char text[CIDR_TEXT_SIZE], destination[ADDRESS_TEXT_SIZE];
	bool is_network = target->device.prefix < address_length(&target->sample) * 8;
	struct finding *finding = report_add(report, FINDING_NO_ROUTE, CERTAINTY_PROVEN);
	const char *why = route->errnum == EINVAL         ? "a blackhole route swallows it"
			  : route->errnum == EACCES       ? "a route or a policy rule prohibits it"
			  : route->errnum == EHOSTUNREACH ? "a route says that it is unreachable"
							  : "no route leads there";

	address_format(&target->sample, destination);
	report_title(report, finding, "This computer has no way to %s%s",
		     is_network ? "all of " : "", target_text(target, text));
	report_detail(report, finding, "The kernel was asked for a route to %s: %s.", destination,
		      why);
	report_evidence(report, finding, "route", "route to %s: %s", destination,
			strerror(route->errnum));
	return false;
}

static bool address_is_ours(const struct options *options, const struct host *host,
			    struct report *report)
{
	char text[ADDRESS_TEXT_SIZE];

	if (ifaddr_find(&host->addresses, &options->host))
		return true;
	/* All of 127.0.0.0/8 is local without being listed. */
	if (address_is_loopback(&options->host))
		return true;

	struct finding *finding = report_add(report, FINDING_ADDRESS_NOT_LOCAL, CERTAINTY_PROVEN);
	address_format(&options->host, text);
	report_title(report, finding, "%s is no address of this computer", text);
	report_detail(report, finding,
		      "-I names the address that the device is to call back; leave it out and the "
		      "right one is found from the route.");
	report_evidence(report, finding, "socket", "no interface has the address %s", text);
	return false;
}

/* An address that the device cannot call: another network's than the one it is in. */
static bool address_is_callable(const struct target *target, const struct options *options,
				const struct local_address *on_link, struct report *report)
{
	char host[ADDRESS_TEXT_SIZE], text[CIDR_TEXT_SIZE], network[CIDR_TEXT_SIZE];
	const char *device = target_text(target, text);
	bool loopback = address_is_loopback(&options->host);
	bool device_is_loopback = address_is_loopback(&target->device.address);

	if (loopback == device_is_loopback &&
	    (loopback || !on_link || cidr_contains(&target->network, &options->host)))
		return true;

	struct finding *finding = report_add(report, FINDING_ADDRESS_MISMATCH, CERTAINTY_PREDICTED);
	address_format(&options->host, host);
	report_title(report, finding, "The device cannot call this computer at %s", host);
	if (loopback)
		report_detail(report, finding,
			      "%s is the loopback address: only programs on this computer reach "
			      "it. Leave -I out and the right address is found.",
			      host);
	else
		report_detail(report, finding,
			      "%s is in the network %s, the address given by -I is not. Leave -I "
			      "out and the right address is found.",
			      device, cidr_format(&target->network, network));
	report_evidence(report, finding, "route", "device %s, host address %s", device, host);
	return false;
}

static bool host_address_given(const struct options *options)
{
	return options->host.family != AF_UNSPEC && !address_is_any(&options->host);
}

static bool check_given_address(const struct target *target, const struct host *host,
				const struct options *options, const struct local_address *on_link,
				struct report *report)
{
	if (!host_address_given(options))
		return true;
	return address_is_ours(options, host, report) &&
	       address_is_callable(target, options, on_link, report);
}

/* The device's own network says one interface, the routes another: a VPN took the way. */
static bool check_tunnel(const struct target *target, const struct host *host,
			 const struct local_address *on_link, struct report *report)
{
	const struct link *direct = on_link ? link_by_index(&host->links, on_link->ifindex) : NULL;
	char text[CIDR_TEXT_SIZE];
	const char *device = target_text(target, text);

	if (!link_is_tunnel(target->link))
		return true;
	bool stolen = direct && direct != target->link && !link_is_tunnel(direct);
	struct finding *finding = report_add(report, FINDING_ROUTE_VIA_TUNNEL, CERTAINTY_PROVEN);
	report_evidence(report, finding, "route", "route to %s: dev %s", device,
			target->link->name);
	if (!stolen) {
		finding->severity = SEVERITY_INFO;
		report_title(report, finding, "The device is behind the tunnel %s",
			     target->link->name);
		return true;
	}
	report_title(report, finding, "The route to %s goes into %s, not to %s", device,
		     target->link->name, direct->name);
	report_detail(report, finding,
		      "The device is in the network of %s, but a VPN has taken over the route. Let "
		      "the VPN leave the local network alone, or switch it off for the upload.",
		      direct->name);
	return false;
}

static void note_router(const struct target *target, const struct route *route,
			struct report *report)
{
	char gateway[ADDRESS_TEXT_SIZE];

	if (target->on_link)
		return;
	struct finding *finding = report_add(report, FINDING_DEVICE_ROUTED, CERTAINTY_PROVEN);
	address_format(&route->gateway, gateway);
	report_detail(report, finding,
		      "The router %s must let the device connect back to this computer.", gateway);
	report_evidence(report, finding, "route", "via %s dev %s", gateway, target->link->name);
}

static int read_route(const struct target *target, const struct options *options,
		      struct route *route, struct error *err)
{
	struct route_query query = {.destination = target->sample};

	if (host_address_given(options))
		query.source = options->host;
	return route_read(&query, route, err);
}

static void fill_host(struct target *target, const struct options *options,
		      const struct route *route, struct report *report)
{
	target->host = host_address_given(options) ? options->host : route->source;
	report->host.interface = target->link->name;
	report->host.address = target->host;
}

bool target_route(struct target *target, const struct host *host, const struct options *options,
		  struct report *report)
{
	char source[ADDRESS_TEXT_SIZE];
	struct route route;
	struct error err = {0};

	target->sample = choose_sample(&target->device, host);
	const struct local_address *on_link = ifaddr_on_link(&host->addresses, &target->sample);
	if (on_link)
		target->network = ifaddr_network(on_link);
	if (!check_given_address(target, host, options, on_link, report))
		return false;
	if (read_route(target, options, &route, &err)) {
		target_say_undecided(target, report, &err);
		return false; /* not even the address of ours to listen on is known */
	}
	if (route.errnum)
		return route_refused(target, &route, report);
	target->link = link_by_index(&host->links, route.oif);
	if (!target->link) {
		report_unchecked(report, "interface", "the route's interface is gone");
		return true;
	}
	target->gateway = route.gateway;
	target->on_link = route.gateway.family == AF_UNSPEC;
	fill_host(target, options, &route, report);
	if (!check_tunnel(target, host, on_link, report))
		return false;
	if (!one_way_check(target, host, report))
		return false;
	note_router(target, &route, report);
	report_passed(report, "route", "%s, %s, %s", target->link->name,
		      address_format(&target->host, source),
		      target->on_link ? "same network" : "through a router");
	return true;
}

static bool needs_neighbour(const struct target *target)
{
	return target->link && target->on_link && !link_is_loopback(target->link) &&
	       !(target->link->flags & (IFF_NOARP | IFF_POINTOPOINT)) &&
	       target->device.prefix == address_length(&target->device.address) * 8;
}

static void fill_mac(const struct target *target, struct report *report)
{
	char text[LINK_MAC_TEXT_SIZE];

	if (target->neighbour.has_mac)
		report->device.mac =
			arena_strdup(report->arena, link_mac_format(target->neighbour.mac, text));
}

enum target_presence target_presence(const struct target *target, int64_t since_ms)
{
	struct neighbour neighbour;

	if (!needs_neighbour(target) ||
	    neighbour_read(target->link->index, &target->device.address, &neighbour, NULL))
		return TARGET_UNSEEN;
	if (!neighbour_is_known(&neighbour))
		return TARGET_GONE;
	return neighbour.confirmed_ms <= since_ms ? TARGET_THERE : TARGET_UNSEEN;
}

void target_hardware_address(struct target *target)
{
	struct neighbour_provocation asked;

	if (needs_neighbour(target) &&
	    !neighbour_provoke(target->link->index, &target->host, &target->device.address,
			       HARDWARE_ADDRESS_TIMEOUT_MS, &asked, NULL))
		target->neighbour = asked.neighbour;
}

bool target_neighbour(struct target *target, struct report *report)
{
	char device[ADDRESS_TEXT_SIZE];
	struct neighbour_provocation asked;
	struct error err = {0};

	if (!needs_neighbour(target))
		return true;
	if (neighbour_provoke(target->link->index, &target->host, &target->device.address,
			      NEIGHBOUR_TIMEOUT_MS, &asked, &err)) {
		if (err.errnum != ENODATA)
			report_unchecked(report, "neighbour", "%s", err.text);
		return true;
	}
	target->neighbour = asked.neighbour;
	fill_mac(target, report);
	address_format(&target->device.address, device);
	if (!neighbour_is_failed(&asked.neighbour)) {
		if (neighbour_is_known(&asked.neighbour))
			report_passed(report, "device", "%s answers on %s", device,
				      target->link->name);
		return true;
	}
	struct finding *finding = report_add(report, FINDING_DEVICE_NOT_FOUND, CERTAINTY_PROVEN);
	report_title(report, finding, "Nothing at %s answers on this network", device);
	report_detail(report, finding,
		      "This computer asked on %s who has %s and got no reply. The device is off, "
		      "asleep, has another address, or the access point keeps wireless clients "
		      "apart.",
		      target->link->name, device);
	report_evidence(report, finding, "neighbour", "ARP for %s on %s: %s", device,
			target->link->name, neighbour_state_name(asked.neighbour.state));
	return false;
}
