/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/surroundings.h"

#include <net/if.h>

#include <linux/rtnetlink.h>

#include "tests/unit/scratch.h"

/* A host with one interface, one address and a default route. */
struct host {
	struct scratch scratch;
	struct link link;
	struct local_address address;
	struct route_entry route;
};

static struct address address(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static struct host host_new(const char *kind, const char *own, const char *gateway)
{
	return (struct host){
		.scratch = scratch_new(),
		.link = {.index = 2,
			 .name = "eth0",
			 .flags = IFF_UP,
			 .has_peer_netns = strcmp(kind, "veth") == 0,
			 .kind = {kind[0], kind[0] ? kind[1] : 0, kind[0] ? kind[2] : 0,
				  kind[0] ? kind[3] : 0}},
		.address = {.address = address(own), .prefix = 24, .ifindex = 2},
		.route = {.route = {.type = RTN_UNICAST,
				    .oif = 2,
				    .table = RT_TABLE_MAIN,
				    .gateway = gateway ? address(gateway) : (struct address){0}}},
	};
}

static struct surroundings look(struct host *host, const char *variable)
{
	const struct link_list links = {&host->link, 1, 1};
	const struct local_address_list addresses = {&host->address, 1, 1};
	const struct route_list routes = {&host->route, 1, 1};
	struct surroundings ret;

	surroundings_read(host->scratch.root, variable, &links, &addresses, &routes, &ret);
	return ret;
}

static void done(struct host *host, struct surroundings *seen)
{
	surroundings_release(seen);
	scratch_remove(&host->scratch);
}

static void a_plain_host_shows_no_sign(void **state)
{
	struct host host = host_new("", "192.168.178.24", "192.168.178.1");
	struct surroundings seen;

	(void)state;
	scratch_write(&host.scratch, "/proc/1/cgroup", "0::/init.scope\n");
	scratch_write(&host.scratch, "/proc/sys/kernel/osrelease", "6.1.0-30-amd64\n");
	scratch_write(&host.scratch, "/sys/class/dmi/id/product_name", "ThinkPad T480\n");
	scratch_write(&host.scratch, "/proc/self/mountinfo",
		      "28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
	seen = look(&host, NULL);
	assert_int_equal(seen.count, 0);
	assert_false(seen.in_container || seen.in_vm || seen.in_wsl || seen.gateway_through_veth);
	assert_int_equal(seen.own_netns, -1);
	assert_int_equal(seen.default_ifindex, 2);
	done(&host, &seen);
}

static void a_docker_container_shows_file_veth_and_gateway(void **state)
{
	struct host host = host_new("veth", "172.17.0.2", "172.17.0.1");
	struct surroundings seen;

	(void)state;
	scratch_write(&host.scratch, "/.dockerenv", "");
	seen = look(&host, NULL);
	assert_true(seen.in_container);
	assert_true(seen.gateway_through_veth);
	assert_true(seen.network_is_container);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.signs[0].kind, SURROUNDINGS_CONTAINER);
	assert_string_equal(seen.signs[0].text, "/.dockerenv exists");
	assert_non_null(strstr(seen.signs[1].text, "172.17.0.1 through eth0"));
	done(&host, &seen);
}

static void a_veth_without_gateway_is_no_sign(void **state)
{
	struct host host = host_new("veth", "192.168.178.24", NULL);
	struct surroundings seen = look(&host, NULL);

	(void)state;
	assert_false(seen.gateway_through_veth);
	assert_int_equal(seen.count, 0);
	done(&host, &seen);
}

static void a_veth_inside_our_own_namespace_is_no_sign(void **state)
{
	struct host host = host_new("veth", "192.168.178.24", "192.168.178.1");
	struct surroundings seen;

	(void)state;
	host.link.has_peer_netns = false;
	seen = look(&host, NULL);
	assert_false(seen.gateway_through_veth);
	done(&host, &seen);
}

static void each_mark_of_a_runtime_is_a_sign(void **state)
{
	static const char *const marks[][2] = {
		{"/run/.containerenv", ""},
		{"/run/systemd/container", "lxc\n"},
		{"/proc/1/cgroup", "0::/kubepods/besteffort/pod1\n"},
		{"/proc/self/mountinfo",
		 "590 500 0:60 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct host host = host_new("", "192.168.178.24", "192.168.178.1");
		struct surroundings seen;

		scratch_write(&host.scratch, marks[i][0], marks[i][1]);
		seen = look(&host, NULL);
		assert_true(seen.in_container);
		assert_int_equal(seen.count, 1);
		done(&host, &seen);
	}
}

static void the_variable_container_is_a_sign_unless_empty(void **state)
{
	struct host host = host_new("", "192.168.178.24", "192.168.178.1");
	struct surroundings seen = look(&host, "");

	(void)state;
	assert_false(seen.in_container);
	surroundings_release(&seen);
	seen = look(&host, "podman");
	assert_true(seen.in_container);
	done(&host, &seen);
}

static void control_groups_name_the_runtime(void **state)
{
	(void)state;
	assert_string_equal(surroundings_cgroup_runtime("9:pids:/docker/0123abc\n"), "docker");
	assert_string_equal(surroundings_cgroup_runtime("0::/system.slice/docker-01.scope\n"),
			    "docker");
	assert_string_equal(surroundings_cgroup_runtime("0::/machine.slice/libpod-1.scope\n"),
			    "podman");
	assert_string_equal(surroundings_cgroup_runtime("0::/lxc.payload.box/init.scope\n"), "lxc");
	assert_null(surroundings_cgroup_runtime("0::/\n"));
	assert_null(surroundings_cgroup_runtime("0::/system.slice/lxcfs.service\n"));
	assert_null(surroundings_cgroup_runtime("0::/init.scope\n"));
	assert_null(surroundings_cgroup_runtime("0::/system.slice/docker.service\n"));
}

static void the_user_network_of_a_virtual_machine_is_a_sign(void **state)
{
	struct host host = host_new("", "10.0.2.15", "10.0.2.2");
	struct surroundings seen;

	(void)state;
	scratch_write(&host.scratch, "/sys/class/dmi/id/product_name", "VirtualBox\n");
	seen = look(&host, NULL);
	assert_true(seen.vm_user_network);
	assert_true(seen.in_vm);
	assert_string_equal(seen.hypervisor, "VirtualBox");
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.signs[0].kind, SURROUNDINGS_VM_NAT);
	done(&host, &seen);
}

static void a_bridged_virtual_machine_is_a_fact_and_no_sign(void **state)
{
	struct host host = host_new("", "192.168.178.24", "192.168.178.1");
	struct surroundings seen;

	(void)state;
	scratch_write(&host.scratch, "/sys/class/dmi/id/sys_vendor", "QEMU\n");
	seen = look(&host, NULL);
	assert_true(seen.in_vm);
	assert_false(seen.vm_user_network);
	assert_int_equal(seen.count, 0);
	done(&host, &seen);
}

static void the_same_network_with_another_gateway_is_no_sign(void **state)
{
	struct host host = host_new("", "10.0.2.15", "10.0.2.1");
	struct surroundings seen = look(&host, NULL);

	(void)state;
	assert_false(seen.vm_user_network);
	done(&host, &seen);
}

static void a_kernel_by_microsoft_is_wsl(void **state)
{
	struct host host = host_new("", "172.30.1.2", "172.30.0.1");
	struct surroundings seen;

	(void)state;
	scratch_write(&host.scratch, "/proc/sys/kernel/osrelease",
		      "5.15.153.1-microsoft-standard-WSL2\n");
	seen = look(&host, NULL);
	assert_true(seen.in_wsl);
	assert_int_equal(seen.signs[0].kind, SURROUNDINGS_WSL);
	assert_string_equal(seen.signs[0].text, "the kernel is 5.15.153.1-microsoft-standard-WSL2");
	done(&host, &seen);
}

static void the_network_namespace_is_compared_with_that_of_process_1(void **state)
{
	struct host host = host_new("", "192.168.178.24", "192.168.178.1");
	struct surroundings seen;

	(void)state;
	scratch_link(&host.scratch, "/proc/self/ns/net", "net:[4026531840]");
	scratch_link(&host.scratch, "/proc/1/ns/net", "net:[4026531840]");
	seen = look(&host, NULL);
	assert_int_equal(seen.own_netns, 0);
	done(&host, &seen);
	host = host_new("", "192.168.178.24", "192.168.178.1");
	scratch_link(&host.scratch, "/proc/self/ns/net", "net:[4026532001]");
	scratch_link(&host.scratch, "/proc/1/ns/net", "net:[4026531840]");
	seen = look(&host, NULL);
	assert_int_equal(seen.own_netns, 1);
	assert_int_equal(seen.count, 0);
	done(&host, &seen);
}

static void a_container_says_nothing_of_another_network_namespace(void **state)
{
	struct host host = host_new("veth", "172.17.0.2", "172.17.0.1");
	struct surroundings seen;

	(void)state;
	scratch_write(&host.scratch, "/.dockerenv", "");
	scratch_link(&host.scratch, "/proc/self/ns/net", "net:[4026532001]");
	scratch_link(&host.scratch, "/proc/1/ns/net", "net:[4026531840]");
	seen = look(&host, NULL);
	assert_true(seen.in_container);
	assert_false(seen.network_is_container);
	surroundings_release(&seen);
	seen = look(&host, "lxc");
	assert_true(seen.network_is_container);
	done(&host, &seen);
}

static void without_privilege_the_files_of_the_namespaces_are_compared(void **state)
{
	struct host host = host_new("", "192.168.178.24", "192.168.178.1");
	struct surroundings seen;

	(void)state;
	scratch_write(&host.scratch, "/proc/self/net/dev", "");
	scratch_write(&host.scratch, "/proc/1/net/dev", "");
	seen = look(&host, NULL);
	assert_int_equal(seen.own_netns, 1);
	done(&host, &seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_host_shows_no_sign),
		cmocka_unit_test(a_docker_container_shows_file_veth_and_gateway),
		cmocka_unit_test(a_veth_without_gateway_is_no_sign),
		cmocka_unit_test(a_veth_inside_our_own_namespace_is_no_sign),
		cmocka_unit_test(each_mark_of_a_runtime_is_a_sign),
		cmocka_unit_test(the_variable_container_is_a_sign_unless_empty),
		cmocka_unit_test(control_groups_name_the_runtime),
		cmocka_unit_test(the_user_network_of_a_virtual_machine_is_a_sign),
		cmocka_unit_test(a_bridged_virtual_machine_is_a_fact_and_no_sign),
		cmocka_unit_test(the_same_network_with_another_gateway_is_no_sign),
		cmocka_unit_test(a_kernel_by_microsoft_is_wsl),
		cmocka_unit_test(the_network_namespace_is_compared_with_that_of_process_1),
		cmocka_unit_test(a_container_says_nothing_of_another_network_namespace),
		cmocka_unit_test(without_privilege_the_files_of_the_namespaces_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
