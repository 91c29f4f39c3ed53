/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void error_format(struct error *err, int errnum, const char *format, va_list args)
{
	err->errnum = errnum;
	vsnprintf(err->text, sizeof(err->text), format, args);
}

int error_set(struct error *err, int errnum, const char *format, ...)
{
	if (err) {
		va_list args;
		va_start(args, format);
		error_format(err, errnum, format, args);
		va_end(args);
	}
	return -errnum;
}

int error_errno(struct error *err, int errnum, const char *format, ...)
{
	if (err) {
		va_list args;
		va_start(args, format);
		error_format(err, errnum, format, args);
		va_end(args);

		size_t used = strlen(err->text);
		snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(errnum));
	}
	return -errnum;
}
