/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "src/layout.h"
#include "src/report_parts.h"
#include "src/report_print.h"

/* The order is fixed: answer, why, proof, cure, the device's fate. A reader may stop anywhere. */

enum { FIXES_SHOWN = 2, EXIT_USAGE = 2 };

static void add_id(struct buffer *out, const struct text_style *style, size_t column,
		   const char *id)
{
	size_t taken = strlen(id) + 2;

	if (column + 1 + taken > style->width) {
		buffer_puts(out, "\n");
		column = 0;
	}
	size_t gap = column + taken < style->width ? style->width - column - taken : 1;
	buffer_printf(out, "%*s", (int)gap, "");
	buffer_printf(out, "[%s]\n", id);
}

static void add_headline(struct buffer *out, const struct text_style *style,
			 const struct finding *finding)
{
	bool is_error = finding->severity == SEVERITY_ERROR;

	layout_symbol(out, style, is_error ? SYMBOL_BAD : SYMBOL_UNKNOWN);
	buffer_puts(out, " ");
	layout_paint(out, style, PAINT_STRONG, finding->title);
	add_id(out, style, 2 + layout_columns(finding->title), finding_name(finding->id));
}

static void add_why(struct buffer *out, const struct text_style *style,
		    const struct finding *finding)
{
	if ((!finding->detail || !*finding->detail) && !finding->n_scope)
		return;
	buffer_puts(out, "\n");
	layout_prose(out, style, finding->detail);
	if (finding->n_scope) {
		cleanup(buffer_release) struct buffer scope = {0};
		buffer_puts(&scope, "This holds for");
		part_scope(&scope, finding->scope, finding->n_scope);
		buffer_puts(&scope, ".");
		layout_prose(out, style, buffer_text(&scope));
	}
}

static bool is_in_evidence(const struct finding *finding, const char *text)
{
	for (size_t i = 0; i < finding->n_evidence; i++)
		if (strstr(finding->evidence[i].text, text))
			return true;
	return false;
}

/* Says how sure it is before it says of what. */
static void add_proof(struct buffer *out, const struct text_style *style,
		      const struct finding *finding)
{
	buffer_puts(out, "\n");
	layout_entry(out, style, part_certainty_label(finding->certainty),
		     part_certainty_sentence(finding));

	const struct rule_reference *rule = finding->rule;
	if (rule && !(rule->text && is_in_evidence(finding, rule->text))) {
		cleanup(buffer_release) struct buffer line = {0};
		part_rule(&line, rule);
		layout_entry(out, style, "", buffer_text(&line));
	}
	for (size_t i = 0; i < finding->n_evidence; i++) {
		cleanup(buffer_release) struct buffer line = {0};
		buffer_printf(&line, "%s: %s", finding->evidence[i].source,
			      finding->evidence[i].text);
		layout_entry(out, style, "", buffer_text(&line));
	}
}

static void add_command(struct buffer *out, const struct text_style *style, const char *label,
			const char *before, const struct fix *fix, const char *command)
{
	cleanup(buffer_release) struct buffer line = {0};

	buffer_puts(&line, before);
	part_command(&line, fix, command, style->sudo);
	layout_command(out, style, label, buffer_text(&line));
}

static void add_fix(struct buffer *out, const struct text_style *style, const char *label,
		    const struct fix *fix)
{
	cleanup(buffer_release) struct buffer remarks = {0};

	part_fix_remarks(&remarks, fix);
	if (fix->command)
		add_command(out, style, label, "", fix, fix->command);
	if (remarks.length)
		layout_entry(out, style, fix->command ? "" : label, buffer_text(&remarks));
	if (fix->undo)
		add_command(out, style, "", "undo: ", fix, fix->undo);
}

static void add_fixes(struct buffer *out, const struct text_style *style,
		      const struct finding *finding)
{
	size_t shown = finding->n_fixes < FIXES_SHOWN ? finding->n_fixes : FIXES_SHOWN;

	if (shown)
		buffer_puts(out, "\n");
	for (size_t i = 0; i < shown; i++)
		add_fix(out, style, i ? "or" : "fix", &finding->fixes[i]);
}

