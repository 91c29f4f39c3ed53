/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include "rules/xt/words.h"

/* Matches on addresses: addrtype, eui64, iprange, mac, pkttype. */

static bool decode_addrtype_0(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_addrtype_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->addrtype = (struct xt_addrtype){
		.source = raw.source,
		.dest = raw.dest,
		.invert_source = raw.invert_source,
		.invert_dest = raw.invert_dest,
	};
	return true;
}

static bool decode_addrtype_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_addrtype_info_v1 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->addrtype = (struct xt_addrtype){
		.source = raw.source,
		.dest = raw.dest,
		.invert_source = raw.flags & XT_ADDRTYPE_INVERT_SOURCE,
		.invert_dest = raw.flags & XT_ADDRTYPE_INVERT_DEST,
		.limit_iface_in = raw.flags & XT_ADDRTYPE_LIMIT_IFACE_IN,
		.limit_iface_out = raw.flags & XT_ADDRTYPE_LIMIT_IFACE_OUT,
	};
	return true;
}

/* The sets of addresses that the bits of an addrtype match name (match_type(), match_type6()). */
static struct value_set typed_v4(struct run *run, unsigned types, uint32_t ifindex)
{
	struct value_set values = {};

	for (uint32_t type = 0; type < 16; type++)
		if (types & 1u << type)
			values = value_set_unite(run->walk->arena, values,
						 host_address_type(run->walk, type, ifindex));
	return values;
}

/* IPv6 asks for the kind of address and for the route apart: our own addresses are unicast too. */
static struct value_set typed_v6(struct run *run, unsigned types, uint32_t ifindex)
{
	struct arena *arena = run->walk->arena;
	struct value_set multicast = host_address_type(run->walk, RTN_MULTICAST, 0);
	struct value_set values = value_set_range(arena, 0, ~(field_value)0);

	if (types & 1u << RTN_MULTICAST)
		values = value_set_intersect(arena, values, multicast);
	if (types & 1u << RTN_UNICAST)
		values = value_set_subtract(arena, values, multicast);
	if (types & 1u << RTN_LOCAL)
		values = value_set_intersect(arena, values,
					     host_address_type(run->walk, RTN_LOCAL, ifindex));
	return values;
}

static bool types_known(const struct walk *walk, unsigned types)
{
	unsigned v6 = 1u << RTN_MULTICAST | 1u << RTN_UNICAST | 1u << RTN_LOCAL;

	return !walk->facts.ipv6 || (types & ~v6) == 0;
}

static struct branch *require_type(struct run *run, struct branch *branches, enum xt_end end,
				   unsigned types, uint32_t ifindex, bool negated)
{
	if (types == 0 || !branches)
		return branches;
	return xt_require_values(run, branches, xt_end_field(branches, end),
				 run->walk->facts.ipv6 ? typed_v6(run, types, ifindex)
						       : typed_v4(run, types, ifindex),
				 negated);
}

static void evaluate_addrtype(struct run *run, struct branch *branch,
			      const struct xt_extension *extension)
{
	const struct xt_addrtype *info = &extension->addrtype;
	const struct host_link *link = info->limit_iface_in    ? run->walk->in
				       : info->limit_iface_out ? run->walk->out
							       : NULL;
	uint32_t ifindex = link ? link->index : 0;

	if (!types_known(run->walk, info->source | info->dest)) {
		run_either(run, branch, "the type of an address");
		return;
	}
	branch->next = NULL;
	branch = require_type(run, branch, XT_END_SOURCE, info->source, ifindex,
			      info->invert_source);
	branch = require_type(run, branch, XT_END_DEST, info->dest, ifindex, info->invert_dest);
	run_continue_all(run, branch);
}

