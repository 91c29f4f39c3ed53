/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/load.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/dump.h"
#include "tests/differential/lab.h"
#include "tests/differential/trace.h"

struct loader {
	struct nft_ctx *nft;
	struct mnl_socket *netlink;
	bool legacy, sets; /* something of that kind has been loaded */
};

struct loader *loader_new(void)
{
	struct loader *loader = xcalloc(1, sizeof(*loader));

	loader->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	nft_ctx_buffer_error(loader->nft);
	nft_ctx_buffer_output(loader->nft);
	loader->netlink = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!loader->netlink || mnl_socket_bind(loader->netlink, 0, MNL_SOCKET_AUTOPID)) {
		perror("judge: netlink");
		exit(1);
	}
	return loader;
}

/* A request without an answer that matters: that of a subsystem that is not there is an error. */
static void flush_of(struct loader *loader, unsigned subsystem, unsigned type)
{
	char bytes[256];
	struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
	struct nfgenmsg *general;

	header->nlmsg_type = (uint16_t)(subsystem << 8 | type);
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	general = mnl_nlmsg_put_extra_header(header, sizeof(*general));
	general->nfgen_family = AF_UNSPEC;
	general->version = NFNETLINK_V0;
	if (mnl_socket_sendto(loader->netlink, header, header->nlmsg_len) > 0)
		mnl_socket_recvfrom(loader->netlink, bytes, sizeof(bytes));
}

static void flush_connections(struct loader *loader)
{
	flush_of(loader, NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_DELETE);
	flush_of(loader, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE);
}

void loader_flush(struct loader *loader)
{
	static const char legacy[] =
		"for x in iptables ip6tables; do for t in filter nat mangle raw security; do "
		"$x-legacy -t $t -F; $x-legacy -t $t -X; "
		"for c in INPUT OUTPUT FORWARD PREROUTING POSTROUTING; do "
		"$x-legacy -t $t -P $c ACCEPT; done; done; done 2>/dev/null";

	nft_run_cmd_from_buffer(loader->nft, "flush ruleset");
	if (loader->legacy)
		lab_run(legacy, NULL, NULL, 0);
	if (loader->sets)
		lab_run("ipset destroy", NULL, NULL, 0);
	loader->legacy = loader->sets = false;
	flush_connections(loader);
}

bool loader_load(struct loader *loader, const char *how, const char *text, struct buffer *reason)
{
	char output[512];

	if (strcmp(how, "nft") == 0) {
		if (nft_run_cmd_from_buffer(loader->nft, text) == 0)
			return true;
		buffer_puts(reason, nft_ctx_get_error_buffer(loader->nft));
		return false;
	}
	loader->legacy |= strstr(how, "legacy") != NULL;
	loader->sets |= strstr(how, "ipset") != NULL;
	if (lab_run(how, text, output, sizeof(output)) == 0)
		return true;
	buffer_puts(reason, output);
	return false;
}

/* All messages about a table name it in their first kind of attribute. */
static bool is_ours(const struct nlmsghdr *header)
{
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, header, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attribute) == 1)
			return mnl_attr_get_payload_len(attribute) == sizeof(TRACE_TABLE) &&
			       memcmp(mnl_attr_get_payload(attribute), TRACE_TABLE,
				      sizeof(TRACE_TABLE)) == 0;
	return false;
}

bool loader_dump(struct buffer *dump, struct buffer *reason)
{
	cleanup(buffer_release) struct buffer all = {0};
	struct error err = {0};

	if (ruleset_dump(&all, &err) < 0) {
		buffer_puts(reason, err.text);
		return false;
	}
	int left = (int)all.length;
	for (const struct nlmsghdr *header = (const void *)all.data; mnl_nlmsg_ok(header, left);
	     header = mnl_nlmsg_next(header, &left))
		if (!is_ours(header))
			buffer_add(dump, header, MNL_ALIGN(header->nlmsg_len));
	return true;
}
