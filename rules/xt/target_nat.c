/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

#include <linux/netfilter_ipv6/ip6t_NPT.h>

#include "rules/xt/words.h"

/*
 * Targets that translate addresses and ports: DNAT, MASQUERADE, NETMAP, REDIRECT, SNAT; and DNPT and
 * SNPT, which exchange prefixes of each packet by itself and are not followed.
 */

static bool decode_nat_4(const uint8_t *info, struct xt_extension *ret)
{
	struct nf_nat_ipv4_multi_range_compat raw;
	const struct nf_nat_ipv4_range *range = &raw.range[0];

	memcpy(&raw, info, sizeof(raw));
	if (raw.rangesize != 1)
		return false;
	ret->nat.flags = range->flags;
	if (range->flags & NF_NAT_RANGE_MAP_IPS) {
		ret->nat.address_min = xt_address(ret, &range->min_ip);
		ret->nat.address_max = xt_address(ret, &range->max_ip);
	}
	ret->nat.port_min = ntohs(range->min.all);
	ret->nat.port_max = ntohs(range->max.all);
	return true;
}

static bool decode_nat_range(const uint8_t *info, struct xt_extension *ret)
{
	struct nf_nat_range raw;

	memcpy(&raw, info, sizeof(raw));
	ret->nat.flags = raw.flags;
	if (raw.flags & NF_NAT_RANGE_MAP_IPS) {
		ret->nat.address_min = xt_address(ret, &raw.min_addr);
		ret->nat.address_max = xt_address(ret, &raw.max_addr);
	}
	ret->nat.port_min = ntohs(raw.min_proto.all);
	ret->nat.port_max = ntohs(raw.max_proto.all);
	return true;
}

static bool decode_nat_range2(const uint8_t *info, struct xt_extension *ret)
{
	struct nf_nat_range2 raw;

	/* The second form is the first with the base of a port offset behind it. */
	memcpy(&raw, info, sizeof(raw));
	if (!decode_nat_range(info, ret))
		return false;
	ret->nat.port_base = ntohs(raw.base_proto.all);
	return true;
}

static bool translates_source(const struct walk *walk, const struct xt_extension *target)
{
	switch (target->kind) {
	case XT_TARGET_SNAT:
	case XT_TARGET_MASQUERADE: return true;
	/* NETMAP does what fits the hook */
	case XT_TARGET_NETMAP:
		return walk->stage != STAGE_PREROUTING && walk->stage != STAGE_OUTPUT;
	default: return false;
	}
}

/* The network part is exchanged, the host part kept (netmap_tg4(), netmap_tg6()). */
static struct value_set mapped_address(struct walk *walk, const struct branch *branch, bool source,
				       const struct xt_nat *info)
{
	enum field field = xt_end_field(branch, source ? XT_END_SOURCE : XT_END_DEST);
	field_value first = xt_address_number(&info->address_min), now;
	field_value host_bits = first ^ xt_address_number(&info->address_max);

	if (!value_set_single(branch->state->class.fields[field], &now))
		return (struct value_set){};
	return walk_single(walk, (now & host_bits) | (first & ~host_bits));
}

static struct value_set new_addresses(struct walk *walk, const struct branch *branch,
				      const struct xt_extension *target, bool source)
{
	const struct xt_nat *info = &target->nat;

	if (target->kind == XT_TARGET_REDIRECT)
		return host_redirect_addresses(walk);
	if (target->kind == XT_TARGET_MASQUERADE)
		return host_masquerade_addresses(walk);
	if (target->kind == XT_TARGET_NETMAP)
		return mapped_address(walk, branch, source, info);
	if (info->flags & NF_NAT_RANGE_NETMAP || !(info->flags & NF_NAT_RANGE_MAP_IPS))
		return (struct value_set){};
	return value_set_range(walk->arena, xt_address_number(&info->address_min),
			       xt_address_number(&info->address_max));
}

