/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_TRIAL_H
#define SRC_OTA_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/ota/session.h"

/*
 * Which of a device's ports is invited when: the one that was given, or the usual ones in turn
 * until one answers. Pure; used by session.c. Times in ms of one monotonic clock.
 *
 * Invitations must not come fast: an ESP32 that is busy queues them and then serves one after the
 * other, each ending the exchange that the one before has begun. And there must be more than one:
 * a device left in the middle of somebody's broken attempt swallows the first.
 */
struct trial {
	struct session_port *ports; /* SESSION_PORTS of them; number 0 ends them */
	size_t current;             /* being invited, or the one that answered */
	bool settled;               /* one has answered: no other is tried any more */
	int64_t repeat;             /* as long as this device takes to answer and a second more */
	bool heard;                 /* an answer in this round */
	struct {
		int64_t since; /* first invitation */
		unsigned invitations;
	} round[SESSION_PORTS]; /* a rejected password begins a new round */
};

struct trial trial_new(struct session_port *ports);
void trial_begin_round(struct trial *trial);

struct session_port *trial_port(const struct trial *trial);
size_t trial_count(const struct trial *trial);
/* Of the ports that are not known to be closed. */
size_t trial_open_count(const struct trial *trial);
bool trial_find(const struct trial *trial, uint16_t number, size_t *ret_port);

/* The current port is invited now; returns when to do something again if nothing is heard. */
int64_t trial_invited(struct trial *trial, int64_t now);
/* Nothing was heard in that time. */
void trial_was_silent(struct trial *trial);
/* To the next port, round and round, unless one has answered or all are closed. */
void trial_next(struct trial *trial);
/* @port has answered an invitation; how long that took sets the pace. */
void trial_answered(struct trial *trial, size_t port, int64_t now);

#endif
