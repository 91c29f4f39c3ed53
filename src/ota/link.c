/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/link.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* Per event, so that one peer that never stops talking cannot hold up the others. */
enum { READS_AT_ONCE = 16 };

void link_log(const struct link *link, const char *format, ...)
{
	char address[ADDRESS_TEXT_SIZE], line[512];
	va_list arguments;

	if (!link->log)
		return;
	int used =
		snprintf(line, sizeof(line), "%s: ", address_format(&link->peer.device, address));
	va_start(arguments, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, arguments);
	va_end(arguments);
	link->log(link->user, line);
}

static void set_linger(int fd, bool reset)
{
	struct linger linger = {.l_onoff = reset, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

void hang_up(int fd)
{
	set_linger(fd, true);
	close(fd);
}

static int watch(struct link *link, struct link_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(link->epoll, EPOLL_CTL_ADD, source->fd, &event) ? -errno : 0;
}

/* --- UDP --- */

static int open_udp(struct link *link, struct link_source *source, struct error *err)
{
	const struct loop_peer *peer = &link->peer;
	struct sockaddr_storage local, remote;
	socklen_t local_length = address_to_sockaddr(&peer->host, 0, &local);
	socklen_t remote_length = address_to_sockaddr(&peer->device, source->port, &remote);
	char text[ADDRESS_TEXT_SIZE];
	int on = 1;

	cleanup(close_fd) int fd =
		socket(peer->device.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(err, errno, "cannot open a UDP socket");
	setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	if (peer->host.family != AF_UNSPEC && bind(fd, (struct sockaddr *)&local, local_length))
		return error_errno(err, errno, "cannot send from %s",
				   address_format(&peer->host, text));
	if (connect(fd, (struct sockaddr *)&remote, remote_length))
		return error_errno(err, errno, "cannot send to %s",
				   address_format(&peer->device, text));
	source->fd = steal_fd(&fd);
	int result = watch(link, source, EPOLLIN);
	return result ? error_errno(err, -result, "cannot watch a socket") : 0;
}

int link_open(struct link *link, struct error *err)
{
	const struct session_outcome *plan = session_so_far(link->session);

	link->tcp = (struct link_source){.link = link, .fd = -1};
	for (size_t i = 0; i < SESSION_PORTS; i++)
		link->udp[i] = (struct link_source){link, -1, plan->ports[i].number};
	for (size_t i = 0; i < SESSION_PORTS && link->udp[i].port; i++) {
		int result = open_udp(link, &link->udp[i], err);
		if (result) {
			link_close(link, false);
			return result;
		}
	}
	return 0;
}

static void udp_error(struct link *link, uint16_t port, int errnum)
{
	link_log(link, "port %u: %s", port, strerror(errnum));
	session_udp_error(link->session, port, errnum, loop_now());
}

/* ICMP errors wait in a queue of their own (IP_RECVERR); emptying it clears the socket's error. */
static void read_errors(struct link *link, struct link_source *source)
{
	for (int i = 0; i < READS_AT_ONCE; i++) {
		char control[512];
		struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};

		if (recvmsg(source->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
		     header = CMSG_NXTHDR(&message, header)) {
			struct sock_extended_err error;
			if (header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_RECVERR)
				continue;
			memcpy(&error, CMSG_DATA(header), sizeof(error));
			udp_error(link, source->port, (int)error.ee_errno);
		}
	}
}

static void log_datagram(const struct link *link, uint16_t port, const void *data, size_t length)
{
	struct wire_reply reply = wire_parse(data, length);

	if (reply.kind == WIRE_CHALLENGE_MD5 || reply.kind == WIRE_CHALLENGE_PBKDF2)
		link_log(link, "port %u asks for the password (%s)", port,
			 auth_name(auth_kind_of(reply.nonce)));
	else
		link_log(link, "port %u answers \"%s\"", port, reply.text);
}

void link_read_udp(struct link *link, struct link_source *source)
{
	char data[2048];

	read_errors(link, source);
	for (int i = 0; i < READS_AT_ONCE; i++) {
		ssize_t length = recv(source->fd, data, sizeof(data), MSG_DONTWAIT);
		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length < 0) {
			udp_error(link, source->port, errno);
			continue;
		}
		log_datagram(link, source->port, data, (size_t)length);
		session_datagram_received(link->session, source->port, data, (size_t)length,
					  loop_now());
	}
}

static struct link_source *find_udp(struct link *link, uint16_t port)
{
	for (size_t i = 0; i < SESSION_PORTS; i++)
		if (link->udp[i].fd >= 0 && link->udp[i].port == port)
			return &link->udp[i];
	return NULL;
}

void link_send_datagrams(struct link *link)
{
	char text[WIRE_SIZE];
	uint16_t port;
	size_t length;

	while ((length = session_datagram(link->session, text, &port))) {
		struct link_source *source = find_udp(link, port);
		link_log(link, "%s: %zu bytes to port %u", session_describe(link->session), length,
			 port);
		/* An error that came in meanwhile would be taken for this datagram's. */
		if (source)
			read_errors(link, source);
		ssize_t sent = source ? send(source->fd, text, length, MSG_NOSIGNAL) : 0;
		if (sent < 0 && errno != EAGAIN && errno != ENOBUFS)
			udp_error(link, port, errno);
	}
	explicit_bzero(text, sizeof(text));
}

/* --- TCP --- */

static void close_source(struct link_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

void link_close(struct link *link, bool orderly)
{
	for (size_t i = 0; i < SESSION_PORTS; i++)
		close_source(&link->udp[i]);
	if (link->tcp.fd >= 0 && orderly)
		set_linger(link->tcp.fd, false);
	close_source(&link->tcp);
}

void link_connect(struct link *link, int fd)
{
	/* From the start: even if this process is killed, the kernel must not go on sending the
	 * image behind everybody's back. */
	set_linger(fd, true);
	if (link->tcp.fd >= 0)
		link_log(link, "an older connection is given up for a newer one");
	close_source(&link->tcp);
	link->tcp.fd = fd;
	link->sent = link->acknowledged = 0;
	link->write_failed = false;
	link->tcp_events = EPOLLIN;
	watch(link, &link->tcp, link->tcp_events);
	session_tcp_connected(link->session, loop_now());
}

static void learn_progress(struct link *link)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	/* tcpi_bytes_acked (Linux 4.1): on an accepted socket exactly the data, no SYN. */
	if (!getsockopt(link->tcp.fd, IPPROTO_TCP, TCP_INFO, &info, &length))
		link->acknowledged = info.tcpi_bytes_acked;
	session_tcp_progress(link->session, link->sent, link->acknowledged, loop_now());
}

static void tcp_closed(struct link *link, int errnum)
{
	link_log(link, "the connection has ended: %s",
		 errnum ? strerror(errnum) : "closed by the device");
	learn_progress(link);
	session_tcp_closed(link->session, errnum, loop_now());
}

void link_read_tcp(struct link *link)
{
	char data[2048];

	for (int i = 0; i < READS_AT_ONCE; i++) {
		ssize_t length = recv(link->tcp.fd, data, sizeof(data), MSG_DONTWAIT);
		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length <= 0) {
			tcp_closed(link, length ? errno : 0);
			return;
		}
		session_tcp_received(link->session, data, (size_t)length, loop_now());
	}
}

static void watch_for_room(struct link *link, bool wanted)
{
	uint32_t events = EPOLLIN | (wanted ? EPOLLOUT : 0);
	struct epoll_event event = {.events = events, .data.ptr = &link->tcp};

	if (events == link->tcp_events)
		return;
	link->tcp_events = events;
	epoll_ctl(link->epoll, EPOLL_CTL_MOD, link->tcp.fd, &event);
}

void link_write_tcp(struct link *link)
{
	uint64_t offset;
	size_t length;

	learn_progress(link);
	while (!link->write_failed && (length = session_wants_data(link->session, &offset))) {
		const struct image *image = session_image(link->session);
		ssize_t sent = send(link->tcp.fd, image->data + offset, length,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			link_log(link, "cannot send any more: %s", strerror(errno));
			link->write_failed = true;
			break;
		}
		link->sent += (uint64_t)sent;
		learn_progress(link);
	}
	watch_for_room(link, !link->write_failed && session_wants_data(link->session, &offset));
}