static void evaluate_nat(struct run *run, struct branch *branch, const struct xt_extension *target)
{
	const struct xt_nat *info = &target->nat;
	struct translation nat = {.source = translates_source(run->walk, target)};
	bool readdresses = info->flags & (NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_NETMAP) ||
			   target->kind == XT_TARGET_REDIRECT ||
			   target->kind == XT_TARGET_MASQUERADE;

	if (info->flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
		nat.has_port = true;
		nat.ports = value_set_range(run->walk->arena, info->port_min, info->port_max);
	}
	if (info->flags & (NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PROTO_OFFSET))
		nat.port_unknown = true;
	nat.addresses = new_addresses(run->walk, branch, target, nat.source);
	nat.has_address = !value_set_empty(nat.addresses);
	nat.address_unknown = readdresses && !nat.has_address;
	run_translate(run, branch, &nat);
}

static void nat_addresses_text(struct buffer *out, uint8_t family, const struct xt_nat *nat)
{
	bool ports = nat->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	bool brackets = family == NFPROTO_IPV6 && ports;
	char text[ADDRESS_TEXT_SIZE];

	if (!nat->address_min.family)
		return;
	buffer_printf(out, "%s%s", brackets ? "[" : "", address_format(&nat->address_min, text));
	if (!address_equal(&nat->address_min, &nat->address_max))
		buffer_printf(out, "-%s", address_format(&nat->address_max, text));
	if (brackets)
		buffer_puts(out, "]");
}

static void nat_ports_text(struct buffer *out, const struct xt_nat *nat)
{
	buffer_printf(out, "%u", nat->port_min);
	if (nat->port_max != nat->port_min)
		buffer_printf(out, "-%u", nat->port_max);
	if (nat->flags & NF_NAT_RANGE_PROTO_OFFSET)
		buffer_printf(out, "/%u", nat->port_base);
}

static void nat_text(struct buffer *out, const struct xt_extension *target)
{
	bool ports = target->nat.flags & NF_NAT_RANGE_PROTO_SPECIFIED;

	if (target->kind == XT_TARGET_DNAT || target->kind == XT_TARGET_SNAT) {
		buffer_printf(out, " --to-%s ",
			      target->kind == XT_TARGET_DNAT ? "destination" : "source");
		nat_addresses_text(out, target->family, &target->nat);
		if (ports)
			buffer_puts(out, ":");
	} else if (ports) {
		buffer_puts(out, " --to-ports ");
	}
	if (ports)
		nat_ports_text(out, &target->nat);
	if (target->nat.flags & NF_NAT_RANGE_PROTO_RANDOM)
		buffer_puts(out, " --random");
	if (target->nat.flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY)
		buffer_puts(out, " --random-fully");
	if (target->nat.flags & NF_NAT_RANGE_PERSISTENT)
		buffer_puts(out, " --persistent");
}

static void netmap_text(struct buffer *out, const struct xt_extension *target)
{
	const struct address *first = &target->nat.address_min, *last = &target->nat.address_max;
	struct address mask = {.family = first->family};
	int prefix;

	for (size_t i = 0; i < address_length(first); i++)
		mask.bytes[i] = (uint8_t) ~(first->bytes[i] ^ last->bytes[i]);
	prefix = xt_prefix_length(mask.bytes, address_length(first));
	buffer_puts(out, " --to ");
	xt_address_text(out, first);
	buffer_puts(out, "/");
	if (prefix < 0)
		xt_address_text(out, &mask);
	else
		buffer_printf(out, "%d", prefix);
}

static void evaluate_npt(struct run *run, struct branch *branch, const struct xt_extension *target)
{
	(void)target;
	run_give_up(run, branch, "a translation of prefixes");
}

static void npt_text(struct buffer *out, const struct xt_extension *target)
{
	struct ip6t_npt_tginfo raw;
	struct address source, dest;

	XT_COPY(raw, target);
	source = xt_address(target, &raw.src_pfx);
	dest = xt_address(target, &raw.dst_pfx);
	buffer_puts(out, " --src-pfx ");
	xt_address_text(out, &source);
	buffer_printf(out, "/%u --dst-pfx ", raw.src_pfx_len);
	xt_address_text(out, &dest);
	buffer_printf(out, "/%u", raw.dst_pfx_len);
}

