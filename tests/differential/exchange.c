/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/exchange.h"

#include <errno.h>
#include <netinet/in.h>
/* After the C library's own. */
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/differential/frame.h"
#include "tests/differential/lab.h"
#include "tests/differential/listen.h"
#include "tests/differential/trace.h"

/*
 * Which connection a TCP packet belongs to is in its numbers, which no translation of addresses
 * changes: the device's first sequence number is FIRST_SEQ + index × SEQ_STEP.
 */
enum { FIRST_SEQ = 0x51000000, SEQ_STEP = 16, IDS = 4096 };

struct known {
	uint32_t id;
	struct observation *observation;
};

struct run {
	struct exchange *exchange;
	struct lab *lab;
	struct trace *trace;
	struct known known[IDS]; /* packets by trace id */
	struct frame invitation; /* as the device got it */
};

const char *fate_name(enum fate fate)
{
	static const char *const names[] = {"not sent", "accept",   "drop",
					    "reject",   "redirect", "vanished"};

	return names[fate];
}

const char *witness_text(const struct witness *witness, char *text, size_t size)
{
	char which[24] = "policy";

	if (!*witness->chain) {
		*text = '\0';
		return text;
	}
	if (!witness->policy)
		snprintf(which, sizeof(which), "%llu", (unsigned long long)witness->handle);
	snprintf(text, size, "%s/%s/%s#%s:%s%s%s", family_name(witness->family), witness->table,
		 witness->chain, which, trace_verdict_name(witness->verdict),
		 *witness->target ? " " : "", witness->target);
	return text;
}

const struct observation *exchange_at(const struct exchange *exchange, enum flow_packet packet,
				      size_t index)
{
	return packet <= REPLY_IN ? &exchange->datagrams[packet]
				  : &exchange->connections[index].packets[packet];
}

static uint32_t first_seq(size_t index)
{
	return FIRST_SEQ + (uint32_t)index * SEQ_STEP;
}

/* The connection with this number of the device's, @ret_offset counted from its first. */
static struct connection *by_number(struct exchange *exchange, uint32_t number,
				    uint32_t *ret_offset)
{
	uint32_t index = (number - FIRST_SEQ) / SEQ_STEP;

	*ret_offset = (number - FIRST_SEQ) % SEQ_STEP;
	return number >= FIRST_SEQ && index < exchange->n_connections
		       ? &exchange->connections[index]
		       : NULL;
}

/* Which of the six packets it is; NULL for anything else (a RST that a rule sends). */
static struct observation *identify(struct exchange *exchange, const struct frame *frame,
				    bool inward)
{
	bool syn = frame->flags & TCP_SYN, ack = frame->flags & TCP_ACK;
	struct connection *connection;
	uint32_t offset;

	if (frame->protocol == IPPROTO_UDP)
		return &exchange->datagrams[inward ? REPLY_IN : INVITATION_OUT];
	connection = by_number(exchange, inward ? frame->seq : frame->ack, &offset);
	if (!connection || (!inward && !ack))
		return NULL;
	if (inward)
		return offset == 0 && syn && !ack ? &connection->packets[SYN_IN]
		       : offset == 1 && ack       ? &connection->packets[DATA_IN]
						  : NULL;
	return offset == 1 && (syn || frame->flags & TCP_RST) ? &connection->packets[SYNACK_OUT]
	       : offset == 2 && !(frame->flags & TCP_RST)     ? &connection->packets[DATA_OUT]
							      : NULL;
}

static struct observation *observation_of(struct run *run, const struct trace_event *event)
{
	struct known *known = &run->known[event->id % IDS];
	struct frame frame = {0};
	uint8_t protocol;

	if (event->network_length < 20 || !event->transport)
		return known->id == event->id ? known->observation : NULL;
	protocol = event->network[0] >> 4 == 6 ? event->network[6] : event->network[9];
	if (!frame_parse_transport(protocol, event->transport, event->transport_length, &frame))
		return NULL;
	known->id = event->id;
	known->observation = identify(run->exchange, &frame, event->inward);
	if (known->observation && !known->observation->traced)
		known->observation->source_port = frame.source_port;
	return known->observation;
}

static void copy_name(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s", name ? name : "");
}

static void take_event(void *context, const struct trace_event *event)
{
	struct observation *seen = observation_of(context, event);

	if (!seen)
		return;
	seen->traced = true;
	if (strcmp(event->table, TRACE_TABLE) == 0) {
		seen->forwarded |= strcmp(event->chain, "away") == 0;
		return;
	}
	/* That it leaves for another host is decided; what it meets there is another question. */
	if (seen->forwarded)
		return;
	struct witness *last = &seen->last;
	last->family = event->family;
	copy_name(last->table, sizeof(last->table), event->table);
	copy_name(last->chain, sizeof(last->chain), event->chain);
	copy_name(last->target, sizeof(last->target), event->target);
	last->handle = event->handle;
	last->policy = event->policy;
	last->verdict = event->verdict;
	seen->dropped |= (event->verdict & NF_VERDICT_MASK) == NF_DROP && (int)event->verdict >= 0;
}

