/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/neighbour.h"

#include <errno.h>
#include <string.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "probes/netlink.h"

/* The kernel counts in USER_HZ, which is 100 on every architecture that Linux still runs on. */
static uint32_t confirmed_ms(const struct nlattr *attribute)
{
	enum { TICK_MS = 10 };
	struct nda_cacheinfo info;

	if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof(info))
		return UINT32_MAX;
	memcpy(&info, mnl_attr_get_payload(attribute), sizeof(info));
	return info.ndm_confirmed < UINT32_MAX / TICK_MS ? info.ndm_confirmed * TICK_MS
							 : UINT32_MAX;
}

bool neighbour_parse(const struct nlmsghdr *message, struct neighbour *ret)
{
	const struct nlattr *table[NDA_MAX + 1];
	const struct ndmsg *header = netlink_header(message, RTM_NEWNEIGH, sizeof(*header));
	const struct nlattr *mac;

	if (!header)
		return false;
	netlink_attributes(message, sizeof(*header), table, ARRAY_SIZE(table));
	*ret = (struct neighbour){.state = header->ndm_state,
				  .ifindex = header->ndm_ifindex,
				  .confirmed_ms = confirmed_ms(table[NDA_CACHEINFO])};
	if (!netlink_address(table[NDA_DST], header->ndm_family, &ret->address))
		return false;
	mac = table[NDA_LLADDR];
	if (mac && mnl_attr_get_payload_len(mac) == sizeof(ret->mac)) {
		memcpy(ret->mac, mnl_attr_get_payload(mac), sizeof(ret->mac));
		ret->has_mac = true;
	}
	return true;
}

static int take_answer(const struct nlmsghdr *message, void *context)
{
	struct neighbour *ret = context, neighbour;

	if (neighbour_parse(message, &neighbour))
		*ret = neighbour;
	return 0;
}

int neighbour_read(uint32_t ifindex, const struct address *address, struct neighbour *ret,
		   struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE], text[ADDRESS_TEXT_SIZE];
	char what[ADDRESS_TEXT_SIZE + 32] = "ask for the neighbour ";
	struct ndmsg *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETNEIGH, 0, sizeof(*header), &header);
	const struct netlink_question question = {
		.protocol = NETLINK_ROUTE, .what = what, .message = take_answer, .context = ret};
	bool refused = false;
	int status;

	*ret = (struct neighbour){.confirmed_ms = UINT32_MAX};
	strcat(what, address_format(address, text));
	header->ndm_family = address->family;
	header->ndm_ifindex = ifindex;
	mnl_attr_put(request, NDA_DST, address_length(address), address->bytes);
	status = netlink_ask(&question, request, &refused, err);
	/* The kernel has no entry for it (neigh_get()). */
	if (refused && status == -ENOENT)
		return 0;
	if (refused)
		return error_errno(err, -status, "cannot %s", what);
	return status;
}

struct search {
	struct neighbour *ret;
	uint32_t ifindex;
	const struct address *address;
};

static int take_wanted(const struct nlmsghdr *message, void *context)
{
	const struct search *search = context;
	struct neighbour neighbour;

	if (neighbour_parse(message, &neighbour) && neighbour.ifindex == search->ifindex &&
	    address_equal(&neighbour.address, search->address))
		*search->ret = neighbour;
	return 0;
}

/* Other people's hardware addresses tell more than where in the network they are. */
static void censor(struct nlmsghdr *message)
{
	netlink_blank(message, sizeof(struct ndmsg), NDA_LLADDR);
}

int neighbour_find(uint32_t ifindex, const struct address *address, struct neighbour *ret,
		   struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct search search = {ret, ifindex, address};
	struct ndmsg *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {.protocol = NETLINK_ROUTE,
						  .what = "list the neighbours",
						  .message = take_wanted,
						  .context = &search,
						  .censor = censor};

	*ret = (struct neighbour){.confirmed_ms = UINT32_MAX};
	header->ndm_family = address->family;
	int status = netlink_ask(&question, request, NULL, err);
	memset(ret->mac, 0, sizeof(ret->mac));
	ret->has_mac = false;
	return status;
}

bool neighbour_is_known(const struct neighbour *neighbour)
{
	return neighbour->state &
	       (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY);
}

bool neighbour_is_failed(const struct neighbour *neighbour)
{
	return neighbour->state & NUD_FAILED;
}

const char *neighbour_state_name(uint16_t state)
{
	switch (state) {
	case NUD_NONE: return "NONE";
	case NUD_INCOMPLETE: return "INCOMPLETE";
	case NUD_REACHABLE: return "REACHABLE";
	case NUD_STALE: return "STALE";
	case NUD_DELAY: return "DELAY";
	case NUD_PROBE: return "PROBE";
	case NUD_FAILED: return "FAILED";
	case NUD_NOARP: return "NOARP";
	case NUD_PERMANENT: return "PERMANENT";
	default: return "unknown";
	}
}
