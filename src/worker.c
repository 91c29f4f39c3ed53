/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/journal.h"
#include "rules/dump.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/recent.h"
#include "src/ota/loop.h"
#include "src/privilege.h"

enum request_code {
	REQUEST_DUMP_RULESET = 1,
	REQUEST_LISTEN,
	REQUEST_LEGACY_DUMP,
	REQUEST_IPSETS,
	REQUEST_RECENT,
	REQUEST_DUMP_SPARING,
	REQUEST_ELEMENTS
};

struct request {
	uint32_t code;
	uint32_t port;
	struct address address;
};

struct answer {
	int32_t result;  /* 0 or a negative errno; @error then says what was tried */
	uint32_t length; /* bytes that follow */
	struct error error;
};

static int write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t written = send(fd, at, length, MSG_NOSIGNAL);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -EPIPE;
		at += written;
		length -= (size_t)written;
	}
	return 0;
}

/* -EINTR if a signal came meanwhile: only those have handlers that end the program. */
static int read_all(int fd, void *data, size_t length)
{
	char *at = data;

	while (length) {
		ssize_t got = recv(fd, at, length, 0);
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		at += got;
		length -= (size_t)got;
	}
	return 0;
}

/* The descriptor travels beside one byte of data: a stream socket passes none without data. */
static int send_descriptor(int fd, int passed)
{
	char byte = 0;
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.space,
				 .msg_controllen = sizeof(control.space)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &passed, sizeof(int));
	return sendmsg(fd, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int receive_descriptor(int fd)
{
	char byte;
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.space,
				 .msg_controllen = sizeof(control.space)};
	int passed;

	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) != 1)
		return -EPIPE;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&passed, CMSG_DATA(header), sizeof(int));
	return passed;
}

static int answer_bytes(int fd, const struct answer *answer, const struct buffer *bytes)
{
	int result = write_all(fd, answer, sizeof(*answer));

	return result ? result : write_all(fd, buffer_text(bytes), answer->length);
}

static int serve_listen(int fd, const struct request *request)
{
	struct answer answer = {0};
	cleanup(close_fd) int listener = -1;
	int family = request->address.family;

	if ((family != AF_INET && family != AF_INET6) || !request->port ||
	    request->port > UINT16_MAX)
		return -EPROTO;
	answer.result =
		listener_open(&request->address, (uint16_t)request->port, &listener, &answer.error);
	int result = write_all(fd, &answer, sizeof(answer));
	if (!result && answer.result >= 0)
		result = send_descriptor(fd, listener);
	return result;
}

static int serve_bytes(int fd, int (*read_bytes)(struct buffer *, struct error *))
{
	struct answer answer = {0};
	cleanup(buffer_release) struct buffer bytes = {0};

	answer.result = read_bytes(&bytes, &answer.error);
	answer.length = answer.result < 0 ? 0 : (uint32_t)bytes.length;
	return answer_bytes(fd, &answer, &bytes);
}

static int serve_elements(int fd, const struct request *request)
{
	struct answer answer = {0};
	cleanup(buffer_release) struct buffer bytes = {0};
	int family = request->address.family;

	if (family != AF_INET && family != AF_INET6)
		return -EPROTO;
	answer.result = elements_dump(&request->address, &bytes, &answer.error);
	answer.length = answer.result < 0 ? 0 : (uint32_t)bytes.length;
	return answer_bytes(fd, &answer, &bytes);
}

static int serve(int fd, const struct request *request)
{
	switch (request->code) {
	case REQUEST_DUMP_RULESET: return serve_bytes(fd, ruleset_dump);
	case REQUEST_LEGACY_DUMP: return serve_bytes(fd, legacy_dump);
	case REQUEST_IPSETS: return serve_bytes(fd, ipset_dump);
	case REQUEST_RECENT: return serve_bytes(fd, recent_dump);
	case REQUEST_DUMP_SPARING: return serve_bytes(fd, ruleset_dump_sparing);
	case REQUEST_ELEMENTS: return serve_elements(fd, request);
	case REQUEST_LISTEN: return serve_listen(fd, request);
	default: return -EPROTO;
	}
}

/* Of what was inherited it needs the socket alone: whoever waits for a pipe's end waits not for it. */
static void keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
		if (null < 0 || dup2(null, standard) < 0)
			close(standard);
	if (fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, UINT_MAX, 0);
}

static void worker_run(int fd, pid_t parent)
{
	static const int needed[] = {CAP_NET_ADMIN, CAP_NET_BIND_SERVICE, -1};
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP};
	struct request request;
	struct error err;

	/* What a terminal sends to the whole group is the main process's business; its end is ours. */
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	keep_only(fd);
	if (privilege_keep(needed, &err))
		_exit(70);
	/* Last, because a change of credentials may forget it; the parent may have gone before. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	while (!read_all(fd, &request, sizeof(request)) && !serve(fd, &request))
		;
	_exit(0);
}

int worker_start(struct worker *worker, struct error *err)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return error_errno(err, errno, "cannot make a socket pair for the worker");
	worker->pid = fork();
	if (worker->pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return error_errno(err, errno, "cannot start the worker process");
	}
	if (worker->pid == 0) {
		close(pair[0]);
		worker_run(pair[1], parent);
	}
	close(pair[1]);
	worker->fd = pair[0];
	return 0;
}

void worker_dismiss(struct worker *worker)
{
	if (worker->fd >= 0)
		close(worker->fd);
	worker->fd = -1;
	/* It may be busy with a request that nobody waits for any more; none changes anything. */
	if (worker->pid > 0)
		kill(worker->pid, SIGKILL);
}

