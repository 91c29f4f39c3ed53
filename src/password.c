/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/error.h"

enum { PASSWORD_MAX = 1024 };

void password_free(char *password)
{
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
}

void password_mask(char *text)
{
	memset(text, 'x', strlen(text));
}

static ssize_t read_all(int fd, char *data, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, data + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

/* The first line in place of the whole; returns its length. */
static size_t cut_line(char *data, size_t length)
{
	char *end = memchr(data, '\n', length);
	size_t line = end ? (size_t)(end - data) : length;

	if (line && data[line - 1] == '\r')
		line--;
	data[line] = '\0';
	return line;
}

static int take_line(const char *path, char *data, size_t length, char **ret_password,
		     struct error *err)
{
	size_t line = cut_line(data, length);

	if (!line)
		return error_set(
			err, EINVAL,
			"password file '%s' has an empty first line: put the password there, "
			"or say --auth= for none",
			path);
	if (line > PASSWORD_MAX || memchr(data, '\0', line))
		return error_set(
			err, EINVAL,
			"password file '%s' holds no password: its first line has to be text "
			"of at most %d bytes",
			path, PASSWORD_MAX);
	*ret_password = xstrdup(data);
	return 0;
}

int password_read(const char *path, char **ret_password, struct error *err)
{
	char data[PASSWORD_MAX + 3]; /* one byte too many, to be told, and the line end */
	bool is_stdin = !strcmp(path, "-");
	cleanup(close_fd) int opened = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int fd = is_stdin ? STDIN_FILENO : opened;

	if (fd < 0)
		return error_errno(err, errno, "cannot read password file '%s'", path);
	ssize_t n = read_all(fd, data, sizeof(data) - 1);
	int r = n < 0 ? error_errno(err, (int)-n, "cannot read password file '%s'", path)
		      : take_line(path, data, (size_t)n, ret_password, err);
	explicit_bzero(data, sizeof(data));
	return r;
}