static void addrtype_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_addrtype *addrtype = &extension->addrtype;
	static const struct xt_word types[] = {
		{1 << 0, "UNSPEC"},    {1 << 1, "UNICAST"},     {1 << 2, "LOCAL"},
		{1 << 3, "BROADCAST"}, {1 << 4, "ANYCAST"},     {1 << 5, "MULTICAST"},
		{1 << 6, "BLACKHOLE"}, {1 << 7, "UNREACHABLE"}, {1 << 8, "PROHIBIT"},
		{1 << 9, "THROW"},     {1 << 10, "NAT"},        {1 << 11, "XRESOLVE"},
	};

	if (addrtype->source) {
		xt_not(out, addrtype->invert_source);
		buffer_puts(out, " --src-type ");
		xt_words_text(out, addrtype->source, types, ARRAY_SIZE(types));
	}
	if (addrtype->dest) {
		xt_not(out, addrtype->invert_dest);
		buffer_puts(out, " --dst-type ");
		xt_words_text(out, addrtype->dest, types, ARRAY_SIZE(types));
	}
	if (addrtype->limit_iface_in)
		buffer_puts(out, " --limit-iface-in");
	if (addrtype->limit_iface_out)
		buffer_puts(out, " --limit-iface-out");
}

/*
 * The host part of the source is made of the hardware address (eui64_mt6()): with the Ethernet
 * header at hand, which a packet that comes in has.
 */
static void evaluate_eui64(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	static const unsigned char middle[] = {0xff, 0xfe};
	enum { FLIPPED = 0x02 };
	field_value mac, host = 0;

	(void)extension;
	if (!run->walk->in || run->walk->in->type != ARPHRD_ETHER) {
		run_break(run, branch);
		return;
	}
	if (!value_set_single(branch->state->class.fields[FIELD_SOURCE_MAC], &mac)) {
		run_either(run, branch, field_name(FIELD_SOURCE_MAC));
		return;
	}
	host = (mac >> 24 & 0xffffff) << 40 | (field_value)middle[0] << 32 |
	       (field_value)middle[1] << 24 | (mac & 0xffffff);
	host ^= (field_value)FLIPPED << 56;
	branch->next = NULL;
	run_continue_all(run, xt_require_masked(run, branch, xt_end_field(branch, XT_END_SOURCE),
						UINT64_MAX, host, false));
}

static bool decode_iprange(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_iprange_mtinfo raw;

	memcpy(&raw, info, sizeof(raw));
	ret->iprange = (struct xt_iprange){
		.has_source = raw.flags & IPRANGE_SRC,
		.has_dest = raw.flags & IPRANGE_DST,
		.invert_source = raw.flags & IPRANGE_SRC_INV,
		.invert_dest = raw.flags & IPRANGE_DST_INV,
		.source_min = xt_address(ret, &raw.src_min),
		.source_max = xt_address(ret, &raw.src_max),
		.dest_min = xt_address(ret, &raw.dst_min),
		.dest_max = xt_address(ret, &raw.dst_max),
	};
	return true;
}

static void evaluate_iprange(struct run *run, struct branch *branch,
			     const struct xt_extension *extension)
{
	const struct xt_iprange *info = &extension->iprange;
	branch->next = NULL;
	if (info->has_source)
		branch =
			xt_require_range(run, branch, xt_end_field(branch, XT_END_SOURCE),
					 xt_address_number(&info->source_min),
					 xt_address_number(&info->source_max), info->invert_source);
	if (info->has_dest && branch)
		branch = xt_require_range(run, branch, xt_end_field(branch, XT_END_DEST),
					  xt_address_number(&info->dest_min),
					  xt_address_number(&info->dest_max), info->invert_dest);
	run_continue_all(run, branch);
}

static void iprange_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_iprange *iprange = &extension->iprange;
	if (iprange->has_source) {
		xt_not(out, iprange->invert_source);
		buffer_puts(out, " --src-range ");
		xt_address_text(out, &iprange->source_min);
		buffer_puts(out, "-");
		xt_address_text(out, &iprange->source_max);
	}
	if (iprange->has_dest) {
		xt_not(out, iprange->invert_dest);
		buffer_puts(out, " --dst-range ");
		xt_address_text(out, &iprange->dest_min);
		buffer_puts(out, "-");
		xt_address_text(out, &iprange->dest_max);
	}
}