void worker_stop(struct worker *worker)
{
	if (worker->pid <= 0)
		return;
	worker_dismiss(worker);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
}

/* What comes after an answer that was not read to its end cannot be told apart: no more questions. */
static int gone(struct worker *worker, int result, struct error *err)
{
	if (worker->fd >= 0)
		close(worker->fd);
	worker->fd = -1;
	if (result == -EINTR)
		return error_set(err, EINTR, "a signal ended the wait for the worker process");
	return error_set(err, EPIPE, "the worker process that reads the rules has died");
}

static int worker_ask(struct worker *worker, const struct request *request, struct answer *answer,
		      struct error *err)
{
	int result = worker->fd < 0 ? -EPIPE : write_all(worker->fd, request, sizeof(*request));

	if (!result)
		result = read_all(worker->fd, answer, sizeof(*answer));
	if (result)
		return gone(worker, result, err);
	if (answer->result < 0 && err)
		*err = answer->error;
	return answer->result;
}

static int fetch_bytes(struct worker *worker, const struct request *request, struct buffer *bytes,
		       struct error *err)
{
	struct answer answer;
	int result = worker_ask(worker, request, &answer, err);

	if (result < 0 || answer.length == 0)
		return result;
	size_t start = bytes->length;

	result = read_all(worker->fd, buffer_extend(bytes, answer.length), answer.length);
	if (!result)
		return 0;
	bytes->length = start;
	return gone(worker, result, err);
}

/* A request in the journal: its name, and in hexadecimal the rest of it if it carries more. */
static void describe(struct buffer *question, const struct request *request)
{
	static const char *const names[] = {
		[REQUEST_DUMP_RULESET] = RECORD_RULESET,
		[REQUEST_LEGACY_DUMP] = RECORD_LEGACY,
		[REQUEST_IPSETS] = RECORD_IPSETS,
		[REQUEST_RECENT] = RECORD_RECENT,
	};
	const uint8_t *rest = (const uint8_t *)request + sizeof(request->code);
	size_t length = sizeof(*request) - sizeof(request->code);

	if (request->code < ARRAY_SIZE(names) && names[request->code])
		buffer_puts(question, names[request->code]);
	else
		buffer_printf(question, "worker request %u", request->code);
	while (length && !rest[length - 1])
		length--;
	for (size_t i = 0; i < length; i++)
		buffer_printf(question, i ? "%02x" : " %02x", rest[i]);
}

static int take_recorded(const struct record_answer *answer, struct buffer *bytes,
			 struct error *err)
{
	if (answer->result < 0)
		return error_set(err, -answer->result, "%s", answer->error ? answer->error : "");
	buffer_add(bytes, answer->bytes, answer->length);
	return answer->result;
}

static int worker_ask_bytes(struct worker *worker, enum request_code code, struct buffer *bytes,
			    struct error *err)
{
	cleanup(buffer_release) struct buffer question = {0};
	struct request request = {.code = code};
	struct record_answer known;
	struct error own = {0};
	size_t start = bytes->length;

	if (!journal_on())
		return fetch_bytes(worker, &request, bytes, err);
	describe(&question, &request);
	if (journal_known(&known, buffer_text(&question), buffer_text(&question)))
		return take_recorded(&known, bytes, err);
	int result = fetch_bytes(worker, &request, bytes, &own);
	journal_keep(&(struct record_answer){
		.question = (char *)buffer_text(&question),
		.result = result,
		.error = result < 0 ? own.text : NULL,
		.bytes = bytes->data + start,
		.length = bytes->length - start,
	});
	if (err && result < 0)
		*err = own;
	return result;
}

int worker_dump_ruleset(struct worker *worker, struct buffer *dump, struct error *err)
{
	return worker_ask_bytes(worker, REQUEST_DUMP_RULESET, dump, err);
}

/* What is recorded is read whole: neither of these is asked then. */
int worker_dump_ruleset_sparing(struct worker *worker, struct buffer *dump, struct error *err)
{
	return fetch_bytes(worker, &(struct request){.code = REQUEST_DUMP_SPARING}, dump, err);
}

int worker_elements(struct worker *worker, const struct address *address, struct buffer *dump,
		    struct error *err)
{
	struct request request = {.code = REQUEST_ELEMENTS, .address = *address};

	return fetch_bytes(worker, &request, dump, err);
}

int worker_legacy_dump(struct worker *worker, struct buffer *dump, struct error *err)
{
	return worker_ask_bytes(worker, REQUEST_LEGACY_DUMP, dump, err);
}

int worker_ipsets(struct worker *worker, struct buffer *dump, struct error *err)
{
	return worker_ask_bytes(worker, REQUEST_IPSETS, dump, err);
}

int worker_recent(struct worker *worker, struct buffer *dump, struct error *err)
{
	return worker_ask_bytes(worker, REQUEST_RECENT, dump, err);
}

int worker_listen(struct worker *worker, const struct address *address, uint16_t port,
		  struct error *err)
{
	struct request request = {.code = REQUEST_LISTEN, .port = port, .address = *address};
	struct answer answer;
	int result = worker_ask(worker, &request, &answer, err);

	if (result < 0)
		return result;
	int listener = receive_descriptor(worker->fd);
	return listener < 0 ? gone(worker, listener, err) : listener;
}
