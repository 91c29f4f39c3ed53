/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/version.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <jansson.h>
#include <nettle/version.h>

#include "base/buffer.h"
#include "base/cleanup.h"

/* Each feature leaves a file behind that anyone may look for. */
static const struct {
	const char *name, *path;
} features[] = {
	{"connection tracking", "/proc/sys/net/netfilter/nf_conntrack_max"},
	{"legacy iptables", "/proc/net/ip_tables_names"},
	{"bridge netfilter", "/proc/sys/net/bridge/bridge-nf-call-iptables"},
};

void version_text(struct buffer *out)
{
	struct utsname kernel;

	buffer_printf(out, "espota-doctor %s\n", ESPOTA_DOCTOR_VERSION);
	buffer_printf(out, "libraries: libmnl %s, libnftnl %s, nettle %d.%d, jansson %s\n",
		      LIBMNL_VERSION, LIBNFTNL_VERSION, NETTLE_VERSION_MAJOR, NETTLE_VERSION_MINOR,
		      jansson_version_str());
	if (uname(&kernel) == 0)
		buffer_printf(out, "kernel: %s %s\n", kernel.sysname, kernel.release);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		buffer_printf(out, "  %s: %s\n", features[i].name,
			      access(features[i].path, F_OK) == 0 ? "found" : "not found");
}
