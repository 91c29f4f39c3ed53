/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/host_port.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "probes/deadline.h"
#include "probes/sockets.h"
#include "record/journal.h"
#include "rules/value_set.h"
#include "src/firewall.h"
#include "src/options.h"
#include "src/ota/loop.h"
#include "src/recorded_listener.h"
#include "src/report.h"
#include "src/run.h"
#include "src/safe_text.h"
#include "src/target.h"

enum { WAIT_FOR_SIBLING_MS = 60 * 1000, WAIT_STEP_MS = 250 };

struct choice {
	struct run *run;
	const struct target *target;
	const struct host_state *state;
	struct report *report;
};

/* Privileged ports are the worker's to open. */
static int open_port(const struct choice *choice, uint16_t port, struct error *err)
{
	int listener;
	int result = listener_open(&choice->target->host, port, &listener, err);

	if (result == -EACCES)
		return worker_listen(&choice->run->worker, &choice->target->host, port, err);
	return result < 0 ? result : listener;
}

/* The listener, or a negative errno. */
static int try_port(const struct choice *choice, uint16_t port, struct error *err)
{
	struct error own = {0};

	if (journal_replays())
		return recorded_listener(choice->run, &choice->target->host, port, err);
	int listener = open_port(choice, port, &own);
	recorded_listener_keep(&choice->target->host, port, listener, &own);
	if (err && listener < 0)
		*err = own;
	return listener;
}

static bool find_holder(const struct choice *choice, uint16_t port, struct tcp_socket *ret_socket,
			struct socket_owner *ret_owner)
{
	struct tcp_socket_list sockets = {0};
	const struct tcp_socket *holder = NULL;

	*ret_owner = (struct socket_owner){0};
	if (!sockets_read(&sockets, NULL))
		holder = sockets_port_in_use(&sockets, &choice->target->host, port);
	if (holder) {
		*ret_socket = *holder;
		sockets_owner_read(holder->inode, ret_owner, NULL);
	}
	sockets_release(&sockets);
	return holder;
}

static void say_holder(const struct choice *choice, uint16_t port, struct finding *finding)
{
	struct tcp_socket socket;
	struct socket_owner owner;
	char address[ADDRESS_TEXT_SIZE];

	if (!find_holder(choice, port, &socket, &owner)) {
		report_evidence(choice->report, finding, "socket", "port %u: %s", port,
				strerror(EADDRINUSE));
		return;
	}
	address_format(&socket.address, address);
	if (owner.pid)
		report_evidence(choice->report, finding, "socket",
				"%s (process %d) listens on %s port %u", owner.comm, (int)owner.pid,
				address, port);
	else
		report_evidence(
			choice->report, finding, "socket",
			"a process of user %u listens on %s port %u; `sudo ss -ltnp sport = "
			":%u` names it",
			socket.uid, address, port, port);
}

static bool not_recorded(const struct choice *choice, uint16_t port)
{
	struct finding *finding =
		report_add(choice->report, FINDING_FIREWALL_UNDECIDED, CERTAINTY_LIKELY);

	report_title(choice->report, finding, "The record does not tell whether port %u is free",
		     port);
	report_detail(choice->report, finding,
		      "A socket holds it that may or may not share it; this was not tried.");
	return false;
}

static bool listen_failed(const struct choice *choice, uint16_t port, const char *source,
			  int result, const struct error *err)
{
	if (result == -ENODATA)
		return not_recorded(choice, port);
	enum finding_id id = result == -EADDRINUSE      ? FINDING_PORT_IN_USE
			     : result == -EACCES        ? FINDING_PORT_PRIVILEGED
			     : result == -EADDRNOTAVAIL ? FINDING_ADDRESS_NOT_LOCAL
							: FINDING_PORT_IN_USE;
	struct finding *finding = report_add(choice->report, id, CERTAINTY_PROVEN);

	if (id == FINDING_PORT_IN_USE) {
		report_title(choice->report, finding,
			     "Something else listens on port %u of this computer", port);
		say_holder(choice, port, finding);
	}
	if (id == FINDING_PORT_PRIVILEGED)
		report_title(choice->report, finding, "Port %u is reserved for privileged programs",
			     port);
	report_detail(choice->report, finding,
		      "Choose another port with -P, or leave -P out to have one found.");
	report_evidence(choice->report, finding, "socket", "%s", err->text);
	choice->report->host.port = port;
	choice->report->host.port_source = source;
	return false;
}

