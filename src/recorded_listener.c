/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/recorded_listener.h"

#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/error.h"
#include "probes/sockets.h"
#include "record/journal.h"
#include "src/run.h"

enum { QUESTION_SIZE = ADDRESS_TEXT_SIZE + 32 };

static void describe(char question[static QUESTION_SIZE], const struct address *address,
		     uint16_t port)
{
	char text[ADDRESS_TEXT_SIZE];

	snprintf(question, QUESTION_SIZE, "listen on %s port %u", address_format(address, text),
		 port);
}

int recorded_stand_in(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* 0, or the errno of bind() and listen() as inet_csk_get_port() would give it. */
static int derive(const struct run *run, const struct address *address, uint16_t port)
{
	const struct sysctl *sysctl = &run->host.sysctl;
	struct tcp_socket_list sockets = {0};
	int errnum = 0;

	if (!ifaddr_find(&run->host.addresses, address) && !address_is_loopback(address))
		return EADDRNOTAVAIL;
	if (port < sysctl->unprivileged_port_start && !run->binds_privileged)
		return EACCES;
	if (sysctl->unprivileged_port_start < 0 && port < 1024)
		return ENODATA;
	if (sockets_read(&sockets, NULL))
		return ENODATA;
	if (sockets_port_in_use(&sockets, address, port))
		errnum = EADDRINUSE;
	else if (sockets_port_maybe_in_use(&sockets, address, port) &&
		 sockets_bind_try(address, port, &errnum, NULL))
		errnum = ENODATA;
	sockets_release(&sockets);
	return errnum;
}

int recorded_listener(const struct run *run, const struct address *address, uint16_t port,
		      struct error *err)
{
	char question[QUESTION_SIZE], text[ADDRESS_TEXT_SIZE];
	struct record_answer answer = {0};
	int errnum;

	describe(question, address, port);
	if (!journal_holds(question)) {
		errnum = derive(run, address, port);
	} else {
		journal_known(&answer, question, question);
		errnum = -answer.result;
	}
	if (!errnum)
		return recorded_stand_in();
	if (answer.error)
		return error_set(err, errnum, "%s", answer.error);
	return error_errno(err, errnum, "cannot listen on %s port %u",
			   address_format(address, text), port);
}

void recorded_listener_keep(const struct address *address, uint16_t port, int listener,
			    const struct error *err)
{
	char question[QUESTION_SIZE];

	if (!journal_on())
		return;
	describe(question, address, port);
	journal_keep(&(struct record_answer){
		.question = question,
		.result = listener < 0 ? listener : 0,
		.error = listener < 0 ? (char *)err->text : NULL,
	});
}
