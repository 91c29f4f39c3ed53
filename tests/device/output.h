/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_OUTPUT_H
#define DEVICE_OUTPUT_H

#include <stddef.h>

/* Puts the bytes into @path in one step, by renaming. Failure is logged. NULL path: does nothing. */
void output_write(const char *path, const void *data, size_t length);

#endif
