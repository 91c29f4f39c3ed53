/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_FAMILY_H
#define DEVICE_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which ArduinoOTA the device runs: the RP2040 port descends from the ESP8266 one. */
enum lineage {
	/* works in the UDP receive callback, drops datagrams during an update, refuses by UDP */
	LINEAGE_ESP8266,
	/* does everything in loop(), datagrams queue, a refusal is silence after an OK */
	LINEAGE_ESP32,
};

enum auth_scheme {
	AUTH_MD5,
	AUTH_PBKDF2,
};

enum magic_rule {
	MAGIC_NONE,         /* RP2040: its images have no magic byte */
	MAGIC_AT_END,       /* ESP8266: 0xE9 or gzip, looked at after the MD5 */
	MAGIC_IN_FIRST_4096 /* ESP32: 0xE9, looked at when the first block is flushed */
};

/* How one kind of real device behaves. Times in milliseconds, 0 for none. */
struct family {
	const char *name;
	const char *board; /* of the mDNS TXT record */
	enum lineage lineage;
	enum auth_scheme scheme;
	enum magic_rule magic;
	uint16_t port;
	unsigned number_digits; /* a number of so many digits is read as 0 */
	unsigned connect_delay; /* from the UDP OK to the SYN */
	unsigned connect_limit;
	unsigned receive_limit; /* 0: waits for data until the connection dies */
	unsigned verdict_delay; /* from the last count to OK */
	unsigned error_delay;   /* from the last count to an error text */
	unsigned close_delay;   /* from OK to FIN */
	unsigned window;        /* TCP receive window, bytes */
	uint32_t space;         /* largest image it takes unless told, bytes */
};

/* NULL when there is none of that name. */
const struct family *family_find(const char *name);

/* "esp8266, esp32, …" for messages. */
const char *family_names(void);

#endif
