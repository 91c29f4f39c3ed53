/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "src/findings.h"

struct report *report_new(struct arena *arena, enum report_mode mode, int64_t time_s)
{
	struct report *report = arena_alloc(arena, sizeof(*report));

	report->arena = arena;
	report->mode = mode;
	report->time_s = time_s;
	return report;
}

/*
 * The array with room for one more. Copied each time: the lists are short, and some are made at
 * their exact length by others.
 */
static void *longer(struct arena *arena, const void *array, size_t count, size_t size)
{
	char *copy = arena_array(arena, count + 1, size);

	if (count)
		memcpy(copy, array, count * size);
	return copy;
}

static const char *format_text(struct arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	size_t size = (size_t)(length < 0 ? 0 : length) + 1;
	char *text = arena_alloc(arena, size);
	if (length > 0)
		vsnprintf(text, size, format, again);
	va_end(again);
	return text;
}

/* The message of a variadic function whose last named parameter is `format`. */
#define FORMAT_TEXT(arena, ret_text)                                                               \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		*(ret_text) = format_text((arena), format, args);                                  \
		va_end(args);                                                                      \
	} while (0)

const char *report_format(struct report *report, const char *format, ...)
{
	const char *text;

	FORMAT_TEXT(report->arena, &text);
	return text;
}

struct finding *report_add(struct report *report, enum finding_id id, enum certainty certainty)
{
	report->findings = longer(report->arena, report->findings, report->n_findings,
				  sizeof(*report->findings));
	struct finding *finding = &report->findings[report->n_findings++];
	*finding = (struct finding){
		.id = id,
		.severity = finding_severity(id),
		.certainty = certainty,
		.title = finding_title(id),
		.detail = "",
	};
	return finding;
}

void report_title(struct report *report, struct finding *finding, const char *format, ...)
{
	FORMAT_TEXT(report->arena, &finding->title);
}

void report_detail(struct report *report, struct finding *finding, const char *format, ...)
{
	FORMAT_TEXT(report->arena, &finding->detail);
}

void report_evidence(struct report *report, struct finding *finding, const char *source,
		     const char *format, ...)
{
	struct evidence evidence = {.source = source};

	FORMAT_TEXT(report->arena, &evidence.text);
	finding->evidence = longer(report->arena, finding->evidence, finding->n_evidence,
				   sizeof(*finding->evidence));
	finding->evidence[finding->n_evidence++] = evidence;
}

void report_fix(struct report *report, struct finding *finding, const struct fix *fix)
{
	finding->fixes =
		longer(report->arena, finding->fixes, finding->n_fixes, sizeof(*finding->fixes));
	finding->fixes[finding->n_fixes++] = *fix;
}

void report_passed(struct report *report, const char *check, const char *format, ...)
{
	struct evidence passed = {.source = check};

	FORMAT_TEXT(report->arena, &passed.text);
	report->passed =
		longer(report->arena, report->passed, report->n_passed, sizeof(*report->passed));
	report->passed[report->n_passed++] = passed;
}

void report_unchecked(struct report *report, const char *what, const char *format, ...)
{
	struct unchecked unchecked = {.what = what};

	FORMAT_TEXT(report->arena, &unchecked.reason);
	report->unchecked = longer(report->arena, report->unchecked, report->n_unchecked,
				   sizeof(*report->unchecked));
	report->unchecked[report->n_unchecked++] = unchecked;
}

const struct finding *report_find(const struct report *report, enum finding_id id)
{
	for (size_t i = 0; i < report->n_findings; i++)
		if (report->findings[i].id == id)
			return &report->findings[i];
	return NULL;
}
