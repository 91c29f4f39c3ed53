/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_REPORT_PRINT_H
#define SRC_REPORT_PRINT_H

#include <stdbool.h>

#include "src/report.h"

struct buffer;

/* How the text report looks; decided once from options, terminal and locale. */
struct text_style {
	bool color;
	bool unicode;   /* ✗ ✓ ! · or x + ! - */
	bool verbose;   /* list the checks that passed */
	bool sudo;      /* commands for root carry "sudo": the caller is not root */
	bool debug;     /* the six packets with every step */
	unsigned width; /* columns to wrap prose at; commands are never wrapped */
};

/*
 * The report for people: headline, why, proof, fix, what happened to the device; on failure the
 * last line names finding, exit code and `explain`. Pure; bytes that came from the network are
 * already printable.
 */
void report_text(struct buffer *out, const struct report *report, const struct text_style *style);

/* The report as one JSON document with a newline at its end, every key of the contract present. */
void report_json(struct buffer *out, const struct report *report);

/* What `--fix` prints: the commands of the headline's first cure that has any, one a line; "" if none. */
void report_fix_commands(struct buffer *out, const struct report *report);

/* `ports`: "A-B" a line, lowest first; for several subnets "CIDR A-B". */
void report_ports(struct buffer *out, const struct report *report);

/* `discover`: a table with a heading, nothing if no device was found. */
void report_devices(struct buffer *out, const struct report *report);

#endif
