/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/journal.h"
#include "src/commands.h"
#include "src/explain.h"
#include "src/options.h"
#include "src/privilege.h"
#include "src/record_file.h"
#include "src/recording.h"
#include "src/report.h"
#include "src/report_print.h"
#include "src/run.h"
#include "src/safe_text.h"
#include "src/text_style.h"
#include "src/version.h"

enum { EXIT_USAGE = 2, EXIT_INTERNAL = 70, EXIT_SIGNAL = 128 };

static volatile sig_atomic_t stop_signal;

/* The kernel resets the device's connection, and the worker goes with its parent. */
static void end_at_once(void)
{
	static const char line[] = "espota-doctor: stopped by a signal\n";

	ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
	(void)written; /* whoever reads it may have gone */
	_exit(EXIT_SIGNAL + stop_signal);
}

/*
 * Every wait ends when a signal is handled. One that begins just after the flag was looked at would
 * not: so an alarm goes on ending waits. Where there is no wait to end, in a long evaluation of rules
 * or with nobody reading our output, it ends the program.
 */
static void on_signal(int number)
{
	static const struct itimerval soon = {{0, 50000}, {0, 50000}};
	static volatile sig_atomic_t patience = 20;

	if (number == SIGALRM) {
		if (--patience <= 0)
			end_at_once();
		return;
	}
	stop_signal = number;
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
	struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Opened the wrong way round, so that whoever uses a closed stream is told. */
static void fill_standard_streams(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			_exit(EXIT_INTERNAL);
}

static int complain(struct error *err, int exit_code)
{
	safe_text_in_place(err->text, strlen(err->text));
	fprintf(stderr, "espota-doctor: %s; exit %d (espota-doctor explain %d)\n", err->text,
		exit_code, exit_code);
	return exit_code;
}

/* What was asked for goes to stdout; if it cannot be written the run has failed. */
static int write_stdout(const char *text, int exit_code)
{
	struct error err = {0};

	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return exit_code;
	if (stop_signal)
		return EXIT_SIGNAL + stop_signal;
	error_errno(&err, errno, "cannot write to standard output");
	return complain(&err, EXIT_USAGE);
}

static struct report *refuse_image(struct run *run, const struct error *err)
{
	struct report *report = report_new(run->arena, REPORT_UPLOAD, run->time_s);
	struct finding *finding = report_add(report, FINDING_IMAGE_UNREADABLE, CERTAINTY_PROVEN);

	report_title(report, finding, "%s", err->text);
	report_evidence(report, finding, "config", "%s", err->text);
	report->stopped_by = *run->stop;
	report_conclude(report);
	return report;
}

static struct report *run_command(struct run *run)
{
	switch (run->options->command) {
	case COMMAND_CHECK: return command_check(run);
	case COMMAND_PORTS: return command_ports(run);
	case COMMAND_DISCOVER: return command_discover(run);
	default: return command_upload(run);
	}
}

static int print_report(const struct run *run, struct report *report)
{
	const struct options *options = run->options;
	cleanup(buffer_release) struct buffer text = {0}, answer = {0};
	struct terminal terminal = terminal_look(STDERR_FILENO);
	struct text_style style = text_style_for(&terminal, options->color);

	style.verbose = options->verbose;
	style.debug = options->debug;
	style.sudo = !run->privileged;

	report_make_safe(report);
	report_text(&text, report, &style);
	fputs(buffer_text(&text), stderr);
	if (options->json)
		report_json(&answer, report);
	else if (options->fix)
		report_fix_commands(&answer, report);
	else if (options->command == COMMAND_PORTS)
		report_ports(&answer, report);
	else if (options->command == COMMAND_DISCOVER)
		report_devices(&answer, report);
	return write_stdout(buffer_text(&answer), report->exit_code);
}

static int run_and_print(struct run *run)
{
	struct error err = {0};

	if (recording_gather(run, &err))
		return complain(&err, EXIT_USAGE);
	struct report *report = run_command(run);
	worker_dismiss(&run->worker);
	int result = recording_end(run, &err);
	int exit_code = print_report(run, report);
	return result ? complain(&err, EXIT_USAGE) : exit_code;
}

/* Everything below runs without privilege; the worker holds what is left of it. */
static int run_unprivileged(struct run *run, const struct buffer *recorded)
{
	struct error err = {0};

	if (privilege_drop(&err))
		return complain(&err, EXIT_INTERNAL);
	if (recording_begin(run, recorded, &err))
		return complain(&err, EXIT_USAGE);
	if (host_read(&run->host, &err))
		return complain(&err, run->options->from_record ? EXIT_USAGE : EXIT_INTERNAL);

	int exit_code = run_and_print(run);
	firewall_release(&run->firewall);
	host_release(&run->host);
	return exit_code;
}

/*
 * The order is the point: files that the caller named are read as the caller that started us, then
 * the worker takes the privileges, and only then does anything come in from the network.
 */
static int run_privileged(struct run *run)
{
	const char *from = run->options->from_record;
	cleanup(buffer_release) struct buffer recorded = {0};
	struct error err = {0};

	if (run->options->command == COMMAND_UPLOAD &&
	    image_files_load(&run->image, run->options->image, &err))
		return print_report(run, refuse_image(run, &err));
	if (from && record_file_load(from, &recorded, &err))
		return complain(&err, EXIT_USAGE);
	if (privilege_limit(&err) || (!from && worker_start(&run->worker, &err)))
		return complain(&err, EXIT_INTERNAL);
	if (run->options->verify)
		run->user_namespace = privilege_user_namespace();
	int exit_code = run_unprivileged(run, &recorded);
	worker_stop(&run->worker);
	close_fd(&run->user_namespace);
	return exit_code;
}

static int run_options(const struct options *options)
{
	struct run run = {
		.arena = arena_new(),
		.options = options,
		.worker.fd = -1,
		.user_namespace = -1,
		.stop = &stop_signal,
		.time_s = time(NULL),
		.privileged = geteuid() == 0,
		.binds_privileged = options->record && privilege_held(CAP_NET_BIND_SERVICE),
	};

	catch_signals();
	int exit_code = run_privileged(&run);
	journal_end();
	record_release(&run.record);
	image_files_release(&run.image);
	arena_free(run.arena);
	return exit_code;
}

static int explain_topic(const struct options *options)
{
	cleanup(buffer_release) struct buffer text = {0};
	struct terminal terminal = terminal_look(STDOUT_FILENO);
	struct text_style style = text_style_for(&terminal, options->color);
	struct error err = {0};

	if (explain(&text, options->explain, &style, &err))
		return complain(&err, EXIT_USAGE);
	return write_stdout(buffer_text(&text), EXIT_SUCCESS);
}

static int dispatch(const struct options *options)
{
	cleanup(buffer_release) struct buffer text = {0};

	switch (options->command) {
	case COMMAND_HELP: return write_stdout(options_help(), EXIT_SUCCESS);
	case COMMAND_VERSION: version_text(&text); return write_stdout(buffer_text(&text), 0);
	case COMMAND_EXPLAIN: return explain_topic(options);
	default: return run_options(options);
	}
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = {0};

	fill_standard_streams();
	setlocale(LC_CTYPE, ""); /* no more: JSON and commands know one decimal point */
	if (argc <= 1) {
		fputs(options_usage(), stderr);
		error_set(&err, EINVAL, "no arguments");
		return complain(&err, EXIT_USAGE);
	}
	int result = options_parse(argc, argv, getenv("ESPOTA_AUTH"), &options, &err);
	int exit_code = result ? complain(&err, EXIT_USAGE) : dispatch(&options);
	options_release(&options);
	return exit_code;
}
