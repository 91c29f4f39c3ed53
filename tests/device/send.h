/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_SEND_H
#define DEVICE_SEND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sends all, waiting for the host as print() on the devices does. @pieces: one byte at a time, with
 * pauses that let each be a segment of its own. Gives up silently when the connection is gone.
 */
void send_all(int fd, const void *data, size_t length, bool pieces);

#endif
