/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes with a journal: from a record they say what they said live, and never ask the host. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/inet_diag.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "fixture.h"
#include "probes/bridge_port.h"
#include "probes/firewall_settings.h"
#include "probes/ifaddr.h"
#include "probes/link.h"
#include "probes/neighbour.h"
#include "probes/netlink.h"
#include "probes/policy_rules.h"
#include "probes/resolve.h"
#include "probes/route.h"
#include "probes/sockets.h"
#include "probes/surroundings.h"
#include "probes/sysctl.h"
#include "probes/textfile.h"
#include "record/journal.h"

static int end_journal(void **)
{
	journal_end();
	return 0;
}

/* A socket that listens and one that is connected to it. */
struct pair {
	int listener, client;
	uint16_t port;
};

static struct pair pair_open(void)
{
	struct address loopback = address_v4(INADDR_LOOPBACK);
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(&loopback, 0, &sockaddr);
	struct pair pair = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0), 0};

	assert_int_equal(bind(pair.listener, (struct sockaddr *)&sockaddr, length), 0);
	assert_int_equal(listen(pair.listener, 1), 0);
	assert_int_equal(getsockname(pair.listener, (struct sockaddr *)&sockaddr, &length), 0);
	assert_int_equal(connect(pair.client, (struct sockaddr *)&sockaddr, length), 0);
	assert_true(address_from_sockaddr(&sockaddr, &loopback, &pair.port));
	return pair;
}

static void pair_close(struct pair *pair)
{
	close(pair->listener);
	close(pair->client);
}

static void a_record_says_what_was_read_live(void **)
{
	cleanup(record_release) struct record record = {0};
	cleanup(link_release) struct link_list live = {0}, links = {0}, replayed = {0};
	struct pair pair = pair_open();
	struct tcp_socket_list sockets = {0}, sockets_again = {0};
	struct sysctl sysctl, sysctl_again;

	assert_int_equal(link_read(&live, NULL), 0);
	journal_record(&record);
	assert_int_equal(link_read(&links, NULL), 0);
	assert_int_equal(sockets_read(&sockets, NULL), 0);
	sysctl_read("", &sysctl);
	journal_end();
	pair_close(&pair);

	journal_replay(&record);
	assert_int_equal(link_read(&replayed, NULL), 0);
	assert_int_equal(sockets_read(&sockets_again, NULL), 0);
	sysctl_read("", &sysctl_again);
	assert_null(journal_missing(0));
	assert_int_equal(replayed.count, live.count);
	assert_int_equal(links.count, live.count);
	assert_memory_equal(replayed.items, live.items, live.count * sizeof(*live.items));
	assert_int_equal(sockets_again.count, sockets.count);
	assert_memory_equal(sockets_again.items, sockets.items,
			    sockets.count * sizeof(*sockets.items));
	/* It is closed by now. */
	struct address loopback = address_v4(INADDR_LOOPBACK);
	assert_non_null(sockets_port_in_use(&sockets_again, &loopback, pair.port));
	assert_int_equal(sysctl_again.ephemeral.first, sysctl.ephemeral.first);
	assert_int_equal(sysctl_again.unprivileged_port_start, sysctl.unprivileged_port_start);
	sockets_release(&sockets);
	sockets_release(&sockets_again);
	sysctl_release(&sysctl);
	sysctl_release(&sysctl_again);
}

/* Calls @check for each netlink message of type @type in the record; returns how many there are. */
static size_t each_message(const struct record *record, uint16_t type,
			   void (*check)(const struct nlmsghdr *message))
{
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++) {
		const struct record_answer *answer = &record->answers[i];
		const struct nlmsghdr *message = (const struct nlmsghdr *)answer->bytes;
		int left = (int)answer->length;
		if (strncmp(answer->question, "netlink ", 8) != 0)
			continue;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
			if (message->nlmsg_type != type)
				continue;
			check(message);
			count++;
		}
	}
	return count;
}

static void has_no_peer(const struct nlmsghdr *message)
{
	static const uint8_t nothing[16];
	const struct inet_diag_msg *header = mnl_nlmsg_get_payload(message);

	assert_memory_equal(header->id.idiag_dst, nothing, sizeof(nothing));
	assert_int_equal(header->id.idiag_dport, 0);
	if (header->idiag_state != TCP_LISTEN)
		assert_int_equal(header->idiag_uid + header->idiag_inode, 0);
}

static void has_no_hardware_address(const struct nlmsghdr *message)
{
	struct neighbour neighbour;

	if (neighbour_parse(message, &neighbour))
		assert_false(neighbour.has_mac);
}

