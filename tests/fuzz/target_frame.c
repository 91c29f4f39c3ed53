/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame from the wire of a replay. */
#include "rules/replay/frames.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment segment;

	if (!frame_read(data, size, &segment))
		return 0;
	fuzz_taken();
	segment_refuses(&segment);
	return 0;
}
