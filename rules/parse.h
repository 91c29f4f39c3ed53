/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_PARSE_H
#define RULES_PARSE_H

#include <stddef.h>

#include "rules/ruleset.h"

struct error;

/*
 * Decodes a dump: the nfnetlink messages as the kernel sent them, one after the other
 * (NFT_MSG_NEWGEN, NEWTABLE, NEWCHAIN, NEWSET, NEWSETELEM, NEWRULE, NEWOBJ; see dump.h). Pure: the
 * same bytes from a file give the same ruleset. The attributes are read with libmnl rather than
 * with libnftnl's parsers because those lose silently what they do not know.
 *
 * Returns NULL with @err filled only if the bytes are no dump at all (truncated, foreign messages);
 * whatever is merely not understood is kept and marked opaque. The caller frees with ruleset_free().
 */
struct ruleset *ruleset_parse(const void *dump, size_t length, struct error *err);
/*
 * Adds what elements_dump() gave to the sets that were not read whole. Returns 0, or a negative errno
 * with @err filled: -EBADMSG also if the ruleset has changed since it was read.
 */
int ruleset_add_answers(struct ruleset *ruleset, const void *dump, size_t length,
			struct error *err);
void ruleset_free(struct ruleset *ruleset); /* NULL is allowed */

#endif
