/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/update.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/device/clock.h"
#include "tests/device/log.h"
#include "tests/device/output.h"
#include "tests/device/send.h"

enum {
	READ_SIZE = 1460,              /* what an ESP32 reads at most */
	DRAIN_PAUSE = 1 * MILLISECOND, /* delay(1) between two looks at the socket */
	REPEATS = 3,                   /* keep-alives of an ESP32 before it gives up */
};

static const struct family *family_of(const struct update *update)
{
	return update->options->family;
}

static bool is_esp32(const struct update *update)
{
	return family_of(update)->lineage == LINEAGE_ESP32;
}

static int64_t pause_until(const struct update *update, int64_t now, unsigned milliseconds)
{
	return now + (int64_t)milliseconds * MILLISECOND / update->options->speed_up;
}

void update_init(struct update *update, const struct options *options)
{
	*update = (struct update){
		.options = options,
		.fd = -1,
		.stale_fd = -1,
		.deadline = NEVER,
	};
}

bool update_is_running(const struct update *update)
{
	return update->phase != UPDATE_IDLE;
}

void update_start(struct update *update, const struct sockaddr_in *target, struct image *image,
		  int64_t now)
{
	update->target = *target;
	update->image = *image;
	*image = (struct image){0};
	update->phase = UPDATE_BEFORE_CONNECT;
	update->deadline = pause_until(update, now, family_of(update)->connect_delay);
	if (fault(update->options, FAULT_CONNECTS_LATE))
		update->deadline +=
			(int64_t)fault_number(update->options, FAULT_CONNECTS_LATE) * MILLISECOND;
}

static enum update_result end(struct update *update, enum update_result result)
{
	const struct options *options = update->options;

	close_fd(&update->fd);
	close_fd(&update->stale_fd);
	image_release(&update->image);
	buffer_release(&update->out);
	update_init(update, options);
	return result;
}

/* Connection. */

static int open_socket(const struct update *update)
{
	const struct options *options = update->options;
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = options->bind};
	int window = (int)options->window, segment = (int)options->segment;
	int no_delay = !is_esp32(update) || fault(options, FAULT_ACK_PIECES);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &window, sizeof(window));
	setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
	if (options->bind.s_addr)
		bind(fd, (struct sockaddr *)&local, sizeof(local));
	return fd;
}

static enum update_result not_connected(struct update *update, int errnum)
{
	char peer[PEER_TEXT_SIZE];

	log_event("connect failed %s: %s", peer_format(&update->target, peer), strerror(errnum));
	return end(update, UPDATE_NOT_CONNECTED);
}

static enum update_result start_connect(struct update *update, int64_t now)
{
	char peer[PEER_TEXT_SIZE];

	log_event("connect %s", peer_format(&update->target, peer));
	update->fd = open_socket(update);
	if (update->fd < 0)
		return not_connected(update, errno);
	update->phase = UPDATE_CONNECTING;
	update->deadline = now + (int64_t)family_of(update)->connect_limit * MILLISECOND;
	if (connect(update->fd, (struct sockaddr *)&update->target, sizeof(update->target)) < 0 &&
	    errno != EINPROGRESS)
		return not_connected(update, errno);
	return UPDATE_RUNNING;
}

static int64_t receive_deadline(const struct update *update, int64_t now)
{
	const struct options *options = update->options;
	int64_t limit = options->receive_limit;

	if (update->received == 0 && fault(options, FAULT_SHORT_FIRST_BYTE_LIMIT))
		limit = (int64_t)fault_number(options, FAULT_SHORT_FIRST_BYTE_LIMIT);
	return limit ? now + limit * MILLISECOND : NEVER;
}

static enum update_result wait_for_data(struct update *update, int64_t now)
{
	update->phase = UPDATE_RECEIVING;
	update->deadline = receive_deadline(update, now);
	return UPDATE_RUNNING;
}

static enum update_result hang(struct update *update, const char *why)
{
	log_event("%s", why);
	update->phase = UPDATE_HANGING;
	update->deadline = NEVER;
	return UPDATE_RUNNING;
}

