/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_FINDINGS_H
#define SRC_FINDINGS_H

#include "src/report.h"

/*
 * The catalogue entry of a finding: what `explain` and espota-doctor-findings(7) are made of. Each
 * text is one paragraph of plain sentences.
 */
struct finding_text {
	const char *title; /* headline when nothing more is known */
	const char *means;
	const char *known; /* how it is known */
	const char *cure;
	const char *espota; /* what espota.py printed in this case; NULL if it said nothing of it */
	const char *explanation; /* means, known and cure as three paragraphs */
};

const struct finding_text *finding_text(enum finding_id id);

/* FINDING_COUNT if no finding has this name. */
enum finding_id finding_by_name(const char *name);

/* What it is unless more is known: unknown for exit 7, warning for none, else error. */
enum severity finding_severity(enum finding_id id);

#endif
