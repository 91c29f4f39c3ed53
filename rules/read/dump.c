/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/address.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"

enum {
	/* netlink_dump() fills messages of up to 32 kB for a reader that has shown such room. */
	RECEIVE_SIZE = 32 * 1024,
	FIRST_RCVBUF = 1024 * 1024,
	MAX_RCVBUF = 64 * 1024 * 1024,
	MAX_TRIES = 8,
	/* Elements that a set is worth to be read whole; looking one up costs as much as some hundred. */
	MANY_ELEMENTS = 4096,
};

/* nft's numbers of the types of keys (TYPE_IPADDR, TYPE_IP6ADDR). */
enum { KEY_IPV4_ADDRESS = 7, KEY_IPV6_ADDRESS = 8 };

struct session {
	struct mnl_socket *socket;
	uint32_t sequence;
	struct buffer *out;
	int rcvbuf;
	bool sparing;
	size_t most, taken; /* elements of one set; 0: any number */
	char receive[RECEIVE_SIZE];
};

static size_t n_elements(const struct nlmsghdr *message)
{
	const struct nlattr *attr, *element;
	size_t count = 0;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_LIST_ELEMENTS)
			mnl_attr_for_each_nested (element, attr)
				count++;
	return count;
}

/*
 * What one message of an answer means: 1 to go on, 0 for the end, negative errno. Messages of the
 * ruleset are appended to @out.
 */
static int take_message(struct session *session, const struct nlmsghdr *header)
{
	if (header->nlmsg_seq != session->sequence)
		return 1;
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		return -EINTR;
	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		const int *code = mnl_nlmsg_get_payload(header);

		return mnl_nlmsg_get_payload_len(header) >= sizeof(*code) && *code < 0 ? *code : 0;
	}
	if (header->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return 1;
	if (session->most && (session->taken += n_elements(header)) > session->most)
		return -EFBIG;
	buffer_add(session->out, header, MNL_ALIGN(header->nlmsg_len));
	return header->nlmsg_flags & NLM_F_MULTI ? 1 : 0;
}

static int receive_answer(struct session *session)
{
	int rc = 1;

	while (rc > 0) {
		ssize_t length = mnl_socket_recvfrom(session->socket, session->receive,
						     sizeof(session->receive));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;

		int left = (int)length;
		const struct nlmsghdr *header = (const struct nlmsghdr *)session->receive;

		for (; rc > 0 && mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
			rc = take_message(session, header);
	}
	return rc;
}

static int request(struct session *session, struct nlmsghdr *message)
{
	message->nlmsg_seq = ++session->sequence;
	if (mnl_socket_sendto(session->socket, message, message->nlmsg_len) < 0)
		return -errno;
	return receive_answer(session);
}

static int get_all(struct session *session, uint16_t type)
{
	char space[64];

	return request(session, nftnl_nlmsg_build_hdr(space, type, NFPROTO_UNSPEC, NLM_F_DUMP, 0));
}

static const char *string_attr(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == type &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) &&
		    mnl_attr_get_payload_len(attr) <= NFT_NAME_MAXLEN)
			return mnl_attr_get_str(attr);
	}
	return NULL;
}

enum { REQUEST_SIZE = 2 * NFT_NAME_MAXLEN + 128 };

/* A question about the elements of a set, built in REQUEST_SIZE bytes; NULL if @set has no name. */
static struct nlmsghdr *ask_set(char *space, const struct nlmsghdr *set, uint16_t flags)
{
	const struct nfgenmsg *about = mnl_nlmsg_get_payload(set);
	const char *table = string_attr(set, NFTA_SET_TABLE),
		   *name = string_attr(set, NFTA_SET_NAME);
	struct nlmsghdr *message;

	if (!table || !name)
		return NULL;
	message = nftnl_nlmsg_build_hdr(space, NFT_MSG_GETSETELEM, about->nfgen_family, flags, 0);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, name);
	return message;
}

static uint32_t number_attr(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == type && !mnl_attr_validate(attr, MNL_TYPE_U32))
			return ntohl(mnl_attr_get_u32(attr));
	return 0;
}

