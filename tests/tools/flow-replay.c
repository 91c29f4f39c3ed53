/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow-replay [-d DEVICE] [-h HOST/PREFIX] [-P PORT] [-o OTA-PORT] [-i IFINDEX] [-I NAME]
 *             [-b BRIDGE-PORT-INDEX:NAME] [-c COPY] FILE…: what the kernel does with the six packets
 * under recorded rulesets (see ruleset-record), each copied into a network namespace of its own. One
 * line a packet, tab-separated: file, packet, verdict, the last step as nftrace names it
 * (family/table/chain#handle:verdict, handles of the recording). What was not copied follows: file,
 * "gap", "matters" or "aside", what, why. With -c the dump of the copy is written to COPY.
 * Counterpart of flow-oracle; not installed. Runs as root, or as anybody who may make namespaces.
 */
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "rules/dump.h"
#include "rules/parse.h"
#include "rules/replay.h"
#include "tests/tools/recorded.h"

struct setting {
	struct host_link links[2]; /* the second is the bridge port, if there is one */
	struct host_address address;
	struct host_state host;
	struct flow_question question;
	const char *copy;
};

static const char *code_text(int code)
{
	switch (code) {
	case VERDICT_ACCEPT: return "accept";
	case VERDICT_DROP: return "drop";
	case VERDICT_STOLEN: return "stolen";
	case VERDICT_QUEUE: return "queue";
	case VERDICT_JUMP: return "jump";
	case VERDICT_GOTO: return "goto";
	case VERDICT_RETURN: return "return";
	default: return "continue";
	}
}

static void print_packet(const char *file, int packet, const struct replay_packet *told)
{
	const struct chain *chain = told->chain;

	printf("%s\t%s\t%s\t", file, flow_packet_name((enum flow_packet)packet),
	       replay_verdict_name(told->verdict));
	if (chain)
		printf("%s/%s/%s#", family_name(chain->table->family), chain->table->name,
		       chain->name);
	if (chain && told->rule)
		printf("%llu:%s", (unsigned long long)told->rule->handle, code_text(told->code));
	else if (chain)
		printf("policy:%s", code_text(told->code));
	putchar('\n');
}

static int write_copy(void *data)
{
	struct buffer dump = {0};
	struct error err = {0};
	FILE *file = fopen(data, "wb");
	int rc = file ? ruleset_dump(&dump, &err) : -1;

	if (!rc && fwrite(dump.data, 1, dump.length, file) != dump.length)
		rc = -1;
	if (file && fclose(file))
		rc = -1;
	buffer_release(&dump);
	return rc;
}

static int judge(const char *path, const struct setting *setting)
{
	struct buffer dump = {0};
	struct error err = {0};
	struct arena *arena = arena_new();
	struct replay_answer answer;
	struct replay_request request = {
		.host = &setting->host,
		.question = &setting->question,
		.user_namespace = -1,
		.inspect = setting->copy ? write_copy : NULL,
		.data = (void *)setting->copy,
	};
	int rc = recorded_ruleset(path, &dump);
	struct ruleset *ruleset = rc ? NULL : ruleset_parse(dump.data, dump.length, &err);

	request.ruleset = ruleset;
	request.dump = dump.data;
	request.dump_length = dump.length;
	rc = ruleset ? replay_run(arena, &request, &answer, &err) : -1;
	if (rc)
		fprintf(stderr, "%s: %s\n", path, err.text);
	for (int packet = 0; !rc && packet < FLOW_PACKETS; packet++)
		print_packet(path, packet, &answer.packets[packet]);
	for (size_t i = 0; !rc && i < answer.n_gaps; i++)
		printf("%s\tgap\t%s\t%s\t%s\n", path, answer.gaps[i].matters ? "matters" : "aside",
		       answer.gaps[i].what, answer.gaps[i].why);
	ruleset_free(ruleset);
	buffer_release(&dump);
	arena_free(arena);
	return rc != 0;
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
	return address_parse(copy, &setting->question.host);
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

	for (int option; good && (option = getopt(argc, argv, "d:h:P:o:i:I:b:c:")) != -1;) {
		switch (option) {
		case 'd': good = cidr_parse(optarg, &question->device); break;
		case 'h': good = parse_host(optarg, setting); break;
		case 'P': question->host_ports.first = (uint16_t)atoi(optarg); break;
		case 'o': question->ota_port = (uint16_t)atoi(optarg); break;
		case 'i': setting->links[0].index = (uint32_t)atoi(optarg); break;
		case 'I': snprintf(setting->links[0].name, IFNAMSIZ, "%s", optarg); break;
		case 'b': good = parse_port(optarg, &setting->links[1]); break;
		case 'c': setting->copy = optarg; break;
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
		.question = {.host_ports = {25623, 25623}, .ota_port = 8266},
	};
	int failed = 0;

	if (!parse_options(argc, argv, &setting)) {
		fprintf(stderr, "usage: flow-replay [-d DEVICE] [-h HOST/PREFIX] [-P PORT]"
				" [-o OTA-PORT] [-i IFINDEX] [-I NAME] [-b INDEX:NAME] [-c COPY]"
				" FILE…\n");
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
	setting.host.uid = geteuid();
	setting.host.gid = getegid();
	for (int i = optind; i < argc; i++)
		failed |= judge(argv[i], &setting);
	return failed;
}
