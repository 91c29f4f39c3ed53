/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One program a parser of foreign bytes. Each defines libFuzzer's entry; what calls it is libFuzzer
 * (-Dfuzz=true) or driver.c, which needs no more than the ordinary compiler. Whatever the bytes, the
 * entry returns 0 and leaves nothing behind.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * To be called by a target when the input was taken for what it should be. The driver demands it of
 * some: where everything is refused at the first byte, nothing is tested.
 */
void fuzz_taken(void);
extern unsigned long fuzz_taken_count;

/* What must hold whatever the input; ends the program with the place where it does not. */
#define fuzz_require(condition)                                                                    \
	((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
void fuzz_broken(const char *condition, const char *file, int line) __attribute__((noreturn));

/*
 * The answer to @question in tests/fixtures/NAME.record: for what the input is put beside. Read once,
 * valid until the end.
 */
const struct record_answer *fuzz_fixture(const char *name, const char *question);

#endif
