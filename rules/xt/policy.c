/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_policy.h>

#include "rules/text/names.h"
#include "rules/xt/words.h"

/* The match policy, on IPsec. The device speaks none: only "--pol none" is true of its packets. */

static void evaluate_policy(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	struct xt_policy_info raw;

	XT_COPY(raw, extension);
	xt_decide(run, branch, raw.flags & XT_POLICY_MATCH_NONE);
}

static bool check_policy(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_policy_info raw;

	(void)ret;
	memcpy(&raw, info, sizeof(raw));
	return raw.len <= XT_POLICY_MAX_ELEM;
}

static void protocol_text(struct buffer *out, const struct xt_policy_elem *element)
{
	const char *name = ip_protocol_name(element->proto);

	xt_option_text(out, element->invert.proto, "proto");
	if (name)
		buffer_printf(out, " %s", name);
	else
		buffer_printf(out, " %u", element->proto);
}

static void tunnel_text(struct buffer *out, const struct xt_extension *extension, bool invert,
			const char *option, const union xt_policy_addr *end,
			const union xt_policy_addr *end_mask)
{
	struct address address = xt_address(extension, end);
	struct address mask = xt_address(extension, end_mask);

	xt_option_text(out, invert, option);
	buffer_puts(out, " ");
	xt_address_text(out, &address);
	xt_mask_text(out, &mask);
}

static void element_text(struct buffer *out, const struct xt_extension *extension,
			 const struct xt_policy_elem *element)
{
	if (element->match.reqid) {
		xt_option_text(out, element->invert.reqid, "reqid");
		buffer_printf(out, " %u", element->reqid);
	}
	/* iptables shows the number as it lies in memory */
	if (element->match.spi) {
		xt_option_text(out, element->invert.spi, "spi");
		buffer_printf(out, " 0x%x", element->spi);
	}
	if (element->match.proto)
		protocol_text(out, element);
	if (element->match.mode) {
		xt_option_text(out, element->invert.mode, "mode");
		buffer_puts(out, element->mode == XT_POLICY_MODE_TUNNEL ? " tunnel" : " transport");
	}
	if (element->match.daddr)
		tunnel_text(out, extension, element->invert.daddr, "tunnel-dst", &element->daddr,
			    &element->dmask);
	if (element->match.saddr)
		tunnel_text(out, extension, element->invert.saddr, "tunnel-src", &element->saddr,
			    &element->smask);
}

static void policy_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_policy_info raw;

	XT_COPY(raw, extension);
	buffer_printf(out, " --dir %s --pol %s", raw.flags & XT_POLICY_MATCH_IN ? "in" : "out",
		      raw.flags & XT_POLICY_MATCH_NONE ? "none" : "ipsec");
	if (raw.flags & XT_POLICY_MATCH_STRICT)
		buffer_puts(out, " --strict");
	for (unsigned i = 0; i < raw.len; i++) {
		if (i > 0)
			buffer_puts(out, " --next");
		element_text(out, extension, &raw.pol[i]);
	}
}

static const struct xt_type types[] = {
	{"policy", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_policy_info), check_policy,
	 evaluate_policy, policy_text,
	 DECIDED(BY_NATURE, "only \"none\" matches: the device speaks no IPsec")},
};

const struct xt_types xt_policy_matches = XT_TYPES(types);
