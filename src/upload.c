/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/upload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "record/journal.h"
#include "rules/owner.h"
#include "src/findings.h"
#include "src/firewall.h"
#include "src/image_check.h"
#include "src/options.h"
#include "src/ota/loop.h"
#include "src/ota/session.h"
#include "src/preflight.h"
#include "src/progress.h"
#include "src/report.h"
#include "src/run.h"
#include "src/text_style.h"

/* Without window scaling, and the devices have no memory for it, a window is 16 bits (RFC 9293). */
enum { LARGEST_WINDOW = 65535 };

struct upload {
	struct run *run;
	struct preflight *preflight;
	struct report *report;
	struct progress progress;
	bool shows_progress;
};

static void write_progress(struct buffer *text)
{
	if (text->length)
		fwrite(text->data, 1, text->length, stderr);
	buffer_release(text);
}

static void on_progress(void *user, struct session *session, uint64_t acknowledged, uint64_t total)
{
	struct upload *upload = user;
	struct buffer text = {0};
	(void)session;

	if (!upload->shows_progress)
		return;
	if (!upload->progress.total) {
		struct terminal terminal = terminal_look(STDERR_FILENO);
		upload->progress =
			progress_begin(terminal.is_terminal, terminal.columns, total, loop_now());
	}
	progress_update(&upload->progress, &text, acknowledged, loop_now());
	write_progress(&text);
}

static void on_intruder(void *user, const struct address *address)
{
	struct upload *upload = user;
	char text[ADDRESS_TEXT_SIZE];

	address_format(address, text);
	for (size_t i = 0; i < upload->report->n_findings; i++)
		if (upload->report->findings[i].id == FINDING_INTRUDER)
			return; /* one warning, however often it knocks */
	struct finding *finding = report_add(upload->report, FINDING_INTRUDER, CERTAINTY_PROVEN);
	report_title(upload->report, finding, "%s connected instead of the device", text);
	report_evidence(upload->report, finding, "socket", "connection from %s, hung up on", text);
}

static void on_log(void *user, const char *line)
{
	const struct upload *upload = user;

	if (upload->run->options->debug)
		fprintf(stderr, "espota-doctor: %s\n", line);
}

static void fill_ports(const struct options *options, const struct target *target,
		       uint16_t ports[static SESSION_PORTS])
{
	static const uint16_t usual[SESSION_PORTS] = {PORT_ESP8266, PORT_ESP32, PORT_RP2040};

	if (options->ota_port)
		ports[0] = options->ota_port;
	else if (target->announced_port)
		ports[0] = target->announced_port;
	else
		memcpy(ports, usual, sizeof(usual));
}

static struct session_order make_order(const struct upload *upload)
{
	const struct options *options = upload->run->options;
	struct session_order order = {
		.mode = options->ask        ? SESSION_ASK
			: options->rehearse ? SESSION_REHEARSE
					    : SESSION_UPLOAD,
		.host_port = upload->preflight->host_port.port,
		.image = upload->run->image.plain.path ? &upload->run->image : NULL,
		.file_system = options->filesystem,
		.password = options->password,
		.md5_only = options->md5_target,
		.answer_timeout = (int64_t)options->timeout_s * 1000,
	};

	fill_ports(options, &upload->preflight->target, order.ports);
	if (getrandom(order.random, sizeof(order.random), 0) != sizeof(order.random))
		memset(order.random, 0x5a, sizeof(order.random)); /* a cnonce is no secret */
	return order;
}

static void say_tried_ports(struct report *report, struct finding *finding,
			    const struct session_outcome *outcome)
{
	for (size_t i = 0; i < SESSION_PORTS && outcome->ports[i].number; i++) {
		const struct session_port *port = &outcome->ports[i];
		if (port->state == SESSION_PORT_WAS_SILENT)
			report_evidence(report, finding, "device",
					"port %u: %u invitations, no answer", port->number,
					port->invitations);
		if (port->state == SESSION_PORT_WAS_CLOSED)
			report_evidence(report, finding, "device", "port %u: closed (ICMP)",
					port->number);
	}
}

