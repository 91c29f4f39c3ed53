/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/verify_judge.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text.h"
#include "src/predict.h"
#include "src/report.h"

enum { TOLD_GAPS = 8 };

static const struct flow_region *predicted(const struct verification *verification, int packet)
{
	const struct flow_question *question = verification->question;

	return flow_region_at(verification->answer, (enum flow_packet)packet,
			      &question->device.address, question->host_ports.first);
}

/* FLOW_PACKETS if all passed. */
static int first_stop(const struct replay_answer *kernel)
{
	int packet = 0;

	while (packet < FLOW_PACKETS && kernel->packets[packet].verdict == REPLAY_ACCEPT)
		packet++;
	return packet;
}

static bool agrees(enum flow_verdict said, enum replay_verdict seen)
{
	switch (said) {
	case FLOW_ACCEPT: return seen == REPLAY_ACCEPT;
	case FLOW_DROP:
	case FLOW_REJECT: return seen == REPLAY_DROP || seen == REPLAY_REJECT;
	case FLOW_REDIRECT: return seen == REPLAY_ELSEWHERE;
	default: return true;
	}
}

static enum flow_verdict verdict_of(enum replay_verdict verdict)
{
	switch (verdict) {
	case REPLAY_ACCEPT: return FLOW_ACCEPT;
	case REPLAY_DROP: return FLOW_DROP;
	case REPLAY_REJECT: return FLOW_REJECT;
	case REPLAY_ELSEWHERE: return FLOW_REDIRECT;
	default: return FLOW_UNKNOWN;
	}
}

/* "drop at ip filter INPUT: …", or "drop" where no rule was met. */
static const char *step_words(struct verification *verification, const char *verdict,
			      const struct chain *chain, const struct rule *rule)
{
	cleanup(buffer_release) struct buffer text = {0};

	buffer_puts(&text, verdict);
	if (chain) {
		buffer_printf(&text, " at %s %s, chain %s: ", family_name(chain->table->family),
			      chain->table->name, chain->name);
		if (rule)
			rule_text(&text, rule);
		else if (chain->base)
			policy_text(&text, chain);
		else
			buffer_puts(&text, "its end");
	}
	return arena_strdup(verification->report->arena, buffer_text(&text));
}

static const char *kernel_words(struct verification *verification, int packet)
{
	const struct replay_packet *seen = &verification->kernel->packets[packet];

	return step_words(verification, replay_verdict_name(seen->verdict), seen->chain,
			  seen->rule);
}

static const char *predicted_words(struct verification *verification, int packet)
{
	const struct flow_region *region = predicted(verification, packet);

	if (!region)
		return "nothing";
	return step_words(verification, flow_verdict_name(region->verdict),
			  region->last ? region->last->chain : NULL,
			  region->last ? region->last->rule : NULL);
}

static void say_difference(struct verification *verification, int packet)
{
	report_unchecked(verification->report, "prediction",
			 "for %s the kernel's replay says \"%s\", the prediction \"%s\": please "
			 "report this as a bug, with the output of --json",
			 flow_packet_name((enum flow_packet)packet),
			 kernel_words(verification, packet), predicted_words(verification, packet));
}

/* Two different rulesets: no wonder, and no proof. */
static void say_no_proof(struct verification *verification, int packet)
{
	report_unchecked(verification->report, "replay",
			 "without that, the kernel's verdict on %s was \"%s\": nothing is proven",
			 flow_packet_name((enum flow_packet)packet),
			 kernel_words(verification, packet));
}

static void say_gaps(struct verification *verification)
{
	const struct replay_answer *kernel = verification->kernel;
	size_t told = 0, left = 0;

	for (size_t i = 0; i < kernel->n_gaps; i++) {
		const struct replay_gap *gap = &kernel->gaps[i];
		if (!gap->matters)
			continue;
		if (told++ < TOLD_GAPS)
			report_unchecked(verification->report, "replay", "not copied: %s: %s",
					 gap->what, gap->why);
		else
			left++;
	}
	if (left)
		report_unchecked(verification->report, "replay", "not copied: %zu more", left);
}

static struct finding *last_finding(struct report *report)
{
	return report->n_findings ? &report->findings[report->n_findings - 1] : NULL;
}

static void add_evidence(struct verification *verification, struct finding *finding, int packet)
{
	report_evidence(verification->report, finding, "replay",
			"in a copy of the rules%s the kernel's verdict on this packet was %s",
			verification->lossy ? ", which lacks something," : "",
			kernel_words(verification, packet));
}

