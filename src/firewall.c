/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/firewall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "probes/firewall_settings.h"
#include "record/journal.h"
#include "rules/cure.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/parse.h"
#include "rules/recent.h"
#include "src/host.h"
#include "src/options.h"
#include "src/predict.h"
#include "src/report.h"
#include "src/shell.h"
#include "src/target.h"
#include "src/worker.h"

enum { PREDICTED_OTA_PORT = 8266 };

static void read_legacy(struct firewall *firewall, struct worker *worker)
{
	cleanup(buffer_release) struct buffer dump = {0};
	struct error err = {0};

	if (worker_legacy_dump(worker, &dump, &err) < 0 ||
	    legacy_parse(firewall->ruleset, dump.data, dump.length, &err) < 0)
		firewall->legacy_error = xstrdup(err.text);
}

/* Where they cannot be read, what hangs on them is unknown. */
static void read_ipsets(struct firewall *firewall, struct worker *worker)
{
	cleanup(buffer_release) struct buffer dump = {0};

	if (ruleset_uses_ipsets(firewall->ruleset) && !worker_ipsets(worker, &dump, NULL))
		ipset_parse(firewall->ruleset, dump.data, dump.length, NULL);
}

static void read_recent(struct firewall *firewall, struct worker *worker)
{
	cleanup(buffer_release) struct buffer dump = {0};

	if (ruleset_uses_recent(firewall->ruleset) && !worker_recent(worker, &dump, NULL))
		recent_parse(firewall->ruleset, dump.data, dump.length, NULL);
}

/*
 * A large set is not read where it can be asked about one device, see firewall_ask(). A replay, a
 * record and a question about a network need all of it.
 */
static int read_rules(struct worker *worker, const struct options *options, struct buffer *dump,
		      struct error *err)
{
	if (options->verify || options->has_from || options->n_devices == 0 || journal_on())
		return worker_dump_ruleset(worker, dump, err);
	return worker_dump_ruleset_sparing(worker, dump, err);
}

static bool is_incomplete(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_tables; i++)
		for (size_t k = 0; k < ruleset->tables[i]->n_sets; k++)
			if (ruleset->tables[i]->sets[k]->incomplete)
				return true;
	return false;
}

static void ask_about(struct firewall *firewall, struct worker *worker,
		      const struct address *address)
{
	cleanup(buffer_release) struct buffer dump = {0};

	if (worker_elements(worker, address, &dump, NULL) >= 0)
		ruleset_add_answers(firewall->ruleset, dump.data, dump.length, NULL);
}

/* What could not be asked, or no longer holds, stays unknown. */
void firewall_ask(struct firewall *firewall, struct worker *worker, const struct target *target)
{
	bool single = target->device.prefix == 8 * address_length(&target->device.address);

	if (!firewall->ruleset || !single || !is_incomplete(firewall->ruleset))
		return;
	ask_about(firewall, worker, &target->device.address);
	ask_about(firewall, worker, &target->host);
}

void firewall_read(struct firewall *firewall, struct worker *worker, const struct options *options)
{
	cleanup(buffer_release) struct buffer dump = {0};

	*firewall = (struct firewall){0};
	int result = read_rules(worker, options, &dump, &firewall->error);
	/* A kernel without nf_tables has the legacy tables only. */
	if (result < 0 && result != -EPROTONOSUPPORT) {
		firewall->denied = result == -EPERM || result == -EACCES;
		return;
	}
	firewall->ruleset = ruleset_parse(dump.data, dump.length, &firewall->error);
	if (!firewall->ruleset)
		return;
	if (options->verify) {
		firewall->dump = dump;
		dump = (struct buffer){0};
	}
	read_legacy(firewall, worker);
	read_ipsets(firewall, worker);
	read_recent(firewall, worker);
}

void firewall_release(struct firewall *firewall)
{
	ruleset_free(firewall->ruleset);
	buffer_release(&firewall->dump);
	free(firewall->legacy_error);
}

uint16_t firewall_ota_port(const struct options *options, const struct target *target)
{
	if (options->ota_port)
		return options->ota_port;
	return target->announced_port ? target->announced_port : PREDICTED_OTA_PORT;
}

struct flow_question firewall_question(const struct target *target, const struct host *host,
				       const struct options *options, struct port_range ports)
{
	struct port_range ephemeral = host->sysctl.ephemeral;

	if (!ephemeral.first)
		ephemeral = (struct port_range){1024, 65535};
	return (struct flow_question){
		.device = target->device,
		.host = target->host,
		.host_ports = ports,
		.host_udp_ports = ephemeral,
		.ota_port = firewall_ota_port(options, target),
	};
}

struct flow_answer *firewall_evaluate(struct arena *arena, const struct firewall *firewall,
				      const struct host_state *state,
				      const struct flow_question *question)
{
	return flow_evaluate(arena, firewall->ruleset, state, question);
}

/* The headline among the findings so far: only the error just added can be cured. */
static struct finding *last_finding(struct report *report)
{
	return &report->findings[report->n_findings - 1];
}

static void say_no_cure(struct report *report, struct finding *finding, const char *why_not)
{
	struct fix none = {
		.kind = "other",
		.lasts_s = -1,
		.verified = "no",
		.note = arena_printf(report->arena, "No cure can be proven: %s.", why_not),
	};

	report_fix(report, finding, &none);
}

