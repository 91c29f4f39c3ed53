/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "src/ota/transfer.h"
#include "src/ota/trial.h"

/* Milliseconds. */
enum {
	ANSWER_TIMEOUT = 20000,
	AUTH_TIMEOUT = 10000,       /* from our answer to the device's verdict */
	ODD_TIMEOUT = 4000,         /* for a proper answer after one that no device gives */
	CONNECTION_TIMEOUT = 12000, /* ESP8266 tries for 5 s, after a loop() that may be busy */
	FIRST_BLOCK_PAUSE = 1000,   /* well before an ESP32 misses the rest (4 s) */
};

enum { ESP32_FIRST_BLOCK = 4096 }; /* a flash sector */

static const char empty_md5[] = "d41d8cd98f00b204e9800998ecf8427e";
enum { REHEARSAL_SIZE = 16384 };

enum state {
	IDLE,
	INVITING,
	AUTHENTICATING,
	AGREED,
	TRANSFER,
	FINISHED,
};

struct session {
	struct session_order order;
	struct session_outcome outcome;
	enum state state;
	struct trial trial;
	/* An image for each port: which file is offered depends on the family that it suggests. */
	const struct image *offered[SESSION_PORTS];

	size_t length; /* of the datagram that waits to be sent */
	char datagram[WIRE_SIZE];
	int64_t next_send, give_up;

	unsigned answers;                  /* to challenges; never more than SESSION_ANSWERS */
	unsigned unjudged;                 /* of them, in this round */
	char nonce[WIRE_PBKDF2_NONCE + 1]; /* last one answered */
	char reply[WIRE_SIZE];             /* that answer; sent twice at most */
	bool repeated;                     /* is not to be sent again */
	bool rejected; /* the SHA-256 form was refused; the MD5 form is on its way */
	bool odd;

	struct transfer transfer; /* on the newest connection */
};

struct session *session_new(const struct session_order *order)
{
	struct session *session = xcalloc(1, sizeof(*session));
	struct session_outcome *outcome = &session->outcome;

	session->order = *order;
	if (!session->order.answer_timeout)
		session->order.answer_timeout = ANSWER_TIMEOUT;
	for (size_t i = 0; i < SESSION_PORTS; i++)
		outcome->ports[i].number = order->ports[i];
	session->trial = trial_new(outcome->ports);
	outcome->family = order->family;
	outcome->transfer_ms = -1;
	outcome->times = (struct session_times){-1, -1, -1, -1, -1, -1, -1, -1};
	return session;
}

static void wipe(struct session *session)
{
	explicit_bzero(session->datagram, sizeof(session->datagram));
	explicit_bzero(session->reply, sizeof(session->reply));
	session->length = 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	wipe(session);
	free(session);
}

static void finish(struct session *session, enum session_result result, const char *text,
		   int64_t now)
{
	struct session_outcome *outcome = &session->outcome;

	session->state = FINISHED;
	outcome->result = result;
	if (text)
		snprintf(outcome->text, sizeof(outcome->text), "%s", text);
	outcome->times.finished = now;
	if (outcome->times.connected >= 0)
		outcome->transfer_ms = now - outcome->times.connected;
	wipe(session);
}

static void finish_errno(struct session *session, enum session_result result, int errnum,
			 int64_t now)
{
	session->outcome.errnum = errnum;
	finish(session, result, NULL, now);
}

/* --- invitation --- */

static enum device_family likely_family(const struct session *session)
{
	if (session->outcome.family != FAMILY_UNKNOWN)
		return session->outcome.family;
	return family_of_port(trial_port(&session->trial)->number);
}

const struct image *session_image(const struct session *session)
{
	return session->offered[session->trial.current];
}

/* Of what the current port was offered. */
static uint64_t offered_size(const struct session *session)
{
	const struct image *image = session_image(session);

	if (image)
		return image->size;
	return session->order.mode == SESSION_REHEARSE ? REHEARSAL_SIZE : 0;
}

