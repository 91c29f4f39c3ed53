/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_SURROUNDINGS_H
#define PROBES_SURROUNDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "probes/ifaddr.h"
#include "probes/link.h"
#include "probes/route.h"

/* Signs that the network sees another address than this host's. They are facts, not a verdict. */
enum surroundings_kind {
	SURROUNDINGS_CONTAINER,
	SURROUNDINGS_VM_NAT,
	SURROUNDINGS_WSL,
};

struct surroundings_sign {
	enum surroundings_kind kind;
	char text[160]; /* evidence: "/.dockerenv exists" */
};

struct surroundings {
	struct surroundings_sign *signs;
	size_t count, allocated;

	/* Of this process: a runtime says so, by a file, a cgroup, a variable or the root mount. */
	bool in_container;
	/*
	 * The default route leaves by a gateway through a veth whose other end is in another network
	 * namespace: what a container behind masquerading looks like. By itself it says nothing of a
	 * device in a directly connected network (ifaddr_on_link()).
	 */
	bool gateway_through_veth;
	uint32_t default_ifindex; /* of the default route, or 0 */
	struct address gateway;   /* of the default route, or AF_UNSPEC */
	/* Our network namespace is not that of process 1: 1 yes, 0 no, -1 may not be read. */
	int own_netns;
	/*
	 * The signs of a container speak of the network that this process is in. They do not if it was
	 * put into another namespace than process 1 (ip netns exec), unless its own environment says
	 * "container".
	 */
	bool network_is_container;
	/* 10.0.2.0/24 with gateway 10.0.2.2, the user-mode network of VirtualBox and QEMU. */
	bool vm_user_network;
	bool in_vm; /* the firmware (DMI) names a hypervisor */
	bool in_wsl;
	char hypervisor[64]; /* as DMI calls it, "" if none */
};

/*
 * Reads files below @root ("" for this host); @container_variable is the value of the environment
 * variable "container" or NULL. Nothing here can fail: what may not be read gives no sign.
 */
void surroundings_read(const char *root, const char *container_variable,
		       const struct link_list *links, const struct local_address_list *addresses,
		       const struct route_list *routes, struct surroundings *ret);
void surroundings_release(struct surroundings *surroundings);

/* Pure: the runtime that a /proc/PID/cgroup text names ("docker", "lxc", …), NULL if none. */
const char *surroundings_cgroup_runtime(const char *text);

#endif
