/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_RECORDED_LISTENER_H
#define SRC_RECORDED_LISTENER_H

#include <stdint.h>

#include "base/address.h"

struct error;
struct run;

/*
 * --from-record: whether this program could have listened there, as it was recorded, else as it
 * follows from the addresses and sockets. A descriptor that stands for the listener and is good only
 * for close(), or the negative errno that the listener would have failed with; -ENODATA if the record
 * does not tell.
 */
int recorded_listener(const struct run *run, const struct address *address, uint16_t port,
		      struct error *err);

/* --record: keeps whether it could; @listener is the descriptor or a negative errno with @err. */
void recorded_listener_keep(const struct address *address, uint16_t port, int listener,
			    const struct error *err);

/* Such a descriptor, or a negative errno. */
int recorded_stand_in(void);

#endif