static size_t compose_invitation(struct session *session)
{
	const struct session_order *order = &session->order;
	enum wire_command command = order->file_system ? WIRE_FILE_SYSTEM : WIRE_FLASH;
	const struct image *image = NULL;

	if (order->image && order->mode != SESSION_ASK)
		image = image_files_choose(order->image, likely_family(session));
	session->offered[session->trial.current] = image;
	session->outcome.size = offered_size(session);
	return wire_invitation(session->datagram, command, order->host_port, session->outcome.size,
			       image ? image->md5 : empty_md5);
}

static void invite(struct session *session, int64_t now)
{
	struct session_times *times = &session->outcome.times;

	session->length = compose_invitation(session);
	session->outcome.port = trial_port(&session->trial)->number;
	times->last_invitation = now;
	if (times->first_invitation < 0)
		times->first_invitation = now;
	session->next_send = trial_invited(&session->trial, now);
}

static void begin_inviting(struct session *session, int64_t now)
{
	session->state = INVITING;
	session->give_up = now + session->order.answer_timeout;
	session->unjudged = 0;
	trial_begin_round(&session->trial);
	invite(session, now);
}

void session_start(struct session *session, int64_t now)
{
	if (session->state != IDLE || !trial_count(&session->trial))
		return;
	session->outcome.times.started = now;
	begin_inviting(session, now);
}

/* From now on there is one port, and one family as far as the port and the answers tell. */
static void settle(struct session *session, size_t port, int64_t now)
{
	trial_answered(&session->trial, port, now);
	session->outcome.port = trial_port(&session->trial)->number;
	session->outcome.size = offered_size(session);
	if (session->outcome.family == FAMILY_UNKNOWN)
		session->outcome.family = family_of_port(session->outcome.port);
	if (session->outcome.times.answered < 0)
		session->outcome.times.answered = now;
}

static void tick_inviting(struct session *session, int64_t now)
{
	if (now >= session->next_send || now >= session->give_up)
		trial_was_silent(&session->trial);
	if (now >= session->give_up) {
		finish(session,
		       session->answers ? SESSION_AUTH_FAILED
		       : session->odd   ? SESSION_REFUSED
					: SESSION_SILENT,
		       NULL, now);
	} else if (now >= session->next_send) {
		trial_next(&session->trial);
		invite(session, now);
	}
}

/* --- authentication --- */

static bool has_password(const struct session *session)
{
	return session->order.password && session->order.password[0];
}

static void send_reply(struct session *session, int64_t now)
{
	session->length = strlen(session->reply);
	memcpy(session->datagram, session->reply, session->length + 1);
	session->next_send = now + session->trial.repeat;
}

static void answer_challenge(struct session *session, const char *nonce, int64_t now)
{
	char cnonce[AUTH_HEX_SIZE], response[AUTH_HEX_SIZE];
	struct session_outcome *outcome = &session->outcome;

	outcome->md5_hash =
		outcome->auth == AUTH_PBKDF2 && (session->order.md5_only || session->rejected);
	auth_answer(outcome->auth, outcome->md5_hash ? AUTH_HASH_MD5 : AUTH_HASH_SHA256,
		    session->order.password, nonce, session->order.random[session->answers++],
		    cnonce, response);
	wire_auth(session->reply, cnonce, response);
	explicit_bzero(response, sizeof(response));
	snprintf(session->nonce, sizeof(session->nonce), "%s", nonce);
	session->state = AUTHENTICATING;
	session->unjudged++;
	/* An invitation that is still in the queue of a slow device will end this exchange: then
	 * the answer is worth no second time, only a new invitation is. */
	session->repeated = session->trial.round[session->trial.current].invitations > 1;
	session->give_up = now + AUTH_TIMEOUT;
	send_reply(session, now);
}

