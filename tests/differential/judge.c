/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge: is what the evaluator says what the kernel does? One JSON request a line on stdin, one JSON
 * answer a line on stdout. Not installed; run drives it. With --bridge or --bridge-nf the host's
 * interface is a port of a bridge (lab.h). A request:
 *
 *   loads      [{how, text}, …]: "nft", or a command that reads the text (load.h)
 *   bridges    interfaces to be made, names
 *   ports      TCP ports of the host
 *   udp_port, ota_port, device_port   (default: 40000, 8266, the next ones free)
 *   families   [4, 6]
 *   questions  "whole": all ports at once; "single": a few, each by itself; "network": the device
 *              as one of its network
 *   observations  true: each packet's fate and what was said of it are told
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/parse.h"
#include "rules/recent.h"
#include "tests/differential/compare.h"
#include "tests/differential/exchange.h"
#include "tests/differential/lab.h"
#include "tests/differential/load.h"
#include "tests/differential/lossless.h"
#include "tests/differential/state.h"
#include "tests/differential/trace.h"

enum { MOST_PORTS = 1000, SINGLE_PORTS = 4, FIRST_DEVICE_PORT = 10000, LAST_DEVICE_PORT = 60000 };

struct judge {
	struct lab lab;
	struct trace *trace;
	struct loader *loader;
	unsigned next_device_port;
};

/* One request being dealt with. */
struct hearing {
	struct judge *judge;
	const json_t *request;
	json_t *answer;
	struct arena *arena;
	struct ruleset *ruleset;
	struct host_state *state;
	struct exchange exchange;
	struct tally tally;
	int64_t evaluating_us, sending_us;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint16_t number_or(const json_t *request, const char *key, int otherwise)
{
	const json_t *value = json_object_get(request, key);

	return (uint16_t)(json_is_integer(value) ? json_integer_value(value) : otherwise);
}

static bool holds(const json_t *array, const json_t *wanted)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (json_equal(json_array_get(array, i), wanted))
			return true;
	return false;
}

static bool asked(const struct hearing *hearing, const char *question)
{
	cleanup(json_decrefp) json_t *wanted = json_string(question);
	const json_t *questions = json_object_get(hearing->request, "questions");

	return questions ? holds(questions, wanted) : strcmp(question, "whole") == 0;
}

static bool load_all(struct hearing *hearing, struct buffer *reason)
{
	const json_t *loads = json_object_get(hearing->request, "loads");
	struct judge *judge = hearing->judge;

	loader_flush(judge->loader);
	for (size_t i = 0; i < json_array_size(loads); i++) {
		const json_t *load = json_array_get(loads, i);
		const char *how = json_string_value(json_object_get(load, "how"));
		const char *text = json_string_value(json_object_get(load, "text"));

		if (!how || !text || !loader_load(judge->loader, how, text, reason))
			return false;
	}
	return true;
}

static void add_bridges(struct hearing *hearing)
{
	const json_t *bridges = json_object_get(hearing->request, "bridges");

	for (size_t i = 0; i < json_array_size(bridges); i++)
		lab_add_bridge(json_string_value(json_array_get(bridges, i)));
}

/* What rules of x_tables hang on, as far as there are any. */
static bool read_others(struct ruleset *ruleset, struct error *err)
{
	cleanup(buffer_release) struct buffer legacy = {0}, ipsets = {0}, recent = {0};

	if (legacy_dump(&legacy, err) < 0 ||
	    legacy_parse(ruleset, legacy.data, legacy.length, err) < 0)
		return false;
	if (ruleset_uses_ipsets(ruleset) &&
	    (ipset_dump(&ipsets, err) < 0 ||
	     ipset_parse(ruleset, ipsets.data, ipsets.length, err) < 0))
		return false;
	return !ruleset_uses_recent(ruleset) ||
	       (!recent_dump(&recent, err) &&
		!recent_parse(ruleset, recent.data, recent.length, err));
}

static bool read_ruleset(struct hearing *hearing, struct buffer *reason)
{
	cleanup(buffer_release) struct buffer dump = {0};
	struct error err = {0};

	if (!loader_dump(&dump, reason))
		return false;
	hearing->ruleset = ruleset_parse(dump.data, dump.length, &err);
	if (!hearing->ruleset || !read_others(hearing->ruleset, &err)) {
		buffer_puts(reason, err.text);
		return false;
	}
	json_object_set_new(hearing->answer, "opaque", lossy_parts(hearing->ruleset));
	return true;
}

