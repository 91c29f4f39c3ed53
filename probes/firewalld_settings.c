/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/firewall_settings.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "probes/textfile.h"
#include "record/journal.h"

enum { ZONE_SIZE = 32 * 1024 };

/* The value of attribute @name in the tag that begins at @tag; false if it has none. */
static bool tag_attribute(const char *tag, const char *name, char *value, size_t size)
{
	size_t end = strcspn(tag, ">"), length = strlen(name);

	for (const char *at = strchr(tag, ' '); at && at < tag + end; at = strchr(at + 1, ' ')) {
		if (strncmp(at + 1, name, length) != 0 || strncmp(at + 1 + length, "=\"", 2) != 0)
			continue;
		at += 1 + length + 2;
		length = strcspn(at, "\"");
		if (length >= size)
			return false;
		memcpy(value, at, length);
		value[length] = '\0';
		return true;
	}
	return false;
}

/* A zone without a target rejects what nothing in it lets in (firewalld.zone(5), "default"). */
static enum firewall_policy target_of(const char *tag)
{
	char value[32];

	if (!tag_attribute(tag, "target", value, sizeof(value)) || strcmp(value, "default") == 0 ||
	    strcmp(value, "%%REJECT%%") == 0)
		return FIREWALL_POLICY_REJECT;
	if (strcmp(value, "ACCEPT") == 0)
		return FIREWALL_POLICY_ACCEPT;
	if (strcmp(value, "DROP") == 0)
		return FIREWALL_POLICY_DROP;
	return FIREWALL_POLICY_UNKNOWN;
}

static void take_port(const char *tag, struct firewalld_settings *ret)
{
	char protocol[16], port[16];
	unsigned first, last;
	int parts;

	if (!tag_attribute(tag, "protocol", protocol, sizeof(protocol)) ||
	    !tag_attribute(tag, "port", port, sizeof(port)) || strcmp(protocol, "tcp") != 0)
		return;
	parts = sscanf(port, "%5u-%5u", &first, &last);
	if (parts == 1)
		last = first;
	if (parts < 1 || first > last || last > UINT16_MAX ||
	    ret->open_count == FIREWALLD_PORTS_MAX)
		return;
	ret->open[ret->open_count].first = first;
	ret->open[ret->open_count++].last = last;
}

static bool is_tag(const char *at, const char *name)
{
	size_t length = strlen(name);

	return strncmp(at + 1, name, length) == 0 && strchr(" />", at[1 + length]) &&
	       at[1 + length];
}

/* The next tag after @at; comments are stepped over. NULL when there is none. */
static const char *next_tag(const char *at)
{
	at = strchr(at, '<');
	while (at && strncmp(at, "<!--", 4) == 0) {
		at = strstr(at, "-->");
		at = at ? strchr(at, '<') : NULL;
	}
	return at;
}

void firewalld_zone_parse(const char *text, struct firewalld_settings *ret)
{
	bool in_rule = false;

	ret->target = FIREWALL_POLICY_UNKNOWN;
	ret->open_count = 0;
	for (const char *at = next_tag(text); at; at = next_tag(at + 1)) {
		if (is_tag(at, "zone"))
			ret->target = target_of(at);
		/* A port inside a rich rule is a condition of that rule. */
		else if (is_tag(at, "rule"))
			in_rule = true;
		else if (is_tag(at, "/rule"))
			in_rule = false;
		else if (is_tag(at, "port") && !in_rule)
			take_port(at, ret);
	}
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static int search_processes(const char *root, const char *comm)
{
	cleanup(close_directory) DIR *processes = NULL;
	const struct dirent *entry;
	char path[PATH_MAX], name[32];

	snprintf(path, sizeof(path), "%s/proc", root);
	processes = opendir(path);
	while (processes && (entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		if (textfile_read(root, path, name, sizeof(name)) <= 0)
			continue;
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, comm) == 0)
			return 1;
	}
	/* With hidepid, /proc shows the processes of others to nobody else. */
	return textfile_exists(root, "/proc/1/comm") ? 0 : -1;
}

static int find_process(const char *root, const char *comm)
{
	char question[96], text[16];
	struct record_answer answer;
	int found = -1;

	snprintf(question, sizeof(question), "service process %.64s", comm);
	if (journal_known(&answer, question, question)) {
		if (answer.result < 0 || sscanf(answer.bytes, "%9d", &found) != 1)
			return -1;
		return found;
	}
	journal_pause(); /* the names of all the others are nobody's business */
	found = search_processes(root, comm);
	journal_resume();
	snprintf(text, sizeof(text), "%d", found);
	journal_keep_text(question, 0, text);
	return found;
}

/* The tags alone: what is described between them decides nothing. */
static void reduce_zone(char *text)
{
	char *to = text;

	for (const char *at = next_tag(text); at;) {
		const char *next = next_tag(at + 1);
		size_t length = strcspn(at, ">");

		length += at[length] == '>';
		memmove(to, at, length);
		to += length;
		at = next;
	}
	*to = '\0';
}

static void read_zone(const char *root, struct firewalld_settings *ret)
{
	static const char *const directories[] = {"/etc/firewalld/zones",
						  "/usr/lib/firewalld/zones"};
	char text[ZONE_SIZE], path[PATH_MAX];

	if (!ret->default_zone[0] || strchr(ret->default_zone, '/'))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), "%s/%s.xml", directories[i], ret->default_zone);
		if (textfile_read_reduced(root, path, text, sizeof(text), reduce_zone) >= 0) {
			firewalld_zone_parse(text, ret);
			return;
		}
	}
}

void firewalld_settings_read(const char *root, struct firewalld_settings *ret)
{
	char text[ZONE_SIZE];

	*ret = (struct firewalld_settings){0};
	ret->installed = textfile_exists(root, "/etc/firewalld") ||
			 textfile_exists(root, "/usr/sbin/firewalld");
	/* The service's control group is there while it runs, and anyone may see it. */
	if (textfile_exists(root, "/sys/fs/cgroup/system.slice/firewalld.service"))
		ret->running = 1;
	else if (ret->installed)
		ret->running = find_process(root, "firewalld");
	if (textfile_read_reduced(root, "/etc/firewalld/firewalld.conf", text, sizeof(text),
				  firewall_settings_reduce) < 0)
		return;
	firewall_setting(text, "DefaultZone", ret->default_zone, sizeof(ret->default_zone));
	read_zone(root, ret);
}
