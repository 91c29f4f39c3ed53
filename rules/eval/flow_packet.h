/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_FLOW_PACKET_H
#define RULES_EVAL_FLOW_PACKET_H

#include "rules/eval/walk.h"

/* The six packets as classes, and what one leaves behind for the next. */

/* The device's addresses that the question is about. */
struct value_set flow_packet_devices(struct arena *arena, const struct flow_question *question);

struct packet_facts flow_packet_facts(enum flow_packet packet, bool ipv6);

/*
 * Makes @states the class of walk->facts.packet: anew for the first packet of a connection, else
 * from the states that flow_packet_carry() left there.
 */
void flow_packet_start(struct walk *walk, struct state_list *states);

/*
 * What the packet left behind, from walk->outcomes: connection marks and conntrack entries, of the
 * cases that passed; where none did, as if the deciding rule had let it pass.
 */
void flow_packet_carry(struct walk *walk, struct state_list *states);

#endif
