/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages about ipsets. */
#include "record/record.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_xtables(RECORD_IPSETS, data, size);
	return 0;
}