/* A named set of addresses alone; what a rule holds in itself is shown with it, and so read. */
static bool is_of_addresses(const struct nlmsghdr *set, uint32_t key_type)
{
	uint32_t length = key_type == KEY_IPV4_ADDRESS ? 4 : 16;

	return number_attr(set, NFTA_SET_KEY_TYPE) == key_type &&
	       number_attr(set, NFTA_SET_KEY_LEN) == length &&
	       !(number_attr(set, NFTA_SET_FLAGS) & NFT_SET_ANONYMOUS);
}

static int open_socket(struct session *session);

/* What is left of a dump that is given up goes with its socket; the set stays incomplete. */
static int give_up_elements(struct session *session, size_t start)
{
	session->out->length = start;
	mnl_socket_close(session->socket);
	return open_socket(session);
}

static int get_elements(struct session *session, const struct nlmsghdr *set)
{
	char space[REQUEST_SIZE];
	struct nlmsghdr *message = ask_set(space, set, NLM_F_DUMP);
	size_t start = session->out->length;
	int rc;

	if (!message)
		return -EBADMSG;
	if (session->sparing &&
	    (is_of_addresses(set, KEY_IPV4_ADDRESS) || is_of_addresses(set, KEY_IPV6_ADDRESS)))
		session->most = MANY_ELEMENTS;
	session->taken = 0;
	rc = request(session, message);
	session->most = 0;
	return rc == -EFBIG ? give_up_elements(session, start) : rc;
}

/* Elements come by set only: one dump for each of the NEWSET messages from @start to @end. */
static int get_all_elements(struct session *session, size_t start, size_t end)
{
	for (size_t at = start; at < end;) {
		const struct nlmsghdr *set = (const struct nlmsghdr *)(session->out->data + at);
		size_t length = MNL_ALIGN(set->nlmsg_len);
		int rc = get_elements(session, set); /* may move the buffer */

		if (rc == -ENOENT) /* the set has gone meanwhile */
			return -EINTR;
		if (rc < 0)
			return rc;
		at += length;
	}
	return 0;
}

static int get_generation(struct session *session)
{
	char space[64];

	return request(session, nftnl_nlmsg_build_hdr(space, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0, 0));
}

/* The generation in the NEWGEN message at @at of the output. */
static int generation_at(const struct session *session, size_t at, uint32_t *ret_generation)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)(session->out->data + at);
	const struct nlattr *attr;

	if (at >= session->out->length)
		return -EBADMSG;
	mnl_attr_for_each (attr, header, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == NFTA_GEN_ID &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32)) {
			*ret_generation = mnl_attr_get_u32(attr);
			return 0;
		}
	}
	return -EBADMSG;
}

static int get_ruleset(struct session *session)
{
	static const uint16_t others[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETOBJ,
					  NFT_MSG_GETRULE};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(others); i++)
		rc = get_all(session, others[i]);

	size_t sets = session->out->length;

	if (!rc)
		rc = get_all(session, NFT_MSG_GETSET);
	return rc ? rc : get_all_elements(session, sets, session->out->length);
}

/* What is read, between two looks at the generation. */
typedef int reader(struct session *session, const struct address *address);

static int read_ruleset(struct session *session, const struct address *)
{
	return get_ruleset(session);
}

/* -EINTR if the ruleset changed meanwhile. */
static int get_consistently(struct session *session, reader *read, const struct address *address)
{
	size_t start = session->out->length;
	uint32_t before, after;
	int rc = get_generation(session);

	if (!rc)
		rc = generation_at(session, start, &before);
	if (!rc)
		rc = read(session, address);

	size_t end = session->out->length;

	if (!rc)
		rc = get_generation(session);
	if (!rc)
		rc = generation_at(session, end, &after);
	if (rc)
		return rc;
	session->out->length = end;
	return before == after ? 0 : -EINTR;
}

