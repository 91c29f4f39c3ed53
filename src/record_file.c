/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/format.h"

/* Half a million set elements are 60 MB. */
enum { FILE_MAX = 512 * 1024 * 1024 };

int record_file_load(const char *path, struct buffer *ret_text, struct error *err)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char part[65536];
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && ret_text->length <= FILE_MAX) {
		got = read(fd, part, sizeof(part));
		if (got > 0)
			buffer_add(ret_text, part, (size_t)got);
	}
	if (got < 0)
		return error_errno(err, errno, "cannot read the record '%s'", path);
	if (got > 0)
		return error_set(err, EFBIG, "the record '%s' is larger than any record is", path);
	return 0;
}

static int write_all(int fd, const struct buffer *text)
{
	for (size_t at = 0; at < text->length;) {
		ssize_t written = write(fd, text->data + at, text->length - at);
		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0)
			at += (size_t)written;
	}
	return 0;
}

/* The new file stands beside the old one, and takes its place when it is whole. */
static int write_beside(char *temporary, const char *path, const struct buffer *text)
{
	cleanup(close_fd) int fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
	int result = fd < 0 ? -errno : write_all(fd, text);

	if (fd >= 0 && !result && fsync(fd) && errno != EINVAL && errno != EROFS)
		result = -errno;
	if (fd >= 0 && !result && rename(temporary, path))
		result = -errno;
	if (fd >= 0 && result)
		unlink(temporary);
	return result;
}

int record_file_save(const char *path, const struct record *record, struct error *err)
{
	cleanup(free_pointer) char *temporary = xasprintf("%s.XXXXXX", path);
	cleanup(buffer_release) struct buffer text = {0};
	struct stat status;

	/* A device or pipe would be replaced by the file, and a link by what it does not mean. */
	if (!lstat(path, &status) && !S_ISREG(status.st_mode))
		return error_set(err, EINVAL, "cannot write the record: '%s' is not a regular file",
				 path);
	record_write(&text, record, ESPOTA_DOCTOR_VERSION);
	int result = write_beside(temporary, path, &text);
	if (result)
		return error_errno(err, -result, "cannot write the record '%s'", path);
	return 0;
}
