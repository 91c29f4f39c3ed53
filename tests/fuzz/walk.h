/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_WALK_H
#define TESTS_FUZZ_WALK_H

#include "rules/flow.h"

struct error;
struct ruleset;

/*
 * All that the program does with a ruleset: looks at every part of it, puts it into words, asks who
 * owns it, evaluates the six packets of both families, looks for a cure.
 */
void fuzz_walk(const struct ruleset *ruleset);

/* A parser that adds to a ruleset: legacy_parse(), ipset_parse(), recent_parse(). */
typedef int fuzz_parser(struct ruleset *ruleset, const void *dump, size_t length,
			struct error *err);

/* Adds the answer of the fixture with extensions, which is sound. */
void fuzz_add_fixture(struct ruleset *ruleset, const char *question, fuzz_parser *parse);

/* Parses the parts of that fixture, the one of @question replaced by @data, and walks the whole. */
void fuzz_xtables(const char *question, const uint8_t *data, size_t size);

/* The same device and host in every question. */
extern const struct host_state fuzz_host;
struct flow_question fuzz_question(const char *device, const char *host);

#endif
