/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

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

void eval_exthdr(struct run *run, struct branch *branch, const struct expr *expr)
{
	bool ipv6 = run->walk->facts.ipv6;

	if (expr->exthdr.sreg != REGISTER_NONE || expr->exthdr.dreg == REGISTER_NONE) {
		eval_write(run, branch, expr);
		return;
	}
	switch (expr->exthdr.op) {
	case NFT_EXTHDR_OP_IPV6:
	case NFT_EXTHDR_OP_IPV4:
		/* neither side sends options or extension headers */
		if (ipv6 != (expr->exthdr.op == NFT_EXTHDR_OP_IPV6))
			run_break(run, branch);
		else
			eval_absent(run, branch, expr);
		break;
	case NFT_EXTHDR_OP_TCPOPT: eval_tcp_option(run, branch, expr); break;
	case OPTION_SCTP:
	case OPTION_DCCP: eval_absent(run, branch, expr); break;
	default:
		run_load_doubtful(run, branch, expr->exthdr.dreg, expr->exthdr.length,
				  "an extension header");
	}
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