static bool decode_mac(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_mac_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->mac.invert = raw.invert;
	memcpy(ret->mac.source, raw.srcaddr, sizeof(ret->mac.source));
	return true;
}

static void evaluate_mac(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	const struct xt_mac *info = &extension->mac;
	enum { TYPE_ETHERNET = 1 };
	field_value mac = 0;

	if (!run->walk->in || run->walk->in->type != TYPE_ETHERNET) {
		run_break(run, branch);
		return;
	}
	for (size_t i = 0; i < sizeof(info->source); i++)
		mac = mac << 8 | info->source[i];
	branch->next = NULL;
	run_continue_all(run,
			 xt_require_range(run, branch, FIELD_SOURCE_MAC, mac, mac, info->invert));
}

static void mac_text(struct buffer *out, const struct xt_extension *extension)
{
	const uint8_t *mac = extension->mac.source;

	xt_option_text(out, extension->mac.invert, "mac-source");
	buffer_printf(out, " %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		      mac[5]);
}

static bool decode_pkttype(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_pkttype_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->pkttype = (struct xt_pkttype){.type = (uint32_t)raw.pkttype, .invert = raw.invert};
	return true;
}

static void evaluate_pkttype(struct run *run, struct branch *branch,
			     const struct xt_extension *extension)
{
	const struct xt_pkttype *info = &extension->pkttype;

	branch->next = NULL;
	run_continue_all(run, xt_require_range(run, branch, FIELD_PACKET_TYPE, info->type,
					       info->type, info->invert));
}

static void pkttype_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_pkttype *pkttype = &extension->pkttype;
	static const char *const types[] = {"unicast", "broadcast", "multicast"};

	xt_not(out, pkttype->invert);
	if (pkttype->type < ARRAY_SIZE(types))
		buffer_printf(out, " --pkt-type %s", types[pkttype->type]);
	else
		buffer_printf(out, " --pkt-type %u", pkttype->type);
}

static const char addrtype_how[] =
	"the type by the host's addresses; of IPv6, other types than local, unicast and "
	"multicast: unknown";

static const struct xt_type types[] = {
	{"addrtype", 0, XT_FAMILY_V4, XT_ADDRTYPE, sizeof(struct xt_addrtype_info),
	 decode_addrtype_0, evaluate_addrtype, addrtype_text,
	 DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, addrtype_how)},
	{"addrtype", 1, XT_FAMILY_BOTH, XT_ADDRTYPE, sizeof(struct xt_addrtype_info_v1),
	 decode_addrtype_1, evaluate_addrtype, addrtype_text,
	 DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, addrtype_how)},
	{"eui64", 0, XT_FAMILY_V6, XT_OTHER, 0, NULL, evaluate_eui64, NULL,
	 DECIDED(BY_PACKET | BY_HOST | BY_NOBODY,
		 "the device's hardware address in its IPv6 address; no "
		 "match without Ethernet; unknown if the host does not "
		 "know it")},
	{"iprange", 1, XT_FAMILY_BOTH, XT_IPRANGE, sizeof(struct xt_iprange_mtinfo), decode_iprange,
	 evaluate_iprange, iprange_text, DECIDED(BY_PACKET, "source and destination address")},
	{"mac", 0, XT_FAMILY_BOTH, XT_MAC, sizeof(struct xt_mac_info), decode_mac, evaluate_mac,
	 mac_text,
	 DECIDED(BY_PACKET | BY_HOST, "the device's hardware address as the host knows it; no "
				      "match without Ethernet and on the way out")},
	{"pkttype", 0, XT_FAMILY_BOTH, XT_PKTTYPE, sizeof(struct xt_pkttype_info), decode_pkttype,
	 evaluate_pkttype, pkttype_text,
	 DECIDED(BY_PACKET, "unicast to this host, or as rules have set it")},
};

const struct xt_types xt_address_matches = XT_TYPES(types);
