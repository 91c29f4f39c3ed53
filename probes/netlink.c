/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/netlink.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/netlink_message.h"
#include "record/journal.h"

/*
 * The kernel fills a dump message by message up to the size of our buffer; a single message that is
 * larger than it (an interface with many virtual functions) is cut, and asked for again with more.
 */
enum { FIRST_BUFFER = 32 * 1024, LAST_BUFFER = 1024 * 1024, ATTEMPTS = 16 };

struct conversation {
	const struct netlink_question *question;
	int failed; /* -errno of the question's own callback */
};

struct nlmsghdr *netlink_request(char *buffer, uint16_t type, uint16_t flags, size_t header_size,
				 void *ret_header)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	*(void **)ret_header = mnl_nlmsg_put_extra_header(request, header_size);
	return request;
}

static int on_message(const struct nlmsghdr *message, void *data)
{
	struct conversation *conversation = data;
	const struct netlink_question *question = conversation->question;

	conversation->failed = question->message(message, question->context);
	return conversation->failed ? MNL_CB_ERROR : MNL_CB_OK;
}

/* Receives until the kernel says that this is all. Sets errno and returns -1 on any failure. */
static int receive(struct mnl_socket *socket, uint32_t sequence, size_t size,
		   struct conversation *conversation, bool *ret_refused)
{
	cleanup(free_pointer) char *buffer = xcalloc(1, size);
	unsigned port = mnl_socket_get_portid(socket);
	int status = MNL_CB_OK;

	while (status > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, size);

		if (length < 0)
			return -1;
		status = mnl_cb_run(buffer, length, sequence, port, on_message, conversation);
	}
	if (status < 0 && !conversation->failed && errno != EINTR && errno != EPROTO &&
	    errno != ESRCH)
		*ret_refused = true;
	return status;
}

/* One attempt on a socket of its own, so that a broken-off dump leaves nothing behind in it. */
static int attempt(const struct netlink_question *question, struct nlmsghdr *request, size_t size,
		   bool *ret_refused)
{
	struct conversation conversation = {question, 0};
	struct mnl_socket *socket = mnl_socket_open2(question->protocol, SOCK_CLOEXEC);
	int status = -1, errnum;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0)
		status = receive(socket, request->nlmsg_seq, size, &conversation, ret_refused);
	errnum = errno;
	mnl_socket_close(socket);
	if (conversation.failed)
		return conversation.failed;
	return status < 0 ? -errnum : 0;
}

static int ask_kernel(const struct netlink_question *question, struct nlmsghdr *request,
		      bool *ret_refused, struct error *err)
{
	size_t size = FIRST_BUFFER;
	bool refused = false;
	int status = 0;

	/* A dump ends with NLMSG_DONE, a single answer needs an acknowledgement as its end. */
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	request->nlmsg_seq = 1;
	for (int tries = 0; tries < ATTEMPTS; tries++) {
		if (tries && question->restart)
			question->restart(question->context);
		status = attempt(question, request, size, &refused);
		if (status == -ENOSPC && !refused && size < LAST_BUFFER)
			size *= 2;
		else if (status != -EINTR)
			break;
	}
	if (ret_refused)
		*ret_refused = refused;
	if (status < 0 && !(ret_refused && refused))
		return error_errno(err, -status, "cannot %s", question->what);
	return status;
}

/* The request in the journal: without what differs each time, the sender and the sequence number. */
static void describe(struct buffer *key, const struct netlink_question *question,
		     const struct nlmsghdr *request)
{
	const uint8_t *payload = mnl_nlmsg_get_payload(request);

	buffer_printf(key, "netlink %d %u %#x ", question->protocol, request->nlmsg_type,
		      request->nlmsg_flags);
	for (size_t i = 0; i < mnl_nlmsg_get_payload_len(request); i++)
		buffer_printf(key, "%02x", payload[i]);
}

struct collection {
	struct buffer messages;
	const struct netlink_question *question;
};

static int collect(const struct nlmsghdr *message, void *context)
{
	struct collection *collection = context;
	size_t at = collection->messages.length;

	buffer_add(&collection->messages, message, MNL_ALIGN(message->nlmsg_len));
	struct nlmsghdr *copy = (struct nlmsghdr *)(collection->messages.data + at);
	copy->nlmsg_pid = 0;
	if (collection->question->censor)
		collection->question->censor(copy);
	return 0;
}

static void forget(void *context)
{
	((struct collection *)context)->messages.length = 0;
}

/* A refusal by the kernel has no words of its own, a failure to ask has. */
static void keep_answer(const char *key, const struct netlink_question *question,
			struct nlmsghdr *request)
{
	struct collection collection = {.question = question};
	struct netlink_question collecting = *question;
	struct error err = {0};
	bool refused = false;