static enum update_result reset_connection(struct update *update)
{
	struct linger at_once = {.l_onoff = 1};

	log_event("received %zu", update->received);
	log_event("reset");
	setsockopt(update->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return end(update, UPDATE_BROKE_OFF);
}

/* Whether the fault's number of bytes is reached. */
static bool reached(const struct update *update, enum fault_name name)
{
	return fault(update->options, name) &&
	       update->received >= fault_number(update->options, name);
}

static enum update_result connected(struct update *update, int64_t now)
{
	socklen_t length = sizeof(int);
	int errnum = 0;

	getsockopt(update->fd, SOL_SOCKET, SO_ERROR, &errnum, &length);
	if (errnum)
		return not_connected(update, errnum);
	log_event("connected");
	if (fault(update->options, FAULT_CONNECTS_TWICE) && update->stale_fd < 0) {
		update->stale_fd = steal_fd(&update->fd);
		return start_connect(update, now);
	}
	if (reached(update, FAULT_RESET_AFTER))
		return reset_connection(update);
	if (reached(update, FAULT_STALL_AFTER))
		return hang(update, "stalls");
	return wait_for_data(update, now);
}

/* Data. */

static size_t read_size(const struct update *update)
{
	static const enum fault_name limits[] = {FAULT_RESET_AFTER, FAULT_STALL_AFTER};
	size_t size = READ_SIZE;

	/* An ESP8266 leaves what is too much in the socket. */
	if (!is_esp32(update) && image_remaining(&update->image) < size)
		size = image_remaining(&update->image);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		uint64_t left = fault_number(update->options, limits[i]) - update->received;

		if (fault(update->options, limits[i]) && left < size)
			size = left;
	}
	return size;
}

static void flush(struct update *update)
{
	if (update->out.length)
		send_all(update->fd, update->out.data, update->out.length,
			 fault(update->options, FAULT_ACK_PIECES));
	buffer_release(&update->out);
}

static void put_count(struct update *update, size_t count)
{
	static const char rubbish[] = "\x16\x03\xff{~\n%";

	if (fault(update->options, FAULT_GARBAGE_TCP))
		buffer_add(&update->out, rubbish, sizeof(rubbish));
	else
		buffer_printf(&update->out, "%zu", count);
}

static void acknowledge(struct update *update)
{
	if (!update->uncounted)
		return;
	put_count(update, update->uncounted);
	update->last_count = update->uncounted;
	update->uncounted = 0;
}

static enum update_result refuse(struct update *update)
{
	cleanup(buffer_release) struct buffer text = {0};

	image_print_error(&update->image, &text);
	log_event("verdict %.*s", (int)strcspn(text.data, "\r\n"), text.data);
	buffer_add(&update->out, text.data, text.length);
	flush(update);
	return end(update, UPDATE_BROKE_OFF);
}

static enum update_result say_ok(struct update *update, int64_t now)
{
	log_event("verdict OK");
	output_write(update->options->output, update->image.data.data, update->image.data.length);
	buffer_puts(&update->out, "OK");
	flush(update);
	update->phase = UPDATE_BEFORE_CLOSE;
	update->deadline = pause_until(update, now, family_of(update)->close_delay);
	return UPDATE_RUNNING;
}

static enum update_result say_verdict(struct update *update, int64_t now)
{
	return update->image.judged_good ? say_ok(update, now) : refuse(update);
}

/* All has arrived, or nothing more will. */
static enum update_result conclude(struct update *update, int64_t now)
{
	const struct options *options = update->options;
	unsigned delay;

