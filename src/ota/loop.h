/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_LOOP_H
#define SRC_OTA_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/error.h"
#include "src/ota/session.h"

/*
 * Drives any number of sessions over one listening TCP socket and their UDP sockets, without a
 * blocking call: epoll and the monotonic clock. The only part of the uploader that does I/O
 * (besides reading the image).
 */
struct loop;

/*
 * A listening, non-blocking TCP socket on @address (any: all of them) and @port (host order).
 * SO_REUSEADDR, so that connections in TIME_WAIT do not hold the port; another listener still
 * does. 0, or a negative errno with @err filled in: -EADDRINUSE (something listens there),
 * -EADDRNOTAVAIL (not an address of this host), -EACCES (privileged port), others as the kernel
 * has them. Own it until a loop gets it, and after that too: the loop never closes it.
 */
int listener_open(const struct address *address, uint16_t port, int *ret_fd, struct error *err);

/* One session's device and the sockets' addresses. Copied; @accept_from is not. */
struct loop_peer {
	struct address device;
	struct address
		host; /* the invitation leaves from here: the address the device calls back */
	/* Networks besides @device itself that the connection may come from (a port forwarder). */
	const struct cidr *accept_from;
	size_t accept_from_count;
};

/* All may be NULL. A session may be added, but not freed, from within them. */
struct loop_callbacks {
	/* @acknowledged of @total bytes have arrived; called when it has changed. */
	void (*progress)(void *user, struct session *session, uint64_t acknowledged,
			 uint64_t total);
	/* Has ended, session_outcome() tells how. Its sockets are closed already. */
	void (*finished)(void *user, struct session *session);
	/* A connection from a host that no session expects; it has been hung up on. */
	void (*intruder)(void *user, const struct address *address);
	/* The device has agreed: from now on its connection is waited for. */
	void (*agreed)(void *user, struct session *session);
	/* A line for --debug, no secrets, fit for printing. */
	void (*log)(void *user, const char *line);
	/* Called once each turn; may call loop_abort() on any session. */
	void (*turn)(void *user, struct loop *loop);
};

/* Never fails but for descriptors (-EMFILE and the like). @listener stays the caller's; -1: none. */
int loop_new(int listener, const struct loop_callbacks *callbacks, void *user,
	     struct loop **ret_loop, struct error *err);
/* Hangs up on every device that has not finished (a reset: nothing more reaches it). */
void loop_free(struct loop *loop);

/*
 * Opens the session's UDP sockets and starts it. @session stays the caller's and must outlive the
 * loop's use of it (until finished, or loop_free()). -EADDRNOTAVAIL if @host is not local,
 * -ENETUNREACH and the like if there is no route; the session has then not started.
 */
int loop_add(struct loop *loop, const struct loop_peer *peer, struct session *session,
	     struct error *err);

/* Watches @fd for input; @handler is called when there is some, and may abort sessions. */
int loop_watch(struct loop *loop, int fd, void (*handler)(void *user, struct loop *loop, int fd),
	       void *user, struct error *err);
void loop_unwatch(struct loop *loop, int fd);

/* Ends @session as SESSION_ABORTED at once. */
void loop_abort(struct loop *loop, struct session *session);

/*
 * Runs until every session has finished: 0. -EINTR as soon as *@stop (may be NULL) is not 0; set it
 * in a signal handler that was installed without SA_RESTART. Other negative errno: descriptors or
 * memory have run out.
 */
int loop_run(struct loop *loop, const volatile sig_atomic_t *stop, struct error *err);

/* Milliseconds of the clock that loop and sessions use (CLOCK_MONOTONIC). */
int64_t loop_now(void);

#endif
