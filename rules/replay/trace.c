/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/trace.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

enum { TCP_FLAGS = 13, V4_PROTOCOL = 9, V6_NEXT_HEADER = 6 };

static uint32_t be32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ? ntohl(mnl_attr_get_u32(attr))
								  : 0;
}

static int code_of(const struct nlattr *verdict)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, verdict) {
		if (mnl_attr_get_type(attr) != NFTA_VERDICT_CODE)
			continue;
		int32_t code = (int32_t)be32(attr);
		/* The queue's number is in the upper half of a verdict that is none of nf_tables'. */
		return code < 0 && code >= VERDICT_RETURN ? code : code & NF_VERDICT_MASK;
	}
	return VERDICT_CONTINUE;
}

static void take_network(const struct nlattr *attr, struct trace_event *ret)
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);
	size_t length = mnl_attr_get_payload_len(attr);

	if (length > V4_PROTOCOL && bytes[0] >> 4 == 4)
		ret->protocol = bytes[V4_PROTOCOL];
	else if (length > V6_NEXT_HEADER && bytes[0] >> 4 == 6)
		ret->protocol = bytes[V6_NEXT_HEADER];
	ret->has_packet = true;
}

static void take_transport(const struct nlattr *attr, struct trace_event *ret)
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);
	size_t length = mnl_attr_get_payload_len(attr);

	if (length < 4)
		return;
	ret->source_port = (uint16_t)(bytes[0] << 8 | bytes[1]);
	ret->destination_port = (uint16_t)(bytes[2] << 8 | bytes[3]);
	if (length > TCP_FLAGS)
		ret->flags = bytes[TCP_FLAGS];
}

static const char *name_in(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ? NULL : mnl_attr_get_str(attr);
}

static void take_attr(const struct nlattr *attr, struct trace_event *ret)
{
	uint64_t handle;

	switch (mnl_attr_get_type(attr)) {
	case NFTA_TRACE_TABLE: ret->table = name_in(attr); break;
	case NFTA_TRACE_CHAIN: ret->chain = name_in(attr); break;
	case NFTA_TRACE_RULE_HANDLE:
		if (mnl_attr_get_payload_len(attr) != sizeof(handle))
			break;
		memcpy(&handle, mnl_attr_get_payload(attr), sizeof(handle));
		ret->handle = be64toh(handle);
		break;
	case NFTA_TRACE_VERDICT: ret->code = code_of(attr); break;
	case NFTA_TRACE_POLICY: ret->code = (int)be32(attr); break;
	case NFTA_TRACE_ID: ret->id = be32(attr); break;
	case NFTA_TRACE_IIF: ret->incoming = true; break;
	case NFTA_TRACE_NETWORK_HEADER: take_network(attr, ret); break;
	case NFTA_TRACE_TRANSPORT_HEADER: take_transport(attr, ret); break;
	default: break;
	}
}

bool trace_parse(const struct nlmsghdr *message, struct trace_event *ret)
{
	const struct nfgenmsg *about = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*about))
		return false;
	*ret = (struct trace_event){.family = about->nfgen_family, .code = VERDICT_CONTINUE};
	mnl_attr_for_each (attr, message, sizeof(*about))
		take_attr(attr, ret);
	return ret->table && ret->chain;
}

static int packet_of(const struct trace_event *event)
{
	if (event->protocol == IPPROTO_UDP)
		return event->incoming ? REPLY_IN : INVITATION_OUT;
	if (event->protocol != IPPROTO_TCP)
		return -1;
	if (event->flags & TH_SYN)
		return event->incoming ? SYN_IN : SYNACK_OUT;
	if (event->flags & TH_RST)
		return -1;
	return event->incoming ? DATA_IN : DATA_OUT;
}

static void note_place(struct trace_packet *packet, const struct trace_event *event)
{
	if (strstr(event->chain, "first"))
		packet->arose = true;
	if (!strstr(event->chain, "last"))
		return;
	packet->passed = true;
	if (event->has_packet)
		packet->passed_port = event->destination_port;
}

static int known_packet(struct trace *trace, const struct trace_event *event)
{
	unsigned at = 0;

	while (at < TRACE_IDS && trace->ids[at].id != event->id)
		at++;
	if (event->has_packet) {
		if (at == TRACE_IDS)
			at = trace->next_id++ % TRACE_IDS;
		trace->ids[at].id = event->id;
		trace->ids[at].packet = packet_of(event);
	}
	return at < TRACE_IDS ? trace->ids[at].packet : -1;
}

void trace_take(struct trace *trace, const struct trace_event *event)
{
	int known = known_packet(trace, event);

	if (known < 0)
		return;
	struct trace_packet *packet = &trace->packets[known];
	if (!strcmp(event->table, TRACE_TABLE)) {
		note_place(packet, event);
		return;
	}
	packet->last = (struct trace_step){
		.family = event->family,
		.handle = event->handle,
		.code = event->code,
		.is_set = true,
	};
	snprintf(packet->last.table, sizeof(packet->last.table), "%s", event->table);
	snprintf(packet->last.chain, sizeof(packet->last.chain), "%s", event->chain);
}

void trace_reset(struct trace *trace)
{
	memset(trace->ids, 0, sizeof(trace->ids));
	for (unsigned i = 0; i < TRACE_IDS; i++)
		trace->ids[i].packet = -1;
	memset(trace->packets, 0, sizeof(trace->packets));
}
