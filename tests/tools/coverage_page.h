/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_COVERAGE_PAGE_H
#define TESTS_COVERAGE_PAGE_H

struct buffer;

/* Appends docs/coverage.md, made of the tables that the evaluator looks its work up in. */
void coverage_page(struct buffer *out);

#endif
