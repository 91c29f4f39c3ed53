/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/text_style.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_USUAL = 80, WIDTH_LEAST = 60, WIDTH_MOST = 88 /* prose gets hard to read beyond */ };

struct terminal terminal_look(int fd)
{
	struct winsize size = {0};
	bool is_terminal = isatty(fd);

	if (is_terminal)
		ioctl(fd, TIOCGWINSZ, &size);
	return (struct terminal){
		.is_terminal = is_terminal,
		.columns = size.ws_col,
		.term = getenv("TERM"),
		.no_color = getenv("NO_COLOR"),
		.codeset = nl_langinfo(CODESET),
	};
}

static bool wants_color(const struct terminal *terminal, enum color_when color)
{
	bool is_refused = terminal->no_color && *terminal->no_color;
	bool is_dumb = !terminal->term || !strcmp(terminal->term, "dumb");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return terminal->is_terminal && !is_refused && !is_dumb;
}

static unsigned prose_width(unsigned columns)
{
	if (!columns)
		return WIDTH_USUAL;
	if (columns < WIDTH_LEAST)
		return WIDTH_LEAST;
	return columns < WIDTH_MOST ? columns : WIDTH_MOST;
}

struct text_style text_style_for(const struct terminal *terminal, enum color_when color)
{
	return (struct text_style){
		.color = wants_color(terminal, color),
		.unicode = terminal->codeset && !strcasecmp(terminal->codeset, "UTF-8"),
		.width = prose_width(terminal->columns),
	};
}
