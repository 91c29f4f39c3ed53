/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/family.h"

#include <stddef.h>

enum device_family family_of_port(uint16_t port)
{
	switch (port) {
	case PORT_ESP8266: return FAMILY_ESP8266;
	case PORT_ESP32: return FAMILY_ESP32;
	case PORT_RP2040: return FAMILY_RP2040;
	default: return FAMILY_UNKNOWN;
	}
}

const char *device_family_name(enum device_family family)
{
	switch (family) {
	case FAMILY_ESP8266: return "esp8266";
	case FAMILY_ESP32: return "esp32";
	case FAMILY_RP2040: return "rp2040";
	default: return NULL;
	}
}
