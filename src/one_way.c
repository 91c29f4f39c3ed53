/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/one_way.h"

#include <errno.h>

#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "probes/policy_rules.h"
#include "probes/route.h"
#include "src/host.h"
#include "src/report.h"
#include "src/target.h"

enum { MOST_PARTS = 256 };

static bool is_one_address(const struct cidr *network)
{
	return network->prefix == address_length(&network->address) * 8;
}

static bool is_part_of(const struct cidr *part, const struct cidr *whole)
{
	return part->prefix > whole->prefix && cidr_contains(whole, &part->address);
}

static bool say(const struct target *target, const struct cidr *part, const char *part_way,
		struct report *report)
{
	char asked[CIDR_TEXT_SIZE], inside[CIDR_TEXT_SIZE];
	struct finding *finding =
		report_add(report, FINDING_FIREWALL_UNDECIDED, CERTAINTY_PREDICTED);

	report_title(report, finding, "Not all of %s is reached in the same way",
		     target_text(target, asked));
	report_detail(
		report, finding,
		"Rules may treat the parts differently: ask about each by itself, %s for one.",
		cidr_format(part, inside));
	report_evidence(report, finding, "route", "%s: %s; elsewhere: dev %s", inside, part_way,
			target->link->name);
	return false;
}

/* An interface may have a network there whatever the routes say. */
static bool check_addresses(const struct target *target, const struct host *host,
			    struct report *report)
{
	for (size_t i = 0; i < host->addresses.count; i++) {
		const struct local_address *entry = &host->addresses.items[i];
		const struct link *link = link_by_index(&host->links, entry->ifindex);
		struct cidr network = ifaddr_network(entry);
		if (link && link != target->link && !link_is_loopback(link) &&
		    is_part_of(&network, &target->device))
			return say(target, &network, report_format(report, "dev %s", link->name),
				   report);
	}
	return true;
}

/* NULL if it is none, or one that leads where the other addresses are. */
static const char *other_way(const struct route_entry *entry, const struct target *target,
			     const struct host *host, struct report *report)
{
	const struct link *link = link_by_index(&host->links, entry->route.oif);

	if (entry->route.table == RT_TABLE_LOCAL || entry->flags & RTM_F_CLONED)
		return NULL;
	switch (entry->route.type) {
	case RTN_BLACKHOLE:
	case RTN_PROHIBIT:
	case RTN_UNREACHABLE: return route_type_name(entry->route.type);
	case RTN_UNICAST: break;
	default: return NULL;
	}
	if (entry->is_multipath)
		return "several ways";
	if (!link || link == target->link || link_is_loopback(link))
		return NULL;
	return report_format(report, "dev %s", link->name);
}

/* The first address after the network; false if there is none. */
static bool address_after(const struct cidr *network, struct address *ret)
{
	size_t length = address_length(&network->address);

	*ret = network->address;
	for (size_t bit = network->prefix; bit < length * 8; bit++)
		ret->bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	for (size_t i = length; i-- > 0;)
		if (++ret->bytes[i])
			return true;
	return false;
}

static const struct cidr *part_with(const struct route_list *routes, const struct target *target,
				    const struct address *address)
{
	for (size_t i = 0; i < routes->count; i++) {
		const struct route_entry *entry = &routes->items[i];
		if (entry->route.table != RT_TABLE_LOCAL && !(entry->flags & RTM_F_CLONED) &&
		    is_part_of(&entry->destination, &target->device) &&
		    cidr_contains(&entry->destination, address))
			return &entry->destination;
	}
	return NULL;
}

/* The rest is what no route to a part leads to; the kernel is asked for the way to its first address. */
static bool check_rest(const struct target *target, const struct route_list *routes,
		       struct report *report)
{
	struct route_query query = {.destination = target->sample, .source = target->host};
	const struct cidr *part;
	struct error err = {0};
	struct route route;
	unsigned tries = 0;

	while ((part = part_with(routes, target, &query.destination))) {
		if (tries++ == MOST_PARTS)
			return say(target, part, "one of many parts", report);
		if (!address_after(part, &query.destination) ||
		    !cidr_contains(&target->device, &query.destination))
			return true;
	}
	if (!tries) /* the sample is of the rest */
		return true;
	struct cidr rest =
		cidr_of(&query.destination, (unsigned)address_length(&query.destination) * 8);
	if (route_read(&query, &route, &err)) {
		target_say_undecided(target, report, &err);
		return false;
	}
	if (route.errnum)
		return say(target, &rest, "no route", report);
	if (route.oif != target->link->index)
		return say(target, &rest, "another interface", report);
	return true;
}

/* Whatever table it is in: which of them is asked for a packet, policy rules say. */
static bool check_routes(const struct target *target, const struct host *host,
			 struct report *report)
{
	cleanup(route_list_release) struct route_list routes = {0};
	struct error err = {0};

	if (route_list_read(target->device.address.family, &routes, &err)) {
		target_say_undecided(target, report, &err);
		return false;
	}
	for (size_t i = 0; i < routes.count; i++) {
		const struct route_entry *entry = &routes.items[i];
		if (!is_part_of(&entry->destination, &target->device))
			continue;
		const char *way = other_way(entry, target, host, report);
		if (way)
			return say(target, &entry->destination, way, report);
	}
	return check_rest(target, &routes, report);
}

/* `ip rule … to NETWORK` looks some addresses up in a table of their own. */
static bool check_policy_rules(const struct target *target, struct report *report)
{
	struct policy_rules rules;
	struct error err = {0};

	if (!policy_rules_read(target->device.address.family, &rules, &err) &&
	    !rules.ask_for_destination)
		return true;
	if (!err.errnum)
		error_set(&err, EOPNOTSUPP, "policy rules ask for the destination");
	target_say_undecided(target, report, &err);
	return false;
}

bool one_way_check(const struct target *target, const struct host *host, struct report *report)
{
	if (is_one_address(&target->device))
		return true;
	return check_addresses(target, host, report) && check_policy_rules(target, report) &&
	       check_routes(target, host, report);
}
