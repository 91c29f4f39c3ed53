/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "rules/replay/copy.h"

enum { V4_PROTOCOL = 9, V6_NEXT_HEADER = 6, ETHERTYPE = 12 };

static bool has_extension(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_exprs; i++)
		if (rule->exprs[i].kind == EXPR_XT_MATCH || rule->exprs[i].kind == EXPR_XT_TARGET)
			return true;
	return false;
}

static bool loads_header(const struct expr *expr, uint32_t base, uint32_t offset, uint32_t length)
{
	return expr->kind == EXPR_PAYLOAD && expr->payload.base == base &&
	       expr->payload.offset == offset && expr->payload.length == length;
}

/* What iptables-nft and ebtables-nft load to compare the protocol; the older ones read headers. */
static int loads_protocol(const struct expr *expr, uint8_t family)
{
	bool loads;

	if (family == NFPROTO_BRIDGE) {
		loads = (expr->kind == EXPR_META && expr->meta.key == NFT_META_PROTOCOL) ||
			loads_header(expr, NFT_PAYLOAD_LL_HEADER, ETHERTYPE, 2);
	} else {
		loads = (expr->kind == EXPR_META && expr->meta.key == NFT_META_L4PROTO) ||
			(family == NFPROTO_IPV4 &&
			 loads_header(expr, NFT_PAYLOAD_NETWORK_HEADER, V4_PROTOCOL, 1)) ||
			(family == NFPROTO_IPV6 &&
			 loads_header(expr, NFT_PAYLOAD_NETWORK_HEADER, V6_NEXT_HEADER, 1));
	}
	if (!loads)
		return REGISTER_NONE;
	return expr->kind == EXPR_META ? expr->meta.reg : expr->payload.dreg;
}

/* A whole byte, or the two of an ethertype as they are on the wire: nft_match_set_mtchk_param(). */
static bool protocol_value(const struct expr *cmp, uint8_t family, uint32_t *ret)
{
	const struct bytes *value = &cmp->cmp.value;
	uint16_t pair = 0;

	if (family == NFPROTO_BRIDGE && value->length == sizeof(pair)) {
		memcpy(&pair, value->data, sizeof(pair));
		*ret = pair;
		return true;
	}
	if (family == NFPROTO_BRIDGE || value->length != 1)
		return false;
	*ret = value->data[0];
	return true;
}

bool compat_protocol(const struct rule *rule, uint8_t family, uint32_t *ret_protocol,
		     bool *ret_inverted)
{
	int loaded = REGISTER_NONE;

	if (!has_extension(rule))
		return false;
	for (size_t i = 0; i < rule->n_exprs; i++) {
		const struct expr *expr = &rule->exprs[i];
		if (expr->kind == EXPR_CMP && loaded != REGISTER_NONE && expr->cmp.sreg == loaded) {
			*ret_inverted = expr->cmp.op == NFT_CMP_NEQ;
			return protocol_value(expr, family, ret_protocol);
		}
		loaded = loads_protocol(expr, family);
	}
	return false;
}
