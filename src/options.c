/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "src/option_values.h"
#include "src/options_table.h"
#include "src/password.h"

enum { TIMEOUT_DEFAULT_S = 20 };

/* What the walk over the arguments remembers beside the options themselves. */
struct parser {
	char **argv;
	int argc, next;
	bool has_command, only_operands;
	bool given[OPTION_COUNT];
	char *auth_file; /* argument of --auth-file, in argv */
	int password_at; /* argv index that ended with the password of -a, 0 if none */
	size_t devices_allocated, accept_allocated;
	struct options *options;
	struct error *err;
};

static const struct {
	const char *name;
	enum command command;
	unsigned bit;
} commands[] = {
	{"upload", COMMAND_UPLOAD, WITH_UPLOAD}, /* has no word on the command line */
	{"check", COMMAND_CHECK, WITH_CHECK},          {"ports", COMMAND_PORTS, WITH_PORTS},
	{"discover", COMMAND_DISCOVER, WITH_DISCOVER}, {"explain", COMMAND_EXPLAIN, WITH_EXPLAIN},
};

static int add_device(struct parser *parser, const char *text)
{
	struct options *options = parser->options;

	if (value_device(text, parser->err))
		return -EINVAL;
	options->devices = xgrow(options->devices, options->n_devices, &parser->devices_allocated,
				 sizeof(*options->devices));
	options->devices[options->n_devices++] = text;
	return 0;
}

static int add_accepted(struct parser *parser, const char *text)
{
	struct options *options = parser->options;

	options->accept_from = xgrow(options->accept_from, options->n_accept_from,
				     &parser->accept_allocated, sizeof(*options->accept_from));
	if (value_accept_from(text, &options->accept_from[options->n_accept_from], parser->err))
		return -EINVAL;
	options->n_accept_from++;
	return 0;
}

static int take_password(struct parser *parser, char *text)
{
	password_free(parser->options->password);
	parser->options->password = *text ? xstrdup(text) : NULL;
	password_mask(text);
	parser->password_at = parser->next - 1;
	return 0;
}

static int take_image(struct parser *parser, const char *text)
{
	if (!*text)
		return error_set(parser->err, EINVAL,
				 "the name of the image is empty: -f needs a file");
	parser->options->image = text;
	return 0;
}

static int take_file(struct parser *parser, const char *option, const char *text,
		     const char **ret_path)
{
	if (!*text)
		return error_set(parser->err, EINVAL, "the name after %s is empty: it needs a file",
				 option);
	*ret_path = text;
	return 0;
}

static void set_flag(struct options *options, enum option_id id)
{
	switch (id) {
	case OPTION_MD5_TARGET: options->md5_target = true; break;
	case OPTION_SPIFFS: options->filesystem = true; break;
	case OPTION_NO_PREFLIGHT: options->no_preflight = true; break;
	case OPTION_PROGRESS: options->progress = true; break;
	case OPTION_FIX: options->fix = true; break;
	case OPTION_ASK: options->ask = true; break;
	case OPTION_REHEARSE: options->rehearse = true; break;
	case OPTION_VERIFY: options->verify = true; break;
	case OPTION_JSON: options->json = true; break;
	case OPTION_VERBOSE: options->verbose = true; break;
	case OPTION_DEBUG: options->debug = true; break;
	case OPTION_HELP: options->command = COMMAND_HELP; break;
	case OPTION_VERSION: options->command = COMMAND_VERSION; break;
	default: break;
	}
}

static int set_value(struct parser *parser, enum option_id id, char *text)
{
	struct options *options = parser->options;

	switch (id) {
	case OPTION_IP: return add_device(parser, text);
	case OPTION_PORT: return value_port(text, "OTA port", &options->ota_port, parser->err);
	case OPTION_FROM:
		options->has_from = true;
		return value_network(text, &options->from, parser->err);
	case OPTION_AUTH: return take_password(parser, text);
	case OPTION_AUTH_FILE: parser->auth_file = text; return 0;
	case OPTION_TIMEOUT: return value_timeout(text, &options->timeout_s, parser->err);
	case OPTION_HOST_IP: return value_host(text, &options->host, parser->err);
	case OPTION_HOST_PORT:
		return value_port(text, "host port", &options->host_port, parser->err);
	case OPTION_HOST_PORT_RANGE:
		options->has_host_port_range = true;
		return value_port_range(text, &options->host_port_range, parser->err);
	case OPTION_ACCEPT_FROM: return add_accepted(parser, text);
	case OPTION_FILE: return take_image(parser, text);
	case OPTION_RECORD: return take_file(parser, "--record", text, &options->record);
	case OPTION_FROM_RECORD:
		return take_file(parser, "--from-record", text, &options->from_record);
	case OPTION_COLOR: return value_color(text, &options->color, parser->err);
	default: set_flag(options, id); return 0;
	}
}

