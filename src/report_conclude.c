/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/report.h"

#include <string.h>

enum { EXIT_CLEAR = 0, EXIT_FIREWALL = 3, EXIT_CANNOT_TELL = 7, EXIT_SIGNAL = 128 };

/* Address translation, though a warning, leaves the outcome open: no other warning does. */
static int rank(const struct finding *finding)
{
	bool decides =
		finding->severity == SEVERITY_WARNING && finding->id == FINDING_HOST_BEHIND_NAT;

	return 2 * (int)finding->severity - decides;
}

/* Stable, so that within a severity what was found first stays first. */
static void sort_by_severity(struct finding *findings, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct finding moved = findings[i];
		size_t at = i;
		for (; at > 0 && rank(&findings[at - 1]) > rank(&moved); at--)
			findings[at] = findings[at - 1];
		findings[at] = moved;
	}
}

/* The exchange itself was seen to work: what could not be told before is settled. */
static bool was_seen_to_work(const struct report *report)
{
	return report->rehearsed || (report->upload && report->flash == FLASH_WRITTEN);
}

/* Doubts that the result has overtaken are still reported, but decide nothing any more. */
static void settle_doubts(struct report *report)
{
	bool settled =
		was_seen_to_work(report) || (report->mode == REPORT_PORTS && report->n_ports);

	for (size_t i = 0; settled && i < report->n_findings; i++)
		if (report->findings[i].severity == SEVERITY_UNKNOWN)
			report->findings[i].severity = SEVERITY_INFO;
}

static void conclude_as(struct report *report, enum report_verdict verdict,
			enum certainty certainty, int exit_code)
{
	report->verdict = verdict;
	report->certainty = certainty;
	report->exit_code = exit_code;
}

/* 1 and 2: it was tried and failed, or could not be tried; 3 to 6: something stands in the way. */
static enum report_verdict verdict_of_exit(int exit_code)
{
	switch (exit_code) {
	case 0: return REPORT_CLEAR;
	case 1:
	case 2: return REPORT_FAILED;
	case EXIT_CANNOT_TELL: return REPORT_UNKNOWN;
	default: return REPORT_BLOCKED;
	}
}

static void conclude_clear(struct report *report)
{
	enum certainty certainty = CERTAINTY_NONE;

	/* A program at the interface is no rule: in the copy of the rules it is missing. */
	if (was_seen_to_work(report) ||
	    (report->replayed && !report_find(report, FINDING_TRAFFIC_CONTROL)))
		certainty = CERTAINTY_PROVEN;
	else if (report->n_flow || report->n_ports)
		certainty = CERTAINTY_PREDICTED;

	const struct finding *nat = report_find(report, FINDING_HOST_BEHIND_NAT);
	if (nat && nat->severity == SEVERITY_WARNING && !was_seen_to_work(report))
		conclude_as(report, REPORT_UNKNOWN, nat->certainty, EXIT_CANNOT_TELL);
	else if (report->mode == REPORT_PORTS && !report->n_ports)
		conclude_as(report, REPORT_BLOCKED, CERTAINTY_PREDICTED, EXIT_FIREWALL);
	else
		conclude_as(report, REPORT_CLEAR, certainty, EXIT_CLEAR);
}

static void conclude_one(struct report *report)
{
	const struct finding *headline = report->n_findings ? &report->findings[0] : NULL;

	if (headline && headline->severity == SEVERITY_ERROR) {
		int exit_code = finding_exit_code(headline->id);
		conclude_as(report, verdict_of_exit(exit_code), headline->certainty, exit_code);
	} else if (headline && headline->severity == SEVERITY_UNKNOWN) {
		conclude_as(report, REPORT_UNKNOWN, headline->certainty, EXIT_CANNOT_TELL);
	} else {
		conclude_clear(report);
	}
}

/* How bad an exit code is among those of a fleet: 1 to 6 by number, then 7, then 0. */
static int badness(int exit_code)
{
	if (exit_code == EXIT_CANNOT_TELL)
		return 1;
	return exit_code ? exit_code + 1 : 0;
}

static bool any_has_ports(const struct report *fleet)
{
	for (size_t i = 0; i < fleet->n_reports; i++)
		if (fleet->reports[i]->mode == REPORT_PORTS && fleet->reports[i]->exit_code == 0)
			return true;
	return false;
}

static void conclude_fleet(struct report *fleet)
{
	conclude_one(fleet);
	if (!fleet->n_reports && !fleet->n_findings) /* nobody was asked about */
		conclude_as(fleet, REPORT_UNKNOWN, CERTAINTY_NONE, EXIT_CANNOT_TELL);

	for (size_t i = 0; i < fleet->n_reports; i++) {
		struct report *report = fleet->reports[i];
		report_conclude(report);
		if (report->stopped_by)
			fleet->stopped_by = report->stopped_by;
		if (i == 0 && !fleet->n_findings)
			conclude_as(fleet, report->verdict, report->certainty, report->exit_code);
		else if (badness(report->exit_code) > badness(fleet->exit_code))
			conclude_as(fleet, report->verdict, report->certainty, report->exit_code);
	}
	if (fleet->stopped_by)
		conclude_as(fleet, REPORT_UNKNOWN, CERTAINTY_NONE, EXIT_SIGNAL + fleet->stopped_by);
	else if (any_has_ports(fleet)) /* `ports` asks whether there is any */
		conclude_as(fleet, REPORT_CLEAR, CERTAINTY_PREDICTED, EXIT_CLEAR);
}

static void forget_troubles(struct report *report)
{
	size_t kept = 0;

	for (size_t i = 0; i < report->n_findings; i++)
		if (report->findings[i].severity > SEVERITY_UNKNOWN)
			report->findings[kept++] = report->findings[i];
	report->n_findings = kept;
}

void report_conclude(struct report *report)
{
	if (report->stopped_by)
		forget_troubles(report);
	settle_doubts(report);
	sort_by_severity(report->findings, report->n_findings);
	if (report->stopped_by)
		conclude_as(report, REPORT_UNKNOWN, CERTAINTY_NONE,
			    EXIT_SIGNAL + report->stopped_by);
	else if (report->mode == REPORT_FLEET)
		conclude_fleet(report);
	else
		conclude_one(report);
}
