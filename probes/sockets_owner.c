/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sockets.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probes/textfile.h"
#include "record/journal.h"

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* A descriptor of a socket reads as "socket:[inode]" (sockfs). */
static bool holds(const char *pid, const char *wanted)
{
	cleanup(close_directory) DIR *directory = NULL;
	char path[64], target[64];
	const struct dirent *entry;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		length = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		if (strcmp(target, wanted) == 0)
			return true;
	}
	return false;
}

static void read_owner(const char *pid, struct socket_owner *ret)
{
	char path[64];

	*ret = (struct socket_owner){.pid = atoi(pid)};
	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	if (textfile_read("", path, ret->comm, sizeof(ret->comm)) < 0)
		ret->comm[0] = '\0';
	ret->comm[strcspn(ret->comm, "\n")] = '\0';
}

static int find_owner(uint32_t inode, struct socket_owner *ret, struct error *err)
{
	cleanup(close_directory) DIR *processes = opendir("/proc");
	const struct dirent *entry;
	char wanted[32];

	*ret = (struct socket_owner){0};
	if (!processes)
		return error_errno(err, errno, "cannot read /proc");
	snprintf(wanted, sizeof(wanted), "socket:[%u]", inode);
	while ((entry = readdir(processes))) {
		if (isdigit((unsigned char)entry->d_name[0]) && holds(entry->d_name, wanted)) {
			read_owner(entry->d_name, ret);
			return 0;
		}
	}
	return error_set(err, ENOENT, "no process that may be seen holds the socket %u", inode);
}

/* In the journal "PID COMM", or why there is none. */
int sockets_owner_read(uint32_t inode, struct socket_owner *ret, struct error *err)
{
	char question[64], text[128];
	struct record_answer answer;

	snprintf(question, sizeof(question), "owner of socket %u", inode);
	*ret = (struct socket_owner){0};
	if (!journal_known(&answer, question, "see which process listens")) {
		journal_pause(); /* the names of all the others are nobody's business */
		int status = find_owner(inode, ret, err);
		journal_resume();
		snprintf(text, sizeof(text), "%d %s", (int)ret->pid, ret->comm);
		journal_keep_text(question, status, status ? NULL : text);
		return status;
	}
	if (answer.result == 0 && sscanf(answer.bytes, "%9d %63[^\n]", &ret->pid, ret->comm) >= 1 &&
	    ret->pid > 0)
		return 0;
	*ret = (struct socket_owner){0};
	return error_set(err, ENOENT, "no process that may be seen holds the socket %u", inode);
}

/* "PID (COMM) STATE PPID …"; COMM may hold blanks and brackets, so its end is the last bracket. */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (textfile_read("", path, text, sizeof(text)) < 0)
		return 0;
	const char *end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static bool find_other(const char *comm)
{
	cleanup(close_directory) DIR *processes = opendir("/proc");
	const struct dirent *entry;
	struct socket_owner process;

	while (processes && (entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		read_owner(entry->d_name, &process);
		if (!strcmp(process.comm, comm) && process.pid != getpid() &&
		    process.pid != getppid() && parent_of(entry->d_name) != getpid())
			return true;
	}
	return false;
}

bool process_runs(const char *comm)
{
	char question[96];
	struct record_answer answer;

	snprintf(question, sizeof(question), "process %.64s", comm);
	if (journal_known(&answer, question, question))
		return answer.result == 0;
	journal_pause();
	bool runs = find_other(comm);
	journal_resume();
	journal_keep_text(question, runs ? 0 : -ESRCH, NULL);
	return runs;
}
