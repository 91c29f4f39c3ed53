/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/user_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "rules/replay.h"

static int write_text(const char *path, const char *text)
{
	cleanup(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* Everybody keeps their number, of those that exist here: @own is our own map of that kind. */
static int write_same_map(const char *own, const char *path)
{
	char text[2048] = "";
	size_t length = 0;
	unsigned inside, outside, count;
	FILE *file = fopen(own, "re");

	if (!file)
		return -errno;
	while (fscanf(file, "%u %u %u", &inside, &outside, &count) == 3 &&
	       length < sizeof(text) - 48)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%u %u %u\n",
					   inside, inside, count);
	fclose(file);
	return write_text(path, text);
}

/* An ordinary user may map nobody but himself, and no groups that could be given up. */
static int map_oneself(uid_t uid, gid_t gid)
{
	char text[64];
	int rc = write_text("/proc/self/setgroups", "deny");

	snprintf(text, sizeof(text), "%u %u 1\n", uid, uid);
	if (!rc)
		rc = write_text("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "%u %u 1\n", gid, gid);
	return rc ? rc : write_text("/proc/self/gid_map", text);
}

int user_namespace_enter(int fd, struct error *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (fd >= 0 && setns(fd, CLONE_NEWUSER))
		return error_errno(err, errno, "cannot enter the user namespace of the replay");
	if (fd >= 0 || !unshare(CLONE_NEWNET))
		return 0;
	if (errno != EPERM)
		return error_errno(err, errno, "no network namespace for the replay");
	if (unshare(CLONE_NEWUSER))
		return error_errno(err, errno, "no user namespace for the replay");
	int rc = map_oneself(uid, gid);
	return rc ? error_errno(err, -rc, "no user namespace for the replay") : 0;
}

/* Becomes the user, whom the namespace is to belong to, and keeps what is needed to make it. */
static void make_and_wait(unsigned uid, unsigned gid, int ready)
{
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (uid != geteuid() && (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) ||
				 setresgid(gid, gid, gid) || setresuid(uid, uid, uid)))
		byte = (char)errno;
	if (!byte && unshare(CLONE_NEWUSER))
		byte = (char)errno;
	if (write(ready, &byte, 1) != 1 || byte)
		_exit(1);
	for (;;)
		pause();
}

static int take(pid_t child, int ready)
{
	char path[64], byte;
	int rc;

	if (read(ready, &byte, 1) != 1)
		return -ECHILD;
	if (byte)
		return -(int)byte;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)child);
	rc = write_same_map("/proc/self/uid_map", path);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)child);
	if (!rc)
		rc = write_same_map("/proc/self/gid_map", path);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)child);
	if (rc)
		return rc;
	rc = open(path, O_RDONLY | O_CLOEXEC);
	return rc < 0 ? -errno : rc;
}

int replay_user_namespace(unsigned uid, unsigned gid, struct error *err)
{
	int ready[2];

	if (pipe2(ready, O_CLOEXEC))
		return error_errno(err, errno, "no pipe for the replay");
	pid_t child = fork();
	if (child == 0)
		make_and_wait(uid, gid, ready[1]);
	close(ready[1]);
	int fd = child < 0 ? -errno : take(child, ready[0]);
	close(ready[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return fd < 0 ? error_errno(err, -fd, "no user namespace for the replay") : fd;
}
