/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/nft_private.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/cleanup.h"
#include "rules/text/exthdr.h"

/* Byte rates in the largest unit that divides them, as nft does. */
static const char *byte_unit(uint64_t bytes, uint64_t *ret_value)
{
	static const char *const units[] = {"bytes", "kbytes", "mbytes"};
	size_t unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	*ret_value = bytes;
	return units[unit];
}

static const char *time_unit(uint64_t seconds)
{
	switch (seconds) {
	case 1: return "second";
	case 60: return "minute";
	case 3600: return "hour";
	case 86400: return "day";
	case 604800: return "week";
	default: return "error";
	}
}

static bool limit_text(struct buffer *out, const struct expr *expr)
{
	const char *over = expr->limit.over ? "over " : "";
	const char *unit;
	uint64_t value;

	if (expr->limit.type == NFT_LIMIT_PKTS) {
		buffer_printf(out, "limit rate %s%" PRIu64 "/%s", over, expr->limit.rate,
			      time_unit(expr->limit.unit));
		if (expr->limit.burst && expr->limit.burst != 5)
			buffer_printf(out, " burst %u packets", expr->limit.burst);
		return true;
	}
	unit = byte_unit(expr->limit.rate, &value);
	buffer_printf(out, "limit rate %s%" PRIu64 " %s/%s", over, value, unit,
		      time_unit(expr->limit.unit));
	if (expr->limit.burst) {
		unit = byte_unit(expr->limit.burst, &value);
		buffer_printf(out, " burst %" PRIu64 " %s", value, unit);
	}
	return true;
}

static bool quota_text(struct buffer *out, const struct expr *expr)
{
	uint64_t value;
	const char *unit = byte_unit(expr->quota.bytes, &value);

	buffer_printf(out, "quota %s%" PRIu64 " %s", expr->quota.over ? "over " : "", value, unit);
	return true;
}

static void log_flags_text(struct buffer *out, uint32_t flags)
{
	/* NF_LOG_* of nf_log.h */
	enum { TCPSEQ = 1, TCPOPT = 2, IPOPT = 4, UID = 8, MACDECODE = 0x20, ALL = 0x2f };

	if ((flags & ALL) == ALL) {
		buffer_puts(out, " flags all");
		return;
	}
	if (flags & (TCPSEQ | TCPOPT)) {
		buffer_puts(out, " flags tcp");
		buffer_puts(out, flags & TCPSEQ ? " sequence" : "");
		if (flags & TCPOPT)
			buffer_puts(out, flags & TCPSEQ ? ",options" : " options");
	}
	buffer_puts(out, flags & IPOPT ? " flags ip options" : "");
	buffer_puts(out, flags & UID ? " flags skuid" : "");
	buffer_puts(out, flags & MACDECODE ? " flags ether" : "");
}

static bool log_text(struct buffer *out, const struct expr *expr)
{
	static const char *const levels[] = {"emerg",  "alert", "crit",  "err",  "warn",
					     "notice", "info",  "debug", "audit"};

	buffer_puts(out, "log");
	if (expr->log.prefix)
		buffer_printf(out, " prefix \"%s\"", expr->log.prefix);
	if (expr->log.has_group)
		buffer_printf(out, " group %d", expr->log.group);
	if (expr->log.snaplen)
		buffer_printf(out, " snaplen %u", expr->log.snaplen);
	if (expr->log.threshold)
		buffer_printf(out, " queue-threshold %u", expr->log.threshold);
	if (!expr->log.has_group && expr->log.level != 4 && expr->log.level >= 0 &&
	    (size_t)expr->log.level < ARRAY_SIZE(levels))
		buffer_printf(out, " level %s", levels[expr->log.level]);
	log_flags_text(out, expr->log.flags);
	return true;
}

static void reject_code_text(struct buffer *out, const char *family, enum data_type type,
			     uint32_t code)
{
	struct value value = {.bytes = {(uint8_t)code}, .length = 1};

	buffer_printf(out, " with %s ", family);
	value_text(out, NULL, type, &value);
}

