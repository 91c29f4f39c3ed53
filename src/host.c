/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/host.h"

#include <errno.h>
#include <limits.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "probes/bridge_port.h"
#include "probes/cgroup.h"
#include "probes/policy_rules.h"
#include "probes/route.h"
#include "probes/sockets_transparent.h"
#include "probes/textfile.h"
#include "record/journal.h"
#include "rules/ruleset.h"
#include "src/recording.h"
#include "src/target.h"

/* Only whether a runtime has set it: what else is in the environment is nobody's business. */
static const char *container_variable(void)
{
	static const char question[] = "variable container";
	struct record_answer answer;

	if (journal_known(&answer, question, question))
		return answer.result == 0 ? "set" : NULL;
	const char *value = getenv("container");
	journal_keep_text(question, value && *value ? 0 : -ENOENT, NULL);
	return value;
}

static void read_name(char *name, size_t size)
{
	static const char question[] = "host name";
	struct record_answer answer;

	*name = '\0';
	if (journal_known(&answer, question, question)) {
		snprintf(name, size, "%s", answer.bytes);
		return;
	}
	if (gethostname(name, size - 1))
		*name = '\0';
	journal_keep_text(question, 0, name);
}

int host_read(struct host *host, struct error *err)
{
	*host = (struct host){0};
	int result = link_read(&host->links, err);
	if (!result)
		result = ifaddr_read(&host->addresses, err);
	if (result) {
		host_release(host);
		return result;
	}
	sysctl_read("", &host->sysctl);
	read_name(host->name, sizeof(host->name));
	host->uid = (uid_t)recording_number("user", geteuid());
	host->gid = (gid_t)recording_number("group", getegid());
	return 0;
}

const struct surroundings *host_surroundings(struct host *host)
{
	struct route_list routes = {0};

	if (host->surroundings_known)
		return &host->surroundings;
	route_list_read(AF_INET, &routes, NULL);
	surroundings_read("", container_variable(), &host->links, &host->addresses, &routes,
			  &host->surroundings);
	route_list_release(&routes);
	host->surroundings_known = true;
	return &host->surroundings;
}

void host_release(struct host *host)
{
	link_release(&host->links);
	ifaddr_release(&host->addresses);
	sysctl_release(&host->sysctl);
	surroundings_release(&host->surroundings);
}

static struct host_link *rule_links(struct arena *arena, const struct link_list *links)
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
	}
	return copies;
}

static struct host_address *rule_addresses(struct arena *arena,
					   const struct local_address_list *addresses)
{
	struct host_address *copies = arena_array(arena, addresses->count, sizeof(*copies));

	for (size_t i = 0; i < addresses->count; i++)
		copies[i] = (struct host_address){
			.address = addresses->items[i].address,
			.prefix = addresses->items[i].prefix,
			.ifindex = addresses->items[i].ifindex,
		};
	return copies;
}

/* A bridge's own rules see the port that the device is behind; 0 if there is none or it is unknown. */
static uint32_t port_behind(const struct host *host, uint32_t ifindex,
			    const struct neighbour *neighbour)
{
	const struct link *link = link_by_index(&host->links, ifindex);
	uint32_t learnt = 0, only = 0;
	size_t ports = 0;

	if (!link || strcmp(link->kind, "bridge") != 0)
		return 0;
	if (neighbour->has_mac)
		bridge_port_read(ifindex, neighbour->mac, &learnt, NULL);
	for (size_t i = 0; i < host->links.count; i++) {
		if (host->links.items[i].master != ifindex)
			continue;
		only = host->links.items[i].index;
		ports++;
	}
	return learnt ? learnt : ports == 1 ? only : 0;
}

static enum fact transparent_sockets(void)
{
	enum transparency found;

	if (sockets_transparent_read(&found, NULL) || found == TRANSPARENCY_UNKNOWN)
		return FACT_UNKNOWN;
	return found == TRANSPARENCY_YES ? FACT_YES : FACT_NO;
}

static void add_cgroups(struct host_state *state)
{
	struct cgroup_membership cgroup;

	_Static_assert((int)CGROUP_MOST_LEVELS == (int)HOST_MOST_CGROUPS, "the same levels");
	cgroup_read("", &cgroup);
	memcpy(state->cgroups, cgroup.ids, sizeof(state->cgroups));
	state->n_cgroups = cgroup.n_ids;
	state->without_class = cgroup.without_class;
}

