/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer's own damage, and ours, which knows of attributes, in turn. */
#include <stddef.h>
#include <stdint.h>

#include "tests/fuzz/mutate.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	uint64_t random = (uint64_t)seed << 1 | 1;

	mutate_random(&random);
	if (!size || mutate_random(&random) % 3 == 0)
		return LLVMFuzzerMutate(data, size, room);
	return mutate_input(data, size, room, NULL, 0, &random);
}
