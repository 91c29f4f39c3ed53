/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_NAMES_H
#define SRC_NAMES_H

#include "src/report.h"

/* The words of the report for its enumerations; stable, as `--json` prints them. */
const char *severity_name(enum severity severity);
const char *certainty_name(enum certainty certainty); /* NULL for CERTAINTY_NONE */
const char *mode_name(enum report_mode mode);
const char *verdict_name(enum report_verdict verdict);
const char *flash_name(enum flash_state flash);

/* How many reports of a fleet ended how. */
struct report_summary {
	size_t ok, failed, unknown;
};

struct report_summary report_summarize(const struct report *fleet);

#endif
