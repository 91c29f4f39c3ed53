/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/option_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { TIMEOUT_MAX_S = 24 * 60 * 60, HOST_NAME_LONGEST = 253 /* RFC 1035, as text */ };

/* Decimal digits only, no sign, no blank; false also if it does not fit. */
static bool parse_number(const char *text, size_t length, unsigned long most, unsigned long *ret)
{
	unsigned long value = 0;

	if (!length || strspn(text, "0123456789") < length)
		return false;
	for (size_t i = 0; i < length; i++) {
		value = value * 10 + (unsigned long)(text[i] - '0');
		if (value > most)
			return false;
	}
	*ret = value;
	return true;
}

/* An IDE that knows no value for a property leaves its "{name}" in the command line. */
static bool is_placeholder(const char *text)
{
	return strchr(text, '{') || strchr(text, '}');
}

static bool parse_port(const char *text, size_t length, uint16_t *ret_port)
{
	unsigned long port;

	if (!parse_number(text, length, UINT16_MAX, &port) || !port)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

int value_port(const char *text, const char *what, uint16_t *ret_port, struct error *err)
{
	if (parse_port(text, strlen(text), ret_port))
		return 0;
	if (is_placeholder(text))
		return error_set(
			err, EINVAL,
			"%s '%s' is a placeholder that the IDE left in place because it does "
			"not know the port: give a number from 1 to 65535 (ESP8266: 8266, "
			"ESP32: 3232, RP2040: 2040)",
			what, text);
	return error_set(err, EINVAL, "%s '%s' is no port: give a number from 1 to 65535", what,
			 text);
}

int value_port_range(const char *text, struct port_range *ret_range, struct error *err)
{
	const char *dash = strchr(text, '-');
	struct port_range range;

	if (!dash || !parse_port(text, (size_t)(dash - text), &range.first) ||
	    !parse_port(dash + 1, strlen(dash + 1), &range.last))
		return error_set(
			err, EINVAL,
			"host port range '%s' is no range: give two ports from 1 to 65535, "
			"as in 20000-20009",
			text);
	if (range.first > range.last)
		return error_set(err, EINVAL,
				 "host port range '%s' is reversed: the lower port comes first, "
				 "%u-%u",
				 text, range.last, range.first);
	*ret_range = range;
	return 0;
}

int value_timeout(const char *text, unsigned *ret_seconds, struct error *err)
{
	unsigned long seconds;

	if (!parse_number(text, strlen(text), TIMEOUT_MAX_S, &seconds) || !seconds)
		return error_set(err, EINVAL,
				 "timeout '%s' is no time: give whole seconds from 1 to %d", text,
				 TIMEOUT_MAX_S);
	*ret_seconds = (unsigned)seconds;
	return 0;
}

int value_color(const char *text, enum color_when *ret_color, struct error *err)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

	for (enum color_when when = COLOR_AUTO; when <= COLOR_NEVER; when++) {
		if (strcmp(text, names[when]))
			continue;
		*ret_color = when;
		return 0;
	}
	return error_set(err, EINVAL, "color '%s' is none of auto, always and never", text);
}

static bool is_unusable(const struct address *address)
{
	/* 0.0.0.0/8, multicast, reserved, broadcast: no host has such an address (RFC 6890). */
	return address->family == AF_INET && (!address->bytes[0] || address->bytes[0] >= 224);
}

static bool looks_numeric(const char *text)
{
	return text[strspn(text, "0123456789.")] == '\0';
}

static int device_name(const char *text, struct error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	size_t valid = strspn(text, letters);

	/* mDNS labels may be any UTF-8 (RFC 6762, 16). */
	while ((unsigned char)text[valid] >= 0x80)
		valid += 1 + strspn(text + valid + 1, letters);
	if (text[valid] || text[0] == '.' || text[0] == '-' || strstr(text, ".."))
		return error_set(
			err, EINVAL,
			"device '%s' is neither an IPv4 address nor a host name: give it as "
			"in 192.168.1.77 or kitchen.local",
			text);
	if (strlen(text) > HOST_NAME_LONGEST)
		return error_set(err, EINVAL, "device '%.40s…' is too long for a host name", text);
	return 0;
}

int value_device(const char *text, struct error *err)
{
	struct address address;
	struct cidr network;

	if (!*text)
		return error_set(err, EINVAL,
				 "device '' is empty: give its IPv4 address or name, -i DEVICE");
	if (is_placeholder(text))
		return error_set(
			err, EINVAL,
			"device '%s' is a placeholder that the IDE left in place because it "
			"does not know the device: give its IPv4 address or name",
			text);
	if (address_parse(text, &address) && address.family == AF_INET && !is_unusable(&address))
		return 0;
	if (strchr(text, ':') || text[0] == '[')
		return error_set(
			err, EINVAL,
			"device '%s': give its IPv4 address or name alone; ArduinoOTA has no "
			"IPv6, and the OTA port is given with -p",
			text);
	if (cidr_parse(text, &network) && strchr(text, '/'))
		return error_set(err, EINVAL,
				 "device '%s' is a network: ask about it with --from instead of -i",
				 text);
	if (looks_numeric(text) && address_parse(text, &address))
		return error_set(err, EINVAL, "device '%s': no device can have this address", text);
	if (looks_numeric(text))
		return error_set(err, EINVAL,
				 "device '%s' is no IPv4 address: it takes four numbers from 0 to "
				 "255, as in 192.168.1.77",
				 text);
	return device_name(text, err);
}

int value_host(const char *text, struct address *ret_address, struct error *err)
{
	struct address address;

	if (!address_parse(text, &address) || address.family != AF_INET ||
	    (is_unusable(&address) && !address_is_any(&address)))
		return error_set(
			err, EINVAL,
			"host address '%s' is no IPv4 address that this computer could have: "
			"give it as in 192.168.1.50",
			text);
	*ret_address = address_is_any(&address) ? (struct address){0} : address;
	return 0;
}

int value_network(const char *text, struct cidr *ret_network, struct error *err)
{
	if (cidr_parse(text, ret_network))
		return 0;
	return error_set(err, EINVAL,
			 "network '%s' is no network: give an address and a prefix length, as in "
			 "192.168.1.0/24",
			 text);
}

int value_accept_from(const char *text, struct cidr *ret_network, struct error *err)
{
	struct cidr network;

	if (!cidr_parse(text, &network) || network.address.family != AF_INET)
		return error_set(err, EINVAL,
				 "--accept-from '%s' is no IPv4 address or network: give it as in "
				 "192.168.1.1 or 192.168.1.0/24",
				 text);
	*ret_network = network;
	return 0;
}
