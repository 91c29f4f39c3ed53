/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "src/names.h"
#include "src/safe_text.h"
#include "src/report_print.h"

/* Every key is written, in the order of the contract; jansson keeps the order of insertion. */

static json_t *text_or_null(const char *text)
{
	if (!text)
		return json_null();

	json_t *value = json_string(text);
	if (value)
		return value;
	cleanup(free_pointer) char *copy = xstrdup(text); /* it was no UTF-8 */
	safe_text_in_place(copy, strlen(copy));
	return json_string(copy);
}

static json_t *number_or_null(uint64_t number)
{
	return number ? json_integer((json_int_t)number) : json_null();
}

static json_t *address_or_null(const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	return text_or_null(*address_format(address, text) ? text : NULL);
}

static json_t *cidr_value(const struct cidr *cidr)
{
	char text[CIDR_TEXT_SIZE];

	return json_string(cidr_format(cidr, text));
}

static json_t *scope_value(const struct cidr *scope, size_t count)
{
	if (!count)
		return json_null();
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, cidr_value(&scope[i]));
	return list;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text_or_null(text));
}

static json_t *device_value(const struct report *report)
{
	json_t *device = json_object();

	set_text(device, "name", report->device.name);
	json_object_set_new(device, "address", address_or_null(&report->device.address));
	json_object_set_new(device, "port", number_or_null(report->device.port));
	set_text(device, "mac", report->device.mac);
	set_text(device, "family", report->device.family);
	set_text(device, "auth", report->device.auth);
	json_object_set_new(device, "network",
			    report->device.is_network ? cidr_value(&report->device.network)
						      : json_null());
	return device;
}

static json_t *host_value(const struct report *report)
{
	json_t *host = json_object();

	set_text(host, "name", report->host.name);
	set_text(host, "interface", report->host.interface);
	json_object_set_new(host, "address", address_or_null(&report->host.address));
	json_object_set_new(host, "port", number_or_null(report->host.port));
	set_text(host, "port_source", report->host.port_source);
	return host;
}

static json_t *rule_value(const struct rule_reference *rule)
{
	if (!rule)
		return json_null();
	json_t *value = json_object();
	set_text(value, "kind", rule->kind);
	set_text(value, "backend", rule->backend);
	set_text(value, "family", rule->family);
	set_text(value, "table", rule->table);
	set_text(value, "chain", rule->chain);
	json_object_set_new(value, "handle", number_or_null(rule->handle));
	json_object_set_new(value, "position", number_or_null(rule->position));
	set_text(value, "set", rule->set);
	set_text(value, "text", rule->text);
	set_text(value, "owner", rule->owner);
	return value;
}

static json_t *evidence_value(const struct finding *finding)
{
	json_t *list = json_array();

	for (size_t i = 0; i < finding->n_evidence; i++) {
		json_t *evidence = json_object();
		set_text(evidence, "source", finding->evidence[i].source);
		set_text(evidence, "text", finding->evidence[i].text);
		json_array_append_new(list, evidence);
	}
	return list;
}

static json_t *fix_value(const struct fix *fix)
{
	json_t *value = json_object();

	set_text(value, "kind", fix->kind);
	set_text(value, "command", fix->command);
	set_text(value, "undo", fix->undo);
	json_object_set_new(value, "lasts_s",
			    number_or_null(fix->lasts_s > 0 ? (uint64_t)fix->lasts_s : 0));
	set_text(value, "verified", fix->verified ? fix->verified : "no");
	set_text(value, "note", fix->note);
	return value;
}

static json_t *finding_value(const struct finding *finding)
{
	json_t *value = json_object();

	set_text(value, "id", finding_name(finding->id));
	set_text(value, "severity", severity_name(finding->severity));
	set_text(value, "certainty", certainty_name(finding->certainty));
	set_text(value, "title", finding->title);
	set_text(value, "detail", finding->detail ? finding->detail : "");
	json_object_set_new(value, "scope", scope_value(finding->scope, finding->n_scope));
	set_text(value, "packet", finding->packet);
	json_object_set_new(value, "rule", rule_value(finding->rule));
	json_object_set_new(value, "evidence", evidence_value(finding));
	json_t *fixes = json_array();
	for (size_t i = 0; i < finding->n_fixes; i++)
		json_array_append_new(fixes, fix_value(&finding->fixes[i]));
	json_object_set_new(value, "fixes", fixes);
	return value;
}

static json_t *findings_value(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_findings; i++)
		json_array_append_new(list, finding_value(&report->findings[i]));
	return list;
}

static json_t *step_value(const struct flow_report_step *step)
{
	json_t *value = json_object();

	set_text(value, "hook", step->hook);
	set_text(value, "family", step->family);
	set_text(value, "table", step->table);
	set_text(value, "chain", step->chain);
	json_object_set_new(value, "priority", json_integer(step->priority));
	json_object_set_new(value, "handle", number_or_null(step->handle));
	set_text(value, "text", step->text);
	set_text(value, "verdict", step->verdict);
	return value;
}

