/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address; @bytes in network order, 4 or 16 of them used, the rest zero. */
struct address {
	int family; /* AF_INET or AF_INET6; AF_UNSPEC (0) when there is none */
	uint8_t bytes[16];
};

/* A network: the first @prefix bits of @address count, the others are zero. */
struct cidr {
	struct address address;
	unsigned prefix;
};

enum { ADDRESS_TEXT_SIZE = 48, CIDR_TEXT_SIZE = 52 };

/* 4 or 16, 0 for none. */
size_t address_length(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *address);
bool address_is_any(const struct address *address);
struct address address_v4(uint32_t host_order);

/* Whole text must be one numeric address ("192.168.1.7", "fd00::1"); false otherwise. */
bool address_parse(const char *text, struct address *ret_address);
/* Writes the usual text form into @text (ADDRESS_TEXT_SIZE bytes) and returns it; "" for none. */
const char *address_format(const struct address *address, char text[static ADDRESS_TEXT_SIZE]);

/* "192.168.1.0/24"; a bare address is its own /32 or /128. Host bits that are set are cleared. */
bool cidr_parse(const char *text, struct cidr *ret_cidr);
const char *cidr_format(const struct cidr *cidr, char text[static CIDR_TEXT_SIZE]);
bool cidr_contains(const struct cidr *cidr, const struct address *address);
struct cidr cidr_of(const struct address *address, unsigned prefix);

/* Socket addresses; @port in host order. The length returned is that of the filled part. */
socklen_t address_to_sockaddr(const struct address *address, uint16_t port,
			      struct sockaddr_storage *ret_sockaddr);
bool address_from_sockaddr(const struct sockaddr_storage *sockaddr, struct address *ret_address,
			   uint16_t *ret_port);

#endif
