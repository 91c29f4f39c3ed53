/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/progress.h"

#include "base/buffer.h"
#include "src/units.h"

enum { REDRAW_MS = 100, BAR_MOST = 40, BAR_LEAST = 10, BESIDE_BAR = 44 };

struct progress progress_begin(bool is_terminal, unsigned width, uint64_t total, int64_t now_ms)
{
	return (struct progress){
		.is_terminal = is_terminal,
		.width = width,
		.total = total,
		.started_ms = now_ms,
	};
}

static unsigned percent(const struct progress *progress, uint64_t done)
{
	if (done >= progress->total)
		return 100;
	return (unsigned)((double)done / (double)progress->total * 100);
}

static void add_bar(const struct progress *progress, struct buffer *out, unsigned part)
{
	unsigned room = progress->width > BESIDE_BAR ? progress->width - BESIDE_BAR : 0;
	unsigned cells = room < BAR_LEAST ? BAR_LEAST : room > BAR_MOST ? BAR_MOST : room;
	unsigned filled = cells * part / 100;

	buffer_puts(out, "[");
	for (unsigned i = 0; i < cells; i++)
		buffer_puts(out, i < filled ? "=" : i == filled ? ">" : " ");
	buffer_puts(out, "]");
}

/* Rate so far and the time that is left at that rate. */
static void add_rate(const struct progress *progress, struct buffer *out, uint64_t done,
		     int64_t now_ms)
{
	double elapsed_s = (double)(now_ms - progress->started_ms) / 1e3;

	if (!done || elapsed_s <= 0)
		return;
	double rate = (double)done / elapsed_s;
	buffer_puts(out, "  ");
	units_bytes(out, rate);
	buffer_puts(out, "/s");
	if (done < progress->total) {
		buffer_puts(out, "  ");
		units_clock(out, (int64_t)((double)(progress->total - done) / rate + 0.999));
		buffer_puts(out, " left");
	}
}

static void draw(struct progress *progress, struct buffer *out, uint64_t done, int64_t now_ms)
{
	bool is_due = !progress->drawn || now_ms - progress->drawn_ms >= REDRAW_MS ||
		      done >= progress->total;

	if (!is_due)
		return;
	buffer_puts(out, "\r");
	size_t start = out->length;
	buffer_puts(out, "Uploading: ");
	add_bar(progress, out, percent(progress, done));
	buffer_printf(out, " %3u %%", percent(progress, done));
	add_rate(progress, out, done, now_ms);

	/* Blanks wipe what a longer line left behind; an escape code a dumb terminal would print. */
	size_t columns = out->length - start;
	for (size_t i = columns; i < progress->drawn_columns; i++)
		buffer_puts(out, " ");
	progress->drawn_columns = columns;
	progress->drawn = true;
	progress->drawn_ms = now_ms;
}

static void tell(struct progress *progress, struct buffer *out, uint64_t done, int64_t now_ms)
{
	unsigned tenths = percent(progress, done) / 10;

	if (tenths <= progress->tenths)
		return;
	progress->tenths = tenths;
	buffer_printf(out, "Uploading: %3u %%", tenths * 10);
	add_rate(progress, out, done, now_ms);
	buffer_puts(out, "\n");
}

void progress_update(struct progress *progress, struct buffer *out, uint64_t done, int64_t now_ms)
{
	if (progress->is_terminal)
		draw(progress, out, done, now_ms);
	else
		tell(progress, out, done, now_ms);
}

void progress_end(struct progress *progress, struct buffer *out)
{
	if (progress->drawn)
		buffer_puts(out, "\n");
	progress->drawn = false;
}
