/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_TEXTFILE_H
#define PROBES_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads a small text file, @root + @path, into @text: cut at @size - 1 bytes, always terminated,
 * with any NUL inside turned into a space. Its length, or -errno.
 */
int textfile_read(const char *root, const char *path, char *text, size_t size);
/*
 * As textfile_read(), with @reduce shortening the text in place to what it is read for: what it
 * leaves out gets into no record.
 */
int textfile_read_reduced(const char *root, const char *path, char *text, size_t size,
			  void (*reduce)(char *text));
/* The file's only number, or -1 if it cannot be read or holds anything else. */
long textfile_number(const char *root, const char *path);
bool textfile_exists(const char *root, const char *path);
/* Where the symbolic link leads, cut at @size - 1 bytes; false if it cannot be read. */
bool textfile_link(const char *root, const char *path, char *target, size_t size);
/* The number of the file's inode; false if it cannot be told. */
bool textfile_inode(const char *root, const char *path, unsigned long long *ret);

#endif
