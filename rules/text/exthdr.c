/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/exthdr.h"

#include <linux/netfilter/nf_tables.h>

#include "base/buffer.h"
#include "base/cleanup.h"

/* An option or extension header; several may share a number and differ by the field read. */
struct option {
	uint8_t op, type; /* NFT_EXTHDR_OP_*, the option's own number */
	struct header header;
};

/* Options of TCP. */
static const struct header_field kind_fields[] = {
	{"kind", 0, 8, TYPE_INTEGER, -1},
};

static const struct header_field kind_length_fields[] = {
	{"kind", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
};

static const struct header_field maxseg_fields[] = {
	{"kind", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
	{"size", 16, 16, TYPE_INTEGER, -1},
};

static const struct header_field window_fields[] = {
	{"kind", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
	{"count", 16, 8, TYPE_INTEGER, -1},
};

static const struct header_field sack_fields[] = {
	{"kind", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
	{"left", 16, 32, TYPE_INTEGER, -1},
	{"right", 48, 32, TYPE_INTEGER, -1},
};

static const struct header_field sack1_fields[] = {
	{"left", 80, 32, TYPE_INTEGER, -1},
	{"right", 112, 32, TYPE_INTEGER, -1},
};

static const struct header_field sack2_fields[] = {
	{"left", 144, 32, TYPE_INTEGER, -1},
	{"right", 176, 32, TYPE_INTEGER, -1},
};

static const struct header_field sack3_fields[] = {
	{"left", 208, 32, TYPE_INTEGER, -1},
	{"right", 240, 32, TYPE_INTEGER, -1},
};

static const struct header_field timestamp_fields[] = {
	{"kind", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
	{"tsval", 16, 32, TYPE_INTEGER, -1},
	{"tsecr", 48, 32, TYPE_INTEGER, -1},
};

static const struct header_field mptcp_fields[] = {
	{"kind", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
	{"subtype", 16, 4, TYPE_INTEGER, -1},
};

/* Options of IPv4. */
static const struct header_field route_option_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
	{"ptr", 16, 8, TYPE_INTEGER, -1},
	{"addr", 24, 32, TYPE_INTEGER, -1},
};

static const struct header_field router_alert_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"length", 8, 8, TYPE_INTEGER, -1},
	{"value", 16, 16, TYPE_INTEGER, -1},
};

/* Extension headers of IPv6. */
static const struct header_field next_length_fields[] = {
	{"nexthdr", 0, 8, TYPE_PROTOCOL, -1},
	{"hdrlength", 8, 8, TYPE_INTEGER, -1},
};

static const struct header_field routing_fields[] = {
	{"nexthdr", 0, 8, TYPE_PROTOCOL, -1},
	{"hdrlength", 8, 8, TYPE_INTEGER, -1},
	{"type", 16, 8, TYPE_INTEGER, -1},
	{"seg-left", 24, 8, TYPE_INTEGER, -1},
};

static const struct header_field segment_routing_fields[] = {
	{"last-entry", 32, 8, TYPE_INTEGER, -1}, {"flags", 40, 8, TYPE_INTEGER, -1},
	{"tag", 48, 16, TYPE_INTEGER, -1},       {"sid[1]", 64, 128, TYPE_IP6ADDR, -1},
	{"sid[2]", 192, 128, TYPE_IP6ADDR, -1},
};

static const struct header_field source_route_fields[] = {
	{"reserved", 32, 32, TYPE_INTEGER, -1},
};

static const struct header_field fragment_fields[] = {
	{"nexthdr", 0, 8, TYPE_PROTOCOL, -1},        {"reserved", 8, 8, TYPE_INTEGER, -1},
	{"frag-off", 16, 13, TYPE_INTEGER, -1},      {"reserved2", 29, 2, TYPE_INTEGER, -1},
	{"more-fragments", 31, 1, TYPE_INTEGER, -1}, {"id", 32, 32, TYPE_INTEGER, -1},
};

static const struct header_field mobility_fields[] = {
	{"nexthdr", 0, 8, TYPE_PROTOCOL, -1},   {"hdrlength", 8, 8, TYPE_INTEGER, -1},
	{"type", 16, 8, TYPE_MH_TYPE, -1},      {"reserved", 24, 8, TYPE_INTEGER, -1},
	{"checksum", 32, 16, TYPE_INTEGER, -1},
};

/* Chunks of SCTP. */
static const struct header_field chunk_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},
};

static const struct header_field chunk_data_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},     {"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1}, {"tsn", 32, 32, TYPE_INTEGER, -1},
	{"stream", 64, 16, TYPE_INTEGER, -1}, {"ssn", 80, 16, TYPE_INTEGER, -1},
	{"ppid", 96, 32, TYPE_INTEGER, -1},
};

