/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_SESSION_H
#define DEVICE_SESSION_H

#include <netinet/in.h>

#include "tests/device/auth.h"

enum session_state {
	SESSION_IDLE,
	SESSION_WAITAUTH, /* without a time limit; one for all peers */
	SESSION_RUN,
};

/* The UDP half of a device. No I/O: takes datagrams, says what the device would do. */
struct session {
	const struct family *family;
	struct credentials credentials;
	enum session_state state;
	struct invitation invitation;
	struct sockaddr_in invited_by, last_peer;
	char nonce[SHA256_HEX + 1];
};

enum session_event {
	SESSION_IGNORED,      /* invalid: no reply */
	SESSION_BUSY,         /* came during an update and is lost */
	SESSION_LOST_SESSION, /* was not the awaited auth reply: back to idle, the datagram is lost */
	SESSION_BAD_AUTH,     /* auth reply of a wrong length: back to idle, no reply */
	SESSION_ASKED,        /* an invitation; AUTH is the answer */
	SESSION_AUTH_FAILED,
	SESSION_INVITED, /* an invitation to a device without password: now runs */
	SESSION_AUTH_OK, /* now runs */
};

enum { SESSION_ANSWER_SIZE = 128 };

/* @nonce: used if this datagram makes the device ask for its password. @ret_answer "" for none. */
enum session_event session_receive(struct session *session, const void *datagram, size_t length,
				   const struct sockaddr_in *from, const char *nonce,
				   char ret_answer[static SESSION_ANSWER_SIZE]);

/*
 * Where answers go: ESP8266 and RP2040 to the UDP port of the invitation, ESP32 to the sender of the
 * last datagram. The TCP connection goes to the same address, to the port the invitation named.
 */
struct sockaddr_in session_answer_to(const struct session *session);
struct sockaddr_in session_connect_to(const struct session *session);

#endif