static bool is_extension(const struct expr *expr, const char *name)
{
	return (expr->kind == EXPR_XT_MATCH || expr->kind == EXPR_XT_TARGET) && expr->xt.name &&
	       strcmp(expr->xt.name, name) == 0;
}

static bool asks_for_proxy(struct expr *expr, const struct table *table, void *data)
{
	(void)table;
	(void)data;
	return expr->kind == EXPR_TPROXY || is_extension(expr, "TPROXY");
}

static bool asks_for_cgroup(struct expr *expr, const struct table *table, void *data)
{
	(void)table;
	(void)data;
	return expr->kind == EXPR_SOCKET || is_extension(expr, "cgroup") ||
	       (expr->kind == EXPR_META && expr->meta.key == NFT_META_CGROUP);
}

static bool asks_for_marked_route(struct expr *expr, const struct table *table, void *data)
{
	(void)table;
	(void)data;
	return (expr->kind == EXPR_FIB && (expr->fib.flags & NFTA_FIB_F_MARK)) ||
	       (expr->kind == EXPR_META_SET && expr->meta.key == NFT_META_MARK) ||
	       is_extension(expr, "rpfilter") || is_extension(expr, "MARK") ||
	       is_extension(expr, "CONNMARK");
}

static enum fact mark_routes(int family)
{
	struct policy_rules rules;

	if (policy_rules_read(family, &rules, NULL))
		return FACT_UNKNOWN;
	return rules.ask_for_mark ? FACT_YES : FACT_NO;
}

static bool bridge_calls(const char *setting)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/bridge/bridge-nf-call-%s", setting);
	return textfile_number("", path) == 1;
}

/* The C library no longer hands the kernel's time zone out; the system call does. */
static void add_time_zone(struct host_state *state)
{
	enum { UNKNOWN = INT_MAX };
	struct timezone zone;
	static const char question[] = "minutes west of Greenwich";
	bool known = !journal_replays() && !syscall(SYS_gettimeofday, NULL, &zone);

	if (journal_replays() && !journal_holds(question))
		return;
	state->minutes_west =
		(int)recording_number(question, known ? zone.tz_minuteswest : UNKNOWN);
	state->time_zone_known = state->minutes_west != UNKNOWN;
}

/* What few rules ask for and is not free to know. */
static void add_on_demand(struct host_state *state, const struct target *target,
			  const struct ruleset *ruleset)
{
	if (ruleset_visit_exprs(ruleset, asks_for_marked_route, NULL))
		state->mark_routes = mark_routes(target->device.address.family);
	if (ruleset_visit_exprs(ruleset, asks_for_proxy, NULL))
		state->transparent_sockets = transparent_sockets();
	if (ruleset_visit_exprs(ruleset, asks_for_cgroup, NULL))
		add_cgroups(state);
}

struct host_state *host_state_for(struct arena *arena, const struct host *host,
				  const struct target *target, const struct ruleset *ruleset,
				  int64_t time_s)
{
	struct host_state *state = arena_alloc(arena, sizeof(*state));
	const struct neighbour *neighbour = &target->neighbour;
	uint32_t ifindex = target->link ? target->link->index : 0;

	*state = (struct host_state){
		.links = rule_links(arena, &host->links),
		.n_links = host->links.count,
		.addresses = rule_addresses(arena, &host->addresses),
		.n_addresses = host->addresses.count,
		.device_ifindex = ifindex,
		.device_port_ifindex = port_behind(host, ifindex, neighbour),
		.gateway = target->gateway,
		.route_known = target->link != NULL,
		.uid = host->uid,
		.gid = host->gid,
		.time_s = time_s,
	};
	if (neighbour->has_mac) {
		memcpy(state->device_mac, neighbour->mac, sizeof(state->device_mac));
		state->device_mac_known = true;
	}
	add_time_zone(state);
	if (state->device_port_ifindex) {
		state->bridge_calls_ip = bridge_calls("iptables");
		state->bridge_calls_ip6 = bridge_calls("ip6tables");
	}
	if (ruleset)
		add_on_demand(state, target, ruleset);
	return state;
}
