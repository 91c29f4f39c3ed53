/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_SOCKETS_H
#define PROBES_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libmnl/libmnl.h>

#include "base/address.h"
#include "base/error.h"

/* A TCP socket that holds a local port (sock_diag; TIME_WAIT and half-open ones left out). */
struct tcp_socket {
	struct address address; /* local */
	uint16_t port;          /* host order */
	uint8_t state;          /* TCP_LISTEN, … of <netinet/tcp.h>; SOCKETS_BOUND */
	bool v6only;            /* of an IPv6 socket; false also where the kernel does not say */
	uint32_t ifindex;       /* SO_BINDTODEVICE, or 0 */
	uint32_t uid;
	uint32_t inode;
	uint32_t queue, backlog; /* of a listener: waiting to be accepted, and how many may */
};

/* Bound, neither listening nor connected; shown by Linux 6.8 and newer (TCP_BOUND_INACTIVE). */
enum { SOCKETS_BOUND = 13 };

struct tcp_socket_list {
	struct tcp_socket *items;
	size_t count, allocated;
};

/* All such sockets of this network namespace, whoever owns them. Needs no privilege. */
int sockets_read(struct tcp_socket_list *ret, struct error *err);
void sockets_release(struct tcp_socket_list *list);

/* Pure: one SOCK_DIAG_BY_FAMILY message; false if it is anything else or cut short. */
bool sockets_parse(const struct nlmsghdr *message, struct tcp_socket *ret);

/*
 * The listener that keeps a new listening socket with SO_REUSEADDR from @address:@port (any
 * interface), by the kernel's rules (inet_csk_bind_conflict(), inet_rcv_saddr_equal()): the same
 * port, and equal addresses or a wildcard on either side, where an IPv6 wildcard that is not v6only
 * also holds IPv4. NULL if there is none. @address may be the wildcard; @port is in host order.
 */
const struct tcp_socket *sockets_port_in_use(const struct tcp_socket_list *list,
					     const struct address *address, uint16_t port);
/*
 * As above for sockets that are bound or connected: such a one is in the way only if its owner did
 * not set SO_REUSEADDR, which the kernel does not show. sockets_bind_try() knows.
 */
const struct tcp_socket *sockets_port_maybe_in_use(const struct tcp_socket_list *list,
						   const struct address *address, uint16_t port);

/*
 * Lets the kernel say: binds a socket with SO_REUSEADDR and closes it again. 0, or the positive
 * errno of bind() in *@ret_errnum: EADDRINUSE, EACCES (privileged port), EADDRNOTAVAIL (not our
 * address). Listening is not tried, so nobody can connect.
 */
int sockets_bind_try(const struct address *address, uint16_t port, int *ret_errnum,
		     struct error *err);

struct socket_owner {
	pid_t pid;
	char comm[64]; /* as the process calls itself: escape before printing */
};

/*
 * Who holds the socket with this inode, as far as /proc lets us see: our own processes, all for
 * root. -ENOENT if none that we may see.
 */
int sockets_owner_read(uint32_t inode, struct socket_owner *ret, struct error *err);

/*
 * Whether a process that calls itself @comm runs besides this one, its parent and its children: all
 * that can be known of another user's processes.
 */
bool process_runs(const char *comm);

#endif
