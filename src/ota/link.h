/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_LINK_H
#define SRC_OTA_LINK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/error.h"
#include "src/ota/loop.h"
#include "src/ota/session.h"

/*
 * The sockets of one session, all non-blocking: a connected UDP socket for each port that is tried
 * (it takes datagrams and ICMP errors from that port alone, and carries invitation and answer to
 * the challenge alike: an ESP8266 answers to the port of the invitation only), and the newest TCP
 * connection. Turns what they do into the session's events. Used by loop.c.
 */
struct link;

/* What epoll hands back: which descriptor of whom. @link NULL: the listener or a watched one. */
struct link_source {
	struct link *link;
	int fd;        /* -1: closed */
	uint16_t port; /* the device's UDP port; 0: the TCP connection */
};

struct link {
	struct session *session; /* NULL when it has finished */
	struct loop_peer peer;
	struct link_source udp[SESSION_PORTS], tcp;
	uint64_t sent, acknowledged; /* on the connection */
	uint32_t tcp_events;         /* that epoll watches @tcp for */
	bool write_failed;           /* reading goes on: the device's error text may be behind it */
	bool agreed;                 /* has been told */
	uint64_t told;               /* last progress that was */
	int epoll;
	void (*log)(void *user, const char *line);
	void *user;
};

/* Opens and connects the UDP sockets and has epoll watch them. Closed ones are left on error. */
int link_open(struct link *link, struct error *err);
/* @orderly: with FIN; else with RST, so that nothing that is still queued reaches the device. */
void link_close(struct link *link, bool orderly);

void link_send_datagrams(struct link *link);
void link_read_udp(struct link *link, struct link_source *source);

/* Takes over @fd as the connection that counts; an older one is hung up on. */
void link_connect(struct link *link, int fd);
void link_read_tcp(struct link *link);
/* Gives the socket all it takes, learns what was acknowledged, adapts what epoll watches for. */
void link_write_tcp(struct link *link);

void link_log(const struct link *link, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Closes a connection with RST: the peer learns at once that nobody wants it. */
void hang_up(int fd);

#endif
