/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/device/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static FILE *log_file;

int log_open(const char *path)
{
	log_file = fopen(path, "we");
	if (!log_file)
		return -errno;
	setvbuf(log_file, NULL, _IOLBF, 0);
	return 0;
}

void log_event(const char *format, ...)
{
	FILE *file = log_file ? log_file : stderr;
	va_list args;

	va_start(args, format);
	flockfile(file);
	vfprintf(file, format, args);
	putc('\n', file);
	funlockfile(file);
	va_end(args);
}

const char *peer_format(const struct sockaddr_in *peer, char text[static PEER_TEXT_SIZE])
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &peer->sin_addr, address, sizeof(address));
	snprintf(text, PEER_TEXT_SIZE, "%s:%u", address, ntohs(peer->sin_port));
	return text;
}
