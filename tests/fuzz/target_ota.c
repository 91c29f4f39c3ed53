/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device answers. The input is a script, so that everything can come at any time: an event's
 * letter, the length of its bytes, its bytes.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "src/ota/session.h"
#include "tests/fuzz/fuzz.h"

enum { PORT = 8266, OTHER_PORT = 3232, EVENTS_MAX = 400, CHALLENGES_MAX = 4 };

struct device {
	struct session *session;
	int64_t now;
	unsigned challenges;
};

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* Time goes on to the session's own deadline, as the loop lets it. */
static void tick(struct device *device)
{
	int64_t deadline = session_deadline(device->session);

	if (deadline == INT64_MAX)
		return;
	device->now = deadline > device->now ? deadline : device->now;
	session_tick(device->session, device->now);
	fuzz_require(session_outcome(device->session) ||
		     session_deadline(device->session) > device->now);
}

static void datagram(struct device *device, uint16_t port, const uint8_t *data, size_t size)
{
	struct wire_reply reply = wire_parse(data, size);

	fuzz_require(is_printable(reply.text));
	fuzz_require(session_judge_text(reply.text) < SESSION_ABORTED);
	if (reply.kind != WIRE_OTHER)
		fuzz_taken();
	/* Ten thousand rounds of PBKDF2 are no parser's work. */
	if (reply.kind == WIRE_CHALLENGE_PBKDF2 && device->challenges++ >= CHALLENGES_MAX)
		return;
	session_datagram_received(device->session, port, data, size, device->now);
}

static void happens(struct device *device, uint8_t event, const uint8_t *data, size_t size)
{
	struct session *session = device->session;
	uint16_t number = size > 1 ? data[0] << 8 | data[1] : 0;

	switch (event) {
	case 'o': datagram(device, OTHER_PORT, data, size); break;
	case 'c': session_tcp_connected(session, device->now); break;
	case 'r': session_tcp_received(session, data, size, device->now); break;
	case 'p':
		session_tcp_progress(session, number, size > 2 ? data[2] : number, device->now);
		break;
	case 'e': session_tcp_closed(session, number, device->now); break;
	case 'u':
		session_udp_error(session, PORT, number ? number : ECONNREFUSED, device->now);
		break;
	case 't': tick(device); break;
	case 'w': device->now += number; break;
	default: datagram(device, PORT, data, size); break;
	}
}

/* What the loop does after each event. */
static void obey(struct device *device)
{
	const struct session_outcome *so_far = session_so_far(device->session);
	char text[WIRE_SIZE];
	uint16_t port;
	uint64_t offset;

	while (session_datagram(device->session, text, &port))
		fuzz_require(strlen(text) < WIRE_SIZE);
	size_t length = session_wants_data(device->session, &offset);
	const struct image *image = session_image(device->session);
	fuzz_require(!length || (image && offset + length <= image->size));
	fuzz_require(is_printable(so_far->text));
	fuzz_require(session_describe(device->session));
}

static void play(const struct session_order *order, const uint8_t *data, size_t size)
{
	struct device device = {.session = session_new(order), .now = 1000000};

	session_start(device.session, device.now);
	obey(&device);
	for (unsigned events = 0; size >= 2 && events < EVENTS_MAX; events++) {
		size_t length = data[1] < size - 2 ? data[1] : size - 2;

		happens(&device, data[0], data + 2, length);
		obey(&device);
		data += 2 + length;
		size -= 2 + length;
	}
	/* Left alone, it ends. */
	for (unsigned ticks = 0; !session_outcome(device.session); ticks++) {
		fuzz_require(ticks < 10000);
		tick(&device);
		obey(&device);
	}
	session_free(device.session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[2000];
	static const struct image_files files = {
		.plain = {.path = "a.bin",
			  .data = bytes,
			  .size = sizeof(bytes),
			  .md5 = "0123456789abcdef0123456789abcdef"},
	};
	struct session_order order = {
		.mode = size ? data[0] % 3 : 0,
		.ports = {PORT, OTHER_PORT},
		.host_port = 18266,
		.image = &files,
		.password = "correct horse",
		.random = {{1}, {2}},
	};

	if (size)
		play(&order, data + 1, size - 1);
	return 0;
}
