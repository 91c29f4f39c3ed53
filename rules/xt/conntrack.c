/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/conntrack.h"

#include <netinet/in.h>
#include <linux/netfilter/xt_conntrack.h>
#include <arpa/inet.h>

#include "rules/xt/words.h"

/* The matches conntrack and state; what they do is in conntrack_match.c. */

static struct xt_masked masked(const struct xt_extension *extension,
			       const union nf_inet_addr *address, const union nf_inet_addr *mask)
{
	return (struct xt_masked){xt_address(extension, address), xt_address(extension, mask)};
}

static struct xt_port_range single_port(uint16_t network_order)
{
	uint16_t port = ntohs(network_order);

	return (struct xt_port_range){port, port};
}

static bool decode_3(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_conntrack_mtinfo3 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->conntrack = (struct xt_conntrack){
		.tests = raw.match_flags,
		.inverted = raw.invert_flags,
		.state = raw.state_mask,
		.status = raw.status_mask,
		.l4proto = raw.l4proto,
		.expires_min = raw.expires_min,
		.expires_max = raw.expires_max,
		.orig_src = masked(ret, &raw.origsrc_addr, &raw.origsrc_mask),
		.orig_dst = masked(ret, &raw.origdst_addr, &raw.origdst_mask),
		.repl_src = masked(ret, &raw.replsrc_addr, &raw.replsrc_mask),
		.repl_dst = masked(ret, &raw.repldst_addr, &raw.repldst_mask),
		.orig_src_port = {raw.origsrc_port, raw.origsrc_port_high},
		.orig_dst_port = {raw.origdst_port, raw.origdst_port_high},
		.repl_src_port = {raw.replsrc_port, raw.replsrc_port_high},
		.repl_dst_port = {raw.repldst_port, raw.repldst_port_high},
	};
	return raw.match_flags < 2 * XT_CONNTRACK_STATE_ALIAS;
}

static bool decode_2(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_conntrack_mtinfo2 raw;

	memcpy(&raw, info, sizeof(raw));
	ret->conntrack = (struct xt_conntrack){
		.tests = raw.match_flags,
		.inverted = raw.invert_flags,
		.state = raw.state_mask,
		.status = raw.status_mask,
		.l4proto = raw.l4proto,
		.expires_min = raw.expires_min,
		.expires_max = raw.expires_max,
		.orig_src = masked(ret, &raw.origsrc_addr, &raw.origsrc_mask),
		.orig_dst = masked(ret, &raw.origdst_addr, &raw.origdst_mask),
		.repl_src = masked(ret, &raw.replsrc_addr, &raw.replsrc_mask),
		.repl_dst = masked(ret, &raw.repldst_addr, &raw.repldst_mask),
		/* Before revision 3 ports were single and in network order. */
		.orig_src_port = single_port(raw.origsrc_port),
		.orig_dst_port = single_port(raw.origdst_port),
		.repl_src_port = single_port(raw.replsrc_port),
		.repl_dst_port = single_port(raw.repldst_port),
	};
	return raw.match_flags < 2 * XT_CONNTRACK_STATE_ALIAS;
}

/* Revision 1 is revision 2 with masks of one byte each. */
static bool decode_1(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_conntrack_mtinfo2 widened = {};
	struct xt_conntrack_mtinfo1 raw;

	memcpy(&raw, info, sizeof(raw));
	memcpy(&widened, &raw, offsetof(struct xt_conntrack_mtinfo1, state_mask));
	widened.state_mask = raw.state_mask;
	widened.status_mask = raw.status_mask;
	return decode_2((const uint8_t *)&widened, ret);
}

static bool decode_state(const uint8_t *info, struct xt_extension *ret)
{
	uint32_t mask;

	memcpy(&mask, info, sizeof(mask));
	ret->conntrack = (struct xt_conntrack){
		.tests = XT_TEST_STATE,
		/* XT_STATE_UNTRACKED of xt_state.h is 1 << (IP_CT_NUMBER + 1). */
		.state = (uint16_t)((mask & 0x0f) | (mask & 1U << 6 ? XT_STATE_UNTRACKED : 0)),
		.from_state_match = true,
	};
	return true;
}

static void conntrack_state_text(struct buffer *out, const struct xt_conntrack *conntrack)
{
	static const struct xt_word states[] = {
		{XT_STATE_INVALID, "INVALID"},     {XT_STATE_NEW, "NEW"},
		{XT_STATE_RELATED, "RELATED"},     {XT_STATE_ESTABLISHED, "ESTABLISHED"},
		{XT_STATE_UNTRACKED, "UNTRACKED"}, {XT_STATE_SNAT, "SNAT"},
		{XT_STATE_DNAT, "DNAT"},
	};

	xt_not(out, conntrack->inverted & XT_TEST_STATE);
	buffer_puts(out, conntrack->from_state_match || conntrack->tests & XT_TEST_STATE_ALIAS
				 ? " --state "
				 : " --ctstate ");
	xt_words_text(out, conntrack->state, states, ARRAY_SIZE(states));
}

