/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/surroundings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/textfile.h"

enum { TEXT_SIZE = 64 * 1024, QEMU_NETWORK = 0x0a000200, QEMU_GATEWAY = 0x0a000202 };

__attribute__((format(printf, 3, 4))) static void
add_sign(struct surroundings *ret, enum surroundings_kind kind, const char *format, ...)
{
	struct surroundings_sign *sign;
	va_list args;

	ret->signs = xgrow(ret->signs, ret->count, &ret->allocated, sizeof(*ret->signs));
	sign = &ret->signs[ret->count++];
	sign->kind = kind;
	va_start(args, format);
	vsnprintf(sign->text, sizeof(sign->text), format, args);
	va_end(args);
}

/* The first line, with what could upset a terminal replaced; "" if there is none. */
static void read_line(const char *root, const char *path, char *line, size_t size)
{
	if (textfile_read(root, path, line, size) < 0)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	for (char *c = line; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
}

/* The piece of the text that names a runtime, and that runtime; NULL if there is none. */
static const char *const *find_runtime(const char *text)
{
	static const char *const runtimes[][2] = {
		{"/docker/", "docker"},
		{"/docker-", "docker"},
		{"kubepods", "kubernetes"},
		{"libpod", "podman"},
		{"/lxc/", "lxc"},
		{"/lxc.payload", "lxc"},
		{"cri-containerd", "containerd"},
		{"crio-", "cri-o"},
		{"/machine.slice/", "systemd-machined"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++) {
		if (strstr(text, runtimes[i][0]))
			return runtimes[i];
	}
	return NULL;
}

const char *surroundings_cgroup_runtime(const char *text)
{
	const char *const *runtime = find_runtime(text);

	return runtime ? runtime[1] : NULL;
}

/* Control groups are named after units and containers; all that is asked of them is the runtime. */
static void reduce_cgroup(char *text)
{
	const char *const *runtime = find_runtime(text);

	strcpy(text, runtime ? runtime[0] : "");
}

/* The store that the root file system is an overlay of; NULL if the line does not say so. */
static const char *overlay_store(const char *line)
{
	static const char *const stores[] = {"containerd", "docker", "containers/storage"};

	if (!strstr(line, " / / ") || !strstr(line, " - overlay "))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		if (strstr(line, stores[i]))
			return stores[i];
	}
	return NULL;
}

/* The mount of "/" in mountinfo: fields are separated by spaces, the fifth is the mount point. */
static const char *root_overlay_store(const char *text)
{
	char line[1024];
	const char *store = NULL;

	while (*text && !store) {
		size_t length = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		store = overlay_store(line);
		text += length + (text[length] == '\n');
	}
	return store;
}

/* What is mounted where is nobody's business: what is left is shorter than the line it is about. */
static void reduce_mounts(char *text)
{
	const char *store = root_overlay_store(text);

	if (store)
		sprintf(text, " / / - overlay %s", store);
	else
		*text = '\0';
}

static void see_marks(const char *root, const char *variable, struct surroundings *ret)
{
	static const char *const files[] = {"/.dockerenv", "/run/.containerenv"};
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (textfile_exists(root, files[i]))
			add_sign(ret, SURROUNDINGS_CONTAINER, "%s exists", files[i]);
	}
	read_line(root, "/run/systemd/container", name, sizeof(name));
	if (name[0])
		add_sign(ret, SURROUNDINGS_CONTAINER, "/run/systemd/container says \"%s\"", name);
	if (variable && variable[0])
		add_sign(ret, SURROUNDINGS_CONTAINER,
			 "the environment has the variable \"container\"");
}

static void see_runtime(const char *root, struct surroundings *ret)
{
	cleanup(free_pointer) char *text = xcalloc(1, TEXT_SIZE);
	const char *runtime;

	/* Process 1 of the own PID namespace: in a container it is in the container's group. */
	if (textfile_read_reduced(root, "/proc/1/cgroup", text, TEXT_SIZE, reduce_cgroup) > 0) {
		runtime = surroundings_cgroup_runtime(text);
		if (runtime)
			add_sign(ret, SURROUNDINGS_CONTAINER,
				 "process 1 is in a control group of %s", runtime);
	}
	if (textfile_read_reduced(root, "/proc/self/mountinfo", text, TEXT_SIZE, reduce_mounts) >
		    0 &&
	    root_overlay_store(text))
		add_sign(ret, SURROUNDINGS_CONTAINER,
			 "the root file system is a container runtime's overlay");
}

/*
 * The link to a namespace of process 1 may be read by root only. Its /proc/1/net may be read by all,
 * and the kernel numbers the files in there anew for each namespace (proc_net_ns_init).
 */
