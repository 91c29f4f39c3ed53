/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
	OPTION_FAMILY = 256,
	OPTION_PASSWORD,
	OPTION_STORED_MD5,
	OPTION_PORT,
	OPTION_BIND,
	OPTION_OUTPUT,
	OPTION_SPACE,
	OPTION_FLASH_SIZE,
	OPTION_ONCE,
	OPTION_LOG,
	OPTION_READY_FILE,
	OPTION_ANNOUNCE,
	OPTION_BOARD,
	OPTION_SPEED_UP,
	OPTION_WINDOW,
	OPTION_SEGMENT,
	OPTION_RECEIVE_LIMIT,
	OPTION_WAITAUTH,
	OPTION_FAULT,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"family", required_argument, NULL, OPTION_FAMILY},
	{"password", required_argument, NULL, OPTION_PASSWORD},
	{"stored-md5", no_argument, NULL, OPTION_STORED_MD5},
	{"port", required_argument, NULL, OPTION_PORT},
	{"bind", required_argument, NULL, OPTION_BIND},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"space", required_argument, NULL, OPTION_SPACE},
	{"flash-size", required_argument, NULL, OPTION_FLASH_SIZE},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"log", required_argument, NULL, OPTION_LOG},
	{"ready-file", required_argument, NULL, OPTION_READY_FILE},
	{"announce", required_argument, NULL, OPTION_ANNOUNCE},
	{"board", required_argument, NULL, OPTION_BOARD},
	{"speed-up", required_argument, NULL, OPTION_SPEED_UP},
	{"receive-window", required_argument, NULL, OPTION_WINDOW},
	{"segment-size", required_argument, NULL, OPTION_SEGMENT},
	{"receive-limit", required_argument, NULL, OPTION_RECEIVE_LIMIT},
	{"start-in-waitauth", no_argument, NULL, OPTION_WAITAUTH},
	{"stale-session", no_argument, NULL, OPTION_WAITAUTH},
	{"fault", required_argument, NULL, OPTION_FAULT},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static const char help[] =
	"ota-device: behaves on the wire as a device with ArduinoOTA does\n"
	"\n"
	"  --family NAME            esp8266 (default), esp32 (core up to 3.3.0, MD5),\n"
	"                           esp32-pbkdf2 (core 3.3.1 and later), rp2040\n"
	"  --password PASSWORD      ask for it; without: an open device\n"
	"  --stored-md5             esp32-pbkdf2: the sketch stored the MD5 of its password\n"
	"  --port PORT              UDP port (8266, 3232, 2040 by family)\n"
	"  --bind ADDRESS           use this address alone\n"
	"  --output FILE            write the image here when an update succeeded\n"
	"  --space BYTES            the largest image it takes\n"
	"  --flash-size BYTES       size of the flash chip: as --space, and ESP8266 compares it\n"
	"                           with the size in the image's header\n"
	"  --once                   exit after one update: 0 if it succeeded, 1 if it broke off\n"
	"  --log FILE               write events here, not to stderr\n"
	"  --ready-file FILE        created when the sockets are bound\n"
	"  --announce NAME          answer mDNS queries for NAME.local and _arduino._tcp\n"
	"  --board BOARD            the board that the mDNS answer names\n"
	"  --speed-up N             divide the device's own pauses by N, not its time limits\n"
	"  --receive-limit MS       how long an ESP32 waits for data (1000)\n"
	"  --receive-window BYTES   TCP receive window\n"
	"  --segment-size BYTES     TCP maximum segment size (1460)\n"
	"  --start-in-waitauth      start in the middle of another host's session\n"
	"    (or --stale-session)\n"
	"  --fault NAME[=ARG]       may be repeated:\n"
	"\n";

static bool parse_number(const char *name, const char *text, uint64_t low, uint64_t high,
			 uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(text, &end, 0);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *ret_number >= low &&
	    *ret_number <= high)
		return true;
	fprintf(stderr, "ota-device: --%s %s: must be a number from %ju to %ju\n", name, text,
		(uintmax_t)low, (uintmax_t)high);
	return false;
}

