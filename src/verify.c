/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/verify.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "rules/cure.h"
#include "rules/replay.h"
#include "src/preflight.h"
#include "src/report.h"
#include "src/run.h"
#include "src/verify_judge.h"

enum { OTHER_HOST, OTHER_PORT, MAX_STRANGERS };

/* Somebody else on the device's network; outside of it if the device is alone there. */
static struct address other_host(const struct preflight *preflight,
				 const struct flow_question *question)
{
	const struct cidr *network = &preflight->target.network;
	struct address other = question->device.address, outside = other;
	uint8_t *last = &other.bytes[address_length(&other) - 1];

	outside.bytes[address_length(&outside) - 1] ^= 1;
	for (unsigned tries = 0; tries < 255; tries++) {
		(*last)++;
		if (*last && *last != 255 && cidr_contains(network, &other) &&
		    !address_equal(&other, &question->host) &&
		    !address_equal(&other, &question->device.address))
			return other;
	}
	return outside;
}

static void choose_strangers(struct replay_stranger strangers[static MAX_STRANGERS],
			     const struct preflight *preflight,
			     const struct flow_question *question)
{
	uint16_t port = question->host_ports.first;

	strangers[OTHER_HOST] = (struct replay_stranger){other_host(preflight, question), port};
	strangers[OTHER_PORT] = (struct replay_stranger){
		question->device.address, (uint16_t)(port < 65535 ? port + 1 : port - 1)};
}

static struct replay_request request_for(struct run *run, const struct preflight *preflight,
					 const struct flow_question *question,
					 const struct replay_stranger *strangers)
{
	struct host_state *state = arena_alloc(run->arena, sizeof(*state));

	*state = *preflight->state;
	return (struct replay_request){
		.ruleset = run->firewall.ruleset,
		.dump = run->firewall.dump.data,
		.dump_length = run->firewall.dump.length,
		.host = state,
		.question = question,
		.strangers = strangers,
		.n_strangers = MAX_STRANGERS,
		.user_namespace = run->user_namespace,
	};
}

/* Once more, with what the cure does to the rules. */
static void verify_cure(struct report *report, struct replay_request request,
			const struct replay_answer *before, struct fix *fix,
			const struct cure *cure)
{
	struct flow_question amended = *request.question;
	struct replay_answer after;
	struct error err = {0};

	amended.amendments = &cure->amendment;
	amended.n_amendments = 1;
	request.question = &amended;
	if (replay_run(report->arena, &request, &after, &err)) {
		report_unchecked(report, "replay", "of the cure: %s", err.text);
		return;
	}
	if (replay_is_lossy(before) || replay_is_lossy(&after))
		return;
	if (verify_is_cured(before, &after)) {
		fix->verified = "kernel";
		return;
	}
	fix->verified = "no";
	report_unchecked(report, "prediction",
			 "the cure was predicted to work, but in the kernel's replay it does not: "
			 "please report this as a bug, with the output of --json");
}

/* The fix of the finding that was predicted, if that still holds. */
static struct fix *fix_of(struct report *report, const struct cure *cure)
{
	struct finding *last =
		report->n_findings ? &report->findings[report->n_findings - 1] : NULL;

	if (!cure->kind || !last || !last->n_fixes || last->fixes[0].command != cure->command)
		return NULL;
	return &last->fixes[0];
}

bool verify_by_replay(struct run *run, const struct preflight *preflight,
		      const struct flow_question *question, const struct flow_answer *answer,
		      const struct cure *cure, bool clear, struct report *report)
{
	struct replay_stranger strangers[MAX_STRANGERS];
	struct replay_answer kernel;
	struct verification verification = {
		.report = report,
		.ruleset = run->firewall.ruleset,
		.question = question,
		.answer = answer,
		.kernel = &kernel,
		.clear = clear,
	};
	struct error err = {0};

	choose_strangers(strangers, preflight, question);
	struct replay_request request = request_for(run, preflight, question, strangers);
	if (replay_run(run->arena, &request, &kernel, &err)) {
		report_unchecked(report, "replay", "%s", err.text);
		return clear;
	}
	verify_judge(&verification);
	struct fix *fix = verification.clear ? NULL : fix_of(report, cure);
	if (fix)
		verify_cure(report, request, &kernel, fix, cure);
	return verification.clear;
}
