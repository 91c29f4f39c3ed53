/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_UPDATE_H
#define DEVICE_UPDATE_H

#include "tests/device/image.h"
#include "tests/device/options.h"

enum update_phase {
	UPDATE_IDLE,
	UPDATE_BEFORE_CONNECT, /* until the deadline */
	UPDATE_CONNECTING,
	UPDATE_RECEIVING,
	UPDATE_FLASHING,       /* until the deadline: the flash is slow */
	UPDATE_DRAINING,       /* ESP8266: counts what comes until nothing more is there */
	UPDATE_BEFORE_VERDICT, /* until the deadline */
	UPDATE_BEFORE_CLOSE,
	UPDATE_HANGING, /* fault: does nothing until the host hangs up */
};

enum update_result {
	UPDATE_RUNNING,
	UPDATE_SUCCEEDED,
	UPDATE_BROKE_OFF,
	UPDATE_NOT_CONNECTED,
};

/* The TCP half of a device: one connection to the host, at most. */
struct update {
	const struct options *options;
	enum update_phase phase;
	int fd, stale_fd; /* -1: none; stale: the first of two connections */
	int64_t deadline; /* when the phase ends by itself, or NEVER */
	struct sockaddr_in target;
	struct image image;
	size_t received;
	size_t uncounted;  /* bytes not yet acknowledged */
	size_t last_count; /* what the last acknowledgement said */
	unsigned repeats;
	struct buffer out; /* to be sent at the end of the step */
};

void update_init(struct update *update, const struct options *options);

/* @image was begun and is taken over. */
void update_start(struct update *update, const struct sockaddr_in *target, struct image *image,
		  int64_t now);

bool update_is_running(const struct update *update);

/* What to wait for on @fd, besides the deadline; 0: nothing. */
short update_events(const struct update *update);

/* @revents: what poll() saw. After any result but UPDATE_RUNNING the update is idle again. */
enum update_result update_step(struct update *update, short revents, int64_t now);

#endif
