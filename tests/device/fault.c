/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum argument {
	ARGUMENT_NONE,
	ARGUMENT_NUMBER,
	ARGUMENT_OPTIONAL_NUMBER,
	ARGUMENT_OPTIONAL_TEXT,
};

struct description {
	const char *name;
	enum argument argument;
	const char *argument_name;
	uint64_t number;  /* when none is given */
	const char *text; /* when none is given */
	const char *does;
};

static const struct description descriptions[FAULT_COUNT] = {
	[FAULT_SILENT] = {"silent", .does = "reads datagrams, never answers nor connects"},
	[FAULT_PORT_CLOSED] = {"port-closed", .does = "no UDP socket: ICMP port unreachable"},
	[FAULT_NEVER_CONNECTS] = {"never-connects", .does = "answers OK and never connects"},
	[FAULT_REFUSES] = {"refuses", .does = "no space for any image, as its family shows that"},
	[FAULT_WRONG_ANSWER] = {"wrong-answer", ARGUMENT_OPTIONAL_TEXT, "TEXT", .text = "HELLO",
				.does = "answers an invitation with TEXT"},
	[FAULT_LOOP_BLOCKED] = {"loop-blocked", .does = "the sketch never calls handle()"},
	[FAULT_RESET_AFTER] = {"reset-after", ARGUMENT_NUMBER, "BYTES",
			       .does = "resets the connection after BYTES"},
	[FAULT_STALL_AFTER] = {"stall-after", ARGUMENT_NUMBER, "BYTES",
			       .does = "neither reads nor writes after BYTES"},
	[FAULT_VERIFY_ERROR] = {"verify-error", .does = "the MD5 of what it flashed is wrong"},
	[FAULT_NO_VERDICT] = {"no-verdict", .does = "acknowledges all, closes without a verdict"},
	[FAULT_NO_VERDICT_OPEN] = {"no-verdict-open",
				   .does = "acknowledges all, says no more, never closes"},
	[FAULT_SLOW_FLASH] = {"slow-flash", ARGUMENT_NUMBER, "BYTES_PER_SECOND",
			      .does = "writes no faster than this"},
	[FAULT_ANSWERS_TWICE] = {"answers-twice", .does = "sends each UDP answer twice"},
	[FAULT_ANSWERS_LATE] = {"answers-late", ARGUMENT_NUMBER, "MS",
				.does = "handles each datagram MS after it came"},
	[FAULT_GARBAGE_UDP] = {"garbage-udp", .does = "sends rubbish before each UDP answer"},
	[FAULT_GARBAGE_TCP] = {"garbage-tcp", .does = "sends rubbish in place of counts"},
	[FAULT_ACK_PIECES] = {"ack-pieces", .does = "sends counts and verdict one byte a segment"},
	[FAULT_WRONG_PORT_ANSWER] = {"wrong-port-answer",
				     .does = "answers from another UDP port, never connects"},
	[FAULT_CONNECTS_LATE] = {"connects-late", ARGUMENT_NUMBER, "MS",
				 .does = "waits MS more before it connects"},
	[FAULT_CONNECTS_TWICE] = {"connects-twice",
				  .does = "connects a second time and uses that connection"},
	[FAULT_CONNECTS_BEFORE_OK] = {"connects-before-ok",
				      .does = "its OK is lost, it connects all the same"},
	[FAULT_AUTH_FAILS_ALWAYS] = {"auth-fails-always", .does = "no password is right"},
	[FAULT_SHORT_FIRST_BYTE_LIMIT] = {"short-first-byte-limit", ARGUMENT_OPTIONAL_NUMBER, "MS",
					  .number = 100,
					  .does = "hangs up when no data came within MS"},
};

static const struct description *description_find(const char *name, size_t length)
{
	for (size_t i = 0; i < FAULT_COUNT; i++)
		if (strlen(descriptions[i].name) == length &&
		    strncmp(descriptions[i].name, name, length) == 0)
			return &descriptions[i];
	return NULL;
}

static bool parse_number(const char *text, uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static int check_argument(const struct description *fault, const char *argument, struct error *err)
{
	bool takes_number =
		fault->argument == ARGUMENT_NUMBER || fault->argument == ARGUMENT_OPTIONAL_NUMBER;
	uint64_t number;

	if (argument && fault->argument == ARGUMENT_NONE)
		return error_set(err, EINVAL, "fault %s takes no argument", fault->name);
	if (!argument && fault->argument == ARGUMENT_NUMBER)
		return error_set(err, EINVAL, "fault %s needs an argument: %s=%s", fault->name,
				 fault->name, fault->argument_name);
	if (argument && takes_number && !parse_number(argument, &number))
		return error_set(err, EINVAL, "\"%s\" is no number: %s=%s", argument, fault->name,
				 fault->argument_name);
	return 0;
}

int fault_parse(const char *text, struct faults *faults, struct error *err)
{
	size_t length = strcspn(text, "=");
	const char *argument = text[length] ? text + length + 1 : NULL;
	const struct description *fault = description_find(text, length);
	int r;

	if (!fault)
		return error_set(err, EINVAL, "unknown fault \"%.*s\" (--help lists them)",
				 (int)length, text);
	r = check_argument(fault, argument, err);
	if (r < 0)
		return r;

	size_t which = (size_t)(fault - descriptions);
	faults->on[which] = true;
	faults->text[which] = argument ? argument : fault->text;
	faults->number[which] = fault->number;
	if (argument)
		parse_number(argument, &faults->number[which]);
	return 0;
}

void fault_list(void)
{
	for (size_t i = 0; i < FAULT_COUNT; i++) {
		const struct description *fault = &descriptions[i];
		bool optional = fault->argument == ARGUMENT_OPTIONAL_NUMBER ||
				fault->argument == ARGUMENT_OPTIONAL_TEXT;
		char usage[64];

		snprintf(usage, sizeof(usage), "%s%s%s%s%s", fault->name, optional ? "[" : "",
			 fault->argument_name ? "=" : "",
			 fault->argument_name ? fault->argument_name : "", optional ? "]" : "");
		printf("  %-28s %s\n", usage, fault->does);
	}
}
