/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/predict.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/owner.h"
#include "rules/text.h"
#include "src/report.h"
#include "src/scope.h"

static char *step_text(struct arena *arena, const struct host_state *host,
		       const struct flow_step *step)
{
	cleanup(buffer_release) struct buffer text = {0};

	if (step->rule)
		rule_text_on(&text, step->rule, host);
	else
		policy_text(&text, step->chain);
	return arena_strdup(arena, buffer_text(&text));
}

static size_t path_length(const struct flow_step *last)
{
	size_t length = 0;

	for (const struct flow_step *step = last; step; step = step->previous)
		length++;
	return length;
}

static void fill_steps(struct arena *arena, const struct host_state *host,
		       struct flow_report *packet, const struct flow_step *last)
{
	packet->n_steps = path_length(last);
	packet->steps = arena_array(arena, packet->n_steps, sizeof(*packet->steps));

	size_t i = packet->n_steps;
	for (const struct flow_step *step = last; step; step = step->previous) {
		packet->steps[--i] = (struct flow_report_step){
			.hook = step->hook,
			.family = family_name(step->chain->table->family),
			.table = step->chain->table->name,
			.chain = step->chain->name,
			.priority = step->base && step->base->base ? step->base->base->priority : 0,
			.handle = step->rule ? step->rule->handle : 0,
			.text = step_text(arena, host, step),
			.verdict = step->verdict,
		};
	}
}

/* A redirected packet has passed the rules: what stops the exchange is said by the finding. */
static const char *reported_verdict(enum flow_verdict verdict)
{
	return flow_verdict_name(verdict == FLOW_REDIRECT ? FLOW_ACCEPT : verdict);
}

static size_t count_regions(const struct flow_packet_answer *packet, uint16_t port)
{
	size_t count = 0;

	for (size_t i = 0; i < packet->n_regions; i++)
		count += value_set_contains(packet->regions[i].ports, port);
	return count;
}

static void flow_entries(struct report *report, enum flow_packet packet,
			 const struct flow_answer *whole, int family, uint16_t port)
{
	const struct flow_packet_answer *answer = &whole->packets[packet];
	size_t parts = count_regions(answer, port);

	for (size_t i = 0; i < answer->n_regions; i++) {
		const struct flow_region *region = &answer->regions[i];
		if (!value_set_contains(region->ports, port))
			continue;
		struct flow_report *entry = &report->flow[report->n_flow++];
		entry->packet = flow_packet_name(packet);
		entry->verdict = reported_verdict(region->verdict);
		if (parts > 1)
			entry->n_scope = scope_cidrs(report->arena, region->addresses, family,
						     &entry->scope);
		fill_steps(report->arena, whole->host, entry, region->last);
	}
}

void predict_flow(struct report *report, const struct flow_answer *answer, int family,
		  uint16_t port)
{
	size_t total = 0;

	for (int packet = 0; packet < FLOW_PACKETS; packet++)
		total += count_regions(&answer->packets[packet], port);
	report->flow = arena_array(report->arena, total, sizeof(*report->flow));
	report->n_flow = 0;
	for (int packet = 0; packet < FLOW_PACKETS; packet++)
		flow_entries(report, packet, answer, family, port);
}

/* How bad a region is for the exchange: the first packet's worst region is the headline. */
static bool stops(const struct flow_region *region)
{
	return region->verdict == FLOW_DROP || region->verdict == FLOW_REJECT ||
	       region->verdict == FLOW_REDIRECT;
}

static const struct flow_region *largest(const struct flow_packet_answer *packet, uint16_t port,
					 bool (*wanted)(const struct flow_region *))
{
	const struct flow_region *found = NULL;

	for (size_t i = 0; i < packet->n_regions; i++) {
		const struct flow_region *region = &packet->regions[i];
		if (!value_set_contains(region->ports, port) || !wanted(region))
			continue;
		if (!found || value_set_size(region->addresses) > value_set_size(found->addresses))
			found = region;
	}
	return found;
}

static bool undecided(const struct flow_region *region)
{
	return region->verdict == FLOW_UNKNOWN;
}

static enum finding_id finding_of(enum flow_packet packet, enum flow_verdict verdict)
{
	if (verdict == FLOW_UNKNOWN)
		return FINDING_FIREWALL_UNDECIDED;
	switch (packet) {
	case INVITATION_OUT: return FINDING_FIREWALL_EGRESS;
	case REPLY_IN: return FINDING_FIREWALL_REPLY;
	case SYN_IN:
		return verdict == FLOW_REDIRECT ? FINDING_FIREWALL_REDIRECT
		       : verdict == FLOW_REJECT ? FINDING_FIREWALL_REJECT
						: FINDING_FIREWALL_DROP;
	case SYNACK_OUT: return FINDING_FIREWALL_SYNACK;
	default: return FINDING_FIREWALL_TRANSFER;
	}
}

