/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/firewall_settings.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "probes/textfile.h"

enum { SETTINGS_SIZE = 32 * 1024 };

static const char *skip_blank(const char *text)
{
	return text + strspn(text, " \t");
}

/* The length of the value at *@at, which is moved behind an opening quote. */
static size_t value_length(const char **at)
{
	char quote = **at;

	if (quote != '"' && quote != '\'')
		return strcspn(*at, " \t\r\n#");
	++*at;
	return strcspn(*at, quote == '"' ? "\"\n" : "'\n");
}

static bool take_setting(const char *line, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);

	line = skip_blank(line);
	if (strncmp(line, key, length) != 0)
		return false;
	line = skip_blank(line + length);
	if (*line++ != '=')
		return false;
	line = skip_blank(line);
	length = value_length(&line);
	if (length >= size)
		length = size - 1;
	memcpy(value, line, length);
	value[length] = '\0';
	return true;
}

bool firewall_setting(const char *text, const char *key, char *value, size_t size)
{
	bool found = false;

	while (*text) {
		found |= take_setting(text, key, value, size);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return found;
}

void firewall_settings_reduce(char *text)
{
	char *to = text;

	while (*text) {
		size_t length = strcspn(text, "\n");
		bool sets = *skip_blank(text) != '#' && memchr(text, '=', length);

		length += text[length] == '\n';
		if (sets) {
			memmove(to, text, length);
			to += length;
		}
		text += length;
	}
	*to = '\0';
}

static enum firewall_policy policy_of(const char *text, const char *key)
{
	char value[32];

	if (!firewall_setting(text, key, value, sizeof(value)))
		return FIREWALL_POLICY_UNKNOWN;
	if (strcasecmp(value, "ACCEPT") == 0)
		return FIREWALL_POLICY_ACCEPT;
	if (strcasecmp(value, "DROP") == 0)
		return FIREWALL_POLICY_DROP;
	if (strcasecmp(value, "REJECT") == 0)
		return FIREWALL_POLICY_REJECT;
	return FIREWALL_POLICY_UNKNOWN;
}

void ufw_settings_read(const char *root, struct ufw_settings *ret)
{
	char text[SETTINGS_SIZE], value[16];

	*ret = (struct ufw_settings){.enabled = -1};
	ret->installed = textfile_exists(root, "/etc/ufw/ufw.conf") ||
			 textfile_exists(root, "/etc/default/ufw");
	if (textfile_read_reduced(root, "/etc/ufw/ufw.conf", text, sizeof(text),
				  firewall_settings_reduce) >= 0 &&
	    firewall_setting(text, "ENABLED", value, sizeof(value)))
		ret->enabled = strcasecmp(value, "yes") == 0;
	if (textfile_read_reduced(root, "/etc/default/ufw", text, sizeof(text),
				  firewall_settings_reduce) < 0)
		return;
	ret->input = policy_of(text, "DEFAULT_INPUT_POLICY");
	ret->output = policy_of(text, "DEFAULT_OUTPUT_POLICY");
}

const char *firewall_policy_name(enum firewall_policy policy)
{
	switch (policy) {
	case FIREWALL_POLICY_ACCEPT: return "accept";
	case FIREWALL_POLICY_DROP: return "drop";
	case FIREWALL_POLICY_REJECT: return "reject";
	case FIREWALL_POLICY_UNKNOWN: break;
	}
	return "unknown";
}
