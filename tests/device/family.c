/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/family.h"

#include <string.h>

#include "base/cleanup.h"

static const struct family families[] = {
	{
		.name = "esp8266",
		.board = "ESP8266_NODEMCU",
		.lineage = LINEAGE_ESP8266,
		.scheme = AUTH_MD5,
		.magic = MAGIC_AT_END,
		.port = 8266,
		.number_digits = 16,
		.connect_delay = 100,
		.connect_limit = 5000,
		.verdict_delay = 1000,
		.error_delay = 20,
		.close_delay = 1000,
		.window = 5840,
		.space = 0x3fb000 - 0x50000, /* 4 MB chip without file system, a 320 kB sketch */
	},
	{
		.name = "esp32",
		.board = "esp32",
		.lineage = LINEAGE_ESP32,
		.scheme = AUTH_MD5,
		.magic = MAGIC_IN_FIRST_4096,
		.port = 3232,
		.number_digits = 15,
		.connect_limit = 3000,
		.receive_limit = 1000,
		.window = 5760,
		.space = 1310720,
	},
	{
		.name = "esp32-pbkdf2",
		.board = "esp32",
		.lineage = LINEAGE_ESP32,
		.scheme = AUTH_PBKDF2,
		.magic = MAGIC_IN_FIRST_4096,
		.port = 3232,
		.number_digits = 15,
		.connect_limit = 3000,
		.receive_limit = 1000,
		.window = 5760,
		.space = 1310720,
	},
	{
		.name = "rp2040",
		.board = "RASPBERRY_PI_PICO_W",
		.lineage = LINEAGE_ESP8266,
		.scheme = AUTH_MD5,
		.magic = MAGIC_NONE,
		.port = 2040,
		.number_digits = 16,
		.connect_limit = 5000,
		.verdict_delay = 1000,
		.error_delay = 20,
		.close_delay = 1000,
		.window = 11680,
		.space = 1048576,
	},
};

const struct family *family_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strcmp(families[i].name, name) == 0)
			return &families[i];
	return NULL;
}

const char *family_names(void)
{
	return "esp8266, esp32, esp32-pbkdf2, rp2040";
}
