/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/lab.h"

#include <net/if.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "rules/replay/links.h"

/* Names that no rule will mention; the ethertype is one for private experiments. */
static const char beside_host_name[] = "~beside", beside_device_name[] = "~besides";
static const char device_name[] = "~device";

enum { ETHERTYPE_SENTINEL = 0x88b5, LOOPBACK_INDEX = 1 };

/* A locally administered address, for who has none that we know. */
static const uint8_t made_up_mac[] = {0x02, 0, 0, 0, 0, 0x01};

static int stay_on_this_processor(void)
{
	cpu_set_t set;
	int here = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET(here < 0 ? 0 : here, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static int new_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static const struct host_link *link_of(const struct host_state *host, uint32_t index)
{
	for (size_t i = 0; index && i < host->n_links; i++)
		if (host->links[i].index == index)
			return &host->links[i];
	return NULL;
}

/* Where an index is taken already, by a tunnel that every namespace gets, another must do. */
static int add_wire(int rtnl, struct link_pair *pair)
{
	int rc = rtnl_add_pair(rtnl, pair);

	if ((rc == -EBUSY || rc == -EEXIST) && pair->index) {
		pair->index = 0;
		rc = rtnl_add_pair(rtnl, pair);
	}
	return rc;
}

static int add_interface(struct lab *lab, int rtnl, const struct host_link *link,
			 const struct host_link *port)
{
	struct link_pair pair = {
		.name = port ? port->name : link->name,
		.peer = device_name,
		.index = port ? port->index : link->index,
		.group = port ? port->group : link->group,
		.mac = port ? NULL : lab->host_mac,
		.peer_namespace = lab->device_namespace,
	};
	int rc = add_wire(rtnl, &pair);

	if (rc || !port)
		return rc;
	rc = rtnl_add_bridge(rtnl, link->name, link->index, link->group, lab->host_mac);
	if (!rc)
		rc = rtnl_set_master(rtnl, if_nametoindex(port->name), if_nametoindex(link->name));
	return rc ? rc : rtnl_set_up(rtnl, if_nametoindex(port->name));
}

static int add_links(struct lab *lab, int rtnl, const struct host_link *link,
		     const struct host_link *port)
{
	struct link_pair beside = {
		.name = beside_host_name,
		.peer = beside_device_name,
		.peer_namespace = lab->device_namespace,
	};
	int rc = add_interface(lab, rtnl, link, port);

	if (!rc)
		rc = rtnl_add_pair(rtnl, &beside);
	lab->index = if_nametoindex(link->name);
	if (!rc)
		rc = rtnl_set_up(rtnl, LOOPBACK_INDEX);
	if (!rc)
		rc = rtnl_set_up(rtnl, lab->index);
	return rc ? rc : rtnl_set_up(rtnl, if_nametoindex(beside_host_name));
}

/* The addresses of other interfaces are this host's too: they go where they are least in the way. */
static int add_addresses(const struct lab *lab, int rtnl, const struct replay_request *request)
{
	const struct host_state *host = request->host;
	int rc = 0;

	for (size_t i = 0; !rc && i < host->n_addresses; i++) {
		const struct host_address *entry = &host->addresses[i];
		unsigned whole = (unsigned)address_length(&entry->address) * 8;
		if (address_is_loopback(&entry->address))
			continue;
		if (entry->ifindex == host->device_ifindex)
			rc = rtnl_add_address(rtnl, lab->index, &entry->address, entry->prefix);
		else
			rc = rtnl_add_address(rtnl, LOOPBACK_INDEX, &entry->address, whole);
		/* A kernel without IPv6, or two interfaces with one address. */
		if (rc == -EOPNOTSUPP || rc == -EEXIST || rc == -EACCES)
			rc = 0;
	}
	return rc;
}

static bool is_on_link(const struct host_state *host, const struct address *address)
{
	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct host_address *entry = &host->addresses[i];
		const struct cidr network = cidr_of(&entry->address, entry->prefix);
		if (entry->ifindex == host->device_ifindex && cidr_contains(&network, address))
			return true;
	}
	return false;
}

static int add_neighbour(const struct lab *lab, int rtnl, const struct host_state *host,
			 const struct address *address)
{
	unsigned whole = (unsigned)address_length(address) * 8;
	const struct cidr alone = cidr_of(address, whole);
	int rc = is_on_link(host, address) ? 0 : rtnl_add_route(rtnl, lab->index, &alone);

	return rc ? rc : rtnl_add_neighbour(rtnl, lab->index, address, lab->device_mac);
}

static int add_neighbours(const struct lab *lab, int rtnl, const struct replay_request *request)
{
	int rc = add_neighbour(lab, rtnl, request->host, &request->question->device.address);

	for (size_t i = 0; !rc && i < request->n_strangers; i++)
		rc = add_neighbour(lab, rtnl, request->host, &request->strangers[i].device);
	return rc;
}

/* All protocols, so that it sees a frame before any rule does. */
static int packet_socket(const char *interface)
{
	const struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&name, sizeof(name)))
		return -errno;
	return fd;
}

