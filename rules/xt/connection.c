/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <linux/netfilter/xt_cluster.h>
#include <linux/netfilter/xt_connbytes.h>
#include <linux/netfilter/xt_connlabel.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_connlimit.h>
#include <linux/netfilter/xt_helper.h>

#include "rules/xt/words.h"

/* Matches on what conntrack keeps: cluster, connbytes, connlabel, connlimit, helper. */

/* These take a template for one; what they find in it is not followed. */
static bool has_connection(const struct state *state)
{
	return state->ct == CT_ATTACHED || state->ct == CT_TEMPLATE;
}

static void evaluate_cluster(struct run *run, struct branch *branch,
			     const struct xt_extension *extension)
{
	(void)extension;
	if (has_connection(branch->state))
		run_either(run, branch, "a hash of the source address");
	else
		run_break(run, branch);
}

static void cluster_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_cluster_match_info raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.flags & XT_CLUSTER_F_INV, "cluster-local-nodemask");
	buffer_printf(out, " 0x%08x --cluster-total-nodes %u --cluster-hash-seed 0x%08x",
		      raw.node_mask, raw.total_nodes, raw.hash_seed);
}

static bool check_connbytes(const uint8_t *info, struct xt_extension *ret)
{
	(void)ret;
	return info[offsetof(struct xt_connbytes_info, what)] <= XT_CONNBYTES_AVGPKT &&
	       info[offsetof(struct xt_connbytes_info, direction)] <= XT_CONNBYTES_DIR_BOTH;
}

/* connbytes_mt(): a range with its ends swapped is inverted. */
static bool counted(const struct xt_connbytes_info *raw, uint64_t count)
{
	if (raw->count.to >= raw->count.from)
		return count >= raw->count.from && count <= raw->count.to;
	return count < raw->count.to || count > raw->count.from;
}

/*
 * A SYN has been counted when the rules see it, and nothing else of its connection. Whether there is
 * a count at all hangs on a sysctl, so that only what is false in any case is certain.
 */
static bool surely_uncounted(const struct walk *walk, const struct state *state,
			     const struct xt_connbytes_info *raw)
{
	struct value_set length = state->class.fields[FIELD_SKB_LENGTH];

	if (walk->facts.packet != SYN_IN || state->ct != CT_ATTACHED)
		return false;
	if (raw->direction == XT_CONNBYTES_DIR_REPLY)
		return !counted(raw, 0);
	if (raw->what == XT_CONNBYTES_PKTS)
		return !counted(raw, 1);
	for (size_t i = 0; i < length.n_intervals; i++)
		for (field_value n = length.intervals[i].first; n <= length.intervals[i].last; n++)
			if (counted(raw, (uint64_t)n))
				return false;
	return true;
}

static void evaluate_connbytes(struct run *run, struct branch *branch,
			       const struct xt_extension *extension)
{
	struct xt_connbytes_info raw;

	XT_COPY(raw, extension);
	if (!has_connection(branch->state) || surely_uncounted(run->walk, branch->state, &raw))
		run_break(run, branch);
	else
		run_either(run, branch, "what the connection has carried (connbytes)");
}

static void connbytes_text(struct buffer *out, const struct xt_extension *extension)
{
	static const char *const whats[] = {"packets", "bytes", "avgpkt"};
	static const char *const directions[] = {"original", "reply", "both"};
	struct xt_connbytes_info raw;
	bool inverted;
	uint64_t from, to;

	XT_COPY(raw, extension);
	inverted = raw.count.from > raw.count.to;
	from = inverted ? raw.count.to : raw.count.from;
	to = inverted ? raw.count.from : raw.count.to;
	xt_option_text(out, inverted, "connbytes");
	buffer_printf(out, " %llu", (unsigned long long)from);
	if (to && to < UINT64_MAX)
		buffer_printf(out, ":%llu", (unsigned long long)to);
	buffer_printf(out, " --connbytes-mode %s --connbytes-dir %s", whats[raw.what],
		      directions[raw.direction]);
}

