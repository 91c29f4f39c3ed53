/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/findings.h"

#include <string.h>

static const struct {
	const char *name;
	int exit_code;
} names[FINDING_COUNT] = {
#define X(id, name, exit_code) [FINDING_##id] = {name, exit_code},
	FINDINGS(X)
#undef X
};

const char *finding_name(enum finding_id id)
{
	return names[id].name;
}

int finding_exit_code(enum finding_id id)
{
	return names[id].exit_code;
}

const char *finding_title(enum finding_id id)
{
	return finding_text(id)->title;
}

const char *finding_explanation(enum finding_id id)
{
	return finding_text(id)->explanation;
}

enum finding_id finding_by_name(const char *name)
{
	enum finding_id id = 0;

	while (id < FINDING_COUNT && strcmp(names[id].name, name))
		id++;
	return id;
}

enum severity finding_severity(enum finding_id id)
{
	switch (names[id].exit_code) {
	case 0: return SEVERITY_WARNING;
	case 7: return SEVERITY_UNKNOWN;
	default: return SEVERITY_ERROR;
	}
}
