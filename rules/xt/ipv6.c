/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter_ipv6/ip6t_frag.h>
#include <linux/netfilter_ipv6/ip6t_ipv6header.h>
#include <linux/netfilter_ipv6/ip6t_opts.h>
#include <linux/netfilter_ipv6/ip6t_rt.h>
#include <linux/netfilter_ipv6/ip6t_srh.h>

#include "rules/xt/words.h"

/*
 * Matches on the extension headers of IPv6: dst, frag, hbh, ipv6header, rt, srh. Our packets have
 * none, and what looks for one (ipv6_find_hdr()) is false without, whatever is inverted.
 */

static void frag_text(struct buffer *out, const struct xt_extension *extension)
{
	static const struct {
		uint8_t flag;
		const char *text;
	} flags[] = {{IP6T_FRAG_RES, " --fragres"},
		     {IP6T_FRAG_FST, " --fragfirst"},
		     {IP6T_FRAG_MF, " --fragmore"},
		     {IP6T_FRAG_NMF, " --fraglast"}};
	struct ip6t_frag raw;

	XT_COPY(raw, extension);
	if (raw.ids[0] != 0 || raw.ids[1] != UINT32_MAX) {
		xt_option_text(out, raw.invflags & IP6T_FRAG_INV_IDS, "fragid ");
		xt_range_text(out, raw.ids[0], raw.ids[1]);
	}
	if (raw.flags & IP6T_FRAG_LEN) {
		xt_option_text(out, raw.invflags & IP6T_FRAG_INV_LEN, "fraglen");
		buffer_printf(out, " %u", raw.hdrlen);
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (raw.flags & flags[i].flag)
			buffer_puts(out, flags[i].text);
}

static bool check_options(const uint8_t *info, struct xt_extension *ret)
{
	(void)ret;
	return info[offsetof(struct ip6t_opts, optsnr)] <= IP6T_OPTS_OPTSNR;
}

/* hbh and dst are the same but for the header that they look at. */
static void options_text(struct buffer *out, const struct xt_extension *extension)
{
	enum { ANY_LENGTH = 0xff };
	const char *name = extension->type->name;
	struct ip6t_opts raw;

	XT_COPY(raw, extension);
	if (raw.flags & IP6T_OPTS_LEN) {
		xt_not(out, raw.invflags & IP6T_OPTS_INV_LEN);
		buffer_printf(out, " --%s-len %u", name, raw.hdrlen);
	}
	if (raw.flags & IP6T_OPTS_OPTS)
		buffer_printf(out, " --%s-opts", name);
	for (unsigned i = 0; i < raw.optsnr; i++) {
		unsigned length = raw.opts[i] & 0xff;

		buffer_printf(out, "%s%u", i ? "," : " ", raw.opts[i] >> 8);
		if (length != ANY_LENGTH)
			buffer_printf(out, ":%u", length);
	}
}

/*
 * The headers of one of our packets are "the upper protocol" and nothing else. Soft: those that are
 * named must be there (inverted: must not); hard: exactly those (ipv6header_mt6()).
 */
static void evaluate_ipv6header(struct run *run, struct branch *branch,
				const struct xt_extension *extension)
{
	const unsigned have = MASK_PROTO;
	struct ip6t_ipv6header_info raw;
	bool exactly;

	XT_COPY(raw, extension);
	exactly = have == raw.matchflags;
	if (raw.modeflag)
		xt_decide(run, branch, !((have ^ raw.matchflags ^ raw.invflags) & raw.matchflags));
	else
		xt_decide(run, branch, raw.invflags ? !exactly : exactly);
}

static void ipv6header_text(struct buffer *out, const struct xt_extension *extension)
{
	static const struct xt_word headers[] = {
		{MASK_HOPOPTS, "hop-by-hop"},
		{MASK_DSTOPTS, "ipv6-opts"},
		{MASK_ROUTING, "ipv6-route"},
		{MASK_FRAGMENT, "ipv6-frag"},
		{MASK_AH, "ah"},
		{MASK_ESP, "esp"},
		{MASK_NONE, "ipv6-nonxt"},
		{MASK_PROTO, "protocol"},
	};
	struct ip6t_ipv6header_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.invflags, "header ");
	if (raw.matchflags)
		xt_words_text(out, raw.matchflags, headers, ARRAY_SIZE(headers));
	else
		buffer_puts(out, "NONE");
	if (raw.modeflag)
		buffer_puts(out, " --soft");
}

static bool decode_rt(const uint8_t *info, struct xt_extension *ret)
{
	struct ip6t_rt raw;

	memcpy(&raw, info, sizeof(raw));
	if (raw.addrnr > ARRAY_SIZE(raw.addrs))
		return false;
	ret->rt = (struct xt_rt){
		.type = raw.rt_type,
		.segments_min = raw.segsleft[0],
		.segments_max = raw.segsleft[1],
		.header_length = raw.hdrlen,
		.flags = raw.flags,
		.inverted = raw.invflags,
		.n_addresses = raw.addrnr,
	};
	for (unsigned i = 0; i < raw.addrnr; i++)
		ret->rt.addresses[i] = xt_address(ret, &raw.addrs[i]);
	return true;
}