static const struct header_field chunk_init_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},
	{"init-tag", 32, 32, TYPE_INTEGER, -1},
	{"a-rwnd", 64, 32, TYPE_INTEGER, -1},
	{"num-outbound-streams", 96, 16, TYPE_INTEGER, -1},
	{"num-inbound-streams", 112, 16, TYPE_INTEGER, -1},
	{"initial-tsn", 128, 32, TYPE_INTEGER, -1},
};

static const struct header_field chunk_sack_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},
	{"cum-tsn-ack", 32, 32, TYPE_INTEGER, -1},
	{"a-rwnd", 64, 32, TYPE_INTEGER, -1},
	{"num-gap-ack-blocks", 96, 16, TYPE_INTEGER, -1},
	{"num-dup-tsns", 112, 16, TYPE_INTEGER, -1},
};

static const struct header_field chunk_shutdown_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},
	{"cum-tsn-ack", 32, 32, TYPE_INTEGER, -1},
};

static const struct header_field chunk_lowest_tsn_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},
	{"lowest-tsn", 32, 32, TYPE_INTEGER, -1},
};

static const struct header_field chunk_asconf_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},
	{"seqno", 32, 32, TYPE_INTEGER, -1},
};

static const struct header_field chunk_forward_fields[] = {
	{"type", 0, 8, TYPE_INTEGER, -1},
	{"flags", 8, 8, TYPE_INTEGER, -1},
	{"length", 16, 16, TYPE_INTEGER, -1},
	{"new-cum-tsn", 32, 32, TYPE_INTEGER, -1},
};

#define OPTION(op, type, text, array)                                                              \
	{                                                                                          \
		op, type,                                                                          \
		{                                                                                  \
			text, BASES, NULL, array##_fields, ARRAY_SIZE(array##_fields)              \
		}                                                                                  \
	}
#define TCP(type, text, array)  OPTION(NFT_EXTHDR_OP_TCPOPT, type, "tcp option " text, array)
#define IP(type, text, array)   OPTION(NFT_EXTHDR_OP_IPV4, type, "ip option " text, array)
#define IP6(type, text, array)  OPTION(NFT_EXTHDR_OP_IPV6, type, text, array)
#define SCTP(type, text, array) OPTION(NFT_EXTHDR_OP_SCTP, type, "sctp chunk " text, array)