static bool takes_argument(enum option_id id)
{
	return *option_entry(id)->argument;
}

/* "-f" where an argument is due is a forgotten argument, not an image of that name. */
static bool is_option(const char *text)
{
	if (text[0] != '-' || !text[1])
		return false;
	if (text[1] != '-')
		return option_by_letter(text[1]) != OPTION_COUNT;
	return option_by_name(text, strcspn(text, "=")) != OPTION_COUNT;
}

/* Takes the option; @text is its argument if it was written together with it, else NULL. */
static int take_option(struct parser *parser, enum option_id id, const char *written, char *text)
{
	const struct option_entry *entry = option_entry(id);

	if (takes_argument(id) && !text) {
		char *next = parser->next < parser->argc ? parser->argv[parser->next] : NULL;
		if (!next)
			return error_set(parser->err, EINVAL, "%s needs an argument: %s", written,
					 entry->argument);
		if (id != OPTION_AUTH && is_option(next))
			return error_set(parser->err, EINVAL,
					 "%s needs an argument (%s), but the option '%.*s' follows",
					 written, entry->argument, (int)strcspn(next, "="), next);
		text = next;
		parser->next++;
	}
	parser->given[id] = true;
	return set_value(parser, id, text);
}

static int take_long(struct parser *parser, char *argument)
{
	size_t length = strcspn(argument, "=");
	char *value = argument[length] ? argument + length + 1 : NULL;
	enum option_id id = option_by_name(argument, length);

	/* Only the name is quoted: what follows a mistyped --auth= may be a password. */
	if (option_is_planned(argument, length))
		return error_set(parser->err, EINVAL,
				 "%.*s is not in this version of espota-doctor", (int)length,
				 argument);
	if (id == OPTION_COUNT)
		return error_set(parser->err, EINVAL,
				 "unknown option '%.*s': options are written out in full, "
				 "espota-doctor --help lists them",
				 (int)length, argument);
	if (value && !takes_argument(id))
		return error_set(parser->err, EINVAL, "%s takes no argument",
				 option_entry(id)->name);
	return take_option(parser, id, option_entry(id)->name, value);
}

static int take_letters(struct parser *parser, char *argument)
{
	for (char *letter = argument + 1; *letter; letter++) {
		char written[] = {'-', *letter, '\0'};
		enum option_id id = option_by_letter(*letter);
		if (id == OPTION_COUNT)
			return error_set(parser->err, EINVAL,
					 "unknown option '-%c': espota-doctor --help lists them",
					 *letter > ' ' && *letter < 127 ? *letter : '?');
		if (takes_argument(id))
			return take_option(parser, id, written, letter[1] ? letter + 1 : NULL);
		int r = take_option(parser, id, written, NULL);
		if (r)
			return r;
	}
	return 0;
}

static int take_operand(struct parser *parser, const char *argument)
{
	struct options *options = parser->options;

	for (size_t i = 1; !parser->has_command && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argument, commands[i].name))
			continue;
		options->command = commands[i].command;
		parser->has_command = true;
		return 0;
	}
	if (parser->has_command && options->command == COMMAND_EXPLAIN && !options->explain) {
		options->explain = argument;
		return 0;
	}
	if (parser->password_at && parser->next - 2 == parser->password_at)
		return error_set(parser->err, EINVAL,
				 "unexpected argument after the password: a password with a space "
				 "in it has to be quoted, -a 'two words'");
	return error_set(parser->err, EINVAL, "unexpected argument '%s': %s", argument,
			 parser->has_command
				 ? "there is nothing it could belong to"
				 : "a device is given with -i, an image with -f; commands "
				   "are check, ports, discover and explain");
}

static int take_argument(struct parser *parser)
{
	char *argument = parser->argv[parser->next++];

	if (parser->only_operands || argument[0] != '-' || !argument[1])
		return take_operand(parser, argument);
	if (!strcmp(argument, "--")) {
		parser->only_operands = true;
		return 0;
	}
	return argument[1] == '-' ? take_long(parser, argument) : take_letters(parser, argument);
}

static bool wants_text(const struct options *options)
{
	return options->command == COMMAND_HELP || options->command == COMMAND_VERSION;
}