static int set_up_device_end(struct lab *lab)
{
	cleanup(close_fd) int rtnl = rtnl_open();
	int rc = rtnl_set_up(rtnl, if_nametoindex(device_name));

	if (!rc)
		rc = rtnl_set_up(rtnl, if_nametoindex(beside_device_name));
	lab->device = rc ? rc : packet_socket(device_name);
	lab->beside_device = rc ? rc : packet_socket(beside_device_name);
	return lab->device < 0 ? lab->device : lab->beside_device < 0 ? lab->beside_device : 0;
}

/* To be done in the device's namespace and to come back from there. */
static int make_device_end(struct lab *lab)
{
	if (setns(lab->device_namespace, CLONE_NEWNET))
		return -errno;
	int rc = set_up_device_end(lab);
	if (setns(lab->host_namespace, CLONE_NEWNET))
		return -errno;
	return rc;
}

static int make_host_end(struct lab *lab, const struct replay_request *request,
			 const struct host_link *link, const struct host_link *port)
{
	cleanup(close_fd) int rtnl = rtnl_open();
	int rc = add_links(lab, rtnl, link, port);

	if (!rc)
		rc = add_addresses(lab, rtnl, request);
	if (!rc)
		rc = add_neighbours(lab, rtnl, request);
	lab->beside_host = rc ? rc : packet_socket(beside_host_name);
	return lab->beside_host < 0 ? lab->beside_host : 0;
}

struct sentinel {
	struct ether_header header;
	uint64_t number;
} __attribute__((packed));