static const struct rule_reference *reference(struct arena *arena, const struct ruleset *ruleset,
					      const struct host_state *host,
					      const struct flow_step *step)
{
	struct rule_reference *rule = arena_alloc(arena, sizeof(*rule));
	cleanup(buffer_release) struct buffer named = {0};
	const char *text = step_text(arena, host, step);

	if (rule_owner_text(&named, ruleset, step->chain, step->rule))
		text = arena_printf(arena, "%s (%s)", buffer_text(&named), text);
	*rule = (struct rule_reference){
		.kind = step->element ? "element"
			: step->rule  ? "rule"
				      : "policy",
		.backend = step->chain->table->backend == TABLE_LEGACY ? "legacy" : "nft",
		.family = family_name(step->chain->table->family),
		.table = step->chain->table->name,
		.chain = step->chain->name,
		.handle = step->rule ? step->rule->handle : 0,
		.position = step->rule ? step->rule->position : 0,
		.set = step->element && step->set ? step->set->name : NULL,
		.text = text,
		.owner = chain_owner(ruleset, step->chain),
	};
	return rule;
}

static const char *packet_words(enum flow_packet packet)
{
	static const char *const words[FLOW_PACKETS] = {
		[INVITATION_OUT] = "the invitation to the device",
		[REPLY_IN] = "the device's answer to the invitation",
		[SYN_IN] = "the device's connection",
		[SYNACK_OUT] = "its own answer to the device's connection",
		[DATA_IN] = "the device's packets of an open connection",
		[DATA_OUT] = "its own packets of an open connection",
	};

	return words[packet];
}

static const char *verdict_words(enum flow_verdict verdict)
{
	switch (verdict) {
	case FLOW_REJECT: return "refuses";
	case FLOW_REDIRECT: return "redirects";
	default: return "blocks";
	}
}

static void say_title(struct report *report, struct finding *finding, enum flow_packet packet,
		      const struct flow_region *region)
{
	const struct rule_reference *rule = finding->rule;

	if (region->verdict == FLOW_UNKNOWN)
		report_title(report, finding, "Whether the rules let %s pass cannot be known",
			     packet_words(packet));
	else if (rule && rule->owner)
		report_title(report, finding, "%s on this computer %s %s", owner_title(rule->owner),
			     verdict_words(region->verdict), packet_words(packet));
	else
		report_title(report, finding, "%s on this computer %s %s",
			     rule && !strcmp(rule->kind, "policy") ? "A firewall policy"
								   : "A firewall rule",
			     verdict_words(region->verdict), packet_words(packet));
}

static void say_why_later(struct report *report, struct finding *finding, enum flow_packet packet,
			  uint16_t port)
{
	if (packet == INVITATION_OUT)
		report_detail(report, finding,
			      "The invitation (UDP to the device) does not get out, so that the "
			      "device never hears of the upload.");
	else if (packet == REPLY_IN)
		report_detail(report, finding,
			      "The device's answer (UDP) does not get in, so that it stays unknown "
			      "whether the device agrees.");
	else if (packet == SYNACK_OUT)
		report_detail(
			report, finding,
			"The device's connection to TCP port %u gets in, but the answer to it "
			"does not get out.",
			port);
	else
		report_detail(report, finding,
			      "The device's connection to TCP port %u opens, but its later packets "
			      "do not get %s.",
			      port, packet == DATA_IN ? "in" : "out");
}

static void say_why(struct report *report, struct finding *finding, enum flow_packet packet,
		    const struct flow_region *region, uint16_t port)
{
	char target[ADDRESS_TEXT_SIZE];

	if (region->verdict == FLOW_UNKNOWN)
		report_detail(report, finding, "It hangs on %s.",
			      region->doubt ? region->doubt : "something no one can know");
	else if (region->verdict == FLOW_REDIRECT && packet != SYN_IN)
		report_detail(report, finding, "Address translation sends %s on to %s port %u.",
			      packet_words(packet), address_format(&region->redirect_to, target),
			      region->redirect_port);
	else if (region->verdict == FLOW_REDIRECT)
		report_detail(report, finding,
			      "Address translation sends connections to port %u on to %s port %u.",
			      port, address_format(&region->redirect_to, target),
			      region->redirect_port);
	else if (packet == SYN_IN && !region->last->rule)
		report_detail(report, finding,
			      "The device fetches the image by connecting to TCP port %u here. "
			      "No rule accepts that, so the chain's policy %s it.",
			      port, region->verdict == FLOW_REJECT ? "refuses" : "drops");
	else if (packet == SYN_IN)
		report_detail(report, finding,
			      "The device fetches the image by connecting to TCP port %u here. "
			      "A rule %s that connection.",
			      port, region->verdict == FLOW_REJECT ? "refuses" : "drops");
	else
		say_why_later(report, finding, packet, port);
}

static bool is_nat(const struct flow_step *step)
{
	return step->base && step->base->base->type && strcmp(step->base->base->type, "nat") == 0;
}

/*
 * The rule by which translation changed the packet's source or destination: the last one of a nat
 * chain on its way at the hooks that can (nf_nat_inet_fn() asks no further chain there).
 */
