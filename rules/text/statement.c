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

static void nat_flags_text(struct buffer *out, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {{NF_NAT_RANGE_PROTO_RANDOM, "random"},
		     {NF_NAT_RANGE_PROTO_RANDOM_FULLY, "fully-random"},
		     {NF_NAT_RANGE_PERSISTENT, "persistent"}};
	const char *separator = " ";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(flags & words[i].flag))
			continue;
		buffer_printf(out, "%s%s", separator, words[i].word);
		separator = ",";
	}
}

static bool is_immediate(const struct nft_text *text, int reg)
{
	const struct load *load = load_of(&text->registers, reg);

	return load && load->source->kind == EXPR_IMMEDIATE;
}

/* A map to "address . port" fills the port's register as well. */
static bool is_address_port_map(const struct nft_text *text, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->nat.addr_min);
	struct value_type types[KEY_FIELDS_MAX];
	const struct set *set;

	if (!load || load->source->kind != EXPR_LOOKUP || load->n_steps)
		return false;
	set = load->source->lookup.set;
	return set && set_types(set->data_type, types) > 1;
}

/* A range of addresses that is a whole network. */
static bool nat_prefix_text(struct nft_text *text, struct buffer *out, const struct expr *expr,
			    const struct value_type *type)
{
	const struct load *min = load_of(&text->registers, expr->nat.addr_min);
	const struct load *max = load_of(&text->registers, expr->nat.addr_max);
	struct value from, to;
	int prefix;

	if (!min || !max || min->source->kind != EXPR_IMMEDIATE ||
	    max->source->kind != EXPR_IMMEDIATE)
		return false;
	from = value_of(type, min->source->immediate.data.value);
	to = value_of(type, max->source->immediate.data.value);
	prefix = value_range_prefix(&from, &to);
	if (prefix < 0 || expr->nat.addr_min == expr->nat.addr_max)
		return false;
	text->used[expr->nat.addr_min / 4] = text->used[expr->nat.addr_max / 4] = true;
	value_text(out, text->host, type->type, &from);
	buffer_printf(out, "/%d", prefix);
	return true;
}

static bool nat_address_text(struct nft_text *text, struct buffer *out, const struct expr *expr,
			     bool brackets)
{
	bool v6 = expr->nat.family == NFPROTO_IPV6;
	struct value_type type = {v6 ? TYPE_IP6ADDR : TYPE_IPADDR, false, v6 ? 128 : 32};
	const char *open = "", *close = "";

	if (!brackets && nat_prefix_text(text, out, expr, &type))
		return true;
	if (brackets && v6 && is_immediate(text, expr->nat.addr_min)) {
		open = "[";
		close = "]";
	}
	buffer_puts(out, open);
	if (!register_text(text, out, expr->nat.addr_min, &type))
		return false;
	buffer_puts(out, close);
	if (expr->nat.addr_max < 0 || expr->nat.addr_max == expr->nat.addr_min ||
	    !load_of(&text->registers, expr->nat.addr_max))
		return true;
	buffer_printf(out, "-%s", open);
	if (!register_text(text, out, expr->nat.addr_max, &type))
		return false;
	buffer_puts(out, close);
	return true;
}

static bool nat_ports_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	const struct value_type type = {TYPE_SERVICE, false, 16};

	buffer_puts(out, ":");
	if (!register_text(text, out, expr->nat.proto_min, &type))
		return false;
	if (expr->nat.proto_max < 0 || expr->nat.proto_max == expr->nat.proto_min)
		return true;
	buffer_puts(out, "-");
	return register_text(text, out, expr->nat.proto_max, &type);
}

static bool nat_text(struct nft_text *text, struct buffer *out, const struct expr *expr,
		     const char *verb)
{
	bool both = is_address_port_map(text, expr);
	bool ports = expr->nat.proto_min >= 0 && !both;
	bool addresses = expr->nat.addr_min >= 0;

	buffer_puts(out, verb);
	if (addresses || ports) {
		if (expr->kind == EXPR_NAT && (text->headers.family == NFPROTO_INET || both ||
					       expr->nat.flags & NF_NAT_RANGE_NETMAP))
			buffer_puts(out, expr->nat.family == NFPROTO_IPV6 ? " ip6" : " ip");
		if (expr->nat.flags & NF_NAT_RANGE_NETMAP)
			buffer_puts(out, " prefix");
		buffer_puts(out, " to ");
	}
	if (addresses && !nat_address_text(text, out, expr, ports))
		return false;
	if (ports) {
		pieces_fix(text);
		if (!nat_ports_text(text, out, expr))
			return false;
	}
	nat_flags_text(out, expr->nat.flags);
	return true;
}

