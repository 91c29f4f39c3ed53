/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <linux/netfilter/xt_CHECKSUM.h>
#include <linux/netfilter/xt_DSCP.h>
#include <linux/netfilter/xt_TCPMSS.h>
#include <linux/netfilter/xt_TCPOPTSTRIP.h>
#include <linux/netfilter_ipv4/ipt_ECN.h>
#include <linux/netfilter_ipv4/ipt_TTL.h>

#include "base/arena.h"
#include "rules/xt/words.h"

/* Targets that rewrite headers: CHECKSUM, DSCP, ECN, HL, TCPMSS, TCPOPTSTRIP, TOS, TTL. */

enum { CLASS_SHIFT = 20, FLOW_LABEL = 0xfffff, DSCP_MASK = 0xfc, ECN_MASK = 0x03 };

/* (tos & ~mask) ^ value for each TOS, or traffic class, that the packet may have. */
static void rewrite_tos(struct walk *walk, struct state *state, uint8_t mask, uint8_t value)
{
	const field_value version = (field_value)6 << 28;
	enum field field = walk->facts.ipv6 ? FIELD_VERSION : FIELD_TOS;
	struct interval *images = arena_array(walk->arena, UINT8_MAX + 1, sizeof(*images));
	size_t n = 0;

	for (unsigned tos = 0; tos <= UINT8_MAX; tos++) {
		field_value first = tos, last = tos, image = (tos & (uint8_t)~mask) ^ value;
		struct value_set here;

		if (walk->facts.ipv6) {
			first = version | (field_value)tos << CLASS_SHIFT;
			last = first | FLOW_LABEL;
			image = version | image << CLASS_SHIFT;
		}
		here = value_set_range(walk->arena, first, last);
		if (value_set_empty(
			    value_set_intersect(walk->arena, state->class.fields[field], here)))
			continue;
		images[n++] = (struct interval){image, image + (last - first)};
	}
	state->class.fields[field] = value_set_of(walk->arena, images, n);
}

static void evaluate_tos(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	struct xt_tos_target_info raw;

	XT_COPY(raw, extension);
	rewrite_tos(run->walk, branch->state, raw.tos_mask, raw.tos_value);
	run_continue(run, branch);
}

static void tos_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_tos_target_info raw;

	XT_COPY(raw, extension);
	buffer_printf(out, " --set-tos 0x%02x/0x%02x", raw.tos_value, raw.tos_mask);
}

static void evaluate_dscp(struct run *run, struct branch *branch,
			  const struct xt_extension *extension)
{
	uint8_t dscp = extension->info.data[0];

	rewrite_tos(run->walk, branch->state, DSCP_MASK, (uint8_t)(dscp << 2));
	run_continue(run, branch);
}

static void dscp_text(struct buffer *out, const struct xt_extension *extension)
{
	buffer_printf(out, " --set-dscp 0x%02x", extension->info.data[0]);
}

/* The bits of TCP are not looked at by anybody but the match ecn: they may be anything then. */
static void evaluate_ecn(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	enum { TCP_BITS = IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR, ECE = 0x40, CWR = 0x80 };
	struct value_set *flags = &branch->state->class.fields[FIELD_TCP_FLAGS];
	struct interval images[8];
	struct ipt_ECN_info raw;
	size_t n = 0;

	XT_COPY(raw, extension);
	if (raw.operation & IPT_ECN_OP_SET_IP)
		rewrite_tos(run->walk, branch->state, ECN_MASK, raw.ip_ect & ECN_MASK);
	for (size_t i = 0; i < flags->n_intervals && i < ARRAY_SIZE(images); i++) {
		unsigned value = (unsigned)flags->intervals[i].first;

		if (flags->intervals[i].first != flags->intervals[i].last)
			break;
		if (raw.operation & IPT_ECN_OP_SET_ECE)
			value = (value & ~(unsigned)ECE) | (raw.proto.tcp.ece ? ECE : 0u);
		if (raw.operation & IPT_ECN_OP_SET_CWR)
			value = (value & ~(unsigned)CWR) | (raw.proto.tcp.cwr ? CWR : 0u);
		images[n++] = (struct interval){value, value};
	}
	if (run->walk->facts.tcp && raw.operation & TCP_BITS)
		*flags = n == flags->n_intervals ? value_set_of(run->walk->arena, images, n)
						 : value_set_range(run->walk->arena, 0, UINT8_MAX);
	run_continue(run, branch);
}

static void ecn_text(struct buffer *out, const struct xt_extension *extension)
{
	struct ipt_ECN_info raw;

	XT_COPY(raw, extension);
	if (raw.operation == (IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR) && !raw.proto.tcp.ece &&
	    !raw.proto.tcp.cwr) {
		buffer_puts(out, " --ecn-tcp-remove");
		return;
	}
	if (raw.operation & IPT_ECN_OP_SET_ECE)
		buffer_printf(out, " --ecn-tcp-ece %d", raw.proto.tcp.ece);
	if (raw.operation & IPT_ECN_OP_SET_CWR)
		buffer_printf(out, " --ecn-tcp-cwr %d", raw.proto.tcp.cwr);
	if (raw.operation & IPT_ECN_OP_SET_IP)
		buffer_printf(out, " --ecn-ip-ect %d", raw.ip_ect);
}

