/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/arp_rules.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>

#include "base/arena.h"
#include "rules/owner.h"
#include "rules/ruleset.h"
#include "src/report.h"

static bool may_drop(const struct chain *chain)
{
	return chain->base && (chain->n_rules || chain->base->policy == VERDICT_DROP) &&
	       (chain->base->hook == NF_ARP_IN || chain->base->hook == NF_ARP_OUT);
}

static const struct chain *suspect(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];
		if (table->family != NFPROTO_ARP || table->flags & NFT_TABLE_F_DORMANT)
			continue;
		for (size_t j = 0; j < table->n_chains; j++)
			if (may_drop(table->chains[j]))
				return table->chains[j];
	}
	return NULL;
}

static void say_undecided(struct report *report, const struct chain *chain)
{
	struct finding *finding =
		report_add(report, FINDING_FIREWALL_UNDECIDED, CERTAINTY_PREDICTED);

	report_title(report, finding,
		     "Rules for ARP on this computer may be why nothing answers there");
	report_detail(
		report, finding,
		"The device's hardware address was asked for and no answer came. Rules of the "
		"ARP family are not evaluated by this version.");
	report_evidence(report, finding, "ruleset", "arp %s, chain %s: %zu rules",
			chain->table->name, chain->name, chain->n_rules);
}

static void say_dropped(struct report *report, const struct ruleset *ruleset,
			const struct chain *chain)
{
	bool out = chain->base->hook == NF_ARP_OUT;
	struct finding *finding =
		report_add(report, out ? FINDING_FIREWALL_EGRESS : FINDING_FIREWALL_REPLY,
			   CERTAINTY_PREDICTED);
	struct rule_reference *rule = arena_alloc(report->arena, sizeof(*rule));

	*rule = (struct rule_reference){
		.kind = "policy",
		.backend = "nft",
		.family = "arp",
		.table = chain->table->name,
		.chain = chain->name,
		.text = "policy drop",
		.owner = chain_owner(ruleset, chain),
	};
	finding->rule = rule;
	report_title(report, finding, "A firewall policy on this computer drops %s",
		     out ? "the question for the device's hardware address"
			 : "the answer that tells the device's hardware address");
	report_detail(report, finding,
		      "Before anything can be sent to the device, ARP has to find its hardware "
		      "address; the rules do not let that pass.");
	report_evidence(report, finding, "ruleset", "arp %s, chain %s: policy drop",
			chain->table->name, chain->name);
}

void arp_rules_blame(const struct ruleset *ruleset, struct report *report)
{
	const struct chain *chain = ruleset ? suspect(ruleset) : NULL;

	if (!chain || !report->n_findings ||
	    report->findings[report->n_findings - 1].id != FINDING_DEVICE_NOT_FOUND)
		return;
	report->n_findings--;
	if (chain->n_rules)
		say_undecided(report, chain);
	else
		say_dropped(report, ruleset, chain);
}
