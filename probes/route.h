/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_ROUTE_H
#define PROBES_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/address.h"
#include "base/error.h"

/*
 * A packet of which the kernel is asked what it would do with it (RTM_GETROUTE); zero members are
 * not given to it.
 *
 * Without @iif it is a packet of our own, on its way out. With @iif it is one that came in there:
 * the kernel runs its own input routing, with policy rules, martian check, rp_filter and
 * accept_local, exactly as for a real packet (ip_route_input_rcu() by inet_rtm_getroute()).
 */
struct route_query {
	struct address destination;
	struct address source;
	uint32_t iif;  /* interface index */
	uint32_t oif;  /* interface index that an output query is bound to */
	uint32_t mark; /* fwmark */
	bool has_uid;
	uint32_t uid;     /* for `ip rule … uidrange`; without it the caller's own */
	uint8_t protocol; /* IPPROTO_…, for rules on ports */
	uint16_t source_port, destination_port;
};

/*
 * The kernel's answer. @errnum tells refusals apart; for an output query EINVAL is a blackhole
 * route, EACCES prohibit, EHOSTUNREACH unreachable, ENETUNREACH no route; for an input query
 * EINVAL is a martian source or the reverse-path filter (the latter EXDEV on some kernels),
 * EHOSTUNREACH that the destination is not ours and is not forwarded.
 */
struct route {
	int errnum;   /* 0 or the positive errno of the refusal; then the rest is zero */
	uint8_t type; /* RTN_UNICAST, RTN_LOCAL, … of <linux/rtnetlink.h> */
	uint32_t oif;
	struct address source;  /* preferred source address */
	struct address gateway; /* AF_UNSPEC: the destination is on the link */
	uint32_t table;         /* RT_TABLE_… that decided */
};

/* One entry of the routing tables. */
struct route_entry {
	struct cidr destination; /* prefix 0: default route */
	struct route route;      /* @errnum is 0; a blackhole shows in @type */
	uint32_t priority;       /* metric: the lowest wins */
	uint8_t scope, protocol; /* RT_SCOPE_…, RTPROT_… */
	uint8_t tos;
	uint32_t flags;    /* RTNH_F_…: dead, link down */
	bool is_multipath; /* @route shows the first path only */
};

struct route_list {
	struct route_entry *items;
	size_t count, allocated;
};

/* 0 when the kernel gave an answer, a refusal included; -errno only when it could not be asked. */
int route_read(const struct route_query *query, struct route *ret, struct error *err);
/* All routes of AF_INET or AF_INET6, of all tables. */
int route_list_read(int family, struct route_list *ret, struct error *err);
void route_list_release(struct route_list *list);

/* Pure: one RTM_NEWROUTE message; false if it is anything else or cut short. */
bool route_parse(const struct nlmsghdr *message, struct route_entry *ret);
/* The default route of the main table with the lowest metric; NULL if there is none. */
const struct route_entry *route_default(const struct route_list *list);
/* "unicast", "blackhole", …; "unknown" for what is not known. */
const char *route_type_name(uint8_t type);

#endif
