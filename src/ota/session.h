/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_SESSION_H
#define SRC_OTA_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/ota/auth.h"
#include "src/ota/family.h"
#include "src/ota/image.h"
#include "src/ota/stream.h"
#include "src/ota/wire.h"

/*
 * One device's update as a state machine without sockets and without a clock: events go in with
 * the time they happened, wishes are pulled out by whoever owns the sockets (loop.h). All times
 * are milliseconds of one monotonic clock. After every input: send what session_datagram() gives,
 * obey session_wants_close(), and look at session_outcome().
 */
struct session;

enum session_mode {
	SESSION_UPLOAD,
	SESSION_ASK,      /* an invitation of 0 bytes: alive? password right? nothing is flashed */
	SESSION_REHEARSE, /* the device really connects; hung up on before the first byte */
};

/* How it ended. Each is one finding of the catalogue, see session_finding(). */
enum session_result {
	SESSION_UPLOADED,  /* the device said OK and its TCP acknowledged every byte */
	SESSION_ANSWERED,  /* SESSION_ASK: alive, and the password (if any) is right */
	SESSION_REHEARSED, /* SESSION_REHEARSE: it connected */
	SESSION_PORT_CLOSED,
	SESSION_SILENT,
	SESSION_NOT_FOUND, /* EHOSTUNREACH: no ARP answer, or a router says so */
	SESSION_NO_ROUTE,  /* ENETUNREACH, EACCES, EINVAL from send(): no or a forbidding route */
	SESSION_EGRESS_DENIED, /* EPERM from send(): netfilter's output hook dropped it */
	SESSION_LOOP_BLOCKED,
	SESSION_AUTH_REQUIRED,
	SESSION_AUTH_FAILED,
	SESSION_REFUSED,
	SESSION_NO_CONNECTION, /* agreed, nothing came: firewall, network or device; not known here */
	SESSION_VERIFY_FAILED,
	SESSION_BROKE_OFF,
	SESSION_STALLED,
	SESSION_VERDICT_MISSING,
	SESSION_ABORTED, /* session_abort(): whoever did it knows why */
};

enum session_port_state {
	SESSION_PORT_UNTRIED,
	SESSION_PORT_WAS_SILENT,
	SESSION_PORT_WAS_CLOSED,
	SESSION_PORT_ANSWERED,
};

enum { SESSION_PORTS = 3, SESSION_TEXT_SIZE = 256, SESSION_ANSWERS = 4 };

/* One OTA port of the device that is invited, in order of trial. */
struct session_port {
	uint16_t number; /* host order */
	enum session_port_state state;
	unsigned invitations;
};

/*
 * The order; session_new() copies it, but not what it points to, which must live as long as the
 * session. A zero @answer_timeout means 20 s. @image is not needed to ask; a rehearsal without one
 * announces a small sketch. @random are fresh random bytes, a row for each answer to a challenge: the
 * password is tried at most twice, in its two forms, but an answer may be lost and asked for again.
 */
struct session_order {
	enum session_mode mode;
	uint16_t ports[SESSION_PORTS]; /* the given one, or 8266, 3232, 2040; zeroes at the end */
	enum device_family family;     /* if told (mDNS); else guessed from port and answers */
	uint16_t host_port;
	const struct image_files *image;
	bool file_system;
	const char *password; /* NULL or "": none */
	bool md5_only;        /* of a PBKDF2 device's two possible hashes only the MD5 */
	int64_t answer_timeout;
	uint8_t random[SESSION_ANSWERS][AUTH_RANDOM_SIZE];
};

/* When the steps happened, -1 for those that did not. */
struct session_times {
	int64_t started, first_invitation, last_invitation;
	int64_t answered;  /* first answer to an invitation */
	int64_t agreed;    /* OK by UDP, or the connection if that came first */
	int64_t connected; /* newest connection */
	int64_t all_acknowledged;
	int64_t finished;
};