static bool take_number(struct options *options, int option, const char *name, const char *text)
{
	uint64_t high = option == OPTION_PORT ? UINT16_MAX : UINT32_MAX;
	uint64_t number;

	if (!parse_number(name, text, 1, high, &number))
		return false;
	switch (option) {
	case OPTION_PORT: options->port = (uint16_t)number; break;
	case OPTION_SPACE: options->space = (uint32_t)number; break;
	case OPTION_FLASH_SIZE: options->flash_size = (uint32_t)number; break;
	case OPTION_SPEED_UP: options->speed_up = (unsigned)number; break;
	case OPTION_WINDOW: options->window = (unsigned)number; break;
	case OPTION_SEGMENT: options->segment = (unsigned)number; break;
	default: options->receive_limit = (unsigned)number; break;
	}
	return true;
}

static bool take_family(struct options *options, const char *text)
{
	options->family = family_find(text);
	if (!options->family)
		fprintf(stderr, "ota-device: unknown family \"%s\": one of %s\n", text,
			family_names());
	return options->family;
}

static bool take_address(struct options *options, const char *text)
{
	if (inet_pton(AF_INET, text, &options->bind) == 1)
		return true;
	fprintf(stderr, "ota-device: --bind %s: not an IPv4 address\n", text);
	return false;
}

static bool take_fault(struct options *options, const char *text)
{
	struct error err = {0};

	if (fault_parse(text, &options->faults, &err) == 0)
		return true;
	fprintf(stderr, "ota-device: %s\n", err.text);
	return false;
}

static const char *without_local(char *name)
{
	size_t length = strlen(name);

	if (length > 6 && strcmp(name + length - 6, ".local") == 0)
		name[length - 6] = '\0';
	return name;
}

static bool take_option(struct options *options, int option, const char *name, char *argument)
{
	switch (option) {
	case OPTION_FAMILY: return take_family(options, argument);
	case OPTION_BIND: return take_address(options, argument);
	case OPTION_FAULT: return take_fault(options, argument);
	case OPTION_PASSWORD: options->password = argument; return true;
	case OPTION_STORED_MD5: options->stored_md5 = true; return true;
	case OPTION_OUTPUT: options->output = argument; return true;
	case OPTION_ONCE: options->once = true; return true;
	case OPTION_LOG: options->log = argument; return true;
	case OPTION_READY_FILE: options->ready_file = argument; return true;
	case OPTION_ANNOUNCE: options->announce = without_local(argument); return true;
	case OPTION_BOARD: options->board = argument; return true;
	case OPTION_WAITAUTH: options->start_in_waitauth = true; return true;
	case '?': return false;
	default: return take_number(options, option, name, argument);
	}
}

/* What was not given follows from the family. */
static void complete(struct options *options)
{
	const struct family *family = options->family;

	if (!options->port)
		options->port = family->port;
	if (!options->space)
		options->space = family->space;
	if (options->flash_size && options->flash_size < options->space)
		options->space = options->flash_size;
	if (!options->window)
		options->window = family->window;
	if (!options->receive_limit)
		options->receive_limit = family->receive_limit;
	if (!options->board)
		options->board = family->board;
}

static bool makes_sense(const struct options *options)
{
	if (options->stored_md5 && options->family->scheme != AUTH_PBKDF2) {
		fprintf(stderr, "ota-device: --stored-md5 is for --family esp32-pbkdf2\n");
		return false;
	}
	if (options->announce && (strlen(options->announce) > 63 || !*options->announce ||
				  strchr(options->announce, '.'))) {
		fprintf(stderr, "ota-device: --announce %s: must be one DNS label\n",
			options->announce);
		return false;
	}
	return true;
}

enum options_result options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options options = {.speed_up = 1, .segment = 1460};
	int option, index = 0;

	options.family = family_find("esp8266");
	while ((option = getopt_long(argc, argv, "h", long_options, &index)) >= 0) {
		if (option == OPTION_HELP || option == 'h') {
			fputs(help, stdout);
			fault_list();
			return OPTIONS_DONE;
		}
		if (!take_option(&options, option, long_options[index].name, optarg))
			return OPTIONS_WRONG;
	}
	if (optind < argc) {
		fprintf(stderr, "ota-device: unexpected argument \"%s\"\n", argv[optind]);
		return OPTIONS_WRONG;
	}
	complete(&options);
	if (!makes_sense(&options))
		return OPTIONS_WRONG;
	*ret_options = options;
	return OPTIONS_RUN;
}
