/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/session.h"

#include <stdio.h>
#include <string.h>

static enum session_event receive_idle(struct session *session, const void *datagram, size_t length,
				       const struct sockaddr_in *from, const char *nonce,
				       char *ret_answer)
{
	struct invitation invitation;

	if (!invitation_parse(session->family, datagram, length, &invitation))
		return SESSION_IGNORED;
	session->invitation = invitation;
	session->invited_by = *from;
	if (!*session->credentials.stored) {
		session->state = SESSION_RUN;
		return SESSION_INVITED;
	}
	snprintf(session->nonce, sizeof(session->nonce), "%s", nonce);
	snprintf(ret_answer, SESSION_ANSWER_SIZE, "AUTH %s", session->nonce);
	session->state = SESSION_WAITAUTH;
	return SESSION_ASKED;
}

static enum session_event receive_auth(struct session *session, const void *datagram, size_t length,
				       char *ret_answer)
{
	char expected[SHA256_HEX + 1];
	struct auth_answer answer;

	session->state = SESSION_IDLE;
	if (invitation_command(session->family, datagram, length) != COMMAND_AUTH)
		return SESSION_LOST_SESSION;
	if (!auth_answer_parse(session->family, datagram, length,
			       auth_hex_length(session->credentials.scheme), &answer))
		return SESSION_BAD_AUTH;
	auth_response(&session->credentials, session->nonce, answer.cnonce, expected);
	if (strcmp(expected, answer.response) != 0) {
		strcpy(ret_answer, "Authentication Failed");
		return SESSION_AUTH_FAILED;
	}
	session->state = SESSION_RUN;
	return SESSION_AUTH_OK;
}

enum session_event session_receive(struct session *session, const void *datagram, size_t length,
				   const struct sockaddr_in *from, const char *nonce,
				   char ret_answer[static SESSION_ANSWER_SIZE])
{
	*ret_answer = '\0';
	if (session->state == SESSION_RUN)
		return SESSION_BUSY;
	session->last_peer = *from;
	if (session->state == SESSION_WAITAUTH)
		return receive_auth(session, datagram, length, ret_answer);
	return receive_idle(session, datagram, length, from, nonce, ret_answer);
}

struct sockaddr_in session_answer_to(const struct session *session)
{
	return session->family->lineage == LINEAGE_ESP8266 ? session->invited_by
							   : session->last_peer;
}

struct sockaddr_in session_connect_to(const struct session *session)
{
	struct sockaddr_in target = session_answer_to(session);

	target.sin_port = htons(session->invitation.port);
	return target;
}