static void challenged(struct session *session, const struct wire_reply *reply, int64_t now)
{
	struct session_outcome *outcome = &session->outcome;
	const struct image *image = session_image(session);

	outcome->auth = auth_kind_of(reply->nonce);
	session->odd = false;
	if (outcome->auth == AUTH_PBKDF2)
		outcome->family = FAMILY_ESP32;
	if (!has_password(session)) {
		finish(session, SESSION_AUTH_REQUIRED, NULL, now);
	} else if (image && image != image_files_choose(session->order.image, outcome->family)) {
		/* It turned out to be an ESP32, and was offered the signed file. */
		begin_inviting(session, now);
	} else if (session->answers < SESSION_ANSWERS && strcmp(session->nonce, reply->nonce)) {
		answer_challenge(session, reply->nonce, now);
	}
}

/* Our answer to an older challenge may have come after the device had made a new one. */
static bool is_conclusive(const struct session *session)
{
	return session->unjudged <= 1 || session->answers >= SESSION_ANSWERS;
}

static bool has_other_form(const struct session *session)
{
	return session->outcome.auth == AUTH_PBKDF2 && !session->outcome.md5_hash &&
	       session->answers < SESSION_ANSWERS;
}

static void rejected(struct session *session, const struct wire_reply *reply, int64_t now)
{
	if (session->state == INVITING && session->answers)
		return; /* a duplicate of what has been dealt with */
	snprintf(session->outcome.text, sizeof(session->outcome.text), "%s", reply->text);
	if (session->state == AUTHENTICATING && !is_conclusive(session)) {
		begin_inviting(session, now);
	} else if (session->state == AUTHENTICATING && has_other_form(session)) {
		session->rejected = true;
		begin_inviting(session, now);
	} else {
		finish(session, has_password(session) ? SESSION_AUTH_FAILED : SESSION_AUTH_REQUIRED,
		       NULL, now);
	}
}

/* Silent since our answer. The answer may be lost, or the device fell back to waiting for an
 * invitation (anybody's datagram does that to it): first the one is repeated, then the other. */
static void tick_authenticating(struct session *session, int64_t now)
{
	if (now >= session->give_up) {
		finish(session,
		       session->odd        ? SESSION_REFUSED
		       : session->rejected ? SESSION_AUTH_FAILED
					   : SESSION_LOOP_BLOCKED,
		       NULL, now);
	} else if (now >= session->next_send && !session->repeated) {
		session->repeated = true;
		send_reply(session, now);
	} else if (now >= session->next_send) {
		invite(session, now);
	}
}

/* --- answers --- */

static void agreed(struct session *session, int64_t now)
{
	if (session->outcome.auth == AUTH_UNKNOWN)
		session->outcome.auth = AUTH_NONE;
	session->outcome.text[0] = '\0';
	session->outcome.times.agreed = now;
	if (session->order.mode == SESSION_ASK) {
		finish(session, SESSION_ANSWERED, NULL, now);
		return;
	}
	session->state = AGREED;
	session->give_up = now + CONNECTION_TIMEOUT;
}

static void refused(struct session *session, const struct wire_reply *reply, int64_t now)
{
	struct session_outcome *outcome = &session->outcome;

	if (outcome->auth == AUTH_UNKNOWN)
		outcome->auth = AUTH_NONE;
	/* No ESP32 says ERR, and only the RP2040 stages the image in a file system. */
	if (strstr(reply->text, "No Filesystem"))
		outcome->family = FAMILY_RP2040;
	else if (outcome->family == FAMILY_ESP32 && session->order.family != FAMILY_ESP32)
		outcome->family = FAMILY_UNKNOWN;
	finish(session, session->order.mode == SESSION_ASK ? SESSION_ANSWERED : SESSION_REFUSED,
	       reply->text, now);
}

