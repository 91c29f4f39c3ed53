/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_H
#define RULES_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/flow.h"

struct arena;
struct error;

/*
 * The kernel as the judge: the ruleset is copied into a network namespace without a name that lives
 * as long as one child process, with an interface of the same name, index, group and addresses; the
 * six packets are sent, and what arrives and what nftrace tells is the verdict. Nothing of this
 * host's own namespace is touched.
 */
enum replay_verdict {
	REPLAY_NOT_SENT, /* an earlier packet that it follows from did not pass */
	REPLAY_ACCEPT,
	REPLAY_DROP,
	REPLAY_REJECT,    /* dropped, and the sender was told (RST, ICMP) */
	REPLAY_ELSEWHERE, /* the rules let it pass, yet it did not come to where it was sent */
};

/* "accept", "drop", …; "not sent". */
const char *replay_verdict_name(enum replay_verdict verdict);

struct replay_packet {
	enum replay_verdict verdict;
	/* The last step that nftrace told of; @chain NULL: none. They point into the request's ruleset. */
	const struct chain *chain;
	const struct rule *rule; /* NULL: the policy, or the amendment */
	bool amended;            /* it was the rule of an amendment */
	int code;                /* enum verdict_code: what the rule or the policy said */
};

/* A connection besides the one asked about: only its SYN is sent. */
struct replay_stranger {
	struct address device;
	uint16_t port;
};

/* What of the original could not be made in the copy. */
struct replay_gap {
	const char *what, *why;
	bool matters; /* the packets could meet it; otherwise it is told for completeness */
};

enum { REPLAY_STRANGERS = 4 };

struct replay_request {
	const struct ruleset *ruleset; /* as parsed from @dump */
	const void *dump;              /* as ruleset_dump() gave it */
	size_t dump_length;
	const struct host_state *host;
	/* One device, one host port (the first), the amendments. */
	const struct flow_question *question;
	const struct replay_stranger *strangers;
	size_t n_strangers; /* at most REPLAY_STRANGERS */
	/*
	 * A user namespace to make the network namespaces in, -1 for none: then as this process may,
	 * with CAP_SYS_ADMIN or in a user namespace of its own.
	 */
	int user_namespace;
	/* Called in the namespace of the copy once it is loaded; NULL for nothing. For tests. */
	int (*inspect)(void *data);
	void *data;
};

struct replay_answer {
	struct replay_packet packets[FLOW_PACKETS];
	struct replay_packet strangers[REPLAY_STRANGERS]; /* their SYN */
	struct replay_gap *gaps;
	size_t n_gaps;
};

/*
 * Runs it; takes some milliseconds (for rules by the ten thousand, seconds) and at most twenty seconds. Where tables have chains of equal priority
 * at one hook, whose order the dump does not tell, it is run with the other order, too; if that makes a
 * difference, it is a gap. The answer's texts are in @arena.
 * Returns 0, or a negative errno with @err filled: -EPERM or -ENOSPC where namespaces are refused,
 * -ETIMEDOUT, -EINVAL for a question that has no interface or more than one device.
 */
int replay_run(struct arena *arena, const struct replay_request *request,
	       struct replay_answer *ret_answer, struct error *err);

/* True if something that could not be copied might have changed the answer. */
bool replay_is_lossy(const struct replay_answer *answer);

/*
 * A user namespace owned by the user @uid, for replay_request.user_namespace: who has CAP_SYS_ADMIN
 * makes it before giving that up, and its owner may still enter it then. It gives power over
 * nothing of the host. Returns a descriptor or a negative errno with @err filled.
 */
int replay_user_namespace(unsigned uid, unsigned gid, struct error *err);

#endif
