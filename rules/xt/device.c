/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/if.h>
#include <linux/netfilter/xt_cpu.h>
#include <linux/netfilter/xt_devgroup.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_realm.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/rtnetlink.h>

#include "rules/xt/words.h"

/* Matches on the way of a packet through the host: cpu, devgroup, physdev, realm, rpfilter. */

static void evaluate_cpu(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "the processor that handles the packet");
}

static void cpu_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_cpu_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.invert, "cpu");
	buffer_printf(out, " %u", raw.cpu);
}

static bool group_fails(const struct host_link *link, uint32_t group, uint32_t mask, bool invert)
{
	return (((link->group ^ group) & mask) != 0) != invert;
}

/* devgroup_mt(); the kernel admits each of the tests only where the packet has that interface. */
static void evaluate_devgroup(struct run *run, struct branch *branch,
			      const struct xt_extension *extension)
{
	const struct walk *walk = run->walk;
	struct xt_devgroup_info raw;

	XT_COPY(raw, extension);
	if ((raw.flags & XT_DEVGROUP_MATCH_SRC && !walk->in) ||
	    (raw.flags & XT_DEVGROUP_MATCH_DST && !walk->out)) {
		run_either(run, branch, "the group of an interface");
		return;
	}
	xt_decide(run, branch,
		  !(raw.flags & XT_DEVGROUP_MATCH_SRC &&
		    group_fails(walk->in, raw.src_group, raw.src_mask,
				raw.flags & XT_DEVGROUP_INVERT_SRC)) &&
			  !(raw.flags & XT_DEVGROUP_MATCH_DST &&
			    group_fails(walk->out, raw.dst_group, raw.dst_mask,
					raw.flags & XT_DEVGROUP_INVERT_DST)));
}

static void devgroup_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_devgroup_info raw;

	XT_COPY(raw, extension);
	if (raw.flags & XT_DEVGROUP_MATCH_SRC) {
		xt_option_text(out, raw.flags & XT_DEVGROUP_INVERT_SRC, "src-group");
		xt_masked_text(out, raw.src_group, raw.src_mask);
	}
	if (raw.flags & XT_DEVGROUP_MATCH_DST) {
		xt_option_text(out, raw.flags & XT_DEVGROUP_INVERT_DST, "dst-group");
		xt_masked_text(out, raw.dst_group, raw.dst_mask);
	}
}

/*
 * br_netfilter notes the bridge port on packets that come in through one. What we send has no such
 * note before it reaches the bridge, which is behind the hooks of IP.
 */
static bool without_bridge_port(const struct walk *walk)
{
	static const char *const kinds[] = {"", "veth", "tun", "wireguard", "ppp", "dummy"};

	if (!walk->facts.input)
		return true;
	if (!walk->in || walk->host->device_port_ifindex)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(walk->in->kind, kinds[i]) == 0)
			return true;
	return false;
}

static bool names_port(const char *name, const char *wanted, const char *mask)
{
	for (size_t i = 0; i < IFNAMSIZ; i++)
		if ((name[i] ^ wanted[i]) & mask[i])
			return false;
	return true;
}

static const struct host_link *port_of(const struct host_state *host)
{
	for (size_t i = 0; i < host->n_links; i++)
		if (host->device_port_ifindex && host->links[i].index == host->device_port_ifindex)
			return &host->links[i];
	return NULL;
}

/* Without the note each test that is asked for must be inverted (physdev_mt()). */
static bool matches_without_note(const struct xt_physdev_info *raw)
{
	return !(raw->bitmask & ~raw->invert & XT_PHYSDEV_OP_MASK);
}

/* With it: the port that the packet came in by, and none that it goes out by. */
static bool matches_with_note(const struct xt_physdev_info *raw, const struct host_link *port)
{
	const unsigned out = XT_PHYSDEV_OP_BRIDGED | XT_PHYSDEV_OP_ISOUT;

	if (raw->bitmask & ~raw->invert & out || raw->bitmask & XT_PHYSDEV_OP_OUT ||
	    raw->bitmask & raw->invert & XT_PHYSDEV_OP_ISIN)
		return false;
	return !(raw->bitmask & XT_PHYSDEV_OP_IN) ||
	       names_port(port->name, raw->physindev, raw->in_mask) !=
		       !!(raw->invert & XT_PHYSDEV_OP_IN);
}

/* Whether there is a note, behind a bridge, is a matter of a module and of sysctls. */
static void evaluate_physdev(struct run *run, struct branch *branch,
			     const struct xt_extension *extension)
{
	static const struct host_link nameless;
	const struct host_link *port = port_of(run->walk->host);
	struct xt_physdev_info raw;
	bool without;

	XT_COPY(raw, extension);
	without = matches_without_note(&raw);
	if (without_bridge_port(run->walk) ||
	    ((port || !(raw.bitmask & XT_PHYSDEV_OP_IN)) &&
	     matches_with_note(&raw, port ? port : &nameless) == without))
		xt_decide(run, branch, without);
	else
		run_either(run, branch, "the bridge port (physdev)");
}