/* The rules were not read, or it never came to that: nothing is known of any of the six. */
static json_t *unknown_flow(void)
{
	json_t *list = json_array();

	for (int packet = 0; packet < FLOW_PACKETS; packet++) {
		json_t *value = json_object();
		set_text(value, "packet", flow_packet_name(packet));
		set_text(value, "verdict", flow_verdict_name(FLOW_UNKNOWN));
		json_object_set_new(value, "scope", json_null());
		json_object_set_new(value, "steps", json_array());
		json_array_append_new(list, value);
	}
	return list;
}

static json_t *flow_value(const struct report *report)
{
	bool is_about_flow = report->mode == REPORT_CHECK || report->mode == REPORT_UPLOAD;

	if (!report->n_flow && is_about_flow)
		return unknown_flow();
	json_t *list = json_array();
	for (size_t i = 0; i < report->n_flow; i++) {
		const struct flow_report *flow = &report->flow[i];
		json_t *packet = json_object();
		set_text(packet, "packet", flow->packet);
		set_text(packet, "verdict", flow->verdict);
		json_object_set_new(packet, "scope", scope_value(flow->scope, flow->n_scope));
		json_t *steps = json_array();
		for (size_t step = 0; step < flow->n_steps; step++)
			json_array_append_new(steps, step_value(&flow->steps[step]));
		json_object_set_new(packet, "steps", steps);
		json_array_append_new(list, packet);
	}
	return list;
}

static json_t *unchecked_value(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_unchecked; i++) {
		json_t *unchecked = json_object();
		set_text(unchecked, "what", report->unchecked[i].what);
		set_text(unchecked, "reason", report->unchecked[i].reason);
		json_array_append_new(list, unchecked);
	}
	return list;
}

static json_t *ports_value(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_ports; i++) {
		json_t *range = json_array();
		json_array_append_new(range, json_integer(report->ports[i].first));
		json_array_append_new(range, json_integer(report->ports[i].last));
		json_array_append_new(list, range);
	}
	return list;
}

static json_t *devices_value(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_devices; i++) {
		const struct found_device *found = &report->devices[i];
		json_t *device = json_object();
		set_text(device, "name", found->name);
		json_object_set_new(device, "address", address_or_null(&found->address));
		json_object_set_new(device, "port", number_or_null(found->port));
		set_text(device, "board", found->board);
		json_object_set_new(device, "auth",
				    found->auth < 0 ? json_null() : json_boolean(found->auth));
		set_text(device, "interface", found->interface);
		json_array_append_new(list, device);
	}
	return list;
}

static json_t *report_value(const struct report *report);

static json_t *reports_value(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_reports; i++)
		json_array_append_new(list, report_value(report->reports[i]));
	return list;
}

static json_t *summary_value(const struct report *report)
{
	struct report_summary summary = report_summarize(report);

	if (report->mode != REPORT_FLEET)
		return json_null();
	json_t *value = json_object();
	json_object_set_new(value, "ok", json_integer((json_int_t)summary.ok));
	json_object_set_new(value, "failed", json_integer((json_int_t)summary.failed));
	json_object_set_new(value, "unknown", json_integer((json_int_t)summary.unknown));
	return value;
}

static json_t *upload_value(const struct upload_result *upload)
{
	if (!upload)
		return json_null();
	json_t *value = json_object();
	json_object_set_new(value, "bytes", json_integer((json_int_t)upload->bytes));
	json_object_set_new(value, "seconds", json_real(upload->seconds));
	set_text(value, "result", upload->result);
	return value;
}

static json_t *time_value(int64_t time_s)
{
	char text[sizeof("2026-11-22T20:06:02Z") + 16];
	time_t seconds = (time_t)time_s;
	struct tm utc;

	if (!gmtime_r(&seconds, &utc) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc))
		return json_null();
	return json_string(text);
}

static json_t *report_value(const struct report *report)
{
	json_t *root = json_object();

	set_text(root, "tool", "espota-doctor");
	set_text(root, "version", ESPOTA_DOCTOR_VERSION);
	json_object_set_new(root, "schema", json_integer(1));
	json_object_set_new(root, "time", time_value(report->time_s));
	set_text(root, "mode", mode_name(report->mode));
	set_text(root, "verdict", verdict_name(report->verdict));
	set_text(root, "certainty", certainty_name(report->certainty));
	json_object_set_new(root, "exit_code", json_integer(report->exit_code));
	json_object_set_new(root, "device", device_value(report));
	json_object_set_new(root, "host", host_value(report));
	json_object_set_new(root, "findings", findings_value(report));
	json_object_set_new(root, "flow", flow_value(report));
	json_object_set_new(root, "unchecked", unchecked_value(report));
	json_object_set_new(root, "ports", ports_value(report));
	json_object_set_new(root, "devices", devices_value(report));
	json_object_set_new(root, "reports", reports_value(report));
	json_object_set_new(root, "summary", summary_value(report));
	set_text(root, "flash", flash_name(report->flash));
	json_object_set_new(root, "upload", upload_value(report->upload));
	return root;
}

static int add_to_buffer(const char *data, size_t length, void *buffer)
{
	buffer_add(buffer, data, length);
	return 0;
}

void report_json(struct buffer *out, const struct report *report)
{
	json_t *root = report_value(report);

	json_dump_callback(root, add_to_buffer, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(root);
	buffer_puts(out, "\n");
}
