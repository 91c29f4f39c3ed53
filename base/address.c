/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t address_length(const struct address *address)
{
	switch (address->family) {
	case AF_INET: return 4;
	case AF_INET6: return 16;
	default: return 0;
	}
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool address_is_loopback(const struct address *address)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	if (address->family == AF_INET)
		return address->bytes[0] == 127;
	return address->family == AF_INET6 && !memcmp(address->bytes, loopback6, 16);
}

bool address_is_any(const struct address *address)
{
	static const uint8_t any[16];

	return address->family != AF_UNSPEC && !memcmp(address->bytes, any, 16);
}

struct address address_v4(uint32_t host_order)
{
	struct address address = {.family = AF_INET};
	uint32_t network_order = htonl(host_order);

	memcpy(address.bytes, &network_order, 4);
	return address;
}

bool address_parse(const char *text, struct address *ret_address)
{
	struct address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(address.family, text, address.bytes) != 1)
		return false;
	*ret_address = address;
	return true;
}

const char *address_format(const struct address *address, char text[static ADDRESS_TEXT_SIZE])
{
	if (!address_length(address) ||
	    !inet_ntop(address->family, address->bytes, text, ADDRESS_TEXT_SIZE))
		text[0] = '\0';
	return text;
}

struct cidr cidr_of(const struct address *address, unsigned prefix)
{
	struct cidr cidr = {.address = *address, .prefix = prefix};

	for (size_t i = 0; i < address_length(address); i++) {
		unsigned bits = prefix > i * 8 ? prefix - (unsigned)i * 8 : 0;
		if (bits < 8)
			cidr.address.bytes[i] &= (uint8_t)(0xff00 >> bits);
	}
	return cidr;
}

bool cidr_parse(const char *text, struct cidr *ret_cidr)
{
	char copy[CIDR_TEXT_SIZE];
	struct address address;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	char *slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (!address_parse(copy, &address))
		return false;

	unsigned long prefix = address_length(&address) * 8;
	if (slash) {
		char *end;
		unsigned long longest = prefix;
		if (slash[1] < '0' || slash[1] > '9')
			return false;
		prefix = strtoul(slash + 1, &end, 10);
		if (*end || prefix > longest)
			return false;
	}
	*ret_cidr = cidr_of(&address, (unsigned)prefix);
	return true;
}

const char *cidr_format(const struct cidr *cidr, char text[static CIDR_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];

	snprintf(text, CIDR_TEXT_SIZE, "%s/%u", address_format(&cidr->address, address),
		 cidr->prefix);
	return text;
}

bool cidr_contains(const struct cidr *cidr, const struct address *address)
{
	struct cidr other = cidr_of(address, cidr->prefix);

	return address_equal(&other.address, &cidr->address);
}

socklen_t address_to_sockaddr(const struct address *address, uint16_t port,
			      struct sockaddr_storage *ret_sockaddr)
{
	memset(ret_sockaddr, 0, sizeof(*ret_sockaddr));
	if (address->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_sockaddr;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, address->bytes, 16);
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (struct sockaddr_in *)ret_sockaddr;
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	memcpy(&in->sin_addr, address->bytes, 4);
	return sizeof(*in);
}

bool address_from_sockaddr(const struct sockaddr_storage *sockaddr, struct address *ret_address,
			   uint16_t *ret_port)
{
	*ret_address = (struct address){.family = sockaddr->ss_family};
	if (sockaddr->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sockaddr;
		memcpy(ret_address->bytes, &in->sin_addr, 4);
		if (ret_port)
			*ret_port = ntohs(in->sin_port);
		return true;
	}
	if (sockaddr->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sockaddr;
		memcpy(ret_address->bytes, &in6->sin6_addr, 16);
		if (ret_port)
			*ret_port = ntohs(in6->sin6_port);
		return true;
	}
	return false;
}
