/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/xt.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6/ip6t_rt.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text/xt_words.h"

static void add_not(struct buffer *out, bool invert)
{
	if (invert)
		buffer_puts(out, " !");
}

static void add_address(struct buffer *out, const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	buffer_puts(out, address_format(address, text));
}

void xt_mask_text(struct buffer *out, const struct address *mask)
{
	size_t bits = address_length(mask) * 8;
	size_t prefix = 0;

	while (prefix < bits && (mask->bytes[prefix / 8] & (0x80 >> prefix % 8)))
		prefix++;
	for (size_t i = prefix; i < bits; i++) {
		if (mask->bytes[i / 8] & (0x80 >> i % 8)) {
			buffer_puts(out, "/");
			add_address(out, mask);
			return;
		}
	}
	if (prefix < bits)
		buffer_printf(out, "/%zu", prefix);
}

void xt_string_text(struct buffer *out, const char *text)
{
	static const char plain[] = "_-0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (*text && text[strspn(text, plain)] == '\0') {
		buffer_printf(out, " %s", text);
		return;
	}
	buffer_puts(out, " \"");
	for (; *text; text++) {
		if (strchr("\"\\'", *text))
			buffer_puts(out, "\\");
		buffer_add(out, text, 1);
	}
	buffer_puts(out, "\"");
}

void xt_words_text(struct buffer *out, unsigned bits, const struct xt_word *words, size_t n_words)
{
	const char *separator = "";

	for (size_t i = 0; i < n_words; i++) {
		if (!(bits & words[i].bit))
			continue;
		buffer_printf(out, "%s%s", separator, words[i].word);
		separator = ",";
	}
}

static void range_text(struct buffer *out, const struct xt_port_range *range)
{
	buffer_printf(out, "%u", range->min);
	if (range->max != range->min)
		buffer_printf(out, ":%u", range->max);
}

static void addrtype_text(struct buffer *out, const struct xt_addrtype *addrtype)
{
	static const struct xt_word types[] = {
		{1 << 0, "UNSPEC"},    {1 << 1, "UNICAST"},     {1 << 2, "LOCAL"},
		{1 << 3, "BROADCAST"}, {1 << 4, "ANYCAST"},     {1 << 5, "MULTICAST"},
		{1 << 6, "BLACKHOLE"}, {1 << 7, "UNREACHABLE"}, {1 << 8, "PROHIBIT"},
		{1 << 9, "THROW"},     {1 << 10, "NAT"},        {1 << 11, "XRESOLVE"},
	};

	if (addrtype->source) {
		add_not(out, addrtype->invert_source);
		buffer_puts(out, " --src-type ");
		xt_words_text(out, addrtype->source, types, ARRAY_SIZE(types));
	}
	if (addrtype->dest) {
		add_not(out, addrtype->invert_dest);
		buffer_puts(out, " --dst-type ");
		xt_words_text(out, addrtype->dest, types, ARRAY_SIZE(types));
	}
	if (addrtype->limit_iface_in)
		buffer_puts(out, " --limit-iface-in");
	if (addrtype->limit_iface_out)
		buffer_puts(out, " --limit-iface-out");
}

static void conntrack_state_text(struct buffer *out, const struct xt_conntrack *conntrack)
{
	static const struct xt_word states[] = {
		{XT_STATE_INVALID, "INVALID"},     {XT_STATE_NEW, "NEW"},
		{XT_STATE_RELATED, "RELATED"},     {XT_STATE_ESTABLISHED, "ESTABLISHED"},
		{XT_STATE_UNTRACKED, "UNTRACKED"}, {XT_STATE_SNAT, "SNAT"},
		{XT_STATE_DNAT, "DNAT"},
	};

	add_not(out, conntrack->inverted & XT_TEST_STATE);
	buffer_puts(out, conntrack->from_state_match || conntrack->tests & XT_TEST_STATE_ALIAS
				 ? " --state "
				 : " --ctstate ");
	xt_words_text(out, conntrack->state, states, ARRAY_SIZE(states));
}

