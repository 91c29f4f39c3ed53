/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/neighbour.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "probes/deadline.h"
#include "probes/netlink.h"
#include "record/journal.h"

enum { DISCARD_PORT = 9, NEWS_BUFFER = 8192 };

struct awaited {
	uint32_t ifindex;
	const struct address *address;
	struct neighbour *neighbour;
};

static void close_news(struct mnl_socket **news)
{
	if (*news)
		mnl_socket_close(*news);
}

/* Changes of neighbour entries are announced to anyone who listens, also without privilege. */
static struct mnl_socket *open_news(void)
{
	struct mnl_socket *news = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int errnum;

	if (news && mnl_socket_bind(news, RTMGRP_NEIGH, MNL_SOCKET_AUTOPID) < 0) {
		errnum = errno;
		mnl_socket_close(news);
		errno = errnum;
		return NULL;
	}
	return news;
}

/* An empty datagram makes the kernel ask for the hardware address, and nothing more. */
static int send_nothing(const struct address *source, const struct address *address,
			int *ret_errnum, struct error *err)
{
	cleanup(close_fd) int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage from, to;
	socklen_t from_length = address_to_sockaddr(source, 0, &from);
	socklen_t to_length = address_to_sockaddr(address, DISCARD_PORT, &to);

	if (fd < 0)
		return error_errno(err, errno, "cannot open a UDP socket");
	if (source->family && bind(fd, (struct sockaddr *)&from, from_length) < 0)
		return error_errno(err, errno, "cannot bind a UDP socket to the source address");
	*ret_errnum = 0;
	if (sendto(fd, "", 0, MSG_DONTWAIT, (struct sockaddr *)&to, to_length) < 0)
		*ret_errnum = errno;
	return 0;
}

static int on_news(const struct nlmsghdr *message, void *context)
{
	const struct awaited *awaited = context;
	struct neighbour neighbour;

	if (neighbour_parse(message, &neighbour) && neighbour.ifindex == awaited->ifindex &&
	    address_equal(&neighbour.address, awaited->address))
		*awaited->neighbour = neighbour;
	return MNL_CB_OK;
}

static bool is_final(const struct neighbour *neighbour)
{
	return neighbour_is_known(neighbour) || neighbour_is_failed(neighbour);
}

/* Reads the news that are there; false when some were lost, so that the entry has to be asked for. */
static bool read_news(struct mnl_socket *news, struct awaited *awaited)
{
	char buffer[NEWS_BUFFER];
	ssize_t length;

	while ((length = mnl_socket_recvfrom(news, buffer, sizeof(buffer))) > 0)
		mnl_cb_run(buffer, length, 0, 0, on_news, awaited);
	return length == 0 || errno == EAGAIN;
}

static int wait_final(struct mnl_socket *news, struct awaited *awaited, int64_t deadline,
		      struct error *err)
{
	struct pollfd wait = {.fd = mnl_socket_get_fd(news), .events = POLLIN};
	int status = neighbour_read(awaited->ifindex, awaited->address, awaited->neighbour, err);

	while (status == 0 && !is_final(awaited->neighbour)) {
		int left = deadline_left(deadline);

		if (left == 0)
			break;
		if (poll(&wait, 1, left) < 0)
			return error_errno(err, errno, "cannot wait for news of neighbours");
		if (!read_news(news, awaited))
			status = neighbour_read(awaited->ifindex, awaited->address,
						awaited->neighbour, err);
	}
	return status;
}

static int provoke(uint32_t ifindex, const struct address *source, const struct address *address,
		   unsigned timeout_ms, struct neighbour_provocation *ret, struct error *err)
{
	cleanup(close_news) struct mnl_socket *news = NULL;
	struct awaited awaited = {ifindex, address, &ret->neighbour};
	int64_t deadline = deadline_after(timeout_ms);
	int status;

	*ret = (struct neighbour_provocation){0};
	status = neighbour_read(ifindex, address, &ret->neighbour, err);
	if (status < 0 || neighbour_is_known(&ret->neighbour))
		return status;
	/* Listen first: an answer between sending and listening would be missed. */
	news = open_news();
	if (!news)
		return error_errno(err, errno, "cannot listen to changes of neighbours");
	status = send_nothing(source, address, &ret->send_errnum, err);
	if (status < 0 || ret->send_errnum)
		return status;
	status = wait_final(news, &awaited, deadline, err);
	ret->timed_out = status == 0 && !is_final(&ret->neighbour);
	return status;
}

/* In the journal "STATE MAC SEND_ERRNUM TIMED_OUT", the address "-" if it is not known. */
static void keep(const char *question, const struct neighbour_provocation *asked, int status,
		 const struct error *err)
{
	const uint8_t *mac = asked->neighbour.mac;
	char text[96], address[32] = "-";

	if (asked->neighbour.has_mac)
		snprintf(address, sizeof(address), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			 mac[2], mac[3], mac[4], mac[5]);
	snprintf(text, sizeof(text), "%u %s %d %d", asked->neighbour.state, address,
		 asked->send_errnum, asked->timed_out);
	journal_keep(&(struct record_answer){
		.question = (char *)question,
		.result = status,
		.error = status ? (char *)err->text : NULL,
		.bytes = text,
		.length = strlen(text),
	});
}

static bool take(const struct record_answer *answer, struct neighbour_provocation *ret)
{
	struct neighbour *neighbour = &ret->neighbour;
	uint8_t *mac = neighbour->mac;
	char address[32];
	int timed_out;

	if (sscanf(answer->bytes, "%5hu %31s %9d %9d", &neighbour->state, address,
		   &ret->send_errnum, &timed_out) != 4)
		return false;
	ret->timed_out = timed_out;
	neighbour->has_mac = sscanf(address, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0],
				    &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) == 6;
	return neighbour->has_mac || !strcmp(address, "-");
}

int neighbour_provoke(uint32_t ifindex, const struct address *source, const struct address *address,
		      unsigned timeout_ms, struct neighbour_provocation *ret, struct error *err)
{
	char question[ADDRESS_TEXT_SIZE + 48], what[ADDRESS_TEXT_SIZE + 48];
	char text[ADDRESS_TEXT_SIZE];
	struct record_answer answer;
	struct error own = {0};

	address_format(address, text);
	snprintf(question, sizeof(question), "neighbour %s on interface %u", text, ifindex);
	snprintf(what, sizeof(what), "ask for the hardware address of %s", text);
	*ret = (struct neighbour_provocation){0};
	/* A host that was not asked for, and was there all the same when the record was made. */
	if (journal_replays() && !journal_holds(question) &&
	    !neighbour_find(ifindex, address, &ret->neighbour, NULL) &&
	    neighbour_is_known(&ret->neighbour))
		return 0;
	if (journal_known(&answer, question, what)) {
		*ret = (struct neighbour_provocation){
			.neighbour = {.ifindex = ifindex,
				      .address = *address,
				      .confirmed_ms = UINT32_MAX},
		};
		if (answer.error)
			return error_set(err, -answer.result, "cannot %s: %s", what, answer.error);
		return take(&answer, ret) ? 0 : error_set(err, EBADMSG, "cannot %s", what);
	}
	journal_pause(); /* the entry changes while it is waited for */
	int status = provoke(ifindex, source, address, timeout_ms, ret, &own);
	journal_resume();
	keep(question, ret, status, &own);
	if (err && status)
		*err = own;
	return status;
}
