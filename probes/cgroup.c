/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/cgroup.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "probes/textfile.h"

/* The first cgroup namespace has a number of its own (PROC_CGROUP_INIT_INO in the kernel). */
static const char init_namespace[] = "cgroup:[4026531835]";

/* Is @controller one of the comma-separated @names? */
static bool listed(const char *names, size_t length, const char *controller)
{
	size_t wanted = strlen(controller);

	for (size_t at = 0; at <= length;) {
		const char *comma = memchr(names + at, ',', length - at);
		size_t end = comma ? (size_t)(comma - names) : length;

		if (end - at == wanted && memcmp(names + at, controller, wanted) == 0)
			return true;
		at = end + 1;
	}
	return false;
}

/* Lines are "number:controllers:path"; the unified hierarchy has no controllers there. */
const char *cgroup_path(const char *text, const char *controller, size_t *ret_length)
{
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		const char *names = memchr(line, ':', (size_t)(end - line));
		const char *path = names ? memchr(names + 1, ':', (size_t)(end - names - 1)) : NULL;

		if (path && listed(names + 1, (size_t)(path - names - 1), controller)) {
			*ret_length = (size_t)(end - path - 1);
			return path + 1;
		}
		line = *end ? end + 1 : end;
	}
	return NULL;
}

static bool in_first_namespace(const char *root)
{
	char target[64];

	return textfile_link(root, "/proc/self/ns/cgroup", target, sizeof(target)) &&
	       strcmp(target, init_namespace) == 0;
}

/* The directory's inode number is the group's id (cgroup_id(), kernfs). */
static uint64_t id_of(const char *root, const char *mount, const char *path, size_t length)
{
	char full[4096];
	unsigned long long inode;

	if (snprintf(full, sizeof(full), "%s%.*s", mount, (int)length, path) >= (int)sizeof(full) ||
	    !textfile_inode(root, full, &inode))
		return 0;
	return inode;
}

/* Where the unified hierarchy is: alone, or beside the older ones. */
static const char *find_mount(const char *root)
{
	if (textfile_exists(root, "/sys/fs/cgroup/unified/cgroup.controllers"))
		return "/sys/fs/cgroup/unified";
	if (textfile_exists(root, "/sys/fs/cgroup/cgroup.controllers"))
		return "/sys/fs/cgroup";
	return NULL;
}

static void read_ids(const char *root, const char *path, size_t length,
		     struct cgroup_membership *ret)
{
	const char *mount = find_mount(root);
	size_t end = 0;

	if (!mount)
		return;
	while (ret->n_ids < CGROUP_MOST_LEVELS) {
		uint64_t id = id_of(root, mount, path, end);

		if (!id) {
			ret->n_ids = 0;
			return;
		}
		ret->ids[ret->n_ids++] = id;
		if (end >= length || length == 1) /* "/" is the root itself */
			return;
		const char *slash = memchr(path + end + 1, '/', length - end - 1);
		end = slash ? (size_t)(slash - path) : length;
	}
	ret->n_ids = 0; /* deeper than is looked at */
}

void cgroup_read(const char *root, struct cgroup_membership *ret)
{
	char text[8192];
	const char *path;
	size_t length;

	*ret = (struct cgroup_membership){0};
	if (textfile_read(root, "/proc/self/cgroup", text, sizeof(text)) < 0)
		return;
	path = cgroup_path(text, "net_cls", &length);
	ret->without_class = !path || (length == 1 && *path == '/');
	path = cgroup_path(text, "", &length);
	if (path && length && in_first_namespace(root))
		read_ids(root, path, length, ret);
}
