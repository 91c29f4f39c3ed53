/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/arena.h"
#include "src/report.h"
#include "src/safe_text.h"

static bool is_safe(const char *text)
{
	return !text || safe_text_length(text, strlen(text)) == strlen(text);
}

static void make_text_safe(struct arena *arena, const char **text)
{
	if (!is_safe(*text))
		*text = safe_text(arena, *text, strlen(*text));
}

static void make_evidence_safe(struct arena *arena, struct evidence *evidence, size_t count)
{
	for (size_t i = 0; i < count; i++)
		make_text_safe(arena, &evidence[i].text);
}

static void make_rule_safe(struct arena *arena, const struct rule_reference **rule)
{
	if (!*rule)
		return;
	struct rule_reference *copy = arena_alloc(arena, sizeof(*copy));
	*copy = **rule;
	make_text_safe(arena, &copy->table);
	make_text_safe(arena, &copy->chain);
	make_text_safe(arena, &copy->set);
	make_text_safe(arena, &copy->text);
	*rule = copy;
}

/* A command with a character replaced would be another command: better none. */
static void make_fix_safe(struct arena *arena, struct fix *fix)
{
	make_text_safe(arena, &fix->note);
	if (!is_safe(fix->undo))
		fix->undo = NULL;
	if (is_safe(fix->command))
		return;
	fix->command = fix->undo = NULL;
	fix->note = "The command would name something that holds control characters.";
}

static void make_finding_safe(struct arena *arena, struct finding *finding)
{
	make_text_safe(arena, &finding->title);
	make_text_safe(arena, &finding->detail);
	make_rule_safe(arena, &finding->rule);
	make_evidence_safe(arena, finding->evidence, finding->n_evidence);
	for (size_t i = 0; i < finding->n_fixes; i++)
		make_fix_safe(arena, &finding->fixes[i]);
}

static void make_flow_safe(struct arena *arena, struct flow_report *flow)
{
	for (size_t i = 0; i < flow->n_steps; i++) {
		make_text_safe(arena, &flow->steps[i].table);
		make_text_safe(arena, &flow->steps[i].chain);
		make_text_safe(arena, &flow->steps[i].text);
	}
}

static void make_device_safe(struct arena *arena, struct found_device *device)
{
	make_text_safe(arena, &device->name);
	make_text_safe(arena, &device->board);
	make_text_safe(arena, &device->interface);
}

static void make_upload_safe(struct arena *arena, const struct upload_result **upload)
{
	if (!*upload || is_safe((*upload)->result))
		return;
	struct upload_result *copy = arena_alloc(arena, sizeof(*copy));
	*copy = **upload;
	make_text_safe(arena, &copy->result);
	*upload = copy;
}

void report_make_safe(struct report *report)
{
	struct arena *arena = report->arena;

	make_text_safe(arena, &report->device.name);
	make_text_safe(arena, &report->host.name);
	make_text_safe(arena, &report->host.interface);
	for (size_t i = 0; i < report->n_findings; i++)
		make_finding_safe(arena, &report->findings[i]);
	for (size_t i = 0; i < report->n_flow; i++)
		make_flow_safe(arena, &report->flow[i]);
	for (size_t i = 0; i < report->n_unchecked; i++)
		make_text_safe(arena, &report->unchecked[i].reason);
	make_evidence_safe(arena, report->passed, report->n_passed);
	for (size_t i = 0; i < report->n_devices; i++)
		make_device_safe(arena, &report->devices[i]);
	make_upload_safe(arena, &report->upload);
	for (size_t i = 0; i < report->n_reports; i++)
		report_make_safe(report->reports[i]);
}
