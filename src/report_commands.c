/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "src/report_print.h"
#include "src/shell_text.h"

/* What may be piped into a root shell: a firewall's own command, shown to work by the rules. */
static bool is_for_shell(const struct fix *fix)
{
	static const char *const kinds[] = {"ufw", "firewalld", "nft", "iptables"};
	bool firewall = false;

	for (size_t i = 0; fix->kind && i < ARRAY_SIZE(kinds); i++)
		firewall |= !strcmp(fix->kind, kinds[i]);
	return firewall && fix->command && *fix->command && fix->verified &&
	       strcmp(fix->verified, "no") != 0;
}

static void add_commands(struct buffer *out, const struct report *report)
{
	const struct finding *headline = report->n_findings ? &report->findings[0] : NULL;
	size_t i = 0;

	if (!headline || report->verdict == REPORT_CLEAR)
		return;
	while (i < headline->n_fixes && !is_for_shell(&headline->fixes[i]))
		i++;
	if (i == headline->n_fixes)
		return;

	struct shell_commands commands = {.rest = headline->fixes[i].command};
	while (shell_next(&commands)) {
		buffer_add(out, commands.command, commands.length);
		buffer_puts(out, "\n");
	}
}

void report_fix_commands(struct buffer *out, const struct report *report)
{
	add_commands(out, report);
	for (size_t i = 0; i < report->n_reports; i++)
		add_commands(out, report->reports[i]);
}

static void add_ranges(struct buffer *out, const struct report *report, const char *prefix)
{
	for (size_t i = 0; i < report->n_ports; i++)
		buffer_printf(out, "%s%s%u-%u\n", prefix, *prefix ? " " : "",
			      report->ports[i].first, report->ports[i].last);
}

static const char *device_label(const struct report *report, char text[static CIDR_TEXT_SIZE])
{
	if (report->device.is_network)
		return cidr_format(&report->device.network, text);
	return address_format(&report->device.address, text);
}

void report_ports(struct buffer *out, const struct report *report)
{
	char text[CIDR_TEXT_SIZE];

	add_ranges(out, report, "");
	for (size_t i = 0; i < report->n_reports; i++)
		add_ranges(out, report->reports[i], device_label(report->reports[i], text));
}
