/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare [--no-elements]: reads the rules and, of all sets, the elements, has libnftnl parse them, and
 * does nothing with them: the least that reading a ruleset can cost.
 */
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

struct sets {
	struct nftnl_set *all[256];
	size_t count;
};

static int take_rule(const struct nlmsghdr *message, void *data)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	(void)data;
	if (rule)
		nftnl_rule_nlmsg_parse(message, rule);
	nftnl_rule_free(rule);
	return MNL_CB_OK;
}

static int take_set(const struct nlmsghdr *message, void *data)
{
	struct sets *sets = data;
	struct nftnl_set *set = nftnl_set_alloc();

	if (set && sets->count < 256 && nftnl_set_nlmsg_parse(message, set) == 0)
		sets->all[sets->count++] = set;
	else
		nftnl_set_free(set);
	return MNL_CB_OK;
}

static int take_elements(const struct nlmsghdr *message, void *data)
{
	nftnl_set_elems_nlmsg_parse(message, data);
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t take, void *data)
{
	static char received[32 * 1024];
	ssize_t length;
	int rc = mnl_socket_sendto(socket, request, request->nlmsg_len) < 0 ? -1 : 1;

	while (rc > 0 && (length = mnl_socket_recvfrom(socket, received, sizeof(received))) > 0)
		rc = mnl_cb_run(received, (size_t)length, 0, 0, take, data);
	return rc;
}

static int dump_all(struct mnl_socket *socket, uint16_t type, mnl_cb_t take, void *data)
{
	char space[128];

	return dump(socket, nftnl_nlmsg_build_hdr(space, type, NFPROTO_UNSPEC, NLM_F_DUMP, 0), take,
		    data);
}

static int dump_elements(struct mnl_socket *socket, struct nftnl_set *set)
{
	char space[2048];
	uint16_t family = (uint16_t)nftnl_set_get_u32(set, NFTNL_SET_FAMILY);
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(space, NFT_MSG_GETSETELEM, family, NLM_F_DUMP, 0);

	nftnl_set_elems_nlmsg_build_payload(request, set);
	return dump(socket, request, take_elements, set);
}

int main(int argc, char **argv)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	struct sets sets = {.count = 0};
	int rc = socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 ? 0 : -1;

	if (!rc)
		rc = dump_all(socket, NFT_MSG_GETRULE, take_rule, NULL);
	if (!rc && !(argc > 1 && strcmp(argv[1], "--no-elements") == 0)) {
		rc = dump_all(socket, NFT_MSG_GETSET, take_set, &sets);
		for (size_t i = 0; !rc && i < sets.count; i++)
			rc = dump_elements(socket, sets.all[i]);
	}
	if (rc)
		perror("bare");
	for (size_t i = 0; i < sets.count; i++)
		nftnl_set_free(sets.all[i]);
	if (socket)
		mnl_socket_close(socket);
	return rc != 0;
}
