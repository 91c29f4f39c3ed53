/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/legacy/entry.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

static void take_address(struct legacy_address *ret, const void *address, const void *mask,
			 size_t length, bool invert)
{
	memcpy(ret->address, address, length);
	memcpy(ret->mask, mask, length);
	ret->invert = invert;
}

static void take_interface(struct legacy_interface *ret, const void *name, const void *mask,
			   bool invert)
{
	memcpy(ret->name, name, IFNAMSIZ);
	memcpy(ret->mask, mask, IFNAMSIZ);
	ret->invert = invert;
}

/* ip_packet_match() is what these fields are for. */
static void read_ip(const struct ipt_entry *raw, struct legacy_entry *ret)
{
	const struct ipt_ip *ip = &raw->ip;
	uint8_t invert = ip->invflags;

	take_address(&ret->source, &ip->src, &ip->smsk, 4, invert & IPT_INV_SRCIP);
	take_address(&ret->dest, &ip->dst, &ip->dmsk, 4, invert & IPT_INV_DSTIP);
	take_interface(&ret->in, ip->iniface, ip->iniface_mask, invert & IPT_INV_VIA_IN);
	take_interface(&ret->out, ip->outiface, ip->outiface_mask, invert & IPT_INV_VIA_OUT);
	ret->protocol = (uint8_t)ip->proto;
	ret->protocol_inverted = invert & IPT_INV_PROTO;
	ret->fragment = ip->flags & IPT_F_FRAG;
	ret->fragment_inverted = invert & IPT_INV_FRAG;
	ret->is_goto = ip->flags & IPT_F_GOTO;
	ret->opaque = (ip->flags & ~IPT_F_MASK) || (invert & ~IPT_INV_MASK) ||
		      (invert & IPT_INV_TOS) || ip->proto > UINT8_MAX ||
		      (ret->fragment_inverted && !ret->fragment);
}

/* ip6_packet_match(): the protocol counts only with its flag; 0 is "all". */
static void read_ip6(const struct ip6t_entry *raw, struct legacy_entry *ret)
{
	const struct ip6t_ip6 *ip = &raw->ipv6;
	uint8_t invert = ip->invflags;

	take_address(&ret->source, &ip->src, &ip->smsk, 16, invert & IP6T_INV_SRCIP);
	take_address(&ret->dest, &ip->dst, &ip->dmsk, 16, invert & IP6T_INV_DSTIP);
	take_interface(&ret->in, ip->iniface, ip->iniface_mask, invert & IP6T_INV_VIA_IN);
	take_interface(&ret->out, ip->outiface, ip->outiface_mask, invert & IP6T_INV_VIA_OUT);
	ret->protocol = ip->flags & IP6T_F_PROTO ? (uint8_t)ip->proto : 0;
	ret->protocol_inverted = invert & IP6T_INV_PROTO;
	ret->is_goto = ip->flags & IP6T_F_GOTO;
	ret->opaque = (ip->flags & ~(IP6T_F_PROTO | IP6T_F_GOTO)) || (invert & ~IP6T_INV_MASK) ||
		      (invert & (IP6T_INV_TOS | IP6T_INV_FRAG)) || ip->proto > UINT8_MAX;
}

/* The numbers that say how the entry lies in the table. */
struct frame {
	size_t head, target, next;
	struct xt_counters counters;
};

static void read_frame_4(const uint8_t *bytes, struct legacy_entry *ret, struct frame *frame)
{
	struct ipt_entry raw;

	memcpy(&raw, bytes, sizeof(raw));
	*frame = (struct frame){sizeof(raw), raw.target_offset, raw.next_offset, raw.counters};
	read_ip(&raw, ret);
}

static void read_frame_6(const uint8_t *bytes, struct legacy_entry *ret, struct frame *frame)
{
	struct ip6t_entry raw;

	memcpy(&raw, bytes, sizeof(raw));
	*frame = (struct frame){sizeof(raw), raw.target_offset, raw.next_offset, raw.counters};
	read_ip6(&raw, ret);
}

static bool read_target(struct legacy_entry *entry)
{
	struct xt_entry_target head;
	size_t space = entry->bytes.length - entry->target;

	if (space < sizeof(head))
		return false;
	memcpy(&head, entry->bytes.data + entry->target, sizeof(head));
	if (head.u.target_size < sizeof(head) || head.u.target_size > space)
		return false;
	memcpy(entry->target_name, head.u.user.name, sizeof(head.u.user.name));
	entry->target_name[sizeof(head.u.user.name)] = '\0';
	return true;
}

bool legacy_entry_read(struct bytes table, size_t offset, uint8_t family, struct legacy_entry *ret)
{
	bool v6 = family == NFPROTO_IPV6;
	size_t head = v6 ? sizeof(struct ip6t_entry) : sizeof(struct ipt_entry);
	struct frame frame;

	*ret = (struct legacy_entry){.offset = offset, .family = family};
	if (offset > table.length || table.length - offset < head)
		return false;
	v6 ? read_frame_6(table.data + offset, ret, &frame)
	   : read_frame_4(table.data + offset, ret, &frame);
	if (frame.target < head || frame.next < frame.target || frame.next > table.length - offset)
		return false;
	ret->bytes = (struct bytes){table.data + offset, frame.next};
	ret->matches = head;
	ret->target = frame.target;
	ret->packets = frame.counters.pcnt;
	ret->byte_count = frame.counters.bcnt;
	return read_target(ret);
}

struct bytes legacy_target_info(const struct legacy_entry *entry)
{
	struct xt_entry_target head;

	memcpy(&head, entry->bytes.data + entry->target, sizeof(head));
	return (struct bytes){entry->bytes.data + entry->target + sizeof(head),
			      head.u.target_size - sizeof(head)};
}

bool legacy_standard_verdict(const struct legacy_entry *entry, int *ret_verdict)
{
	struct bytes info = legacy_target_info(entry);

	if (entry->target_name[0] || info.length < sizeof(*ret_verdict))
		return false;
	memcpy(ret_verdict, info.data, sizeof(*ret_verdict));
	return true;
}

static bool all_zero(const void *data, size_t length)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

static bool tests_address(const struct legacy_address *address)
{
	return address->invert || !all_zero(address->mask, sizeof(address->mask)) ||
	       !all_zero(address->address, sizeof(address->address));
}

static bool tests_interface(const struct legacy_interface *interface)
{
	return interface->invert || !all_zero(interface->mask, sizeof(interface->mask));
}

bool legacy_unconditional(const struct legacy_entry *entry)
{
	return !entry->opaque && entry->matches == entry->target &&
	       !tests_address(&entry->source) && !tests_address(&entry->dest) &&
	       !tests_interface(&entry->in) && !tests_interface(&entry->out) && !entry->protocol &&
	       !entry->fragment;
}
