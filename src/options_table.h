/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OPTIONS_TABLE_H
#define SRC_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* The commands that an option goes with, as bits. */
enum {
	WITH_UPLOAD = 1 << 0,
	WITH_CHECK = 1 << 1,
	WITH_PORTS = 1 << 2,
	WITH_DISCOVER = 1 << 3,
	WITH_EXPLAIN = 1 << 4,
	WITH_BOTH = WITH_UPLOAD | WITH_CHECK,
	WITH_DEVICE = WITH_BOTH | WITH_PORTS,
	WITH_REPORT = WITH_DEVICE | WITH_DISCOVER,
	WITH_ALL = WITH_REPORT | WITH_EXPLAIN,
};

/*
 * The one list of options, of which the parser, --help and the tests are made. Columns: identifier;
 * short form as --help shows it, blank if none; long name; second spelling after a comma, or "";
 * the argument's name after a space, or ""; the commands it goes with; help.
 */
#define OPTIONS_DEVICE(X)                                                                          \
	X(IP, "-i, ", "--ip", "", " DEVICE", WITH_DEVICE,                                          \
	  "IPv4 address or name of the device; may be given more than once")                       \
	X(PORT, "-p, ", "--port", "", " PORT", WITH_DEVICE,                                        \
	  "its OTA port (default: as announced by mDNS, else 8266, 3232, 2040)")                   \
	X(FROM, "    ", "--from", "", " CIDR", WITH_CHECK | WITH_PORTS,                            \
	  "answer for every address of this network instead of one device")                        \
	X(AUTH, "-a, ", "--auth", "", " PASSWORD", WITH_BOTH,                                      \
	  "password of the device; --auth= means none (default: $ESPOTA_AUTH)")                    \
	X(AUTH_FILE, "    ", "--auth-file", "", " FILE", WITH_BOTH,                                \
	  "read the password from the first line of FILE (-: standard input)")                     \
	X(MD5_TARGET, "-m, ", "--md5-target", "", "", WITH_BOTH,                                   \
	  "ESP32: use only the MD5 form of the password")                                          \
	X(TIMEOUT, "-t, ", "--timeout", "", " SECONDS", WITH_BOTH,                                 \
	  "time to wait for the device's answer to the invitation (default: 20)")

#define OPTIONS_HOST(X)                                                                            \
	X(HOST_IP, "-I, ", "--host_ip", ", --host-ip", " ADDRESS", WITH_DEVICE,                    \
	  "address of this computer that the device connects back to")                             \
	X(HOST_PORT, "-P, ", "--host_port", ", --host-port", " PORT", WITH_BOTH,                   \
	  "port that the device connects back to (default: 18266)")                                \
	X(HOST_PORT_RANGE, "    ", "--host-port-range", "", " A-B", WITH_BOTH,                     \
	  "choose that port from this range only")                                                 \
	X(ACCEPT_FROM, "    ", "--accept-from", "", " ADDRESS[/LEN]", WITH_BOTH,                   \
	  "also take the connection from here (a port forwarder)")

#define OPTIONS_UPLOAD(X)                                                                          \
	X(FILE, "-f, ", "--file", "", " IMAGE", WITH_BOTH, "the image to upload")                  \
	X(SPIFFS, "-s, ", "--spiffs", "", "", WITH_BOTH, "the image is that of a file system")     \
	X(NO_PREFLIGHT, "    ", "--no-preflight", "", "", WITH_UPLOAD,                             \
	  "upload at once; look for the cause only after a failure")                               \
	X(PROGRESS, "-r, ", "--progress", "", "", WITH_BOTH, "show the progress of the upload")

#define OPTIONS_CHECK(X)                                                                           \
	X(FIX, "    ", "--fix", "", "", WITH_CHECK,                                                \
	  "print the cure on standard output, as commands for a root shell")                       \
	X(ASK, "    ", "--ask", "", "", WITH_CHECK,                                                \
	  "ask the device whether it is there and the password right, no more")                    \
	X(REHEARSE, "    ", "--rehearse", "", "", WITH_CHECK,                                      \
	  "let the device connect back and hang up before the first byte")                         \
	X(VERIFY, "    ", "--verify", "", "", WITH_BOTH,                                           \
	  "have the kernel judge, and try the cure, in a copy of the rules")

#define OPTIONS_OUTPUT(X)                                                                          \
	X(RECORD, "    ", "--record", "", " FILE", WITH_DEVICE,                                    \
	  "write down all that was read of this computer; no passwords")                           \
	X(FROM_RECORD, "    ", "--from-record", "", " FILE", WITH_CHECK | WITH_PORTS,              \
	  "diagnose from such a file instead of this computer; nothing is sent")                   \
	X(JSON, "    ", "--json", "", "", WITH_REPORT,                                             \
	  "print the result as one JSON document on standard output")                              \
	X(VERBOSE, "-v, ", "--verbose", "", "", WITH_REPORT, "list the checks that passed, too")   \
	X(DEBUG, "-d, ", "--debug", "", "", WITH_REPORT, "show the way of each packet")            \
	X(COLOR, "    ", "--color", "", " WHEN", WITH_ALL,                                         \
	  "auto, always or never (default: auto, which honours $NO_COLOR)")                        \
	X(HELP, "-h, ", "--help", "", "", WITH_ALL, "print this help")                             \
	X(VERSION, "    ", "--version", "", "", WITH_ALL,                                          \
	  "print the version, that of the libraries, and kernel features found")

#define OPTIONS(X)                                                                                 \
	OPTIONS_DEVICE(X)                                                                          \
	OPTIONS_HOST(X) OPTIONS_UPLOAD(X) OPTIONS_CHECK(X) OPTIONS_OUTPUT(X)

enum option_id {
#define X(id, short_form, name, alias, argument, commands, help) OPTION_##id,
	OPTIONS(X)
#undef X
		OPTION_COUNT,
};

struct option_entry {
	char letter;          /* 0: none */
	const char *name;     /* "--host_ip" */
	const char *alias;    /* "--host-ip"; "" if none */
	const char *argument; /* "ADDRESS"; "" if it takes none */
	unsigned commands;    /* WITH_* bits */
	const char *help;
};

/* Never NULL; @id < OPTION_COUNT. */
const struct option_entry *option_entry(enum option_id id);

/* The option of this letter, or of this whole name of @length bytes; OPTION_COUNT if there is none. */
enum option_id option_by_letter(char letter);
enum option_id option_by_name(const char *name, size_t length);

/* Whether this is the name of an option that only a later version will have. */
bool option_is_planned(const char *name, size_t length);

#endif
