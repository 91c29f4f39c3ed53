/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/exthdr.h"

#include <linux/netfilter/nf_tables.h>

#include "base/buffer.h"
#include "base/cleanup.h"

struct option_field {
	uint8_t type;
	uint8_t offset, length; /* bytes */
	const char *name;
};

static const struct option_field tcp_option_fields[] = {
	{2, 2, 2, "size"},  {3, 2, 1, "count"}, {5, 2, 4, "left"},
	{5, 6, 4, "right"}, {8, 2, 4, "tsval"}, {8, 6, 4, "tsecr"},
};

static const struct option_field ip6_fields[] = {
	{43, 2, 1, "type"}, {43, 3, 1, "seg-left"}, {44, 1, 1, "reserved"},
	{44, 4, 4, "id"},   {135, 2, 1, "type"},
};

static const char *tcp_option_name(uint32_t type)
{
	static const char *const names[] = {
		[0] = "eol",  [1] = "nop",       [2] = "maxseg",  [3] = "window", [4] = "sack-perm",
		[5] = "sack", [8] = "timestamp", [19] = "md5sig", [30] = "mptcp", [34] = "fastopen",
	};

	return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

static const char *ip6_header_name(uint32_t type)
{
	switch (type) {
	case 0: return "hbh";
	case 43: return "rt";
	case 44: return "frag";
	case 60: return "dst";
	case 135: return "mh";
	default: return NULL;
	}
}

static const char *field_name(const struct option_field *fields, size_t n_fields,
			      const struct expr *expr)
{
	static const char *const common[] = {"kind", "length"};
	static const char *const common_ip6[] = {"nexthdr", "hdrlength"};

	for (size_t i = 0; i < n_fields; i++) {
		if (fields[i].type == expr->exthdr.type &&
		    fields[i].offset == expr->exthdr.offset &&
		    fields[i].length == expr->exthdr.length)
			return fields[i].name;
	}
	if (expr->exthdr.offset > 1 || expr->exthdr.length != 1)
		return NULL;
	return (fields == ip6_fields ? common_ip6 : common)[expr->exthdr.offset];
}

static bool tcp_option_text(struct buffer *out, const struct expr *expr, bool present)
{
	const char *name = tcp_option_name(expr->exthdr.type);
	const char *field = field_name(tcp_option_fields, ARRAY_SIZE(tcp_option_fields), expr);

	if (!present && (!field || !name)) {
		buffer_printf(out, "tcp option @%u,%u,%u", expr->exthdr.type,
			      expr->exthdr.offset * 8, expr->exthdr.length * 8);
		return true;
	}
	if (name)
		buffer_printf(out, "tcp option %s", name);
	else
		buffer_printf(out, "tcp option %u", expr->exthdr.type);
	if (!present)
		buffer_printf(out, " %s", field);
	return true;
}

static bool ip6_header_text(struct buffer *out, const struct expr *expr, bool present)
{
	const char *name = ip6_header_name(expr->exthdr.type);
	const char *field = field_name(ip6_fields, ARRAY_SIZE(ip6_fields), expr);

	if (!name || (!present && !field))
		return false;
	if (present)
		buffer_printf(out, "exthdr %s", name);
	else
		buffer_printf(out, "%s %s", name, field);
	return true;
}

bool exthdr_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	bool present = expr->exthdr.flags & NFT_EXTHDR_F_PRESENT;

	*ret_type = (struct value_type){present ? TYPE_BOOLEAN : TYPE_INTEGER, false,
					present ? 8 : expr->exthdr.length * 8, 0};
	/* All headers of IPv6 but the last begin with the protocol of the next. */
	if (!present && expr->exthdr.op == NFT_EXTHDR_OP_IPV6 && expr->exthdr.offset == 0)
		ret_type->type = TYPE_PROTOCOL;
	if (expr->exthdr.op == NFT_EXTHDR_OP_TCPOPT)
		return tcp_option_text(out, expr, present);
	if (expr->exthdr.op == NFT_EXTHDR_OP_IPV6)
		return ip6_header_text(out, expr, present);
	return false;
}