/* No device says that. Something proper may still come, for instance if it was noise. */
static void odd_answer(struct session *session, const struct wire_reply *reply, int64_t now)
{
	if (session->odd)
		return;
	session->odd = true;
	snprintf(session->outcome.text, sizeof(session->outcome.text), "%s", reply->text);
	if (session->give_up > now + ODD_TIMEOUT)
		session->give_up = now + ODD_TIMEOUT;
}

void session_datagram_received(struct session *session, uint16_t number, const void *data,
			       size_t length, int64_t now)
{
	struct wire_reply reply = wire_parse(data, length);
	size_t port;

	if (session->state == AGREED && reply.kind == WIRE_ERROR) {
		refused(session, &reply, now);
		return;
	}
	if (session->state != INVITING && session->state != AUTHENTICATING)
		return;
	if (!trial_find(&session->trial, number, &port) ||
	    (session->trial.settled && port != session->trial.current))
		return;
	settle(session, port, now);
	switch (reply.kind) {
	case WIRE_OK: agreed(session, now); break;
	case WIRE_CHALLENGE_MD5:
	case WIRE_CHALLENGE_PBKDF2: challenged(session, &reply, now); break;
	case WIRE_AUTH_FAILED: rejected(session, &reply, now); break;
	case WIRE_ERROR: refused(session, &reply, now); break;
	case WIRE_OTHER: odd_answer(session, &reply, now); break;
	}
}

static void port_closed(struct session *session, uint16_t number, int errnum, int64_t now)
{
	size_t port;

	/* Once it has answered it is there: a reboot, or a message about something older. */
	if (session->state != INVITING || session->trial.settled ||
	    !trial_find(&session->trial, number, &port))
		return;
	session->outcome.ports[port].state = SESSION_PORT_WAS_CLOSED;
	if (!trial_open_count(&session->trial)) {
		finish_errno(session, SESSION_PORT_CLOSED, errnum, now);
	} else if (port == session->trial.current) {
		trial_next(&session->trial);
		invite(session, now);
	}
}

void session_udp_error(struct session *session, uint16_t port, int errnum, int64_t now)
{
	if (session->state != INVITING && session->state != AUTHENTICATING)
		return;
	switch (errnum) {
	case ECONNREFUSED: port_closed(session, port, errnum, now); break;
	case EPERM: finish_errno(session, SESSION_EGRESS_DENIED, errnum, now); break;
	case EHOSTUNREACH:
	case EHOSTDOWN: finish_errno(session, SESSION_NOT_FOUND, errnum, now); break;
	case ENETUNREACH:
	case ENETDOWN:
	case EACCES:
	case EINVAL: finish_errno(session, SESSION_NO_ROUTE, errnum, now); break;
	}
}

/* --- transfer --- */

static void finish_transfer(struct session *session, enum session_result result, int64_t now)
{
	char text[STREAM_TEXT_SIZE];

	stream_text(&session->transfer.stream, text);
	finish(session, result, text, now);
}

static void look(struct session *session, bool ended, int64_t now)
{
	enum session_result result;

	session->outcome.bytes = session->transfer.acknowledged;
	session->outcome.times.all_acknowledged = session->transfer.complete_at;
	if (transfer_over(&session->transfer, ended, &result))
		finish_transfer(session, result, now);
}

/*
 * An ESP32 looks at the first byte when the first block is whole (Update.write() of its core) and
 * closes at once if it does not like it.
 */
static bool first_block_is_doubtful(const struct session *session)
{
	const struct image *image = session_image(session);

	return session->outcome.family == FAMILY_ESP32 && !session->order.file_system && image &&
	       image->size && image->data[0] != ESP_IMAGE_MAGIC;
}

