/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/device/clock.h"
#include "tests/device/device.h"
#include "tests/device/log.h"
#include "tests/device/mdns_socket.h"

enum {
	STATUS_UPDATED = 0,
	STATUS_BROKE_OFF = 1,
	STATUS_USAGE = 2,
	STATUS_RUNNING = -1,
};

enum { POLL_UDP, POLL_TCP, POLL_MDNS, POLL_SIGNAL, POLL_COUNT };

static int block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int announce_ready(const struct options *options)
{
	int fd;

	log_event("ready, %s, UDP port %u", options->family->name, options->port);
	if (!options->ready_file)
		return 0;
	fd = open(options->ready_file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void wait_for_events(const struct device *device, struct pollfd *polled)
{
	int64_t deadline = device_deadline(device), left = 0;
	struct timespec timeout;

	if (deadline != NEVER && deadline > clock_now())
		left = deadline - clock_now();
	if (left < 0)
		left = 0;
	timeout.tv_sec = left / 1000000;
	timeout.tv_nsec = left % 1000000 * 1000;
	if (ppoll(polled, POLL_COUNT, deadline == NEVER ? NULL : &timeout, NULL) < 0)
		for (size_t i = 0; i < POLL_COUNT; i++)
			polled[i].revents = 0;
}

static int status_of(const struct options *options, enum update_result result)
{
	if (!options->once)
		return STATUS_RUNNING;
	if (result == UPDATE_SUCCEEDED)
		return STATUS_UPDATED;
	return result == UPDATE_BROKE_OFF ? STATUS_BROKE_OFF : STATUS_RUNNING;
}

static int turn(struct device *device, const struct mdns_socket *mdns, int signals)
{
	short tcp_events = update_events(&device->update);
	struct pollfd polled[POLL_COUNT] = {
		[POLL_UDP] = {.fd = device->udp, .events = POLLIN},
		[POLL_TCP] = {.fd = tcp_events ? device->update.fd : -1, .events = tcp_events},
		[POLL_MDNS] = {.fd = mdns->fd, .events = POLLIN},
		[POLL_SIGNAL] = {.fd = signals, .events = POLLIN},
	};
	enum update_result result;

	wait_for_events(device, polled);
	if (polled[POLL_SIGNAL].revents)
		return device->options->once ? STATUS_BROKE_OFF : STATUS_UPDATED;
	if (polled[POLL_MDNS].revents)
		mdns_socket_answer(mdns);
	result = device_step(device, polled[POLL_UDP].revents, polled[POLL_TCP].revents,
			     clock_now());
	return status_of(device->options, result);
}

static int open_all(struct device *device, struct mdns_socket *mdns, const struct options *options)
{
	struct error err = {0};
	int r;

	if (options->log && (r = log_open(options->log)) < 0) {
		fprintf(stderr, "ota-device: cannot write %s: %s\n", options->log, strerror(-r));
		return r;
	}
	r = device_open(device, options, &err);
	if (r == 0)
		r = mdns_socket_open(mdns, options, &err);
	if (r == 0 && (r = announce_ready(options)) < 0)
		error_errno(&err, -r, "cannot create %s", options->ready_file);
	if (r < 0)
		fprintf(stderr, "ota-device: %s\n", err.text);
	return r;
}

int main(int argc, char **argv)
{
	struct mdns_socket mdns = {.fd = -1};
	struct options options;
	struct device device = {.udp = -1, .other = -1, .update = {.fd = -1, .stale_fd = -1}};
	int status = STATUS_RUNNING;
	int signals;

	switch (options_parse(argc, argv, &options)) {
	case OPTIONS_DONE: return 0;
	case OPTIONS_WRONG: return STATUS_USAGE;
	case OPTIONS_RUN: break;
	}
	signals = block_signals();
	if (open_all(&device, &mdns, &options) < 0)
		status = STATUS_USAGE;
	while (status == STATUS_RUNNING)
		status = turn(&device, &mdns, signals);
	if (options.ready_file && status != STATUS_USAGE)
		unlink(options.ready_file);
	device_close(&device);
	mdns_socket_close(&mdns);
	close(signals);
	return status;
}
