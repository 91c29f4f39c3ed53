/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_HMARK.h>

#include "rules/xt/words.h"

/* The target HMARK: a mark made of a hash of addresses and ports, which is not followed. */

static void evaluate_hmark(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	(void)extension;
	branch->state->class.fields[FIELD_MARK] = value_set_range(run->walk->arena, 0, UINT32_MAX);
	run_continue(run, branch);
}

/* Numbers that are printed as such, in the order of iptables. */
static void numbers_text(struct buffer *out, const struct xt_hmark_info *raw)
{
	const struct {
		unsigned bit;
		const char *option;
		int digits;
		uint32_t value;
	} numbers[] = {
		{XT_HMARK_SPORT_MASK, "sport-mask", 4, ntohs(raw->port_mask.p16.src)},
		{XT_HMARK_DPORT_MASK, "dport-mask", 4, ntohs(raw->port_mask.p16.dst)},
		{XT_HMARK_SPI_MASK, "spi-mask", 8, ntohl(raw->port_mask.v32)},
		{XT_HMARK_SPORT, "sport", 4, ntohs(raw->port_set.p16.src)},
		{XT_HMARK_DPORT, "dport", 4, ntohs(raw->port_set.p16.dst)},
		{XT_HMARK_SPI, "spi", 8, ntohl(raw->port_set.v32)},
		{XT_HMARK_PROTO_MASK, "proto-mask", 2, raw->proto_mask},
		{XT_HMARK_RND, "rnd", 8, raw->hashrnd},
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (raw->flags & 1u << numbers[i].bit)
			buffer_printf(out, " --hmark-%s 0x%0*x", numbers[i].option,
				      numbers[i].digits, numbers[i].value);
}

static void prefix_text(struct buffer *out, const struct xt_extension *extension,
			const char *option, const union nf_inet_addr *mask)
{
	size_t size = extension->family == NFPROTO_IPV6 ? 16 : 4;

	buffer_printf(out, " --%s %d", option, xt_prefix_length((const uint8_t *)mask, size));
}

static void hmark_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_hmark_info raw;

	XT_COPY(raw, extension);
	if (raw.flags & 1u << XT_HMARK_SADDR_MASK)
		prefix_text(out, extension, "hmark-src-prefix", &raw.src_mask);
	if (raw.flags & 1u << XT_HMARK_DADDR_MASK)
		prefix_text(out, extension, "hmark-dst-prefix", &raw.dst_mask);
	numbers_text(out, &raw);
	if (raw.flags & 1u << XT_HMARK_MODULUS)
		buffer_printf(out, " --hmark-mod %u", raw.hmodulus);
	if (raw.flags & 1u << XT_HMARK_OFFSET)
		buffer_printf(out, " --hmark-offset %u", raw.hoffset);
	if (raw.flags & 1u << XT_HMARK_CT)
		buffer_puts(out, " --hmark-tuple ct");
}

static const struct xt_type types[] = {
	{"HMARK", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_hmark_info), NULL, evaluate_hmark,
	 hmark_text,
	 DECIDED(BY_CHANGING | BY_NOBODY, "goes on; the mark, made of a hash, is unknown from then "
					  "on")},
};

const struct xt_types xt_hmark_targets = XT_TYPES(types);