struct session_outcome {
	enum session_result result;
	/* The device's own words about it, fit for printing, "" if it said none. */
	char text[SESSION_TEXT_SIZE];
	int errnum;          /* what ended it on the socket, positive, or 0 */
	uint16_t port;       /* that answered (or the last that was invited) */
	uint64_t bytes;      /* of the image that the device's TCP acknowledged */
	uint64_t size;       /* of the image */
	int64_t transfer_ms; /* from the connection to the end, -1 if there was none */
	enum device_family family;
	enum auth_kind auth;
	bool md5_hash; /* the PBKDF2 password was accepted in (or tried last as) its MD5 form */
	unsigned connections;
	struct session_port ports[SESSION_PORTS]; /* number 0: not used */
	struct session_times times;
};

/* Never fails; free with session_free() (which wipes what is left of the answers). */
struct session *session_new(const struct session_order *order);
void session_free(struct session *session);

/* --- inputs. After the session has finished all of them are ignored. @port is the device's. --- */
void session_start(struct session *session, int64_t now);
void session_datagram_received(struct session *session, uint16_t port, const void *data,
			       size_t length, int64_t now);
/* A positive errno from send() or recv() on the connected socket for @port. */
void session_udp_error(struct session *session, uint16_t port, int errnum, int64_t now);
/* A new connection; one that was there before no longer counts, close it. */
void session_tcp_connected(struct session *session, int64_t now);
void session_tcp_received(struct session *session, const void *data, size_t length, int64_t now);
/* Totals for the present connection: bytes given to the socket, bytes its peer acknowledged. */
void session_tcp_progress(struct session *session, uint64_t sent, uint64_t acknowledged,
			  int64_t now);
/*
 * Nothing more can be read: end of file (@errnum 0) or an error. To be called only after all that
 * could be read was given to session_tcp_received(); a failed write is no reason to stop reading,
 * for the device's error text may be waiting behind it.
 */
void session_tcp_closed(struct session *session, int errnum, int64_t now);
void session_tick(struct session *session, int64_t now);
/* Ends it as SESSION_ABORTED: a witness saw the packet die, or the user gave up. */
void session_abort(struct session *session, int64_t now);

/* --- outputs --- */
/*
 * The next datagram to send, once each: its length (0: none), the text in @text and the device's
 * port in *@ret_port. It is a secret worth keeping out of logs; session_describe() is not.
 */
size_t session_datagram(struct session *session, char text[static WIRE_SIZE], uint16_t *ret_port);
/* How many bytes to send on the connection now, from *@ret_offset of session_image(); 0: none. */
size_t session_wants_data(const struct session *session, uint64_t *ret_offset);
/* The file being sent to this device; NULL if there is none. */
const struct image *session_image(const struct session *session);
/* True if the connection (if any) is to be closed now. */
bool session_wants_close(const struct session *session);
/* When to call session_tick() at the latest; INT64_MAX for never. */
int64_t session_deadline(const struct session *session);
/* Waiting for the device's connection, or ready to take one in place of a lost answer. */
bool session_expects_connection(const struct session *session);
/* NULL until it has finished; then valid as long as the session. */
const struct session_outcome *session_outcome(const struct session *session);
/* The same, as far as it has come. */
const struct session_outcome *session_so_far(const struct session *session);

/* "inviting", "authenticating", "agreed", "transfer", …: for --debug. Static. */
const char *session_describe(const struct session *session);

/*
 * The catalogue's id of a result ("device-silent"); NULL for the four that are none of their own:
 * the three successes and SESSION_ABORTED. SESSION_NO_CONNECTION gives "connection-missing", which
 * the witnesses may replace by what they know.
 */
const char *session_finding(enum session_result result);
bool session_succeeded(enum session_result result);

/*
 * What a device's error text on the TCP connection means: SESSION_VERIFY_FAILED (MD5, magic byte,
 * signature, decryption, activation), SESSION_BROKE_OFF (it gave up waiting for bytes) or
 * SESSION_REFUSED.
 */
enum session_result session_judge_text(const char *text);

#endif
