/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/legacy.h"

#include <errno.h>
#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/legacy/record.h"
#include "rules/legacy/table.h"
#include "rules/read/decode.h"

/*
 * Where the kernel's table modules hang their chains. raw can be told at load time to go before
 * defragmentation (raw_before_defrag), which no file shows: either is before connection tracking.
 */
static const struct legacy_kind kinds[] = {
	{"raw", {NF_IP_PRI_RAW, LEGACY_NO_HOOK, LEGACY_NO_HOOK, NF_IP_PRI_RAW, LEGACY_NO_HOOK}},
	{"mangle",
	 {NF_IP_PRI_MANGLE, NF_IP_PRI_MANGLE, NF_IP_PRI_MANGLE, NF_IP_PRI_MANGLE,
	  NF_IP_PRI_MANGLE}},
	{"nat",
	 {NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC, LEGACY_NO_HOOK, NF_IP_PRI_NAT_DST,
	  NF_IP_PRI_NAT_SRC}},
	{"filter",
	 {LEGACY_NO_HOOK, NF_IP_PRI_FILTER, NF_IP_PRI_FILTER, NF_IP_PRI_FILTER, LEGACY_NO_HOOK}},
	{"security",
	 {LEGACY_NO_HOOK, NF_IP_PRI_SECURITY, NF_IP_PRI_SECURITY, NF_IP_PRI_SECURITY,
	  LEGACY_NO_HOOK}},
};

/* A table that nobody has heard of may be anywhere; its chains are opaque. */
static const struct legacy_kind unknown_kind = {NULL, {0, 0, 0, 0, 0}};

static const struct legacy_kind *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return &unknown_kind;
}

static unsigned next_order(const struct ruleset *ruleset)
{
	unsigned next = 0;

	for (size_t i = 0; i < ruleset->n_tables; i++)
		for (size_t k = 0; k < ruleset->tables[i]->n_chains; k++)
			if (ruleset->tables[i]->chains[k]->order >= next)
				next = ruleset->tables[i]->chains[k]->order + 1;
	return next;
}

static struct table *parse_table(struct arena *arena, const struct legacy_record *record,
				 const uint8_t *body, unsigned *order)
{
	struct table *table = arena_alloc(arena, sizeof(*table));
	char name[sizeof(record->table) + 1] = {};
	struct legacy_source source = {
		.arena = arena,
		.table = table,
		.entries = {body + record->info_length, record->entries_length},
		.order = order,
	};

	memcpy(name, record->table, sizeof(record->table));
	table->name = arena_strdup(arena, name);
	table->family = (uint8_t)record->family;
	table->backend = TABLE_LEGACY;
	source.kind = kind_of(name);
	if (record->info_length >= sizeof(source.info))
		memcpy(&source.info, body, sizeof(source.info));
	else
		table->opaque = true;
	if (!source.kind->name || source.info.size != record->entries_length)
		table->opaque = true;
	legacy_table_fill(&source);
	table_index(arena, table);
	return table;
}

/* The length of the record at @at with its body; 0 if it is none. */
static size_t record_at(const uint8_t *dump, size_t length, size_t at, struct legacy_record *ret)
{
	size_t left = length - at;

	if (left < sizeof(*ret))
		return 0;
	memcpy(ret, dump + at, sizeof(*ret));
	left -= sizeof(*ret);
	if (memcmp(ret->magic, LEGACY_MAGIC, sizeof(ret->magic)) != 0 ||
	    (ret->family != NFPROTO_IPV4 && ret->family != NFPROTO_IPV6) ||
	    ret->info_length > left || ret->entries_length > left - ret->info_length)
		return 0;
	return sizeof(*ret) + ret->info_length + ret->entries_length;
}

static bool is_dump(const uint8_t *dump, size_t length, size_t *ret_broken)
{
	struct legacy_record record;
	size_t at = 0;

	while (at < length) {
		size_t step = record_at(dump, length, at, &record);
		if (!step) {
			*ret_broken = at;
			return false;
		}
		at += step;
	}
	return true;
}

int legacy_parse(struct ruleset *ruleset, const void *dump, size_t length, struct error *err)
{
	unsigned order = next_order(ruleset);
	const uint8_t *copy;
	size_t broken;

	if (!is_dump(dump, length, &broken))
		return error_set(err, EBADMSG, "no dump of legacy iptables tables: byte %zu of %zu",
				 broken, length);
	copy = arena_memdup(ruleset->arena, dump, length);
	for (size_t at = 0; at < length;) {
		struct legacy_record record;
		size_t step = record_at(copy, length, at, &record);

		append_pointer(
			ruleset->arena, &ruleset->tables, &ruleset->n_tables,
			parse_table(ruleset->arena, &record, copy + at + sizeof(record), &order));
		at += step;
	}
	return 0;
}
