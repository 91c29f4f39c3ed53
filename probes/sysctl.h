/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_SYSCTL_H
#define PROBES_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/port_range.h"

/* The kernel settings that decide over ports and packets; -1 where one cannot be read. */
struct sysctl {
	struct port_range ephemeral; /* ip_local_port_range; 0-0 unknown */
	struct port_range *reserved; /* ip_local_reserved_ports */
	size_t reserved_count;
	int unprivileged_port_start; /* ip_unprivileged_port_start */
	int rp_filter_all;           /* 0 off, 1 strict, 2 loose */
	long conntrack_count;        /* entries now; -1 also when conntrack is not there */
	long conntrack_max;
};

/* Those of one interface. What holds for rp_filter is the larger of it and rp_filter_all. */
struct sysctl_interface {
	int rp_filter;
	int accept_local; /* 1: packets with a source address of our own are let in */
};

/*
 * Reads from @root + "/proc/sys/net/…" (@root is "" for this host). What is missing is -1 and no
 * error; only memory can fail, and does not return.
 */
void sysctl_read(const char *root, struct sysctl *ret);
void sysctl_interface_read(const char *root, const char *interface, struct sysctl_interface *ret);
void sysctl_release(struct sysctl *sysctl);

/* Pure: "1-2,7,9-12" into ranges; false and nothing allocated if it is anything else. "" is none. */
bool sysctl_ports_parse(const char *text, struct port_range **ret, size_t *ret_count);

#endif
