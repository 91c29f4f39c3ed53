/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"

enum {
	DEVICE_TCP_PORT = 49152, /* stands for the port that the device will choose */
	FIRST_SEQUENCE = 1000,
	HEADERS_ONLY = 0,
};

/* What the device saw since it was last asked. */
struct seen {
	bool refused;
	bool invitation, synack, data;
	struct segment last; /* the one that the flag is about */
};

static int host_socket(int type, const struct address *address, uint16_t port)
{
	struct sockaddr_storage name;
	socklen_t length = address_to_sockaddr(address, port, &name);
	const int one = 1;
	int fd = socket(address->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* The host's address may be one that the copy could not be given: then it says so. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&name, length) ||
	    (type == SOCK_STREAM && listen(fd, 4))) {
		int errnum = errno;
		close(fd);
		return -errnum;
	}
	return fd;
}

/* Lets all that is under way arrive, and looks at what the device and nftrace were told. */
static int look(struct lab *lab, struct trace *trace, struct seen *ret)
{
	struct segment segment;
	int rc = lab_settle(lab);

	*ret = (struct seen){0};
	trace_read(trace);
	while (lab_receive(lab, &segment)) {
		bool synack = segment.protocol == IPPROTO_TCP && segment.flags & TH_SYN &&
			      segment.flags & TH_ACK;
		bool data = segment.protocol == IPPROTO_TCP && !(segment.flags & TH_SYN) &&
			    segment.payload;
		bool invitation = segment.protocol == IPPROTO_UDP;
		ret->refused |= segment_refuses(&segment);
		ret->synack |= synack;
		ret->data |= data;
		ret->invitation |= invitation;
		if (synack || data || invitation)
			ret->last = segment;
	}
	return rc;
}

/* What an earlier exchange still says, when its sockets are closed, is none of the next one's. */
static int be_quiet(struct lab *lab, struct trace *trace)
{
	struct seen seen;
	int rc = look(lab, trace, &seen);

	trace_reset(trace);
	return rc;
}

static bool is_dropped(const struct trace_packet *packet)
{
	return packet->last.is_set && packet->last.code == VERDICT_DROP;
}

static void conclude(struct exchanged *ret, const struct trace_packet *packet, bool arrived,
		     bool refused)
{
	ret->last = packet->last;
	if (arrived)
		ret->verdict = REPLAY_ACCEPT;
	else if (refused)
		ret->verdict = REPLAY_REJECT;
	else
		ret->verdict = is_dropped(packet) ? REPLAY_DROP : REPLAY_ELSEWHERE;
}

static int invite(struct lab *lab, struct trace *trace, const struct flow_question *question,
		  int udp, struct seen *ret_seen, struct exchanged *ret)
{
	struct sockaddr_storage device;
	socklen_t length =
		address_to_sockaddr(&question->device.address, question->ota_port, &device);
	ssize_t sent = sendto(udp, "1", 1, 0, (const struct sockaddr *)&device, length);
	int errnum = sent < 0 ? errno : 0;
	int rc = look(lab, trace, ret_seen);
	const struct segment *segment = &ret_seen->last;
	bool arrived = ret_seen->invitation && segment->destination_port == question->ota_port &&
		       address_equal(&segment->destination, &question->device.address);

	conclude(ret, &trace->packets[INVITATION_OUT], arrived, false);
	if (!arrived && errnum == EPERM && ret->verdict == REPLAY_ELSEWHERE)
		ret->verdict = REPLAY_DROP;
	return rc;
}

/* To where the invitation came from, as the device saw it. */
static int reply(struct lab *lab, struct trace *trace, const struct segment *invitation, int udp,
		 struct exchanged *ret)
{
	struct segment answer = {
		.source = invitation->destination,
		.destination = invitation->source,
		.protocol = IPPROTO_UDP,
		.source_port = invitation->destination_port,
		.destination_port = invitation->source_port,
		.payload = 1,
	};
	struct seen seen;
	char byte;
	int rc = lab_send(lab, &answer);

	if (!rc)
		rc = look(lab, trace, &seen);
	if (rc)
		return rc;
	conclude(ret, &trace->packets[REPLY_IN], recv(udp, &byte, 1, 0) == 1, seen.refused);
	return 0;
}

static int run_udp(struct lab *lab, struct trace *trace, const struct flow_question *question,
		   struct exchanged *ret)
{
	cleanup(close_fd) int udp =
		host_socket(SOCK_DGRAM, &question->host, question->host_udp_ports.first);
	struct seen seen;

	if (udp < 0)
		return udp;
	int rc = invite(lab, trace, question, udp, &seen, &ret[INVITATION_OUT]);
	if (rc || ret[INVITATION_OUT].verdict != REPLAY_ACCEPT)
		return rc;
	return reply(lab, trace, &seen.last, udp, &ret[REPLY_IN]);
}

/* The connection as the device knows it. */
struct connection {
	struct lab *lab;
	struct trace *trace;
	struct segment next; /* the device's next segment, but for flags and payload */
	int listener, accepted;
};

static int device_says(struct connection *connection, uint8_t flags, uint8_t payload,
		       struct seen *ret_seen)
{
	struct segment segment = connection->next;

	segment.flags = flags;
	segment.payload = payload;
	connection->next.sequence += payload + (flags & TH_SYN ? 1 : 0);
	int rc = lab_send(connection->lab, &segment);
	return rc ? rc : look(connection->lab, connection->trace, ret_seen);
}