static const struct option options[] = {
	TCP(0, "eol", kind),
	TCP(1, "nop", kind),
	TCP(2, "maxseg", maxseg),
	TCP(3, "window", window),
	TCP(4, "sack-perm", kind_length),
	TCP(5, "sack", sack),
	TCP(5, "sack1", sack1),
	TCP(5, "sack2", sack2),
	TCP(5, "sack3", sack3),
	TCP(8, "timestamp", timestamp),
	TCP(19, "md5sig", kind_length),
	TCP(30, "mptcp", mptcp),
	TCP(34, "fastopen", kind_length),
	IP(131, "lsrr", route_option),
	IP(7, "rr", route_option),
	IP(137, "ssrr", route_option),
	IP(148, "ra", router_alert),
	IP6(0, "hbh", next_length),
	IP6(43, "rt", routing),
	IP6(43, "srh", segment_routing),
	IP6(43, "rt0", source_route),
	IP6(44, "frag", fragment),
	IP6(60, "dst", next_length),
	IP6(135, "mh", mobility),
	SCTP(0, "data", chunk_data),
	SCTP(1, "init", chunk_init),
	SCTP(2, "init-ack", chunk_init),
	SCTP(3, "sack", chunk_sack),
	SCTP(4, "heartbeat", chunk),
	SCTP(5, "heartbeat-ack", chunk),
	SCTP(6, "abort", chunk),
	SCTP(7, "shutdown", chunk_shutdown),
	SCTP(8, "shutdown-ack", chunk),
	SCTP(9, "error", chunk),
	SCTP(10, "cookie-echo", chunk),
	SCTP(11, "cookie-ack", chunk),
	SCTP(12, "ecne", chunk_lowest_tsn),
	SCTP(13, "cwr", chunk_lowest_tsn),
	SCTP(14, "shutdown-complete", chunk),
	SCTP(128, "asconf-ack", chunk_asconf),
	SCTP(192, "forward-tsn", chunk_forward),
	SCTP(193, "asconf", chunk_asconf),
};

static const struct option *find_option(const struct expr *expr)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].op == expr->exthdr.op && options[i].type == expr->exthdr.type)
			return &options[i];
	}
	return NULL;
}

const struct header_field *exthdr_field(const struct expr *expr, unsigned offset, unsigned bits,
					const struct header **ret_header)
{
	const struct option *end = options + ARRAY_SIZE(options);

	for (const struct option *option = find_option(expr);
	     option && option < end && option->op == expr->exthdr.op &&
	     option->type == expr->exthdr.type;
	     option++) {
		const struct header *header = &option->header;

		for (size_t i = 0; i < header->n_fields; i++) {
			if (header->fields[i].offset != offset || header->fields[i].bits != bits)
				continue;
			*ret_header = header;
			return &header->fields[i];
		}
	}
	return NULL;
}

unsigned exthdr_base(const struct expr *expr)
{
	switch (expr->exthdr.op) {
	case NFT_EXTHDR_OP_TCPOPT: return BASE_TRANSPORT;
	case NFT_EXTHDR_OP_IPV4:
	case NFT_EXTHDR_OP_IPV6: return BASE_NETWORK;
	default: return BASES;
	}
}

bool exthdr_option_text(struct buffer *out, const struct expr *expr)
{
	const struct option *option = find_option(expr);

	if (option)
		buffer_puts(out, option->header.name);
	else if (expr->exthdr.op == NFT_EXTHDR_OP_TCPOPT)
		buffer_printf(out, "tcp option %u", expr->exthdr.type);
	else
		return false;
	return true;
}

bool exthdr_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	unsigned offset = expr->exthdr.offset * 8, bits = expr->exthdr.length * 8;
	const struct header_field *field;
	const struct header *header;

	if (expr->exthdr.flags & NFT_EXTHDR_F_PRESENT) {
		*ret_type = (struct value_type){TYPE_BOOLEAN, false, 8, 0};
		buffer_puts(out, expr->exthdr.op == NFT_EXTHDR_OP_IPV6 ? "exthdr " : "");
		return exthdr_option_text(out, expr);
	}
	field = exthdr_field(expr, offset, bits, &header);
	*ret_type = (struct value_type){field ? field->type : TYPE_INTEGER, false, bits, 0};
	if (field)
		buffer_printf(out, "%s %s", header->name, field->name);
	else if (expr->exthdr.op == NFT_EXTHDR_OP_TCPOPT)
		buffer_printf(out, "tcp option @%u,%u,%u", expr->exthdr.type, offset, bits);
	else
		return false;
	return true;
}