void session_tcp_connected(struct session *session, int64_t now)
{
	if (session->state == IDLE || session->state == FINISHED)
		return;
	/* It would not connect unless it had agreed: the OK was lost or is still on its way. */
	if (session->state == INVITING || session->state == AUTHENTICATING) {
		settle(session, session->trial.current, now);
		agreed(session, now);
		if (session->state == FINISHED)
			return;
	}
	session->outcome.connections++;
	session->outcome.times.connected = now;
	if (session->order.mode == SESSION_REHEARSE) {
		finish(session, SESSION_REHEARSED, NULL, now);
		return;
	}
	session->state = TRANSFER;
	session->length = 0;
	session->transfer = transfer_start(session->outcome.size, now);
	if (first_block_is_doubtful(session))
		transfer_hold(&session->transfer, ESP32_FIRST_BLOCK, now + FIRST_BLOCK_PAUSE);
	look(session, false, now);
}

void session_tcp_received(struct session *session, const void *data, size_t length, int64_t now)
{
	if (session->state != TRANSFER || !length)
		return;
	transfer_received(&session->transfer, data, length, now);
	look(session, false, now);
}

void session_tcp_progress(struct session *session, uint64_t sent, uint64_t acknowledged,
			  int64_t now)
{
	if (session->state != TRANSFER)
		return;
	transfer_progress(&session->transfer, sent, acknowledged, now);
	look(session, false, now);
}

void session_tcp_closed(struct session *session, int errnum, int64_t now)
{
	if (session->state != TRANSFER)
		return;
	session->outcome.errnum = errnum;
	look(session, true, now);
}

/* --- time and outputs --- */

void session_tick(struct session *session, int64_t now)
{
	switch (session->state) {
	case INVITING: tick_inviting(session, now); break;
	case AUTHENTICATING: tick_authenticating(session, now); break;
	case AGREED:
		if (now >= session->give_up)
			finish(session, SESSION_NO_CONNECTION, NULL, now);
		break;
	case TRANSFER:
		if (transfer_release(&session->transfer, now))
			break;
		if (now >= transfer_deadline(&session->transfer))
			finish_transfer(session, transfer_timed_out(&session->transfer), now);
		break;
	case IDLE:
	case FINISHED: break;
	}
}

void session_abort(struct session *session, int64_t now)
{
	if (session->state != FINISHED)
		finish(session, SESSION_ABORTED, NULL, now);
}

int64_t session_deadline(const struct session *session)
{
	switch (session->state) {
	case INVITING:
	case AUTHENTICATING:
		return session->next_send < session->give_up ? session->next_send
							     : session->give_up;
	case AGREED: return session->give_up;
	case TRANSFER: return transfer_deadline(&session->transfer);
	default: return INT64_MAX;
	}
}

size_t session_datagram(struct session *session, char text[static WIRE_SIZE], uint16_t *ret_port)
{
	size_t length = session->length;

	if (!length)
		return 0;
	memcpy(text, session->datagram, length + 1);
	*ret_port = trial_port(&session->trial)->number;
	explicit_bzero(session->datagram, sizeof(session->datagram));
	session->length = 0;
	return length;
}

size_t session_wants_data(const struct session *session, uint64_t *ret_offset)
{
	const struct transfer *transfer = &session->transfer;

	*ret_offset = transfer->sent;
	if (session->state != TRANSFER || !session_image(session) ||
	    transfer->sent >= transfer->held_at)
		return 0;
	return transfer->held_at - transfer->sent;
}

bool session_wants_close(const struct session *session)
{
	return session->state == FINISHED;
}

bool session_expects_connection(const struct session *session)
{
	return session->state != IDLE && session->state != FINISHED;
}

const struct session_outcome *session_outcome(const struct session *session)
{
	return session->state == FINISHED ? &session->outcome : NULL;
}

const struct session_outcome *session_so_far(const struct session *session)
{
	return &session->outcome;
}

const char *session_describe(const struct session *session)
{
	switch (session->state) {
	case IDLE: return "idle";
	case INVITING: return "inviting";
	case AUTHENTICATING: return "authenticating";
	case AGREED: return "agreed";
	case TRANSFER: return "transfer";
	default: return "finished";
	}
}
