/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_FAMILY_H
#define SRC_OTA_FAMILY_H

#include <stdint.h>

/* Which of the three ArduinoOTA implementations the device runs; they differ in more than timing. */
enum device_family {
	FAMILY_UNKNOWN,
	FAMILY_ESP8266,
	FAMILY_ESP32,
	FAMILY_RP2040, /* RP2350 too */
};

/* UDP ports that the implementations listen on unless the sketch calls setPort(). */
enum { PORT_ESP8266 = 8266, PORT_ESP32 = 3232, PORT_RP2040 = 2040 };

/* The family that listens on @port (host order) by default; a guess, a sketch may change it. */
enum device_family family_of_port(uint16_t port);

/* "esp8266", "esp32", "rp2040"; NULL when unknown. Static. */
const char *device_family_name(enum device_family family);

#endif