static const struct flow_step *translating_step(const struct flow_step *step, bool source)
{
	for (; step; step = step->previous) {
		bool changes_source =
			!strcmp(step->hook, "postrouting") || !strcmp(step->hook, "input");
		if (step->rule && is_nat(step) && changes_source == source)
			break;
	}
	return step;
}

/* A redirected packet goes on through other chains after the rule that made it another's. */
static const struct flow_step *deciding_step(const struct flow_region *region)
{
	const struct flow_step *step =
		region->verdict == FLOW_REDIRECT ? translating_step(region->last, false) : NULL;

	return step ? step : region->last;
}

struct finding *predict_finding(struct report *report, const struct ruleset *ruleset,
				const struct host_state *host, enum flow_packet packet,
				const struct flow_region *region, int family, size_t parts,
				uint16_t port)
{
	const struct flow_step *step = deciding_step(region);
	/* where another rule may decide, it may drop what this one rejects */
	struct finding *finding =
		report_add(report, finding_of(packet, region->verdict),
			   region->step_doubt ? CERTAINTY_LIKELY : CERTAINTY_PREDICTED);

	finding->packet = flow_packet_name(packet);
	if (parts > 1)
		finding->n_scope =
			scope_cidrs(report->arena, region->addresses, family, &finding->scope);
	if (step)
		finding->rule = reference(report->arena, ruleset, host, step);
	say_title(report, finding, packet, region);
	say_why(report, finding, packet, region, port);
	if (finding->rule)
		report_evidence(report, finding, "ruleset", "%s %s, chain %s: %s",
				finding->rule->family, finding->rule->table, finding->rule->chain,
				finding->rule->text);
	if (region->step_doubt)
		report_evidence(report, finding, "ruleset",
				"another rule may be the one that decides: that hangs on %s",
				region->step_doubt);
	return finding;
}

static bool changes_source(const struct flow_region *region)
{
	return region->source_changed && region->new_source.family != AF_UNSPEC;
}

/*
 * The device calls the address that its invitation came from. If that is not this host's, where it
 * listens, the connection goes elsewhere, whatever the rules say of one that would come here.
 */
static void add_called_elsewhere(struct report *report, const struct ruleset *ruleset,
				 const struct host_state *host, const struct flow_region *region)
{
	struct finding *finding =
		report_add(report, FINDING_FIREWALL_REDIRECT, CERTAINTY_PREDICTED);
	const struct flow_step *step = translating_step(region->last, true);
	char source[ADDRESS_TEXT_SIZE];

	address_format(&region->new_source, source);
	finding->packet = flow_packet_name(SYN_IN);
	report_title(report, finding, "A rule on this computer makes the device call %s", source);
	report_detail(report, finding,
		      "Address translation gives the invitation the source address %s. The device "
		      "connects to where its invitation came from, and that is not this computer's "
		      "address in its network.",
		      source);
	if (!step)
		return;
	finding->rule = reference(report->arena, ruleset, host, step);
	report_evidence(report, finding, "ruleset", "%s %s, chain %s: %s", finding->rule->family,
			finding->rule->table, finding->rule->chain, finding->rule->text);
}

/* Between the packets: the exchange by UDP passes, and then the device calls. */
static bool add_elsewhere_before(struct report *report, const struct ruleset *ruleset,
				 const struct flow_answer *answer, int packet, uint16_t port)
{
	const struct flow_region *region =
		packet == SYN_IN ? largest(&answer->packets[INVITATION_OUT], port, changes_source)
				 : NULL;

	if (region)
		add_called_elsewhere(report, ruleset, answer->host, region);
	return region;
}

static bool add_first(struct report *report, const struct ruleset *ruleset,
		      const struct flow_answer *answer, int family, uint16_t port,
		      bool (*wanted)(const struct flow_region *), enum flow_packet first)
{
	for (int packet = first; packet < FLOW_PACKETS; packet++) {
		const struct flow_packet_answer *parts = &answer->packets[packet];
		const struct flow_region *region = largest(parts, port, wanted);
		if (wanted == stops && add_elsewhere_before(report, ruleset, answer, packet, port))
			return true;
		if (!region)
			continue;
		predict_finding(report, ruleset, answer->host, packet, region, family,
				count_regions(parts, port), port);
		return true;
	}
	return false;
}

bool predict_findings(struct report *report, const struct ruleset *ruleset,
		      const struct flow_answer *answer, int family, uint16_t port)
{
	if (add_first(report, ruleset, answer, family, port, stops, INVITATION_OUT))
		return true;
	add_first(report, ruleset, answer, family, port, undecided, INVITATION_OUT);
	return false;
}

struct finding *predict_undecided(struct report *report, const struct ruleset *ruleset,
				  const struct flow_answer *answer, int family, uint16_t port)
{
	if (!add_first(report, ruleset, answer, family, port, undecided, SYN_IN))
		return NULL;
	return &report->findings[report->n_findings - 1];
}
