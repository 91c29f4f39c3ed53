/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/xt.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_LOG.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text/xt_words.h"

static void connmark_text(struct buffer *out, const struct xt_set_connmark *connmark)
{
	switch (connmark->mode) {
	case XT_CONNMARK_MODE_SET:
		buffer_printf(out, " --set-xmark 0x%x/0x%x", connmark->ct_mark, connmark->ct_mask);
		break;
	case XT_CONNMARK_MODE_SAVE:
		buffer_printf(out, " --save-mark --nfmask 0x%x --ctmask 0x%x",
			      connmark->packet_mask, connmark->ct_mask);
		break;
	case XT_CONNMARK_MODE_RESTORE:
		buffer_printf(out, " --restore-mark --nfmask 0x%x --ctmask 0x%x",
			      connmark->packet_mask, connmark->ct_mask);
		break;
	}
	if (connmark->shift_bits)
		buffer_printf(out, " --%s-shift-mark %u", connmark->shift_right ? "right" : "left",
			      connmark->shift_bits);
}

static void ct_events_text(struct buffer *out, const struct xt_ct *ct)
{
	/* enum ip_conntrack_events and ip_conntrack_expect_events */
	static const struct xt_word events[] = {
		{1 << 0, "new"},     {1 << 1, "related"}, {1 << 2, "destroy"},
		{1 << 3, "reply"},   {1 << 4, "assured"}, {1 << 5, "protoinfo"},
		{1 << 6, "helper"},  {1 << 7, "mark"},    {1 << 8, "natseqinfo"},
		{1 << 9, "secmark"},
	};
	static const struct xt_word expect_events[] = {{1 << 0, "new"}};

	if (ct->ct_events) {
		buffer_puts(out, " --ctevents ");
		xt_words_text(out, ct->ct_events, events, ARRAY_SIZE(events));
	}
	if (ct->expect_events) {
		buffer_puts(out, " --expevents ");
		xt_words_text(out, ct->expect_events, expect_events, ARRAY_SIZE(expect_events));
	}
}

static void ct_zone_text(struct buffer *out, const struct xt_ct *ct)
{
	if (!ct->zone && !(ct->flags & XT_CT_ZONE_MARK))
		return;
	buffer_puts(out, " --zone");
	if (ct->flags & XT_CT_ZONE_DIR_ORIG)
		buffer_puts(out, "-orig");
	if (ct->flags & XT_CT_ZONE_DIR_REPL)
		buffer_puts(out, "-reply");
	if (ct->flags & XT_CT_ZONE_MARK)
		buffer_puts(out, " mark");
	else
		buffer_printf(out, " %u", ct->zone);
}

static void ct_text(struct buffer *out, const struct xt_ct *ct)
{
	if (ct->flags & XT_CT_NOTRACK_ALIAS || ct->from_notrack)
		return;
	if (ct->flags & XT_CT_NOTRACK)
		buffer_puts(out, " --notrack");
	if (ct->helper[0])
		buffer_printf(out, " --helper %s", ct->helper);
	if (ct->timeout[0])
		buffer_printf(out, " --timeout %s", ct->timeout);
	ct_events_text(out, ct);
	ct_zone_text(out, ct);
}

static void log_text(struct buffer *out, const char *prefix, const struct xt_log *log)
{
	if (*prefix) {
		buffer_puts(out, " --log-prefix");
		xt_string_text(out, prefix);
	}
	if (log->level != 4)
		buffer_printf(out, " --log-level %u", log->level);
	if (log->flags & XT_LOG_TCPSEQ)
		buffer_puts(out, " --log-tcp-sequence");
	if (log->flags & XT_LOG_TCPOPT)
		buffer_puts(out, " --log-tcp-options");
	if (log->flags & XT_LOG_IPOPT)
		buffer_puts(out, " --log-ip-options");
	if (log->flags & XT_LOG_UID)
		buffer_puts(out, " --log-uid");
	if (log->flags & XT_LOG_MACDECODE)
		buffer_puts(out, " --log-macdecode");
}

static void nflog_text(struct buffer *out, const char *prefix, const struct xt_nflog *nflog)
{
	if (*prefix) {
		buffer_puts(out, " --nflog-prefix");
		xt_string_text(out, prefix);
	}
	if (nflog->group)
		buffer_printf(out, " --nflog-group %u", nflog->group);
	if (nflog->has_length)
		buffer_printf(out, " --nflog-size %u", nflog->length);
	else if (nflog->length)
		buffer_printf(out, " --nflog-range %u", nflog->length);
	if (nflog->threshold)
		buffer_printf(out, " --nflog-threshold %u", nflog->threshold);
}

static void nfqueue_text(struct buffer *out, const struct xt_nfqueue *nfqueue)
{
	if (nfqueue->total > 1)
		buffer_printf(out, " --queue-balance %u:%u", nfqueue->first,
			      nfqueue->first + nfqueue->total - 1);
	else
		buffer_printf(out, " --queue-num %u", nfqueue->first);
	if (nfqueue->bypass)
		buffer_puts(out, " --queue-bypass");
	if (nfqueue->cpu_fanout)
		buffer_puts(out, " --queue-cpu-fanout");
}

