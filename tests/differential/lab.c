/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	SENTINEL_ETHERTYPE = 0x88b5, /* for local experiments (IEEE 802) */
	RECEIVE_BUFFER = 64 * 1024 * 1024,
	SENTINEL_WAIT_MS = 5000,
};

static void fatal(const char *what)
{
	fprintf(stderr, "judge: %s: %s\n", what, strerror(errno));
	exit(1);
}

int lab_run(const char *command, const char *input, char *output, unsigned size)
{
	cleanup(close_fd) int in = memfd_create("input", MFD_CLOEXEC);
	cleanup(close_fd) int out = memfd_create("output", MFD_CLOEXEC);
	size_t length = input ? strlen(input) : 0;
	int status;

	if (in < 0 || out < 0 || write(in, input ? input : "", length) != (ssize_t)length)
		return -1;
	lseek(in, 0, SEEK_SET);
	pid_t child = fork();
	if (child == 0) {
		dup2(in, 0);
		dup2(out, 1);
		dup2(out, 2);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	if (output && size) {
		ssize_t n = pread(out, output, size - 1, 0);

		output[n > 0 ? n : 0] = '\0';
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void must_run(const char *command)
{
	char output[512];

	if (lab_run(command, NULL, output, sizeof(output)) == 0)
		return;
	fprintf(stderr, "judge: %s: %s\n", command, output);
	exit(1);
}

static int packet_socket(const char *interface, uint16_t ethertype)
{
	struct sockaddr_ll where = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, size = RECEIVE_BUFFER;

	if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof(where)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		fatal(interface);
	return fd;
}

/* One CPU: the one that the process runs on now. */
static void stay_on_this_cpu(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : (unsigned)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fatal("sched_setaffinity");
}

static void set_sysctl(const char *name, const char *value)
{
	char path[160];
	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	cleanup(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Some are newer than the oldest kernel that this runs on. */
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fprintf(stderr, "judge: %s: %s\n", path, strerror(errno));
}

static void set_sysctls(void)
{
	static const char *const settings[][2] = {
		{"ipv4/conf/all/rp_filter", "0"},
		{"ipv4/conf/default/rp_filter", "0"},
		{"ipv4/ip_forward", "1"}, /* what DNAT sends elsewhere is seen to go there */
		{"ipv4/conf/all/send_redirects", "0"},
		{"ipv4/conf/default/send_redirects", "0"},
		{"ipv4/icmp_ratelimit", "0"},
		{"ipv6/icmp/ratelimit", "0"},
		{"ipv6/conf/default/accept_dad", "0"},
		{"ipv6/conf/default/accept_ra", "0"},
		{"ipv6/conf/default/router_solicitations", "0"},
		/* A SYN-ACK is sent once, and what waits for its answer ends after a second. */
		{"ipv4/tcp_syncookies", "0"},
		{"ipv4/tcp_synack_retries", "0"},
		{"ipv4/tcp_max_syn_backlog", "65536"},
		{"core/somaxconn", "65535"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		set_sysctl(settings[i][0], settings[i][1]);
}

static void make_peer(struct lab *lab, int host_ns, int peer_ns)
{
	if (setns(peer_ns, CLONE_NEWNET))
		fatal("setns");
	set_sysctl("ipv6/conf/all/disable_ipv6", "1");
	set_sysctl("ipv6/conf/default/disable_ipv6", "1");
	must_run("ip link set eth0 up && ip link add s0 type veth peer name s1 && "
		 "ip link set s0 up && ip link set s1 up");
	lab->wire = packet_socket("eth0", ETH_P_ALL);
	lab->sentinel[0] = packet_socket("s0", SENTINEL_ETHERTYPE);
	lab->sentinel[1] = packet_socket("s1", SENTINEL_ETHERTYPE);
	if (setns(host_ns, CLONE_NEWNET))
		fatal("setns");
}

static int new_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		fatal("unshare (root is needed)");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fatal("/proc/self/ns/net");
	return fd;
}

static void raise_limits(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		fatal("setrlimit");
}

static void make_host(struct lab *lab, const char *interface)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "i=%s; ip address add 192.168.178.20/24 brd + dev $i && "
		 "ip address add fd00::20/64 dev $i nodad && "
		 "ip link set eth0 up && ip link set $i up && "
		 "for a in 192.168.178.178 192.168.178.99 fd00::178 fd00::99; do "
		 "ip neighbour replace $a lladdr 2c:f4:32:17:81:78 dev $i nud permanent; done; "
		 "n=0; until ip -o link show $i | grep -q 'state UP'; do "
		 "n=$((n + 1)); [ $n -lt 500 ] || exit 1; sleep 0.01; done",
		 interface);
	must_run(command);
	lab->ifindex = if_nametoindex(interface);
}

static void make_bridge(enum lab_bridge bridge)
{
	const char *call = bridge == LAB_BRIDGE_NF ? "1" : "0";

	must_run("ip link add lan address 52:54:00:17:80:20 type bridge "
		 "stp_state 0 forward_delay 0 mcast_snooping 0 && "
		 "ip link set eth0 master lan");
	if (access("/proc/sys/net/bridge", F_OK) && bridge == LAB_BRIDGE)
		return;
	set_sysctl("bridge/bridge-nf-call-iptables", call);
	set_sysctl("bridge/bridge-nf-call-ip6tables", call);
}

void lab_make(struct lab *lab, enum lab_bridge bridge)
{
	static const uint8_t host_mac[] = {0x52, 0x54, 0, 0x17, 0x80, 0x20};
	static const uint8_t peer_mac[] = {0x2c, 0xf4, 0x32, 0x17, 0x81, 0x78};
	char command[512];

	raise_limits();
	stay_on_this_cpu();
	int peer_ns = new_namespace();
	int host_ns = new_namespace();

	*lab = (struct lab){.bridge = bridge};
	memcpy(lab->host_mac, host_mac, sizeof(host_mac));
	memcpy(lab->peer_mac, peer_mac, sizeof(peer_mac));
	address_parse("192.168.178.20", &lab->host[LAB_IPV4]);
	address_parse("fd00::20", &lab->host[LAB_IPV6]);
	address_parse("192.168.178.178", &lab->peer[LAB_IPV4]);
	address_parse("fd00::178", &lab->peer[LAB_IPV6]);
	set_sysctls();
	snprintf(command, sizeof(command),
		 "ip link set lo up && ip link add eth0 address 52:54:00:17:80:20 type veth "
		 "peer name eth0 address 2c:f4:32:17:81:78 netns /proc/%d/fd/%d",
		 getpid(), peer_ns);
	must_run(command);
	make_peer(lab, host_ns, peer_ns);
	if (bridge != LAB_NO_BRIDGE)
		make_bridge(bridge);
	make_host(lab, bridge == LAB_NO_BRIDGE ? "eth0" : "lan");
	close(peer_ns);
	close(host_ns);
}

bool lab_add_bridge(const char *name)
{
	char command[128];

	if (if_nametoindex(name))
		return true;
	if (strlen(name) >= IFNAMSIZ || strpbrk(name, "'/ "))
		return false;
	snprintf(command, sizeof(command), "ip link add name '%s' type bridge", name);
	return lab_run(command, NULL, NULL, 0) == 0;
}

static bool one_sentinel(struct lab *lab)
{
	static uint32_t count;
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
	uint8_t seen[64];

	count++;
	memcpy(frame + 14, &count, sizeof(count));
	if (send(lab->sentinel[0], frame, sizeof(frame), 0) < 0)
		return false;
	for (;;) {
		struct pollfd waiting = {.fd = lab->sentinel[1], .events = POLLIN};

		if (poll(&waiting, 1, SENTINEL_WAIT_MS) <= 0)
			return false;
		if (recv(lab->sentinel[1], seen, sizeof(seen), 0) >= 18 &&
		    memcmp(seen + 14, &count, sizeof(count)) == 0)
			return true;
	}
}

bool lab_settle(struct lab *lab)
{
	/* The answer to a packet is queued while that packet is dealt with: behind the first. */
	return one_sentinel(lab) && one_sentinel(lab);
}
