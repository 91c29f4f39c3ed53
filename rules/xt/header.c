/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter/xt_ecn.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_tcpmss.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>

#include "rules/xt/words.h"

/* Matches on fields of the network header (and two of TCP): dscp, ecn, hl, length, tcpmss, tos, ttl. */

static void evaluate_dscp(struct run *run, struct branch *branch,
			  const struct xt_extension *extension)
{
	struct xt_dscp_info raw;

	XT_COPY(raw, extension);
	branch->next = NULL;
	run_continue_all(run, xt_require_tos(run, branch, XT_DSCP_MASK,
					     (uint8_t)(raw.dscp << XT_DSCP_SHIFT), raw.invert));
}

static bool check_dscp(const uint8_t *info, struct xt_extension *ret)
{
	(void)ret;
	return info[offsetof(struct xt_dscp_info, dscp)] <= XT_DSCP_MAX;
}

static void dscp_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_dscp_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.invert, "dscp");
	buffer_printf(out, " 0x%02x", raw.dscp);
}

static void evaluate_tos(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	struct xt_tos_match_info raw;

	XT_COPY(raw, extension);
	branch->next = NULL;
	run_continue_all(run, xt_require_tos(run, branch, raw.tos_mask, raw.tos_value, raw.invert));
}

static void tos_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_tos_match_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.invert, "tos");
	buffer_printf(out, " 0x%02x/0x%02x", raw.tos_value, raw.tos_mask);
}

/* One of the two bits of ECN in the TCP flags (match_tcp()). */
static struct branch *require_tcp_bit(struct run *run, struct branch *branches,
				      const struct xt_ecn_info *raw, unsigned operation,
				      unsigned bit)
{
	if (!(raw->operation & operation))
		return branches;
	return xt_require_masked(run, branches, FIELD_TCP_FLAGS, bit, bit, raw->invert & operation);
}

/* The kernel admits tests of TCP's bits only in rules for TCP. */
static void evaluate_ecn(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	enum { ECE = 0x40, CWR = 0x80, ECN_MASK = 3 };
	struct xt_ecn_info raw;

	XT_COPY(raw, extension);
	if (!run->walk->facts.tcp && raw.operation & (XT_ECN_OP_MATCH_ECE | XT_ECN_OP_MATCH_CWR)) {
		xt_foreign(run, branch, extension);
		return;
	}
	branch->next = NULL;
	if (raw.operation & XT_ECN_OP_MATCH_IP)
		branch = xt_require_tos(run, branch, ECN_MASK, raw.ip_ect,
					raw.invert & XT_ECN_OP_MATCH_IP);
	branch = require_tcp_bit(run, branch, &raw, XT_ECN_OP_MATCH_ECE, ECE);
	branch = require_tcp_bit(run, branch, &raw, XT_ECN_OP_MATCH_CWR, CWR);
	run_continue_all(run, branch);
}

static void ecn_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_ecn_info raw;

	XT_COPY(raw, extension);
	if (raw.operation & XT_ECN_OP_MATCH_ECE)
		xt_option_text(out, raw.invert & XT_ECN_OP_MATCH_ECE, "ecn-tcp-ece");
	if (raw.operation & XT_ECN_OP_MATCH_CWR)
		xt_option_text(out, raw.invert & XT_ECN_OP_MATCH_CWR, "ecn-tcp-cwr");
	if (raw.operation & XT_ECN_OP_MATCH_IP) {
		xt_option_text(out, raw.invert & XT_ECN_OP_MATCH_IP, "ecn-ip-ect");
		buffer_printf(out, " %d", raw.ip_ect);
	}
}

static bool decode_hl(const uint8_t *info, struct xt_extension *ret)
{
	/* ip6t_hl_info is the same structure with the same modes. */
	struct ipt_ttl_info raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.mode > IPT_TTL_GT)
		return false;
	ret->hl = (struct xt_hl){.mode = (enum xt_hl_mode)raw.mode, .value = raw.ttl};
	return true;
}

