/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include "tests/device/inbox.h"
#include "tests/device/session.h"
#include "tests/device/update.h"

/* One device: its UDP socket, what it was told there, and the update that it runs. */
struct device {
	const struct options *options;
	int udp;   /* -1 when the port is closed */
	int other; /* the socket of another port, -1 unless a fault needs it */
	struct session session;
	struct inbox inbox;
	struct update update;
};

/* Binds the sockets. Negative errno. */
int device_open(struct device *device, const struct options *options, struct error *err);
void device_close(struct device *device);

/* When device_step() has to be called at the latest, or NEVER. */
int64_t device_deadline(const struct device *device);

/* @udp_events, @tcp_events: what poll() saw on udp and update.fd. */
enum update_result device_step(struct device *device, short udp_events, short tcp_events,
			       int64_t now);

#endif
