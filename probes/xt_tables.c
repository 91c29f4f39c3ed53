/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/xt_tables.h"

#include <errno.h>
#include <string.h>

#include "probes/textfile.h"

void xt_tables_parse(const char *text, struct xt_tables *ret)
{
	*ret = (struct xt_tables){.known = true};
	for (;;) {
		size_t length;

		text += strspn(text, " \t\n");
		length = strcspn(text, " \t\n");
		if (length == 0)
			return;
		if (length >= XT_TABLE_NAME_SIZE || ret->count == XT_TABLES_MAX) {
			/* More than the kernel can have: not the list that was meant. */
			*ret = (struct xt_tables){0};
			return;
		}
		memcpy(ret->names[ret->count++], text, length);
		text += length;
	}
}

void xt_tables_read(const char *root, bool ipv6, struct xt_tables *ret)
{
	char text[XT_TABLES_MAX * XT_TABLE_NAME_SIZE + 1];
	int length = textfile_read(
		root, ipv6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", text,
		sizeof(text));

	*ret = (struct xt_tables){.known = length == -ENOENT && textfile_exists(root, "/proc/net")};
	if (length >= 0)
		xt_tables_parse(text, ret);
}