static bool is_worth_a_line(const struct finding *finding, const struct text_style *style)
{
	return finding->severity != SEVERITY_INFO || style->verbose;
}

static void add_others(struct buffer *out, const struct text_style *style,
		       const struct report *report, const struct finding *headline)
{
	for (size_t i = 0; i < report->n_findings; i++) {
		const struct finding *finding = &report->findings[i];
		if (finding == headline || !is_worth_a_line(finding, style))
			continue;
		cleanup(buffer_release) struct buffer line = {0};
		layout_symbol(&line, style,
			      finding->severity == SEVERITY_INFO ? SYMBOL_NOTE : SYMBOL_WARNING);
		buffer_printf(&line, " %s [%s]", finding->title, finding_name(finding->id));
		layout_entry(out, style, "also:", buffer_text(&line));
	}
}

static void add_unchecked(struct buffer *out, const struct text_style *style,
			  const struct report *report)
{
	for (size_t i = 0; i < report->n_unchecked; i++) {
		cleanup(buffer_release) struct buffer line = {0};
		buffer_printf(&line, "%s: %s", report->unchecked[i].what,
			      report->unchecked[i].reason);
		layout_entry(out, style, i ? "" : "unseen", buffer_text(&line));
	}
}

static void add_passed(struct buffer *out, const struct text_style *style,
		       const struct report *report)
{
	for (size_t i = 0; i < report->n_passed; i++) {
		buffer_puts(out, "  ");
		layout_symbol(out, style, SYMBOL_GOOD);
		buffer_printf(out, " %-10s %s\n", report->passed[i].source, report->passed[i].text);
	}
}

static void add_path(struct buffer *out, const struct report *report)
{
	for (size_t i = 0; i < report->n_flow; i++) {
		const struct flow_report *flow = &report->flow[i];
		buffer_printf(out, "  %-15s %s", flow->packet, flow->verdict);
		if (flow->n_scope) {
			buffer_puts(out, " for");
			part_scope(out, flow->scope, flow->n_scope);
		}
		buffer_puts(out, "\n");
		for (size_t step = 0; step < flow->n_steps; step++)
			part_step(out, &flow->steps[step]);
	}
}

static void add_reasoning(struct buffer *out, const struct text_style *style,
			  const struct report *report)
{
	bool has_passed = style->verbose && report->n_passed;

	if (report->verdict != REPORT_CLEAR && (has_passed || (style->debug && report->n_flow)))
		buffer_puts(out, "\n");
	if (has_passed)
		add_passed(out, style, report);
	if (style->debug)
		add_path(out, report);
}

/* A setting apart from the headline's block, with an empty line before it if there is anything. */
static void add_tail(struct buffer *out, const struct text_style *style,
		     const struct report *report, const struct finding *headline)
{
	cleanup(buffer_release) struct buffer tail = {0};

	if (report->verdict != REPORT_CLEAR || style->verbose)
		add_unchecked(&tail, style, report);
	add_others(&tail, style, report, headline);
	if (tail.length && report->verdict != REPORT_CLEAR)
		buffer_puts(out, "\n");
	buffer_add(out, buffer_text(&tail), tail.length);
}

static void add_line(struct buffer *out, const struct text_style *style, enum symbol symbol,
		     const char *text)
{
	layout_symbol(out, style, symbol);
	buffer_printf(out, " %s\n", text);
}

static bool was_only_asked(const struct report *report)
{
	return report->mode == REPORT_CHECK && report->answered && !report->rehearsed;
}

static void add_answer(struct buffer *out, const struct text_style *style,
		       const struct report *report)
{
	cleanup(buffer_release) struct buffer line = {0};

	if (!was_only_asked(report))
		return;
	part_answered(&line, report);
	add_line(out, style, SYMBOL_GOOD, buffer_text(&line));
}

