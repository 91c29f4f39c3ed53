/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/state.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "probes/cgroup.h"
#include "probes/ifaddr.h"
#include "probes/link.h"
#include "tests/differential/lab.h"

static void add_links(struct arena *arena, struct host_state *state, const struct link_list *links)
{
	struct host_link *copies = arena_array(arena, links->count, sizeof(*copies));

	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->items[i];

		copies[i] = (struct host_link){
			.index = link->index,
			.type = link->type,
			.group = link->group,
			.master = link->master,
			.has_mac = link->has_mac,
		};
		memcpy(copies[i].name, link->name, sizeof(copies[i].name));
		snprintf(copies[i].kind, sizeof(copies[i].kind), "%.*s",
			 (int)sizeof(copies[i].kind) - 1, link->kind);
		memcpy(copies[i].mac, link->mac, sizeof(copies[i].mac));
		if (link->master && link->master == state->device_ifindex)
			state->device_port_ifindex = link->index;
	}
	state->links = copies;
	state->n_links = links->count;
}

static void add_addresses(struct arena *arena, struct host_state *state,
			  const struct local_address_list *addresses)
{
	struct host_address *copies = arena_array(arena, addresses->count, sizeof(*copies));

	for (size_t i = 0; i < addresses->count; i++)
		copies[i] = (struct host_address){
			.address = addresses->items[i].address,
			.prefix = addresses->items[i].prefix,
			.ifindex = addresses->items[i].ifindex,
		};
	state->addresses = copies;
	state->n_addresses = addresses->count;
}

static void add_process(struct host_state *state)
{
	struct cgroup_membership cgroup;
	struct timezone zone;

	state->uid = geteuid();
	state->gid = getegid();
	state->time_s = time(NULL);
	cgroup_read("", &cgroup);
	memcpy(state->cgroups, cgroup.ids, sizeof(state->cgroups));
	state->n_cgroups = cgroup.n_ids;
	state->without_class = cgroup.without_class;
	state->time_zone_known = syscall(SYS_gettimeofday, NULL, &zone) == 0;
	state->minutes_west = state->time_zone_known ? zone.tz_minuteswest : 0;
}

struct host_state *lab_state(struct arena *arena, const struct lab *lab)
{
	cleanup(link_release) struct link_list links = {0};
	cleanup(ifaddr_release) struct local_address_list addresses = {0};
	struct host_state *state = arena_alloc(arena, sizeof(*state));

	if (link_read(&links, NULL) < 0 || ifaddr_read(&addresses, NULL) < 0)
		return NULL;
	*state = (struct host_state){
		.device_ifindex = lab->ifindex,
		.device_mac_known = true,
		.bridge_calls_ip = lab->bridge == LAB_BRIDGE_NF,
		.bridge_calls_ip6 = lab->bridge == LAB_BRIDGE_NF,
		.listener_is_wildcard = true,
		.transparent_sockets = FACT_NO,
		.route_known = true,
		.mark_routes = FACT_NO,
	};
	memcpy(state->device_mac, lab->peer_mac, sizeof(state->device_mac));
	add_links(arena, state, &links);
	add_addresses(arena, state, &addresses);
	add_process(state);
	return state;
}
