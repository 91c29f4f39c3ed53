/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_MDNS_SOCKET_H
#define DEVICE_MDNS_SOCKET_H

#include "tests/device/mdns.h"
#include "tests/device/options.h"

struct mdns_socket {
	int fd;                 /* -1: announces nothing */
	struct in_addr address; /* any: that of the interface a query came in on */
	struct mdns_service service;
};

/* Joins 224.0.0.251 on every interface with an IPv4 address, or on that of --bind. */
int mdns_socket_open(struct mdns_socket *mdns, const struct options *options, struct error *err);
void mdns_socket_close(struct mdns_socket *mdns);

/* Reads one query and answers it. */
void mdns_socket_answer(const struct mdns_socket *mdns);

#endif