static void conntrack_status_text(struct buffer *out, const struct xt_conntrack *conntrack)
{
	static const struct xt_word statuses[] = {
		{1, "EXPECTED"}, {2, "SEEN_REPLY"}, {4, "ASSURED"}, {8, "CONFIRMED"}};

	add_not(out, conntrack->inverted & XT_TEST_STATUS);
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
		add_not(out, conntrack->inverted & XT_TEST_ORIG_SRC << i);
		buffer_printf(out, " --ct%s ", address_options[i]);
		add_address(out, &addresses[i]->address);
		xt_mask_text(out, &addresses[i]->mask);
	}
	for (unsigned i = 0; i < 4; i++) {
		if (!(conntrack->tests & XT_TEST_ORIG_SRC_PORT << i))
			continue;
		add_not(out, conntrack->inverted & XT_TEST_ORIG_SRC_PORT << i);
		buffer_printf(out, " --ct%sport ", address_options[i]);
		range_text(out, ports[i]);
	}
}

static void conntrack_text(struct buffer *out, const struct xt_conntrack *conntrack)
{
	if (conntrack->tests & XT_TEST_STATE)
		conntrack_state_text(out, conntrack);
	if (conntrack->tests & XT_TEST_PROTO) {
		add_not(out, conntrack->inverted & XT_TEST_PROTO);
		buffer_printf(out, " --ctproto %u", conntrack->l4proto);
	}
	conntrack_tuple_text(out, conntrack);
	if (conntrack->tests & XT_TEST_STATUS)
		conntrack_status_text(out, conntrack);
	if (conntrack->tests & XT_TEST_EXPIRES) {
		add_not(out, conntrack->inverted & XT_TEST_EXPIRES);
		buffer_printf(out, " --ctexpire %u", conntrack->expires_min);
		if (conntrack->expires_max != conntrack->expires_min)
			buffer_printf(out, ":%u", conntrack->expires_max);
	}
	if (conntrack->tests & XT_TEST_DIRECTION)
		buffer_printf(out, " --ctdir %s",
			      conntrack->inverted & XT_TEST_DIRECTION ? "REPLY" : "ORIGINAL");
}

static void hl_text(struct buffer *out, const char *name, const struct xt_hl *hl)
{
	static const char *const modes[] = {"eq", "eq", "lt", "gt"};

	add_not(out, hl->mode == XT_HL_NOT_EQUAL);
	buffer_printf(out, " --%s-%s %u", name, modes[hl->mode], hl->value);
}

static void icmp_text(struct buffer *out, uint8_t family, const struct xt_icmp *icmp)
{
	add_not(out, icmp->invert);
	buffer_puts(out, family == NFPROTO_IPV6 ? " --icmpv6-type " : " --icmp-type ");
	if (family == NFPROTO_IPV4 && icmp->type == 255) {
		buffer_puts(out, "any");
		return;
	}
	buffer_printf(out, "%u", icmp->type);
	if (icmp->code_min != 0 || icmp->code_max != 255)
		buffer_printf(out, "/%u", icmp->code_min);
}

static void iprange_text(struct buffer *out, const struct xt_iprange *iprange)
{
	if (iprange->has_source) {
		add_not(out, iprange->invert_source);
		buffer_puts(out, " --src-range ");
		add_address(out, &iprange->source_min);
		buffer_puts(out, "-");
		add_address(out, &iprange->source_max);
	}
	if (iprange->has_dest) {
		add_not(out, iprange->invert_dest);
		buffer_puts(out, " --dst-range ");
		add_address(out, &iprange->dest_min);
		buffer_puts(out, "-");
		add_address(out, &iprange->dest_max);
	}
}

void xt_limit_text(struct buffer *out, const struct xt_limit *limit)
{
	static const struct {
		const char *unit;
		uint32_t ticks;
	} units[] = {{"sec", 10000},
		     {"min", 10000 * 60},
		     {"hour", 10000 * 60 * 60},
		     {"day", 10000u * 60 * 60 * 24}};
	size_t i = ARRAY_SIZE(units) - 1;

	/* The smallest unit that still gives the rate as a whole number, as iptables does. */
	while (i > 0 && limit->average && limit->average <= units[i - 1].ticks &&
	       units[i - 1].ticks / limit->average >= units[i - 1].ticks % limit->average)
		i--;
	buffer_printf(out, " --limit %u/%s", limit->average ? units[i].ticks / limit->average : 0,
		      units[i].unit);
	if (limit->burst != 5)
		buffer_printf(out, " --limit-burst %u", limit->burst);
}

void xt_mark_text(struct buffer *out, const struct xt_mark *mark)
{
	add_not(out, mark->invert);
	buffer_printf(out, " --mark 0x%x", mark->value);
	if (mark->mask != UINT32_MAX)
		buffer_printf(out, "/0x%x", mark->mask);
}

