/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/whatif.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "rules/draft.h"

enum { MOST_EXPRESSIONS = 16 };

static void add_equal(struct draft *draft, const void *data, size_t length)
{
	draft_compare(draft, NFT_CMP_EQ, data, length);
}

/* As nft does it: whole bytes are compared as such, other prefixes need a mask. */
static void add_source(struct draft *draft, const struct cidr *device)
{
	enum { V4_SOURCE = 12, V6_SOURCE = 8 };
	uint32_t offset = device->address.family == AF_INET6 ? V6_SOURCE : V4_SOURCE;
	size_t length = address_length(&device->address);
	uint8_t mask[16] = {};

	if (device->prefix % 8 == 0)
		length = device->prefix / 8;
	draft_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, offset, length);
	for (unsigned bit = 0; bit < device->prefix; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	if (device->prefix % 8 != 0)
		draft_mask(draft, mask, length);
	add_equal(draft, device->address.bytes, length);
}

const struct rule *whatif_allow_tcp(struct arena *arena, const struct chain *chain,
				    const struct cidr *device, uint16_t port)
{
	enum { DEST_PORT = 2 };
	const uint8_t family = device->address.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	const uint8_t tcp = IPPROTO_TCP;
	uint16_t dport = htons(port);
	struct draft draft = {
		.arena = arena,
		.exprs = arena_array(arena, MOST_EXPRESSIONS, sizeof(*draft.exprs)),
	};
	struct rule *rule = arena_alloc(arena, sizeof(*rule));

	if (chain->table->family != NFPROTO_IPV4 && chain->table->family != NFPROTO_IPV6) {
		draft_meta(&draft, NFT_META_NFPROTO);
		add_equal(&draft, &family, sizeof(family));
	}
	if (device->prefix > 0)
		add_source(&draft, device);
	draft_meta(&draft, NFT_META_L4PROTO);
	add_equal(&draft, &tcp, sizeof(tcp));
	draft_payload(&draft, NFT_PAYLOAD_TRANSPORT_HEADER, DEST_PORT, sizeof(dport));
	add_equal(&draft, &dport, sizeof(dport));
	draft_add(&draft, EXPR_COUNTER, "counter"); /* iptables-nft gives every rule one */
	draft_verdict(&draft, VERDICT_ACCEPT);
	rule->chain = (struct chain *)chain;
	rule->exprs = draft.exprs;
	rule->n_exprs = draft.count;
	return rule;
}
