/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_UPLOAD_H
#define SRC_UPLOAD_H

struct preflight;
struct report;
struct run;

/*
 * Invites the device and uploads the image, through the listener that the preflight holds; adds
 * what came of it to @report. A success silences what the preflight could not know.
 */
void upload_run(struct run *run, struct preflight *preflight, struct report *report);

#endif
