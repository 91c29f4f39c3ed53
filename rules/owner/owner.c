/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/owner.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"
#include "rules/owner/private.h"
#include "rules/text.h"

/* Names by which the makers of rules are known; a pattern of NULL matches nothing. */
struct fingerprint {
	const char *owner, *title;
	const char *table, *chain; /* shell patterns */
	bool takes_base_chain;     /* a built-in chain that jumps to its chains is its own too */
};

static const struct fingerprint fingerprints[] = {
	{"ufw", "UFW", NULL, "ufw-*", true},
	{"ufw", "UFW", NULL, "ufw6-*", true},
	{"firewalld", "firewalld", "firewalld", NULL, false},
	{"firewalld", "firewalld", NULL, "*_ZONES", true},
	{"firewalld", "firewalld", NULL, "*_POLICIES_pre", true},
	{"firewalld", "firewalld", NULL, "*_POLICIES_post", true},
	{"firewalld", "firewalld", NULL, "IN_*", false},
	{"firewalld", "firewalld", NULL, "FWD*_*", false},
	{"firewalld", "firewalld", NULL, "PRE_*", false},
	{"firewalld", "firewalld", NULL, "POST_*", false},
	{"docker", "Docker", "docker-bridges", NULL, false},
	{"docker", "Docker", NULL, "DOCKER", true},
	{"docker", "Docker", NULL, "DOCKER-*", true},
	{"podman", "Podman", "netavark", NULL, false},
	{"podman", "Podman", NULL, "NETAVARK*", false},
	{"cni", "a container network (CNI)", NULL, "CNI-*", false},
	{"libvirt", "libvirt", "libvirt_network", NULL, false},
	{"libvirt", "libvirt", NULL, "LIBVIRT_*", false},
	{"lxd", "LXD", "lxd", NULL, false},
	{"incus", "Incus", "incus", NULL, false},
	{"lxc", "LXC", "lxc", NULL, false},
	{"networkmanager", "NetworkManager", "nm-shared-*", NULL, false},
	{"networkmanager", "NetworkManager", NULL, "nm-sh-*", false},
	{"systemd", "systemd", "io.systemd.nat", NULL, false},
	{"fail2ban", "fail2ban", "f2b-table", NULL, false},
	{"fail2ban", "fail2ban", "fail2ban", NULL, false},
	{"fail2ban", "fail2ban", NULL, "f2b-*", false},
	{"crowdsec", "CrowdSec", "crowdsec", NULL, false},
	{"crowdsec", "CrowdSec", "crowdsec6", NULL, false},
	{"crowdsec", "CrowdSec", NULL, "CROWDSEC*", false},
	{"sshguard", "SSHGuard", "sshguard", NULL, false},
	{"sshguard", "SSHGuard", NULL, "sshguard", false},
	{"mullvad", "Mullvad VPN", "mullvad", NULL, false},
	{"nordvpn", "NordVPN", "nordvpn*", NULL, false},
	{"tailscale", "Tailscale", NULL, "ts-input", false},
	{"tailscale", "Tailscale", NULL, "ts-forward", false},
	{"tailscale", "Tailscale", NULL, "ts-postrouting", false},
	{"wg-quick", "wg-quick (WireGuard)", "wg-quick-*", NULL, false},
	{"opensnitch", "OpenSnitch", "opensnitch", NULL, false},
	{"portmaster", "Portmaster", NULL, "PORTMASTER-*", false},
	{"kube-proxy", "Kubernetes (kube-proxy)", "kube-proxy", NULL, false},
	{"kube-proxy", "Kubernetes (kube-proxy)", NULL, "KUBE-*", false},
	{"calico", "Calico", "calico", NULL, false},
	{"calico", "Calico", NULL, "cali-*", false},
	{"cilium", "Cilium", NULL, "CILIUM_*", false},
	{"flannel", "Flannel", NULL, "FLANNEL-*", false},
	{"fw4", "the OpenWrt firewall (fw4)", "fw4", NULL, false},
	{"shorewall", "Shorewall", NULL, "shorewall", true},
	{"foomuuri", "Foomuuri", "foomuuri", NULL, false},
	{"miniupnpd", "MiniUPnPd", NULL, "MINIUPNPD*", false},
	{"espota-doctor", "espota-doctor", "espota-doctor*", NULL, false},
};

static bool matches(const char *pattern, const char *name)
{
	return pattern && fnmatch(pattern, name, 0) == 0;
}

static const struct fingerprint *find_fingerprint(const struct chain *chain)
{
	for (size_t i = 0; i < ARRAY_SIZE(fingerprints); i++) {
		const struct fingerprint *fingerprint = &fingerprints[i];

		/* Chain names mean something in the tables that all iptables users share only. */
		if (matches(fingerprint->table, chain->table->name) ||
		    (matches(fingerprint->chain, chain->name) && table_is_iptables(chain->table)))
			return fingerprint;
	}
	return NULL;
}

static const struct chain *jump_target(const struct rule *rule)
{
	const struct expr *last = rule->n_exprs ? &rule->exprs[rule->n_exprs - 1] : NULL;

	if (!last || last->kind != EXPR_IMMEDIATE || !last->immediate.data.is_verdict)
		return NULL;
	return last->immediate.data.verdict.target;
}

static const char *owner_of_base(const struct chain *chain)
{
	const struct fingerprint *best = NULL;

	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct chain *target = jump_target(chain->rules[i]);
		const struct fingerprint *fingerprint = target ? find_fingerprint(target) : NULL;

		/* Of several the one that stands first in the table, not in the chain: Docker puts
		 * its jumps ahead of UFW's. */
		if (fingerprint && fingerprint->takes_base_chain && (!best || fingerprint < best))
			best = fingerprint;
	}
	return best ? best->owner : NULL;
}

const char *chain_owner(const struct ruleset *ruleset, const struct chain *chain)
{
	const struct fingerprint *fingerprint = find_fingerprint(chain);

	(void)ruleset;
	if (fingerprint)
		return fingerprint->owner;
	return chain->base && table_is_iptables(chain->table) ? owner_of_base(chain) : NULL;
}

const char *owner_title(const char *owner)
{
	for (size_t i = 0; owner && i < ARRAY_SIZE(fingerprints); i++) {
		if (!strcmp(fingerprints[i].owner, owner))
			return fingerprints[i].title;
	}
	return owner ? owner : "";
}

bool rule_owner_text(struct buffer *out, const struct ruleset *ruleset, const struct chain *chain,
		     const struct rule *rule)
{
	const char *owner = chain_owner(ruleset, chain);

	if (!owner)
		return false;
	if (!strcmp(owner, "ufw"))
		return ufw_owner_text(out, ruleset, chain, rule);
	if (!strcmp(owner, "firewalld"))
		return firewalld_owner_text(out, ruleset, chain, rule);
	return false;
}