static void add_cure(const struct firewall *firewall, const struct host_state *state,
		     const struct target *target, const struct flow_question *question,
		     uint16_t port, struct report *report, struct cure *ret_cure)
{
	struct finding *finding = last_finding(report);
	struct cure cure;
	const char *why_not;

	if (finding->id != FINDING_FIREWALL_DROP && finding->id != FINDING_FIREWALL_REJECT) {
		say_no_cure(
			report, finding,
			"this version cures only what stops the device's connection on its way in");
		return;
	}
	if (!cure_find(report->arena, firewall->ruleset, state, question, port, &target->network,
		       &cure, &why_not)) {
		say_no_cure(report, finding, why_not);
		return;
	}
	struct fix fix = {
		.kind = cure.kind,
		.command = cure.command,
		.undo = cure.undo,
		.lasts_s = -1,
		.verified = "ruleset",
		.note = cure.note,
	};
	report_fix(report, finding, &fix);
	*ret_cure = cure;
}

bool firewall_legacy_doubt(const struct firewall *firewall, struct report *report)
{
	if (!firewall->legacy_error)
		return false;
	struct finding *finding =
		report_add(report, FINDING_FIREWALL_UNDECIDED, CERTAINTY_PREDICTED);
	report_title(report, finding, "Legacy iptables rules may be in use besides");
	report_detail(report, finding,
		      "The nf_tables rules let the device in, but the legacy iptables tables could "
		      "not be read.");
	report_evidence(report, finding, "ruleset", "%s", firewall->legacy_error);
	return true;
}

bool firewall_judge(const struct firewall *firewall, const struct host_state *state,
		    const struct target *target, const struct flow_question *question,
		    const struct flow_answer *answer, uint16_t port, struct report *report,
		    struct cure *ret_cure)
{
	int family = question->device.address.family;
	size_t before = report->n_findings;

	*ret_cure = (struct cure){0};
	predict_flow(report, answer, family, port);
	if (answer->order_assumed)
		report_unchecked(report, "order of rules",
				 "legacy iptables and nf_tables have chains at the same place, and "
				 "which of them comes first cannot be read");
	if (predict_findings(report, firewall->ruleset, answer, family, port)) {
		add_cure(firewall, state, target, question, port, report, ret_cure);
		return false;
	}
	if (report->n_findings == before && !firewall_legacy_doubt(firewall, report))
		report_passed(report, "firewall", "the rules let the device connect to port %u",
			      port);
	return true;
}

static const char *policy_name(enum firewall_policy policy)
{
	switch (policy) {
	case FIREWALL_POLICY_ACCEPT: return "allow";
	case FIREWALL_POLICY_DROP: return "deny";
	case FIREWALL_POLICY_REJECT: return "reject";
	default: return "unknown";
	}
}

static bool refuses(enum firewall_policy policy)
{
	return policy == FIREWALL_POLICY_DROP || policy == FIREWALL_POLICY_REJECT;
}

bool firewall_settings_refuse(struct report *report, struct finding *finding,
			      const char **ret_owner)
{
	struct ufw_settings ufw;
	struct firewalld_settings firewalld;

	ufw_settings_read("", &ufw);
	firewalld_settings_read("", &firewalld);
	if (finding && ufw.installed && ufw.enabled >= 0)
		report_evidence(report, finding, "config",
				"UFW is switched %s in /etc/ufw/ufw.conf, incoming: %s "
				"(/etc/default/ufw)",
				ufw.enabled ? "on" : "off", policy_name(ufw.input));
	if (finding && firewalld.running == 1)
		report_evidence(report, finding, "config", "firewalld runs, default zone %s",
				*firewalld.default_zone ? firewalld.default_zone : "unknown");
	*ret_owner = NULL;
	if (ufw.enabled == 1 && refuses(ufw.input))
		*ret_owner = "ufw";
	else if (firewalld.running == 1 && firewalld.target != FIREWALL_POLICY_ACCEPT)
		*ret_owner = "firewalld";
	return *ret_owner;
}

const char *firewall_fix_line(struct report *report, const struct options *options,
			      const struct target *target)
{
	cleanup(buffer_release) struct buffer line = {0};
	char text[CIDR_TEXT_SIZE];

	buffer_puts(&line, "espota-doctor --fix");
	if (options->has_from) {
		buffer_printf(&line, " --from %s", cidr_format(&options->from, text));
	} else if (target) {
		bool one = target->device.prefix == address_length(&target->device.address) * 8;
		buffer_puts(&line, one ? " -i " : " --from ");
		shell_quote(&line, target->name ? target->name : target_text(target, text));
	}
	if (options->host_port)
		buffer_printf(&line, " -P %u", options->host_port);
	if (options->ota_port)
		buffer_printf(&line, " -p %u", options->ota_port);
	if (options->host.family != AF_UNSPEC)
		buffer_printf(&line, " -I %s", address_format(&options->host, text));
	return arena_strdup(report->arena, buffer_text(&line));
}

void firewall_unreadable(const struct firewall *firewall, const struct options *options,
			 const struct target *target, struct report *report)
{
	struct finding *finding = report_add(report, FINDING_RULES_UNREADABLE, CERTAINTY_PROVEN);
	const char *owner;
	bool refused = firewall_settings_refuse(report, finding, &owner);

	report_detail(report, finding, "%s Reading the rules themselves needs root.",
		      refused ? "The readable settings refuse incoming connections."
			      : "Whether the device may connect back is not known.");
	report_evidence(report, finding, "ruleset", "%s", firewall->error.text);
	struct fix fix = {
		.kind = "other",
		.lasts_s = -1,
		.verified = "no",
		.command = firewall_fix_line(report, options, target),
		.note = "As root it reads the rules and prints the cure.",
	};
	report_fix(report, finding, &fix);
}
