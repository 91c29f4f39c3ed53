/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/legacy.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/legacy/record.h"

/* The two families differ in names and in the size of an entry only. */
static const struct family {
	uint8_t nfproto;
	int domain, level, get_info, get_entries;
	const char *names;
} families[] = {
	{NFPROTO_IPV4, AF_INET, IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES,
	 "/proc/net/ip_tables_names"},
	{NFPROTO_IPV6, AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES,
	 "/proc/net/ip6_tables_names"},
};

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one info for both");
_Static_assert(offsetof(struct ipt_get_entries, entrytable) ==
		       offsetof(struct ip6t_get_entries, entrytable),
	       "one head for both");

enum { ENTRIES_HEAD = offsetof(struct ipt_get_entries, entrytable), MAX_TRIES = 8 };

/* -EAGAIN if the table has changed its size since @info was read. */
static int get_entries(int fd, const struct family *family, const struct ipt_getinfo *info,
		       struct buffer *dump)
{
	socklen_t length = (socklen_t)(ENTRIES_HEAD + info->size);
	cleanup(free_pointer) char *space = xcalloc(1, length);
	struct ipt_get_entries *answer = (struct ipt_get_entries *)space;

	memcpy(answer->name, info->name, sizeof(answer->name));
	answer->size = info->size;
	if (getsockopt(fd, family->level, family->get_entries, answer, &length))
		return errno == EINVAL ? -EAGAIN : -errno;
	buffer_add(dump, space + ENTRIES_HEAD, info->size);
	return 0;
}

static int get_table(int fd, const struct family *family, const char *name, struct buffer *dump)
{
	struct legacy_record record = {.family = family->nfproto};
	struct ipt_getinfo info = {};
	socklen_t length = sizeof(info);

	snprintf(info.name, sizeof(info.name), "%s", name);
	if (getsockopt(fd, family->level, family->get_info, &info, &length))
		return -errno;
	memcpy(record.magic, LEGACY_MAGIC, sizeof(record.magic));
	memcpy(record.table, info.name, sizeof(record.table));
	record.info_length = sizeof(info);
	record.entries_length = info.size;
	buffer_add(dump, &record, sizeof(record));
	buffer_add(dump, &info, sizeof(info));
	return get_entries(fd, family, &info, dump);
}

static int read_table(int fd, const struct family *family, const char *name, struct buffer *dump,
		      struct error *err)
{
	size_t start = dump->length;
	int result = -EAGAIN;

	for (int try = 0; result == -EAGAIN && try < MAX_TRIES; try++) {
		dump->length = start;
		result = get_table(fd, family, name, dump);
	}
	if (!result)
		return 0;
	dump->length = start;
	return error_errno(err, -result, "cannot read the legacy iptables table %s", name);
}

static int read_names(const char *path, char *text, size_t size, struct error *err)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	text[0] = '\0';
	if (fd < 0 && errno == ENOENT)
		return 0; /* the kernel was built without them, or no module is loaded */
	if (fd >= 0)
		got = read(fd, text, size - 1);
	if (fd < 0 || got < 0)
		return error_errno(err, errno, "cannot read %s", path);
	text[got] = '\0';
	return 0;
}

static int read_family(const struct family *family, struct buffer *dump, struct error *err)
{
	cleanup(close_fd) int fd = -1;
	char names[1024], *rest = names;
	int result = read_names(family->names, names, sizeof(names), err);

	/* Any socket of the family will do; one that is never bound nor connected sends nothing. */
	if (!result && names[0])
		fd = socket(family->domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!result && names[0] && fd < 0)
		return error_errno(err, errno,
				   "cannot open a socket for the legacy iptables tables");
	for (const char *name; !result && (name = strsep(&rest, "\n"));)
		if (*name)
			result = read_table(fd, family, name, dump, err);
	return result;
}

int legacy_dump(struct buffer *dump, struct error *err)
{
	size_t start = dump->length;
	int result = 0;

	for (size_t i = 0; !result && i < ARRAY_SIZE(families); i++)
		result = read_family(&families[i], dump, err);
	if (result)
		dump->length = start;
	return result;
}