/* Of the two questions about one device, one knows the UDP port and the other does not. */
static struct flow_answer *ask(struct hearing *hearing, unsigned prefix, struct port_range ports,
			       bool udp_port_known)
{
	const struct exchange *exchange = &hearing->exchange;
	const struct lab *lab = &hearing->judge->lab;
	uint16_t udp = exchange->udp_port;
	struct flow_question question = {
		.device = cidr_of(&lab->peer[exchange->family], prefix),
		.host = lab->host[exchange->family],
		.host_ports = ports,
		.host_udp_ports = udp_port_known ? (struct port_range){udp, udp}
						 : (struct port_range){1024, 65535},
		.ota_port = exchange->ota_port,
	};
	int64_t start = now_us();
	struct flow_answer *answer =
		flow_evaluate(hearing->arena, hearing->ruleset, hearing->state, &question);

	hearing->evaluating_us += now_us() - start;
	return answer;
}

static void put_questions(struct hearing *hearing, const struct flow_answer *whole)
{
	struct exchange *exchange = &hearing->exchange;
	const struct address *device = &hearing->judge->lab.peer[exchange->family];
	struct port_range all = {1, UINT16_MAX};
	bool ipv6 = exchange->family == LAB_IPV6;
	size_t count = exchange->n_connections;

	if (whole)
		compare(whole, device, exchange, "whole", &hearing->tally);
	if (asked(hearing, "network"))
		compare(ask(hearing, ipv6 ? 64 : 24, all, false), device, exchange, "network",
			&hearing->tally);
	for (size_t i = 0; asked(hearing, "single") && i < count; i += count / SINGLE_PORTS + 1) {
		struct exchange one = *exchange;
		uint16_t port = exchange->connections[i].port;

		one.connections += i;
		one.n_connections = 1;
		compare(ask(hearing, ipv6 ? 128 : 32, (struct port_range){port, port}, true),
			device, &one, "single", &hearing->tally);
	}
}

static void tell_observation(json_t *array, const struct hearing *hearing,
			     const struct flow_answer *whole, enum flow_packet packet, size_t index)
{
	const struct exchange *exchange = &hearing->exchange;
	const struct observation *seen = exchange_at(exchange, packet, index);
	uint16_t port = exchange->connections[index].port;
	const struct flow_region *region =
		flow_region_at(whole, packet, &hearing->judge->lab.peer[exchange->family], port);
	char last[256], said[256] = "";

	if (region)
		step_text(region->last, said, sizeof(said));
	json_array_append_new(
		array,
		json_pack("{s:i, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "family",
			  exchange->family == LAB_IPV6 ? 6 : 4, "packet", flow_packet_name(packet),
			  "port", port, "kernel", fate_name(seen->fate), "kernel_last",
			  witness_text(&seen->last, last, sizeof(last)), "said",
			  region ? flow_verdict_name(region->verdict) : "nothing", "said_last",
			  said, "doubt", region && region->doubt ? region->doubt : "", "step_doubt",
			  region && region->step_doubt ? region->step_doubt : ""));
}

static void tell_observations(struct hearing *hearing, const struct flow_answer *whole)
{
	json_t *array = json_object_get(hearing->answer, "observations");

	if (!array || !whole)
		return;
	for (size_t i = 0; i < hearing->exchange.n_connections; i++)
		for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++)
			if (i == 0 || packet > REPLY_IN)
				tell_observation(array, hearing, whole, packet, i);
}

/* Ports of the device do not come again before what they were used for is forgotten. */
static uint16_t device_ports(struct hearing *hearing, size_t count)
{
	struct judge *judge = hearing->judge;

	if (judge->next_device_port + count > LAST_DEVICE_PORT)
		judge->next_device_port = FIRST_DEVICE_PORT;
	unsigned first = judge->next_device_port;
	judge->next_device_port += (unsigned)count;
	return number_or(hearing->request, "device_port", (int)first);
}

