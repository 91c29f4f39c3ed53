/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sockets_transparent.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "base/cleanup.h"
#include "probes/netlink.h"

enum transparency sockets_transparent_parse(const struct nlmsghdr *message)
{
	const struct nlattr *table[INET_DIAG_MAX + 1];
	struct inet_diag_sockopt options;
	const struct nlattr *attribute;

	if (!netlink_header(message, SOCK_DIAG_BY_FAMILY, sizeof(struct inet_diag_msg)))
		return TRANSPARENCY_UNKNOWN;
	netlink_attributes(message, sizeof(struct inet_diag_msg), table, ARRAY_SIZE(table));
	attribute = table[INET_DIAG_SOCKOPT];
	if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof(options))
		return TRANSPARENCY_UNKNOWN;
	memcpy(&options, mnl_attr_get_payload(attribute), sizeof(options));
	return options.transparent ? TRANSPARENCY_YES : TRANSPARENCY_NO;
}

struct tally {
	size_t yes, unknown;
};

static int count(const struct nlmsghdr *message, void *context)
{
	struct tally *tally = context;
	enum transparency found = sockets_transparent_parse(message);

	tally->yes += found == TRANSPARENCY_YES;
	tally->unknown += found == TRANSPARENCY_UNKNOWN;
	return 0;
}

/* Whose socket it is, and with whom it talks, is nobody's business. */
static void censor(struct nlmsghdr *message)
{
	struct inet_diag_msg *header = mnl_nlmsg_get_payload(message);

	if (!netlink_header(message, SOCK_DIAG_BY_FAMILY, sizeof(*header)))
		return;
	header->id = (struct inet_diag_sockid){0};
	header->idiag_uid = 0;
	header->idiag_inode = 0;
}

static int ask(uint8_t family, uint8_t protocol, struct tally *tally, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct inet_diag_req_v2 *header;
	struct nlmsghdr *request =
		netlink_request(buffer, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sizeof(*header), &header);
	/* Counting a socket twice does no harm: nothing to throw away. */
	const struct netlink_question question = {
		.protocol = NETLINK_SOCK_DIAG,
		.what = "look for transparent sockets",
		.message = count,
		.context = tally,
		.censor = censor,
	};
	int status;

	header->sdiag_family = family;
	header->sdiag_protocol = protocol;
	header->idiag_states = ~0u;
	status = netlink_ask(&question, request, NULL, err);
	/* A kernel without IPv6, or without a diagnosing module for UDP. */
	if (status == -ENOENT && family == AF_INET6)
		return 0;
	return status;
}

int sockets_transparent_read(enum transparency *ret, struct error *err)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	struct tally tally = {0};
	int status = 0;

	*ret = TRANSPARENCY_UNKNOWN;
	for (size_t i = 0; !status && i < ARRAY_SIZE(families); i++)
		for (size_t k = 0; !status && k < ARRAY_SIZE(protocols); k++)
			status = ask(families[i], protocols[k], &tally, err);
	if (status)
		return status;
	*ret = tally.yes       ? TRANSPARENCY_YES
	       : tally.unknown ? TRANSPARENCY_UNKNOWN
			       : TRANSPARENCY_NO;
	return 0;
}