static int check_command_fits(const struct parser *parser)
{
	const struct options *options = parser->options;

	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		if (!parser->given[id] ||
		    option_entry(id)->commands & commands[options->command].bit)
			continue;
		if (id == OPTION_FROM)
			return error_set(
				parser->err, EINVAL,
				"--from asks about a whole network, an upload (-f) needs one "
				"device: -i DEVICE");
		if (options->command == COMMAND_UPLOAD)
			return error_set(parser->err, EINVAL,
					 "%s goes with check, and flashes nothing: leave out -f",
					 option_entry(id)->name);
		return error_set(parser->err, EINVAL, "%s does not go with %s%s",
				 option_entry(id)->name, commands[options->command].name,
				 id == OPTION_NO_PREFLIGHT ? ": it needs an upload (-i and -f)"
							   : "");
	}
	return 0;
}

static int check_pairs(const struct parser *parser)
{
	static const struct {
		enum option_id a, b;
		const char *why;
	} pairs[] = {
		{OPTION_IP, OPTION_FROM, "ask about one device or about a network"},
		{OPTION_FIX, OPTION_JSON, "standard output is either commands or JSON"},
		{OPTION_HOST_PORT, OPTION_HOST_PORT_RANGE, "give one port or a range"},
		{OPTION_AUTH, OPTION_AUTH_FILE, "give the password once"},
		{OPTION_ASK, OPTION_FROM, "a device is asked, not a network: -i DEVICE"},
		{OPTION_VERIFY, OPTION_NO_PREFLIGHT, "it is a part of the preflight"},
		{OPTION_REHEARSE, OPTION_FROM, "a device rehearses, not a network: -i DEVICE"},
		{OPTION_FROM_RECORD, OPTION_FILE, "from a record nothing is uploaded"},
		{OPTION_FROM_RECORD, OPTION_ASK, "from a record no device is asked"},
		{OPTION_FROM_RECORD, OPTION_REHEARSE, "from a record no device is asked"},
		{OPTION_FROM_RECORD, OPTION_RECORD, "there is nothing new to write down"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (parser->given[pairs[i].a] && parser->given[pairs[i].b])
			return error_set(parser->err, EINVAL, "%s and %s exclude each other: %s",
					 option_entry(pairs[i].a)->name,
					 option_entry(pairs[i].b)->name, pairs[i].why);
	return 0;
}

static int check_device_given(const struct parser *parser)
{
	const struct options *options = parser->options;

	if (options->n_devices)
		return 0;
	if (options->command == COMMAND_UPLOAD && options->image)
		return error_set(parser->err, EINVAL,
				 "-f needs -i DEVICE: which device is '%s' for?", options->image);
	if (options->command == COMMAND_UPLOAD)
		return error_set(parser->err, EINVAL,
				 "nothing to do: give a device (-i DEVICE) or a command (check, "
				 "ports, discover, explain)");
	if (options->ask || options->rehearse)
		return error_set(parser->err, EINVAL, "%s needs -i DEVICE: which device?",
				 options->ask ? "--ask" : "--rehearse");
	return 0;
}

/* `-i` without `-f` is a check; so are --fix and --from-record, which never upload. */
static void settle_command(struct parser *parser)
{
	struct options *options = parser->options;

	if (options->command != COMMAND_UPLOAD)
		return;
	if (options->fix || options->from_record ||
	    (!options->image && (options->n_devices || options->has_from)))
		options->command = COMMAND_CHECK;
}

static int find_password(struct parser *parser, const char *environment_auth)
{
	struct options *options = parser->options;

	if (parser->auth_file)
		return password_read(parser->auth_file, &options->password, parser->err);
	if (!parser->given[OPTION_AUTH] && environment_auth && *environment_auth)
		options->password = xstrdup(environment_auth);
	return 0;
}

static int parse(struct parser *parser, const char *environment_auth)
{
	int r = 0;

	while (!r && parser->next < parser->argc && !wants_text(parser->options))
		r = take_argument(parser);
	if (r || wants_text(parser->options))
		return r;
	if ((r = check_pairs(parser)))
		return r;
	settle_command(parser);
	if ((r = check_command_fits(parser)) || (r = check_device_given(parser)))
		return r;
	return find_password(parser, environment_auth);
}

int options_parse(int argc, char **argv, const char *environment_auth, struct options *ret_options,
		  struct error *err)
{
	struct options options = {.timeout_s = TIMEOUT_DEFAULT_S};
	struct parser parser = {
		.argv = argv, .argc = argc, .next = 1, .options = &options, .err = err};
	int r = parse(&parser, environment_auth);

	if (r)
		options_release(&options);
	*ret_options = options; /* empty after a mistake, so that it may be released again */
	return r;
}

void options_release(struct options *options)
{
	password_free(options->password);
	free(options->devices);
	free(options->accept_from);
	*options = (struct options){0};
}
