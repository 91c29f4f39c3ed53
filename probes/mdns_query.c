/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/mdns_query.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/deadline.h"

enum { MDNS_GROUP = 0xe00000fb, /* 224.0.0.251 */ MDNS_TTL = 255 };

/* A question on its way: which datagram, on which interfaces. */
struct campaign {
	int fd;
	uint32_t *interfaces;
	size_t count, allocated;
	uint8_t packet[2048];
	size_t length;
	struct mdns_outcome *outcome;
};

static void campaign_release(struct campaign *campaign)
{
	close_fd(&campaign->fd);
	free(campaign->interfaces);
}

static bool bind_port(int fd, uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};

	return bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
}

/*
 * Port 5353 is shared with the system's own responder: SO_REUSEADDR is enough beside one that set
 * it too, SO_REUSEPORT beside one of the same user that set only that.
 */
static bool bind_shared(int fd)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind_port(fd, MDNS_PORT))
		return true;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	return bind_port(fd, MDNS_PORT);
}

static int open_socket(struct campaign *campaign, struct error *err)
{
	int on = 1, off = 0, ttl = MDNS_TTL;

	campaign->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (campaign->fd < 0)
		return error_errno(err, errno, "cannot open a UDP socket");
	campaign->outcome->unicast_port = !bind_shared(campaign->fd);
	if (campaign->outcome->unicast_port && !bind_port(campaign->fd, 0))
		return error_errno(err, errno, "cannot bind a UDP socket for multicast DNS");
	if (setsockopt(campaign->fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) < 0 ||
	    setsockopt(campaign->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
	    /* Only from the groups joined here, not from those of other sockets of this host. */
	    setsockopt(campaign->fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off)) < 0)
		return error_errno(err, errno, "cannot set up a UDP socket for multicast DNS");
	return 0;
}

static bool is_suitable(const struct link *link, int fd)
{
	struct ifreq request = {0};
	const unsigned needed = IFF_UP | IFF_RUNNING | IFF_MULTICAST;

	if ((link->flags & needed) != needed || link_is_loopback(link) || link_is_tunnel(link))
		return false;
	/* Without an address of its own the query would leave with that of another interface. */
	memcpy(request.ifr_name, link->name, sizeof(request.ifr_name));
	return ioctl(fd, SIOCGIFADDR, &request) == 0;
}

static void join(struct campaign *campaign, const struct link_list *links)
{
	struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(MDNS_GROUP)};

	for (size_t i = 0; i < links->count; i++) {
		if (!is_suitable(&links->items[i], campaign->fd))
			continue;
		group.imr_ifindex = links->items[i].index;
		/* The kernel allows 20 groups a socket (igmp_max_memberships): the rest goes unasked. */
		if (setsockopt(campaign->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) <
		    0)
			continue;
		campaign->interfaces = xgrow(campaign->interfaces, campaign->count,
					     &campaign->allocated, sizeof(*campaign->interfaces));
		campaign->interfaces[campaign->count++] = group.imr_ifindex;
	}
	campaign->outcome->interfaces = campaign->count;
}

/* Returns on how many interfaces the question left. */
static size_t send_queries(struct campaign *campaign)
{
	size_t sent = 0;

	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(MDNS_PORT),
		.sin_addr.s_addr = htonl(MDNS_GROUP),
	};

	for (size_t i = 0; i < campaign->count; i++) {
		struct ip_mreqn interface = {.imr_ifindex = campaign->interfaces[i]};

		if (setsockopt(campaign->fd, IPPROTO_IP, IP_MULTICAST_IF, &interface,
			       sizeof(interface)) == 0 &&
		    sendto(campaign->fd, campaign->packet, campaign->length, 0,
			   (const struct sockaddr *)&to, sizeof(to)) >= 0)
			sent++;
		else
			campaign->outcome->send_errnum = errno;
	}
	return sent;
}

static uint32_t incoming_interface(struct msghdr *message)
{
	struct in_pktinfo info;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		return info.ipi_ifindex;
	}
	return 0;
}

/* One datagram; false when there is none. */
static bool receive(int fd, struct mdns_record_list *records)
{
	uint8_t data[MDNS_PACKET_SIZE];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct sockaddr_in from = {0};
	struct iovec part = {data, sizeof(data)};
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);

	if (length < 0)
		return errno == EINTR;
	/* An answer from any other port is not multicast DNS (RFC 6762, 6). */
	if (ntohs(from.sin_port) == MDNS_PORT)
		mdns_answer_parse(data, length, incoming_interface(&message), records);
	return true;
}

/* Reads what is there, but not for ever from someone who sends faster than we read. */
static void receive_all(int fd, struct mdns_record_list *records)
{
	for (int i = 0; i < 64 && receive(fd, records); i++)
		;
}

static int run(struct campaign *campaign, unsigned timeout_ms,
	       bool (*enough)(const struct mdns_record_list *records, const void *context),
	       const void *context, struct mdns_record_list *records)
{
	struct pollfd wait = {.fd = campaign->fd, .events = POLLIN};
	int64_t end = deadline_after(timeout_ms), next = deadline_now();
	unsigned interval = 1000;

	while (deadline_left(end) > 0) {
		int left = deadline_left(end);

		if (deadline_left(next) == 0) {
			/* Nobody heard it: nobody will answer. */
			if (send_queries(campaign) == 0)
				break;
			next = deadline_after(interval);
			interval *= 2;
		}
		if (deadline_left(next) < left)
			left = deadline_left(next);
		if (poll(&wait, 1, left) < 0)
			return -errno;
		receive_all(campaign->fd, records);
		campaign->outcome->satisfied = enough && enough(records, context);
		if (campaign->outcome->satisfied)
			break;
	}
	return 0;
}

int mdns_query(const struct link_list *links, const struct mdns_question *questions, size_t count,
	       unsigned timeout_ms,
	       bool (*enough)(const struct mdns_record_list *records, const void *context),
	       const void *context, struct mdns_record_list *records, struct mdns_outcome *ret,
	       struct error *err)
{
	cleanup(campaign_release) struct campaign campaign = {.fd = -1, .outcome = ret};
	int status;

	*ret = (struct mdns_outcome){0};
	campaign.length =
		mdns_query_build(questions, count, campaign.packet, sizeof(campaign.packet));
	if (campaign.length == 0)
		return error_set(err, EINVAL, "not a name for multicast DNS: %s",
				 count ? questions[0].name : "");
	status = open_socket(&campaign, err);
	if (status < 0)
		return status;
	join(&campaign, links);
	/* Nobody to ask: there is nothing to wait for. */
	if (campaign.count == 0)
		return 0;
	status = run(&campaign, timeout_ms, enough, context, records);
	if (status < 0)
		return error_errno(err, -status, "cannot wait for multicast DNS");
	return 0;
}