static bool take(const struct choice *choice, uint16_t port, int listener, const char *source,
		 struct host_port *ret_port)
{
	*ret_port = (struct host_port){.port = port, .listener = listener};
	choice->report->host.port = port;
	choice->report->host.port_source = source;
	return true;
}

static bool take_given(const struct choice *choice, uint16_t port, const char *source,
		       struct host_port *ret_port)
{
	struct error err = {0};
	int listener = try_port(choice, port, &err);

	if (listener < 0)
		return listen_failed(choice, port, source, listener, &err);
	return take(choice, port, listener, source, ret_port);
}

/* Host ports of @range that the rules surely let the device reach; empty if nobody knows. */
static struct value_set known_open(const struct choice *choice, struct port_range range)
{
	const struct run *run = choice->run;

	if (!run->firewall.ruleset || run->firewall.legacy_error)
		return (struct value_set){0};
	struct flow_question question =
		firewall_question(choice->target, &run->host, run->options, range);
	return flow_open_ports(run->arena, firewall_evaluate(run->arena, &run->firewall,
							     choice->state, &question));
}

static bool in_range(struct port_range range, unsigned port)
{
	return port >= range.first && port <= range.last;
}

/* Tries the ports of @set, lowest first, leaving out those inside @avoid. */
static int lowest_free(const struct choice *choice, struct value_set set, struct port_range avoid,
		       uint16_t *ret_port)
{
	for (size_t i = 0; i < set.n_intervals; i++) {
		unsigned last = (unsigned)set.intervals[i].last;
		for (unsigned port = (unsigned)set.intervals[i].first; port <= last; port++) {
			if (in_range(avoid, port))
				continue;
			int listener = try_port(choice, (uint16_t)port, NULL);
			if (listener >= 0) {
				*ret_port = (uint16_t)port;
				return listener;
			}
		}
	}
	return -EADDRINUSE;
}

static int lowest_open(const struct choice *choice, uint16_t *ret_port)
{
	static const struct port_range all = {1024, 65535}, none = {0, 0};
	struct value_set open = known_open(choice, all);
	int listener = lowest_free(choice, open, choice->run->host.sysctl.ephemeral, ret_port);

	return listener >= 0 ? listener : lowest_free(choice, open, none, ret_port);
}

static bool choose_from_range(const struct choice *choice, struct port_range range,
			      struct host_port *ret_port)
{
	static const struct port_range none = {0, 0};
	struct value_set whole = value_set_range(choice->run->arena, range.first, range.last);
	struct error err = {0};
	uint16_t port = range.first;
	int listener = lowest_free(choice, known_open(choice, range), none, &port);

	if (listener < 0)
		listener = lowest_free(choice, whole, none, &port);
	if (listener >= 0)
		return take(choice, port, listener, "range", ret_port);

	/* Privileged ports come first: if the last one is, all are. */
	if (try_port(choice, range.last, &err) == -EACCES)
		return listen_failed(choice, range.last, "range", -EACCES, &err);
	struct finding *finding = report_add(choice->report, FINDING_PORT_IN_USE, CERTAINTY_PROVEN);
	report_title(choice->report, finding, "No port from %u to %u is free", range.first,
		     range.last);
	report_detail(choice->report, finding,
		      "Give another range, or leave it out to have a port found.");
	report_evidence(choice->report, finding, "socket", "%s", err.text);
	return false;
}

static void warn_default_shut(const struct choice *choice, uint16_t chosen, bool in_use)
{
	struct report *report = choice->report;
	struct finding *finding = report_add(report, FINDING_DEFAULT_PORT_SHUT,
					     in_use ? CERTAINTY_PROVEN : CERTAINTY_PREDICTED);

	if (in_use) {
		report_title(report, finding, "Port %u is in use here; port %u serves instead",
			     DEFAULT_HOST_PORT, chosen);
		say_holder(choice, DEFAULT_HOST_PORT, finding);
	} else {
		report_title(report, finding,
			     "Port %u is not known to be open to the device; port %u is, and "
			     "serves instead",
			     DEFAULT_HOST_PORT, chosen);
	}
}

