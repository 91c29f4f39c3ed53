/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/netlink.h"
#include "record/journal.h"

/* TIME_WAIT and NEW_SYN_RECV yield to SO_REUSEADDR and a listener of its own; neither is asked for. */
enum {
	ASKED_STATES = 1 << TCP_ESTABLISHED | 1 << TCP_SYN_SENT | 1 << TCP_FIN_WAIT1 |
		       1 << TCP_FIN_WAIT2 | 1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK |
		       1 << TCP_LISTEN | 1 << TCP_CLOSING | 1 << SOCKETS_BOUND,
};

/* A v6 socket that speaks IPv4 shows the address in its mapped form, ::ffff:a.b.c.d. */
static void unmap(struct address *address)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	if (address->family != AF_INET6 || memcmp(address->bytes, prefix, sizeof(prefix)) != 0)
		return;
	address->family = AF_INET;
	memcpy(address->bytes, address->bytes + 12, 4);
	memset(address->bytes + 4, 0, 12);
}

bool sockets_parse(const struct nlmsghdr *message, struct tcp_socket *ret)
{
	const struct nlattr *table[INET_DIAG_MAX + 1];
	const struct inet_diag_msg *header =
		netlink_header(message, SOCK_DIAG_BY_FAMILY, sizeof(*header));
	uint8_t v6only = 0;

	if (!header || (header->idiag_family != AF_INET && header->idiag_family != AF_INET6))
		return false;
	netlink_attributes(message, sizeof(*header), table, ARRAY_SIZE(table));
	netlink_u8(table[INET_DIAG_SKV6ONLY], &v6only);
	*ret = (struct tcp_socket){
		.address = {.family = header->idiag_family},
		.port = ntohs(header->id.idiag_sport),
		.state = header->idiag_state,
		.v6only = v6only,
		.ifindex = header->id.idiag_if,
		.uid = header->idiag_uid,
		.inode = header->idiag_inode,
	};
	memcpy(ret->address.bytes, header->id.idiag_src, address_length(&ret->address));
	unmap(&ret->address);
	if (ret->state == TCP_LISTEN) {
		ret->queue = header->idiag_rqueue;
		ret->backlog = header->idiag_wqueue;
	}
	return true;
}

static int add(const struct nlmsghdr *message, void *context)
{
	struct tcp_socket_list *list = context;
	struct tcp_socket entry;

	if (!sockets_parse(message, &entry) || entry.port == 0)
		return 0;
	list->items = xgrow(list->items, list->count, &list->allocated, sizeof(*list->items));
	list->items[list->count++] = entry;
	return 0;
}

static void restart(void *context)
{
	((struct tcp_socket_list *)context)->count = 0;
}

/* With whom this host talks, and whose connections they are, decides over no port. */
static void censor(struct nlmsghdr *message)
{
	struct inet_diag_msg *header = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	memset(header->id.idiag_dst, 0, sizeof(header->id.idiag_dst));
	header->id.idiag_dport = 0;
	memset(header->id.idiag_cookie, 0, sizeof(header->id.idiag_cookie));
	if (header->idiag_state == TCP_LISTEN)
		return;
	header->idiag_uid = 0;
	header->idiag_inode = 0;
}

static int read_family(uint8_t family, struct tcp_socket_list *ret, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct inet_diag_req_v2 *header;
	struct nlmsghdr *request =
		netlink_request(buffer, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {
		.protocol = NETLINK_SOCK_DIAG,
		.what = "list the TCP sockets",
		.message = add,
		.restart = restart,
		.context = ret,
		.censor = censor,
	};

	header->sdiag_family = family;
	header->sdiag_protocol = IPPROTO_TCP;
	header->idiag_states = ASKED_STATES;
	return netlink_ask(&question, request, NULL, err);
}

static void append(struct tcp_socket_list *list, const struct tcp_socket_list *more)
{
	for (size_t i = 0; i < more->count; i++) {
		list->items =
			xgrow(list->items, list->count, &list->allocated, sizeof(*list->items));
		list->items[list->count++] = more->items[i];
	}
}

int sockets_read(struct tcp_socket_list *ret, struct error *err)
{
	cleanup(sockets_release) struct tcp_socket_list v6 = {0};
	int status;

	*ret = (struct tcp_socket_list){0};
	status = read_family(AF_INET, ret, err);
	/* A kernel without IPv6 has no such handler. */
	if (status == 0)
		status = read_family(AF_INET6, &v6, err);
	if (status == -ENOENT)
		status = 0;
	if (status < 0)
		sockets_release(ret);
	else
		append(ret, &v6);
	return status;
}

void sockets_release(struct tcp_socket_list *list)
{
	free(list->items);
	*list = (struct tcp_socket_list){0};
}

/* One side's wildcard holds the other's address: the same family, or IPv6 that takes IPv4 too. */
static bool wildcard_covers(const struct address *any, bool v6only, const struct address *other)
{
	if (!address_is_any(any))
		return false;
	return any->family == other->family || (any->family == AF_INET6 && !v6only);
}

static bool overlaps(const struct tcp_socket *socket, const struct address *address)
{
	return address_equal(&socket->address, address) ||
	       wildcard_covers(&socket->address, socket->v6only, address) ||
	       wildcard_covers(address, false, &socket->address);
}

static const struct tcp_socket *find(const struct tcp_socket_list *list, bool listening,
				     const struct address *address, uint16_t port)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct tcp_socket *entry = &list->items[i];

		if (entry->port == port && (entry->state == TCP_LISTEN) == listening &&
		    overlaps(entry, address))
			return entry;
	}
	return NULL;
}

const struct tcp_socket *sockets_port_in_use(const struct tcp_socket_list *list,
					     const struct address *address, uint16_t port)
{
	return find(list, true, address, port);
}

const struct tcp_socket *sockets_port_maybe_in_use(const struct tcp_socket_list *list,
						   const struct address *address, uint16_t port)
{
	return find(list, false, address, port);
}

static int bind_live(const struct address *address, uint16_t port, int *ret_errnum,
		     struct error *err)
{
	cleanup(close_fd) int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(address, port, &sockaddr);
	int on = 1;

	if (fd < 0)
		return error_errno(err, errno, "cannot open a TCP socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return error_errno(err, errno, "cannot set SO_REUSEADDR");
	*ret_errnum = bind(fd, (struct sockaddr *)&sockaddr, length) < 0 ? errno : 0;
	return 0;
}

int sockets_bind_try(const struct address *address, uint16_t port, int *ret_errnum,
		     struct error *err)
{
	char question[ADDRESS_TEXT_SIZE + 32], text[ADDRESS_TEXT_SIZE];
	struct record_answer answer;

	snprintf(question, sizeof(question), "bind %s port %u", address_format(address, text),
		 port);
	if (!journal_known(&answer, question, question)) {
		int status = bind_live(address, port, ret_errnum, err);
		if (!status)
			journal_keep_text(question, -*ret_errnum, NULL);
		return status;
	}
	if (answer.error)
		return error_set(err, -answer.result, "cannot try the port: %s", answer.error);
	*ret_errnum = -answer.result;
	return 0;
}