/* One frame off a packet socket, not those that we sent ourselves; 0 for none. */
static ssize_t take_frame(int fd, void *frame, size_t room)
{
	for (;;) {
		struct sockaddr_ll from = {0};
		socklen_t length = sizeof(from);
		ssize_t got =
			recvfrom(fd, frame, room, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return 0;
		if (from.sll_pkttype != PACKET_OUTGOING)
			return got;
	}
}

static int wait_for(int fd, uint64_t number, int timeout_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct sentinel sentinel;

	for (;;) {
		ssize_t got = take_frame(fd, &sentinel, sizeof(sentinel));
		if (got == sizeof(sentinel) && sentinel.number == number &&
		    sentinel.header.ether_type == htons(ETHERTYPE_SENTINEL))
			return 0;
		if (!got && poll(&wait, 1, timeout_ms) <= 0)
			return -ETIMEDOUT;
	}
}

static int pass_sentinel(struct lab *lab, int from, int to, int timeout_ms)
{
	struct sentinel sentinel = {
		.header.ether_type = htons(ETHERTYPE_SENTINEL),
		.number = ++lab->sent,
	};

	/* To everybody, from somebody: a bridge passes on no frame without a sender. */
	memset(sentinel.header.ether_dhost, 0xff, sizeof(sentinel.header.ether_dhost));
	memcpy(sentinel.header.ether_shost, made_up_mac, sizeof(made_up_mac));
	if (send(from, &sentinel, sizeof(sentinel), 0) < 0)
		return -errno;
	return wait_for(to, sentinel.number, timeout_ms);
}

/*
 * A wire carries nothing until the kernel has noticed, in a work queue (linkwatch_do_dev()), that both
 * of its ends are up. No rule is there yet to stop the frames that find out.
 */
static int wait_for_wire(struct lab *lab, int from, int to)
{
	enum { TRIES = 400, TRY_MS = 5 };
	int rc = -ETIMEDOUT;

	for (int try = 0; rc && try < TRIES; try++) {
		rc = pass_sentinel(lab, from, to, TRY_MS);
		if (rc && rc != -ETIMEDOUT)
			poll(NULL, 0, TRY_MS);
	}
	return rc;
}

static int wait_for_wires(struct lab *lab)
{
	cleanup(close_fd) int host = packet_socket(lab->interface);
	int rc = host < 0 ? host : wait_for_wire(lab, lab->device, host);

	if (!rc)
		rc = wait_for_wire(lab, host, lab->device);
	if (!rc)
		rc = wait_for_wire(lab, lab->beside_device, lab->beside_host);
	return rc ? rc : wait_for_wire(lab, lab->beside_host, lab->beside_device);
}

int lab_make(struct lab *lab, const struct replay_request *request, struct error *err)
{
	const struct host_state *host = request->host;
	const struct host_link *link = link_of(host, host->device_ifindex);
	const struct host_link *port = link_of(host, host->device_port_ifindex);

	*lab = (struct lab){0};
	if (!link || link->index == LOOPBACK_INDEX)
		return error_set(err, EINVAL, "no network interface leads to the device");
	snprintf(lab->interface, sizeof(lab->interface), "%s", link->name);
	if (port)
		snprintf(lab->port, sizeof(lab->port), "%s", port->name);
	memcpy(lab->host_mac, link->has_mac ? link->mac : made_up_mac, sizeof(lab->host_mac));
	memcpy(lab->device_mac, host->device_mac_known ? host->device_mac : made_up_mac,
	       sizeof(lab->device_mac));
	if (!link->has_mac)
		lab->host_mac[5]++;
	lab->device_namespace = new_namespace();
	lab->host_namespace = lab->device_namespace < 0 ? -1 : new_namespace();
	if (lab->host_namespace < 0)
		return error_errno(err, errno, "no network namespace for the replay");
	int rc = stay_on_this_processor();
	if (!rc)
		rc = make_host_end(lab, request, link, port);
	if (!rc)
		rc = make_device_end(lab);
	if (!rc)
		rc = wait_for_wires(lab);
	return rc ? error_errno(err, -rc, "cannot make the replay's network") : 0;
}

int lab_send(struct lab *lab, const struct segment *segment)
{
	uint8_t frame[FRAME_ROOM];
	size_t length = frame_write(frame, segment, lab->host_mac, lab->device_mac);

	return send(lab->device, frame, length, 0) < 0 ? -errno : 0;
}

int lab_settle(struct lab *lab)
{
	int rc = pass_sentinel(lab, lab->beside_device, lab->beside_host, SENTINEL_TIMEOUT_MS);

	return rc ? rc
		  : pass_sentinel(lab, lab->beside_host, lab->beside_device, SENTINEL_TIMEOUT_MS);
}

bool lab_receive(struct lab *lab, struct segment *ret)
{
	uint8_t frame[2048];
	ssize_t got;

	while ((got = take_frame(lab->device, frame, sizeof(frame))) > 0)
		if (frame_read(frame, (size_t)got, ret))
			return true;
	return false;
}
