/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/cure.h"

#include "base/arena.h"
#include "rules/address_set.h"

static const enum flow_packet tcp_packets[] = {SYN_IN, SYNACK_OUT, DATA_IN, DATA_OUT};

/* The device addresses from which all four TCP packets to @port pass. */
static struct value_set open_addresses(struct arena *arena, const struct flow_answer *answer,
				       uint16_t port)
{
	struct value_set open = value_set_range(arena, 0, ~(field_value)0);

	for (size_t i = 0; i < sizeof(tcp_packets) / sizeof(*tcp_packets); i++) {
		const struct flow_packet_answer *packet = &answer->packets[tcp_packets[i]];
		struct value_set passing = {0};
		for (size_t j = 0; j < packet->n_regions; j++) {
			const struct flow_region *region = &packet->regions[j];
			if (region->verdict == FLOW_ACCEPT &&
			    value_set_contains(region->ports, port))
				passing = value_set_unite(arena, passing, region->addresses);
		}
		open = value_set_intersect(arena, open, passing);
	}
	return open;
}

struct trial {
	struct arena *arena;
	const struct ruleset *ruleset;
	const struct host_state *host;
	struct flow_question question; /* the neighbourhood, and the ports around the one to open */
	struct value_set device;
	uint16_t port;
	const struct flow_answer *before;
};

/* The device gets in at its port; nobody else, and nowhere else, does anything change. */
static bool trial_passes(struct trial *trial, const struct amendment *amendment)
{
	struct flow_question amended = trial->question;

	amended.amendments = amendment;
	amended.n_amendments = 1;
	const struct flow_answer *after =
		flow_evaluate(trial->arena, trial->ruleset, trial->host, &amended);

	for (unsigned port = amended.host_ports.first; port <= amended.host_ports.last; port++) {
		struct value_set was = open_addresses(trial->arena, trial->before, (uint16_t)port);
		struct value_set is = open_addresses(trial->arena, after, (uint16_t)port);
		if (port == trial->port)
			was = value_set_unite(trial->arena, was, trial->device);
		if (!value_set_equal(was, is))
			return false;
	}
	return true;
}

static struct flow_question around(const struct flow_question *question, uint16_t port,
				   const struct cidr *neighbourhood)
{
	struct flow_question wider = *question;

	/* A network given by the user may be the wider one of the two. */
	if (neighbourhood->prefix < question->device.prefix)
		wider.device = *neighbourhood;
	wider.host_ports.first = port > 1 ? port - 1 : port;
	wider.host_ports.last = port < 65535 ? port + 1 : port;
	wider.amendments = NULL;
	wider.n_amendments = 0;
	return wider;
}

bool cure_find(struct arena *arena, const struct ruleset *ruleset, const struct host_state *host,
	       const struct flow_question *question, uint16_t port,
	       const struct cidr *neighbourhood, struct cure *ret_cure, const char **ret_why_not)
{
	struct cure_candidate candidates[3];
	size_t count = cure_ufw_candidates(arena, ruleset, &question->device, port, candidates);
	struct trial trial = {
		.arena = arena,
		.ruleset = ruleset,
		.host = host,
		.question = around(question, port, neighbourhood),
		.device = cidr_values(arena, &question->device),
		.port = port,
	};

	if (!count) {
		*ret_why_not =
			"the rules are not UFW's, and only UFW's can be cured by this version";
		return false;
	}
	trial.before = flow_evaluate(arena, ruleset, host, &trial.question);
	for (size_t i = 0; i < count; i++) {
		if (!trial_passes(&trial, &candidates[i].amendment))
			continue;
		*ret_cure = candidates[i].cure;
		ret_cure->amendment = candidates[i].amendment;
		return true;
	}
	*ret_why_not = "no rule of UFW alone lets the device in: other rules stop it too";
	return false;
}
