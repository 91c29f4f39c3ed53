/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints docs/coverage.md: how each expression, key and extension is decided. */
#include <stdio.h>

#include "base/buffer.h"
#include "tests/tools/coverage_page.h"

int main(void)
{
	struct buffer page = {};
	int status;

	coverage_page(&page);
	status = fputs(buffer_text(&page), stdout) < 0 || fflush(stdout) != 0;
	buffer_release(&page);
	return status;
}
