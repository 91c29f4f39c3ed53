/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "probes/firewall_settings.h"
#include "probes/neighbour.h"
#include "probes/policy_rules.h"
#include "probes/route.h"
#include "probes/sockets.h"
#include "record/format.h"
#include "record/journal.h"
#include "src/options.h"
#include "src/record_file.h"
#include "src/report.h"
#include "src/run.h"

/* Trying a port is cheap, but a server may have a hundred thousand connections. */
enum { BIND_TRIES_MAX = 2000 };

static bool parse_number(const char *text, long long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return end != text && !*end && !errno;
}

/* Rules look at these, and there is nothing that could stand for them. */
static bool has_the_essential(const struct record *record)
{
	static const char *const questions[] = {"time", "user", "group"};
	long long number;

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct record_answer *answer = record_find(record, questions[i]);
		if (!answer || !parse_number(answer->bytes, &number))
			return false;
	}
	return true;
}

long long recording_number(const char *question, long long live)
{
	struct record_answer answer;
	char text[32];

	if (journal_known(&answer, question, question))
		return parse_number(answer.bytes, &live) ? live : 0;
	snprintf(text, sizeof(text), "%lld", live);
	journal_keep_text(question, 0, text);
	return live;
}

static int begin_replay(struct run *run, const struct buffer *text, struct error *err)
{
	struct error why = {0};
	int result = record_read(buffer_text(text), text->length, &run->record, &why);

	if (result)
		return error_set(err, -result, "cannot use the record '%s': %s",
				 run->options->from_record, why.text);
	if (!has_the_essential(&run->record))
		return error_set(err, EBADMSG,
				 "cannot use the record '%s': it is of a part of a host only",
				 run->options->from_record);
	journal_replay(&run->record);
	return 0;
}

int recording_begin(struct run *run, const struct buffer *text, struct error *err)
{
	int result = 0;

	if (run->options->from_record)
		result = begin_replay(run, text, err);
	else if (run->options->record)
		journal_record(&run->record);
	if (result)
		return result;
	run->time_s = recording_number("time", run->time_s);
	run->privileged = recording_number("privileged", run->privileged);
	run->binds_privileged = recording_number("binds privileged ports", run->binds_privileged);
	return 0;
}

static void try_port(const struct tcp_socket_list *sockets, const struct address *own,
		     uint16_t port)
{
	int errnum;

	if (!sockets_port_in_use(sockets, own, port) &&
	    sockets_port_maybe_in_use(sockets, own, port))
		sockets_bind_try(own, port, &errnum, NULL);
}

/* Whether a socket that does not listen keeps its port to itself can only be tried. */
static void try_ports(const struct run *run)
{
	struct tcp_socket_list sockets = {0};
	const struct local_address_list *addresses = &run->host.addresses;
	size_t tries = 0;

	if (sockets_read(&sockets, NULL))
		return;
	for (size_t i = 0; i < sockets.count; i++) {
		const struct tcp_socket *entry = &sockets.items[i];
		for (size_t j = 0; j < addresses->count && tries < BIND_TRIES_MAX; j++) {
			const struct address *own = &addresses->items[j].address;
			if (!address_equal(&entry->address, own) &&
			    !address_is_any(&entry->address))
				continue;
			tries++;
			try_port(&sockets, own, entry->port);
		}
	}
	sockets_release(&sockets);
}

static void read_family(int family)
{
	const struct address nobody = {.family = family};
	struct route_list routes = {0};
	struct neighbour neighbour;
	struct policy_rules rules;

	route_list_read(family, &routes, NULL);
	route_list_release(&routes);
	policy_rules_read(family, &rules, NULL);
	neighbour_find(0, &nobody, &neighbour, NULL);
}

static void read_settings(const struct run *run)
{
	struct ufw_settings ufw;
	struct firewalld_settings firewalld;
	struct sysctl_interface interface;

	ufw_settings_read("", &ufw);
	firewalld_settings_read("", &firewalld);
	for (size_t i = 0; i < run->host.links.count; i++)
		sysctl_interface_read("", run->host.links.items[i].name, &interface);
}

int recording_gather(struct run *run, struct error *err)
{
	struct firewall firewall;

	if (!run->options->record)
		return 0;
	read_family(AF_INET);
	read_family(AF_INET6);
	read_settings(run);
	host_surroundings(&run->host);
	try_ports(run);
	firewall_read(&firewall, &run->worker, run->options);
	firewall_release(&firewall);
	return recording_end(run, err);
}

int recording_end(struct run *run, struct error *err)
{
	if (!run->options->record || *run->stop)
		return 0;
	return record_file_save(run->options->record, &run->record, err);
}

void recording_say_missing(struct report *report)
{
	for (size_t i = 0; journal_missing(i); i++)
		report_unchecked(report, "record", "it does not hold the answer to: %s",
				 journal_missing(i));
	journal_forget_missing();
}
