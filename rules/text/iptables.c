/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/iptables.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text/load.h"
#include "rules/text/names.h"
#include "rules/text/xt.h"

/*
 * The command line that a rule is turned back into. iptables prints addresses, interfaces and the
 * protocol first, whatever their place among the expressions, then the matches in their order,
 * then the target. All ports and TCP flags of a rule belong to one "-m tcp", at the place where
 * the first of them stood.
 */
struct command {
	uint8_t family;
	struct load_registers registers;
	struct buffer source, dest, in, out, protocol, fragment, matches, target;
	uint8_t l4proto;
	struct xt_ports ports;
	bool has_ports;
	size_t ports_at; /* length of @matches before "-m tcp" */
};

static void command_release(struct command *command)
{
	buffer_release(&command->source);
	buffer_release(&command->dest);
	buffer_release(&command->in);
	buffer_release(&command->out);
	buffer_release(&command->protocol);
	buffer_release(&command->fragment);
	buffer_release(&command->matches);
	buffer_release(&command->target);
}

/* A comparison as iptables makes them: equal or not, of a value under a mask. */
struct comparison {
	const struct load *load;
	uint32_t op;
	struct bytes value;
	struct bytes mask; /* data NULL when there is none */
};

static const char *negation(const struct comparison *comparison)
{
	return comparison->op == NFT_CMP_NEQ ? " !" : "";
}

static bool is_equality(const struct comparison *comparison)
{
	return comparison->op == NFT_CMP_EQ || comparison->op == NFT_CMP_NEQ;
}

static bool address_text(struct command *command, const struct comparison *comparison,
			 const char *option, size_t size, struct buffer *out)
{
	int family = command->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
	struct address address = {.family = family};
	struct address mask = {.family = family};
	char text[ADDRESS_TEXT_SIZE];
	size_t length = comparison->value.length;

	if (!is_equality(comparison) || length > size || out->length)
		return false;
	/* A prefix that ends at a byte is made by loading fewer bytes, any other by a mask. */
	memcpy(address.bytes, comparison->value.data, length);
	memset(mask.bytes, 0xff, length);
	if (comparison->mask.data && comparison->mask.length == length)
		memcpy(mask.bytes, comparison->mask.data, length);
	buffer_printf(out, "%s -%s %s", negation(comparison), option,
		      address_format(&address, text));
	length = out->length;
	xt_mask_text(out, &mask);
	if (out->length == length)
		buffer_printf(out, "/%zu", size * 8);
	return true;
}

static bool fragment_text(struct command *command, const struct comparison *comparison)
{
	static const uint8_t offset_mask[] = {0x1f, 0xff};
	static const uint8_t zero[] = {0, 0};

	if (!is_equality(comparison) || !comparison->mask.data || comparison->mask.length != 2 ||
	    memcmp(comparison->mask.data, offset_mask, 2) || comparison->value.length != 2 ||
	    memcmp(comparison->value.data, zero, 2))
		return false;
	buffer_printf(&command->fragment, "%s -f", comparison->op == NFT_CMP_EQ ? " !" : "");
	return true;
}

static bool protocol_text(struct command *command, const struct comparison *comparison)
{
	const char *name;

	if (!is_equality(comparison) || comparison->value.length != 1 || comparison->mask.data ||
	    command->protocol.length)
		return false;
	name = ip_protocol_name(comparison->value.data[0]);
	buffer_printf(&command->protocol, "%s -p ", negation(comparison));
	if (name && comparison->value.data[0] != 0)
		buffer_puts(&command->protocol, name);
	else
		buffer_printf(&command->protocol, "%u", comparison->value.data[0]);
	if (comparison->op == NFT_CMP_EQ)
		command->l4proto = comparison->value.data[0];
	return true;
}

static bool network_text(struct command *command, const struct expr *payload,
			 const struct comparison *comparison)
{
	bool v6 = command->family == NFPROTO_IPV6;
	size_t size = v6 ? 16 : 4;
	uint32_t source = v6 ? 8 : 12;

	if (payload->payload.offset == source)
		return address_text(command, comparison, "s", size, &command->source);
	if (payload->payload.offset == source + size)
		return address_text(command, comparison, "d", size, &command->dest);
	if (payload->payload.offset == (v6 ? 6 : 9) && payload->payload.length == 1)
		return protocol_text(command, comparison);
	if (!v6 && payload->payload.offset == 6 && payload->payload.length == 2)
		return fragment_text(command, comparison);
	return false;
}

