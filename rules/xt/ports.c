/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter.h>

#include "rules/xt/words.h"

/* Matches on the transport header: tcp, udp, icmp, icmp6, multiport. */

static bool decode_icmp(const uint8_t *info, struct xt_extension *ret)
{
	/* ip6t_icmp is the same structure. */
	struct ipt_icmp raw;

	memcpy(&raw, info, sizeof(raw));
	ret->icmp = (struct xt_icmp){
		.type = raw.type,
		.code_min = raw.code[0],
		.code_max = raw.code[1],
		.invert = raw.invflags & IPT_ICMP_INV,
	};
	return true;
}

static void icmp_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_icmp *icmp = &extension->icmp;
	xt_not(out, icmp->invert);
	buffer_puts(out, extension->family == NFPROTO_IPV6 ? " --icmpv6-type " : " --icmp-type ");
	if (extension->family == NFPROTO_IPV4 && icmp->type == 255) {
		buffer_puts(out, "any");
		return;
	}
	buffer_printf(out, "%u", icmp->type);
	if (icmp->code_min != 0 || icmp->code_max != 255)
		buffer_printf(out, "/%u", icmp->code_min);
}

static bool decode_multiport_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_port_list *multiport = &ret->multiport;
	struct xt_multiport_v1 raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.count > XT_MULTI_PORTS || raw.flags > XT_MULTIPORT_EITHER)
		return false;
	multiport->side = (enum xt_multiport_side)raw.flags;
	multiport->invert = raw.invert;
	for (unsigned i = 0; i < raw.count; i++) {
		struct xt_port_range *range = &multiport->ranges[multiport->n_ranges++];

		*range = (struct xt_port_range){raw.ports[i], raw.ports[i]};
		/* A flagged port begins a range whose end is the next one. */
		if (raw.pflags[i] && i + 1 < raw.count)
			range->max = raw.ports[++i];
	}
	return true;
}

static struct value_set port_values(struct run *run, const struct xt_port_list *multiport)
{
	struct interval intervals[XT_MULTIPORT_MAX];

	for (unsigned i = 0; i < multiport->n_ranges; i++)
		intervals[i] =
			(struct interval){multiport->ranges[i].min, multiport->ranges[i].max};
	return value_set_of(run->walk->arena, intervals, multiport->n_ranges);
}

static void evaluate_multiport(struct run *run, struct branch *branch,
			       const struct xt_extension *extension)
{
	const struct xt_port_list *info = &extension->multiport;
	struct value_set values = port_values(run, info);
	struct test test = test_begin(run->walk->arena, &branch->state->class);
	struct branch *rest = NULL, *held;

	branch->next = NULL;
	if (info->side != XT_SIDE_EITHER) {
		enum xt_end end =
			info->side == XT_SIDE_SOURCE ? XT_END_SOURCE_PORT : XT_END_DEST_PORT;

		run_continue_all(run, xt_require_values(run, branch, xt_end_field(branch, end),
							values, info->invert));
		return;
	}
	test_add_values(&test, xt_end_field(branch, XT_END_SOURCE_PORT), values);
	held = run_split(run, branch, &test, &rest);
	if (held)
		info->invert ? run_break(run, held) : run_continue(run, held);
	if (rest)
		run_continue_all(run,
				 xt_require_values(run, rest, xt_end_field(rest, XT_END_DEST_PORT),
						   values, info->invert));
}

static void multiport_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_port_list *multiport = &extension->multiport;
	static const char *const sides[] = {"--sports", "--dports", "--ports"};

	xt_not(out, multiport->invert);
	buffer_printf(out, " %s ", sides[multiport->side]);
	for (unsigned i = 0; i < multiport->n_ranges; i++) {
		if (i)
			buffer_puts(out, ",");
		xt_port_range_text(out, &multiport->ranges[i]);
	}
}

static bool decode_tcp(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_tcp raw;

	memcpy(&raw, info, sizeof(raw));
	ret->ports = (struct xt_ports){
		.source = {raw.spts[0], raw.spts[1]},
		.dest = {raw.dpts[0], raw.dpts[1]},
		.invert_source = raw.invflags & XT_TCP_INV_SRCPT,
		.invert_dest = raw.invflags & XT_TCP_INV_DSTPT,
		.option = raw.option,
		.flags_mask = raw.flg_mask,
		.flags_value = raw.flg_cmp,
		.invert_option = raw.invflags & XT_TCP_INV_OPTION,
		.invert_flags = raw.invflags & XT_TCP_INV_FLAGS,
	};
	return true;
}

