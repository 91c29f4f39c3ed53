/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/link.h"

#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/netlink.h"

static void parse_kind(const struct nlattr *nest, struct link *ret)
{
	const struct nlattr *table[IFLA_INFO_MAX + 1];

	if (!nest)
		return;
	netlink_nested(nest, table, ARRAY_SIZE(table));
	netlink_text(table[IFLA_INFO_KIND], ret->kind, sizeof(ret->kind));
	netlink_text(table[IFLA_INFO_SLAVE_KIND], ret->port_kind, sizeof(ret->port_kind));
}

static bool xdp_attached(const struct nlattr *nest)
{
	const struct nlattr *table[IFLA_XDP_MAX + 1];
	uint8_t mode = XDP_ATTACHED_NONE;

	if (!nest)
		return false;
	netlink_nested(nest, table, ARRAY_SIZE(table));
	return netlink_u8(table[IFLA_XDP_ATTACHED], &mode) && mode != XDP_ATTACHED_NONE;
}

static void parse_mac(const struct nlattr *attribute, struct link *ret)
{
	if (!attribute || mnl_attr_get_payload_len(attribute) != LINK_MAC_SIZE)
		return;
	memcpy(ret->mac, mnl_attr_get_payload(attribute), LINK_MAC_SIZE);
	ret->has_mac = true;
}

bool link_parse(const struct nlmsghdr *message, struct link *ret)
{
	const struct nlattr *table[IFLA_MAX + 1];
	const struct ifinfomsg *header = netlink_header(message, RTM_NEWLINK, sizeof(*header));

	/* AF_BRIDGE tells of bridge ports again, from another view. */
	if (!header || header->ifi_family != AF_UNSPEC || header->ifi_index <= 0)
		return false;
	netlink_attributes(message, sizeof(*header), table, ARRAY_SIZE(table));
	*ret = (struct link){
		.index = header->ifi_index,
		.type = header->ifi_type,
		.flags = header->ifi_flags,
		.has_xdp = xdp_attached(table[IFLA_XDP]),
		.has_peer_netns = table[IFLA_LINK_NETNSID] != NULL,
	};
	if (!netlink_text(table[IFLA_IFNAME], ret->name, sizeof(ret->name)))
		return false;
	netlink_u32(table[IFLA_GROUP], &ret->group);
	netlink_u32(table[IFLA_MASTER], &ret->master);
	netlink_u32(table[IFLA_LINK], &ret->lower);
	netlink_u32(table[IFLA_MTU], &ret->mtu);
	parse_kind(table[IFLA_LINKINFO], ret);
	parse_mac(table[IFLA_ADDRESS], ret);
	return true;
}

static int add(const struct nlmsghdr *message, void *context)
{
	struct link_list *list = context;
	struct link link;

	if (!link_parse(message, &link))
		return 0;
	list->items = xgrow(list->items, list->count, &list->allocated, sizeof(*list->items));
	list->items[list->count++] = link;
	return 0;
}

static void restart(void *context)
{
	((struct link_list *)context)->count = 0;
}

/* What an administrator calls an interface besides, and the address that was burnt into it. */
static void censor(struct nlmsghdr *message)
{
	netlink_blank(message, sizeof(struct ifinfomsg), IFLA_IFALIAS);
	netlink_blank(message, sizeof(struct ifinfomsg), IFLA_PROP_LIST);
	netlink_blank(message, sizeof(struct ifinfomsg), IFLA_PERM_ADDRESS);
}

int link_read(struct link_list *ret, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct ifinfomsg *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {
		.protocol = NETLINK_ROUTE,
		.what = "list the network interfaces",
		.message = add,
		.restart = restart,
		.context = ret,
		.censor = censor,
	};
	int status;

	*ret = (struct link_list){0};
	header->ifi_family = AF_UNSPEC;
	/* The statistics of IPv6 and of virtual functions are the longest part, and not wanted. */
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	status = netlink_ask(&question, request, NULL, err);
	if (status < 0)
		link_release(ret);
	return status;
}

void link_release(struct link_list *list)
{
	free(list->items);
	*list = (struct link_list){0};
}

const struct link *link_by_index(const struct link_list *list, uint32_t index)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].index == index)
			return &list->items[i];
	}
	return NULL;
}

const struct link *link_by_name(const struct link_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	}
	return NULL;
}

bool link_is_up(const struct link *link)
{
	return link->flags & IFF_UP;
}

bool link_is_loopback(const struct link *link)
{
	return link->flags & IFF_LOOPBACK;
}

bool link_is_tunnel(const struct link *link)
{
	static const char *const kinds[] = {
		"tun", "wireguard", "ppp", "ipip", "ip6tnl", "gre",  "gretap",
		"sit", "ip6gre",    "vti", "vti6", "xfrm",   "ovpn", "ip6gretap",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(link->kind, kinds[i]) == 0)
			return true;
	}
	return link->flags & IFF_POINTOPOINT;
}

static bool is_virtual_port(const struct link *link)
{
	return strcmp(link->kind, "veth") == 0 || strcmp(link->kind, "tun") == 0;
}

bool link_is_virtual_bridge(const struct link_list *list, const struct link *link)
{
	if (strcmp(link->kind, "bridge") != 0)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct link *port = &list->items[i];

		if (port->master == link->index && !is_virtual_port(port))
			return false;
	}
	return true;
}

const char *link_mac_format(const uint8_t mac[static LINK_MAC_SIZE], char *text)
{
	snprintf(text, LINK_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return text;
}