static bool sibling_holds_default(const struct choice *choice)
{
	static const char sibling[] = "espota-doctor";
	struct tcp_socket socket;
	struct socket_owner owner;

	if (!find_holder(choice, DEFAULT_HOST_PORT, &socket, &owner))
		return false;
	/* Whose socket another user's is cannot be seen. */
	return owner.pid ? !strcmp(owner.comm, sibling) : process_runs(sibling);
}

static int wait_until_free(const struct choice *choice)
{
	int64_t deadline = deadline_after(WAIT_FOR_SIBLING_MS);
	int listener = -EADDRINUSE;
	bool held = true;

	while (listener < 0 && held && deadline_left(deadline) && !*choice->run->stop) {
		/* It may have ended between the last try and this look: then one try more. */
		held = sibling_holds_default(choice);
		if (held)
			usleep(WAIT_STEP_MS * 1000);
		listener = try_port(choice, DEFAULT_HOST_PORT, NULL);
	}
	return listener;
}

/* Another run of this program ends soon, and the rule made for its port is ours too. */
static int wait_for_default(const struct choice *choice)
{
	static const char question[] = "waited for the default port";
	struct record_answer answer;

	/* If it was not waited for: whoever holds it may well hold it for ever. */
	if (journal_replays() && !journal_holds(question))
		return -EADDRINUSE;
	if (journal_replays() && journal_known(&answer, question, question))
		return answer.result < 0 ? answer.result : recorded_stand_in();
	journal_pause(); /* the port is tried until it is free */
	int listener = wait_until_free(choice);
	journal_resume();
	journal_keep_text(question, listener < 0 ? listener : 0, NULL);
	return listener;
}

static bool take_next_default(const struct choice *choice, const struct error *err,
			      struct host_port *ret_port)
{
	for (unsigned port = DEFAULT_HOST_PORT + 1; port <= LAST_DEFAULT_HOST_PORT; port++) {
		int listener = try_port(choice, (uint16_t)port, NULL);
		if (listener < 0)
			continue;
		warn_default_shut(choice, (uint16_t)port, true);
		return take(choice, (uint16_t)port, listener, "default", ret_port);
	}
	return listen_failed(choice, DEFAULT_HOST_PORT, "default", -EADDRINUSE, err);
}

static bool choose_default(const struct choice *choice, struct host_port *ret_port)
{
	static const struct port_range itself = {DEFAULT_HOST_PORT, DEFAULT_HOST_PORT};
	struct error err = {0};
	uint16_t port;
	int listener = try_port(choice, DEFAULT_HOST_PORT, &err);

	if (listener < 0 && listener != -EADDRINUSE)
		return listen_failed(choice, DEFAULT_HOST_PORT, "default", listener, &err);
	if (listener >= 0 &&
	    (!choice->run->firewall.ruleset || !value_set_empty(known_open(choice, itself))))
		return take(choice, DEFAULT_HOST_PORT, listener, "default", ret_port);

	int other = lowest_open(choice, &port);
	if (other >= 0) {
		warn_default_shut(choice, port, listener < 0);
		if (listener >= 0)
			close(listener);
		return take(choice, port, other, "open", ret_port);
	}
	if (listener < 0)
		listener = wait_for_default(choice);
	if (listener >= 0)
		return take(choice, DEFAULT_HOST_PORT, listener, "default", ret_port);
	return take_next_default(choice, &err, ret_port);
}

bool host_port_choose(struct run *run, const struct target *target, const struct host_state *state,
		      struct report *report, struct host_port *ret_port)
{
	const struct options *options = run->options;
	struct choice choice = {run, target, state, report};

	/* --fix makes a rule for later: nothing has to listen now. */
	if (options->fix)
		return take(&choice, options->host_port ? options->host_port : DEFAULT_HOST_PORT,
			    -1, options->host_port ? "given" : "default", ret_port);
	if (options->host_port)
		return take_given(&choice, options->host_port, "given", ret_port);
	if (options->has_host_port_range)
		return choose_from_range(&choice, options->host_port_range, ret_port);
	return choose_default(&choice, ret_port);
}
