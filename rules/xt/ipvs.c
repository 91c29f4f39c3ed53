/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <arpa/inet.h>
#include <linux/netfilter/xt_ipvs.h>

#include "rules/xt/words.h"

/* The match ipvs, on connections that the kernel's load balancer handles. */

static void evaluate_ipvs(struct run *run, struct branch *branch,
			  const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "the load balancer's connections (ipvs)");
}

static void address_text(struct buffer *out, const struct xt_extension *extension,
			 const struct xt_ipvs_mtinfo *raw)
{
	struct address address = xt_address(extension, &raw->vaddr);
	struct address mask = xt_address(extension, &raw->vmask);

	xt_option_text(out, raw->invert & XT_IPVS_VADDR, "vaddr ");
	xt_address_text(out, &address);
	xt_mask_text(out, &mask);
}

static const char *method_name(uint8_t method)
{
	enum { MASQUERADE = 0, TUNNEL = 2, DIRECT_ROUTE = 3 }; /* IP_VS_CONN_F_… */

	switch (method) {
	case MASQUERADE: return "MASQ";
	case TUNNEL: return "IPIP";
	case DIRECT_ROUTE: return "GATE";
	default: return "UNKNOWN";
	}
}

static void ipvs_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_ipvs_mtinfo raw;

	XT_COPY(raw, extension);
	if (raw.bitmask == XT_IPVS_IPVS_PROPERTY)
		xt_option_text(out, raw.invert & XT_IPVS_IPVS_PROPERTY, "ipvs");
	if (raw.bitmask & XT_IPVS_PROTO) {
		xt_option_text(out, raw.invert & XT_IPVS_PROTO, "vproto");
		buffer_printf(out, " %u", raw.l4proto);
	}
	if (raw.bitmask & XT_IPVS_VADDR)
		address_text(out, extension, &raw);
	if (raw.bitmask & XT_IPVS_VPORT) {
		xt_option_text(out, raw.invert & XT_IPVS_VPORT, "vport");
		buffer_printf(out, " %u", ntohs(raw.vport));
	}
	if (raw.bitmask & XT_IPVS_DIR)
		buffer_printf(out, " --vdir %s", raw.invert & XT_IPVS_DIR ? "REPLY" : "ORIGINAL");
	if (raw.bitmask & XT_IPVS_METHOD) {
		xt_option_text(out, raw.invert & XT_IPVS_METHOD, "vmethod");
		buffer_printf(out, " %s", method_name(raw.fwd_method));
	}
	if (raw.bitmask & XT_IPVS_VPORTCTL) {
		xt_option_text(out, raw.invert & XT_IPVS_VPORTCTL, "vportctl");
		buffer_printf(out, " %u", ntohs(raw.vportctl));
	}
}

static const struct xt_type types[] = {
	{"ipvs", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_ipvs_mtinfo), NULL, evaluate_ipvs,
	 ipvs_text, DECIDED(BY_NOBODY, "what the load balancer does is not read")},
};

const struct xt_types xt_ipvs_matches = XT_TYPES(types);
