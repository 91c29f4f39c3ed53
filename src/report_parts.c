/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/report_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "src/shell_text.h"
#include "src/units.h"

const struct finding *report_headline(const struct report *report)
{
	const struct finding *first = report->n_findings ? &report->findings[0] : NULL;

	if (first && first->severity <= SEVERITY_UNKNOWN)
		return first;
	/* Address translation is a warning that still leaves the outcome open. */
	return report->verdict == REPORT_UNKNOWN ? report_find(report, FINDING_HOST_BEHIND_NAT)
						 : NULL;
}

const char *part_certainty_label(enum certainty certainty)
{
	switch (certainty) {
	case CERTAINTY_PROVEN: return "proof";
	case CERTAINTY_PREDICTED: return "basis";
	case CERTAINTY_LIKELY: return "signs";
	default: return "seen";
	}
}

const char *part_certainty_sentence(const struct finding *finding)
{
	bool is_about_rules = finding->rule || finding->packet;

	switch (finding->certainty) {
	case CERTAINTY_PROVEN: return "proven: it was observed";
	case CERTAINTY_PREDICTED:
		return is_about_rules
			       ? "predicted: it follows from the rules as read"
			       : "predicted: it follows from this computer's settings as read";
	case CERTAINTY_LIKELY: return "likely: it fits what was seen; something else could too";
	default: return "not certain";
	}
}

void part_scope(struct buffer *out, const struct cidr *scope, size_t count)
{
	char text[CIDR_TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "%s %s", i ? "," : "", cidr_format(&scope[i], text));
}

static void add_word(struct buffer *out, const char *word)
{
	if (word && *word)
		buffer_printf(out, "%s%s", out->length ? " " : "", word);
}

void part_rule(struct buffer *out, const struct rule_reference *rule)
{
	add_word(out, rule->family);
	add_word(out, rule->table);
	add_word(out, rule->chain);
	if (!strcmp(rule->kind, "policy"))
		buffer_puts(out, ", policy");
	else if (rule->position)
		buffer_printf(out, ", rule %u", rule->position);
	if (rule->handle)
		buffer_printf(out, " (handle %" PRIu64 ")", rule->handle);
	if (rule->set)
		buffer_printf(out, ", element of set %s", rule->set);
	if (rule->text && *rule->text)
		buffer_printf(out, ": %s", rule->text);
}

void part_step(struct buffer *out, const struct flow_report_step *step)
{
	buffer_printf(out, "      %-12s %s %s %s", step->hook, step->family, step->table,
		      step->chain);
	if (step->handle)
		buffer_printf(out, " (handle %" PRIu64 ")", step->handle);
	buffer_printf(out, ": %s", step->text);
	if (step->verdict && !strstr(step->text, step->verdict))
		buffer_printf(out, " -> %s", step->verdict);
	buffer_puts(out, "\n");
}

void part_command(struct buffer *out, const struct fix *fix, const char *command, bool sudo)
{
	if (sudo && strcmp(fix->kind, "port") != 0)
		shell_add_with_sudo(out, command);
	else
		buffer_puts(out, command);
}

static bool is_firewall_rule(const struct fix *fix)
{
	return !strcmp(fix->kind, "ufw") || !strcmp(fix->kind, "firewalld") ||
	       !strcmp(fix->kind, "nft") || !strcmp(fix->kind, "iptables");
}

/* A call of this program changes nothing that could be checked beforehand. */
static bool is_own_call(const char *command)
{
	static const char own[] = "espota-doctor ";

	return !strncmp(command, own, sizeof(own) - 1);
}

static const char *verified_sentence(const struct fix *fix)
{
	const char *verified = fix->verified ? fix->verified : "no";

	if (!fix->command)
		return NULL;
	if (!strcmp(verified, "kernel"))
		return is_firewall_rule(fix)
			       ? "Checked by the kernel in a copy of the rules: the device gets in, "
				 "another host and another port stay shut."
			       : "Checked by the kernel in a copy of the rules.";
	if (strcmp(verified, "ruleset") != 0)
		return is_own_call(fix->command) ? NULL : "Not checked.";
	return is_firewall_rule(fix) ? "Checked against the rules as read: the device gets in, "
				       "another host and another port stay shut."
				     : "Checked against the rules as read.";
}

void part_fix_remarks(struct buffer *out, const struct fix *fix)
{
	add_word(out, fix->note);
	add_word(out, verified_sentence(fix));
	if (fix->lasts_s > 0) {
		add_word(out, "Ends by itself after ");
		units_duration(out, fix->lasts_s);
		buffer_puts(out, ".");
	} else if (fix->command && is_firewall_rule(fix) && fix->undo) {
		add_word(out, "Stays until undone.");
	}
}

