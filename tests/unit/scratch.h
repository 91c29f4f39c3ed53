/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory that stands for the root of a host, with only the files that a test puts there. */
struct scratch {
	char root[64];
};

static inline struct scratch scratch_new(void)
{
	struct scratch scratch = {"/tmp/espota-doctor-unit-XXXXXX"};

	assert_non_null(mkdtemp(scratch.root));
	return scratch;
}

static inline void scratch_make_parents(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
}

static inline void scratch_write(const struct scratch *scratch, const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", scratch->root, path);
	scratch_make_parents(full, strlen(scratch->root) + 1);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void scratch_link(const struct scratch *scratch, const char *path, const char *target)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", scratch->root, path);
	scratch_make_parents(full, strlen(scratch->root) + 1);
	assert_int_equal(symlink(target, full), 0);
}

static inline int scratch_remove_one(const char *path, const struct stat *stat, int type,
				     struct FTW *where)
{
	(void)stat;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void scratch_remove(const struct scratch *scratch)
{
	assert_int_equal(nftw(scratch->root, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
