/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "tests/device/log.h"

static int write_file(const char *path, const void *data, size_t length)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -errno;
	size_t written = fwrite(data, 1, length, file);
	if (fclose(file) != 0 || written != length)
		return -EIO;
	return 0;
}

void output_write(const char *path, const void *data, size_t length)
{
	cleanup(buffer_release) struct buffer temporary = {0};
	int r;

	if (!path)
		return;
	buffer_printf(&temporary, "%s.part", path);
	r = write_file(temporary.data, data, length);
	if (r == 0 && rename(temporary.data, path) < 0)
		r = -errno;
	if (r < 0)
		log_event("cannot write %s: %s", path, strerror(-r));
}