static void reject_text(struct buffer *out, uint8_t family, const struct xt_reject *reject)
{
	static const char *const names_4[] = {
		"icmp-net-unreachable",
		"icmp-host-unreachable",
		"icmp-proto-unreachable",
		"icmp-port-unreachable",
		"echo-reply",
		"icmp-net-prohibited",
		"icmp-host-prohibited",
		"tcp-reset",
		"icmp-admin-prohibited",
	};
	static const char *const names_6[] = {
		"icmp6-no-route",
		"icmp6-adm-prohibited",
		"icmp6-not-neighbour",
		"icmp6-addr-unreachable",
		"icmp6-port-unreachable",
		"echo-reply",
		"tcp-reset",
		"icmp6-policy-fail",
		"icmp6-reject-route",
	};
	const char *const *names = family == NFPROTO_IPV6 ? names_6 : names_4;

	buffer_printf(out, " --reject-with %s", names[reject->with]);
}

static void nat_addresses_text(struct buffer *out, uint8_t family, const struct xt_nat *nat)
{
	bool ports = nat->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	bool brackets = family == NFPROTO_IPV6 && ports;
	char text[ADDRESS_TEXT_SIZE];

	if (!nat->address_min.family)
		return;
	buffer_printf(out, "%s%s", brackets ? "[" : "", address_format(&nat->address_min, text));
	if (!address_equal(&nat->address_min, &nat->address_max))
		buffer_printf(out, "-%s", address_format(&nat->address_max, text));
	if (brackets)
		buffer_puts(out, "]");
}

static void nat_ports_text(struct buffer *out, const struct xt_nat *nat)
{
	buffer_printf(out, "%u", nat->port_min);
	if (nat->port_max != nat->port_min)
		buffer_printf(out, "-%u", nat->port_max);
	if (nat->flags & NF_NAT_RANGE_PROTO_OFFSET)
		buffer_printf(out, "/%u", nat->port_base);
}

static void nat_text(struct buffer *out, const struct xt_extension *target)
{
	bool ports = target->nat.flags & NF_NAT_RANGE_PROTO_SPECIFIED;

	if (target->kind == XT_TARGET_DNAT || target->kind == XT_TARGET_SNAT) {
		buffer_printf(out, " --to-%s ",
			      target->kind == XT_TARGET_DNAT ? "destination" : "source");
		nat_addresses_text(out, target->family, &target->nat);
		if (ports)
			buffer_puts(out, ":");
	} else if (ports) {
		buffer_puts(out, " --to-ports ");
	}
	if (ports)
		nat_ports_text(out, &target->nat);
	if (target->nat.flags & NF_NAT_RANGE_PROTO_RANDOM)
		buffer_puts(out, " --random");
	if (target->nat.flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY)
		buffer_puts(out, " --random-fully");
	if (target->nat.flags & NF_NAT_RANGE_PERSISTENT)
		buffer_puts(out, " --persistent");
}

static void options_text(struct buffer *out, const struct xt_extension *target)
{
	switch (target->kind) {
	case XT_TARGET_CONNMARK: connmark_text(out, &target->set_connmark); break;
	case XT_TARGET_CT: ct_text(out, &target->ct); break;
	case XT_TARGET_DNAT:
	case XT_TARGET_MASQUERADE:
	case XT_TARGET_REDIRECT:
	case XT_TARGET_SNAT: nat_text(out, target); break;
	case XT_TARGET_LOG: log_text(out, target->text, &target->log); break;
	case XT_TARGET_MARK:
		buffer_printf(out, " --set-xmark 0x%x/0x%x", target->set_mark.value,
			      target->set_mark.mask);
		break;
	case XT_TARGET_NFLOG: nflog_text(out, target->text, &target->nflog); break;
	case XT_TARGET_NFQUEUE: nfqueue_text(out, &target->nfqueue); break;
	case XT_TARGET_REJECT: reject_text(out, target->family, &target->reject); break;
	case XT_TARGET_TCPMSS:
		if (target->tcpmss == UINT16_MAX)
			buffer_puts(out, " --clamp-mss-to-pmtu");
		else
			buffer_printf(out, " --set-mss %u", target->tcpmss);
		break;
	default: break;
	}
}

void xt_target_text(struct buffer *out, const struct expr *expr, uint8_t family)
{
	const char *name = expr->xt.name ? expr->xt.name : "?";
	struct xt_extension target;

	if (expr->opaque ||
	    !xt_target_decode(name, expr->xt.revision, expr->xt.info, family, &target)) {
		buffer_printf(out, " <xt target %s rev %u>", name, expr->xt.revision);
		return;
	}
	if (target.kind == XT_TARGET_CT && target.ct.flags & XT_CT_NOTRACK_ALIAS)
		name = "NOTRACK";
	buffer_printf(out, " -j %s", name);
	if (target.kind == XT_TARGET_SET)
		xt_set_target_text(out, &target.set_target, expr->xt.ipsets);
	else
		options_text(out, &target);
}