static void send_frame(struct run *run, struct frame *frame)
{
	uint8_t bytes[FRAME_SIZE];

	memcpy(frame->to_mac, run->lab->host_mac, 6);
	memcpy(frame->from_mac, run->lab->peer_mac, 6);
	size_t length = frame_build(frame, bytes);
	if (send(run->lab->wire, bytes, length, 0) != (ssize_t)length)
		run->exchange->lost = true;
}

/* The connection that a reset without a number of the device's own belongs to. */
static struct connection *by_port(struct exchange *exchange, uint16_t device_port)
{
	size_t index = (size_t)device_port - exchange->device_port;

	return device_port >= exchange->device_port && index < exchange->n_connections
		       ? &exchange->connections[index]
		       : NULL;
}

/* A reset or an ICMP error: the packet that it answers was refused. */
static void take_answer(struct run *run, const struct frame *frame)
{
	struct exchange *exchange = run->exchange;
	struct connection *connection;
	uint32_t offset = 2;

	if (frame->protocol == IPPROTO_UDP) {
		exchange->datagrams[REPLY_IN].answered |= frame->quoted;
		return;
	}
	if (frame->quoted)
		connection = by_number(exchange, frame->seq + 1, &offset);
	else if (frame->flags & TCP_ACK)
		connection = by_number(exchange, frame->ack, &offset);
	else
		connection = by_port(exchange, frame->dest_port);
	if (connection)
		connection->packets[offset == 1 ? SYN_IN : DATA_IN].answered = true;
}

static void take_tcp(struct run *run, const struct frame *frame)
{
	struct observation *seen = identify(run->exchange, frame, false);
	uint32_t offset;
	struct connection *connection = by_number(run->exchange, frame->ack, &offset);

	if (!seen || frame->flags & TCP_RST) {
		take_answer(run, frame);
		return;
	}
	bool as_called = frame->source_port == connection->port &&
			 frame->dest_port == connection->device_port &&
			 address_equal(&frame->source, &run->lab->host[run->exchange->family]);
	seen->fate = as_called ? FATE_PASSED : FATE_REDIRECTED;
	if (frame->flags & TCP_SYN)
		connection->server_seq = frame->seq;
}

static void take_frame(struct run *run, const struct frame *frame)
{
	const struct exchange *exchange = run->exchange;

	if (frame->quoted) {
		take_answer(run, frame);
	} else if (frame->protocol == IPPROTO_TCP) {
		take_tcp(run, frame);
	} else {
		bool there = frame->dest_port == exchange->ota_port &&
			     address_equal(&frame->dest, &run->lab->peer[exchange->family]);
		struct observation *invitation = &run->exchange->datagrams[INVITATION_OUT];

		/* A reply to an address that is not the host's comes back, forwarded. */
		if (invitation->fate != FATE_NOT_SENT)
			return;
		invitation->fate = there ? FATE_PASSED : FATE_REDIRECTED;
		run->invitation = *frame;
	}
}

/* Waits for everything that was sent, then takes in what the peer got and the kernel told. */
static void gather(struct run *run)
{
	uint8_t bytes[2048];
	struct frame frame;
	ssize_t length;

	if (!lab_settle(run->lab))
		run->exchange->lost = true;
	while ((length = recv(run->lab->wire, bytes, sizeof(bytes), 0)) > 0)
		if (frame_parse(bytes, (size_t)length, &frame))
			take_frame(run, &frame);
	if (!trace_read(run->trace, take_event, run))
		run->exchange->lost = true;
}

/* What became of a packet that did not come out. */
static void conclude(struct observation *seen)
{
	if (seen->fate != FATE_NOT_SENT)
		return;
	seen->fate = !seen->dropped ? FATE_VANISHED : seen->answered ? FATE_REJECTED : FATE_DROPPED;
}

