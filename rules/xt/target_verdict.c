/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_SYNPROXY.h>
#include <linux/netfilter/xt_TPROXY.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>

#include "rules/xt/words.h"

/* Targets that decide on the packet or give it away: NFQUEUE, REJECT, SYNPROXY, TPROXY. */

/* Each revision adds a number to the one before; the last two use the third for flags. */
static bool decode_nfqueue(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_NFQ_info_v3 raw = {.queues_total = 1};
	size_t size = sizeof(raw);

	if (ret->type->revision < 2)
		size = ret->type->size;
	memcpy(&raw, info, size);
	ret->nfqueue = (struct xt_nfqueue){
		.first = raw.queuenum,
		.total = raw.queues_total,
		.bypass = raw.flags & NFQ_FLAG_BYPASS,
		.cpu_fanout = ret->type->revision > 2 && raw.flags & NFQ_FLAG_CPU_FANOUT,
	};
	return true;
}

static void evaluate_nfqueue(struct run *run, struct branch *branch,
			     const struct xt_extension *extension)
{
	(void)extension;
	run_give_up(run, branch, "what a program makes of the queued packet");
}

static void nfqueue_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_nfqueue *nfqueue = &extension->nfqueue;
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

static bool decode_reject_4(const uint8_t *info, struct xt_extension *ret)
{
	static const uint8_t codes[] = {
		[IPT_ICMP_NET_UNREACHABLE] = 0,   [IPT_ICMP_HOST_UNREACHABLE] = 1,
		[IPT_ICMP_PROT_UNREACHABLE] = 2,  [IPT_ICMP_PORT_UNREACHABLE] = 3,
		[IPT_ICMP_NET_PROHIBITED] = 9,    [IPT_ICMP_HOST_PROHIBITED] = 10,
		[IPT_ICMP_ADMIN_PROHIBITED] = 13,
	};
	uint32_t with;

	memcpy(&with, info, sizeof(with));
	if (with >= ARRAY_SIZE(codes))
		return false;
	ret->reject = (struct xt_reject){
		.tcp_reset = with == IPT_TCP_RESET,
		.echo_reply = with == IPT_ICMP_ECHOREPLY,
		.icmp_code = codes[with],
		.with = with,
	};
	return true;
}

static bool decode_reject_6(const uint8_t *info, struct xt_extension *ret)
{
	static const uint8_t codes[] = {
		[IP6T_ICMP6_NO_ROUTE] = 0,      [IP6T_ICMP6_ADM_PROHIBITED] = 1,
		[IP6T_ICMP6_NOT_NEIGHBOUR] = 2, [IP6T_ICMP6_ADDR_UNREACH] = 3,
		[IP6T_ICMP6_PORT_UNREACH] = 4,  [IP6T_ICMP6_POLICY_FAIL] = 5,
		[IP6T_ICMP6_REJECT_ROUTE] = 6,
	};
	uint32_t with;

	memcpy(&with, info, sizeof(with));
	if (with >= ARRAY_SIZE(codes))
		return false;
	ret->reject = (struct xt_reject){
		.tcp_reset = with == IP6T_TCP_RESET,
		.echo_reply = with == IP6T_ICMP6_ECHOREPLY,
		.icmp_code = codes[with],
		.with = with,
	};
	return true;
}

static void evaluate_reject(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	(void)extension;
	run_end(run, branch, FLOW_REJECT, "reject");
}

static void reject_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_reject *reject = &extension->reject;
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
	const char *const *names = extension->family == NFPROTO_IPV6 ? names_6 : names_4;

	buffer_printf(out, " --reject-with %s", names[reject->with]);
}

/* The proxy answers a SYN itself and lets the connection in only after the handshake. */
static void evaluate_synproxy(struct run *run, struct branch *branch,
			      const struct xt_extension *extension)
{
	(void)extension;
	run_give_up(run, branch, "the SYN proxy");
}

static void synproxy_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_synproxy_info raw;

	XT_COPY(raw, extension);
	if (raw.options & XT_SYNPROXY_OPT_SACK_PERM)
		buffer_puts(out, " --sack-perm");
	if (raw.options & XT_SYNPROXY_OPT_TIMESTAMP)
		buffer_puts(out, " --timestamp");
	if (raw.options & XT_SYNPROXY_OPT_WSCALE)
		buffer_printf(out, " --wscale %u", raw.wscale);
	if (raw.options & XT_SYNPROXY_OPT_MSS)
		buffer_printf(out, " --mss %u", raw.mss);
	if (raw.options & XT_SYNPROXY_OPT_ECN)
		buffer_puts(out, " --ecn");
}

