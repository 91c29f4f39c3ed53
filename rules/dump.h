/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_DUMP_H
#define RULES_DUMP_H

struct address;
struct buffer;
struct error;

/*
 * Reads the live nf_tables ruleset of this network namespace and appends the kernel's messages to
 * @dump, for ruleset_parse(). Needs CAP_NET_ADMIN. The answer is consistent: the generation is
 * asked for before and after, a dump that the kernel flags as interrupted (NLM_F_DUMP_INTR) is
 * begun anew, a full receive buffer (ENOBUFS) likewise with a larger one.
 *
 * Returns 0, or a negative errno with @err filled: -EPERM without the capability, -EPROTONOSUPPORT
 * or -ENOENT where the kernel has no nf_tables, -EAGAIN if the ruleset never held still.
 */
int ruleset_dump(struct buffer *dump, struct error *err);

/*
 * The same without the elements of sets of addresses that have thousands: the kernel looks up those
 * that matter faster than it lists all, see elements_dump().
 */
int ruleset_dump_sparing(struct buffer *dump, struct error *err);

/*
 * Asks each set of addresses of @address's family whether it holds @address, and for the element that
 * stands for all others. Appends to @dump the generation, and each question (NFT_MSG_GETSETELEM) with
 * the answer behind it if the set has one, for ruleset_add_answers(). Errors are ruleset_dump()'s.
 */
int elements_dump(const struct address *address, struct buffer *dump, struct error *err);

#endif