static bool tproxy_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	bool v6 = expr->tproxy.family == NFPROTO_IPV6;
	const struct value_type address = {v6 ? TYPE_IP6ADDR : TYPE_IPADDR, false, v6 ? 128 : 32};
	const struct value_type port = {TYPE_SERVICE, false, 16};
	bool brackets = v6 && is_immediate(text, expr->tproxy.reg_addr);

	buffer_puts(out, "tproxy");
	if (text->headers.family == NFPROTO_INET && expr->tproxy.family != NFPROTO_UNSPEC)
		buffer_puts(out, v6 ? " ip6" : " ip");
	buffer_puts(out, " to ");
	if (expr->tproxy.reg_addr >= 0) {
		buffer_puts(out, brackets ? "[" : "");
		if (!register_text(text, out, expr->tproxy.reg_addr, &address))
			return false;
		buffer_puts(out, brackets ? "]" : "");
	}
	if (expr->tproxy.reg_port < 0)
		return true;
	pieces_fix(text);
	buffer_puts(out, ":");
	return register_text(text, out, expr->tproxy.reg_port, &port);
}

static bool set_meta_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	struct value_type type = {};

	if (!meta_key_text(out, expr->meta.key, &type))
		return false;
	buffer_puts(out, " set ");
	return register_text(text, out, expr->meta.reg, &type);
}

static bool set_ct_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->ct.reg);
	struct value_type type = {};

	if (!ct_key_text(out, &text->headers, expr->ct.key, expr->ct.direction, &type))
		return false;
	buffer_puts(out, " set ");
	if (expr->ct.key == NFT_CT_EVENTMASK && load && load->source->kind == EXPR_IMMEDIATE) {
		struct value value = value_of(&type, load->source->immediate.data.value);

		text->used[expr->ct.reg / 4] = true;
		value_flags_text(out, type.type, value_number(&value), ",");
		return true;
	}
	return register_text(text, out, expr->ct.reg, &type);
}

/* A field that is no whole number of bytes is written by loading its bytes and mixing it in. */
static bool set_bits_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->payload_set.sreg);
	unsigned total = expr->payload_set.length * 8, first = 0, last;
	struct value_type type = {};
	const struct expr *step;
	struct value mask, value;
	const struct header_field *field;

	if (!load || load->source->kind != EXPR_PAYLOAD || load->n_steps != 1)
		return false;
	step = load->steps[0];
	if (step->kind != EXPR_BITWISE || step->bitwise.op != NFT_BITWISE_BOOL)
		return false;
	mask = value_of(&type, step->bitwise.mask);
	while (first < total && mask.bytes[first / 8] & (0x80 >> first % 8))
		first++;
	last = first;
	while (last < total && !(mask.bytes[last / 8] & (0x80 >> last % 8)))
		last++;
	field = header_find(&text->headers, expr->payload_set.base,
			    expr->payload_set.offset * 8 + first, last - first);
	if (!field)
		return false;
	value = value_of(&type, step->bitwise.xor);
	value = value_shift_right(&value, total - last);
	text->used[expr->payload_set.sreg / 4] = true;
	buffer_printf(out, "%s %s set ", text->headers.at[expr->payload_set.base]->name,
		      field->name);
	implied_drop(text, text->headers.at[expr->payload_set.base], field);
	value_text(out, text->host, field->type, &value);
	return true;
}

static bool set_payload_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	unsigned base = expr->payload_set.base, offset = expr->payload_set.offset * 8;
	unsigned bits = expr->payload_set.length * 8;
	const struct header_field *field = header_find(&text->headers, base, offset, bits);
	struct value_type type = {};

	if (!field && set_bits_text(text, out, expr))
		return true;
	payload_text(out, &text->headers, base, offset, bits, &type);
	if (field)
		implied_drop(text, text->headers.at[base] ? text->headers.at[base] : &header_th,
			     field);
	buffer_puts(out, " set ");
	return register_text(text, out, expr->payload_set.sreg, &type);
}