static struct finding *find(struct report *report, enum finding_id id)
{
	for (size_t i = 0; i < report->n_findings; i++)
		if (report->findings[i].id == id)
			return &report->findings[i];
	return NULL;
}

static void forget(struct report *report, enum finding_id id)
{
	struct finding *finding = find(report, id);

	if (!finding)
		return;
	report->n_findings--;
	memmove(finding, finding + 1,
		(size_t)(report->findings + report->n_findings - finding) * sizeof(*finding));
}

/* Nothing could be watched and the rules could not be read: the readable settings are all there is. */
static struct finding *suspect_settings(struct upload *upload)
{
	struct report *report = upload->report;
	const char *owner = NULL;
	bool refuse = firewall_settings_refuse(report, NULL, &owner);
	struct finding *finding =
		report_add(report, refuse ? FINDING_FIREWALL_DROP : FINDING_CONNECTION_MISSING,
			   CERTAINTY_LIKELY);

	/* The new finding says the same and more. */
	forget(report, FINDING_RULES_UNREADABLE);
	finding = &report->findings[report->n_findings - 1];
	if (refuse) {
		finding->packet = flow_packet_name(SYN_IN);
		report_title(report, finding, "%s on this computer probably blocks the device",
			     owner_title(owner));
	}
	report_detail(report, finding,
		      "The device agreed and was to connect to TCP port %u here; nothing came.%s",
		      upload->preflight->host_port.port,
		      refuse ? " The settings that may be read refuse incoming connections." : "");
	firewall_settings_refuse(report, finding, &owner);
	report_evidence(report, finding, "ruleset", "%s", upload->run->firewall.error.text);
	struct fix fix = {
		.kind = "other",
		.lasts_s = -1,
		.verified = "no",
		.command =
			firewall_fix_line(report, upload->run->options, &upload->preflight->target),
		.note = "As root it reads the rules and prints the cure.",
	};
	report_fix(report, finding, &fix);
	return finding;
}

/* Who is to blame when the device agreed and nothing came: what this host knows of itself decides. */
static struct finding *suspect(struct upload *upload)
{
	struct report *report = upload->report;
	struct run *run = upload->run;

	if (run->options->no_preflight) {
		firewall_read(&run->firewall, &run->worker, run->options);
		if (!preflight_judge(run, upload->preflight, report))
			return &report->findings[report->n_findings - 1];
	}
	struct finding *finding = find(report, FINDING_HOST_BEHIND_NAT);
	if (finding) {
		finding->severity = SEVERITY_ERROR;
		return finding;
	}
	finding = find(report, FINDING_FIREWALL_UNDECIDED);
	if (finding)
		return finding;
	if (!run->firewall.ruleset)
		return suspect_settings(upload);
	return report_add(report, FINDING_SYN_MISSING, CERTAINTY_LIKELY);
}

/* The rules would have let it in; what is left, the likeliest first. */
static const char *why_missing(const struct upload *upload, const struct session_outcome *outcome)
{
	if (!upload->preflight->target.on_link)
		return "The rules here would have let it in. Likely the router between lets the "
		       "device's answers pass, but not the connection that it opens itself.";
	if (outcome->family == FAMILY_ESP32)
		return "The rules here would have let it in. Likely, in this order: the image is "
		       "larger than the ESP32's OTA partition (it says so only on its serial "
		       "port), it has no OTA partition, or the network between keeps its "
		       "connection back.";
	return "The rules here would have let it in. Likely the access point or another device "
	       "between keeps the connection back, or the sketch restarted or was busy when it "
	       "should have connected.";
}