static int compare_net_files(const char *root)
{
	unsigned long long own, first;

	if (!textfile_inode(root, "/proc/self/net/dev", &own) ||
	    !textfile_inode(root, "/proc/1/net/dev", &first))
		return -1;
	return own != first;
}

static int compare_netns(const char *root)
{
	char own[64], first[64];

	if (!textfile_link(root, "/proc/self/ns/net", own, sizeof(own)) ||
	    !textfile_link(root, "/proc/1/ns/net", first, sizeof(first)))
		return compare_net_files(root);
	return strcmp(own, first) != 0;
}

static void see_default_route(const struct link_list *links, const struct route_list *routes,
			      struct surroundings *ret)
{
	const struct route_entry *route = route_default(routes);
	const struct link *link;
	char text[ADDRESS_TEXT_SIZE];

	if (!route)
		return;
	ret->default_ifindex = route->route.oif;
	ret->gateway = route->route.gateway;
	link = link_by_index(links, route->route.oif);
	if (!link || !ret->gateway.family || strcmp(link->kind, "veth") != 0 ||
	    !link->has_peer_netns)
		return;
	ret->gateway_through_veth = true;
	add_sign(ret, SURROUNDINGS_CONTAINER,
		 "the default route leads by %s through %s, a veth from another network namespace",
		 address_format(&ret->gateway, text), link->name);
}

/* Names of hypervisors as their firmware writes them into DMI, by vendor or product. */
static bool is_hypervisor(const char *name)
{
	static const char *const names[] = {
		"QEMU",
		"VirtualBox",
		"innotek",
		"VMware",
		"Virtual Machine",
		"KVM",
		"Xen",
		"Bochs",
		"Parallels",
		"Google Compute Engine",
		"Amazon EC2",
		"Apple Virtualization",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasestr(name, names[i]))
			return true;
	}
	return false;
}

static void see_firmware(const char *root, struct surroundings *ret)
{
	static const char *const files[] = {
		"/sys/class/dmi/id/product_name", "/sys/class/dmi/id/sys_vendor",
		"/sys/class/dmi/id/board_vendor", "/sys/class/dmi/id/bios_vendor"};

	for (size_t i = 0; i < ARRAY_SIZE(files) && !ret->in_vm; i++) {
		read_line(root, files[i], ret->hypervisor, sizeof(ret->hypervisor));
		ret->in_vm = is_hypervisor(ret->hypervisor);
	}
	if (!ret->in_vm)
		ret->hypervisor[0] = '\0';
}

static void see_vm_network(const struct local_address_list *addresses, struct surroundings *ret)
{
	const struct address network = address_v4(QEMU_NETWORK), gateway = address_v4(QEMU_GATEWAY);
	const struct cidr user_network = cidr_of(&network, 24);
	char text[ADDRESS_TEXT_SIZE];

	if (!address_equal(&ret->gateway, &gateway))
		return;
	for (size_t i = 0; i < addresses->count; i++) {
		const struct local_address *entry = &addresses->items[i];

		if (entry->ifindex != ret->default_ifindex ||
		    !cidr_contains(&user_network, &entry->address))
			continue;
		ret->vm_user_network = true;
		add_sign(ret, SURROUNDINGS_VM_NAT,
			 "%s with gateway 10.0.2.2 is a virtual machine's user network%s%s",
			 address_format(&entry->address, text), ret->in_vm ? ", firmware: " : "",
			 ret->hypervisor);
		return;
	}
}

static void see_wsl(const char *root, struct surroundings *ret)
{
	char release[128];

	read_line(root, "/proc/sys/kernel/osrelease", release, sizeof(release));
	ret->in_wsl = strcasestr(release, "microsoft") != NULL;
	if (ret->in_wsl)
		add_sign(ret, SURROUNDINGS_WSL, "the kernel is %s", release);
}

void surroundings_read(const char *root, const char *container_variable,
		       const struct link_list *links, const struct local_address_list *addresses,
		       const struct route_list *routes, struct surroundings *ret)
{
	*ret = (struct surroundings){0};
	see_marks(root, container_variable, ret);
	see_runtime(root, ret);
	ret->in_container = ret->count > 0;
	ret->own_netns = compare_netns(root);
	ret->network_is_container =
		ret->in_container &&
		(ret->own_netns != 1 || (container_variable && container_variable[0]));
	see_default_route(links, routes, ret);
	see_firmware(root, ret);
	see_vm_network(addresses, ret);
	see_wsl(root, ret);
}

void surroundings_release(struct surroundings *surroundings)
{
	free(surroundings->signs);
	*surroundings = (struct surroundings){0};
}
