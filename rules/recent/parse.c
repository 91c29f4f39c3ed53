/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
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

/*
 * "src=192.168.1.9 ttl: 64 last_seen: 4295108300 oldest_pkt: 2 4295108200, 4295108300"
 * (recent_seq_show()): as many numbers at the end as times are remembered.
 */
static bool parse_line(char *line, struct recent_entry *ret)
{
	static const char head[] = "src=", tail[] = "oldest_pkt: ";
	char *space = strchr(line, ' ');
	const char *stamps = strstr(line, tail);

	if (!space || !stamps || strncmp(line, head, sizeof(head) - 1) != 0)
		return false;
	*space = '\0';
	if (!address_parse(line + sizeof(head) - 1, &ret->address))
		return false;
	stamps = strchr(stamps + sizeof(tail) - 1, ' ');
	if (!stamps)
		return false;
	for (ret->stamps = 1; (stamps = strchr(stamps, ',')); stamps++)
		ret->stamps++;
	return true;
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
		whole = parse_line(line, &entries[list->n_entries++]) && whole;
	}
	list->entries = arena_memdup(arena, entries, list->n_entries * sizeof(*entries));
	return whole;
}

static size_t record_at(const char *dump, size_t length, size_t at, struct recent_record *ret)
{
	if (length - at < sizeof(*ret))
		return 0;
	memcpy(ret, dump + at, sizeof(*ret));
	if (memcmp(ret->magic, RECENT_MAGIC, sizeof(ret->magic)) != 0 ||
	    !memchr(ret->name, '\0', sizeof(ret->name)) || ret->length > length - at - sizeof(*ret))
		return 0;
	return sizeof(*ret) + ret->length;
}

struct lists {
	struct recent_list **lists;
	size_t n_lists;
};

static bool take_records(struct arena *arena, const char *dump, size_t length, struct lists *ret)
{
	for (size_t at = 0; at < length;) {
		struct recent_record record;
		size_t step = record_at(dump, length, at, &record);
		struct recent_list *list = arena_alloc(arena, sizeof(*list));
		char *text;

		if (!step)
			return false;
		text = arena_alloc(arena, record.length + 1);
		memcpy(text, dump + at + sizeof(record), record.length);
		list->name = arena_strdup(arena, record.name);
		if (parse_list(arena, text, list))
			append_pointer(arena, &ret->lists, &ret->n_lists, list);
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