static void try_family(struct hearing *hearing, int family)
{
	const json_t *ports = json_object_get(hearing->request, "ports");
	struct exchange *exchange = &hearing->exchange;
	size_t count = json_array_size(ports) < MOST_PORTS ? json_array_size(ports) : MOST_PORTS;
	struct flow_answer *whole = NULL;

	*exchange = (struct exchange){
		.family = family,
		.udp_port = number_or(hearing->request, "udp_port", 40000),
		.ota_port = number_or(hearing->request, "ota_port", 8266),
		.device_port = device_ports(hearing, count),
		.connections = arena_array(hearing->arena, count, sizeof(struct connection)),
		.n_connections = count,
	};
	for (size_t i = 0; i < count; i++)
		exchange->connections[i].port =
			(uint16_t)json_integer_value(json_array_get(ports, i));
	if (asked(hearing, "whole"))
		whole = ask(hearing, family == LAB_IPV6 ? 128 : 32,
			    (struct port_range){1, UINT16_MAX}, true);
	int64_t start = now_us();
	exchange_run(exchange, &hearing->judge->lab, hearing->judge->trace);
	hearing->sending_us += now_us() - start;
	if (exchange->lost)
		json_object_set_new(hearing->answer, "lost", json_true());
	else
		put_questions(hearing, whole);
	tell_observations(hearing, whole);
}

static void try_families(struct hearing *hearing)
{
	static const int numbers[] = {[LAB_IPV4] = 4, [LAB_IPV6] = 6};
	const json_t *families = json_object_get(hearing->request, "families");

	hearing->state = lab_state(hearing->arena, &hearing->judge->lab);
	if (!hearing->state) {
		json_object_set_new(hearing->answer, "lost", json_true());
		return;
	}
	if (json_is_true(json_object_get(hearing->request, "observations")))
		json_object_set_new(hearing->answer, "observations", json_array());
	for (int family = LAB_IPV4; family <= LAB_IPV6; family++) {
		cleanup(json_decrefp) json_t *number = json_integer(numbers[family]);

		if (!families || holds(families, number))
			try_family(hearing, family);
	}
}

static void tell_tally(json_t *answer, const struct tally *tally)
{
	json_object_set_new(answer, "checks", json_integer(tally->checks));
	json_object_set_new(answer, "unknown", json_integer(tally->unknown));
	json_object_set_new(answer, "checks_of_device", json_integer(tally->of_device));
	json_object_set_new(answer, "unknown_of_device", json_integer(tally->unknown_of_device));
	json_object_set_new(answer, "rule_unknown_of_device",
			    json_integer(tally->rule_unknown_of_device));
	json_object_set_new(answer, "disagreements", json_integer(tally->disagreements));
	json_object_set_new(answer, "wrong_verdicts", json_integer(tally->wrong_verdicts));
}

static void hear(struct hearing *hearing)
{
	cleanup(buffer_release) struct buffer reason = {0};
	struct tally *tally = &hearing->tally;
	int64_t start = now_us();

	add_bridges(hearing);
	if (!load_all(hearing, &reason) || !read_ruleset(hearing, &reason)) {
		json_object_set_new(
			hearing->answer, "error",
			json_stringn_nocheck(reason.data ? reason.data : "", reason.length));
		return;
	}
	json_object_set_new(hearing->answer, "loading_us", json_integer(now_us() - start));
	tally->wrong = json_array();
	tally->doubts = json_object();
	try_families(hearing);
	tell_tally(hearing->answer, tally);
	json_object_set_new(hearing->answer, "wrong", tally->wrong);
	json_object_set_new(hearing->answer, "doubts", tally->doubts);
	json_object_set_new(hearing->answer, "evaluating_us", json_integer(hearing->evaluating_us));
	json_object_set_new(hearing->answer, "sending_us", json_integer(hearing->sending_us));
}

static void answer_line(struct judge *judge, const char *line)
{
	json_error_t error;
	cleanup(json_decrefp) json_t *request = json_loads(line, 0, &error);
	struct hearing hearing = {
		.judge = judge, .request = request, .answer = json_object(), .arena = arena_new()};

	if (request)
		hear(&hearing);
	else
		json_object_set_new(hearing.answer, "error", json_string(error.text));
	json_dumpf(hearing.answer, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	fflush(stdout);
	json_decref(hearing.answer);
	ruleset_free(hearing.ruleset);
	arena_free(hearing.arena);
}

static enum lab_bridge option_bridge(const char *option)
{
	if (strcmp(option, "--bridge") == 0)
		return LAB_BRIDGE;
	return strcmp(option, "--bridge-nf") == 0 ? LAB_BRIDGE_NF : LAB_NO_BRIDGE;
}

int main(int argc, char **argv)
{
	static struct judge judge = {.next_device_port = FIRST_DEVICE_PORT};
	cleanup(free_pointer) char *line = NULL;
	size_t size = 0;

	lab_make(&judge.lab, option_bridge(argc > 1 ? argv[1] : ""));
	judge.trace = trace_open();
	judge.loader = loader_new();
	while (getline(&line, &size, stdin) > 0)
		answer_line(&judge, line);
	return 0;
}