/* Redirected is what ends at another port, though it got in. */
static void conclude_syn(struct exchanged ret[static FLOW_PACKETS], const struct trace *trace,
			 const struct seen *seen, uint16_t port)
{
	const struct trace_packet *syn = &trace->packets[SYN_IN],
				  *answer = &trace->packets[SYNACK_OUT];
	bool here = syn->passed && syn->passed_port == port;

	conclude(&ret[SYN_IN], syn, seen->synack || (here && answer->arose),
		 seen->refused && is_dropped(syn));
	if (ret[SYN_IN].verdict == REPLAY_ACCEPT)
		conclude(&ret[SYNACK_OUT], answer, seen->synack, false);
}

/* SNAT on the way out makes it an answer that the device did not ask for. */
static bool is_answer(const struct segment *synack, const struct segment *asked)
{
	return address_equal(&synack->source, &asked->destination) &&
	       synack->source_port == asked->destination_port;
}

static int open_connection(struct connection *connection, struct exchanged ret[static FLOW_PACKETS])
{
	struct seen seen;
	int rc = device_says(connection, TH_SYN, HEADERS_ONLY, &seen);

	if (rc)
		return rc;
	conclude_syn(ret, connection->trace, &seen, connection->next.destination_port);
	if (ret[SYNACK_OUT].verdict == REPLAY_ACCEPT && !is_answer(&seen.last, &connection->next))
		ret[SYNACK_OUT].verdict = REPLAY_ELSEWHERE;
	connection->next.acknowledged = seen.last.sequence + 1;
	return 0;
}

/* The host sends a byte of the image, the device acknowledges both it and, in its way, the byte. */
static int transfer(struct connection *connection, struct exchanged ret[static FLOW_PACKETS])
{
	const struct trace_packet *packets = connection->trace->packets;
	struct seen seen;
	char byte;
	int rc = device_says(connection, TH_ACK, HEADERS_ONLY, &seen);

	if (rc)
		return rc;
	connection->accepted = accept4(connection->listener, NULL, NULL, SOCK_CLOEXEC);
	conclude(&ret[DATA_IN], &packets[DATA_IN], connection->accepted >= 0, seen.refused);
	if (connection->accepted < 0)
		return 0;
	if (send(connection->accepted, "\xe9", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		return -errno;
	rc = look(connection->lab, connection->trace, &seen);
	conclude(&ret[DATA_OUT], &packets[DATA_OUT], seen.data, false);
	if (rc || !seen.data)
		return rc;
	connection->next.acknowledged++;
	rc = device_says(connection, TH_ACK | TH_PUSH, 1, &seen);
	conclude(&ret[DATA_IN], &packets[DATA_IN],
		 recv(connection->accepted, &byte, 1, MSG_DONTWAIT) == 1, seen.refused);
	return rc;
}

static struct segment first_segment(const struct address *device, const struct address *host,
				    uint16_t port)
{
	return (struct segment){
		.source = *device,
		.destination = *host,
		.protocol = IPPROTO_TCP,
		.source_port = DEVICE_TCP_PORT,
		.destination_port = port,
		.sequence = FIRST_SEQUENCE,
	};
}

static int run_tcp(struct lab *lab, struct trace *trace, const struct flow_question *question,
		   struct exchanged *ret)
{
	uint16_t port = question->host_ports.first;
	cleanup(close_fd) int listener = host_socket(SOCK_STREAM, &question->host, port);
	struct connection connection = {
		.lab = lab,
		.trace = trace,
		.next = first_segment(&question->device.address, &question->host, port),
		.listener = listener,
		.accepted = -1,
	};

	if (listener < 0)
		return listener;
	int rc = open_connection(&connection, ret);
	if (!rc && ret[SYNACK_OUT].verdict == REPLAY_ACCEPT)
		rc = transfer(&connection, ret);
	close_fd(&connection.accepted);
	return rc;
}

int exchange_run(struct lab *lab, struct trace *trace, const struct flow_question *question,
		 struct exchanged ret[static FLOW_PACKETS], struct error *err)
{
	for (int packet = 0; packet < FLOW_PACKETS; packet++)
		ret[packet] = (struct exchanged){.verdict = REPLAY_NOT_SENT};
	int rc = be_quiet(lab, trace);
	if (!rc)
		rc = run_udp(lab, trace, question, ret);
	if (!rc)
		rc = run_tcp(lab, trace, question, ret);
	return rc ? error_errno(err, -rc, "the replay of the exchange broke off") : 0;
}

int exchange_stranger(struct lab *lab, struct trace *trace, const struct address *host,
		      const struct replay_stranger *stranger, struct exchanged *ret,
		      struct error *err)
{
	cleanup(close_fd) int listener = host_socket(SOCK_STREAM, host, stranger->port);
	struct connection connection = {
		.lab = lab,
		.trace = trace,
		.next = first_segment(&stranger->device, host, stranger->port),
		.listener = listener,
		.accepted = -1,
	};
	struct exchanged all[FLOW_PACKETS] = {{.verdict = REPLAY_NOT_SENT}};
	int rc = listener < 0 ? listener : be_quiet(lab, trace);

	if (!rc)
		rc = open_connection(&connection, all);
	*ret = all[SYN_IN];
	return rc ? error_errno(err, -rc, "the replay for another host broke off") : 0;
}
