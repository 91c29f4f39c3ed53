/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_PRINTABLE_H
#define SRC_OTA_PRINTABLE_H

#include <stddef.h>

/*
 * Copies what a device wrote into @text (@size bytes, always terminated, cut if longer) so that it
 * can be shown on a terminal: blanks, line ends and NULs at the end are dropped, every byte outside
 * printable ASCII becomes '?'. The devices' own messages are plain ASCII.
 */
void printable(char *text, size_t size, const void *data, size_t length);

#endif