/* Only "-m tcp" and "-m udp" have native forms. */
static bool begin_ports(struct command *command)
{
	if (command->l4proto != IPPROTO_TCP && command->l4proto != IPPROTO_UDP)
		return false;
	if (command->has_ports)
		return true;
	command->has_ports = true;
	command->ports_at = command->matches.length;
	command->ports.source = command->ports.dest = (struct xt_port_range){0, UINT16_MAX};
	return true;
}

static bool limit_port(struct xt_port_range *range, bool *invert, uint32_t op, uint16_t port)
{
	switch (op) {
	case NFT_CMP_NEQ:
	case NFT_CMP_EQ:
		*range = (struct xt_port_range){port, port};
		*invert = op == NFT_CMP_NEQ;
		return true;
	case NFT_CMP_LT:
		if (port == 0)
			return false;
		range->max = port - 1;
		return true;
	case NFT_CMP_LTE: range->max = port; return true;
	case NFT_CMP_GT:
		if (port == UINT16_MAX)
			return false;
		range->min = port + 1;
		return true;
	case NFT_CMP_GTE: range->min = port; return true;
	default: return false;
	}
}

static uint16_t big_endian_16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static bool transport_text(struct command *command, const struct expr *payload,
			   const struct comparison *comparison)
{
	struct xt_ports *ports = &command->ports;
	uint32_t offset = payload->payload.offset;

	if (!begin_ports(command))
		return false;
	if (offset == 13 && payload->payload.length == 1 && command->l4proto == IPPROTO_TCP &&
	    is_equality(comparison) && comparison->value.length == 1) {
		ports->flags_mask = comparison->mask.data ? comparison->mask.data[0] : 0xff;
		ports->flags_value = comparison->value.data[0];
		ports->invert_flags = comparison->op == NFT_CMP_NEQ;
		return true;
	}
	/* Two ports that must both be equal are loaded at once. */
	if (offset == 0 && payload->payload.length == 4 && comparison->op == NFT_CMP_EQ &&
	    comparison->value.length == 4 && !comparison->mask.data)
		return limit_port(&ports->source, &ports->invert_source, NFT_CMP_EQ,
				  big_endian_16(comparison->value.data)) &&
		       limit_port(&ports->dest, &ports->invert_dest, NFT_CMP_EQ,
				  big_endian_16(comparison->value.data + 2));
	if (payload->payload.length != 2 || comparison->value.length != 2 || comparison->mask.data)
		return false;
	if (offset == 0)
		return limit_port(&ports->source, &ports->invert_source, comparison->op,
				  big_endian_16(comparison->value.data));
	if (offset == 2)
		return limit_port(&ports->dest, &ports->invert_dest, comparison->op,
				  big_endian_16(comparison->value.data));
	return false;
}

static bool interface_text(const struct comparison *comparison, const char *option,
			   struct buffer *out)
{
	size_t length = comparison->value.length;
	const char *name = (const char *)comparison->value.data;

	if (!is_equality(comparison) || comparison->mask.data || out->length)
		return false;
	buffer_printf(out, "%s -%s ", negation(comparison), option);
	buffer_add(out, name, strnlen(name, length));
	/* A whole name is compared with its NUL, "eth+" without. */
	if (strnlen(name, length) == length)
		buffer_puts(out, "+");
	return true;
}

static bool mark_text(struct command *command, const struct comparison *comparison)
{
	struct xt_mark mark = {.mask = UINT32_MAX, .invert = comparison->op == NFT_CMP_NEQ};

	if (!is_equality(comparison) || comparison->value.length != 4)
		return false;
	memcpy(&mark.value, comparison->value.data, 4);
	if (comparison->mask.data && comparison->mask.length == 4)
		memcpy(&mark.mask, comparison->mask.data, 4);
	buffer_puts(&command->matches, " -m mark");
	xt_mark_text(&command->matches, &mark);
	return true;
}

