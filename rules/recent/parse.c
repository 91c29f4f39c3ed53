/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/read/decode.h"
#include "rules/recent.h"
#include "rules/recent/record.h"
#include "rules/ruleset.h"
#include "rules/xt.h"

static bool parse_number(const char *text, uint64_t *ret, const char **ret_end)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	*ret_end = end;
	return errno == 0;
}

/* "2 4295108200, 4295108300": the first is a place in the ring. */
static bool parse_stamps(struct arena *arena, const char *text, struct recent_entry *ret)
{
	cleanup(free_pointer) uint64_t *stamps = NULL;
	size_t allocated = 0;
	uint64_t place;

	if (!parse_number(text, &place, &text))
		return false;
	for (const char *between = " "; strncmp(text, between, strlen(between)) == 0;
	     between = ", ") {
		stamps = xgrow(stamps, ret->n_stamps, &allocated, sizeof(*stamps));
		if (!parse_number(text + strlen(between), &stamps[ret->n_stamps++], &text))
			return false;
	}
	ret->stamps = arena_memdup(arena, stamps, ret->n_stamps * sizeof(*stamps));
	return *text == '\0' && ret->n_stamps > 0;
}

/*
 * "src=192.168.1.9 ttl: 64 last_seen: 4295108300 oldest_pkt: 2 4295108200, 4295108300"
 * (recent_seq_show())
 */
static bool parse_line(struct arena *arena, char *line, struct recent_entry *ret)
{
	static const char head[] = "src=", tail[] = "oldest_pkt: ";
	char *space = strchr(line, ' ');
	const char *stamps = strstr(line, tail);

	*ret = (struct recent_entry){0};
	if (!space || !stamps || strncmp(line, head, sizeof(head) - 1) != 0)
		return false;
	*space = '\0';
	return address_parse(line + sizeof(head) - 1, &ret->address) &&
	       parse_stamps(arena, stamps + sizeof(tail) - 1, ret);
}

static bool parse_list(struct arena *arena, char *text, struct recent_list *list)
{
	cleanup(free_pointer) struct recent_entry *entries = NULL;
	size_t allocated = 0;
	bool whole = true;
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			continue;
		entries = xgrow(entries, list->n_entries, &allocated, sizeof(*entries));
		whole = parse_line(arena, line, &entries[list->n_entries++]) && whole;
	}
	list->entries = arena_memdup(arena, entries, list->n_entries * sizeof(*entries));
	return whole;
}

static size_t record_at(const char *dump, size_t length, size_t at, struct recent_record *ret)
{
	if (length - at < sizeof(*ret))
		return 0;
	memcpy(ret, dump + at, sizeof(*ret));
	if ((memcmp(ret->magic, RECENT_MAGIC, sizeof(ret->magic)) != 0 &&
	     memcmp(ret->magic, RECENT_CLOCK, sizeof(ret->magic)) != 0) ||
	    !memchr(ret->name, '\0', sizeof(ret->name)) || ret->length > length - at - sizeof(*ret))
		return 0;
	return sizeof(*ret) + ret->length;
}

struct lists {
	struct recent_list **lists;
	size_t n_lists;
};

static void take_record(struct arena *arena, const struct recent_record *record, const char *body,
			uint64_t *now, struct lists *ret)
{
	struct recent_list *list = arena_alloc(arena, sizeof(*list));
	char *text = arena_alloc(arena, record->length + 1);
	const char *end;

	memcpy(text, body, record->length);
	if (memcmp(record->magic, RECENT_CLOCK, sizeof(record->magic)) == 0) {
		if (!parse_number(text, now, &end))
			*now = 0;
		return;
	}
	list->name = arena_strdup(arena, record->name);
	list->now = *now;
	if (parse_list(arena, text, list))
		append_pointer(arena, &ret->lists, &ret->n_lists, list);
}

static bool take_records(struct arena *arena, const char *dump, size_t length, struct lists *ret)
{
	uint64_t now = 0;

	for (size_t at = 0; at < length;) {
		struct recent_record record;
		size_t step = record_at(dump, length, at, &record);

		if (!step)
			return false;
		take_record(arena, &record, dump + at + sizeof(record), &now, ret);
		at += step;
	}
	return true;
}

static bool is_recent(const struct expr *expr)
{
	return expr->kind == EXPR_XT_MATCH && !expr->opaque && expr->xt.name &&
	       strcmp(expr->xt.name, "recent") == 0;
}

static bool give_list(struct expr *expr, const struct table *table, void *data)
{
	const struct lists *lists = data;
	struct xt_extension match;

	if (!is_recent(expr) || !xt_match_decode(expr->xt.name, expr->xt.revision, expr->xt.info,
						 table->family, &match))
		return false;
	for (size_t i = 0; i < lists->n_lists; i++)
		if (strcmp(lists->lists[i]->name, match.text) == 0)
			expr->xt.recent = lists->lists[i];
	return false;
}

static bool visit_recent(struct expr *expr, const struct table *, void *)
{
	return is_recent(expr);
}

bool ruleset_uses_recent(const struct ruleset *ruleset)
{
	return ruleset_visit_exprs(ruleset, visit_recent, NULL);
}

int recent_parse(struct ruleset *ruleset, const void *dump, size_t length, struct error *err)
{
	struct lists lists = {};

	if (!take_records(ruleset->arena, dump, length, &lists))
		return error_set(err, EBADMSG, "no dump of the lists of recent addresses");
	ruleset_visit_exprs(ruleset, give_list, &lists);
	return 0;
}
