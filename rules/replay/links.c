/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/links.h"

#include <net/if.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

enum { MAC_SIZE = 6, NO_GENERATED_ADDRESS = 1 /* IN6_ADDR_GEN_MODE_NONE */ };

struct request {
	union {
		char space[1024];
		struct nlmsghdr header;
	};
};

int rtnl_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

static void *begin(struct request *request, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(request->space);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return mnl_nlmsg_put_extra_header(message, size);
}

/* rtnetlink answers before sendto() returns. */
static int finish(int rtnl, struct request *request)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	char space[2048];

	if (sendto(rtnl, &request->header, request->header.nlmsg_len, 0,
		   (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	ssize_t got = recv(rtnl, space, sizeof(space), MSG_DONTWAIT);
	const struct nlmsghdr *header = (const struct nlmsghdr *)space;
	if (got < 0)
		return -errno;
	if (!mnl_nlmsg_ok(header, (int)got) || header->nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(header))->error;
}

static void put_identity(struct nlmsghdr *message, const char *name, uint32_t group,
			 const uint8_t *mac)
{
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	if (group)
		mnl_attr_put_u32(message, IFLA_GROUP, group);
	if (mac)
		mnl_attr_put(message, IFLA_ADDRESS, MAC_SIZE, mac);
}

int rtnl_add_pair(int rtnl, const struct link_pair *pair)
{
	struct request request = {0};
	struct ifinfomsg *link =
		begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*link));
	struct nlmsghdr *message = &request.header;

	link->ifi_index = (int)pair->index;
	put_identity(message, pair->name, pair->group, pair->mac);
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, pair->peer);
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)pair->peer_namespace);
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	return finish(rtnl, &request);
}

int rtnl_add_bridge(int rtnl, const char *name, uint32_t index, uint32_t group, const uint8_t *mac)
{
	struct request request = {0};
	struct ifinfomsg *link =
		begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*link));
	struct nlmsghdr *message = &request.header;

	link->ifi_index = (int)index;
	put_identity(message, name, group, mac);
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u8(message, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	return finish(rtnl, &request);
}

int rtnl_set_master(int rtnl, uint32_t index, uint32_t master)
{
	struct request request = {0};
	struct ifinfomsg *link = begin(&request, RTM_NEWLINK, 0, sizeof(*link));

	link->ifi_index = (int)index;
	mnl_attr_put_u32(&request.header, IFLA_MASTER, master);
	return finish(rtnl, &request);
}

/* Without it the kernel would make link-local addresses, and talk. */
static int set_silent(int rtnl, uint32_t index)
{
	struct request request = {0};
	struct ifinfomsg *link = begin(&request, RTM_NEWLINK, 0, sizeof(*link));
	struct nlmsghdr *message = &request.header;

	link->ifi_index = (int)index;
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(message, AF_INET6);
	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, NO_GENERATED_ADDRESS);
	mnl_attr_nest_end(message, inet6);
	mnl_attr_nest_end(message, families);
	int rc = finish(rtnl, &request);
	return rc == -EAFNOSUPPORT ? 0 : rc; /* without IPv6 there is nothing to silence */
}

int rtnl_set_up(int rtnl, uint32_t index)
{
	struct request request = {0};
	struct ifinfomsg *link = begin(&request, RTM_NEWLINK, 0, sizeof(*link));
	int rc = set_silent(rtnl, index);

	if (rc)
		return rc;

	link->ifi_index = (int)index;
	link->ifi_flags = link->ifi_change = IFF_UP;
	return finish(rtnl, &request);
}

static void put_address(struct nlmsghdr *message, uint16_t type, const struct address *address)
{
	mnl_attr_put(message, type, address_length(address), address->bytes);
}

/* The broadcast address that tools give to an IPv4 network unasked. */
static void put_broadcast(struct nlmsghdr *message, const struct address *address, unsigned prefix)
{
	struct address broadcast = *address;

	if (address->family != AF_INET || prefix > 30)
		return;
	for (unsigned bit = prefix; bit < 32; bit++)
		broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	put_address(message, IFA_BROADCAST, &broadcast);
}

int rtnl_add_address(int rtnl, uint32_t index, const struct address *address, unsigned prefix)
{
	struct request request = {0};
	struct ifaddrmsg *about =
		begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*about));

	about->ifa_family = (uint8_t)address->family;
	about->ifa_prefixlen = (uint8_t)prefix;
	about->ifa_flags = IFA_F_NODAD;
	about->ifa_index = index;
	put_address(&request.header, IFA_LOCAL, address);
	put_address(&request.header, IFA_ADDRESS, address);
	put_broadcast(&request.header, address, prefix);
	return finish(rtnl, &request);
}

int rtnl_add_route(int rtnl, uint32_t index, const struct cidr *destination)
{
	struct request request = {0};
	struct rtmsg *route =
		begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*route));

	route->rtm_family = (uint8_t)destination->address.family;
	route->rtm_dst_len = (uint8_t)destination->prefix;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_LINK;
	route->rtm_type = RTN_UNICAST;
	put_address(&request.header, RTA_DST, &destination->address);
	mnl_attr_put_u32(&request.header, RTA_OIF, index);
	return finish(rtnl, &request);
}

int rtnl_add_neighbour(int rtnl, uint32_t index, const struct address *address,
		       const uint8_t mac[static 6])
{
	struct request request = {0};
	struct ndmsg *neighbour =
		begin(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*neighbour));

	neighbour->ndm_family = (uint8_t)address->family;
	neighbour->ndm_ifindex = (int)index;
	neighbour->ndm_state = NUD_PERMANENT;
	put_address(&request.header, NDA_DST, address);
	mnl_attr_put(&request.header, NDA_LLADDR, MAC_SIZE, mac);
	return finish(rtnl, &request);
}
