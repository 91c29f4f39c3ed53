/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements that send a packet elsewhere. */
#include "rules/text/nft_private.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"

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

static void family_text(struct buffer *out, uint32_t family)
{
	if (family == NFPROTO_IPV4 || family == NFPROTO_IPV6)
		buffer_puts(out, family == NFPROTO_IPV6 ? " ip6" : " ip");
}

/* The map that the addresses come from; NULL if they do not. */
static const struct set *address_map(const struct nft_text *text, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->nat.addr_min);

	return load && load->source->kind == EXPR_LOOKUP && !load->n_steps
		       ? load->source->lookup.set
		       : NULL;
}

/* A map to "address . port" fills the port's register as well. */
static bool is_address_port_map(const struct nft_text *text, const struct expr *expr)
{
	const struct set *map = address_map(text, expr);
	struct value_type types[KEY_FIELDS_MAX];

	return map && set_types(map->data_type, types) > 1;
}

/* Of those, nft says the family. */
static bool is_special_map(const struct nft_text *text, const struct expr *expr)
{
	const struct set *map = address_map(text, expr);

	return is_address_port_map(text, expr) || (map && set_data_is_interval(map));
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

bool nat_text(struct nft_text *text, struct buffer *out, const struct expr *expr, const char *verb)
{
	bool both = is_address_port_map(text, expr);
	bool ports = expr->nat.proto_min >= 0 && !both;
	bool addresses = expr->nat.addr_min >= 0;

	buffer_puts(out, verb);
	if (addresses || ports) {
		if (expr->kind == EXPR_NAT &&
		    (text->headers.family == NFPROTO_INET || is_special_map(text, expr) ||
		     expr->nat.flags & NF_NAT_RANGE_NETMAP))
			family_text(out, expr->nat.family);
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

bool tproxy_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
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

bool copy_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
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
