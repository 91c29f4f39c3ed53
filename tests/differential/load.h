/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_LOAD_H
#define TESTS_DIFFERENTIAL_LOAD_H

#include <stdbool.h>

struct buffer;
struct loader;

struct loader *loader_new(void);

/* Away with all rules, legacy tables, sets and connections of the namespace, but for the trace. */
void loader_flush(struct loader *loader);

/*
 * Loads @text as @how says: "nft", or a command that takes it on its standard input
 * (iptables-nft-restore, ip6tables-legacy-restore, "ipset restore", …). False with the reason in
 * @reason.
 */
bool loader_load(struct loader *loader, const char *how, const char *text, struct buffer *reason);

/* The kernel's dump of the ruleset, without the judge's own tables; false if there is none. */
bool loader_dump(struct buffer *dump, struct buffer *reason);

#endif