/* The kernel stopped a packet that the prediction let pass, or at another place than it said. */
static void add_kernel_finding(struct verification *verification, int packet)
{
	const struct replay_packet *seen = &verification->kernel->packets[packet];
	const struct flow_question *question = verification->question;
	const struct flow_step step = {
		.chain = seen->chain,
		.rule = seen->rule,
		.base = seen->chain,
	};
	bool stopped = seen->chain && seen->verdict != REPLAY_ELSEWHERE;
	const struct flow_region region = {
		.verdict = stopped ? verdict_of(seen->verdict) : FLOW_UNKNOWN,
		.last = seen->chain ? &step : NULL,
		.doubt = stopped ? NULL : "what became of it: in a copy of the rules it got lost",
	};
	struct finding *finding =
		predict_finding(verification->report, verification->ruleset,
				verification->answer->host, (enum flow_packet)packet, &region,
				question->device.address.family, 1, question->host_ports.first);

	if (stopped)
		finding->certainty = CERTAINTY_PROVEN;
	add_evidence(verification, finding, packet);
	verification->clear = !stopped;
}

static bool same_place(const struct verification *verification, int packet)
{
	const struct replay_packet *seen = &verification->kernel->packets[packet];
	const struct flow_region *region = predicted(verification, packet);

	return region && region->last
		       ? region->last->chain == seen->chain && region->last->rule == seen->rule
		       : !seen->chain;
}

static void disagree(struct verification *verification, int packet)
{
	struct report *report = verification->report;
	int stop = first_stop(verification->kernel);

	if (verification->lossy) {
		say_no_proof(verification, packet);
		return;
	}
	say_difference(verification, packet);
	if (!verification->clear)
		report->n_findings--;
	verification->clear = true;
	if (stop < FLOW_PACKETS)
		add_kernel_finding(verification, stop);
	else
		report->replayed = true;
}

static void agree(struct verification *verification, int stop)
{
	struct report *report = verification->report;
	struct finding *finding = verification->clear ? NULL : last_finding(report);

	if (stop == FLOW_PACKETS) {
		report->replayed = !verification->lossy;
		if (report->replayed)
			report_passed(report, "replay",
				      "the kernel let all six packets pass in a copy of the rules");
		return;
	}
	if (!finding)
		return;
	if (!same_place(verification, stop)) {
		/* Redirection is the end of a way that no rule ends. */
		if (verification->kernel->packets[stop].verdict != REPLAY_ELSEWHERE)
			disagree(verification, stop);
		return;
	}
	if (!verification->lossy)
		finding->certainty = CERTAINTY_PROVEN;
	add_evidence(verification, finding, stop);
}

/* What hangs on a limit, a list, a random number hangs on it still: the copy has its own. */
static void leave_open(struct verification *verification, int packet)
{
	struct finding *finding = last_finding(verification->report);

	if (finding && finding->id == FINDING_FIREWALL_UNDECIDED)
		report_evidence(verification->report, finding, "replay",
				"in a copy of the rules, with its own limits and lists, the "
				"verdict was %s",
				kernel_words(verification, packet));
}

void verify_judge(struct verification *verification)
{
	int stop = first_stop(verification->kernel), unknown = FLOW_PACKETS;

	verification->lossy = replay_is_lossy(verification->kernel);
	say_gaps(verification);

	for (int packet = 0; packet < FLOW_PACKETS && packet <= stop; packet++) {
		const struct flow_region *region = predicted(verification, packet);
		if (!region || region->verdict == FLOW_UNKNOWN) {
			unknown = unknown < packet ? unknown : packet;
			continue;
		}
		if (agrees(region->verdict, verification->kernel->packets[packet].verdict))
			continue;
		if (unknown == FLOW_PACKETS)
			disagree(verification, packet);
		else
			leave_open(verification, unknown);
		return;
	}
	if (unknown < FLOW_PACKETS && (stop == FLOW_PACKETS || unknown <= stop))
		leave_open(verification, unknown);
	else
		agree(verification, stop);
}

static bool is_open(const struct replay_packet *packet)
{
	return packet->verdict == REPLAY_ACCEPT;
}

/* The device gets in, and for others nothing changes. */
bool verify_is_cured(const struct replay_answer *before, const struct replay_answer *after)
{
	for (int packet = SYN_IN; packet < FLOW_PACKETS; packet++)
		if (!is_open(&after->packets[packet]))
			return false;
	for (int i = 0; i < REPLAY_STRANGERS; i++)
		if (is_open(&after->strangers[i]) != is_open(&before->strangers[i]))
			return false;
	return true;
}
