/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OPTIONS_H
#define SRC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "rules/flow.h"

struct error;

enum command {
	COMMAND_UPLOAD, /* also `-i` without `-f`, which is COMMAND_CHECK */
	COMMAND_CHECK,
	COMMAND_PORTS,
	COMMAND_DISCOVER,
	COMMAND_EXPLAIN,
	COMMAND_HELP,
	COMMAND_VERSION,
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	enum command command;
	const char **devices; /* -i, as written; empty if not given */
	size_t n_devices;
	bool has_from;
	struct cidr from;
	uint16_t ota_port;   /* 0: not given */
	struct address host; /* -I; AF_UNSPEC: not given */
	uint16_t host_port;  /* 0: not given */
	bool has_host_port_range;
	struct port_range host_port_range;
	char *password; /* NULL: none; owned, wiped by options_release() */
	bool md5_target;
	const char *image; /* NULL: none */
	bool filesystem;
	unsigned timeout_s;
	struct cidr *accept_from;
	size_t n_accept_from;
	bool debug, progress, verbose, fix, json, no_preflight, ask, rehearse, verify;
	enum color_when color;
	const char *record;      /* file to write down what was read, NULL: none */
	const char *from_record; /* file to diagnose from instead of this host, NULL: none */
	const char *explain;     /* argument of `explain`, NULL: the list */
};

/*
 * Reads the command line (and ESPOTA_AUTH of @environment_auth, NULL if unset). Wipes the password
 * from @argv. Every mistake is one line in @err that quotes the input and says what would be right;
 * the caller prints it and exits with 2. Returns 0 or -EINVAL (or the errno of an unreadable
 * password file); after a mistake *ret_options is empty and may be released all the same.
 */
int options_parse(int argc, char **argv, const char *environment_auth, struct options *ret_options,
		  struct error *err);
void options_release(struct options *options);

/* The texts of --help and of a call without arguments. */
const char *options_help(void);
const char *options_usage(void);

#endif
