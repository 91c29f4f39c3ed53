/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_WHATIF_H
#define RULES_WHATIF_H

#include "base/address.h"
#include "rules/ruleset.h"

struct arena;

/*
 * The rule that lets TCP from @device to our @port in, as a value to amend a chain with (see
 * flow.h): what `ufw allow from DEVICE to any port PORT proto tcp` adds. In chains of family inet a
 * check of the network protocol is put in front.
 */
const struct rule *whatif_allow_tcp(struct arena *arena, const struct chain *chain,
				    const struct cidr *device, uint16_t port);

#endif