static void say_no_connection(struct upload *upload, const struct session_outcome *outcome)
{
	struct finding *finding = suspect(upload);

	if (finding->id == FINDING_SYN_MISSING)
		report_detail(upload->report, finding, "%s", why_missing(upload, outcome));
	report_evidence(upload->report, finding, "device",
			"agreed on port %u, then no connection to port %u came", outcome->port,
			upload->preflight->host_port.port);
}

/* Behind a router it is the router that says so, by ICMP: our own route was there. */
static bool say_router_refused(const struct upload *upload, const struct session_outcome *outcome)
{
	const struct target *target = &upload->preflight->target;
	char device[ADDRESS_TEXT_SIZE];

	if (!target->link || target->on_link ||
	    (outcome->result != SESSION_NO_ROUTE && outcome->result != SESSION_NOT_FOUND))
		return false;
	struct finding *finding =
		report_add(upload->report, FINDING_DEVICE_NOT_FOUND, CERTAINTY_PROVEN);
	address_format(&target->device.address, device);
	report_title(upload->report, finding, "A router says that it cannot reach %s", device);
	report_evidence(upload->report, finding, "device", "ICMP: %s", strerror(outcome->errnum));
	return true;
}

/* The preflight may have heard of the device just before the session began. */
static enum target_presence presence(const struct upload *upload,
				     const struct session_outcome *outcome)
{
	enum { JUST_BEFORE_MS = 4000 };

	return target_presence(&upload->preflight->target,
			       outcome->times.finished - outcome->times.started + JUST_BEFORE_MS);
}

/* That it is there at all is proven only by a sign of life while it was silent. */
static void say_unseen(struct report *report, struct finding *finding)
{
	finding->certainty = CERTAINTY_LIKELY;
	report_evidence(report, finding, "neighbour",
			"no sign of life since before the invitation");
}

static void say_failure(struct upload *upload, const struct session_outcome *outcome)
{
	struct report *report = upload->report;
	bool silent = outcome->result == SESSION_SILENT;
	enum target_presence seen = silent ? presence(upload, outcome) : TARGET_THERE;
	enum session_result result = seen == TARGET_GONE ? SESSION_NOT_FOUND : outcome->result;
	const char *name = session_finding(result);

	if (outcome->result == SESSION_NO_CONNECTION) {
		say_no_connection(upload, outcome);
		return;
	}
	if (!name || say_router_refused(upload, outcome))
		return;
	struct finding *finding = report_add(report, finding_by_name(name), CERTAINTY_PROVEN);
	if (*outcome->text) {
		report_detail(report, finding, "The device says: %s", outcome->text);
		report_evidence(report, finding, "device", "%s", outcome->text);
	}
	if (silent || outcome->result == SESSION_PORT_CLOSED)
		say_tried_ports(report, finding, outcome);
	if (seen == TARGET_UNSEEN)
		say_unseen(report, finding);
	if (outcome->transfer_ms >= 0)
		report_evidence(report, finding, "device",
				"%" PRIu64 " of %" PRIu64 " bytes acknowledged", outcome->bytes,
				outcome->size);
	if (outcome->result == SESSION_AUTH_REQUIRED || outcome->result == SESSION_LOOP_BLOCKED)
		report_evidence(report, finding, "device", "port %u asked for the password%s",
				outcome->port,
				outcome->result == SESSION_LOOP_BLOCKED
					? ", and never said whether the answer was right"
					: "");
	if (outcome->errnum)
		report_evidence(report, finding, "socket", "%s", strerror(outcome->errnum));
}

/* A sketch that was not taken leaves the old one running; a half-written file system is gone. */
static enum flash_state flash_after(const struct session_outcome *outcome, bool file_system)
{
	if (outcome->result == SESSION_UPLOADED)
		return FLASH_WRITTEN;
	if (outcome->result == SESSION_VERDICT_MISSING || (file_system && outcome->bytes))
		return FLASH_UNKNOWN;
	/* What was on its way when the connection was reset may have arrived. */
	if (outcome->result == SESSION_ABORTED && outcome->times.connected >= 0 &&
	    outcome->size - outcome->bytes <= LARGEST_WINDOW)
		return FLASH_UNKNOWN;
	return FLASH_UNTOUCHED;
}

