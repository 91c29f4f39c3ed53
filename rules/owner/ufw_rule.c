/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/owner/ufw_rule.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/ruleset.h"
#include "rules/text.h"

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* A host is written without its mask. */
static void copy_address(char *to, size_t size, const char *from)
{
	char *mask;

	copy(to, size, from);
	mask = strchr(to, '/');
	if (mask && (!strcmp(mask, "/32") || !strcmp(mask, "/128")))
		*mask = '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

static enum ufw_action target_action(const char *target)
{
	if (!strcmp(target, "ACCEPT"))
		return UFW_ALLOW;
	if (!strcmp(target, "DROP"))
		return UFW_DENY;
	if (!strcmp(target, "REJECT"))
		return UFW_REJECT;
	if (ends_with(target, "-user-limit-accept"))
		return UFW_LIMIT;
	if (ends_with(target, "-user-limit"))
		return UFW_PRELUDE_LIMIT;
	return strstr(target, "-user-logging-") ? UFW_PRELUDE_LOG : UFW_NONE;
}

/* UFW marks the rules of an application profile by a comment "dapp_NAME", "sapp_NAME" or both
 * with a comma between; a space in a name is written as %20. */
static void parse_apps(struct ufw_rule *rule, const char *comment)
{
	const char *comma = strchr(comment, ',');
	const char *source = strstr(comment, "sapp_");
	const char *dest = strstr(comment, "dapp_");

	if (dest)
		copy(rule->dest_app, sizeof(rule->dest_app), dest + 5);
	if (source)
		copy(rule->source_app, sizeof(rule->source_app), source + 5);
	if (comma && dest && dest < comma)
		rule->dest_app[strcspn(rule->dest_app, ",")] = '\0';
	if (comma && source && source < comma)
		rule->source_app[strcspn(rule->source_app, ",")] = '\0';
}

static void parse_option(struct ufw_rule *rule, const char *option, const char *value)
{
	if (!strcmp(option, "-s"))
		copy_address(rule->source, sizeof(rule->source), value);
	else if (!strcmp(option, "-d"))
		copy_address(rule->dest, sizeof(rule->dest), value);
	else if (!strcmp(option, "-i"))
		copy(rule->in, sizeof(rule->in), value);
	else if (!strcmp(option, "-o"))
		copy(rule->out, sizeof(rule->out), value);
	else if (!strcmp(option, "-p"))
		copy(rule->protocol, sizeof(rule->protocol), value);
	else if (!strcmp(option, "--sport") || !strcmp(option, "--sports"))
		copy(rule->source_port, sizeof(rule->source_port), value);
	else if (!strcmp(option, "--dport") || !strcmp(option, "--dports"))
		copy(rule->dest_port, sizeof(rule->dest_port), value);
	else if (!strcmp(option, "-j"))
		rule->action = target_action(value);
}

void ufw_rule_parse(const struct rule *rule, struct ufw_rule *ret)
{
	cleanup(buffer_release) struct buffer text = {};
	char *word, *save, *option = NULL;

	*ret = (struct ufw_rule){};
	ret->last_handle = rule->handle;
	copy(ret->chain, sizeof(ret->chain), rule->chain->name);
	if (rule->comment)
		parse_apps(ret, rule->comment);
	rule_text_of_iptables(&text, rule);
	if (!text.length)
		return;
	/* UFW's options take one word each; only comments can hold spaces, and they are ignored. */
	for (word = strtok_r(text.data, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (option)
			parse_option(ret, option, word);
		if (word[0] == '-' && !strcmp(word, "--set"))
			ret->action = UFW_PRELUDE_LIMIT;
		option = word[0] == '-' ? word : NULL;
	}
	copy(ret->last_protocol, sizeof(ret->last_protocol), ret->protocol);
}

static bool same_match(const struct ufw_rule *a, const struct ufw_rule *b)
{
	return !strcmp(a->chain, b->chain) && !strcmp(a->source, b->source) &&
	       !strcmp(a->dest, b->dest) && !strcmp(a->in, b->in) && !strcmp(a->out, b->out) &&
	       !strcmp(a->source_app, b->source_app) && !strcmp(a->dest_app, b->dest_app);
}

static bool same_ports(const struct ufw_rule *a, const struct ufw_rule *b)
{
	return !strcmp(a->source_port, b->source_port) && !strcmp(a->dest_port, b->dest_port);
}

static bool is_prelude(enum ufw_action action)
{
	return action == UFW_PRELUDE_LOG || action == UFW_PRELUDE_LIMIT;
}

/* Preludes are joined to what follows: the rule's action is that of its last part. */
static void absorb(struct ufw_rule *rule, const struct ufw_rule *next)
{
	if (rule->action == UFW_PRELUDE_LOG || next->action == UFW_PRELUDE_LOG)
		rule->logs = true;
	if (!is_prelude(next->action) || is_prelude(rule->action))
		rule->action = next->action;
	copy(rule->last_protocol, sizeof(rule->last_protocol), next->protocol);
	rule->last_handle = next->last_handle;
}

bool ufw_rule_join(struct ufw_rule *rule, const struct ufw_rule *next)
{
	bool app = rule->source_app[0] || rule->dest_app[0];

	if (rule->action == UFW_NONE || !same_match(rule, next))
		return false;
	if (app && !is_prelude(rule->action) && !is_prelude(next->action) &&
	    rule->action != next->action)
		return false;
	if (app) {
		absorb(rule, next);
		return true;
	}
	if (!same_ports(rule, next))
		return false;
	if (is_prelude(rule->action) && !strcmp(rule->last_protocol, next->protocol)) {
		absorb(rule, next);
		return true;
	}
	/* Two rules go to the logging chain ahead of the udp half of a rule that logs. */
	if ((rule->source_port[0] || rule->dest_port[0]) && !strcmp(rule->protocol, "tcp") &&
	    !strcmp(rule->last_protocol, "tcp") && !strcmp(next->protocol, "udp") &&
	    next->last_handle == rule->last_handle + (rule->logs ? 3 : 1) &&
	    (rule->action == next->action || is_prelude(next->action))) {
		copy(rule->last_protocol, sizeof(rule->last_protocol), next->protocol);
		rule->last_handle = next->last_handle;
		rule->protocol[0] = '\0';
		rule->maybe_two = true;
		return true;
	}
	/* The rest of the udp half: what follows its prelude. */
	return rule->maybe_two && !strcmp(rule->last_protocol, next->protocol) &&
	       !strcmp(next->protocol, "udp") && rule->action == next->action;
}

const char *ufw_action_word(enum ufw_action action)
{
	switch (action) {
	case UFW_ALLOW: return "allow";
	case UFW_DENY: return "deny";
	case UFW_REJECT: return "reject";
	case UFW_LIMIT: return "limit";
	default: return NULL;
	}
}

static void app_name(struct buffer *out, const char *name)
{
	const char *quote = strstr(name, "%20") ? "'" : "";

	buffer_puts(out, quote);
	while (*name) {
		bool space = !strncmp(name, "%20", 3);

		buffer_add(out, space ? " " : name, 1);
		name += space ? 3 : 1;
	}
	buffer_puts(out, quote);
}

static void end_text(struct buffer *out, const char *word, const char *address, const char *port,
		     const char *app)
{
	if (!*address && !*port && !*app)
		return;
	buffer_printf(out, " %s %s", word, *address ? address : "any");
	if (*app) {
		buffer_puts(out, " app ");
		app_name(out, app);
	} else if (*port) {
		buffer_printf(out, " port %s", port);
	}
}

/* "allow 22/tcp": nothing but a destination port or profile. */
static bool short_text(struct buffer *out, const struct ufw_rule *rule, bool outgoing)
{
	if (rule->dest[0] || rule->source[0] || rule->source_port[0] || rule->source_app[0] ||
	    rule->in[0] || rule->out[0] || (!rule->dest_port[0] && !rule->dest_app[0]))
		return false;
	buffer_printf(out, "%s%s ", outgoing ? " out" : "", rule->logs ? " log" : "");
	if (rule->dest_app[0])
		app_name(out, rule->dest_app);
	else
		buffer_puts(out, rule->dest_port);
	if (rule->protocol[0] && !rule->dest_app[0])
		buffer_printf(out, "/%s", rule->protocol);
	return true;
}

static void full_text(struct buffer *out, const struct ufw_rule *rule, bool outgoing)
{
	bool app = rule->source_app[0] || rule->dest_app[0];

	if (rule->in[0])
		buffer_printf(out, " in on %s", rule->in);
	if (rule->out[0])
		buffer_printf(out, " out on %s", rule->out);
	else if (outgoing)
		buffer_puts(out, " out");
	if (rule->logs)
		buffer_puts(out, " log");
	end_text(out, "from", rule->source, rule->source_port, rule->source_app);
	end_text(out, "to", rule->dest, rule->dest_port, rule->dest_app);
	if (!rule->source[0] && !rule->dest[0] && !rule->source_port[0] && !rule->dest_port[0] &&
	    !app && !rule->in[0] && !rule->out[0])
		buffer_puts(out, " to any");
	if (rule->protocol[0] && !app)
		buffer_printf(out, " proto %s", rule->protocol);
}

void ufw_rule_text(struct buffer *out, const struct ufw_rule *rule)
{
	const char *word = ufw_action_word(rule->action);
	bool outgoing = ends_with(rule->chain, "-output");

	if (ends_with(rule->chain, "-forward"))
		buffer_puts(out, "route ");
	buffer_puts(out, word ? word : "?");
	if (!short_text(out, rule, outgoing))
		full_text(out, rule, outgoing);
}
