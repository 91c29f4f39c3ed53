/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/trial.h"

#include <string.h>

enum { REPEAT = 1750, LONGEST_REPEAT = 5000, PORT_TRIAL = 2000 };

struct trial trial_new(struct session_port *ports)
{
	return (struct trial){.ports = ports, .repeat = REPEAT};
}

void trial_begin_round(struct trial *trial)
{
	trial->heard = false;
	memset(trial->round, 0, sizeof(trial->round));
}

struct session_port *trial_port(const struct trial *trial)
{
	return &trial->ports[trial->current];
}

size_t trial_count(const struct trial *trial)
{
	size_t count = 0;

	while (count < SESSION_PORTS && trial->ports[count].number)
		count++;
	return count;
}

size_t trial_open_count(const struct trial *trial)
{
	size_t count = 0;

	for (size_t i = 0; i < trial_count(trial); i++)
		count += trial->ports[i].state != SESSION_PORT_WAS_CLOSED;
	return count;
}

bool trial_find(const struct trial *trial, uint16_t number, size_t *ret_port)
{
	for (size_t i = 0; i < trial_count(trial); i++)
		if (trial->ports[i].number == number) {
			*ret_port = i;
			return true;
		}
	return false;
}

int64_t trial_invited(struct trial *trial, int64_t now)
{
	bool alone = trial->settled || trial_open_count(trial) == 1;

	trial_port(trial)->invitations++;
	if (!trial->round[trial->current].invitations++)
		trial->round[trial->current].since = now;
	return now + (alone ? trial->repeat : PORT_TRIAL);
}

void trial_was_silent(struct trial *trial)
{
	if (trial_port(trial)->state == SESSION_PORT_UNTRIED)
		trial_port(trial)->state = SESSION_PORT_WAS_SILENT;
}

void trial_next(struct trial *trial)
{
	if (trial->settled || !trial_open_count(trial))
		return;
	do
		trial->current = (trial->current + 1) % trial_count(trial);
	while (trial_port(trial)->state == SESSION_PORT_WAS_CLOSED);
}

void trial_answered(struct trial *trial, size_t port, int64_t now)
{
	trial->current = port;
	trial->settled = true;
	trial_port(trial)->state = SESSION_PORT_ANSWERED;

	int64_t pace = now - trial->round[port].since + 1000;
	if (!trial->heard && pace > trial->repeat)
		trial->repeat = pace < LONGEST_REPEAT ? pace : LONGEST_REPEAT;
	trial->heard = true;
}