static bool meta_text(struct command *command, const struct expr *meta,
		      const struct comparison *comparison)
{
	switch (meta->meta.key) {
	case NFT_META_IIFNAME: return interface_text(comparison, "i", &command->in);
	case NFT_META_OIFNAME: return interface_text(comparison, "o", &command->out);
	case NFT_META_L4PROTO: return protocol_text(command, comparison);
	case NFT_META_MARK: return mark_text(command, comparison);
	default: return false;
	}
}

/* Takes the one mask off the loaded value; no other step is known to iptables. */
static bool take_mask(const struct load *load, struct bytes *ret_mask)
{
	const struct expr *step;

	*ret_mask = (struct bytes){};
	if (load->n_steps == 0)
		return true;
	step = load->steps[0];
	if (load->n_steps > 1 || step->kind != EXPR_BITWISE ||
	    step->bitwise.op != 0 /* NFT_BITWISE_BOOL */ || !step->bitwise.mask.data)
		return false;
	for (size_t i = 0; i < step->bitwise.xor.length; i++) {
		if (step->bitwise.xor.data[i])
			return false;
	}
	*ret_mask = step->bitwise.mask;
	return true;
}

static bool comparison_text(struct command *command, int sreg, uint32_t op, struct bytes value)
{
	struct comparison comparison = {
		.load = load_of(&command->registers, sreg),
		.op = op,
		.value = value,
	};
	const struct expr *source;

	if (!comparison.load || !value.length || !take_mask(comparison.load, &comparison.mask))
		return false;
	source = comparison.load->source;
	if (source->kind == EXPR_META)
		return meta_text(command, source, &comparison);
	if (source->kind != EXPR_PAYLOAD)
		return false;
	if (source->payload.base == NFT_PAYLOAD_NETWORK_HEADER)
		return network_text(command, source, &comparison);
	if (source->payload.base == NFT_PAYLOAD_TRANSPORT_HEADER)
		return transport_text(command, source, &comparison);
	return false;
}

static bool range_text(struct command *command, const struct expr *expr)
{
	const struct load *load = load_of(&command->registers, expr->range.sreg);
	struct xt_ports *ports = &command->ports;
	struct xt_port_range range;
	bool invert = expr->range.op == NFT_RANGE_NEQ;

	if (!load || load->n_steps || load->source->kind != EXPR_PAYLOAD ||
	    load->source->payload.base != NFT_PAYLOAD_TRANSPORT_HEADER ||
	    load->source->payload.length != 2 || expr->range.from.length != 2 ||
	    expr->range.to.length != 2 || !begin_ports(command))
		return false;
	range = (struct xt_port_range){big_endian_16(expr->range.from.data),
				       big_endian_16(expr->range.to.data)};
	if (load->source->payload.offset == 0) {
		ports->source = range;
		ports->invert_source = invert;
		return true;
	}
	if (load->source->payload.offset == 2) {
		ports->dest = range;
		ports->invert_dest = invert;
		return true;
	}
	return false;
}

static bool limit_text(struct command *command, const struct expr *expr)
{
	enum { TICKS = 10000 };
	struct xt_limit limit = {.burst = expr->limit.burst};

	if (expr->limit.over || expr->limit.type != NFT_LIMIT_PKTS || !expr->limit.rate ||
	    expr->limit.unit > 7 * 24 * 3600)
		return false;
	limit.average = (uint32_t)(expr->limit.unit * TICKS / expr->limit.rate);
	buffer_puts(&command->matches, " -m limit");
	xt_limit_text(&command->matches, &limit);
	return true;
}

static bool verdict_text(struct command *command, const struct expr *expr)
{
	const struct verdict *verdict = &expr->immediate.data.verdict;
	const char *chain = verdict->chain ? verdict->chain : "?";

	if (!expr->immediate.data.is_verdict)
		return load_follow(&command->registers, expr);
	switch (verdict->code) {
	case VERDICT_ACCEPT: buffer_puts(&command->target, " -j ACCEPT"); return true;
	case VERDICT_DROP: buffer_puts(&command->target, " -j DROP"); return true;
	case VERDICT_RETURN: buffer_puts(&command->target, " -j RETURN"); return true;
	case VERDICT_JUMP: buffer_printf(&command->target, " -j %s", chain); return true;
	case VERDICT_GOTO: buffer_printf(&command->target, " -g %s", chain); return true;
	default: return false;
	}
}

