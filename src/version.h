/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_VERSION_H
#define SRC_VERSION_H

struct buffer;

/* The text of --version: program, libraries, and what this kernel offers the program. */
void version_text(struct buffer *out);

#endif
