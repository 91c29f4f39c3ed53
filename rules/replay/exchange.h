/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_EXCHANGE_H
#define RULES_REPLAY_EXCHANGE_H

#include "rules/replay/lab.h"
#include "rules/replay/trace.h"

struct error;

/* What became of one packet, before its step is looked up in the original rules. */
struct exchanged {
	enum replay_verdict verdict;
	struct trace_step last;
};

/*
 * The six packets between the device and this host, with a real socket of this kernel at the host's
 * end. Each is sent only if those that it follows from passed. Returns 0 or a negative errno.
 */
int exchange_run(struct lab *lab, struct trace *trace, const struct flow_question *question,
		 struct exchanged ret[static FLOW_PACKETS], struct error *err);

/* One SYN from a stranger, to a port at which something listens, too. */
int exchange_stranger(struct lab *lab, struct trace *trace, const struct address *host,
		      const struct replay_stranger *stranger, struct exchanged *ret,
		      struct error *err);

#endif
