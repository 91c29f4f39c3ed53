/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/resolve_system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probes/deadline.h"

/* One write of it is one read: what is not larger than PIPE_BUF is never split (pipe(7)). */
_Static_assert(sizeof(struct system_answer) <= PIPE_BUF, "an answer must fit into a pipe");

static void collect(const struct addrinfo *list, struct system_answer *ret)
{
	struct sockaddr_storage sockaddr;
	uint16_t port;

	for (; list && ret->count < SYSTEM_ANSWER_ADDRESSES; list = list->ai_next) {
		sockaddr = (struct sockaddr_storage){0};
		if (list->ai_addrlen > sizeof(sockaddr))
			continue;
		memcpy(&sockaddr, list->ai_addr, list->ai_addrlen);
		if (address_from_sockaddr(&sockaddr, &ret->addresses[ret->count], &port))
			ret->count++;
	}
}

static _Noreturn void child(const char *name, int fd)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	struct system_answer answer = {0};
	struct addrinfo *list = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	answer.gai = getaddrinfo(name, NULL, &hints, &list);
	if (answer.gai == 0)
		collect(list, &answer);
	_exit(write(fd, &answer, sizeof(answer)) == sizeof(answer) ? 0 : 1);
}

static int take_answer(int fd, int64_t deadline, struct system_answer *ret, struct error *err)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int ready = poll(&wait, 1, deadline_left(deadline));

	if (ready < 0)
		return error_errno(err, errno, "cannot wait for the system's resolver");
	if (ready == 0)
		return error_set(err, ETIMEDOUT, "the system's resolver did not answer in time");
	if (read(fd, ret, sizeof(*ret)) != sizeof(*ret))
		return error_set(err, EIO, "the system's resolver broke off");
	return 0;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int resolve_system(const char *name, int64_t deadline, struct system_answer *ret, struct error *err)
{
	cleanup(close_fd) int from = -1;
	int ends[2], status;
	pid_t pid;

	*ret = (struct system_answer){0};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot make a pipe to the resolver");
	from = ends[0];
	pid = fork();
	if (pid == 0)
		child(name, ends[1]);
	status = errno;
	close(ends[1]);
	if (pid < 0)
		return error_errno(err, status, "cannot start a process for the resolver");
	status = take_answer(from, deadline, ret, err);
	reap(pid);
	return status;
}