enum {
	NAT_4_SIZE = sizeof(struct nf_nat_ipv4_multi_range_compat),
	NAT_RANGE_SIZE = sizeof(struct nf_nat_range),
	NAT_RANGE2_SIZE = sizeof(struct nf_nat_range2),
};

static const char translation_how[] =
	"accepts with the new end, which rules after it and the packets of the answer see; "
	"unknown where a random port, an offset or netmap chooses, and for what is not tracked";
static const char prefix_how[] = "the exchange of prefixes is not followed";
static const char masquerade_how[] =
	"as SNAT, to the address of the interface in the device's network";
static const char netmap_how[] =
	"accepts with the new network in the address; unknown of addresses that are not known, "
	"and for what is not tracked";
static const char redirect_how[] =
	"as DNAT, to an address of the interface on the way in, to the loopback address on the "
	"way out";

static const struct xt_type types[] = {
	{"DNAT", 0, XT_FAMILY_V4, XT_TARGET_DNAT, NAT_4_SIZE, decode_nat_4, evaluate_nat, nat_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, translation_how)},
	{"DNAT", 1, XT_FAMILY_BOTH, XT_TARGET_DNAT, NAT_RANGE_SIZE, decode_nat_range, evaluate_nat,
	 nat_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, translation_how)},
	{"DNAT", 2, XT_FAMILY_BOTH, XT_TARGET_DNAT, NAT_RANGE2_SIZE, decode_nat_range2,
	 evaluate_nat, nat_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, translation_how)},
	{"DNPT", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_npt_tginfo), NULL, evaluate_npt,
	 npt_text, DECIDED(BY_NOBODY, prefix_how)},
	{"MASQUERADE", 0, XT_FAMILY_V4, XT_TARGET_MASQUERADE, NAT_4_SIZE, decode_nat_4,
	 evaluate_nat, nat_text,
	 DECIDED(BY_HOST | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, masquerade_how)},
	{"MASQUERADE", 0, XT_FAMILY_V6, XT_TARGET_MASQUERADE, NAT_RANGE_SIZE, decode_nat_range,
	 evaluate_nat, nat_text,
	 DECIDED(BY_HOST | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, masquerade_how)},
	{"NETMAP", 0, XT_FAMILY_V4, XT_TARGET_NETMAP, NAT_4_SIZE, decode_nat_4, evaluate_nat,
	 netmap_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, netmap_how)},
	{"NETMAP", 0, XT_FAMILY_V6, XT_TARGET_NETMAP, NAT_RANGE_SIZE, decode_nat_range,
	 evaluate_nat, netmap_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, netmap_how)},
	{"REDIRECT", 0, XT_FAMILY_V4, XT_TARGET_REDIRECT, NAT_4_SIZE, decode_nat_4, evaluate_nat,
	 nat_text,
	 DECIDED(BY_HOST | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, redirect_how)},
	{"REDIRECT", 0, XT_FAMILY_V6, XT_TARGET_REDIRECT, NAT_RANGE_SIZE, decode_nat_range,
	 evaluate_nat, nat_text,
	 DECIDED(BY_HOST | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, redirect_how)},
	{"SNPT", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_npt_tginfo), NULL, evaluate_npt,
	 npt_text, DECIDED(BY_NOBODY, prefix_how)},
	{"SNAT", 0, XT_FAMILY_V4, XT_TARGET_SNAT, NAT_4_SIZE, decode_nat_4, evaluate_nat, nat_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, translation_how)},
	{"SNAT", 1, XT_FAMILY_BOTH, XT_TARGET_SNAT, NAT_RANGE_SIZE, decode_nat_range, evaluate_nat,
	 nat_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, translation_how)},
	{"SNAT", 2, XT_FAMILY_BOTH, XT_TARGET_SNAT, NAT_RANGE2_SIZE, decode_nat_range2,
	 evaluate_nat, nat_text,
	 DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY, translation_how)},
};

const struct xt_types xt_nat_targets = XT_TYPES(types);
