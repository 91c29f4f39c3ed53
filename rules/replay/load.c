/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/replay/copy.h"

/*
 * A transaction is one datagram, and in a user namespace nobody may have a send buffer larger than
 * net.core.wmem_max (208 kB), doubled. Its refusals, one message each, have to fit the receive buffer.
 */
enum { BATCH_BYTES = 96 * 1024, BATCH_PARTS = 128, SOCKET_BUFFER = 16 * 1024 * 1024 };

int batch_socket(void)
{
	const int size = SOCKET_BUFFER, one = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return fd;
}

static void add_mark(struct buffer *batch, uint16_t type)
{
	const struct {
		struct nlmsghdr header;
		struct nfgenmsg about;
	} mark = {
		.header = {.nlmsg_len = sizeof(mark),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST},
		.about = {.version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)},
	};

	buffer_add(batch, &mark, sizeof(mark));
}

typedef void refusal(void *data, uint32_t sequence, int errnum);

/*
 * The kernel has worked the batch off when sendto() returns, and what it has to say waits for us.
 * Returns whether there was any refusal; more of them than the socket holds are some, too.
 */
static int take_refusals(int fd, refusal *refuse, void *data)
{
	char space[16384];
	int refused = 0;

	for (;;) {
		ssize_t got = recv(fd, space, sizeof(space), MSG_DONTWAIT);
		if (got < 0 && errno == ENOBUFS)
			refused = 1;
		if (got < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (got < 0)
			return errno == EAGAIN ? refused : -errno;

		int left = (int)got;
		const struct nlmsghdr *header = (const struct nlmsghdr *)space;
		for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
			if (header->nlmsg_type != NLMSG_ERROR || !error->error)
				continue;
			refused = 1;
			refuse(data, header->nlmsg_seq, -error->error);
		}
	}
}

static int send_batch(int fd, struct buffer *batch, refusal *refuse, void *data)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if (sendto(fd, batch->data, batch->length, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	return take_refusals(fd, refuse, data);
}

/* A row of parts as one transaction: which were refused. */
struct attempt {
	struct copy *copy;
	size_t first, count;
	int errnums[BATCH_PARTS];
	bool named; /* a refusal named a part, not only the transaction */
	int errnum; /* of the transaction as a whole */
};

/* The sequence number of a message says which part it belongs to; the marks have 0. */
static void note_refusal(void *data, uint32_t sequence, int errnum)
{
	struct attempt *attempt = data;

	if (sequence == 0 || sequence > attempt->count) {
		attempt->errnum = errnum;
		return;
	}
	attempt->named = true;
	if (!attempt->errnums[sequence - 1])
		attempt->errnums[sequence - 1] = errnum;
}

static void add_part(struct buffer *batch, const struct copy *copy, const struct copy_part *part,
		     uint32_t sequence)
{
	size_t start = batch->length;

	buffer_add(batch, copy->messages.data + part->start, part->length);
	for (size_t at = start; at < batch->length;) {
		struct nlmsghdr *message = (struct nlmsghdr *)(batch->data + at);
		message->nlmsg_seq = sequence;
		at += MNL_ALIGN(message->nlmsg_len);
	}
}

static int try_parts(int fd, struct attempt *attempt)
{
	cleanup(buffer_release) struct buffer batch = {0};

	add_mark(&batch, NFNL_MSG_BATCH_BEGIN);
	for (size_t i = 0; i < attempt->count; i++) {
		const struct copy_part *part = &attempt->copy->parts[attempt->first + i];
		attempt->errnums[i] = 0;
		if (!part->left_out)
			add_part(&batch, attempt->copy, part, (uint32_t)i + 1);
	}
	add_mark(&batch, NFNL_MSG_BATCH_END);
	attempt->named = false;
	attempt->errnum = 0;
	return send_batch(fd, &batch, note_refusal, attempt);
}

static int load_parts(int fd, struct copy *copy, size_t first, size_t count);

/* The commit failed and names nobody: the parts go one by one. */
static int load_singly(int fd, struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count; i++) {
		struct copy_part *part = &attempt->copy->parts[attempt->first + i];
		if (part->left_out)
			continue;
		if (attempt->count == 1) {
			copy_leave_out(attempt->copy, part,
				       attempt->errnum ? attempt->errnum : ENOBUFS);
			return 0;
		}
		int rc = load_parts(fd, attempt->copy, attempt->first + i, 1);
		if (rc)
			return rc;
	}
	return 0;
}

/* Each round leaves at least one part out, or is the last. */
static int load_parts(int fd, struct copy *copy, size_t first, size_t count)
{
	struct attempt attempt = {.copy = copy, .first = first, .count = count};

	for (;;) {
		int rc = try_parts(fd, &attempt);
		if (rc == -EMSGSIZE) {
			attempt.errnum = EMSGSIZE;
			return load_singly(fd, &attempt);
		}
		if (rc <= 0)
			return rc;
		if (!attempt.named)
			return load_singly(fd, &attempt);
		for (size_t i = 0; i < count; i++)
			if (attempt.errnums[i])
				copy_leave_out(copy, &copy->parts[first + i], attempt.errnums[i]);
	}
}

int copy_load(struct copy *copy, struct error *err)
{
	cleanup(close_fd) int fd = batch_socket();

	if (fd < 0)
		return error_errno(err, -fd, "cannot open a netlink socket for the copy");
	for (size_t first = 0; first < copy->n_parts;) {
		size_t count = 1, bytes = copy->parts[first].length;
		while (first + count < copy->n_parts && count < BATCH_PARTS &&
		       bytes + copy->parts[first + count].length < BATCH_BYTES)
			bytes += copy->parts[first + count++].length;
		int rc = load_parts(fd, copy, first, count);
		if (rc < 0)
			return error_errno(err, -rc, "cannot load the copy of the rules");
		first += count;
	}
	return 0;
}

static void note_errnum(void *data, uint32_t, int errnum)
{
	*(int *)data = errnum;
}

int batch_load(int fd, const struct buffer *messages, struct error *err)
{
	cleanup(buffer_release) struct buffer batch = {0};
	int errnum = 0;

	add_mark(&batch, NFNL_MSG_BATCH_BEGIN);
	buffer_add(&batch, messages->data, messages->length);
	add_mark(&batch, NFNL_MSG_BATCH_END);
	int rc = send_batch(fd, &batch, note_errnum, &errnum);
	if (rc < 0)
		errnum = -rc;
	return errnum ? error_errno(err, errnum, "cannot load rules of our own") : 0;
}
