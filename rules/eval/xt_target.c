/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_nat.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/eval/run.h"
#include "rules/eval/xt_set.h"
#include "rules/xt.h"

static field_value address_number(const struct address *address)
{
	field_value number = 0;

	for (size_t i = 0; i < address_length(address); i++)
		number = number << 8 | address->bytes[i];
	return number;
}

static struct value_set any_mark(struct walk *walk)
{
	return value_set_range(walk->arena, 0, UINT32_MAX);
}

static bool mark_of(const struct state *state, enum field field, uint32_t *ret)
{
	field_value value;

	if (!value_set_single(state->class.fields[field], &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

static void target_mark(struct run *run, struct branch *branch, const struct xt_set_mark *info)
{
	struct state *state = branch->state;
	uint32_t mark;

	if (info->mask == UINT32_MAX)
		state->class.fields[FIELD_MARK] = walk_single(run->walk, info->value);
	else if (mark_of(state, FIELD_MARK, &mark))
		state->class.fields[FIELD_MARK] =
			walk_single(run->walk, (mark & ~info->mask) ^ info->value);
	else
		state->class.fields[FIELD_MARK] = any_mark(run->walk);
	run_continue(run, branch);
}

static uint32_t shifted(const struct xt_set_connmark *info, uint32_t mark)
{
	if (info->shift_bits >= 32)
		return 0;
	return info->shift_right ? mark >> info->shift_bits : mark << info->shift_bits;
}

/* connmark_tg_shift() */
static void target_connmark(struct run *run, struct branch *branch,
			    const struct xt_set_connmark *info)
{
	struct state *state = branch->state;
	bool restore = info->mode == XT_CONNMARK_MODE_RESTORE;
	enum field changed = restore ? FIELD_MARK : FIELD_CT_MARK;
	uint32_t mark, ct_mark, now = 0;

	if (state->ct != CT_ATTACHED) {
		run_continue(run, branch);
		return;
	}
	if (!mark_of(state, FIELD_MARK, &mark) || !mark_of(state, FIELD_CT_MARK, &ct_mark)) {
		state->class.fields[changed] = any_mark(run->walk);
		run_continue(run, branch);
		return;
	}
	switch (info->mode) {
	case XT_CONNMARK_MODE_SET:
		now = shifted(info, (ct_mark & ~info->ct_mask) ^ info->ct_mark);
		break;
	case XT_CONNMARK_MODE_SAVE:
		now = (ct_mark & ~info->ct_mask) ^ shifted(info, mark & info->packet_mask);
		break;
	case XT_CONNMARK_MODE_RESTORE:
		now = (mark & ~info->packet_mask) ^ shifted(info, ct_mark & info->ct_mask);
		break;
	}
	state->class.fields[changed] = walk_single(run->walk, now);
	run_continue(run, branch);
}

/* Acts only on packets that conntrack has not seen; others pass on (xt_ct_target()). */
static void target_ct(struct run *run, struct branch *branch, const struct xt_ct *info)
{
	enum { NOTRACK = 1 };

	if (branch->state->ct == CT_ABSENT) {
		if (info->flags & NOTRACK || info->from_notrack)
			conntrack_detach(run->walk, branch->state, CT_UNTRACKED);
		else
			branch->state->class.fields[FIELD_CT_ZONE] =
				walk_single(run->walk, info->zone);
	}
	run_continue(run, branch);
}

static void target_nat(struct run *run, struct branch *branch, const struct xt_extension *target)
{
	const struct xt_nat *info = &target->nat;
	struct translation nat = {.source = target->kind == XT_TARGET_SNAT ||
					    target->kind == XT_TARGET_MASQUERADE};
	struct walk *walk = run->walk;

	if (info->flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
		nat.has_port = true;
		nat.ports = value_set_range(walk->arena, info->port_min, info->port_max);
	}
	if (info->flags & (NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PROTO_OFFSET))
		nat.port_unknown = true;
	if (target->kind == XT_TARGET_REDIRECT)
		nat.addresses = host_redirect_addresses(walk);
	else if (target->kind == XT_TARGET_MASQUERADE)
		nat.addresses = host_masquerade_addresses(walk);
	else if (info->flags & NF_NAT_RANGE_MAP_IPS)
		nat.addresses = value_set_range(walk->arena, address_number(&info->address_min),
						address_number(&info->address_max));
	nat.has_address = !value_set_empty(nat.addresses);
	nat.address_unknown = !nat.has_address && (target->kind == XT_TARGET_REDIRECT ||
						   target->kind == XT_TARGET_MASQUERADE);
	if (info->flags & NF_NAT_RANGE_NETMAP)
		nat.address_unknown = true;
	run_translate(run, branch, &nat);
}

/* Targets that change something that rules can read, and then continue. */
static bool rewriting(struct run *run, struct branch *branch, const char *name)
{
	static const struct {
		const char *name;
		enum field field;
		uint32_t most;
	} targets[] = {
		{"CLASSIFY", FIELD_PRIORITY, UINT32_MAX},
		{"DSCP", FIELD_TOS, UINT8_MAX},
		{"ECN", FIELD_TOS, UINT8_MAX},
		{"HL", FIELD_TTL, UINT8_MAX},
		{"HMARK", FIELD_MARK, UINT32_MAX},
		{"TOS", FIELD_TOS, UINT8_MAX},
		{"TTL", FIELD_TTL, UINT8_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		enum field field = targets[i].field;

		if (strcmp(name, targets[i].name) != 0)
			continue;
		/* in IPv6 the traffic class is part of the first word */
		if (run->walk->facts.ipv6 && field == FIELD_TOS)
			branch->state->class.fields[FIELD_VERSION] =
				value_set_range(run->walk->arena, 0x60000000, 0x6fffffff);
		else
			branch->state->class.fields[field] =
				value_set_range(run->walk->arena, 0, targets[i].most);
		return true;
	}
	return false;
}

static bool without_consequence(const char *name)
{
	static const char *const names[] = {
		"AUDIT",   "CHECKSUM", "CONNSECMARK", "IDLETIMER", "LED",   "RATEEST",
		"SECMARK", "TCPMSS",   "TCPOPTSTRIP", "TEE",       "TRACE", "ULOG",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void target_other(struct run *run, struct branch *branch, const char *name)
{
	if (strcmp(name, "SYNPROXY") == 0)
		run_give_up(run, branch, "the SYN proxy");
	else if (rewriting(run, branch, name) || without_consequence(name))
		run_continue(run, branch);
	else
		run_give_up(run, branch, arena_printf(run->walk->arena, "target %s", name));
}

void eval_xt_target(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct xt_extension target;
	uint8_t family = run->rule->chain->table->family;

	if (!xt_target_decode(expr->xt.name, expr->xt.revision, expr->xt.info, family, &target)) {
		/* ebtables' targets have names of their own and other verdicts */
		if (family == NFPROTO_IPV4 || family == NFPROTO_IPV6)
			target_other(run, branch, expr->xt.name);
		else
			run_give_up(run, branch, "a bridge target");
		return;
	}
	switch (target.kind) {
	case XT_TARGET_CONNMARK: target_connmark(run, branch, &target.set_connmark); break;
	case XT_TARGET_CT: target_ct(run, branch, &target.ct); break;
	case XT_TARGET_DNAT:
	case XT_TARGET_SNAT:
	case XT_TARGET_REDIRECT:
	case XT_TARGET_MASQUERADE: target_nat(run, branch, &target); break;
	case XT_TARGET_LOG:
	case XT_TARGET_NFLOG:
	case XT_TARGET_TCPMSS: run_continue(run, branch); break;
	case XT_TARGET_SET: xt_target_set(run, branch, &target.set_target, expr->xt.ipsets); break;
	case XT_TARGET_MARK: target_mark(run, branch, &target.set_mark); break;
	case XT_TARGET_REJECT: run_end(run, branch, FLOW_REJECT, "reject"); break;
	default: target_other(run, branch, expr->xt.name);
	}
}
