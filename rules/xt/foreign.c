/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter/xt_dccp.h>
#include <linux/netfilter/xt_esp.h>
#include <linux/netfilter/xt_ipcomp.h>
#include <linux/netfilter_ipv4/ipt_ah.h>
#include <linux/netfilter_ipv6/ip6t_ah.h>
#include <linux/netfilter_ipv6/ip6t_mh.h>

#include "rules/xt/words.h"

/*
 * Matches for other protocols than TCP and UDP: ah, dccp, esp, ipcomp, mh. The kernel admits them
 * only in rules that name the protocol (xt_check_match()), whose comparison has failed before; only
 * ah of IPv6 looks for its header itself.
 */

/* A range of identifiers, all of them by default. */
static void ids_text(struct buffer *out, const char *option, bool invert, const uint32_t *ids)
{
	if (ids[0] == 0 && ids[1] == UINT32_MAX)
		return;
	xt_option_text(out, invert, option);
	buffer_puts(out, " ");
	xt_range_text(out, ids[0], ids[1]);
}

static void ah_4_text(struct buffer *out, const struct xt_extension *extension)
{
	struct ipt_ah raw;

	XT_COPY(raw, extension);
	ids_text(out, "ahspi", raw.invflags & IPT_AH_INV_SPI, raw.spis);
}

static void ah_6_text(struct buffer *out, const struct xt_extension *extension)
{
	struct ip6t_ah raw;

	XT_COPY(raw, extension);
	ids_text(out, "ahspi", raw.invflags & IP6T_AH_INV_SPI, raw.spis);
	if (raw.hdrlen || raw.invflags & IP6T_AH_INV_LEN) {
		xt_option_text(out, raw.invflags & IP6T_AH_INV_LEN, "ahlen");
		buffer_printf(out, " %u", raw.hdrlen);
	}
	if (raw.hdrres)
		buffer_puts(out, " --ahres");
}

static void esp_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_esp raw;

	XT_COPY(raw, extension);
	ids_text(out, "espspi", raw.invflags & XT_ESP_INV_SPI, raw.spis);
}

static void ipcomp_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_ipcomp raw;

	XT_COPY(raw, extension);
	ids_text(out, "ipcompspi", raw.invflags & XT_IPCOMP_INV_SPI, raw.spis);
	if (raw.hdrres)
		buffer_puts(out, " --compres");
}

static void dccp_types_text(struct buffer *out, const struct xt_dccp_info *raw)
{
	static const struct xt_word words[] = {
		{1 << 0, "REQUEST"}, {1 << 1, "RESPONSE"}, {1 << 2, "DATA"},     {1 << 3, "ACK"},
		{1 << 4, "DATAACK"}, {1 << 5, "CLOSEREQ"}, {1 << 6, "CLOSE"},    {1 << 7, "RESET"},
		{1 << 8, "SYNC"},    {1 << 9, "SYNCACK"},  {1 << 10, "INVALID"},
	};

	xt_option_text(out, raw->invflags & XT_DCCP_TYPE, "dccp-types");
	buffer_puts(out, " ");
	xt_words_text(out, raw->typemask, words, ARRAY_SIZE(words));
}

static void dccp_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_dccp_info raw;

	XT_COPY(raw, extension);
	if (raw.flags & XT_DCCP_SRC_PORTS) {
		xt_option_text(out, raw.invflags & XT_DCCP_SRC_PORTS, "sport ");
		xt_range_text(out, raw.spts[0], raw.spts[1]);
	}
	if (raw.flags & XT_DCCP_DEST_PORTS) {
		xt_option_text(out, raw.invflags & XT_DCCP_DEST_PORTS, "dport ");
		xt_range_text(out, raw.dpts[0], raw.dpts[1]);
	}
	if (raw.flags & XT_DCCP_TYPE)
		dccp_types_text(out, &raw);
	if (raw.flags & XT_DCCP_OPTION) {
		xt_option_text(out, raw.invflags & XT_DCCP_OPTION, "dccp-option");
		buffer_printf(out, " %u", raw.option);
	}
}

static void mh_text(struct buffer *out, const struct xt_extension *extension)
{
	struct ip6t_mh raw;

	XT_COPY(raw, extension);
	if (raw.types[0] == 0 && raw.types[1] == UINT8_MAX)
		return;
	xt_option_text(out, raw.invflags & IP6T_MH_INV_TYPE, "mh-type ");
	xt_range_text(out, raw.types[0], raw.types[1]);
}

static const char foreign_how[] =
	"the kernel takes it only in rules for its own protocol, which no upload is; ahead of "
	"that comparison: unknown";

static const struct xt_type types[] = {
	{"ah", 0, XT_FAMILY_V4, XT_OTHER, sizeof(struct ipt_ah), NULL, xt_foreign, ah_4_text,
	 DECIDED(BY_NOBODY, foreign_how)},
	{"ah", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_ah), NULL, xt_never, ah_6_text,
	 DECIDED(BY_NATURE, "missing: neither side sends such a header")},
	{"dccp", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_dccp_info), NULL, xt_foreign,
	 dccp_text, DECIDED(BY_NOBODY, foreign_how)},
	{"esp", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_esp), NULL, xt_foreign, esp_text,
	 DECIDED(BY_NOBODY, foreign_how)},
	{"ipcomp", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_ipcomp), NULL, xt_foreign,
	 ipcomp_text, DECIDED(BY_NOBODY, foreign_how)},
	{"mh", 0, XT_FAMILY_V6, XT_OTHER, sizeof(struct ip6t_mh), NULL, xt_foreign, mh_text,
	 DECIDED(BY_NOBODY, foreign_how)},
};

const struct xt_types xt_foreign_matches = XT_TYPES(types);