static void evaluate_hl(struct run *run, struct branch *branch,
			const struct xt_extension *extension)
{
	const struct xt_hl *info = &extension->hl;
	field_value first = info->value, last = info->value;

	branch->next = NULL;
	if (info->mode == XT_HL_LESS) {
		if (info->value == 0) {
			run_break(run, branch);
			return;
		}
		first = 0;
		last = info->value - 1u;
	} else if (info->mode == XT_HL_GREATER) {
		first = info->value + 1u;
		last = UINT16_MAX;
	}
	run_continue_all(run, xt_require_range(run, branch, FIELD_TTL, first, last,
					       info->mode == XT_HL_NOT_EQUAL));
}

/* "ttl" in IPv4, "hl" in IPv6 */
static void hl_text(struct buffer *out, const struct xt_extension *extension)
{
	static const char *const modes[] = {"eq", "eq", "lt", "gt"};
	const struct xt_hl *hl = &extension->hl;

	xt_not(out, hl->mode == XT_HL_NOT_EQUAL);
	buffer_printf(out, " --%s-%s %u", extension->type->name, modes[hl->mode], hl->value);
}

static bool decode_length(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_length_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->length = (struct xt_length){.min = raw.min, .max = raw.max, .invert = raw.invert};
	return true;
}

/* The length in the header; IPv6 counts the payload only there. */
static void evaluate_length(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	const struct xt_length *info = &extension->length;
	enum { IPV6_HEADER = 40 };
	field_value header = run->walk->facts.ipv6 ? IPV6_HEADER : 0;
	field_value first = info->min > header ? info->min - header : 0;

	branch->next = NULL;
	if (info->max < header) {
		info->invert ? run_continue(run, branch) : run_break(run, branch);
		return;
	}
	run_continue_all(run, xt_require_range(run, branch, FIELD_LENGTH, first, info->max - header,
					       info->invert));
}

static void length_text(struct buffer *out, const struct xt_extension *extension)
{
	xt_option_text(out, extension->length.invert, "length ");
	xt_range_text(out, extension->length.min, extension->length.max);
}

/* Only SYN and SYN-ACK carry the option; without it the match is its own inversion. */
static void evaluate_tcpmss(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	struct xt_tcpmss_match_info raw;

	XT_COPY(raw, extension);
	if (!run->walk->facts.tcp)
		xt_foreign(run, branch, extension);
	else if (run->walk->facts.packet == SYN_IN || run->walk->facts.packet == SYNACK_OUT)
		run_either(run, branch, "the MSS option");
	else
		xt_decide(run, branch, raw.invert);
}

static void tcpmss_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_tcpmss_match_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.invert, "mss ");
	xt_range_text(out, raw.mss_min, raw.mss_max);
}

static const char tos_how[] = "the TOS field or the traffic class";

static const struct xt_type types[] = {
	{"dscp", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_dscp_info), check_dscp,
	 evaluate_dscp, dscp_text, DECIDED(BY_PACKET, tos_how)},
	{"ecn", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_ecn_info), NULL, evaluate_ecn,
	 ecn_text,
	 DECIDED(BY_PACKET | BY_NOBODY, "the TOS field or the traffic class, and TCP's flags; of "
					"these in UDP, which the kernel does not take: unknown")},
	{"hl", 0, XT_FAMILY_V6, XT_HL, sizeof(struct ipt_ttl_info), decode_hl, evaluate_hl, hl_text,
	 DECIDED(BY_PACKET, "the hop limit, a range of what the device sends")},
	{"length", 0, XT_FAMILY_BOTH, XT_LENGTH, sizeof(struct xt_length_info), decode_length,
	 evaluate_length, length_text, DECIDED(BY_PACKET, "the packet's length, a range for most")},
	{"tcpmss", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_tcpmss_match_info), NULL,
	 evaluate_tcpmss, tcpmss_text,
	 DECIDED(BY_PACKET | BY_NOBODY, "of a SYN and its answer unknown; later packets have no "
					"segment size")},
	{"tos", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_tos_match_info), NULL, evaluate_tos,
	 tos_text, DECIDED(BY_PACKET, tos_how)},
	{"ttl", 0, XT_FAMILY_V4, XT_HL, sizeof(struct ipt_ttl_info), decode_hl, evaluate_hl,
	 hl_text, DECIDED(BY_PACKET, "the TTL, a range of what the device sends")},
};

const struct xt_types xt_header_matches = XT_TYPES(types);
