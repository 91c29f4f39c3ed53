/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of legacy iptables, as getsockopt() gives them. */
#include "record/record.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_xtables(RECORD_LEGACY, data, size);
	return 0;
}
