/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/compare.h"

#include <stdio.h>
#include <string.h>

#include "tests/differential/exchange.h"
#include "tests/differential/lab.h"

enum { STEP_TEXT_SIZE = 256, MOST_REPORTED = 12 };

const char *step_text(const struct flow_step *step, char *text, size_t size)
{
	char which[24] = "policy";

	*text = '\0';
	if (!step)
		return text;
	if (step->rule)
		snprintf(which, sizeof(which), "%llu", (unsigned long long)step->rule->handle);
	snprintf(text, size, "%s/%s/%s#%s:%s", family_name(step->chain->table->family),
		 step->chain->table->name, step->chain->name, which, step->verdict);
	return text;
}

/* Traces call a reject a drop, and do not say which queue. */
static void plain_verdict(char *text)
{
	char *verdict = strrchr(text, '#');

	verdict = verdict ? strchr(verdict, ':') : NULL;
	if (!verdict)
		return;
	if (strncmp(verdict, ":reject", 7) == 0)
		strcpy(verdict, ":drop");
	else if (strncmp(verdict, ":jump ", 6) && strncmp(verdict, ":goto ", 6))
		verdict[1 + strcspn(verdict + 1, " ")] = '\0';
}

static bool same_place(const struct flow_step *step, const struct witness *witness)
{
	char said[STEP_TEXT_SIZE], seen[STEP_TEXT_SIZE];

	step_text(step, said, sizeof(said));
	witness_text(witness, seen, sizeof(seen));
	plain_verdict(said);
	plain_verdict(seen);
	return strcmp(said, seen) == 0;
}

/*
 * Our refusal of a packet may itself have been dropped, and where another rule may decide it may refuse
 * what is said to be dropped. What is sent to an address to which there is
 * no route is seen neither here nor there.
 */
static bool same_verdict(const struct flow_region *region, const struct observation *seen)
{
	switch (region->verdict) {
	case FLOW_ACCEPT: return seen->fate == FATE_PASSED;
	case FLOW_DROP:
		return seen->fate == FATE_DROPPED || seen->fate == FATE_VANISHED ||
		       (region->step_doubt && seen->fate == FATE_REJECTED);
	case FLOW_REJECT: return seen->fate == FATE_REJECTED || seen->fate == FATE_DROPPED;
	case FLOW_REDIRECT: return seen->fate == FATE_REDIRECTED || seen->fate == FATE_VANISHED;
	default: return true;
	}
}

/* A redirected SYN is answered from the port that it was sent to; elsewhere nothing is seen of it. */
static bool same_destination(const struct flow_region *region, const struct exchange *exchange,
			     enum flow_packet packet, size_t index)
{
	const struct observation *answer = exchange_at(exchange, SYNACK_OUT, index);

	return packet != SYN_IN || region->verdict != FLOW_REDIRECT || region->step_doubt ||
	       !answer->traced || answer->source_port == region->redirect_port;
}

static void report(struct tally *tally, const struct flow_region *region,
		   const struct exchange *exchange, enum flow_packet packet, size_t index,
		   const char *question)
{
	const struct observation *seen = exchange_at(exchange, packet, index);
	char said[STEP_TEXT_SIZE] = "", kernel[STEP_TEXT_SIZE];

	bool verdict = !region || !same_verdict(region, seen) ||
		       !same_destination(region, exchange, packet, index);

	tally->disagreements++;
	tally->wrong_verdicts += verdict;
	/* A wrong verdict is worse than a wrong rule: it is never left out for one. */
	if (!verdict && json_array_size(tally->wrong) >= MOST_REPORTED)
		return;
	if (region)
		step_text(region->last, said, sizeof(said));
	json_array_insert_new(
		tally->wrong, verdict ? 0 : json_array_size(tally->wrong),
		json_pack("{s:s, s:s, s:i, s:s, s:i, s:s, s:s, s:s, s:s}", "kind",
			  verdict ? "verdict" : "rule", "question", question, "family",
			  exchange->family == LAB_IPV6 ? 6 : 4, "packet", flow_packet_name(packet),
			  "port", exchange->n_connections ? exchange->connections[index].port : 0,
			  "said", region ? flow_verdict_name(region->verdict) : "nothing",
			  "said_last", said, "kernel", fate_name(seen->fate), "kernel_last",
			  witness_text(&seen->last, kernel, sizeof(kernel))));
}

static void note_doubt(struct tally *tally, const char *doubt)
{
	const char *key = doubt ? doubt : "?";
	json_int_t before = json_integer_value(json_object_get(tally->doubts, key));

	json_object_set_new(tally->doubts, key, json_integer(before + 1));
}

static void compare_one(const struct flow_answer *answer, const struct address *device,
			const struct exchange *exchange, enum flow_packet packet, size_t index,
			const char *question, struct tally *tally)
{
	const struct observation *seen = exchange_at(exchange, packet, index);
	uint16_t port = exchange->n_connections ? exchange->connections[index].port : 0;
	const struct flow_region *region;
	/* Of a whole network some things cannot be known that are known of one device. */
	bool network = strcmp(question, "network") == 0;

	if (seen->fate == FATE_NOT_SENT)
		return;
	tally->checks++;
	tally->of_device += !network;
	region = flow_region_at(answer, packet, device, port);
	if (region && region->verdict == FLOW_UNKNOWN) {
		tally->unknown++;
		tally->unknown_of_device += !network;
		if (!network)
			note_doubt(tally, region->doubt);
	} else if (!region || !same_verdict(region, seen) ||
		   !same_destination(region, exchange, packet, index)) {
		report(tally, region, exchange, packet, index, question);
	} else if (region->step_doubt) {
		tally->rule_unknown_of_device += !network;
	} else if (!same_place(region->last, &seen->last)) {
		report(tally, region, exchange, packet, index, question);
	}
}

void compare(const struct flow_answer *answer, const struct address *device,
	     const struct exchange *exchange, const char *question, struct tally *tally)
{
	for (enum flow_packet packet = INVITATION_OUT; packet <= REPLY_IN; packet++)
		compare_one(answer, device, exchange, packet, 0, question, tally);
	for (size_t i = 0; i < exchange->n_connections; i++)
		for (enum flow_packet packet = SYN_IN; packet < FLOW_PACKETS; packet++)
			compare_one(answer, device, exchange, packet, i, question, tally);
}