static void fill_device(struct report *report, const struct session_outcome *outcome)
{
	bool answered = outcome->times.answered >= 0 || outcome->times.agreed >= 0;

	report->device_contacted = true;
	/* That which answered, or the only one that was tried. */
	report->device.port = answered || !outcome->ports[1].number ? outcome->port : 0;
	report->device.family = device_family_name(outcome->family);
	report->device.auth = auth_name(outcome->auth);
}

static void fill_upload(struct report *report, const struct session_outcome *outcome)
{
	struct upload_result *result = arena_alloc(report->arena, sizeof(*result));

	*result = (struct upload_result){
		.bytes = outcome->bytes,
		.seconds = outcome->transfer_ms < 0 ? 0 : (double)outcome->transfer_ms / 1000,
		.result = outcome->result == SESSION_UPLOADED ? "OK"
			  : *outcome->text ? arena_strdup(report->arena, outcome->text)
					   : NULL,
	};
	report->upload = result;
}

static void conclude(struct upload *upload, const struct session_outcome *outcome)
{
	struct report *report = upload->report;

	fill_device(report, outcome);
	if (report->mode == REPORT_UPLOAD) {
		fill_upload(report, outcome);
		image_check_again(upload->run, outcome->family, report);
	}
	report->flash = flash_after(outcome, upload->run->options->filesystem);
	report->rehearsed = outcome->result == SESSION_REHEARSED;
	report->answered = session_succeeded(outcome->result);
	if (report->answered) {
		report_passed(report, "device", "answered%s",
			      outcome->auth == AUTH_NONE ? "" : ", the password is right");
	} else {
		say_failure(upload, outcome);
	}
}

static int drive(struct upload *upload, struct session *session, struct error *err)
{
	static const struct loop_callbacks callbacks = {
		.progress = on_progress,
		.intruder = on_intruder,
		.log = on_log,
	};
	struct run *run = upload->run;
	struct preflight *preflight = upload->preflight;
	struct loop_peer peer = {
		.device = preflight->target.device.address,
		.host = preflight->target.host,
		.accept_from = run->options->accept_from,
		.accept_from_count = run->options->n_accept_from,
	};
	struct loop *loop;
	int result = loop_new(preflight->host_port.listener, &callbacks, upload, &loop, err);

	if (result)
		return result;
	result = loop_add(loop, &peer, session, err);
	if (!result)
		result = loop_run(loop, run->stop, err);
	if (result == -EINTR)
		loop_abort(loop, session);
	loop_free(loop);
	return result;
}

void upload_run(struct run *run, struct preflight *preflight, struct report *report)
{
	struct upload upload = {.run = run, .preflight = preflight, .report = report};
	struct session_order order = make_order(&upload);
	struct session *session = session_new(&order);
	struct error err = {0};

	upload.shows_progress =
		report->mode == REPORT_UPLOAD &&
		(run->options->progress || terminal_look(STDERR_FILENO).is_terminal);
	report->flash = FLASH_UNTOUCHED;
	journal_pause(); /* what is seen from now on is no longer what it was */
	int result = drive(&upload, session, &err);
	struct buffer rest = {0};
	progress_end(&upload.progress, &rest);
	write_progress(&rest);
	if (session_outcome(session)) {
		conclude(&upload, session_outcome(session));
	} else if (result) {
		struct finding *finding = report_add(report, FINDING_NO_ROUTE, CERTAINTY_PROVEN);
		report_title(report, finding, "The invitation could not be sent");
		report_evidence(report, finding, "socket", "%s", err.text);
	}
	journal_resume();
	session_free(session);
	explicit_bzero(&order, sizeof(order));
}
