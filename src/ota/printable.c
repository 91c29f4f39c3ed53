/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/printable.h"

#include <string.h>

void printable(char *text, size_t size, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	while (length && strchr(" \t\r\n", bytes[length - 1]))
		length--;
	if (length > size - 1)
		length = size - 1;
	for (size_t i = 0; i < length; i++)
		text[i] = bytes[i] < 0x20 || bytes[i] > 0x7e ? '?' : (char)bytes[i];
	text[length] = '\0';
}
