/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/bridge_port.h"

#include <stdio.h>
#include <string.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "probes/netlink.h"
#include "record/journal.h"

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

static int search_entries(uint32_t bridge, const uint8_t mac[static 6], uint32_t *ret_port,
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

/* In the journal without the hardware addresses of all the others that the bridge has seen. */
int bridge_port_read(uint32_t bridge, const uint8_t mac[static 6], uint32_t *ret_port,
		     struct error *err)
{
	char question[96], text[16];
	struct record_answer answer;

	snprintf(question, sizeof(question), "bridge %u port of %02x:%02x:%02x:%02x:%02x:%02x",
		 bridge, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (journal_known(&answer, question, question)) {
		if (answer.result < 0 || sscanf(answer.bytes, "%10u", ret_port) != 1)
			*ret_port = 0;
		return answer.result < 0 ? error_set(err, -answer.result,
						     "cannot list what the bridge has learnt")
					 : 0;
	}
	journal_pause();
	int status = search_entries(bridge, mac, ret_port, err);
	journal_resume();
	snprintf(text, sizeof(text), "%u", *ret_port);
	journal_keep_text(question, status, text);
	return status;
}
