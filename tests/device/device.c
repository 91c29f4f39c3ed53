/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/device.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "tests/device/clock.h"
#include "tests/device/log.h"

static int bind_udp(struct in_addr address, uint16_t port, struct error *err)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET,
		.sin_addr = address,
		.sin_port = htons(port),
	};
	cleanup(close_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, errno, "cannot make a UDP socket");
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0)
		return error_errno(err, errno, "cannot bind UDP port %u", port);
	return steal_fd(&fd);
}

static void make_nonce(const struct options *options, char nonce[static SHA256_HEX + 1])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = (uint64_t)clock_now();
	auth_make_nonce(options->family->scheme, (uint64_t)clock_now(), random, nonce);
}

static void reset_session(struct device *device)
{
	const struct options *options = device->options;

	device->session = (struct session){
		.family = options->family,
		.credentials = credentials_make(options->family->scheme, options->password,
						options->stored_md5),
	};
}

int device_open(struct device *device, const struct options *options, struct error *err)
{
	*device = (struct device){.options = options, .udp = -1, .other = -1};
	update_init(&device->update, options);
	reset_session(device);
	if (options->start_in_waitauth) {
		make_nonce(options, device->session.nonce);
		device->session.state = SESSION_WAITAUTH;
	}
	if (fault(options, FAULT_PORT_CLOSED))
		return 0;
	device->udp = bind_udp(options->bind, options->port, err);
	if (device->udp < 0)
		return device->udp;
	if (fault(options, FAULT_WRONG_PORT_ANSWER)) {
		device->other = bind_udp(options->bind, 0, err);
		if (device->other < 0)
			return device->other;
	}
	return 0;
}

void device_close(struct device *device)
{
	close_fd(&device->udp);
	close_fd(&device->other);
	close_fd(&device->update.fd);
	close_fd(&device->update.stale_fd);
	image_release(&device->update.image);
	buffer_release(&device->update.out);
}

/* Answers. */