static void enlarge_receive_buffer(struct mnl_socket *socket, int size)
{
	int fd = mnl_socket_get_fd(socket);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int open_socket(struct session *session)
{
	session->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!session->socket || mnl_socket_bind(session->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	enlarge_receive_buffer(session->socket, session->rcvbuf);
	return 0;
}

static void close_session(struct session *session)
{
	if (session->socket)
		mnl_socket_close(session->socket);
}

static int explain(struct error *err, int rc)
{
	switch (rc) {
	case -EPERM:
		return error_set(err, EPERM, "reading the nf_tables rules needs CAP_NET_ADMIN");
	case -EINVAL: /* nfnetlink_rcv_msg() has no subsystem of that number */
	case -EPROTONOSUPPORT:
		return error_set(err, EPROTONOSUPPORT, "this kernel has no nf_tables");
	default: return error_errno(err, -rc, "cannot read the nf_tables rules");
	}
}

/* A fresh socket for each try, so that nothing is left of a dump that was given up. */
static int try_to_read(reader *read, const struct address *address, struct buffer *dump, int rcvbuf,
		       bool sparing)
{
	cleanup(close_session) struct session session = {
		.out = dump, .sparing = sparing, .rcvbuf = rcvbuf};
	int rc = open_socket(&session);

	return rc ? rc : get_consistently(&session, read, address);
}

static int keep_trying(reader *read, const struct address *address, struct buffer *dump,
		       bool sparing, struct error *err)
{
	size_t start = dump->length;
	int rcvbuf = FIRST_RCVBUF;

	for (int try = 0; try < MAX_TRIES; try++) {
		int rc = try_to_read(read, address, dump, rcvbuf, sparing);

		if (!rc)
			return 0;
		dump->length = start;
		if (rc == -ENOBUFS && rcvbuf < MAX_RCVBUF)
			rcvbuf *= 2;
		else if (rc != -EINTR)
			return explain(err, rc);
		nanosleep(&(struct timespec){.tv_nsec = 1000000L << try}, NULL);
	}
	return error_set(err, EAGAIN, "the nf_tables rules changed %d times while being read",
			 MAX_TRIES);
}

int ruleset_dump(struct buffer *dump, struct error *err)
{
	return keep_trying(read_ruleset, NULL, dump, false, err);
}

int ruleset_dump_sparing(struct buffer *dump, struct error *err)
{
	return keep_trying(read_ruleset, NULL, dump, true, err);
}

/* With @address NULL for the element that stands for all others. */
static void put_key(struct nlmsghdr *message, const struct address *address)
{
	struct nlattr *list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	if (address) {
		struct nlattr *key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);

		mnl_attr_put(message, NFTA_DATA_VALUE, address_length(address), address->bytes);
		mnl_attr_nest_end(message, key);
	} else {
		mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_CATCHALL));
	}
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
}

/* A set that cannot be asked like that leaves no trace, and stays incomplete. */
static int ask_for(struct session *session, const struct nlmsghdr *set,
		   const struct address *address)
{
	char space[REQUEST_SIZE];
	struct nlmsghdr *message = ask_set(space, set, 0);
	size_t start = session->out->length;
	int rc;

	if (!message)
		return -EBADMSG;
	put_key(message, address);
	buffer_add(session->out, message, MNL_ALIGN(message->nlmsg_len));
	rc = request(session, message);
	if (rc == -EOPNOTSUPP || (rc == -EINVAL && address))
		session->out->length = start;
	else if (rc && rc != -ENOENT && rc != -EINVAL)
		return rc;
	return 0;
}

static int ask_sets(struct session *session, const struct address *address)
{
	uint32_t key_type = address->family == AF_INET ? KEY_IPV4_ADDRESS : KEY_IPV6_ADDRESS;
	cleanup(buffer_release) struct buffer sets = {0};
	struct buffer *out = session->out;
	int rc;

	session->out = &sets;
	rc = get_all(session, NFT_MSG_GETSET);
	session->out = out;
	for (size_t at = 0; !rc && at < sets.length;) {
		const struct nlmsghdr *set = (const struct nlmsghdr *)(sets.data + at);

		if (is_of_addresses(set, key_type))
			rc = ask_for(session, set, address);
		if (!rc && is_of_addresses(set, key_type))
			rc = ask_for(session, set, NULL);
		at += MNL_ALIGN(set->nlmsg_len);
	}
	return rc;
}

int elements_dump(const struct address *address, struct buffer *dump, struct error *err)
{
	return keep_trying(ask_sets, address, dump, false, err);
}
