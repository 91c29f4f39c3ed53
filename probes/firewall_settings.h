/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_FIREWALL_SETTINGS_H
#define PROBES_FIREWALL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a user without privilege can read of the settings of UFW and firewalld. */

enum firewall_policy {
	FIREWALL_POLICY_UNKNOWN,
	FIREWALL_POLICY_ACCEPT,
	FIREWALL_POLICY_DROP,
	FIREWALL_POLICY_REJECT,
};

struct ufw_settings {
	bool installed; /* /etc/ufw/ufw.conf or /etc/default/ufw exists */
	int enabled;    /* ENABLED= of ufw.conf: 1, 0, or -1 when it cannot be read */
	enum firewall_policy input, output; /* DEFAULT_…_POLICY of /etc/default/ufw */
};

enum { FIREWALLD_PORTS_MAX = 32 };

struct firewalld_settings {
	bool installed; /* its configuration or its program is there */
	int running;    /* 1: its process or service was seen; 0: not; -1: /proc hides others */
	char default_zone[64];       /* "" when firewalld.conf cannot be read */
	enum firewall_policy target; /* of that zone: what no rule of it says otherwise */
	/* TCP ports that the zone's file opens, first to last; services and rich rules can open more. */
	struct {
		uint16_t first, last;
	} open[FIREWALLD_PORTS_MAX];
	size_t open_count;
};

/* Read below @root, "" for this host. Nothing can fail: what may not be read is unknown. */
void ufw_settings_read(const char *root, struct ufw_settings *ret);
void firewalld_settings_read(const char *root, struct firewalld_settings *ret);

/* Pure: leaves only the lines of a settings text that set something; for textfile_read_reduced(). */
void firewall_settings_reduce(char *text);

/*
 * Pure: the value of the last `KEY=value` line of a shell-like settings text, without quotes and
 * trailing comment, cut at @size - 1; false if there is none.
 */
bool firewall_setting(const char *text, const char *key, char *value, size_t size);
/* Pure: target and open TCP ports from the text of a zone file (XML) into @ret. */
void firewalld_zone_parse(const char *text, struct firewalld_settings *ret);
/* "accept", "drop", "reject" or "unknown". */
const char *firewall_policy_name(enum firewall_policy policy);

#endif