static void port_text(struct buffer *out, bool invert, const char *option, const char *port)
{
	char name[IFNAMSIZ + 1];

	xt_string(name, port, IFNAMSIZ);
	xt_option_text(out, invert, option);
	buffer_printf(out, " %s", name);
}

static void physdev_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_physdev_info raw;

	XT_COPY(raw, extension);
	if (raw.bitmask & XT_PHYSDEV_OP_ISIN)
		xt_option_text(out, raw.invert & XT_PHYSDEV_OP_ISIN, "physdev-is-in");
	if (raw.bitmask & XT_PHYSDEV_OP_IN)
		port_text(out, raw.invert & XT_PHYSDEV_OP_IN, "physdev-in", raw.physindev);
	if (raw.bitmask & XT_PHYSDEV_OP_ISOUT)
		xt_option_text(out, raw.invert & XT_PHYSDEV_OP_ISOUT, "physdev-is-out");
	if (raw.bitmask & XT_PHYSDEV_OP_OUT)
		port_text(out, raw.invert & XT_PHYSDEV_OP_OUT, "physdev-out", raw.physoutdev);
	if (raw.bitmask & XT_PHYSDEV_OP_BRIDGED)
		xt_option_text(out, raw.invert & XT_PHYSDEV_OP_BRIDGED, "physdev-is-bridged");
}

static void evaluate_realm(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "the realm of the route");
}

/* By number: the names are in a file of iproute2's. */
static void realm_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_realm_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.invert, "realm");
	xt_masked_text(out, raw.id, raw.mask);
}

static bool decode_rpfilter(const uint8_t *info, struct xt_extension *ret)
{
	ret->rpfilter = (struct xt_rpfilter){
		.loose = info[0] & XT_RPFILTER_LOOSE,
		.valid_mark = info[0] & XT_RPFILTER_VALID_MARK,
		.accept_local = info[0] & XT_RPFILTER_ACCEPT_LOCAL,
		.invert = info[0] & XT_RPFILTER_INVERT,
	};
	return info[0] < 2 * XT_RPFILTER_INVERT;
}

/* A route back to the source through the interface that the packet came in by. */
static void evaluate_rpfilter(struct run *run, struct branch *branch,
			      const struct xt_extension *extension)
{
	const struct xt_rpfilter *info = &extension->rpfilter;
	struct walk *walk = run->walk;
	enum field source = xt_end_field(branch, XT_END_SOURCE);
	struct test test = test_begin(walk->arena, &branch->state->class);
	struct branch *rest = NULL, *local;
	field_value mark;

	if (source != FIELD_DEVICE_ADDRESS || info->accept_local ||
	    (info->valid_mark && run->walk->host->mark_routes != FACT_NO &&
	     !(value_set_single(branch->state->class.fields[FIELD_MARK], &mark) && mark == 0))) {
		run_either(run, branch, "the route back to the source");
		return;
	}
	test_add_values(&test, source, host_address_type(walk, RTN_LOCAL, 0));
	local = run_split(run, branch, &test, &rest);
	if (local)
		info->invert ? run_continue(run, local) : run_break(run, local);
	if (rest)
		info->invert ? run_break(run, rest) : run_continue(run, rest);
}

static void rpfilter_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_rpfilter *rpfilter = &extension->rpfilter;
	if (rpfilter->loose)
		buffer_puts(out, " --loose");
	if (rpfilter->valid_mark)
		buffer_puts(out, " --validmark");
	if (rpfilter->accept_local)
		buffer_puts(out, " --accept-local");
	if (rpfilter->invert)
		buffer_puts(out, " --invert");
}

static const struct xt_type types[] = {
	{"cpu", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_cpu_info), NULL, evaluate_cpu,
	 cpu_text, DECIDED(BY_NOBODY, "whichever it happens to be")},
	{"devgroup", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_devgroup_info), NULL,
	 evaluate_devgroup, devgroup_text,
	 DECIDED(BY_HOST | BY_NOBODY, "the groups of the interfaces; unknown of one that the "
				      "packet has not got")},
	{"physdev", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_physdev_info), NULL,
	 evaluate_physdev, physdev_text,
	 DECIDED(BY_HOST | BY_NOBODY, "no bridge port on the way out and on interfaces that are"
				      " no bridge; the device's port where it is known not to "
				      "matter whether the kernel notes it; else unknown")},
	{"realm", 0, XT_FAMILY_V4, XT_OTHER, sizeof(struct xt_realm_info), NULL, evaluate_realm,
	 realm_text, DECIDED(BY_NOBODY, "the realm of the route is not read")},
	{"rpfilter", 0, XT_FAMILY_BOTH, XT_RPFILTER, sizeof(struct xt_rpfilter_info),
	 decode_rpfilter, evaluate_rpfilter, rpfilter_text,
	 DECIDED(BY_PACKET | BY_HOST | BY_NOBODY,
		 "a route back for the device, none for the host's own "
		 "addresses; unknown: a rewritten source, accept-local, "
		 "and marks if some routing rule asks for them")},
};

const struct xt_types xt_device_matches = XT_TYPES(types);
