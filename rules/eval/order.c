/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/order.h"

#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "rules/eval/region.h"

static bool is_seen(const struct chain *chain, bool ipv6)
{
	uint8_t family = chain->table->family;

	return chain->base && !(chain->table->flags & NFT_TABLE_F_DORMANT) &&
	       (family == NFPROTO_INET || family == (ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4));
}

static bool is_nat(const struct chain *chain)
{
	return chain->base->type && strcmp(chain->base->type, "nat") == 0;
}

/* Chains of nat hang under a hook of their own, apart from the others. */
static bool same_place(const struct chain *a, const struct chain *b)
{
	return a->base->hook == b->base->hook && a->base->priority == b->base->priority &&
	       is_nat(a) == is_nat(b);
}

static bool has_rival(const struct ruleset *ruleset, const struct chain *legacy, bool ipv6)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t k = 0; table->backend != TABLE_LEGACY && k < table->n_chains; k++)
			if (is_seen(table->chains[k], ipv6) && same_place(table->chains[k], legacy))
				return true;
	}
	return false;
}

bool order_matters(const struct ruleset *ruleset, bool ipv6)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t k = 0; table->backend == TABLE_LEGACY && k < table->n_chains; k++)
			if (is_seen(table->chains[k], ipv6) &&
			    has_rival(ruleset, table->chains[k], ipv6))
				return true;
	}
	return false;
}

static bool stops(const struct flow_region *region)
{
	return region->verdict == FLOW_DROP || region->verdict == FLOW_REJECT;
}

static bool agree(const struct flow_region *a, const struct flow_region *b)
{
	if (stops(a) && stops(b))
		return true;
	return a->verdict == b->verdict &&
	       (a->verdict != FLOW_REDIRECT || (address_equal(&a->redirect_to, &b->redirect_to) &&
						a->redirect_port == b->redirect_port));
}

/* Both regions have the same addresses and ports. */
static struct flow_region combined(struct flow_answer *answer, const struct flow_region *a,
				   const struct flow_region *b)
{
	struct flow_region region = stops(b) && !stops(a) ? *b : *a;

	if (!agree(a, b)) {
		region.verdict = FLOW_UNKNOWN;
		region.doubt = "which of the legacy and the nf_tables chains of one priority "
			       "comes first";
	} else if (stops(a) &&
		   (a->last->chain != b->last->chain || a->last->rule != b->last->rule)) {
		answer->order_assumed = true;
	}
	return region;
}

static void combine_packet(struct arena *arena, struct flow_answer *answer,
			   struct flow_packet_answer *packet,
			   const struct flow_packet_answer *other)
{
	cleanup(free_pointer) struct flow_region *regions = NULL;
	size_t count = 0, allocated = 0;

	for (size_t i = 0; i < packet->n_regions; i++) {
		const struct flow_region *a = &packet->regions[i];

		for (size_t k = 0; k < other->n_regions; k++) {
			const struct flow_region *b = &other->regions[k];
			struct value_set addresses =
				value_set_intersect(arena, a->addresses, b->addresses);
			struct value_set ports = value_set_intersect(arena, a->ports, b->ports);

			if (value_set_empty(addresses) || value_set_empty(ports))
				continue;
			regions = xgrow(regions, count, &allocated, sizeof(*regions));
			regions[count] = combined(answer, a, b);
			regions[count].addresses = addresses;
			regions[count++].ports = ports;
		}
	}
	*packet = region_tidy(arena, regions, count);
}

void order_combine(struct arena *arena, struct flow_answer *answer, const struct flow_answer *other)
{
	for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++)
		combine_packet(arena, answer, &answer->packets[packet], &other->packets[packet]);
}
