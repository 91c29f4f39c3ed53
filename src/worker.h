/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_WORKER_H
#define SRC_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

struct buffer;
struct error;

/*
 * The privileged half: a process forked before anything is read from the network, that answers a
 * few fixed requests over a socket pair and nothing else. The requests carry numbers only; what it
 * hands back are the kernel's own bytes, which are parsed on the unprivileged side.
 */
struct worker {
	int fd;
	int pid;
};

/* Forks the worker; the caller then calls privilege_drop(). Returns 0 or a negative errno. */
int worker_start(struct worker *worker, struct error *err);

/* Nothing more will be asked: it ends while the caller does other things. */
void worker_dismiss(struct worker *worker);

/* Ends the worker and waits for it. */
void worker_stop(struct worker *worker);

/* ruleset_dump() in the worker: the same results and errors. */
int worker_dump_ruleset(struct worker *worker, struct buffer *dump, struct error *err);

/* ruleset_dump_sparing() and elements_dump() in the worker: the same results and errors. */
int worker_dump_ruleset_sparing(struct worker *worker, struct buffer *dump, struct error *err);
int worker_elements(struct worker *worker, const struct address *address, struct buffer *dump,
		    struct error *err);

/*
 * A listening TCP socket below ip_unprivileged_port_start, made by the worker and passed over.
 * Returns the descriptor, or a negative errno (EACCES without CAP_NET_BIND_SERVICE).
 */
int worker_listen(struct worker *worker, const struct address *address, uint16_t port,
		  struct error *err);

/* legacy_dump() in the worker: the same results and errors. */
int worker_legacy_dump(struct worker *worker, struct buffer *dump, struct error *err);

/* ipset_dump() in the worker: the same results and errors. */
int worker_ipsets(struct worker *worker, struct buffer *dump, struct error *err);

/* recent_dump() in the worker: the same results and errors. */
int worker_recent(struct worker *worker, struct buffer *dump, struct error *err);

#endif
