/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_TEXT_STYLE_H
#define SRC_TEXT_STYLE_H

#include <stdbool.h>

#include "src/options.h"
#include "src/report_print.h"

/* What is known of the place that the text goes to. */
struct terminal {
	bool is_terminal;
	unsigned columns;     /* 0: not known */
	const char *term;     /* $TERM, NULL if unset */
	const char *no_color; /* $NO_COLOR, NULL if unset; any text but "" counts */
	const char *codeset;  /* nl_langinfo(CODESET) */
};

/* Looks at the stream and the environment; setlocale(LC_CTYPE, "") has been called. */
struct terminal terminal_look(int fd);

/*
 * Colour: `always` and `never` are obeyed; `auto` is colour on a terminal that is not dumb, unless
 * NO_COLOR says no. Symbols beyond ASCII only in a UTF-8 locale. Pure; fills in color, unicode and
 * width, leaves the rest as false.
 */
struct text_style text_style_for(const struct terminal *terminal, enum color_when color);

#endif