	log_event("received %zu", update->received);
	acknowledge(update);
	if (fault(options, FAULT_NO_VERDICT_OPEN) || fault(options, FAULT_NO_VERDICT)) {
		flush(update);
		if (fault(options, FAULT_NO_VERDICT_OPEN))
			return hang(update, "no verdict");
		log_event("no verdict");
		return end(update, UPDATE_BROKE_OFF);
	}
	update->image.corrupt = fault(options, FAULT_VERIFY_ERROR);
	delay = image_end(&update->image) ? family_of(update)->verdict_delay
					  : family_of(update)->error_delay;
	if (!delay)
		return say_verdict(update, now);
	flush(update);
	update->phase = UPDATE_BEFORE_VERDICT;
	update->deadline = pause_until(update, now, delay);
	return UPDATE_RUNNING;
}

/* What was read is in the flash. */
static enum update_result flashed(struct update *update, int64_t now)
{
	if (image_finished(&update->image))
		return conclude(update, now);
	if (!is_esp32(update)) {
		update->phase = UPDATE_DRAINING;
		update->deadline = now + DRAIN_PAUSE;
		return UPDATE_RUNNING;
	}
	acknowledge(update);
	flush(update);
	return wait_for_data(update, now);
}

static enum update_result after_read(struct update *update, size_t length, int64_t now)
{
	uint64_t speed = fault_number(update->options, FAULT_SLOW_FLASH);

	update->repeats = 0;
	if (reached(update, FAULT_RESET_AFTER))
		return reset_connection(update);
	if (reached(update, FAULT_STALL_AFTER))
		return hang(update, "stalls");
	if (!fault(update->options, FAULT_SLOW_FLASH))
		return flashed(update, now);
	update->phase = UPDATE_FLASHING;
	update->deadline = now + (int64_t)(length * 1000000 / (speed ? speed : 1));
	return UPDATE_RUNNING;
}

static enum update_result receive(struct update *update, int64_t now)
{
	char data[READ_SIZE];
	ssize_t length = recv(update->fd, data, read_size(update), 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return UPDATE_RUNNING;
	if (length <= 0) {
		log_event("the host hung up");
		return conclude(update, now);
	}
	update->received += (size_t)length;
	update->uncounted += image_write(&update->image, data, (size_t)length);
	return after_read(update, (size_t)length, now);
}

/* An ESP32 repeats its last count to keep the host's patience, three times. */
static enum update_result no_data(struct update *update, int64_t now)
{
	if (update->last_count && update->repeats++ < REPEATS) {
		put_count(update, update->last_count);
		flush(update);
		return wait_for_data(update, now);
	}
	log_event("received %zu", update->received);
	log_event("no more data came");
	return end(update, UPDATE_BROKE_OFF);
}

static enum update_result on_deadline(struct update *update, int64_t now)
{
	switch (update->phase) {
	case UPDATE_BEFORE_CONNECT: return start_connect(update, now);
	case UPDATE_CONNECTING: return not_connected(update, ETIMEDOUT);
	case UPDATE_RECEIVING: return no_data(update, now);
	case UPDATE_FLASHING: return flashed(update, now);
	case UPDATE_DRAINING:
		acknowledge(update);
		flush(update);
		return wait_for_data(update, now);
	case UPDATE_BEFORE_VERDICT: return say_verdict(update, now);
	case UPDATE_BEFORE_CLOSE: return end(update, UPDATE_SUCCEEDED);
	default: return UPDATE_RUNNING;
	}
}

short update_events(const struct update *update)
{
	switch (update->phase) {
	case UPDATE_CONNECTING: return POLLOUT;
	case UPDATE_RECEIVING:
	case UPDATE_DRAINING: return POLLIN;
	case UPDATE_HANGING: return POLLRDHUP;
	default: return 0;
	}
}

enum update_result update_step(struct update *update, short revents, int64_t now)
{
	if (revents && update->phase == UPDATE_CONNECTING)
		return connected(update, now);
	if (revents && update->phase == UPDATE_HANGING) {
		log_event("received %zu", update->received);
		log_event("the host hung up");
		return end(update, UPDATE_BROKE_OFF);
	}
	if (revents && (update_events(update) & POLLIN))
		return receive(update, now);
	if (update->deadline != NEVER && now >= update->deadline)
		return on_deadline(update, now);
	return UPDATE_RUNNING;
}