static void add_trouble(struct buffer *out, const struct text_style *style,
			const struct report *report, const struct finding *headline)
{
	add_headline(out, style, headline);
	add_why(out, style, headline);
	add_proof(out, style, headline);
	add_fixes(out, style, headline);
	add_tail(out, style, report, headline);
	if (was_only_asked(report))
		buffer_puts(out, "\n");
	add_answer(out, style, report);
	if (*part_fate(report)) {
		buffer_puts(out, "\n");
		layout_prose(out, style, part_fate(report));
	}
}

static void add_clear(struct buffer *out, const struct text_style *style,
		      const struct report *report)
{
	cleanup(buffer_release) struct buffer line = {0}, upload = {0};

	if (report->mode == REPORT_CHECK || report->mode == REPORT_UPLOAD) {
		part_clear(&line, report);
		add_line(out, style, SYMBOL_GOOD, buffer_text(&line));
	}
	add_answer(out, style, report);
	if (report->upload) {
		part_upload(&upload, report->upload);
		add_line(out, style, SYMBOL_GOOD, buffer_text(&upload));
	}
	add_tail(out, style, report, NULL);
}

static void add_stopped(struct buffer *out, const struct text_style *style,
			const struct report *report)
{
	add_line(out, style, SYMBOL_UNKNOWN, "Stopped before the answer was known");
	add_tail(out, style, report, NULL);
	if (*part_fate(report)) {
		buffer_puts(out, "\n");
		layout_prose(out, style, part_fate(report));
	}
}

static void add_report(struct buffer *out, const struct text_style *style,
		       const struct report *report)
{
	const struct finding *headline = report_headline(report);

	if (report->stopped_by)
		add_stopped(out, style, report);
	else if (headline)
		add_trouble(out, style, report, headline);
	else if (report->verdict == REPORT_CLEAR)
		add_clear(out, style, report);
	else {
		add_line(out, style,
			 report->verdict == REPORT_UNKNOWN ? SYMBOL_UNKNOWN : SYMBOL_BAD,
			 part_unnamed(report));
		add_tail(out, style, report, NULL);
	}
	add_reasoning(out, style, report);
}

static void add_fleet(struct buffer *out, const struct text_style *style,
		      const struct report *fleet)
{
	struct report_summary summary = report_summarize(fleet);

	for (size_t i = 0; i < fleet->n_reports; i++) {
		const struct report *report = fleet->reports[i];
		if (report->verdict != REPORT_CLEAR) {
			cleanup(buffer_release) struct buffer label = {0};
			part_label(&label, report);
			layout_paint(out, style, PAINT_STRONG, buffer_text(&label));
			buffer_puts(out, "\n");
		}
		add_report(out, style, report);
		if (report->verdict != REPORT_CLEAR)
			buffer_puts(out, "\n");
	}
	if (fleet->n_findings || !fleet->n_reports)
		add_report(out, style, fleet);
	if (fleet->n_reports > 1)
		buffer_printf(out, "%zu clear, %zu blocked or failed, %zu unknown\n", summary.ok,
			      summary.failed, summary.unknown);
}

/* A mistake in the call, told as the other mistakes are: in one line. */
static void add_mistake(struct buffer *out, const struct report *report)
{
	const char *name = finding_name(report->findings[0].id);

	buffer_printf(out, "espota-doctor: %s; %s, exit %d (espota-doctor explain %s)\n",
		      report->findings[0].title, name, report->exit_code, name);
}

static bool is_mistake(const struct report *report)
{
	return report->mode != REPORT_FLEET && report->n_findings &&
	       report->findings[0].severity == SEVERITY_ERROR && report->exit_code == EXIT_USAGE;
}

void report_text(struct buffer *out, const struct report *report, const struct text_style *style)
{
	if (is_mistake(report)) {
		add_mistake(out, report);
		return;
	}
	if (report->mode == REPORT_FLEET)
		add_fleet(out, style, report);
	else
		add_report(out, style, report);
	if (report->exit_code) {
		buffer_puts(out, "\n");
		part_last_line(out, report);
	}
}
