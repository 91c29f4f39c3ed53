/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
#include "rules/eval/run.h"

/* SCTP and DCCP chunks came after the first three; 6.1's header has not all of them. */
enum { OPTION_SCTP = 3, OPTION_DCCP = 4, TCP_OPTION_MSS = 2 };

/* Asked for presence, what is not there gives 0; asked for contents, the rule does not match. */
static void eval_absent(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->exthdr.flags & NFT_EXTHDR_F_PRESENT)
		run_load_number(run, branch, expr->exthdr.dreg, 0, 1);
	else
		run_break(run, branch);
}

/*
 * A SYN and its answer carry the maximum segment size; which other options there are is the
 * device's affair.
 */
static void eval_tcp_option(struct run *run, struct branch *branch, const struct expr *expr)
{
	const struct walk *walk = run->walk;
	bool present = expr->exthdr.flags & NFT_EXTHDR_F_PRESENT;
	bool opening = walk->facts.packet == SYN_IN || walk->facts.packet == SYNACK_OUT;

	if (!walk->facts.tcp || (!opening && expr->exthdr.type == TCP_OPTION_MSS)) {
		eval_absent(run, branch, expr);
	} else if (opening && expr->exthdr.type == TCP_OPTION_MSS &&
		   expr->exthdr.offset + expr->exthdr.length <= 4) {
		if (present)
			run_load_number(run, branch, expr->exthdr.dreg, 1, 1);
		else
			run_load_unknown(run, branch, expr->exthdr.dreg, expr->exthdr.length,
					 "the TCP segment size");
	} else if (present) {
		run_load_unknown(run, branch, expr->exthdr.dreg, 1, "the TCP options");
	} else {
		run_load_doubtful(run, branch, expr->exthdr.dreg, expr->exthdr.length,
				  "the TCP options");
	}
}

/* Writes or removes a TCP option; without a TCP header there is nothing to do it in. */
static void eval_write(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->exthdr.op == NFT_EXTHDR_OP_TCPOPT && !run->walk->facts.tcp)
		run_break(run, branch);
	else
		run_continue(run, branch);
}

/* Neither side sends options or extension headers. */
static void eval_ip_option(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (run->walk->facts.ipv6 != (expr->exthdr.op == NFT_EXTHDR_OP_IPV6))
		run_break(run, branch);
	else
		eval_absent(run, branch, expr);
}

static void eval_unread(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_doubtful(run, branch, expr->exthdr.dreg, expr->exthdr.length,
			  "an extension header");
}

static const struct key exthdr_rows[] = {
	[NFT_EXTHDR_OP_IPV6] = {"IPv6 extension header", eval_ip_option,
				DECIDED(BY_NATURE, "missing: neither side sends any")},
	[NFT_EXTHDR_OP_TCPOPT] = {"tcp option", eval_tcp_option,
				  DECIDED(BY_PACKET | BY_NOBODY,
					  "missing in UDP; a SYN and its answer have a segment size"
					  " of unknown value, later packets none; all other options"
					  " are the device's affair: unknown")},
	[NFT_EXTHDR_OP_IPV4] = {"ip option", eval_ip_option,
				DECIDED(BY_NATURE, "missing: neither side sends any")},
	[OPTION_SCTP] = {"sctp chunk", eval_absent,
			 DECIDED(BY_NATURE, "missing: an upload is no SCTP")},
	[OPTION_DCCP] = {"dccp option", eval_absent,
			 DECIDED(BY_NATURE, "missing: an upload is no DCCP")},
};

const struct keys exthdr_operations = {
	exthdr_rows,
	ARRAY_SIZE(exthdr_rows),
	{"any other", eval_unread, DECIDED(BY_NOBODY, "not known to this program")},
};

void eval_exthdr(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->exthdr.sreg != REGISTER_NONE || expr->exthdr.dreg == REGISTER_NONE)
		eval_write(run, branch, expr);
	else
		key_evaluate(&exthdr_operations, expr->exthdr.op, run, branch, expr);
}

/*
 * A guess from the options of a SYN and its answer. Which fingerprints the kernel has been given is
 * in no dump; "unknown" is a possible answer too (nft_osf_eval()).
 */
void eval_osf(struct run *run, struct branch *branch, const struct expr *expr)
{
	enum { GENRE_SIZE = 16 };
	enum flow_packet packet = run->walk->facts.packet;

	if (packet == SYN_IN || packet == SYNACK_OUT)
		run_load_unknown(run, branch, expr->osf.dreg, GENRE_SIZE,
				 "the operating system that a SYN looks like");
	else
		run_break(run, branch);
}
