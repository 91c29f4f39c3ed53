/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/loop.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "src/ota/link.h"

/*
 * Milliseconds. Nothing wakes us when the last bytes are acknowledged, nor, between its being
 * looked at and the wait, when a signal has set the stop flag.
 */
enum { LOOK_AGAIN = 100, LOOK_FOR_STOP = 250, EVENTS_AT_ONCE = 64 };

struct watch {
	struct link_source source; /* first: what epoll hands back; its link is NULL */
	void (*handler)(void *user, struct loop *loop, int fd);
	void *user;
};

struct loop {
	int epoll;
	int accept_error; /* positive; descriptors have run out */
	struct loop_callbacks callbacks;
	void *user;
	/* Links stay until the end: an event for one may be in the batch that is being handled, and
	 * a device that has finished is no intruder if it connects once more. */
	struct link **links;
	size_t link_count, links_allocated;
	struct watch **watches;
	size_t watch_count, watches_allocated;
};

int64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- life and watches --- */

static void accept_connections(void *user, struct loop *loop, int fd);

int loop_new(int listener, const struct loop_callbacks *callbacks, void *user,
	     struct loop **ret_loop, struct error *err)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		return error_errno(err, errno, "cannot make an epoll descriptor");
	struct loop *loop = xcalloc(1, sizeof(*loop));
	loop->epoll = epoll;
	loop->callbacks = *callbacks;
	loop->user = user;
	int result = listener < 0 ? 0 : loop_watch(loop, listener, accept_connections, NULL, err);
	if (result) {
		loop_free(loop);
		return result;
	}
	*ret_loop = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (size_t i = 0; i < loop->link_count; i++) {
		link_close(loop->links[i], false);
		free(loop->links[i]);
	}
	for (size_t i = 0; i < loop->watch_count; i++)
		free(loop->watches[i]);
	free(loop->links);
	free(loop->watches);
	close(loop->epoll);
	free(loop);
}

int loop_watch(struct loop *loop, int fd, void (*handler)(void *user, struct loop *loop, int fd),
	       void *user, struct error *err)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));

	*watch = (struct watch){.source.fd = fd, .handler = handler, .user = user};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &watch->source};
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event)) {
		free(watch);
		return error_errno(err, errno, "cannot watch a descriptor");
	}
	loop->watches = xgrow(loop->watches, loop->watch_count, &loop->watches_allocated,
			      sizeof(struct watch *));
	loop->watches[loop->watch_count++] = watch;
	return 0;
}

void loop_unwatch(struct loop *loop, int fd)
{
	for (size_t i = 0; i < loop->watch_count; i++)
		if (loop->watches[i]->source.fd == fd) {
			epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
			loop->watches[i]->source.fd = -1;
		}
}

/* --- sessions --- */

static void finish_link(struct loop *loop, struct link *link)
{
	struct session *session = link->session;
	const struct session_outcome *outcome = session_outcome(session);
	const char *finding = session_finding(outcome->result);
	bool unfinished = outcome->result == SESSION_STALLED || outcome->result == SESSION_ABORTED;

	link_log(link, "finished: %s%s%s", finding ? finding : "no finding",
		 outcome->text[0] ? ", it said: " : "", outcome->text);
	link_close(link, !unfinished);
	link->session = NULL;
	if (loop->callbacks.finished)
		loop->callbacks.finished(loop->user, session);
}

static void tell_agreed(struct loop *loop, struct link *link)
{
	if (link->agreed || session_so_far(link->session)->times.agreed < 0)
		return;
	link->agreed = true;
	if (loop->callbacks.agreed)
		loop->callbacks.agreed(loop->user, link->session);
}

static void tell_progress(struct loop *loop, struct link *link)
{
	const struct session_outcome *outcome = session_so_far(link->session);

	if (link->told == outcome->bytes)
		return;
	link->told = outcome->bytes;
	if (loop->callbacks.progress)
		loop->callbacks.progress(loop->user, link->session, outcome->bytes, outcome->size);
}

/* After every event of @link: does what its session wishes. The callbacks may end it. */
static void obey(struct loop *loop, struct link *link)
{
	if (!link->session)
		return;
	link_send_datagrams(link);
	tell_agreed(loop, link);
	if (link->session)
		tell_progress(loop, link);
	if (link->session && session_wants_close(link->session))
		finish_link(loop, link);
}

int loop_add(struct loop *loop, const struct loop_peer *peer, struct session *session,
	     struct error *err)
{
	struct link *link = xcalloc(1, sizeof(*link));

	link->session = session;
	link->peer = *peer;
	link->epoll = loop->epoll;
	link->log = loop->callbacks.log;
	link->user = loop->user;
	int result = link_open(link, err);
	if (result) {
		free(link);
		return result;
	}
	loop->links =
		xgrow(loop->links, loop->link_count, &loop->links_allocated, sizeof(struct link *));
	loop->links[loop->link_count++] = link;
	session_start(session, loop_now());
	obey(loop, link);
	return 0;
}

void loop_abort(struct loop *loop, struct session *session)
{
	for (size_t i = 0; i < loop->link_count; i++)
		if (loop->links[i]->session == session) {
			session_abort(session, loop_now());
			obey(loop, loop->links[i]);
			return;
		}
}

/* --- connections --- */