/* --set is true unless inverted: a label that is not there is set, and then it is. */
static void evaluate_connlabel(struct run *run, struct branch *branch,
			       const struct xt_extension *extension)
{
	struct xt_connlabel_mtinfo raw;
	bool invert;

	XT_COPY(raw, extension);
	invert = raw.options & XT_CONNLABEL_OP_INVERT;
	if (!has_connection(branch->state))
		xt_decide(run, branch, invert);
	else
		run_either(run, branch, "the connection's labels");
}

/* By number: the names are in a file of the user's. */
static void connlabel_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_connlabel_mtinfo raw;

	XT_COPY(raw, extension);
	xt_option_text(out, raw.options & XT_CONNLABEL_OP_INVERT, "label");
	buffer_printf(out, " \"%u\"", raw.bit);
	if (raw.options & XT_CONNLABEL_OP_SET)
		buffer_puts(out, " --set");
}

/* The connection itself counts, so that there is at least one and never more than can be counted. */
static void evaluate_connlimit(struct run *run, struct branch *branch,
			       const struct xt_extension *extension)
{
	struct xt_connlimit_info raw;

	XT_COPY(raw, extension);
	if (raw.limit == UINT32_MAX)
		xt_decide(run, branch, raw.flags & XT_CONNLIMIT_INVERT);
	else
		run_either(run, branch, "the number of connections (connlimit)");
}

static void connlimit_text(struct buffer *out, const struct xt_extension *extension)
{
	size_t size = extension->family == NFPROTO_IPV6 ? 16 : 4;
	struct xt_connlimit_info raw;

	XT_COPY(raw, extension);
	buffer_printf(out, " --connlimit-%s %u --connlimit-mask %d --connlimit-%s",
		      raw.flags & XT_CONNLIMIT_INVERT ? "upto" : "above", raw.limit,
		      xt_prefix_length((const uint8_t *)&raw.mask, size),
		      raw.flags & XT_CONNLIMIT_DADDR ? "daddr" : "saddr");
}

/*
 * helper_mt() looks at the connection that expected this one. Only the pinhole makes ours an
 * expected one, and what the invitation that it hangs on has as helper is not followed here.
 */
static void evaluate_helper(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	struct xt_helper_info raw;

	XT_COPY(raw, extension);
	if (run->walk->question->syn_is_related && branch->state->ct == CT_ATTACHED)
		run_either(run, branch, "the helper of a connection");
	else
		xt_decide(run, branch, raw.invert);
}

static void helper_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_helper_info raw;
	char name[sizeof(raw.name) + 1];

	XT_COPY(raw, extension);
	xt_string(name, raw.name, sizeof(raw.name));
	xt_option_text(out, raw.invert, "helper");
	xt_string_text(out, name);
}

static const struct xt_type types[] = {
	{"cluster", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_cluster_match_info), NULL,
	 evaluate_cluster, cluster_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY,
		 "no match without a connection; the hash is not followed:"
		 " unknown")},
	{"connbytes", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_connbytes_info),
	 check_connbytes, evaluate_connbytes, connbytes_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY, "no match without a connection, nor where the device's "
					    "SYN cannot have counted enough; else unknown")},
	{"connlabel", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_connlabel_mtinfo), NULL,
	 evaluate_connlabel, connlabel_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY, "sure only without a connection; else unknown")},
	{"connlimit", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_connlimit_info), NULL,
	 evaluate_connlimit, connlimit_text,
	 DECIDED(BY_NOBODY, "how many connections there are is in no dump; sure only "
			    "with the largest number")},
	{"helper", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_helper_info), NULL,
	 evaluate_helper, helper_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY, "none; unknown if a helper is to expect the device's "
					    "connection")},
};

const struct xt_types xt_connection_matches = XT_TYPES(types);
