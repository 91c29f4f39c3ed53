/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/ipset.h"

enum { RECEIVE_SIZE = 64 * 1024 };

static void close_socket(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

/*
 * A message to a subsystem that is not there makes nfnetlink load the module. If /sys cannot tell,
 * ipset is there: rules that use it hold it, and without such rules nobody asks.
 */
static bool is_absent(void)
{
	return access("/sys/module", F_OK) == 0 && access("/sys/module/ip_set", F_OK) != 0;
}

static int take_message(const struct nlmsghdr *header, void *data)
{
	struct buffer *dump = data;

	if (header->nlmsg_type >> 8 == NFNL_SUBSYS_IPSET)
		buffer_add(dump, header, MNL_ALIGN(header->nlmsg_len));
	return MNL_CB_OK;
}

static int send_request(struct mnl_socket *socket)
{
	char space[MNL_ALIGN(sizeof(struct nlmsghdr)) + 64];
	struct nlmsghdr *header = mnl_nlmsg_put_header(space);
	struct nfgenmsg *message;

	header->nlmsg_type = NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->nfgen_family = AF_INET;
	message->version = NFNETLINK_V0;
	mnl_attr_put_u8(header, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
	return mnl_socket_sendto(socket, header, header->nlmsg_len) < 0 ? -errno : 0;
}

static int receive(struct mnl_socket *socket, struct buffer *dump)
{
	char space[RECEIVE_SIZE];
	int result = MNL_CB_OK;

	while (result > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(socket, space, sizeof(space));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		result = mnl_cb_run(space, (size_t)length, 1, mnl_socket_get_portid(socket),
				    take_message, dump);
	}
	return result < 0 ? -errno : 0;
}

int ipset_dump(struct buffer *dump, struct error *err)
{
	cleanup(close_socket) struct mnl_socket *socket = NULL;
	size_t start = dump->length;
	int result = 0;

	if (is_absent())
		return 0;
	socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		result = -errno;
	if (!result)
		result = send_request(socket);
	if (!result)
		result = receive(socket, dump);
	if (!result)
		return 0;
	dump->length = start;
	return error_errno(err, -result, "cannot read the ipsets");
}