const char *part_fate(const struct report *report)
{
	if (report->mode != REPORT_CHECK && report->mode != REPORT_UPLOAD)
		return "";
	switch (report->flash) {
	case FLASH_WRITTEN: return "The device has written the new image.";
	case FLASH_UNKNOWN:
		return "Whether the device was updated is not known: see which firmware it runs "
		       "before uploading again.";
	default: break;
	}
	return report->device_contacted
		       ? "Nothing was flashed; the device still runs its old firmware."
		       : "Nothing was flashed: the device was not asked for anything.";
}

void part_label(struct buffer *out, const struct report *report)
{
	char address[ADDRESS_TEXT_SIZE], network[CIDR_TEXT_SIZE];
	const char *name = report->device.name;

	address_format(&report->device.address, address);
	if (report->device.is_network)
		buffer_puts(out, cidr_format(&report->device.network, network));
	else if (name && *address && strcmp(name, address) != 0)
		buffer_printf(out, "%s (%s)", name, address);
	else
		buffer_puts(out, name ? name : *address ? address : "the device");
}

static const char *clear_remark(const struct report *report)
{
	bool did = report->rehearsed || report->flash == FLASH_WRITTEN;

	switch (report->certainty) {
	case CERTAINTY_PROVEN:
		return report->replayed && !did
			       ? " (proven: the kernel let it in, in a copy of the rules)"
			       : " (proven: it did)";
	case CERTAINTY_PREDICTED: return " (predicted from the rules as read)";
	case CERTAINTY_LIKELY: return " (likely)";
	default: return "";
	}
}

void part_answered(struct buffer *out, const struct report *report)
{
	part_label(out, report);
	buffer_printf(out, " answers on OTA port %u", report->device.port);
	if (report->device.auth && strcmp(report->device.auth, "none") != 0)
		buffer_puts(out, ", the password is right");
}

void part_clear(struct buffer *out, const struct report *report)
{
	char address[ADDRESS_TEXT_SIZE];

	if (report->device.is_network)
		buffer_puts(out, "every address of ");
	part_label(out, report);
	if (report->device_contacted && report->device.port)
		buffer_printf(out, ", OTA port %u,", report->device.port);
	buffer_puts(out, " can call back to ");
	buffer_puts(out, address_length(&report->host.address)
				 ? address_format(&report->host.address, address)
				 : "this computer");
	if (report->host.port)
		buffer_printf(out, "%s%u", *address ? ":" : " on port ", report->host.port);
	buffer_puts(out, clear_remark(report));
}

void part_upload(struct buffer *out, const struct upload_result *upload)
{
	units_bytes(out, (double)upload->bytes);
	buffer_printf(out, " in %.1f s", upload->seconds);
	if (upload->seconds > 0) {
		buffer_puts(out, " (");
		units_bytes(out, (double)upload->bytes / upload->seconds);
		buffer_puts(out, "/s)");
	}
	buffer_puts(out, "; the device confirmed it and restarts");
}

const char *part_unnamed(const struct report *report)
{
	if (report->mode == REPORT_PORTS)
		return "No port of 1024 and above is both open to the device and free here";
	return "There was nothing to check: no directly connected network was found";
}

/* The one whose exit code the whole run ends with. */
static const struct finding *deciding_finding(const struct report *report)
{
	const struct finding *headline = report_headline(report);

	if (headline || report->mode != REPORT_FLEET)
		return headline;
	for (size_t i = 0; !headline && i < report->n_reports; i++)
		if (report->reports[i]->exit_code == report->exit_code)
			headline = report_headline(report->reports[i]);
	return headline;
}

void part_last_line(struct buffer *out, const struct report *report)
{
	const struct finding *finding = deciding_finding(report);

	if (report->stopped_by)
		buffer_printf(
			out,
			"espota-doctor: stopped by SIG%s, exit %d (espota-doctor explain %d)\n",
			sigabbrev_np(report->stopped_by), report->exit_code, report->exit_code);
	else if (finding)
		buffer_printf(out, "espota-doctor: %s, exit %d (espota-doctor explain %s)\n",
			      finding_name(finding->id), report->exit_code,
			      finding_name(finding->id));
	else
		buffer_printf(out, "espota-doctor: %s, exit %d (espota-doctor explain %d)\n",
			      report->exit_code == 3 ? "no open port" : "nothing found",
			      report->exit_code, report->exit_code);
}
