/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_LOG_H
#define DEVICE_LOG_H

#include <netinet/in.h>

/* Events go to stderr, or to @path from now on; 0 or negative errno. */
int log_open(const char *path);

/* One line an event, written through at once: tests read along. */
void log_event(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { PEER_TEXT_SIZE = 24 };

/* "192.0.2.1:4711" */
const char *peer_format(const struct sockaddr_in *peer, char text[static PEER_TEXT_SIZE]);

#endif