static int udp_socket(struct run *run)
{
	const struct exchange *exchange = run->exchange;
	struct sockaddr_storage here;
	socklen_t size =
		address_to_sockaddr(&run->lab->host[exchange->family], exchange->udp_port, &here);
	int fd = socket(here.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&here, size)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void run_udp(struct run *run)
{
	struct exchange *exchange = run->exchange;
	struct observation *invitation = &exchange->datagrams[INVITATION_OUT];
	struct observation *reply = &exchange->datagrams[REPLY_IN];
	static const char text[] = "0 25623 1024 0123456789abcdef0123456789abcdef\n";
	cleanup(close_fd) int fd = udp_socket(run);
	struct sockaddr_storage there;
	char got[16];

	if (fd < 0) {
		exchange->lost = true;
		return;
	}
	socklen_t size =
		address_to_sockaddr(&run->lab->peer[exchange->family], exchange->ota_port, &there);
	/* EPERM is what a rule's drop looks like from here. */
	if (sendto(fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&there, size) < 0 &&
	    errno != EPERM)
		perror("judge: invitation");
	gather(run);
	conclude(invitation);
	if (invitation->fate != FATE_PASSED)
		return;
	send_frame(run, &(struct frame){.source = run->invitation.dest,
					.dest = run->invitation.source,
					.protocol = IPPROTO_UDP,
					.source_port = run->invitation.dest_port,
					.dest_port = run->invitation.source_port,
					.payload = "OK"});
	gather(run);
	if (recv(fd, got, sizeof(got), 0) > 0)
		reply->fate = FATE_PASSED;
	conclude(reply);
}

static struct frame tcp_frame(const struct run *run, const struct connection *connection)
{
	const struct exchange *exchange = run->exchange;

	return (struct frame){
		.source = run->lab->peer[exchange->family],
		.dest = run->lab->host[exchange->family],
		.protocol = IPPROTO_TCP,
		.source_port = connection->device_port,
		.dest_port = connection->port,
		.seq = first_seq((size_t)(connection - exchange->connections)),
	};
}

/* What answers a SYN from another port, or leaves for another host, has been redirected. */
static void conclude_syn(struct connection *connection)
{
	struct observation *syn = &connection->packets[SYN_IN];
	const struct observation *answer = &connection->packets[SYNACK_OUT];

	if (!syn->dropped &&
	    (syn->forwarded || (answer->traced && answer->source_port != connection->port)))
		syn->fate = FATE_REDIRECTED;
	else if (!syn->dropped && answer->traced)
		syn->fate = FATE_PASSED;
	conclude(syn);
	/* Which of the two is still to be said was not sent until here. */
	if (syn->fate == FATE_PASSED)
		conclude(&connection->packets[SYNACK_OUT]);
	else
		connection->packets[SYNACK_OUT].fate = FATE_NOT_SENT;
}

static void conclude_data(struct connection *connection)
{
	struct observation *in = &connection->packets[DATA_IN];
	struct observation *out = &connection->packets[DATA_OUT];

	if (!in->dropped && out->traced)
		in->fate = FATE_PASSED;
	conclude(in);
	if (in->fate == FATE_PASSED)
		conclude(out);
}

static void send_syns(struct run *run)
{
	struct exchange *exchange = run->exchange;

	for (size_t i = 0; i < exchange->n_connections; i++) {
		struct frame syn = tcp_frame(run, &exchange->connections[i]);

		syn.flags = TCP_SYN;
		send_frame(run, &syn);
	}
	gather(run);
	for (size_t i = 0; i < exchange->n_connections; i++)
		conclude_syn(&exchange->connections[i]);
}

/* To every SYN-ACK that came: the third packet of the handshake, or a byte. */
static void send_data(struct run *run, const char *payload)
{
	struct exchange *exchange = run->exchange;

	for (size_t i = 0; i < exchange->n_connections; i++) {
		const struct connection *connection = &exchange->connections[i];
		struct frame data = tcp_frame(run, connection);

		if (connection->packets[SYNACK_OUT].fate != FATE_PASSED)
			continue;
		data.flags = (uint8_t)(TCP_ACK | (payload ? TCP_PSH : 0));
		data.seq++;
		data.ack = connection->server_seq + 1;
		data.payload = payload;
		send_frame(run, &data);
	}
	gather(run);
}

static void run_tcp(struct run *run)
{
	struct exchange *exchange = run->exchange;

	send_syns(run);
	send_data(run, NULL);
	/* Only now has the connection a socket with an owner. */
	for (size_t i = 0; i < exchange->n_connections; i++)
		listen_accept(exchange->connections[i].port);
	send_data(run, "2");
	for (size_t i = 0; i < exchange->n_connections; i++)
		if (exchange->connections[i].packets[SYNACK_OUT].fate == FATE_PASSED)
			conclude_data(&exchange->connections[i]);
}

void exchange_run(struct exchange *exchange, struct lab *lab, struct trace *trace)
{
	static struct run run;

	run = (struct run){.exchange = exchange, .lab = lab, .trace = trace};
	listen_make_room(exchange->n_connections);
	for (size_t i = 0; i < exchange->n_connections; i++) {
		struct connection *connection = &exchange->connections[i];

		connection->device_port = (uint16_t)(exchange->device_port + i);
		if (!listen_on(connection->port))
			exchange->lost = true;
	}
	run_udp(&run);
	run_tcp(&run);
	listen_forget();
}