	collecting.message = collect;
	collecting.restart = forget;
	collecting.context = &collection;
	int result = ask_kernel(&collecting, request, &refused, &err);
	journal_keep(&(struct record_answer){
		.question = (char *)key,
		.result = result,
		.error = result < 0 && !refused ? err.text : NULL,
		.bytes = collection.messages.data,
		.length = result < 0 ? 0 : collection.messages.length,
	});
	buffer_release(&collection.messages);
}

/* What was recorded, as the kernel would say it. */
static int tell(const struct record_answer *answer, const struct netlink_question *question,
		bool *ret_refused, struct error *err)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)answer->bytes;
	int left = answer->length < INT_MAX ? (int)answer->length : INT_MAX;
	int failed = 0;

	if (ret_refused)
		*ret_refused = answer->result < 0 && !answer->error;
	if (answer->result < 0 && ret_refused && *ret_refused)
		return answer->result;
	if (answer->result == -ENODATA)
		return error_set(err, ENODATA, "cannot %s: %s", question->what,
				 answer->error ? answer->error : "");
	if (answer->result < 0)
		return error_errno(err, -answer->result, "cannot %s", question->what);
	while (!failed && left > 0 && netlink_message_is_whole(message, (size_t)left)) {
		failed = question->message(message, question->context);
		message = mnl_nlmsg_next(message, &left);
	}
	if (failed)
		return error_errno(err, -failed, "cannot %s", question->what);
	return 0;
}

bool netlink_is_recorded(const struct netlink_question *question, const struct nlmsghdr *request)
{
	cleanup(buffer_release) struct buffer key = {0};

	if (!journal_on())
		return false;
	describe(&key, question, request);
	return journal_holds(buffer_text(&key));
}

int netlink_ask(const struct netlink_question *question, struct nlmsghdr *request,
		bool *ret_refused, struct error *err)
{
	cleanup(buffer_release) struct buffer key = {0};
	struct record_answer answer;

	if (!journal_on())
		return ask_kernel(question, request, ret_refused, err);
	describe(&key, question, request);
	if (!journal_holds(buffer_text(&key)) && !journal_replays())
		keep_answer(buffer_text(&key), question, request);
	if (!journal_known(&answer, buffer_text(&key), question->what))
		return ask_kernel(question, request, ret_refused, err);
	return tell(&answer, question, ret_refused, err);
}

void netlink_blank(struct nlmsghdr *message, size_t header_size, uint16_t type)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_offset(message, header_size);
	char *end = (char *)message + message->nlmsg_len;

	for (; mnl_attr_ok(attr, (int)(end - (char *)attr)); attr = mnl_attr_next(attr)) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		memset(mnl_attr_get_payload(attr), 0, mnl_attr_get_payload_len(attr));
		attr->nla_type = 0;
	}
}

bool netlink_u8(const struct nlattr *attribute, uint8_t *ret)
{
	if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof(*ret))
		return false;
	*ret = mnl_attr_get_u8(attribute);
	return true;
}

bool netlink_u32(const struct nlattr *attribute, uint32_t *ret)
{
	if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof(*ret))
		return false;
	memcpy(ret, mnl_attr_get_payload(attribute), sizeof(*ret));
	return true;
}

bool netlink_address(const struct nlattr *attribute, int family, struct address *ret)
{
	struct address address = {.family = family};
	size_t length = address_length(&address);

	if (!attribute || !length || mnl_attr_get_payload_len(attribute) < length)
		return false;
	memcpy(address.bytes, mnl_attr_get_payload(attribute), length);
	*ret = address;
	return true;
}

bool netlink_text(const struct nlattr *attribute, char *text, size_t size)
{
	size_t length;

	if (!attribute || !size)
		return false;
	length = strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
	if (length >= size)
		length = size - 1;
	memcpy(text, mnl_attr_get_payload(attribute), length);
	text[length] = '\0';
	return true;
}

const void *netlink_header(const struct nlmsghdr *message, uint16_t type, size_t size)
{
	if (message->nlmsg_type != type || message->nlmsg_len < MNL_NLMSG_HDRLEN + size)
		return NULL;
	return mnl_nlmsg_get_payload(message);
}

void netlink_payload(const void *payload, size_t length, const struct nlattr **table, size_t count)
{
	const struct nlattr *attr;

	memset(table, 0, count * sizeof(*table));
	mnl_attr_for_each_payload(payload, length)
	{
		if (mnl_attr_get_type(attr) < count)
			table[mnl_attr_get_type(attr)] = attr;
	}
}

void netlink_attributes(const struct nlmsghdr *message, size_t header_size,
			const struct nlattr **table, size_t count)
{
	const char *attributes = mnl_nlmsg_get_payload_offset(message, header_size);
	/* Not mnl_nlmsg_get_payload_tail(): that is rounded up, past the end of a cut message. */
	const char *end = (const char *)message + message->nlmsg_len;

	netlink_payload(attributes, attributes < end ? end - attributes : 0, table, count);
}

void netlink_nested(const struct nlattr *nest, const struct nlattr **table, size_t count)
{
	netlink_payload(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), table, count);
}
