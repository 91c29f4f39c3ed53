/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_ARP_RULES_H
#define SRC_ARP_RULES_H

struct report;
struct ruleset;

/*
 * Nobody answered to ARP, and device-not-found is the last finding of @report: if rules of the ARP
 * family may be the reason, that is said instead. Such a chain without rules is judged by its policy;
 * rules in it are not evaluated, so that they leave it undecided. @ruleset may be NULL.
 */
void arp_rules_blame(const struct ruleset *ruleset, struct report *report);

#endif
