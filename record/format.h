/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RECORD_FORMAT_H
#define RECORD_FORMAT_H

#include <stddef.h>

#include "record/record.h"

struct buffer;
struct error;

/*
 * A record as a file: one JSON object,
 *
 *     { "format": "espota-doctor record", "version": 1, "byte_order": "little",
 *       "program": "0.1.0",
 *       "answers": [ { "question": "…", "result": 0, "error": "…", "text" or "bytes": "…" }, … ] }
 *
 * where "result" is left out if it is 0, "error" if there is none, and the answer if it is empty;
 * it is "text" if it is text, else "bytes" in base64. Keys that a reader does not know are ignored.
 * What the kernel answered is in the byte order of the machine.
 */
enum { RECORD_VERSION = 1 };

/* Appends the file's text to @out; @program is the version of the writer. */
void record_write(struct buffer *out, const struct record *record, const char *program);

/*
 * Reads a file's text, whatever it holds. 0, or -EPROTONOSUPPORT for a newer version or the other
 * byte order, -EBADMSG for what is no record; then @err says which in one line and *ret_record is
 * empty. The caller releases it in any case.
 */
int record_read(const char *data, size_t length, struct record *ret_record, struct error *err);

#endif