/* Newer iptables logs to nflog groups by the native expression. */
static bool nflog_text(struct command *command, const struct expr *expr)
{
	if (!expr->log.has_group)
		return false;
	buffer_puts(&command->target, " -j NFLOG");
	if (expr->log.prefix && *expr->log.prefix) {
		buffer_puts(&command->target, " --nflog-prefix");
		xt_string_text(&command->target, expr->log.prefix);
	}
	if (expr->log.group)
		buffer_printf(&command->target, " --nflog-group %d", expr->log.group);
	if (expr->log.has_snaplen)
		buffer_printf(&command->target, " --nflog-size %u", expr->log.snaplen);
	if (expr->log.threshold)
		buffer_printf(&command->target, " --nflog-threshold %u", expr->log.threshold);
	return true;
}

/* What TRACE is made of: the trace bit is set to one. */
static bool trace_text(struct command *command, const struct expr *expr)
{
	const struct load *load = load_of(&command->registers, expr->meta.reg);
	const struct bytes *value;

	if (expr->meta.key != NFT_META_NFTRACE || !load || load->n_steps ||
	    load->source->kind != EXPR_IMMEDIATE)
		return false;
	value = &load->source->immediate.data.value;
	if (value->length < 1 || value->data[0] != 1)
		return false;
	buffer_puts(&command->target, " -j TRACE");
	return true;
}

static bool expression_text(struct command *command, const struct expr *expr)
{
	if (expr->opaque && expr->kind != EXPR_XT_MATCH && expr->kind != EXPR_XT_TARGET)
		return false;
	switch (expr->kind) {
	case EXPR_CMP:
		return comparison_text(command, expr->cmp.sreg, expr->cmp.op, expr->cmp.value);
	case EXPR_RANGE: return range_text(command, expr);
	case EXPR_COUNTER: return true;
	case EXPR_LIMIT: return limit_text(command, expr);
	case EXPR_LOG: return nflog_text(command, expr);
	case EXPR_META_SET: return trace_text(command, expr);
	case EXPR_XT_MATCH: xt_match_text(&command->matches, expr, command->family); return true;
	case EXPR_XT_TARGET: xt_target_text(&command->target, expr, command->family); return true;
	case EXPR_IMMEDIATE: return verdict_text(command, expr);
	case EXPR_PAYLOAD:
	case EXPR_META:
	case EXPR_BITWISE: return load_follow(&command->registers, expr);
	default: return false;
	}
}

static void command_text(struct buffer *out, struct command *command, const struct rule *rule)
{
	struct buffer line = {};

	buffer_puts(&line, buffer_text(&command->source));
	buffer_puts(&line, buffer_text(&command->dest));
	buffer_puts(&line, buffer_text(&command->in));
	buffer_puts(&line, buffer_text(&command->out));
	buffer_puts(&line, buffer_text(&command->protocol));
	buffer_puts(&line, buffer_text(&command->fragment));
	if (command->has_ports) {
		buffer_add(&line, buffer_text(&command->matches), command->ports_at);
		buffer_printf(&line, " -m %s", ip_protocol_name(command->l4proto));
		xt_ports_text(&line, &command->ports);
		buffer_puts(&line, buffer_text(&command->matches) + command->ports_at);
	} else {
		buffer_puts(&line, buffer_text(&command->matches));
	}
	if (rule->comment) {
		buffer_puts(&line, " -m comment --comment");
		xt_string_text(&line, rule->comment);
	}
	buffer_puts(&line, buffer_text(&command->target));
	/* Every part brought its own space ahead. */
	buffer_puts(out, buffer_text(&line) + (line.length > 0));
	buffer_release(&line);
}

bool iptables_rule_text(struct buffer *out, const struct rule *rule)
{
	cleanup(command_release) struct command command = {.family = rule->chain->table->family};

	if (rule->opaque)
		return false;
	for (size_t i = 0; i < rule->n_exprs; i++) {
		if (!expression_text(&command, &rule->exprs[i]))
			return false;
	}
	command_text(out, &command, rule);
	return true;
}