static bool reject_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	uint8_t family = text->headers.family;
	bool single = family == NFPROTO_IPV4 || family == NFPROTO_IPV6;
	bool v6 = text->headers.at[BASE_NETWORK] == &header_ip6;
	uint32_t code = expr->reject.icmp_code;

	if (single && expr->reject.type == NFT_REJECT_TCP_RST)
		implied_drop_at(text, BASE_TRANSPORT);
	else if (!single && expr->reject.type != NFT_REJECT_ICMPX_UNREACH)
		implied_drop_at(text, BASE_NETWORK);
	buffer_puts(out, "reject");
	switch (expr->reject.type) {
	case NFT_REJECT_TCP_RST: buffer_puts(out, " with tcp reset"); return true;
	case NFT_REJECT_ICMPX_UNREACH:
		if (code != NFT_REJECT_ICMPX_PORT_UNREACH)
			reject_code_text(out, "icmpx", TYPE_ICMPX_CODE, code);
		return true;
	case NFT_REJECT_ICMP_UNREACH:
		/* Where both families pass, the plain word would hide which one is meant. */
		if (single && code == (v6 ? 4u : 3u))
			return true;
		reject_code_text(out, v6 ? "icmpv6" : "icmp", v6 ? TYPE_ICMP6_CODE : TYPE_ICMP_CODE,
				 code);
		return true;
	default: return false;
	}
}

static bool object_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	static const char *const verbs[] = {
		[NFT_OBJECT_COUNTER] = "counter name ",
		[NFT_OBJECT_QUOTA] = "quota name ",
		[NFT_OBJECT_CT_HELPER] = "ct helper set ",
		[NFT_OBJECT_LIMIT] = "limit name ",
		[NFT_OBJECT_CONNLIMIT] = "connlimit name ",
		[NFT_OBJECT_TUNNEL] = "tunnel name ",
		[NFT_OBJECT_CT_TIMEOUT] = "ct timeout set ",
		[NFT_OBJECT_SECMARK] = "meta secmark set ",
		[NFT_OBJECT_CT_EXPECT] = "ct expectation set ",
		[NFT_OBJECT_SYNPROXY] = "synproxy name ",
	};
	const struct set *set = expr->objref.set;
	uint32_t type = set ? set->object_type : expr->objref.type;
	struct key_text key = {};
	bool said;

	if (type >= ARRAY_SIZE(verbs) || !verbs[type])
		return false;
	buffer_puts(out, verbs[type]);
	if (expr->objref.name) {
		buffer_printf(out, "\"%s\"", expr->objref.name);
		return true;
	}
	said = set && key_text(text, expr->objref.sreg, set->key_length, set, &key);
	buffer_printf(out, "%s map ", buffer_text(&key.text));
	set_reference_text(out, text->host, set, expr->objref.set_name, key.types, key.n_types);
	buffer_release(&key.text);
	return said;
}

static bool dynset_key_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	const struct set *set = expr->dynset.set;
	struct key_text key = {.says_shifts = true};
	bool said = set && key_text(text, expr->dynset.sreg_key, set->key_length, set, &key);

	buffer_puts(out, buffer_text(&key.text));
	buffer_release(&key.text);
	return said;
}

/* What a map is told to give for the key: each part of it in a register of its own. */
static bool dynset_data_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	struct value_type types[KEY_FIELDS_MAX] = {{TYPE_INTEGER, false, 0, 0}};
	unsigned n_types = expr->dynset.set ? set_data_types(expr->dynset.set, types) : 0;
	int reg = expr->dynset.sreg_data;

	for (unsigned i = 0; i < (n_types ? n_types : 1); i++) {
		buffer_puts(out, i ? " . " : " : ");
		if (!register_text(text, out, reg, &types[i]))
			return false;
		reg += (int)(types[i].bits + 31) / 32 * 4;
	}
	return true;
}

static bool dynset_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	static const char *const ops[] = {"add", "update", "delete"};
	const struct set *set = expr->dynset.set;
	bool meter = set && (set->flags & NFT_SET_ANONYMOUS) && expr->dynset.n_exprs;

	if (expr->dynset.op >= ARRAY_SIZE(ops))
		return false;
	if (meter)
		buffer_printf(out, "meter %s size %u { ", expr->dynset.set_name, set->size);
	else
		buffer_printf(out, "%s @%s { ", ops[expr->dynset.op], expr->dynset.set_name);
	if (!dynset_key_text(text, out, expr))
		return false;
	if (expr->dynset.timeout) {
		buffer_puts(out, " timeout ");
		duration_text(out, expr->dynset.timeout);
	}
	for (size_t i = 0; i < expr->dynset.n_exprs; i++) {
		buffer_puts(out, " ");
		if (!statement_text(text, out, &expr->dynset.exprs[i]))
			return false;
	}
	if (expr->dynset.sreg_data >= 0 && !dynset_data_text(text, out, expr))
		return false;
	buffer_puts(out, " }");
	return true;
}