static bool decode_udp(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_udp raw;

	memcpy(&raw, info, sizeof(raw));
	ret->ports = (struct xt_ports){
		.source = {raw.spts[0], raw.spts[1]},
		.dest = {raw.dpts[0], raw.dpts[1]},
		.invert_source = raw.invflags & XT_UDP_INV_SRCPT,
		.invert_dest = raw.invflags & XT_UDP_INV_DSTPT,
	};
	return true;
}

static struct branch *require_port(struct run *run, struct branch *branches, enum xt_end end,
				   struct xt_port_range range, bool negated)
{
	if (!branches || (range.min == 0 && range.max == UINT16_MAX && !negated))
		return branches;
	return xt_require_range(run, branches, xt_end_field(branches, end), range.min, range.max,
				negated);
}

static void evaluate_ports(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	const struct xt_ports *info = &extension->ports;
	bool tcp = extension->kind == XT_TCP;

	if (tcp != run->walk->facts.tcp) {
		run_either(run, branch, "a match for another protocol");
		return;
	}
	branch->next = NULL;
	branch = require_port(run, branch, XT_END_SOURCE_PORT, info->source, info->invert_source);
	branch = require_port(run, branch, XT_END_DEST_PORT, info->dest, info->invert_dest);
	if (tcp && branch)
		branch = xt_require_masked(run, branch, FIELD_TCP_FLAGS, info->flags_mask,
					   info->flags_value, info->invert_flags);
	if (!tcp || !info->option) {
		run_continue_all(run, branch);
		return;
	}
	for (struct branch *next; branch; branch = next) {
		next = branch->next;
		run_either(run, branch, "the TCP options");
	}
}

static void one_port_text(struct buffer *out, const char *option, bool invert,
			  const struct xt_port_range *range)
{
	if (range->min == 0 && range->max == UINT16_MAX && !invert)
		return;
	xt_not(out, invert);
	buffer_printf(out, " --%s ", option);
	xt_port_range_text(out, range);
}

static void tcp_flags_text(struct buffer *out, uint8_t flags)
{
	static const struct xt_word names[] = {{0x01, "FIN"}, {0x02, "SYN"}, {0x04, "RST"},
					       {0x08, "PSH"}, {0x10, "ACK"}, {0x20, "URG"}};

	buffer_puts(out, " ");
	if (flags & 0x3f)
		xt_words_text(out, flags, names, ARRAY_SIZE(names));
	else
		buffer_puts(out, "NONE");
}

void xt_ports_text(struct buffer *out, const struct xt_ports *ports)
{
	one_port_text(out, "sport", ports->invert_source, &ports->source);
	one_port_text(out, "dport", ports->invert_dest, &ports->dest);
	if (ports->option || ports->invert_option) {
		xt_not(out, ports->invert_option);
		buffer_printf(out, " --tcp-option %u", ports->option);
	}
	if (ports->flags_mask || ports->invert_flags) {
		xt_not(out, ports->invert_flags);
		buffer_puts(out, " --tcp-flags");
		tcp_flags_text(out, ports->flags_mask);
		tcp_flags_text(out, ports->flags_value);
	}
}

static void ports_text(struct buffer *out, const struct xt_extension *extension)
{
	xt_ports_text(out, &extension->ports);
}

static const char foreign_how[] =
	"the kernel takes it only in rules for its own protocol, which no upload is; ahead of "
	"that comparison: unknown";

static const struct xt_type types[] = {
	{"icmp", 0, XT_FAMILY_V4, XT_ICMP, sizeof(struct ipt_icmp), decode_icmp, xt_foreign,
	 icmp_text, DECIDED(BY_NOBODY, foreign_how)},
	{"icmp6", 0, XT_FAMILY_V6, XT_ICMP, sizeof(struct ip6t_icmp), decode_icmp, xt_foreign,
	 icmp_text, DECIDED(BY_NOBODY, foreign_how)},
	{"multiport", 1, XT_FAMILY_BOTH, XT_MULTIPORT, sizeof(struct xt_multiport_v1),
	 decode_multiport_1, evaluate_multiport, multiport_text,
	 DECIDED(BY_PACKET, "source and destination port")},
	{"tcp", 0, XT_FAMILY_BOTH, XT_TCP, sizeof(struct xt_tcp), decode_tcp, evaluate_ports,
	 ports_text, DECIDED(BY_PACKET | BY_NOBODY, "ports and flags; TCP options: unknown")},
	{"udp", 0, XT_FAMILY_BOTH, XT_UDP, sizeof(struct xt_udp), decode_udp, evaluate_ports,
	 ports_text,
	 DECIDED(BY_PACKET | BY_NOBODY, "ports; of TCP, to which the kernel does not apply it: "
					"unknown")},
};

const struct xt_types xt_port_matches = XT_TYPES(types);