static void multiport_text(struct buffer *out, const struct xt_port_list *multiport)
{
	static const char *const sides[] = {"--sports", "--dports", "--ports"};

	add_not(out, multiport->invert);
	buffer_printf(out, " %s ", sides[multiport->side]);
	for (unsigned i = 0; i < multiport->n_ranges; i++) {
		if (i)
			buffer_puts(out, ",");
		range_text(out, &multiport->ranges[i]);
	}
}

static void id_text(struct buffer *out, const char *option, bool invert, uint32_t min, uint32_t max)
{
	add_not(out, invert);
	buffer_printf(out, " --%s %u", option, min);
	if (max != min)
		buffer_printf(out, "-%u", max);
}

static void owner_text(struct buffer *out, const struct xt_owner *owner)
{
	if (owner->tests & 4) {
		add_not(out, owner->inverted & 4);
		buffer_puts(out, " --socket-exists");
	}
	if (owner->tests & 1)
		id_text(out, "uid-owner", owner->inverted & 1, owner->uid_min, owner->uid_max);
	if (owner->tests & 2)
		id_text(out, "gid-owner", owner->inverted & 2, owner->gid_min, owner->gid_max);
	if (owner->tests & 8)
		buffer_puts(out, " --suppl-groups");
}

static void pkttype_text(struct buffer *out, const struct xt_pkttype *pkttype)
{
	static const char *const types[] = {"unicast", "broadcast", "multicast"};

	add_not(out, pkttype->invert);
	if (pkttype->type < ARRAY_SIZE(types))
		buffer_printf(out, " --pkt-type %s", types[pkttype->type]);
	else
		buffer_printf(out, " --pkt-type %u", pkttype->type);
}

static void recent_text(struct buffer *out, const char *name, const struct xt_recent *recent)
{
	add_not(out, recent->invert);
	if (recent->flags & XT_RECENT_ADD)
		buffer_puts(out, " --set");
	if (recent->flags & XT_RECENT_RCHECK)
		buffer_puts(out, " --rcheck");
	if (recent->flags & XT_RECENT_TOUCH)
		buffer_puts(out, " --update");
	if (recent->flags & XT_RECENT_DELETE)
		buffer_puts(out, " --remove");
	if (recent->seconds)
		buffer_printf(out, " --seconds %u", recent->seconds);
	if (recent->flags & XT_RECENT_PURGE)
		buffer_puts(out, " --reap");
	if (recent->hit_count)
		buffer_printf(out, " --hitcount %u", recent->hit_count);
	if (recent->flags & XT_RECENT_SAME_TTL)
		buffer_puts(out, " --rttl");
	buffer_printf(out, " --name %s", name);
	if (recent->mask.family) {
		buffer_puts(out, " --mask ");
		add_address(out, &recent->mask);
	}
	buffer_puts(out, recent->by_dest ? " --rdest" : " --rsource");
}

static void rpfilter_text(struct buffer *out, const struct xt_rpfilter *rpfilter)
{
	if (rpfilter->loose)
		buffer_puts(out, " --loose");
	if (rpfilter->valid_mark)
		buffer_puts(out, " --validmark");
	if (rpfilter->accept_local)
		buffer_puts(out, " --accept-local");
	if (rpfilter->invert)
		buffer_puts(out, " --invert");
}

static void rt_text(struct buffer *out, const struct xt_rt *rt)
{
	if (rt->flags & IP6T_RT_TYP) {
		add_not(out, rt->inverted & IP6T_RT_INV_TYP);
		buffer_printf(out, " --rt-type %u", rt->type);
	}
	if (rt->segments_min != 0 || rt->segments_max != UINT32_MAX) {
		add_not(out, rt->inverted & IP6T_RT_INV_SGS);
		buffer_printf(out, " --rt-segsleft %u", rt->segments_min);
		if (rt->segments_max != rt->segments_min)
			buffer_printf(out, ":%u", rt->segments_max);
	}
	if (rt->flags & IP6T_RT_LEN) {
		add_not(out, rt->inverted & IP6T_RT_INV_LEN);
		buffer_printf(out, " --rt-len %u", rt->header_length);
	}
	if (rt->flags & IP6T_RT_RES)
		buffer_puts(out, " --rt-0-res");
	if (rt->flags & IP6T_RT_FST) {
		buffer_puts(out, " --rt-0-addrs ");
		for (unsigned i = 0; i < rt->n_addresses; i++) {
			if (i)
				buffer_puts(out, ",");
			add_address(out, &rt->addresses[i]);
		}
	}
	if (rt->flags & IP6T_RT_FST_NSTRICT)
		buffer_puts(out, " --rt-0-not-strict");
}

