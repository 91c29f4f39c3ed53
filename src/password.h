/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_PASSWORD_H
#define SRC_PASSWORD_H

struct error;

/*
 * Reads the password from the first line of the file ("-": standard input), without its line end.
 * The caller owns the copy and gives it back with password_free(). A file that cannot be read, is
 * empty, or holds no text of a sane length is an error that names it. Returns 0 or a negative errno.
 */
int password_read(const char *path, char **ret_password, struct error *err);

/* Overwrites it before the memory is given back; NULL is allowed. */
void password_free(char *password);

/* Overwrites the text in place, so that `ps` shows no more of it than its length. */
void password_mask(char *text);

#endif
