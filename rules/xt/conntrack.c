/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/conntrack.h"

#include <arpa/inet.h>
#include <string.h>

static struct xt_masked masked(const struct xt_extension *extension,
			       const union nf_inet_addr *address, const union nf_inet_addr *mask)
{
	return (struct xt_masked){xt_address(extension, address), xt_address(extension, mask)};
}

static struct xt_port_range single_port(uint16_t network_order)
{
	uint16_t port = ntohs(network_order);

	return (struct xt_port_range){port, port};
}

bool xt_conntrack_3(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_conntrack_mtinfo3 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->conntrack = (struct xt_conntrack){
		.tests = raw.match_flags,
		.inverted = raw.invert_flags,
		.state = raw.state_mask,
		.status = raw.status_mask,
		.l4proto = raw.l4proto,
		.expires_min = raw.expires_min,
		.expires_max = raw.expires_max,
		.orig_src = masked(ret, &raw.origsrc_addr, &raw.origsrc_mask),
		.orig_dst = masked(ret, &raw.origdst_addr, &raw.origdst_mask),
		.repl_src = masked(ret, &raw.replsrc_addr, &raw.replsrc_mask),
		.repl_dst = masked(ret, &raw.repldst_addr, &raw.repldst_mask),
		.orig_src_port = {raw.origsrc_port, raw.origsrc_port_high},
		.orig_dst_port = {raw.origdst_port, raw.origdst_port_high},
		.repl_src_port = {raw.replsrc_port, raw.replsrc_port_high},
		.repl_dst_port = {raw.repldst_port, raw.repldst_port_high},
	};
	return raw.match_flags < 2 * XT_CONNTRACK_STATE_ALIAS;
}

bool xt_conntrack_2(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_conntrack_mtinfo2 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->conntrack = (struct xt_conntrack){
		.tests = raw.match_flags,
		.inverted = raw.invert_flags,
		.state = raw.state_mask,
		.status = raw.status_mask,
		.l4proto = raw.l4proto,
		.expires_min = raw.expires_min,
		.expires_max = raw.expires_max,
		.orig_src = masked(ret, &raw.origsrc_addr, &raw.origsrc_mask),
		.orig_dst = masked(ret, &raw.origdst_addr, &raw.origdst_mask),
		.repl_src = masked(ret, &raw.replsrc_addr, &raw.replsrc_mask),
		.repl_dst = masked(ret, &raw.repldst_addr, &raw.repldst_mask),
		/* Before revision 3 ports were single and in network order. */
		.orig_src_port = single_port(raw.origsrc_port),
		.orig_dst_port = single_port(raw.origdst_port),
		.repl_src_port = single_port(raw.replsrc_port),
		.repl_dst_port = single_port(raw.repldst_port),
	};
	return raw.match_flags < 2 * XT_CONNTRACK_STATE_ALIAS;
}

/* Revision 1 is revision 2 with masks of one byte each. */
bool xt_conntrack_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_conntrack_mtinfo2 widened = {};
	struct xt_conntrack_mtinfo1 raw;

	memcpy(&raw, info, sizeof(raw));
	memcpy(&widened, &raw, offsetof(struct xt_conntrack_mtinfo1, state_mask));
	widened.state_mask = raw.state_mask;
	widened.status_mask = raw.status_mask;
	return xt_conntrack_2((const uint8_t *)&widened, ret);
}
