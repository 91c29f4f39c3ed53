/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_REPORT_H
#define SRC_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "rules/flow.h"

struct arena;

/*
 * The whole result of a run as one value: what the text and the JSON report are both a walk over.
 * Filled by the doctor and the upload, printed by report_text.c and report_json.c. Everything in it
 * lives in @arena or outlives it. Unknown is NULL or an enum's *_UNKNOWN/_NONE, never 0 or false.
 */

enum severity { SEVERITY_ERROR, SEVERITY_UNKNOWN, SEVERITY_WARNING, SEVERITY_INFO };
enum certainty { CERTAINTY_NONE, CERTAINTY_PROVEN, CERTAINTY_PREDICTED, CERTAINTY_LIKELY };

/* The catalogue: identifier, id in reports, exit code. Texts are in findings.c. */
#define FINDINGS(X)                                                                                \
	X(FIREWALL_DROP, "firewall-drop", 3)                                                       \
	X(FIREWALL_REJECT, "firewall-reject", 3)                                                   \
	X(FIREWALL_EGRESS, "firewall-egress", 3)                                                   \
	X(FIREWALL_REPLY, "firewall-reply", 3)                                                     \
	X(FIREWALL_SYNACK, "firewall-synack", 3)                                                   \
	X(FIREWALL_TRANSFER, "firewall-transfer", 3)                                               \
	X(FIREWALL_REDIRECT, "firewall-redirect", 3)                                               \
	X(FIREWALL_UNDECIDED, "firewall-undecided", 7)                                             \
	X(RULES_UNREADABLE, "rules-unreadable", 7)                                                 \
	X(CONNECTION_MISSING, "connection-missing", 7)                                             \
	X(PORT_IN_USE, "port-in-use", 4)                                                           \
	X(PORT_PRIVILEGED, "port-privileged", 4)                                                   \
	X(ADDRESS_NOT_LOCAL, "address-not-local", 4)                                               \
	X(ADDRESS_MISMATCH, "address-mismatch", 4)                                                 \
	X(NO_ROUTE, "no-route", 4)                                                                 \
	X(ROUTE_VIA_TUNNEL, "route-via-tunnel", 4)                                                 \
	X(REVERSE_PATH_FILTER, "reverse-path-filter", 4)                                           \
	X(HOST_BEHIND_NAT, "host-behind-nat", 4)                                                   \
	X(SOCKET_POLICY, "socket-policy", 4)                                                       \
	X(TRAFFIC_CONTROL, "traffic-control", 4)                                                   \
	X(CONNTRACK_FULL, "conntrack-full", 4)                                                     \
	X(NAME_UNRESOLVED, "name-unresolved", 5)                                                   \
	X(DEVICE_NOT_FOUND, "device-not-found", 5)                                                 \
	X(DEVICE_PORT_CLOSED, "device-port-closed", 5)                                             \
	X(DEVICE_SILENT, "device-silent", 5)                                                       \
	X(DEVICE_LOOP_BLOCKED, "device-loop-blocked", 5)                                           \
	X(DEVICE_AUTH_REQUIRED, "device-auth-required", 1)                                         \
	X(DEVICE_AUTH_FAILED, "device-auth-failed", 1)                                             \
	X(DEVICE_REFUSED, "device-refused", 1)                                                     \
	X(DEVICE_VERIFY_FAILED, "device-verify-failed", 1)                                         \
	X(DEVICE_BROKE_OFF, "device-broke-off", 1)                                                 \
	X(DEVICE_STALLED, "device-stalled", 1)                                                     \
	X(DEVICE_VERDICT_MISSING, "device-verdict-missing", 1)                                     \
	X(IMAGE_UNREADABLE, "image-unreadable", 2)                                                 \
	X(IMAGE_NOT_FIRMWARE, "image-not-firmware", 1)                                             \
	X(IMAGE_TOO_LARGE, "image-too-large", 1)                                                   \
	X(SYN_MISSING, "syn-missing", 6)                                                           \
	X(INTRUDER, "intruder", 0)                                                                 \
	X(DEFAULT_PORT_SHUT, "default-port-shut", 0)                                               \
	X(DEVICE_ROUTED, "device-routed", 0)

enum finding_id {
#define X(name, text, exit_code) FINDING_##name,
	FINDINGS(X)
#undef X
		FINDING_COUNT,
};

struct evidence {
	const char *source; /* "ruleset", "neighbour", "route", "socket", "device", "config", … */
	const char *text;
};

struct fix {
	const char *kind;    /* "ufw", "firewalld", "nft", "iptables", "port", "pinhole", "other" */
	const char *command; /* shell text for a root shell; NULL: a setting to change by hand */
	const char *undo;    /* NULL: nothing to undo */
	int64_t lasts_s;     /* -1: until undone */
	const char *verified; /* "ruleset", "kernel", "no" */
	const char *note;     /* NULL: none */
};

/* The deciding rule of a finding, in words that need no ruleset at hand. */
struct rule_reference {
	const char *kind;    /* "rule", "policy", "element" */
	const char *backend; /* "nft", "legacy" */
	const char *family, *table, *chain;
	uint64_t handle;   /* 0: none */
	unsigned position; /* 0: none */
	const char *set;   /* NULL: none */
	const char *text;  /* as a person reads it, the owner's name for it included */
	const char *owner; /* NULL: nobody's that we know */
};

