/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/conntrack.h"

#include <linux/netfilter/nf_conntrack_common.h>

/* conntrack_mt(), test by test; all of them must be true. */

/* The state bits of nf_tables that the mask lets through. */
static struct value_set states(struct walk *walk, unsigned mask)
{
	enum { UNTRACKED = 64 };
	static const struct {
		unsigned xt, value;
	} bits[] = {
		{XT_STATE_INVALID, 1}, {XT_STATE_ESTABLISHED, 2},       {XT_STATE_RELATED, 4},
		{XT_STATE_NEW, 8},     {XT_STATE_UNTRACKED, UNTRACKED},
	};
	struct interval each[5];
	size_t n = 0;

	for (size_t i = 0; i < 5; i++)
		if (mask & bits[i].xt)
			each[n++] = (struct interval){bits[i].value, bits[i].value};
	return value_set_of(walk->arena, each, n);
}

/* 1: a translated connection that the mask asks for, 0: not, -1: not known. */
static int translation_wanted(const struct state *state, unsigned mask)
{
	unsigned bits = (mask & XT_STATE_SNAT ? IPS_SRC_NAT : 0u) |
			(mask & XT_STATE_DNAT ? IPS_DST_NAT : 0u);
	field_value status;

	if (state->ct != CT_ATTACHED || bits == 0)
		return 0;
	if (!value_set_single(state->class.fields[FIELD_CT_STATUS], &status))
		return -1;
	return (status & bits) != 0;
}

static struct branch *require_state(struct run *run, struct branch *branch,
				    const struct xt_conntrack *info)
{
	int translated = translation_wanted(branch->state, info->state);
	bool negated = info->inverted & XT_TEST_STATE;

	if (translated == 0)
		return run_require(run, branch,
				   &(struct condition){.field = FIELD_CT_STATE,
						       .values = states(run->walk, info->state),
						       .negated = negated});
	if (!negated)
		return branch;
	run_break(run, branch);
	return NULL;
}

static struct branch *require_address(struct run *run, struct branch *branches,
				      const struct xt_conntrack *info, unsigned test,
				      enum field field, const struct xt_masked *wanted)
{
	field_value mask = xt_address_number(&wanted->mask);

	if (!(info->tests & test))
		return branches;
	return run_require(run, branches,
			   &(struct condition){.field = field,
					       .masked = true,
					       .mask = mask,
					       .value = xt_address_number(&wanted->address) & mask,
					       .negated = info->inverted & test});
}

static struct branch *require_port(struct run *run, struct branch *branches,
				   const struct xt_conntrack *info, unsigned test, enum field field,
				   struct xt_port_range range)
{
	if (!(info->tests & test))
		return branches;
	return run_require(run, branches,
			   &(struct condition){.field = field,
					       .values = value_set_range(run->walk->arena,
									 range.min, range.max),
					       .negated = info->inverted & test});
}

/* The reply tuple is the inverse of the original one unless the connection is translated. */
static struct branch *require_tuples(struct run *run, struct branch *list,
				     const struct xt_conntrack *info)
{
	const struct packet_facts *facts = &run->walk->facts;

	list = require_address(run, list, info, XT_TEST_ORIG_SRC, facts->origin_source,
			       &info->orig_src);
	list = require_address(run, list, info, XT_TEST_ORIG_DST, facts->origin_dest,
			       &info->orig_dst);
	list = require_address(run, list, info, XT_TEST_REPL_SRC, facts->origin_dest,
			       &info->repl_src);
	list = require_address(run, list, info, XT_TEST_REPL_DST, facts->origin_source,
			       &info->repl_dst);
	list = require_port(run, list, info, XT_TEST_ORIG_SRC_PORT, facts->origin_source_port,
			    info->orig_src_port);
	list = require_port(run, list, info, XT_TEST_ORIG_DST_PORT, facts->origin_dest_port,
			    info->orig_dst_port);
	list = require_port(run, list, info, XT_TEST_REPL_SRC_PORT, facts->origin_dest_port,
			    info->repl_src_port);
	return require_port(run, list, info, XT_TEST_REPL_DST_PORT, facts->origin_source_port,
			    info->repl_dst_port);
}

static bool direction_fails(const struct walk *walk, const struct xt_conntrack *info)
{
	return (info->tests & XT_TEST_DIRECTION) &&
	       walk->facts.original == !!(info->inverted & XT_TEST_DIRECTION);
}

static bool protocol_fails(const struct walk *walk, const struct xt_conntrack *info)
{
	enum { TCP = 6, UDP = 17 };
	bool same = info->l4proto == (walk->facts.tcp ? TCP : UDP);

	return (info->tests & XT_TEST_PROTO) && same == !!(info->inverted & XT_TEST_PROTO);
}

static struct branch *require_status(struct run *run, struct branch *list,
				     const struct xt_conntrack *info)
{
	if (!(info->tests & XT_TEST_STATUS))
		return list;
	/* some bit of the mask is set: not (status & mask) == 0 */
	return run_require(run, list,
			   &(struct condition){.field = FIELD_CT_STATUS,
					       .masked = true,
					       .mask = info->status,
					       .negated = !(info->inverted & XT_TEST_STATUS)});
}

static bool needs_reply_tuple(const struct xt_conntrack *info)
{
	return info->tests & (XT_TEST_REPL_SRC | XT_TEST_REPL_DST | XT_TEST_REPL_SRC_PORT |
			      XT_TEST_REPL_DST_PORT);
}

static bool needs_tuple(const struct xt_conntrack *info)
{
	return needs_reply_tuple(info) ||
	       info->tests & (XT_TEST_ORIG_SRC | XT_TEST_ORIG_DST | XT_TEST_ORIG_SRC_PORT |
			      XT_TEST_ORIG_DST_PORT);
}

static bool translated(const struct state *state)
{
	field_value status;

	return !value_set_single(state->class.fields[FIELD_CT_STATUS], &status) ||
	       (status & (IPS_SRC_NAT | IPS_DST_NAT));
}

static bool any_expiry(const struct xt_conntrack *info)
{
	return info->expires_min == 0 && info->expires_max == UINT32_MAX &&
	       !(info->inverted & XT_TEST_EXPIRES);
}

void xt_conntrack_evaluate(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	const struct xt_conntrack *info = &extension->conntrack;
	bool attached = branch->state->ct == CT_ATTACHED, state_test = info->tests & XT_TEST_STATE;

	branch->next = NULL;
	if ((state_test && translation_wanted(branch->state, info->state) < 0) ||
	    (attached && (info->tests & XT_TEST_EXPIRES) && !any_expiry(info)) ||
	    (branch->state->ct == CT_TEMPLATE && (info->tests & ~XT_TEST_STATE)) ||
	    (attached && (info->tests & ~XT_TEST_STATE) &&
	     conntrack_uncertain(run->walk, branch->state)) ||
	    (attached && needs_reply_tuple(info) && translated(branch->state)) ||
	    /* a rule of nf_tables may have written before or after conntrack looked at the packet */
	    (attached && needs_tuple(info) && branch->state->rewritten)) {
		run_either(run, branch, "a property of the connection");
		return;
	}
	if (!attached && !state_test) {
		run_break(run, branch);
		return;
	}
	if (state_test)
		branch = require_state(run, branch, info);
	/* without a connection a test of the state is the only one that counts */
	if (!attached || !branch) {
		run_continue_all(run, branch);
		return;
	}
	if (direction_fails(run->walk, info) || protocol_fails(run->walk, info)) {
		run_break_all(run, branch);
		return;
	}
	run_continue_all(run, require_status(run, require_tuples(run, branch, info), info));
}