/* "tcp option maxseg size set 1400", or "reset tcp option sack-perm": turned into padding. */
static bool set_option_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	struct value_type type = {};

	if (expr->exthdr.sreg < 0) {
		buffer_puts(out, "reset ");
		return exthdr_option_text(out, expr);
	}
	if (!exthdr_text(out, expr, &type))
		return false;
	implied_drop_at(text, exthdr_base(expr));
	buffer_puts(out, " set ");
	return register_text(text, out, expr->exthdr.sreg, &type);
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
	struct key_text key = {};
	bool said = set && key_text(text, expr->dynset.sreg_key, set->key_length, set, &key);

	buffer_puts(out, buffer_text(&key.text));
	buffer_release(&key.text);
	return said;
}

static bool dynset_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	static const char *const ops[] = {"add", "update", "delete"};
	const struct set *set = expr->dynset.set;
	bool meter = set && (set->flags & NFT_SET_ANONYMOUS) && expr->dynset.n_exprs;

	if (expr->dynset.op >= ARRAY_SIZE(ops))
		return false;
	if (meter)
		buffer_printf(out, "meter %s { ", expr->dynset.set_name);
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
	if (expr->dynset.sreg_data >= 0) {
		struct value_type types[KEY_FIELDS_MAX];
		unsigned n_types = set ? set_types(set->data_type, types) : 0;
		struct value_type type = {TYPE_INTEGER, false, 0, 0};

		if (n_types > 1)
			return false;
		if (n_types)
			type = types[0];
		buffer_puts(out, " : ");
		if (!register_text(text, out, expr->dynset.sreg_data, &type))
			return false;
	}
	buffer_puts(out, " }");
	return true;
}

static bool queue_text(struct buffer *out, const struct expr *expr)
{
	const char *separator = " flags ";

	if (expr->queue.sreg >= 0)
		return false;
	buffer_puts(out, "queue");
	if (expr->queue.flags & NFT_QUEUE_FLAG_BYPASS) {
		buffer_printf(out, "%sbypass", separator);
		separator = ",";
	}
	if (expr->queue.flags & NFT_QUEUE_FLAG_CPU_FANOUT)
		buffer_printf(out, "%sfanout", separator);
	buffer_printf(out, " to %u", expr->queue.num);
	if (expr->queue.total > 1)
		buffer_printf(out, "-%u", expr->queue.num + expr->queue.total - 1);
	return true;
}

static bool copy_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	bool v6 = text->headers.at[BASE_NETWORK] == &header_ip6;
	const struct value_type address = {v6 ? TYPE_IP6ADDR : TYPE_IPADDR, false, v6 ? 128 : 32};
	const struct value_type device = {TYPE_IFINDEX, true, 32};
	const char *to = " to ";

	buffer_puts(out, expr->kind == EXPR_DUP ? "dup" : "fwd");
	if (expr->dup.sreg_addr >= 0) {
		if (expr->kind == EXPR_FWD)
			buffer_puts(out, v6 ? " ip6" : " ip");
		buffer_puts(out, to);
		to = " device ";
		if (!register_text(text, out, expr->dup.sreg_addr, &address))
			return false;
	}
	if (expr->dup.sreg_dev < 0)
		return true;
	buffer_puts(out, to);
	return register_text(text, out, expr->dup.sreg_dev, &device);
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
	case EXPR_QUEUE: return queue_text(out, expr);
	case EXPR_QUOTA: return quota_text(out, expr);
	case EXPR_REDIR: return nat_text(text, out, expr, "redirect");
	case EXPR_REJECT: return reject_text(text, out, expr);
	case EXPR_SYNPROXY: return synproxy_text(out, expr);
	case EXPR_TPROXY: return tproxy_text(text, out, expr);
	case EXPR_IMMEDIATE:
		if (!expr->immediate.data.is_verdict)
			return false;
		verdict_text(out, &expr->immediate.data.verdict);
		return true;
	default: return false;
	}
}
