/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_LAB_H
#define RULES_REPLAY_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/replay.h"
#include "rules/replay/frames.h"

/*
 * Two network namespaces and two wires between them: the one in question, from the host's interface
 * to the device, and one beside it that no rule knows, for frames that tell that all sent before has
 * been dealt with. One process holds both ends and stays on one processor, on which the kernel works
 * off what comes in, from whatever wire, in the order it was sent.
 */
struct lab {
	int host_namespace, device_namespace;
	int device;                     /* packet socket at the device's end of the wire */
	int beside_host, beside_device; /* packet sockets on the wire beside */
	char interface[16], port[16];   /* as on the host; @port "" if it is no bridge */
	uint32_t index;                 /* of the interface here */
	uint8_t host_mac[6], device_mac[6];
	uint64_t sent; /* sentinels */
};

enum { SENTINEL_TIMEOUT_MS = 5000 };

/* Makes it and stays in the host's namespace. Returns 0 or a negative errno with @err filled. */
int lab_make(struct lab *lab, const struct replay_request *request, struct error *err);

/* From the device (or who @segment says it is) to the host. */
int lab_send(struct lab *lab, const struct segment *segment);

/* Returns when all that was sent, and all that it caused to be sent, has arrived; -ETIMEDOUT. */
int lab_settle(struct lab *lab);

/* The next packet that came in at the device's end; false if there is none. */
bool lab_receive(struct lab *lab, struct segment *ret);

#endif
