/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * An error that carries what was tried and on what. Functions fill it in and return a negative
 * errno; only the report prints it.
 */
struct error {
	int errnum; /* positive errno, 0 when there is no error */
	char text
		[320]; /* one line without a full stop: "cannot read blink.bin: Permission denied" */
};

/*
 * Fills in @err (which may be NULL) and returns -@errnum, so that a caller writes
 * `return error_set(err, EINVAL, "…")`. The text is cut at the size of the buffer.
 */
int error_set(struct error *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set(), with ": " and the text of @errnum put after the message. */
int error_errno(struct error *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