struct finding {
	enum finding_id id;
	enum severity severity;
	enum certainty certainty;
	const char *title;  /* one line, the subject is a thing the reader can act on */
	const char *detail; /* two or three plain sentences; "" if the title says it all */
	const struct cidr
		*scope; /* part of the addresses it holds for; n_scope 0: all / not applicable */
	size_t n_scope;
	const char *packet;                /* flow_packet_name(), NULL if none */
	const struct rule_reference *rule; /* NULL if none */
	struct evidence *evidence;
	size_t n_evidence;
	struct fix *fixes; /* alternatives, best first */
	size_t n_fixes;
};

/* One packet's way through the rules, for `flow`. */
struct flow_report_step {
	const char *hook, *family, *table, *chain;
	int32_t priority;
	uint64_t handle; /* 0: a policy */
	const char *text, *verdict;
};

struct flow_report {
	const char *packet;
	const char *verdict; /* "accept", "drop", "reject", "unknown" */
	const struct cidr *scope;
	size_t n_scope;
	struct flow_report_step *steps;
	size_t n_steps;
};

struct unchecked {
	const char *what, *reason;
};

struct upload_result {
	uint64_t bytes;
	double seconds;
	const char *result; /* "OK" or the device's own text; NULL if it gave none */
};

struct found_device { /* of `discover` */
	const char *name, *board, *interface;
	struct address address;
	uint16_t port;
	int auth; /* 1, 0, -1 unknown */
};

enum report_mode { REPORT_CHECK, REPORT_UPLOAD, REPORT_PORTS, REPORT_DISCOVER, REPORT_FLEET };
enum report_verdict { REPORT_CLEAR, REPORT_BLOCKED, REPORT_FAILED, REPORT_UNKNOWN };
enum flash_state { FLASH_UNTOUCHED, FLASH_WRITTEN, FLASH_UNKNOWN };

struct report {
	struct arena *arena;
	int64_t time_s;
	enum report_mode mode;

	struct {
		const char *name;       /* as the user wrote it, if it was a name */
		struct address address; /* AF_UNSPEC: not known */
		uint16_t port;          /* 0: not known */
		const char *mac, *family, *auth;
		bool is_network;     /* the question was about a network, not about a device */
		struct cidr network; /* if is_network */
	} device;
	struct {
		const char *name, *interface;
		struct address address;
		uint16_t port;           /* 0: none chosen */
		const char *port_source; /* "given", "default", "open", "range"; NULL */
	} host;

	struct finding *findings; /* after report_conclude(): the headline first */
	size_t n_findings;
	struct flow_report *flow;
	size_t n_flow;
	struct unchecked *unchecked;
	size_t n_unchecked;
	struct evidence *passed; /* checks that passed, for -v: "route", "eth0, 192.168.1.50 …" */
	size_t n_passed;
	struct port_range *ports;
	size_t n_ports;
	struct found_device *devices;
	size_t n_devices;
	struct report **reports; /* of a fleet */
	size_t n_reports;
	enum flash_state flash;
	const struct upload_result *upload; /* NULL: none tried */
	bool device_contacted;              /* any OTA message was sent to it */
	bool answered;  /* the device did, to whatever was asked of it, as one could wish */
	bool replayed;  /* all packets passed in a faithful copy of the rules */
	bool rehearsed; /* the device connected back: proof that it can */
	int stopped_by; /* the signal that ended the run before its answer was found; 0: none */

	/* By report_conclude(): */
	enum report_verdict verdict;
	enum certainty certainty;
	int exit_code;
};

struct report *report_new(struct arena *arena, enum report_mode mode, int64_t time_s);

/*
 * Adds a finding with the severity and the usual title of its catalogue entry (both can be changed
 * afterwards). The pointer is valid until the next report_add().
 */
struct finding *report_add(struct report *report, enum finding_id id, enum certainty certainty);
void report_title(struct report *report, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_detail(struct report *report, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_evidence(struct report *report, struct finding *finding, const char *source,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Copies @fix; its strings must outlive the report. */
void report_fix(struct report *report, struct finding *finding, const struct fix *fix);
void report_passed(struct report *report, const char *check, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_unchecked(struct report *report, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const struct finding *report_find(const struct report *report, enum finding_id id);

/* The message as text in the report's arena. */
const char *report_format(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Puts the headline first (error, unknown, warning, info; within errors the first added), and sets
 * verdict, certainty and exit code from it as the contract says; a fleet's from its reports. A run
 * that a signal ended knows nothing: what looked like a finding may be a wait cut short.
 */
void report_conclude(struct report *report);

/*
 * Makes every text of it fit for a terminal and for JSON (safe_text.h), whoever it came from: names
 * of interfaces, processes, chains and sets, comments of rules, words of devices. A fix whose command
 * would have to be changed for that loses it.
 */
void report_make_safe(struct report *report);

/* Static texts of the catalogue. */
const char *finding_name(enum finding_id id);
int finding_exit_code(enum finding_id id);
const char *finding_title(enum finding_id id);
/* The long text of `explain`: what it means, how it is seen, how it is cured. */
const char *finding_explanation(enum finding_id id);

#endif