static bool is_forwarder(const struct link *link, const struct address *from)
{
	for (size_t i = 0; i < link->peer.accept_from_count; i++)
		if (cidr_contains(&link->peer.accept_from[i], from))
			return true;
	return false;
}

/* How well a connection from @from fits; 0: not at all. Behind a forwarder there may be several
 * devices: the one that has agreed and is still without a connection comes first. */
static unsigned fit(const struct link *link, const struct address *from)
{
	bool own = address_equal(&link->peer.device, from);

	if (!link->session || !session_expects_connection(link->session))
		return 0;
	if (!own && !is_forwarder(link, from))
		return 0;
	return 1 + 4 * own + 2 * (session_so_far(link->session)->times.agreed >= 0) +
	       (link->tcp.fd < 0);
}

static struct link *expecting(const struct loop *loop, const struct address *from)
{
	struct link *best = NULL;

	for (size_t i = 0; i < loop->link_count; i++)
		if (fit(loop->links[i], from) > (best ? fit(best, from) : 0))
			best = loop->links[i];
	return best;
}

static bool is_known(const struct loop *loop, const struct address *from)
{
	for (size_t i = 0; i < loop->link_count; i++)
		if (address_equal(&loop->links[i]->peer.device, from) ||
		    is_forwarder(loop->links[i], from))
			return true;
	return false;
}

static void handle_connection(struct loop *loop, int fd, const struct address *from)
{
	struct link *link = expecting(loop, from);
	char text[ADDRESS_TEXT_SIZE];

	if (link) {
		link_log(link, "connection from %s", address_format(from, text));
		link_connect(link, fd);
		if (!session_wants_close(link->session))
			link_write_tcp(link);
		obey(loop, link);
		return;
	}
	hang_up(fd);
	if (!is_known(loop, from) && loop->callbacks.intruder)
		loop->callbacks.intruder(loop->user, from);
}

static bool is_shortage(int errnum)
{
	return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS || errnum == ENOMEM;
}

static void accept_connections(void *user, struct loop *loop, int listener)
{
	(void)user;
	for (int i = 0; i < EVENTS_AT_ONCE; i++) {
		struct sockaddr_storage remote;
		socklen_t length = sizeof(remote);
		struct address from;

		int fd = accept4(listener, (struct sockaddr *)&remote, &length,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0 && is_shortage(errno)) {
			loop->accept_error = errno;
			return;
		}
		/* The others are errors of that one connection, see accept(2). */
		if (fd < 0)
			continue;
		if (address_from_sockaddr(&remote, &from, NULL))
			handle_connection(loop, fd, &from);
		else
			hang_up(fd);
	}
}

/* --- turns --- */

static void handle_event(struct loop *loop, struct link_source *source, uint32_t events)
{
	struct link *link = source->link;

	if (source->fd < 0)
		return; /* closed by an earlier event of the same batch */
	if (!link) {
		struct watch *watch = (struct watch *)source;
		watch->handler(watch->user, loop, source->fd);
		return;
	}
	if (source->port) {
		link_read_udp(link, source);
	} else {
		link_write_tcp(link);
		if (!session_wants_close(link->session) && events & ~(uint32_t)EPOLLOUT)
			link_read_tcp(link);
	}
	obey(loop, link);
}

/* When something has to be done even if nothing happens. */
static int64_t next_deadline(const struct loop *loop, bool stoppable)
{
	int64_t now = loop_now(), deadline = INT64_MAX;

	if (stoppable)
		deadline = now + LOOK_FOR_STOP;
	for (size_t i = 0; i < loop->link_count; i++) {
		const struct link *link = loop->links[i];
		if (!link->session)
			continue;
		int64_t own = session_deadline(link->session);
		if (link->tcp.fd >= 0 && link->acknowledged < link->sent && own > now + LOOK_AGAIN)
			own = now + LOOK_AGAIN;
		if (own < deadline)
			deadline = own;
	}
	return deadline;
}

static int wait_for_events(struct loop *loop, bool stoppable, struct error *err)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int64_t now = loop_now(), deadline = next_deadline(loop, stoppable);
	int64_t wait = deadline > now ? deadline - now : 0;

	int count = epoll_wait(loop->epoll, events, ARRAY_SIZE(events),
			       deadline == INT64_MAX ? -1 : (int)wait);
	if (count < 0 && errno != EINTR)
		return error_errno(err, errno, "cannot wait for the network");
	for (int i = 0; i < count; i++)
		handle_event(loop, events[i].data.ptr, events[i].events);
	if (loop->accept_error)
		return error_errno(err, loop->accept_error, "cannot accept a connection");
	return 0;
}

static size_t tick(struct loop *loop)
{
	size_t active = 0;

	for (size_t i = 0; i < loop->link_count; i++) {
		struct link *link = loop->links[i];
		if (link->session && session_deadline(link->session) <= loop_now())
			session_tick(link->session, loop_now());
		if (link->session && link->tcp.fd >= 0)
			link_write_tcp(link);
		obey(loop, link);
		active += link->session != NULL;
	}
	return active;
}

int loop_run(struct loop *loop, const volatile sig_atomic_t *stop, struct error *err)
{
	while (tick(loop)) {
		if (stop && *stop)
			return error_set(err, EINTR, "stopped by a signal");
		int result = wait_for_events(loop, stop != NULL, err);
		if (result)
			return result;
		if (loop->callbacks.turn)
			loop->callbacks.turn(loop->user, loop);
	}
	return 0;
}