static void rt_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_rt *rt = &extension->rt;
	if (rt->flags & IP6T_RT_TYP) {
		xt_not(out, rt->inverted & IP6T_RT_INV_TYP);
		buffer_printf(out, " --rt-type %u", rt->type);
	}
	if (rt->segments_min != 0 || rt->segments_max != UINT32_MAX) {
		xt_not(out, rt->inverted & IP6T_RT_INV_SGS);
		buffer_printf(out, " --rt-segsleft %u", rt->segments_min);
		if (rt->segments_max != rt->segments_min)
			buffer_printf(out, ":%u", rt->segments_max);
	}
	if (rt->flags & IP6T_RT_LEN) {
		xt_not(out, rt->inverted & IP6T_RT_INV_LEN);
		buffer_printf(out, " --rt-len %u", rt->header_length);
	}
	if (rt->flags & IP6T_RT_RES)
		buffer_puts(out, " --rt-0-res");
	if (rt->flags & IP6T_RT_FST) {
		buffer_puts(out, " --rt-0-addrs ");
		for (unsigned i = 0; i < rt->n_addresses; i++) {
			if (i)
				buffer_puts(out, ",");
			xt_address_text(out, &rt->addresses[i]);
		}
	}
	if (rt->flags & IP6T_RT_FST_NSTRICT)
		buffer_puts(out, " --rt-0-not-strict");
}

/* Revision 0 ends where 1 has addresses of segments; the bits are the same. */
static void srh_numbers_text(struct buffer *out, const struct ip6t_srh *raw)
{
	const struct {
		unsigned flag;
		const char *option;
		unsigned value;
	} tests[] = {
		{IP6T_SRH_NEXTHDR, "srh-next-hdr", raw->next_hdr},
		{IP6T_SRH_LEN_EQ, "srh-hdr-len-eq", raw->hdr_len},
		{IP6T_SRH_LEN_GT, "srh-hdr-len-gt", raw->hdr_len},
		{IP6T_SRH_LEN_LT, "srh-hdr-len-lt", raw->hdr_len},
		{IP6T_SRH_SEGS_EQ, "srh-segs-left-eq", raw->segs_left},
		{IP6T_SRH_SEGS_GT, "srh-segs-left-gt", raw->segs_left},
		{IP6T_SRH_SEGS_LT, "srh-segs-left-lt", raw->segs_left},
		{IP6T_SRH_LAST_EQ, "srh-last-entry-eq", raw->last_entry},
		{IP6T_SRH_LAST_GT, "srh-last-entry-gt", raw->last_entry},
		{IP6T_SRH_LAST_LT, "srh-last-entry-lt", raw->last_entry},
		{IP6T_SRH_TAG, "srh-tag", raw->tag},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!(raw->mt_flags & tests[i].flag))
			continue;
		xt_option_text(out, raw->mt_invflags & tests[i].flag, tests[i].option);
		buffer_printf(out, " %u", tests[i].value);
	}
}

static void srh_0_text(struct buffer *out, const struct xt_extension *extension)
{
	struct ip6t_srh raw;

	XT_COPY(raw, extension);
	srh_numbers_text(out, &raw);
}

static void srh_segment_text(struct buffer *out, const struct xt_extension *extension, bool invert,
			     const char *option, const struct in6_addr *address,
			     const struct in6_addr *mask)
{
	struct address segment = xt_address(extension, address);

	xt_option_text(out, invert, option);
	buffer_puts(out, " ");
	xt_address_text(out, &segment);
	buffer_printf(out, "/%d", xt_prefix_length(mask->s6_addr, sizeof(mask->s6_addr)));
}

static void srh_1_text(struct buffer *out, const struct xt_extension *extension)
{
	struct ip6t_srh1 raw;

	XT_COPY(raw, extension);
	srh_numbers_text(out, &(struct ip6t_srh){raw.next_hdr, raw.hdr_len, raw.segs_left,
						 raw.last_entry, raw.tag, raw.mt_flags,
						 raw.mt_invflags});
	if (raw.mt_flags & IP6T_SRH_PSID)
		srh_segment_text(out, extension, raw.mt_invflags & IP6T_SRH_INV_PSID, "srh-psid",
				 &raw.psid_addr, &raw.psid_msk);
	if (raw.mt_flags & IP6T_SRH_NSID)
		srh_segment_text(out, extension, raw.mt_invflags & IP6T_SRH_INV_NSID, "srh-nsid",
				 &raw.nsid_addr, &raw.nsid_msk);
	if (raw.mt_flags & IP6T_SRH_LSID)
		srh_segment_text(out, extension, raw.mt_invflags & IP6T_SRH_INV_LSID, "srh-lsid",
				 &raw.lsid_addr, &raw.lsid_msk);
}

static const char missing_how[] = "missing: neither side sends such a header";

static const struct xt_type types[] = {
	{"dst", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_opts), check_options, xt_never,
	 options_text, DECIDED(BY_NATURE, missing_how)},
	{"frag", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_frag), NULL, xt_never, frag_text,
	 DECIDED(BY_NATURE, missing_how)},
	{"hbh", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_opts), check_options, xt_never,
	 options_text, DECIDED(BY_NATURE, missing_how)},
	{"ipv6header", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_ipv6header_info), NULL,
	 evaluate_ipv6header, ipv6header_text,
	 DECIDED(BY_NATURE, "as of a packet without extension headers")},
	{"rt", 0, XT_FAMILY_V6, XT_RT, sizeof(struct ip6t_rt), decode_rt, xt_never, rt_text,
	 DECIDED(BY_NATURE, missing_how)},
	{"srh", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_srh), NULL, xt_never, srh_0_text,
	 DECIDED(BY_NATURE, missing_how)},
	{"srh", 1, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_srh1), NULL, xt_never, srh_1_text,
	 DECIDED(BY_NATURE, missing_how)},
};

const struct xt_types xt_ipv6_matches = XT_TYPES(types);
