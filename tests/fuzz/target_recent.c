/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of recent addresses: text of /proc/net/xt_recent. */
#include "record/record.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_xtables(RECORD_RECENT, data, size);
	return 0;
}