static void peers_and_hardware_addresses_of_others_are_left_out(void **)
{
	cleanup(record_release) struct record record = {0};
	struct address any = {.family = AF_INET};
	struct pair pair = pair_open();
	struct tcp_socket_list sockets = {0};
	struct neighbour neighbour;

	journal_record(&record);
	assert_int_equal(sockets_read(&sockets, NULL), 0);
	assert_int_equal(neighbour_find(0, &any, &neighbour, NULL), 0);
	any.family = AF_INET6;
	neighbour_find(0, &any, &neighbour, NULL);
	assert_true(each_message(&record, SOCK_DIAG_BY_FAMILY, has_no_peer) >= 3);
	each_message(&record, RTM_NEWNEIGH, has_no_hardware_address);
	sockets_release(&sockets);
	pair_close(&pair);
}

static void a_hardware_address_is_blanked_and_nothing_beside_it(void **)
{
	static const uint8_t mac[6] = {1, 2, 3, 4, 5, 6}, nothing[6];
	char buffer[NETLINK_REQUEST_SIZE] = {0};
	struct ndmsg *header;
	struct nlmsghdr *message =
		netlink_request(buffer, RTM_NEWNEIGH, 0, sizeof(*header), &header);
	struct neighbour neighbour;
	struct address address = address_v4(INADDR_LOOPBACK);

	header->ndm_family = AF_INET;
	header->ndm_state = NUD_STALE;
	mnl_attr_put(message, NDA_LLADDR, sizeof(mac), mac);
	mnl_attr_put(message, NDA_DST, 4, address.bytes);
	assert_true(neighbour_parse(message, &neighbour));
	assert_true(neighbour.has_mac);
	netlink_blank(message, sizeof(*header), NDA_LLADDR);
	assert_true(neighbour_parse(message, &neighbour));
	assert_false(neighbour.has_mac);
	assert_true(address_equal(&neighbour.address, &address));
	assert_memory_equal(buffer + NLMSG_HDRLEN + sizeof(*header) + NLA_HDRLEN, nothing, 6);
}

static void mounts_and_control_groups_are_reduced_to_what_they_tell(void **)
{
	cleanup(record_release) struct record record = {0};
	struct surroundings surroundings;

	journal_record(&record);
	surroundings_read("", NULL, &(struct link_list){0}, &(struct local_address_list){0},
			  &(struct route_list){0}, &surroundings);
	const struct record_answer *mounts = record_find(&record, "file /proc/self/mountinfo");
	assert_non_null(mounts);
	assert_true(mounts->length < 64);
	const struct record_answer *groups = record_find(&record, "file /proc/1/cgroup");
	assert_non_null(groups);
	assert_true(groups->length < 32);
	surroundings_release(&surroundings);
}

static void what_is_not_recorded_is_not_read(void **)
{
	cleanup(record_release) struct record record = {0};
	struct link_list links;
	struct local_address_list addresses;
	struct route_list routes;
	struct tcp_socket_list sockets;
	struct address loopback = address_v4(INADDR_LOOPBACK);
	struct neighbour_provocation asked;
	struct route route;
	struct resolved resolved;
	struct socket_owner owner;
	struct ufw_settings ufw;
	struct error err = {0};
	char text[64];
	uint32_t port;
	struct policy_rules rules;
	int errnum;

	journal_replay(&record);
	assert_int_equal(link_read(&links, &err), -ENODATA);
	assert_string_equal(err.text,
			    "cannot list the network interfaces: the record does not hold it");
	assert_int_equal(ifaddr_read(&addresses, NULL), -ENODATA);
	assert_int_equal(route_list_read(AF_INET, &routes, NULL), -ENODATA);
	assert_int_equal(route_read(&(struct route_query){.destination = loopback}, &route, NULL),
			 -ENODATA);
	assert_int_equal(policy_rules_read(AF_INET, &rules, NULL), -ENODATA);
	assert_false(rules.are_default);
	assert_int_equal(sockets_read(&sockets, NULL), -ENODATA);
	assert_int_equal(sockets_bind_try(&loopback, 40000, &errnum, NULL), -ENODATA);
	assert_int_equal(sockets_owner_read(1, &owner, NULL), -ENOENT);
	assert_false(process_runs("systemd"));
	assert_int_equal(neighbour_provoke(1, &loopback, &loopback, 10, &asked, NULL), -ENODATA);
	assert_int_equal(resolve_read("localhost", &(struct link_list){0}, 10, &resolved, NULL),
			 -ENODATA);
	assert_int_equal(bridge_port_read(1, (uint8_t[6]){0}, &port, NULL), -ENODATA);
	assert_int_equal(textfile_read("", "/proc/self/status", text, sizeof(text)), -ENODATA);
	assert_false(textfile_exists("", "/proc"));
	assert_false(textfile_link("", "/proc/self/ns/net", text, sizeof(text)));
	ufw_settings_read("", &ufw);
	assert_false(ufw.installed);
	assert_non_null(journal_missing(10));
}

