/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_UNITS_H
#define SRC_UNITS_H

#include <stdint.h>

struct buffer;

/* "512 B", "301 kB", "1.26 MB": powers of ten, three digits that matter. */
void units_bytes(struct buffer *out, double bytes);

/* "45 s", "15 min", "2 h" where it is a whole number of them, else seconds. */
void units_duration(struct buffer *out, int64_t seconds);

/* "0:01", "12:30", "1:00:05" */
void units_clock(struct buffer *out, int64_t seconds);

#endif
