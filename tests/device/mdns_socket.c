/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/mdns_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "tests/device/log.h"

#define MDNS_GROUP "224.0.0.251"

enum { MDNS_TTL = 255 };

/* One query, and how it came. */
struct query {
	uint8_t data[MDNS_MESSAGE_SIZE];
	size_t length;
	struct sockaddr_in from;
	struct in_addr address; /* of the interface */
	int interface;
};

static bool join(int fd, const struct ifaddrs *interface)
{
	struct ip_mreqn request = {.imr_ifindex = (int)if_nametoindex(interface->ifa_name)};

	inet_pton(AF_INET, MDNS_GROUP, &request.imr_multiaddr);
	return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) == 0 ||
	       errno == EADDRINUSE;
}

static bool has_address(const struct ifaddrs *interface, struct in_addr address)
{
	const struct sockaddr_in *own = (const struct sockaddr_in *)interface->ifa_addr;

	if (!own || own->sin_family != AF_INET || !(interface->ifa_flags & IFF_UP))
		return false;
	return !address.s_addr || own->sin_addr.s_addr == address.s_addr;
}

static int join_all(int fd, struct in_addr address)
{
	struct ifaddrs *interfaces;
	int joined = 0;

	if (getifaddrs(&interfaces) < 0)
		return -errno;
	for (struct ifaddrs *i = interfaces; i; i = i->ifa_next)
		if (has_address(i, address))
			joined += join(fd, i);
	freeifaddrs(interfaces);
	return joined ? 0 : -ENODEV;
}

static void set_options(int fd)
{
	int on = 1, ttl = MDNS_TTL;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
	setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
}

int mdns_socket_open(struct mdns_socket *mdns, const struct options *options, struct error *err)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(MDNS_PORT)};
	int r;

	if (!options->announce)
		return 0;
	cleanup(close_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(err, errno, "cannot make a UDP socket");
	set_options(fd);
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0)
		return error_errno(err, errno, "cannot bind UDP port %d", MDNS_PORT);
	r = join_all(fd, options->bind);
	if (r < 0)
		return error_errno(err, -r, "cannot join " MDNS_GROUP);
	*mdns = (struct mdns_socket){
		.fd = steal_fd(&fd),
		.address = options->bind,
		.service = {options->announce, options->board, options->port,
			    options->password && *options->password},
	};
	return 0;
}

void mdns_socket_close(struct mdns_socket *mdns)
{
	close_fd(&mdns->fd);
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static bool receive(int fd, struct query *query)
{
	struct iovec data = {query->data, sizeof(query->data)};
	union control control;
	struct msghdr message = {
		.msg_name = &query->from,
		.msg_namelen = sizeof(query->from),
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
	struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	struct in_pktinfo info;

	if (!header || header->cmsg_type != IP_PKTINFO)
		return false;
	memcpy(&info, CMSG_DATA(header), sizeof(info));
	query->length = (size_t)length;
	query->interface = info.ipi_ifindex;
	query->address = info.ipi_spec_dst;
	return true;
}

static void send_answer(int fd, const struct sockaddr_in *to, int interface, const void *answer,
			size_t length)
{
	struct iovec data = {(void *)answer, length};
	union control control = {0};
	struct msghdr message = {
		.msg_name = (void *)to,
		.msg_namelen = sizeof(*to),
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct in_pktinfo info = {.ipi_ifindex = interface};

	header->cmsg_level = IPPROTO_IP;
	header->cmsg_type = IP_PKTINFO;
	header->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(header), &info, sizeof(info));
	if (sendmsg(fd, &message, 0) < 0)
		log_event("cannot answer mDNS: %s", strerror(errno));
}

void mdns_socket_answer(const struct mdns_socket *mdns)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(MDNS_PORT)};
	uint8_t answer[MDNS_MESSAGE_SIZE];
	char peer[PEER_TEXT_SIZE];
	struct query query;
	size_t length;
	bool legacy;

	if (!receive(mdns->fd, &query))
		return;
	legacy = ntohs(query.from.sin_port) != MDNS_PORT;
	if (mdns->address.s_addr)
		query.address = mdns->address;
	length = mdns_answer(&mdns->service, query.address, legacy, query.data, query.length,
			     answer);
	if (length == 0)
		return;
	if (legacy || mdns_wants_unicast(query.data, query.length))
		to = query.from;
	else
		inet_pton(AF_INET, MDNS_GROUP, &to.sin_addr);
	log_event("mdns query from %s answered to %s", peer_format(&query.from, peer),
		  to.sin_port == query.from.sin_port &&
				  to.sin_addr.s_addr == query.from.sin_addr.s_addr
			  ? "it"
			  : "all");
	send_answer(mdns->fd, &to, query.interface, answer, length);
}
