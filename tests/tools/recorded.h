/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_TOOLS_RECORDED_H
#define TESTS_TOOLS_RECORDED_H

struct buffer;

/*
 * Appends the ruleset's messages of the file @path to @dump: of a record (see record/format.h), or the
 * file as it is if it is none. -1, with a line on stderr, if that cannot be done.
 */
int recorded_ruleset(const char *path, struct buffer *dump);

#endif
