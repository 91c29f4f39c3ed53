/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_NAMES_H
#define RULES_TEXT_NAMES_H

#include <stdint.h>

/* The name of an IP protocol as /etc/protocols has it ("tcp", "ipv6-icmp"); NULL if it has none. */
const char *ip_protocol_name(uint8_t protocol);

#endif
