/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/options_table.h"

#include <string.h>

#include "base/cleanup.h"
#include "src/options.h"

static const struct option_entry entries[OPTION_COUNT] = {
#define X(id, short_form, name, alias, argument, commands, help)                                   \
	[OPTION_##id] = {(short_form)[1] == ' ' ? '\0' : (short_form)[1],                          \
			 name,                                                                     \
			 &(alias)[sizeof(alias) > 1 ? 2 : 0],                                      \
			 &(argument)[sizeof(argument) > 1],                                        \
			 commands,                                                                 \
			 help},
	OPTIONS(X)
#undef X
};

const struct option_entry *option_entry(enum option_id id)
{
	return &entries[id];
}

enum option_id option_by_letter(char letter)
{
	for (enum option_id id = 0; letter && id < OPTION_COUNT; id++)
		if (entries[id].letter == letter)
			return id;
	return OPTION_COUNT;
}

static bool is_text(const char *candidate, const char *name, size_t length)
{
	return strlen(candidate) == length && !memcmp(candidate, name, length);
}

enum option_id option_by_name(const char *name, size_t length)
{
	for (enum option_id id = 0; length && id < OPTION_COUNT; id++)
		if (is_text(entries[id].name, name, length) ||
		    is_text(entries[id].alias, name, length))
			return id;
	return OPTION_COUNT;
}

bool option_is_planned(const char *name, size_t length)
{
	static const char *const planned[] = {
		"--pinhole", "--trace",     "--pcap", "--junit", "--html",
		"--github",  "--inventory", "--jobs", "--wait",
	};

	for (size_t i = 0; i < ARRAY_SIZE(planned); i++)
		if (is_text(planned[i], name, length))
			return true;
	return false;
}

#define CALLS                                                                                      \
	"  espota-doctor -i DEVICE -f IMAGE [options]   check, then upload\n"                      \
	"  espota-doctor check [-i DEVICE | --from CIDR] [options]\n"                              \
	"                                               only check; nothing is flashed\n"          \
	"  espota-doctor ports [-i DEVICE | --from CIDR] [options]\n"                              \
	"                                               ports that the device can reach\n"         \
	"  espota-doctor discover [options]             devices that announce themselves\n"        \
	"  espota-doctor explain [FINDING | EXIT-CODE]  what it means, how to cure it\n"

#define EXAMPLES                                                                                   \
	"  espota-doctor -i 192.168.1.77 -f blink.bin     the same call as with espota.py\n"       \
	"  espota-doctor check -i kitchen.local           would an upload work?\n"                 \
	"  espota-doctor --fix -i 192.168.1.77 | sudo sh  open this firewall for it\n"

const char *options_usage(void)
{
	return "usage:\n" CALLS "\nexamples:\n" EXAMPLES
	       "\nespota-doctor --help lists the options.\n";
}

#define X(id, short_form, name, alias, argument, commands, help)                                   \
	"  " short_form name alias argument "\n          " help "\n"

const char *options_help(void)
{
	return "espota-doctor finds out why an over-the-air upload to an ESP8266, ESP32 or\n"
	       "RP2040 fails, says how to cure it, and uploads.\n"
	       "\nCalls:\n" CALLS
	       "\nThe device:\n" OPTIONS_DEVICE(X) "\nThis computer:\n" OPTIONS_HOST(X) "\nUpload:\n" OPTIONS_UPLOAD(
		       X) "\nCheck:\n" OPTIONS_CHECK(X) "\nOutput:\n" OPTIONS_OUTPUT(X) "\nExamples:\n" EXAMPLES
											"\nExit: 0 clear or uploaded, 1 failed at the device, 2 usage or file,\n"
											"3 firewall here, 4 network here, 5 device not reached, 6 lost on the way,\n"
											"7 cannot tell, 70 internal error.\n"
											"See espota-doctor(1), espota-doctor-findings(7).\n";
}

#undef X
