/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OPTION_VALUES_H
#define SRC_OPTION_VALUES_H

#include <stdint.h>

#include "base/address.h"
#include "src/options.h"

struct error;

/*
 * The arguments of options, read strictly. Each returns 0, or -EINVAL with one line that quotes the
 * text and says what would be right; results are set only on success.
 */

/* A port from 1 to 65535; @what names it in the message ("OTA port"). */
int value_port(const char *text, const char *what, uint16_t *ret_port, struct error *err);
int value_port_range(const char *text, struct port_range *ret_range, struct error *err);
int value_timeout(const char *text, unsigned *ret_seconds, struct error *err);
int value_color(const char *text, enum color_when *ret_color, struct error *err);

/* Whether it can be a device: an IPv4 address that a host can have, or a host name. */
int value_device(const char *text, struct error *err);

/* An IPv4 address of this host; 0.0.0.0, espota.py's default, is the same as none. */
int value_host(const char *text, struct address *ret_address, struct error *err);

/* "192.168.1.0/24"; a bare address is a network of one. @from may be IPv6, @accept_from not. */
int value_network(const char *text, struct cidr *ret_network, struct error *err);
int value_accept_from(const char *text, struct cidr *ret_network, struct error *err);

#endif
