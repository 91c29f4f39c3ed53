/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/bridge_port.h"

#include <string.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "probes/netlink.h"

bool bridge_entry_parse(const struct nlmsghdr *message, struct bridge_entry *ret)
{
	const struct nlattr *table[NDA_MAX + 1];
	const struct ndmsg *header = netlink_header(message, RTM_NEWNEIGH, sizeof(*header));
	struct bridge_entry entry = {0};

	if (!header || header->ndm_family != AF_BRIDGE)
		return false;
	netlink_attributes(message, sizeof(*header), table, ARRAY_SIZE(table));
	if (!netlink_u32(table[NDA_MASTER], &entry.bridge))
		return false;
	if (!table[NDA_LLADDR] || mnl_attr_get_payload_len(table[NDA_LLADDR]) != sizeof(entry.mac))
		return false;
	memcpy(entry.mac, mnl_attr_get_payload(table[NDA_LLADDR]), sizeof(entry.mac));
	entry.port = (uint32_t)header->ndm_ifindex;
	*ret = entry;
	return true;
}

static int take_entry(const struct nlmsghdr *message, void *context)
{
	struct bridge_entry *wanted = context, entry;

	if (bridge_entry_parse(message, &entry) && entry.bridge == wanted->bridge &&
	    entry.port != entry.bridge && !memcmp(entry.mac, wanted->mac, sizeof(entry.mac)))
		wanted->port = entry.port;
	return 0;
}

int bridge_port_read(uint32_t bridge, const uint8_t mac[static 6], uint32_t *ret_port,
		     struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct bridge_entry wanted = {.bridge = bridge};
	struct ndmsg *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {.protocol = NETLINK_ROUTE,
						  .what = "list what the bridge has learnt",
						  .message = take_entry,
						  .context = &wanted};

	memcpy(wanted.mac, mac, sizeof(wanted.mac));
	header->ndm_family = AF_BRIDGE;
	mnl_attr_put_u32(request, NDA_MASTER, bridge);
	int status = netlink_ask(&question, request, NULL, err);
	*ret_port = wanted.port;
	return status;
}
