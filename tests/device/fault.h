/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_FAULT_H
#define DEVICE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum fault_name {
	FAULT_SILENT,
	FAULT_PORT_CLOSED,
	FAULT_NEVER_CONNECTS,
	FAULT_REFUSES,
	FAULT_WRONG_ANSWER,
	FAULT_LOOP_BLOCKED,
	FAULT_RESET_AFTER,
	FAULT_STALL_AFTER,
	FAULT_VERIFY_ERROR,
	FAULT_NO_VERDICT,
	FAULT_NO_VERDICT_OPEN,
	FAULT_SLOW_FLASH,
	FAULT_ANSWERS_TWICE,
	FAULT_ANSWERS_LATE,
	FAULT_GARBAGE_UDP,
	FAULT_GARBAGE_TCP,
	FAULT_ACK_PIECES,
	FAULT_WRONG_PORT_ANSWER,
	FAULT_CONNECTS_LATE,
	FAULT_CONNECTS_TWICE,
	FAULT_CONNECTS_BEFORE_OK,
	FAULT_AUTH_FAILS_ALWAYS,
	FAULT_SHORT_FIRST_BYTE_LIMIT,
	FAULT_COUNT,
};

/* What is wrong with this device. Any number of faults at once; zeroed: none. */
struct faults {
	bool on[FAULT_COUNT];
	uint64_t number[FAULT_COUNT]; /* the argument, or its default */
	const char *text[FAULT_COUNT];
};

/* "NAME" or "NAME=ARG"; @text must outlive @faults. -EINVAL when it names nothing. */
int fault_parse(const char *text, struct faults *faults, struct error *err);

/* One line a fault: name, argument, what it does. */
void fault_list(void);

#endif
