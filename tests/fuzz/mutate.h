/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Damage as a liar would do it. @data holds @size bytes and has room for @room; @other is another
 * input to take parts of, or NULL. The new size is returned. The same *@random (not 0) gives the same
 * damage everywhere.
 */
size_t mutate_bytes(uint8_t *data, size_t size, size_t room, const uint8_t *other,
		    size_t other_size, uint64_t *random);

/* What driver and libFuzzer call: mutate_bytes(), unless a target knows better. */
size_t mutate_input(uint8_t *data, size_t size, size_t room, const uint8_t *other,
		    size_t other_size, uint64_t *random);

/* xorshift64 */
uint64_t mutate_random(uint64_t *random);

/* A number that parsers may stumble over: 0, 1, all ones, a sign bit, … */
uint32_t mutate_likely(uint64_t *random);

/*
 * Replaces @length bytes at @at by @count of @with, which may lie in @data; false if there is no room.
 */
bool mutate_replace(uint8_t *data, size_t *size, size_t room, size_t at, size_t length,
		    const uint8_t *with, size_t count);

/*
 * One change to an attribute or a message of a netlink dump (mutate_netlink.c), with the lengths
 * around it put right mostly; false if the bytes are none.
 */
bool mutate_netlink(uint8_t *data, size_t *size, size_t room, uint64_t *random);

#endif
