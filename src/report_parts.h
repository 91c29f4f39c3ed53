/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_REPORT_PARTS_H
#define SRC_REPORT_PARTS_H

#include "src/names.h"
#include "src/report.h"

struct buffer;

/* The single sentences and lines that the text report is put together from. */

/* The finding that decides verdict and exit code; NULL if none does. */
const struct finding *report_headline(const struct report *report);

/* "proof", "basis", "signs" and what that means. */
const char *part_certainty_label(enum certainty certainty);
const char *part_certainty_sentence(const struct finding *finding);

/* " 10.0.0.0/24, 10.0.2.0/24" */
void part_scope(struct buffer *out, const struct cidr *scope, size_t count);

/* "ip filter INPUT, policy: UFW default: deny (incoming)" */
void part_rule(struct buffer *out, const struct rule_reference *rule);

/* A line of the way of a packet. */
void part_step(struct buffer *out, const struct flow_report_step *step);

/* A command or undo of @fix as the caller has to type it; uploading to another port needs no root. */
void part_command(struct buffer *out, const struct fix *fix, const char *command, bool sudo);

/* How a cure was checked, how long it lasts, what else is to be known of it. */
void part_fix_remarks(struct buffer *out, const struct fix *fix);

/* What became of the device; "" where that is no question. */
const char *part_fate(const struct report *report);

/* "kitchen.local (192.168.1.77)", "192.168.1.0/24" */
void part_label(struct buffer *out, const struct report *report);

/* Good news, without a symbol. */
/* What --ask found out: the device is alive, and the password (if any) right. */
void part_answered(struct buffer *out, const struct report *report);
void part_clear(struct buffer *out, const struct report *report);
void part_upload(struct buffer *out, const struct upload_result *upload);

/* The headline of a result that no finding stands for. */
const char *part_unnamed(const struct report *report);

/* "espota-doctor: firewall-drop, exit 3 (espota-doctor explain firewall-drop)" */
void part_last_line(struct buffer *out, const struct report *report);

#endif
