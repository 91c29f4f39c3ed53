/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_EXPLAIN_H
#define SRC_EXPLAIN_H

#include "src/report_print.h"

struct buffer;
struct error;

/*
 * What `explain` prints: about the finding or exit code that @topic names, or the list of all if it
 * is NULL. Returns 0, or -EINVAL with a line in @err that quotes an unknown topic.
 */
int explain(struct buffer *out, const char *topic, const struct text_style *style,
	    struct error *err);

/* The exit codes, for tests and the manual: -1 after the last. */
int explain_exit_code_at(size_t index);

#endif
