/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/names.h"

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_UNKNOWN] = "unknown",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_INFO] = "info",
	};

	return names[severity];
}

const char *certainty_name(enum certainty certainty)
{
	static const char *const names[] = {
		[CERTAINTY_NONE] = NULL,
		[CERTAINTY_PROVEN] = "proven",
		[CERTAINTY_PREDICTED] = "predicted",
		[CERTAINTY_LIKELY] = "likely",
	};

	return names[certainty];
}

const char *mode_name(enum report_mode mode)
{
	static const char *const names[] = {
		[REPORT_CHECK] = "check", [REPORT_UPLOAD] = "upload",
		[REPORT_PORTS] = "ports", [REPORT_DISCOVER] = "discover",
		[REPORT_FLEET] = "fleet",
	};

	return names[mode];
}

const char *verdict_name(enum report_verdict verdict)
{
	static const char *const names[] = {
		[REPORT_CLEAR] = "clear",
		[REPORT_BLOCKED] = "blocked",
		[REPORT_FAILED] = "failed",
		[REPORT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

const char *flash_name(enum flash_state flash)
{
	static const char *const names[] = {
		[FLASH_UNTOUCHED] = "untouched",
		[FLASH_WRITTEN] = "written",
		[FLASH_UNKNOWN] = "unknown",
	};

	return names[flash];
}

struct report_summary report_summarize(const struct report *fleet)
{
	struct report_summary summary = {0};

	for (size_t i = 0; i < fleet->n_reports; i++) {
		switch (fleet->reports[i]->verdict) {
		case REPORT_CLEAR: summary.ok++; break;
		case REPORT_UNKNOWN: summary.unknown++; break;
		default: summary.failed++; break;
		}
	}
	return summary;
}
