/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_COMMANDS_H
#define SRC_COMMANDS_H

struct report;
struct run;

/*
 * One function a command, one file each. Each works through the devices or networks it was given
 * and returns the concluded report (of a fleet if there was not exactly one), which lives in
 * run->arena.
 */
struct report *command_check(struct run *run);
struct report *command_upload(struct run *run);
struct report *command_ports(struct run *run);
struct report *command_discover(struct run *run);

#endif
