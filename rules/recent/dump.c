/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/recent.h"
#include "rules/recent/record.h"

static const char directory[] = "/proc/net/xt_recent";

static void close_directory(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int read_text(int fd, struct buffer *text)
{
	char part[4096];
	ssize_t got;

	while ((got = read(fd, part, sizeof(part))) > 0)
		buffer_add(text, part, (size_t)got);
	return got < 0 ? -errno : 0;
}

static void add_record(struct buffer *dump, const char *magic, const char *name,
		       const struct buffer *text)
{
	struct recent_record record = {.length = (uint32_t)text->length};

	memcpy(record.magic, magic, sizeof(record.magic));
	memcpy(record.name, name, strnlen(name, sizeof(record.name) - 1));
	buffer_add(dump, &record, sizeof(record));
	buffer_add(dump, buffer_text(text), text->length);
}

/* A list that goes away meanwhile is none. */
static int read_list(int at, const char *name, struct buffer *dump)
{
	cleanup(close_fd) int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup(buffer_release) struct buffer text = {0};
	int result;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	result = read_text(fd, &text);
	if (!result)
		add_record(dump, RECENT_MAGIC, name, &text);
	return result;
}

/* The one file that tells the time in the ticks that the lists count; it goes without as well. */
static void read_clock(struct buffer *dump)
{
	static const char label[] = "\njiffies: ";
	cleanup(close_fd) int fd = open("/proc/timer_list", O_RDONLY | O_CLOEXEC);
	cleanup(buffer_release) struct buffer text = {0}, number = {0};
	const char *found;

	if (fd < 0 || read_text(fd, &text))
		return;
	found = strstr(buffer_text(&text), label);
	if (!found)
		return;
	found += sizeof(label) - 1;
	buffer_add(&number, found, strspn(found, "0123456789"));
	add_record(dump, RECENT_CLOCK, "", &number);
}

int recent_dump(struct buffer *dump, struct error *err)
{
	cleanup(close_directory) DIR *dir = opendir(directory);
	const struct dirent *entry;
	int result = 0;

	if (!dir)
		return errno == ENOENT ? 0 : error_errno(err, errno, "cannot read %s", directory);
	read_clock(dump);
	while (!result && (entry = readdir(dir)))
		if (entry->d_type == DT_REG)
			result = read_list(dirfd(dir), entry->d_name, dump);
	return result ? error_errno(err, -result, "cannot read a list in %s", directory) : 0;
}
