/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PORT_RANGE_H
#define BASE_PORT_RANGE_H

#include <stdint.h>

/* TCP or UDP ports in host order, both inside; 0-0 where there is none. */
struct port_range {
	uint16_t first, last;
};

#endif
