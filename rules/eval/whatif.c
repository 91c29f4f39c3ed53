/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/whatif.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"

/* A rule under construction: register 0 is loaded and compared, again and again. */
struct draft {
	struct arena *arena;
	struct expr exprs[16];
	size_t count;
};

static struct expr *add(struct draft *draft, enum expr_kind kind, const char *name)
{
	struct expr *expr = &draft->exprs[draft->count++];

	expr->kind = kind;
	expr->name = name;
	return expr;
}

static struct bytes copied(struct draft *draft, const void *data, size_t length)
{
	return (struct bytes){arena_memdup(draft->arena, data, length), length};
}

static void add_meta(struct draft *draft, uint32_t key)
{
	struct expr *expr = add(draft, EXPR_META, "meta");

	expr->meta.reg = 0;
	expr->meta.key = key;
}

static void add_payload(struct draft *draft, uint32_t base, uint32_t offset, uint32_t length)
{
	struct expr *expr = add(draft, EXPR_PAYLOAD, "payload");

	expr->payload.dreg = 0;
	expr->payload.base = base;
	expr->payload.offset = offset;
	expr->payload.length = length;
}

static void add_equal(struct draft *draft, const void *data, size_t length)
{
	struct expr *expr = add(draft, EXPR_CMP, "cmp");

	expr->cmp.sreg = 0;
	expr->cmp.op = NFT_CMP_EQ;
	expr->cmp.value = copied(draft, data, length);
}

/* As nft does it: whole bytes are compared as such, other prefixes need a mask. */
static void add_source(struct draft *draft, const struct cidr *device)
{
	enum { V4_SOURCE = 12, V6_SOURCE = 8 };
	uint32_t offset = device->address.family == AF_INET6 ? V6_SOURCE : V4_SOURCE;
	size_t length = address_length(&device->address);
	uint8_t mask[16] = {}, none[16] = {};
	struct expr *expr;

	if (device->prefix % 8 == 0) {
		length = device->prefix / 8;
		add_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, offset, (uint32_t)length);
		add_equal(draft, device->address.bytes, length);
		return;
	}
	for (unsigned bit = 0; bit < device->prefix; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	add_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, offset, (uint32_t)length);
	expr = add(draft, EXPR_BITWISE, "bitwise");
	expr->bitwise.sreg2 = REGISTER_NONE;
	expr->bitwise.op = NFT_BITWISE_BOOL;
	expr->bitwise.length = (uint32_t)length;
	expr->bitwise.mask = copied(draft, mask, length);
	expr->bitwise.xor = copied(draft, none, length);
	add_equal(draft, device->address.bytes, length);
}

static void add_accept(struct draft *draft)
{
	struct expr *expr = add(draft, EXPR_IMMEDIATE, "immediate");

	expr->immediate.dreg = REGISTER_VERDICT;
	expr->immediate.data.is_verdict = true;
	expr->immediate.data.verdict.code = VERDICT_ACCEPT;
}

const struct rule *whatif_allow_tcp(struct arena *arena, const struct chain *chain,
				    const struct cidr *device, uint16_t port)
{
	enum { DEST_PORT = 2 };
	const uint8_t family = device->address.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	const uint8_t tcp = IPPROTO_TCP;
	uint16_t dport = htons(port);
	struct draft draft = {.arena = arena};
	struct rule *rule = arena_alloc(arena, sizeof(*rule));

	if (chain->table->family != NFPROTO_IPV4 && chain->table->family != NFPROTO_IPV6) {
		add_meta(&draft, NFT_META_NFPROTO);
		add_equal(&draft, &family, sizeof(family));
	}
	if (device->prefix > 0)
		add_source(&draft, device);
	add_meta(&draft, NFT_META_L4PROTO);
	add_equal(&draft, &tcp, sizeof(tcp));
	add_payload(&draft, NFT_PAYLOAD_TRANSPORT_HEADER, DEST_PORT, sizeof(dport));
	add_equal(&draft, &dport, sizeof(dport));
	add(&draft, EXPR_COUNTER, "counter"); /* iptables-nft gives every rule one */
	add_accept(&draft);
	rule->chain = (struct chain *)chain;
	rule->exprs = arena_memdup(arena, draft.exprs, draft.count * sizeof(*draft.exprs));
	rule->n_exprs = draft.count;
	return rule;
}
