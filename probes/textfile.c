/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t length = 0;

	while (length < size - 1) {
		ssize_t count = read(fd, text + length, size - 1 - length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		length += count;
	}
	return length;
}

int textfile_read(const char *root, const char *path, char *text, size_t size)
{
	cleanup(close_fd) int fd = -1;
	char full[PATH_MAX];
	ssize_t length;

	text[0] = '\0';
	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	/* A pipe or device put in the way must not hold us up. */
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	length = read_all(fd, text, size);
	if (length < 0)
		return length;
	for (ssize_t i = 0; i < length; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
	}
	text[length] = '\0';
	return length;
}

long textfile_number(const char *root, const char *path)
{
	char text[64], *end;
	long number;

	if (textfile_read(root, path, text, sizeof(text)) <= 0)
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	if (errno || end == text || end[strspn(end, " \t\n")] != '\0')
		return -1;
	return number;
}

bool textfile_exists(const char *root, const char *path)
{
	char full[PATH_MAX];

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return false;
	return access(full, F_OK) == 0;
}