/* To a transparent socket, if there is one; otherwise the packet is dropped (tproxy_tg4()). */
static void evaluate_tproxy(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	(void)extension;
	/* without a transparent socket to take it to it is dropped (tproxy_tg4()) */
	if (run->walk->host->transparent_sockets == FACT_NO)
		run_end(run, branch, FLOW_DROP, "drop");
	else
		run_give_up(run, branch, "a transparent proxy");
}

static void tproxy_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_tproxy_target_info_v1 raw = {};
	struct address address;

	if (extension->type->revision == 0) {
		struct xt_tproxy_target_info old;

		XT_COPY(old, extension);
		raw = (struct xt_tproxy_target_info_v1){
			.mark_mask = old.mark_mask,
			.mark_value = old.mark_value,
			.laddr.ip = old.laddr,
			.lport = old.lport,
		};
	} else {
		XT_COPY(raw, extension);
	}
	address = xt_address(extension, &raw.laddr);
	buffer_printf(out, " --on-port %u --on-ip ", ntohs(raw.lport));
	xt_address_text(out, &address);
	buffer_printf(out, " --tproxy-mark 0x%x/0x%x", raw.mark_value, raw.mark_mask);
}

static const char nfqueue_how[] = "what a program makes of the packet";
static const char reject_how[] = "rejected";
static const char tproxy_how[] =
	"dropped if no socket of the host is transparent; else whose it is and what it makes of"
	" the packet: unknown";

static const struct xt_type types[] = {
	{"NFQUEUE", 0, XT_FAMILY_BOTH, XT_TARGET_NFQUEUE, sizeof(struct xt_NFQ_info),
	 decode_nfqueue, evaluate_nfqueue, nfqueue_text, DECIDED(BY_NOBODY, nfqueue_how)},
	{"NFQUEUE", 1, XT_FAMILY_BOTH, XT_TARGET_NFQUEUE, sizeof(struct xt_NFQ_info_v1),
	 decode_nfqueue, evaluate_nfqueue, nfqueue_text, DECIDED(BY_NOBODY, nfqueue_how)},
	{"NFQUEUE", 2, XT_FAMILY_BOTH, XT_TARGET_NFQUEUE, sizeof(struct xt_NFQ_info_v2),
	 decode_nfqueue, evaluate_nfqueue, nfqueue_text, DECIDED(BY_NOBODY, nfqueue_how)},
	{"NFQUEUE", 3, XT_FAMILY_BOTH, XT_TARGET_NFQUEUE, sizeof(struct xt_NFQ_info_v3),
	 decode_nfqueue, evaluate_nfqueue, nfqueue_text, DECIDED(BY_NOBODY, nfqueue_how)},
	{"REJECT", 0, XT_FAMILY_V4, XT_TARGET_REJECT, sizeof(struct ipt_reject_info),
	 decode_reject_4, evaluate_reject, reject_text, DECIDED(BY_ENDING, reject_how)},
	{"REJECT", 0, XT_FAMILY_V6, XT_TARGET_REJECT, sizeof(struct ip6t_reject_info),
	 decode_reject_6, evaluate_reject, reject_text, DECIDED(BY_ENDING, reject_how)},
	{"SYNPROXY", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_synproxy_info), NULL,
	 evaluate_synproxy, synproxy_text, DECIDED(BY_NOBODY, "the proxy answers for the host")},
	{"TPROXY", 0, XT_FAMILY_V4, XT_OTHER, sizeof(struct xt_tproxy_target_info), NULL,
	 evaluate_tproxy, tproxy_text, DECIDED(BY_HOST | BY_ENDING | BY_NOBODY, tproxy_how)},
	{"TPROXY", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_tproxy_target_info_v1), NULL,
	 evaluate_tproxy, tproxy_text, DECIDED(BY_HOST | BY_ENDING | BY_NOBODY, tproxy_how)},
};

const struct xt_types xt_verdict_targets = XT_TYPES(types);
