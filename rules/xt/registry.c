/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/netfilter.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "rules/text/xt.h"

/* All extensions, and what the rest of the program does with them. */

static const struct xt_types *const matches[] = {
	&xt_address_matches,   &xt_bpf_matches,    &xt_bytes_matches,   &xt_connection_matches,
	&xt_conntrack_matches, &xt_device_matches, &xt_foreign_matches, &xt_hashlimit_matches,
	&xt_header_matches,    &xt_ipv6_matches,   &xt_ipvs_matches,    &xt_recent_matches,
	&xt_mark_matches,      &xt_policy_matches, &xt_port_matches,    &xt_rate_matches,
	&xt_rateest_matches,   &xt_sctp_matches,   &xt_set_matches,     &xt_socket_matches,
	&xt_time_matches,      &xt_u32_matches,
};

static const struct xt_types *const targets[] = {
	&xt_ct_targets,  &xt_header_targets, &xt_hmark_targets, &xt_mark_targets,
	&xt_nat_targets, &xt_set_targets,    &xt_side_targets,  &xt_verdict_targets,
};

static const struct xt_type *find_among(const struct xt_types *types, const char *name,
					uint32_t revision, unsigned family)
{
	for (size_t i = 0; i < types->count; i++) {
		const struct xt_type *type = &types->types[i];

		if (type->revision == revision && (type->families & family) &&
		    strcmp(type->name, name) == 0)
			return type;
	}
	return NULL;
}

static unsigned family_bit(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4: return XT_FAMILY_V4;
	case NFPROTO_IPV6: return XT_FAMILY_V6;
	default: return 0;
	}
}

static bool decode(const struct xt_types *const *all, size_t count, const char *name,
		   uint32_t revision, struct bytes info, uint8_t family, struct xt_extension *ret)
{
	const struct xt_type *type = NULL;

	*ret = (struct xt_extension){.family = family, .info = info};
	for (size_t i = 0; i < count && !type; i++)
		type = find_among(all[i], name, revision, family_bit(family));
	if (!type || info.length < type->size)
		return false;
	ret->type = type;
	if (type->decode && !type->decode(info.data, ret))
		return false;
	ret->kind = (enum xt_kind)type->kind;
	return true;
}

void xt_each_type(bool of_targets, void (*take)(void *data, const struct xt_type *type), void *data)
{
	const struct xt_types *const *all = of_targets ? targets : matches;
	size_t count = of_targets ? ARRAY_SIZE(targets) : ARRAY_SIZE(matches);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i]->count; k++)
			take(data, &all[i]->types[k]);
}

bool xt_match_decode(const char *name, uint32_t revision, struct bytes info, uint8_t family,
		     struct xt_extension *ret)
{
	return decode(matches, ARRAY_SIZE(matches), name, revision, info, family, ret);
}

bool xt_target_decode(const char *name, uint32_t revision, struct bytes info, uint8_t family,
		      struct xt_extension *ret)
{
	return decode(targets, ARRAY_SIZE(targets), name, revision, info, family, ret);
}

struct address xt_address(const struct xt_extension *extension, const void *bytes)
{
	struct address address = {
		.family = extension->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET,
	};

	memcpy(address.bytes, bytes, address_length(&address));
	return address;
}

void xt_string(char *ret, const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	memcpy(ret, text, length);
	ret[length] = '\0';
}

void eval_xt_match(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct xt_extension match;

	if (xt_match_decode(expr->xt.name, expr->xt.revision, expr->xt.info,
			    run->rule->chain->table->family, &match)) {
		match.expr = expr;
		match.type->evaluate(run, branch, &match);
	} else {
		run_either(run, branch, arena_printf(run->walk->arena, "match %s", expr->xt.name));
	}
}

void eval_xt_target(struct run *run, struct branch *branch, const struct expr *expr)
{
	uint8_t family = run->rule->chain->table->family;
	struct xt_extension target;

	if (xt_target_decode(expr->xt.name, expr->xt.revision, expr->xt.info, family, &target)) {
		target.expr = expr;
		target.type->evaluate(run, branch, &target);
	} else if (family_bit(family)) {
		run_give_up(run, branch,
			    arena_printf(run->walk->arena, "target %s", expr->xt.name));
	} else {
		/* ebtables' targets have names of their own and other verdicts */
		run_give_up(run, branch, "a bridge target");
	}
}

void xt_match_text(struct buffer *out, const struct expr *expr, uint8_t family)
{
	const char *name = expr->xt.name ? expr->xt.name : "?";
	struct xt_extension match;

	if (expr->opaque ||
	    !xt_match_decode(name, expr->xt.revision, expr->xt.info, family, &match)) {
		buffer_printf(out, " <xt match %s rev %u>", name, expr->xt.revision);
		return;
	}
	/* "-m state" is made of a conntrack match with a flag that says so. */
	if (match.kind == XT_CONNTRACK && match.conntrack.tests & XT_TEST_STATE_ALIAS)
		name = "state";
	buffer_printf(out, " -m %s", name);
	match.expr = expr;
	if (match.type->text)
		match.type->text(out, &match);
}

void xt_target_text(struct buffer *out, const struct expr *expr, uint8_t family)
{
	enum { NOTRACK_ALIAS = 2 }; /* XT_CT_NOTRACK_ALIAS */
	const char *name = expr->xt.name ? expr->xt.name : "?";
	struct xt_extension target;

	if (expr->opaque ||
	    !xt_target_decode(name, expr->xt.revision, expr->xt.info, family, &target)) {
		buffer_printf(out, " <xt target %s rev %u>", name, expr->xt.revision);
		return;
	}
	if (target.kind == XT_TARGET_CT && target.ct.flags & NOTRACK_ALIAS)
		name = "NOTRACK";
	buffer_printf(out, " -j %s", name);
	target.expr = expr;
	if (target.type->text)
		target.type->text(out, &target);
}
