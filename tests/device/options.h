/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_OPTIONS_H
#define DEVICE_OPTIONS_H

#include <netinet/in.h>

#include "tests/device/family.h"
#include "tests/device/fault.h"

/* The command line; texts belong to argv. */
struct options {
	const struct family *family;
	const char *password;
	const char *output;
	const char *log;
	const char *ready_file;
	const char *announce; /* host name without ".local" */
	const char *board;
	struct in_addr bind;
	uint16_t port;
	uint32_t space;
	uint32_t flash_size;
	unsigned speed_up;
	unsigned window;
	unsigned segment; /* TCP maximum segment size */
	unsigned receive_limit;
	bool stored_md5;
	bool once;
	bool start_in_waitauth;
	struct faults faults;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help was printed */
	OPTIONS_WRONG /* the error was printed */
};

enum options_result options_parse(int argc, char **argv, struct options *ret_options);

static inline bool fault(const struct options *options, enum fault_name name)
{
	return options->faults.on[name];
}

static inline uint64_t fault_number(const struct options *options, enum fault_name name)
{
	return options->faults.number[name];
}

#endif
