/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_PREDICT_H
#define SRC_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/flow.h"

struct finding;
struct report;
struct ruleset;

/*
 * From verdicts to findings: what the evaluated flow means for a connection to @port. Pure.
 * `predict_flow` writes the six packets down; `predict_findings` adds the first packet that dies
 * (an error) or, if none surely does, the first that nobody can decide. Returns true if it added an
 * error.
 */
void predict_flow(struct report *report, const struct flow_answer *answer, int family,
		  uint16_t port);
bool predict_findings(struct report *report, const struct ruleset *ruleset,
		      const struct flow_answer *answer, int family, uint16_t port);

/* Adds the first of the TCP packets that nobody can decide; NULL if there is none. */
struct finding *predict_undecided(struct report *report, const struct ruleset *ruleset,
				  const struct flow_answer *answer, int family, uint16_t port);

/*
 * The finding about @packet, of which @region tells that it is stopped or undecided; one of @parts
 * regions of the port. @host names interfaces in the rule's text; may be NULL.
 */
struct finding *predict_finding(struct report *report, const struct ruleset *ruleset,
				const struct host_state *host, enum flow_packet packet,
				const struct flow_region *region, int family, size_t parts,
				uint16_t port);

#endif
