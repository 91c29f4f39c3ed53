/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_IMAGE_CHECK_H
#define SRC_IMAGE_CHECK_H

#include <stdbool.h>

#include "src/ota/family.h"

struct report;
struct run;

/*
 * Looks at the image before anything is sent. @family is FAMILY_UNKNOWN as long as nobody told it.
 * False after adding an error: only what is certainly something else is one.
 */
bool image_check(const struct run *run, enum device_family family, struct report *report);

/* Once the device has shown what it is: the warnings that only this allows, if there was none. */
void image_check_again(const struct run *run, enum device_family family, struct report *report);

#endif