/* Everything that is read of a host, with whatever the record says; nothing is expected of it. */
static void read_all(void)
{
	struct link_list links = {0};
	struct local_address_list addresses = {0};
	struct route_list routes = {0};
	struct tcp_socket_list sockets = {0};
	struct address device = address_v4(0xc0a8b2b2);
	struct route_query query = {.destination = device}, other = {.destination = device};
	struct neighbour_provocation asked;
	struct surroundings surroundings;
	struct firewalld_settings firewalld;
	struct ufw_settings ufw;
	struct sysctl sysctl;
	struct route route;

	other.destination.bytes[3]++;
	link_read(&links, NULL);
	ifaddr_read(&addresses, NULL);
	route_list_read(AF_INET, &routes, NULL);
	sockets_read(&sockets, NULL);
	sysctl_read("", &sysctl);
	surroundings_read("", NULL, &links, &addresses, &routes, &surroundings);
	ufw_settings_read("", &ufw);
	firewalld_settings_read("", &firewalld);
	route_read(&query, &route, NULL);
	route_read(&other, &route, NULL);
	neighbour_provoke(2, &device, &device, 10, &asked, NULL);
	neighbour_provoke(2, &other.destination, &other.destination, 10, &asked, NULL);
	surroundings_release(&surroundings);
	sysctl_release(&sysctl);
	sockets_release(&sockets);
	route_list_release(&routes);
	ifaddr_release(&addresses);
	link_release(&links);
}

/* The same sequence everywhere: xorshift64. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Another copy with up to four bytes changed or its end cut off, in memory of exactly its size. */
static void damage(struct record_answer *answer, uint64_t *random)
{
	static const uint8_t likely[] = {0, 1, 2, 3, 4, 8, '-', '9', ' ', 0x7f, 0x80, 0xff};

	if (!answer->length)
		return;
	for (size_t i = next_random(random) % 4 + 1; i > 0; i--) {
		uint64_t r = next_random(random);
		answer->bytes[(r >> 16) % answer->length] =
			(char)(r & 1 ? likely[(r >> 8) % sizeof(likely)] : r >> 1);
	}
	if (next_random(random) % 4 == 0)
		answer->length = next_random(random) % answer->length;
	char *exact = xcalloc(1, answer->length + 1);
	memcpy(exact, answer->bytes, answer->length);
	free(answer->bytes);
	answer->bytes = exact;
}

static void damaged_answers_are_survived(void **)
{
	cleanup(buffer_release) struct buffer text = {0};
	uint64_t random = 6;

	fixture_text("host", &text);
	for (int round = 0; round < 300; round++) {
		cleanup(record_release) struct record record = {0};

		assert_int_equal(record_read(text.data, text.length, &record, NULL), 0);
		for (size_t i = 0; i < record.count; i++)
			if (next_random(&random) % 4 == 0)
				damage(&record.answers[i], &random);
		journal_replay(&record);
		read_all();
		journal_end();
	}
}

static void a_whole_record_answers_all_of_it(void **)
{
	cleanup(buffer_release) struct buffer text = {0};
	cleanup(record_release) struct record record = {0};
	struct address device = address_v4(0xc0a8b2b2), other = address_v4(0xc0a8b205);
	struct route_query query = {.destination = other};
	struct neighbour_provocation asked;
	struct route route;

	fixture_text("host", &text);
	assert_int_equal(record_read(text.data, text.length, &record, NULL), 0);
	journal_replay(&record);
	assert_int_equal(neighbour_provoke(2, &device, &device, 10, &asked, NULL), 0);
	assert_true(asked.neighbour.has_mac);
	/* Another device than the one it was made for: by the routes as dumped. */
	assert_int_equal(route_read(&query, &route, NULL), 0);
	assert_int_equal(route.errnum, 0);
	assert_int_equal(route.oif, 2);
	assert_null(journal_missing(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_record_says_what_was_read_live, end_journal),
		cmocka_unit_test_teardown(peers_and_hardware_addresses_of_others_are_left_out,
					  end_journal),
		cmocka_unit_test(a_hardware_address_is_blanked_and_nothing_beside_it),
		cmocka_unit_test_teardown(mounts_and_control_groups_are_reduced_to_what_they_tell,
					  end_journal),
		cmocka_unit_test_teardown(what_is_not_recorded_is_not_read, end_journal),
		cmocka_unit_test_teardown(a_whole_record_answers_all_of_it, end_journal),
		cmocka_unit_test_teardown(damaged_answers_are_survived, end_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