static bool check_ttl(const uint8_t *info, struct xt_extension *ret)
{
	(void)ret;
	return info[offsetof(struct ipt_TTL_info, mode)] <= IPT_TTL_MAXMODE;
}

static field_value moved_ttl(const struct ipt_TTL_info *raw, field_value ttl)
{
	switch (raw->mode) {
	case IPT_TTL_SET: return raw->ttl;
	case IPT_TTL_INC: return ttl + raw->ttl > UINT8_MAX ? UINT8_MAX : ttl + raw->ttl;
	default: return ttl < raw->ttl ? 0 : ttl - raw->ttl;
	}
}

/* ttl_tg(), hl_tg6(): both stop at the ends of the range. */
static void evaluate_ttl(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	struct value_set *ttl = &branch->state->class.fields[FIELD_TTL];
	struct interval *images = arena_array(run->walk->arena, ttl->n_intervals, sizeof(*images));
	struct ipt_TTL_info raw;

	XT_COPY(raw, extension);
	for (size_t i = 0; i < ttl->n_intervals; i++)
		images[i] = (struct interval){moved_ttl(&raw, ttl->intervals[i].first),
					      moved_ttl(&raw, ttl->intervals[i].last)};
	*ttl = value_set_of(run->walk->arena, images, ttl->n_intervals);
	run_continue(run, branch);
}

/* "TTL" of IPv4, "HL" of IPv6 */
static void ttl_text(struct buffer *out, const struct xt_extension *extension)
{
	static const char *const modes[] = {"set", "inc", "dec"};
	struct ipt_TTL_info raw;

	XT_COPY(raw, extension);
	buffer_printf(out, " --%s-%s %u", extension->type->families == XT_FAMILY_V6 ? "hl" : "ttl",
		      modes[raw.mode], raw.ttl);
}

static void checksum_text(struct buffer *out, const struct xt_extension *extension)
{
	if (extension->info.data[0] & XT_CHECKSUM_OP_FILL)
		buffer_puts(out, " --checksum-fill");
}

static bool decode_tcpmss(const uint8_t *info, struct xt_extension *ret)
{
	memcpy(&ret->tcpmss, info, sizeof(ret->tcpmss));
	return true;
}

static void tcpmss_text(struct buffer *out, const struct xt_extension *extension)
{
	if (extension->tcpmss == UINT16_MAX)
		buffer_puts(out, " --clamp-mss-to-pmtu");
	else
		buffer_printf(out, " --set-mss %u", extension->tcpmss);
}

static void tcpoptstrip_text(struct buffer *out, const struct xt_extension *extension)
{
	const char *separator = " --strip-options ";
	struct xt_tcpoptstrip_target_info raw;

	XT_COPY(raw, extension);
	for (unsigned option = 0; option <= UINT8_MAX; option++) {
		if (!tcpoptstrip_test_bit(raw.strip_bmap, option))
			continue;
		buffer_printf(out, "%s%u", separator, option);
		separator = ",";
	}
}

static const char unseen_how[] = "goes on: nothing that is foreseen of a packet changes";
static const char tos_how[] = "the TOS field or the traffic class becomes what is written";

static const struct xt_type types[] = {
	{"CHECKSUM", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_CHECKSUM_info), NULL, xt_always,
	 checksum_text, DECIDED(BY_NATURE, unseen_how)},
	{"DSCP", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_DSCP_info), NULL, evaluate_dscp,
	 dscp_text, DECIDED(BY_CHANGING, tos_how)},
	{"ECN", 0, XT_FAMILY_V4, XT_OTHER, sizeof(struct ipt_ECN_info), NULL, evaluate_ecn,
	 ecn_text, DECIDED(BY_CHANGING, "the TOS field and TCP's flags become what is written")},
	{"HL", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ipt_TTL_info), check_ttl, evaluate_ttl,
	 ttl_text, DECIDED(BY_CHANGING, "the hop limit becomes what is written")},
	{"TCPMSS", 0, XT_FAMILY_BOTH, XT_TARGET_TCPMSS, sizeof(struct xt_tcpmss_info),
	 decode_tcpmss, xt_always, tcpmss_text, DECIDED(BY_NATURE, unseen_how)},
	{"TCPOPTSTRIP", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_tcpoptstrip_target_info),
	 NULL, xt_always, tcpoptstrip_text, DECIDED(BY_NATURE, unseen_how)},
	{"TOS", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_tos_target_info), NULL, evaluate_tos,
	 tos_text, DECIDED(BY_CHANGING, tos_how)},
	{"TTL", 0, XT_FAMILY_V4, XT_OTHER, sizeof(struct ipt_TTL_info), check_ttl, evaluate_ttl,
	 ttl_text, DECIDED(BY_CHANGING, "the TTL becomes what is written")},
};

const struct xt_types xt_header_targets = XT_TYPES(types);
