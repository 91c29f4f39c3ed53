/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/units.h"

#include <inttypes.h>

#include "base/buffer.h"

void units_bytes(struct buffer *out, double bytes)
{
	if (bytes < 999.5)
		buffer_printf(out, "%.0f B", bytes);
	else if (bytes < 999.5e3)
		buffer_printf(out, "%.*f kB", bytes < 99.95e3, bytes / 1e3);
	else
		buffer_printf(out, "%.2f MB", bytes / 1e6);
}

void units_duration(struct buffer *out, int64_t seconds)
{
	if (seconds % 3600 == 0 && seconds)
		buffer_printf(out, "%" PRId64 " h", seconds / 3600);
	else if (seconds % 60 == 0 && seconds)
		buffer_printf(out, "%" PRId64 " min", seconds / 60);
	else
		buffer_printf(out, "%" PRId64 " s", seconds);
}

void units_clock(struct buffer *out, int64_t seconds)
{
	if (seconds >= 3600)
		buffer_printf(out, "%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600,
			      seconds / 60 % 60, seconds % 60);
	else
		buffer_printf(out, "%" PRId64 ":%02" PRId64, seconds / 60, seconds % 60);
}
