/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_RECORD_FILE_H
#define SRC_RECORD_FILE_H

struct buffer;
struct error;
struct record;

/* The bytes of the file, for record_read(). 0, or a negative errno with @err naming the file. */
int record_file_load(const char *path, struct buffer *ret_text, struct error *err);

/*
 * Writes @record to @path, which whoever reads it sees either as it was or whole; for the owner's eyes
 * only (0600). An existing file that is not a regular one is left alone. 0, or a negative errno with
 * @err naming the file.
 */
int record_file_save(const char *path, const struct record *record, struct error *err);

#endif