static void send_datagram(const struct device *device, const void *data, size_t length)
{
	struct sockaddr_in to = session_answer_to(&device->session);
	int fd = device->other >= 0 ? device->other : device->udp;

	if (sendto(fd, data, length, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		log_event("cannot answer: %s", strerror(errno));
}

static void send_rubbish(const struct device *device)
{
	static const unsigned char rubbish[] = "\x00\x01\xff\xfe\x80{\x16\x03";
	unsigned char long_rubbish[1400];

	memset(long_rubbish, 0xff, sizeof(long_rubbish));
	send_datagram(device, "", 0);
	send_datagram(device, rubbish, sizeof(rubbish));
	send_datagram(device, long_rubbish, sizeof(long_rubbish));
}

static void answer(const struct device *device, const char *text)
{
	struct sockaddr_in to = session_answer_to(&device->session);
	char peer[PEER_TEXT_SIZE];

	if (fault(device->options, FAULT_CONNECTS_BEFORE_OK) && strcmp(text, "OK") == 0)
		return;
	if (fault(device->options, FAULT_GARBAGE_UDP))
		send_rubbish(device);
	log_event("answer to %s: %.*s", peer_format(&to, peer), (int)strcspn(text, "\r\n"), text);
	send_datagram(device, text, strlen(text));
	if (fault(device->options, FAULT_ANSWERS_TWICE))
		send_datagram(device, text, strlen(text));
}

/* What ArduinoOTA.handle() does once the host may upload. */

static void answer_refusal(struct device *device, const struct image *image)
{
	cleanup(buffer_release) struct buffer text = {0};

	/* An ESP32 has said OK before it looks, and then says nothing more. */
	if (device->options->family->lineage == LINEAGE_ESP32) {
		answer(device, "OK");
	} else {
		buffer_puts(&text, "ERR: ");
		image_print_error(image, &text);
		answer(device, text.data);
	}
	log_event("refused");
	device->session.state = SESSION_IDLE;
}

static bool connects(const struct options *options)
{
	return !fault(options, FAULT_NEVER_CONNECTS) && !fault(options, FAULT_WRONG_PORT_ANSWER);
}

static void run(struct device *device, int64_t now)
{
	const struct options *options = device->options;
	uint32_t space = fault(options, FAULT_REFUSES) ? 0 : options->space;
	struct sockaddr_in target = session_connect_to(&device->session);
	struct image image = {.flash_size = options->flash_size};

	/* Then nobody looks at what the receive callback left, and it takes no more. */
	if (fault(options, FAULT_LOOP_BLOCKED))
		return;
	if (!image_begin(&image, options->family, &device->session.invitation, space)) {
		answer_refusal(device, &image);
		return;
	}
	answer(device, "OK");
	if (connects(options))
		update_start(&device->update, &target, &image, now);
	else
		device->session.state = SESSION_IDLE;
}

/* Datagrams. */

static void log_invitation(const struct invitation *invitation, const char *peer)
{
	log_event("invitation from %s command %d port %u size %u", peer, invitation->command,
		  invitation->port, invitation->size);
}

static void log_received(const struct device *device, enum session_event event,
			 const struct datagram *datagram)
{
	char peer[PEER_TEXT_SIZE];

	peer_format(&datagram->from, peer);
	switch (event) {
	case SESSION_ASKED:
	case SESSION_INVITED: log_invitation(&device->session.invitation, peer); break;
	case SESSION_AUTH_OK: log_event("auth ok"); break;
	case SESSION_AUTH_FAILED: log_event("auth failed"); break;
	case SESSION_IGNORED:
		log_event("ignored datagram from %s, %zu bytes", peer, datagram->length);
		break;
	case SESSION_BUSY: log_event("dropped datagram from %s: busy", peer); break;
	case SESSION_LOST_SESSION:
		log_event("dropped datagram from %s: waited for an auth reply", peer);
		break;
	case SESSION_BAD_AUTH: log_event("dropped auth reply from %s: wrong length", peer); break;
	}
}

/* Reads along and does nothing: a silent device, or an ESP32 that does all in its blocked loop. */
static bool stays_silent(const struct device *device)
{
	const struct options *options = device->options;

	return fault(options, FAULT_SILENT) ||
	       (fault(options, FAULT_LOOP_BLOCKED) && options->family->lineage == LINEAGE_ESP32);
}

static void ignore(const struct device *device, const struct datagram *datagram)
{
	struct invitation invitation;
	char peer[PEER_TEXT_SIZE];

	peer_format(&datagram->from, peer);
	if (invitation_parse(device->options->family, datagram->data, datagram->length,
			     &invitation))
		log_invitation(&invitation, peer);
	else
		log_event("ignored datagram from %s, %zu bytes", peer, datagram->length);
}

static bool is_invitation(enum session_event event)
{
	return event == SESSION_ASKED || event == SESSION_INVITED;
}

static void handle_datagram(struct device *device, const struct datagram *datagram, int64_t now)
{
	const struct options *options = device->options;
	char nonce[SHA256_HEX + 1], text[SESSION_ANSWER_SIZE];
	enum session_event event;

	make_nonce(options, nonce);
	event = session_receive(&device->session, datagram->data, datagram->length, &datagram->from,
				nonce, text);
	if (event == SESSION_AUTH_OK && fault(options, FAULT_AUTH_FAILS_ALWAYS)) {
		event = SESSION_AUTH_FAILED;
		device->session.state = SESSION_IDLE;
		strcpy(text, "Authentication Failed");
	}
	log_received(device, event, datagram);
	if (is_invitation(event) && fault(options, FAULT_WRONG_ANSWER)) {
		answer(device, options->faults.text[FAULT_WRONG_ANSWER]);
		device->session.state = SESSION_IDLE;
		return;
	}
	if (*text)
		answer(device, text);
	if (event == SESSION_INVITED || event == SESSION_AUTH_OK)
		run(device, now);
}

/* An ESP32 reads no datagram while it updates; the others read and drop. */
static bool reads_datagrams(const struct device *device)
{
	return device->options->family->lineage == LINEAGE_ESP8266 ||
	       !update_is_running(&device->update);
}

static void handle_inbox(struct device *device, int64_t now)
{
	struct datagram datagram;

	while (reads_datagrams(device) && inbox_take(&device->inbox, now, &datagram)) {
		if (stays_silent(device))
			ignore(device, &datagram);
		else
			handle_datagram(device, &datagram, now);
	}
}

/* After a success the device reboots: nothing is left of what it knew. */
static void after_update(struct device *device, enum update_result result)
{
	device->session.state = SESSION_IDLE;
	if (result == UPDATE_SUCCEEDED) {
		log_event("updated");
		device->inbox.count = 0;
		reset_session(device);
	}
}

int64_t device_deadline(const struct device *device)
{
	int64_t deadline = device->update.deadline;

	if (reads_datagrams(device))
		deadline = clock_sooner(deadline, inbox_deadline(&device->inbox));
	return deadline;
}

enum update_result device_step(struct device *device, short udp_events, short tcp_events,
			       int64_t now)
{
	int64_t late = (int64_t)fault_number(device->options, FAULT_ANSWERS_LATE) * MILLISECOND;
	enum update_result result = UPDATE_RUNNING;

	if (udp_events)
		inbox_fill(&device->inbox, device->udp, now + late);
	if (update_is_running(&device->update)) {
		result = update_step(&device->update, tcp_events, now);
		if (result != UPDATE_RUNNING)
			after_update(device, result);
	}
	handle_inbox(device, now);
	return result;
}