static void conntrack_status_text(struct buffer *out, const struct xt_conntrack *conntrack)
{
	static const struct xt_word statuses[] = {
		{1, "EXPECTED"}, {2, "SEEN_REPLY"}, {4, "ASSURED"}, {8, "CONFIRMED"}};

	xt_not(out, conntrack->inverted & XT_TEST_STATUS);
	buffer_puts(out, " --ctstatus ");
	if (conntrack->status)
		xt_words_text(out, conntrack->status, statuses, ARRAY_SIZE(statuses));
	else
		buffer_puts(out, "NONE");
}

static void conntrack_tuple_text(struct buffer *out, const struct xt_conntrack *conntrack)
{
	static const char *const address_options[] = {"origsrc", "origdst", "replsrc", "repldst"};
	const struct xt_masked *addresses[] = {&conntrack->orig_src, &conntrack->orig_dst,
					       &conntrack->repl_src, &conntrack->repl_dst};
	const struct xt_port_range *ports[] = {&conntrack->orig_src_port, &conntrack->orig_dst_port,
					       &conntrack->repl_src_port,
					       &conntrack->repl_dst_port};

	for (unsigned i = 0; i < 4; i++) {
		if (!(conntrack->tests & XT_TEST_ORIG_SRC << i))
			continue;
		xt_not(out, conntrack->inverted & XT_TEST_ORIG_SRC << i);
		buffer_printf(out, " --ct%s ", address_options[i]);
		xt_address_text(out, &addresses[i]->address);
		xt_mask_text(out, &addresses[i]->mask);
	}
	for (unsigned i = 0; i < 4; i++) {
		if (!(conntrack->tests & XT_TEST_ORIG_SRC_PORT << i))
			continue;
		xt_not(out, conntrack->inverted & XT_TEST_ORIG_SRC_PORT << i);
		buffer_printf(out, " --ct%sport ", address_options[i]);
		xt_port_range_text(out, ports[i]);
	}
}

static void conntrack_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_conntrack *conntrack = &extension->conntrack;
	if (conntrack->tests & XT_TEST_STATE)
		conntrack_state_text(out, conntrack);
	if (conntrack->tests & XT_TEST_PROTO) {
		xt_not(out, conntrack->inverted & XT_TEST_PROTO);
		buffer_printf(out, " --ctproto %u", conntrack->l4proto);
	}
	conntrack_tuple_text(out, conntrack);
	if (conntrack->tests & XT_TEST_STATUS)
		conntrack_status_text(out, conntrack);
	if (conntrack->tests & XT_TEST_EXPIRES) {
		xt_not(out, conntrack->inverted & XT_TEST_EXPIRES);
		buffer_printf(out, " --ctexpire %u", conntrack->expires_min);
		if (conntrack->expires_max != conntrack->expires_min)
			buffer_printf(out, ":%u", conntrack->expires_max);
	}
	if (conntrack->tests & XT_TEST_DIRECTION)
		buffer_printf(out, " --ctdir %s",
			      conntrack->inverted & XT_TEST_DIRECTION ? "REPLY" : "ORIGINAL");
}

static const char conntrack_how[] =
	"state, status, direction, protocol and ends of the connection; unknown: how long it "
	"lives, the reply's ends if it is translated, all ends if a rule wrote over them "
	"itself, all but the state if it was tracked in part";

static const struct xt_type types[] = {
	{"conntrack", 1, XT_FAMILY_BOTH, XT_CONNTRACK, sizeof(struct xt_conntrack_mtinfo1),
	 decode_1, xt_conntrack_evaluate, conntrack_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY, conntrack_how)},
	{"conntrack", 2, XT_FAMILY_BOTH, XT_CONNTRACK, sizeof(struct xt_conntrack_mtinfo2),
	 decode_2, xt_conntrack_evaluate, conntrack_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY, conntrack_how)},
	{"conntrack", 3, XT_FAMILY_BOTH, XT_CONNTRACK, sizeof(struct xt_conntrack_mtinfo3),
	 decode_3, xt_conntrack_evaluate, conntrack_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY, conntrack_how)},
	{"state", 0, XT_FAMILY_BOTH, XT_CONNTRACK, sizeof(uint32_t), decode_state,
	 xt_conntrack_evaluate, conntrack_text,
	 DECIDED(BY_CONNECTION | BY_NOBODY, "as the state of conntrack")},
};

const struct xt_types xt_conntrack_matches = XT_TYPES(types);