static bool queue_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	const struct value_type number = {TYPE_INTEGER, true, 32, 0};
	const char *separator = " flags ";

	buffer_puts(out, "queue");
	if (expr->queue.flags & NFT_QUEUE_FLAG_BYPASS) {
		buffer_printf(out, "%sbypass", separator);
		separator = ",";
	}
	if (expr->queue.flags & NFT_QUEUE_FLAG_CPU_FANOUT)
		buffer_printf(out, "%sfanout", separator);
	buffer_puts(out, " to ");
	if (expr->queue.sreg >= 0)
		return register_text(text, out, expr->queue.sreg, &number);
	buffer_printf(out, "%u", expr->queue.num);
	if (expr->queue.total > 1)
		buffer_printf(out, "-%u", expr->queue.num + expr->queue.total - 1);
	return true;
}

static bool synproxy_text(struct buffer *out, const struct expr *expr)
{
	/* NF_SYNPROXY_OPT_* of nf_synproxy.h */
	enum { MSS = 1, WSCALE = 2, SACK = 4, TIMESTAMP = 8 };

	buffer_puts(out, "synproxy");
	if (expr->synproxy.flags & MSS)
		buffer_printf(out, " mss %u", expr->synproxy.mss);
	if (expr->synproxy.flags & WSCALE)
		buffer_printf(out, " wscale %u", expr->synproxy.wscale);
	buffer_puts(out, expr->synproxy.flags & TIMESTAMP ? " timestamp" : "");
	buffer_puts(out, expr->synproxy.flags & SACK ? " sack-perm" : "");
	return true;
}

/* A chain without a name belongs to the rule that jumps to it; it holds no jump to another. */
static void verdict_statement_text(const struct nft_text *text, struct buffer *out,
				   const struct verdict *verdict)
{
	const struct chain *chain = verdict->target;

	if (text->is_inner || !chain || !(chain->flags & NFT_CHAIN_BINDING)) {
		verdict_text(out, verdict);
		return;
	}
	buffer_puts(out, verdict->code == VERDICT_GOTO ? "goto {" : "jump {");
	for (size_t i = 0; i < chain->n_rules; i++) {
		buffer_puts(out, i ? "; " : " ");
		inner_rule_text(out, chain->rules[i], text->host);
	}
	buffer_puts(out, " }");
}

bool statement_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_CONNLIMIT:
		buffer_printf(out, "ct count %s%u", expr->connlimit.over ? "over " : "",
			      expr->connlimit.count);
		return true;
	case EXPR_COUNTER: buffer_puts(out, "counter"); return true;
	case EXPR_CT_SET: return set_ct_text(text, out, expr);
	case EXPR_DUP:
	case EXPR_FWD: return copy_text(text, out, expr);
	case EXPR_DYNSET: return dynset_text(text, out, expr);
	case EXPR_EXTHDR: return set_option_text(text, out, expr);
	case EXPR_FLOW_OFFLOAD:
		buffer_printf(out, "flow add @%s", expr->flow_offload.table);
		return true;
	case EXPR_LAST: buffer_puts(out, "last"); return true;
	case EXPR_LIMIT: return limit_text(out, expr);
	case EXPR_LOG: return log_text(out, expr);
	case EXPR_MASQ: return nat_text(text, out, expr, "masquerade");
	case EXPR_META_SET: return set_meta_text(text, out, expr);
	case EXPR_NAT:
		return nat_text(text, out, expr, expr->nat.type == NFT_NAT_SNAT ? "snat" : "dnat");
	case EXPR_NOTRACK: buffer_puts(out, "notrack"); return true;
	case EXPR_OBJREF: return object_text(text, out, expr);
	case EXPR_PAYLOAD_SET: return set_payload_text(text, out, expr);
	case EXPR_QUEUE: return queue_text(text, out, expr);
	case EXPR_QUOTA: return quota_text(out, expr);
	case EXPR_REDIR: return nat_text(text, out, expr, "redirect");
	case EXPR_REJECT: return reject_text(text, out, expr);
	case EXPR_SYNPROXY: return synproxy_text(out, expr);
	case EXPR_TPROXY: return tproxy_text(text, out, expr);
	case EXPR_IMMEDIATE:
		if (!expr->immediate.data.is_verdict)
			return false;
		verdict_statement_text(text, out, &expr->immediate.data.verdict);
		return true;
	default: return false;
	}
}
