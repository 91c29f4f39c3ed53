/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/textfile.h"

/* Room for the longest list of reserved ports: 65,536 of them, alternating, with commas. */
enum { RESERVED_SIZE = 256 * 1024 };

static bool parse_port(const char **at, uint16_t *ret)
{
	char *end;
	unsigned long value;

	if (**at < '0' || **at > '9')
		return false;
	value = strtoul(*at, &end, 10);
	*at = end;
	*ret = value;
	return value <= UINT16_MAX;
}

static bool parse_range(const char **at, struct port_range *ret)
{
	if (!parse_port(at, &ret->first))
		return false;
	ret->last = ret->first;
	if (**at != '-')
		return true;
	++*at;
	return parse_port(at, &ret->last) && ret->last >= ret->first;
}

bool sysctl_ports_parse(const char *text, struct port_range **ret, size_t *ret_count)
{
	cleanup(free_pointer) struct port_range *ranges = NULL;
	size_t count = 0, allocated = 0;

	*ret = NULL;
	*ret_count = 0;
	text += strspn(text, " \t\n");
	while (*text) {
		ranges = xgrow(ranges, count, &allocated, sizeof(*ranges));
		if (!parse_range(&text, &ranges[count++]))
			return false;
		text += strspn(text, " \t\n");
		if (*text == '\0')
			break;
		/* A comma is followed by one more. */
		if (*text++ != ',' || *text == '\0')
			return false;
	}
	*ret = ranges;
	*ret_count = count;
	ranges = NULL;
	return true;
}

static void read_ephemeral(const char *root, struct port_range *ret)
{
	char text[64];
	unsigned first, last;

	if (textfile_read(root, "/proc/sys/net/ipv4/ip_local_port_range", text, sizeof(text)) > 0 &&
	    sscanf(text, "%5u %5u", &first, &last) == 2 && first <= last && last <= UINT16_MAX)
		*ret = (struct port_range){first, last};
}

static void read_reserved(const char *root, struct sysctl *ret)
{
	cleanup(free_pointer) char *text = xcalloc(1, RESERVED_SIZE);

	if (textfile_read(root, "/proc/sys/net/ipv4/ip_local_reserved_ports", text, RESERVED_SIZE) >
	    0)
		sysctl_ports_parse(text, &ret->reserved, &ret->reserved_count);
}

void sysctl_read(const char *root, struct sysctl *ret)
{
	*ret = (struct sysctl){0};
	read_ephemeral(root, &ret->ephemeral);
	read_reserved(root, ret);
	ret->unprivileged_port_start =
		textfile_number(root, "/proc/sys/net/ipv4/ip_unprivileged_port_start");
	ret->rp_filter_all = textfile_number(root, "/proc/sys/net/ipv4/conf/all/rp_filter");
	ret->conntrack_count = textfile_number(root, "/proc/sys/net/netfilter/nf_conntrack_count");
	ret->conntrack_max = textfile_number(root, "/proc/sys/net/netfilter/nf_conntrack_max");
}

static int interface_number(const char *root, const char *interface, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", interface, name);
	return textfile_number(root, path);
}

void sysctl_interface_read(const char *root, const char *interface, struct sysctl_interface *ret)
{
	ret->rp_filter = interface_number(root, interface, "rp_filter");
	ret->accept_local = interface_number(root, interface, "accept_local");
}

void sysctl_release(struct sysctl *sysctl)
{
	free(sysctl->reserved);
	sysctl->reserved = NULL;
	sysctl->reserved_count = 0;
}
