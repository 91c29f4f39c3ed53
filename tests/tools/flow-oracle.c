/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow-oracle [-d DEVICE] [-h HOST/PREFIX] [-P PORTS] [-s UDP-PORT] [-o OTA-PORT] [-i IFINDEX]
 *             [-I NAME] [-m DEVICE-MAC] [-b BRIDGE-PORT-INDEX:NAME] [-t] FILE…: what the evaluator says about the six packets under recorded rulesets
 * (see ruleset-record). One line a region, tab-separated: file, packet, verdict, ports, the deciding
 * step as nftrace names it (family/table/chain#handle:verdict), doubt. With -t the whole path.
 * For comparing with what a kernel did; not installed.
 */
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "rules/flow.h"
#include "rules/parse.h"
#include "tests/tools/recorded.h"

struct setting {
	struct host_link links[2]; /* the second is the bridge port, if there is one */
	struct host_address address;
	struct host_state host;
	struct flow_question question;
	bool path;
};

static void print_step(const struct flow_step *step)
{
	const struct chain *chain = step->chain;

	printf("%s/%s/%s#", family_name(chain->table->family), chain->table->name, chain->name);
	if (step->rule)
		printf("%llu:%s", (unsigned long long)step->rule->handle, step->verdict);
	else
		printf("policy:%s", step->verdict);
}

static void print_path(const struct flow_step *step)
{
	if (step->previous) {
		print_path(step->previous);
		putchar(' ');
	}
	print_step(step);
}

static void print_region(const char *file, enum flow_packet packet,
			 const struct flow_region *region, bool path)
{
	const struct value_set *ports = &region->ports;
	char redirect[ADDRESS_TEXT_SIZE];

	printf("%s\t%s\t%s\t", file, flow_packet_name(packet), flow_verdict_name(region->verdict));
	for (size_t i = 0; i < ports->n_intervals; i++)
		printf("%s%u-%u", i ? "," : "", (unsigned)ports->intervals[i].first,
		       (unsigned)ports->intervals[i].last);
	putchar('\t');
	if (region->last && path)
		print_path(region->last);
	else if (region->last)
		print_step(region->last);
	printf("\t%s", region->doubt ? region->doubt : "");
	if (region->verdict == FLOW_REDIRECT)
		printf("to %s port %u", address_format(&region->redirect_to, redirect),
		       region->redirect_port);
	putchar('\n');
}

static int judge(const char *path, const struct setting *setting)
{
	struct buffer dump = {0};
	struct error err = {0};
	struct ruleset *ruleset;
	struct arena *arena;
	struct flow_answer *answer;

	if (recorded_ruleset(path, &dump) < 0)
		return 1;
	ruleset = ruleset_parse(dump.data, dump.length, &err);
	buffer_release(&dump);
	if (!ruleset) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		return 1;
	}
	arena = arena_new();
	answer = flow_evaluate(arena, ruleset, &setting->host, &setting->question);
	for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++)
		for (size_t i = 0; i < answer->packets[packet].n_regions; i++)
			print_region(path, packet, &answer->packets[packet].regions[i],
				     setting->path);
	arena_free(arena);
	ruleset_free(ruleset);
	return 0;
}

static bool parse_ports(const char *text, struct port_range *ret)
{
	unsigned first, last;
	int n = sscanf(text, "%u-%u", &first, &last);

	if (n < 1)
		return false;
	*ret = (struct port_range){(uint16_t)first, (uint16_t)(n == 2 ? last : first)};
	return true;
}

static bool parse_host(const char *text, struct setting *setting)
{
	char copy[CIDR_TEXT_SIZE] = "";
	char *slash;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (!slash)
		return false;
	*slash = '\0';
	setting->address.prefix = (unsigned)atoi(slash + 1);
	setting->question.host = (struct address){0};
	return address_parse(copy, &setting->question.host);
}

/* Twelve hexadecimal digits. */
static bool parse_mac(const char *text, struct setting *setting)
{
	setting->host.device_mac_known = true;
	for (size_t i = 0; i < sizeof(setting->host.device_mac); i++)
		if (sscanf(text + 2 * i, "%2hhx", &setting->host.device_mac[i]) != 1)
			return false;
	return true;
}

static bool parse_port(const char *text, struct host_link *ret)
{
	return sscanf(text, "%u:%15s", &ret->index, ret->name) == 2;
}

static bool parse_options(int argc, char **argv, struct setting *setting)
{
	struct flow_question *question = &setting->question;
	bool good = parse_host("192.168.178.20/24", setting) &&
		    cidr_parse("192.168.178.178", &question->device);

	for (int option; good && (option = getopt(argc, argv, "d:h:P:s:o:i:I:m:b:t")) != -1;) {
		switch (option) {
		case 'd': good = cidr_parse(optarg, &question->device); break;
		case 'h': good = parse_host(optarg, setting); break;
		case 'P': good = parse_ports(optarg, &question->host_ports); break;
		case 's': good = parse_ports(optarg, &question->host_udp_ports); break;
		case 'o': question->ota_port = (uint16_t)atoi(optarg); break;
		case 'i': setting->links[0].index = (uint32_t)atoi(optarg); break;
		case 'I': snprintf(setting->links[0].name, IFNAMSIZ, "%s", optarg); break;
		case 'm': good = parse_mac(optarg, setting); break;
		case 'b': good = parse_port(optarg, &setting->links[1]); break;
		case 't': setting->path = true; break;
		default: good = false;
		}
	}
	return good;
}

int main(int argc, char **argv)
{
	struct setting setting = {
		.links = {{.index = 2, .name = "eth0", .type = ARPHRD_ETHER, .kind = "veth"},
			  {.type = ARPHRD_ETHER, .kind = "veth"}},
		.question = {.host_ports = {25623, 25623},
			     .host_udp_ports = {32768, 60999},
			     .ota_port = 8266},
	};
	int failed = 0;

	if (!parse_options(argc, argv, &setting)) {
		fprintf(stderr,
			"usage: flow-oracle [-d DEVICE] [-h HOST/PREFIX] [-P PORTS]"
			" [-s UDP-PORT] [-o OTA-PORT] [-i IFINDEX] [-I NAME] [-m MAC] [-b INDEX:NAME] [-t] FILE…\n");
		return 2;
	}
	setting.address.address = setting.question.host;
	setting.address.ifindex = setting.links[0].index;
	setting.host.links = setting.links;
	setting.host.n_links = 2;
	setting.host.device_port_ifindex = setting.links[1].index;
	setting.host.addresses = &setting.address;
	setting.host.n_addresses = 1;
	setting.host.device_ifindex = setting.links[0].index;
	setting.host.time_s = time(NULL);
	for (int i = optind; i < argc; i++)
		failed |= judge(argv[i], &setting);
	return failed;
}