static void statistic_text(struct buffer *out, const struct xt_statistic *statistic)
{
	const char *invert = statistic->invert ? " !" : "";

	if (!statistic->nth) {
		buffer_printf(out, " --mode random%s --probability %.11f", invert,
			      (double)statistic->probability / 0x80000000u);
		return;
	}
	buffer_printf(out, " --mode nth%s --every %u --packet %u", invert, statistic->every + 1,
		      statistic->packet);
}

static void one_port_text(struct buffer *out, const char *option, bool invert,
			  const struct xt_port_range *range)
{
	if (range->min == 0 && range->max == UINT16_MAX && !invert)
		return;
	add_not(out, invert);
	buffer_printf(out, " --%s ", option);
	range_text(out, range);
}

static void tcp_flags_text(struct buffer *out, uint8_t flags)
{
	static const struct xt_word names[] = {{0x01, "FIN"}, {0x02, "SYN"}, {0x04, "RST"},
					       {0x08, "PSH"}, {0x10, "ACK"}, {0x20, "URG"}};

	buffer_puts(out, " ");
	if (flags & 0x3f)
		xt_words_text(out, flags, names, ARRAY_SIZE(names));
	else
		buffer_puts(out, "NONE");
}

void xt_ports_text(struct buffer *out, const struct xt_ports *ports)
{
	one_port_text(out, "sport", ports->invert_source, &ports->source);
	one_port_text(out, "dport", ports->invert_dest, &ports->dest);
	if (ports->option || ports->invert_option) {
		add_not(out, ports->invert_option);
		buffer_printf(out, " --tcp-option %u", ports->option);
	}
	if (ports->flags_mask || ports->invert_flags) {
		add_not(out, ports->invert_flags);
		buffer_puts(out, " --tcp-flags");
		tcp_flags_text(out, ports->flags_mask);
		tcp_flags_text(out, ports->flags_value);
	}
}

static void options_text(struct buffer *out, const char *name, const struct xt_extension *match)
{
	const uint8_t *mac = match->mac.source;

	switch (match->kind) {
	case XT_ADDRTYPE: addrtype_text(out, &match->addrtype); break;
	case XT_COMMENT:
		buffer_puts(out, " --comment");
		xt_string_text(out, match->text);
		break;
	case XT_CONNMARK:
	case XT_MARK: xt_mark_text(out, &match->mark); break;
	case XT_CONNTRACK: conntrack_text(out, &match->conntrack); break;
	case XT_HL: hl_text(out, name, &match->hl); break;
	case XT_ICMP: icmp_text(out, match->family, &match->icmp); break;
	case XT_IPRANGE: iprange_text(out, &match->iprange); break;
	case XT_LENGTH:
		add_not(out, match->length.invert);
		buffer_puts(out, " --length ");
		range_text(out, &(struct xt_port_range){match->length.min, match->length.max});
		break;
	case XT_LIMIT: xt_limit_text(out, &match->limit); break;
	case XT_MAC:
		add_not(out, match->mac.invert);
		buffer_printf(out, " --mac-source %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			      mac[2], mac[3], mac[4], mac[5]);
		break;
	case XT_MULTIPORT: multiport_text(out, &match->multiport); break;
	case XT_OWNER: owner_text(out, &match->owner); break;
	case XT_PKTTYPE: pkttype_text(out, &match->pkttype); break;
	case XT_RECENT: recent_text(out, match->text, &match->recent); break;
	case XT_RPFILTER: rpfilter_text(out, &match->rpfilter); break;
	case XT_RT: rt_text(out, &match->rt); break;
	case XT_STATISTIC: statistic_text(out, &match->statistic); break;
	case XT_TCP:
	case XT_UDP: xt_ports_text(out, &match->ports); break;
	default: break;
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
	if (match.kind == XT_SET_MATCH)
		xt_set_match_text(out, &match.set, expr->xt.ipsets[0]);
	else
		options_text(out, name, &match);
}
