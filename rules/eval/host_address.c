/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>

#include "base/arena.h"
#include "rules/address_set.h"
#include "rules/eval/run.h"

static int walk_family(const struct walk *walk)
{
	return walk->facts.ipv6 ? AF_INET6 : AF_INET;
}

static struct interval network(const struct address *address, unsigned prefix)
{
	field_value host = host_bits(8 * (unsigned)address_length(address), prefix);
	field_value number = address_value(address);

	return (struct interval){number & ~host, number | host};
}

static struct value_set named_networks(struct walk *walk, const char *const *texts, size_t count)
{
	struct interval *intervals = arena_array(walk->arena, count + 1, sizeof(*intervals));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct cidr cidr;

		if (cidr_parse(texts[i], &cidr) && cidr.address.family == walk_family(walk))
			intervals[n++] = network(&cidr.address, cidr.prefix);
	}
	return value_set_of(walk->arena, intervals, n);
}

static struct value_set local_addresses(struct walk *walk, uint32_t ifindex)
{
	static const char *const loopback[] = {"127.0.0.0/8", "::1"};
	const struct host_state *host = walk->host;
	struct interval *intervals =
		arena_array(walk->arena, host->n_addresses + 1, sizeof(*intervals));
	struct value_set set;
	size_t n = 0;

	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct host_address *at = &host->addresses[i];

		if (at->address.family != walk_family(walk) || (ifindex && at->ifindex != ifindex))
			continue;
		field_value own = address_value(&at->address);
		intervals[n++] = (struct interval){own, own};
	}
	set = value_set_of(walk->arena, intervals, n);
	if (ifindex)
		return set;
	return value_set_unite(walk->arena, set, named_networks(walk, loopback, 2));
}

/* The last address of each connected network, 0.0.0.0 and 255.255.255.255. */
static struct value_set broadcast_addresses(struct walk *walk)
{
	static const char *const fixed[] = {"0.0.0.0", "255.255.255.255", "127.255.255.255"};
	const struct host_state *host = walk->host;
	struct interval *intervals =
		arena_array(walk->arena, host->n_addresses + 1, sizeof(*intervals));
	size_t n = 0;

	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct host_address *at = &host->addresses[i];
		field_value last;

		if (at->address.family != AF_INET || walk->facts.ipv6 || at->prefix > 30)
			continue;
		last = network(&at->address, at->prefix).last;
		intervals[n++] = (struct interval){last, last};
	}
	return value_set_unite(walk->arena, value_set_of(walk->arena, intervals, n),
			       named_networks(walk, fixed, 3));
}

static struct value_set multicast_addresses(struct walk *walk)
{
	static const char *const networks[] = {"224.0.0.0/4", "ff00::/8"};

	return named_networks(walk, networks, 2);
}

static struct value_set everything(struct walk *walk)
{
	static const char *const networks[] = {"0.0.0.0/0", "::/0"};

	return named_networks(walk, networks, 2);
}

static struct value_set less(struct walk *walk, struct value_set from, struct value_set what)
{
	return value_set_subtract(walk->arena, from, what);
}

/*
 * Only the table `local` is asked: what is in none of the special sets is unicast. With a device
 * given, an address of another device is unicast too.
 */
struct value_set host_address_type(struct walk *walk, uint32_t type, uint32_t ifindex)
{
	struct value_set local = local_addresses(walk, ifindex);
	struct value_set broadcast = less(walk, broadcast_addresses(walk), local);
	struct value_set multicast = multicast_addresses(walk);

	switch (type) {
	case RTN_LOCAL: return local;
	case RTN_BROADCAST: return broadcast;
	case RTN_MULTICAST: return multicast;
	case RTN_UNICAST:
		return less(walk, less(walk, less(walk, everything(walk), local), broadcast),
			    multicast);
	default: return (struct value_set){};
	}
}
