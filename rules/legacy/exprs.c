/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/arena.h"
#include "rules/draft.h"
#include "rules/legacy/entry.h"

/*
 * A rule's tests as nf_tables expressions, in the forms that iptables-nft uses, so that evaluator
 * and text know them already. Two addresses, two interfaces and the fragment are up to three
 * expressions each, a protocol is two.
 */
enum { MOST_NATIVE = 3 * 5 + 2 };

static void compare(struct draft *draft, const void *value, size_t length, bool not_equal)
{
	draft_compare(draft, not_equal ? NFT_CMP_NEQ : NFT_CMP_EQ, value, length);
}

/* How many bytes of 0xff the mask begins with, if nothing but zeros follows; else -1. */
static int whole_bytes(const uint8_t *mask, size_t length)
{
	size_t whole = 0;

	while (whole < length && mask[whole] == 0xff)
		whole++;
	for (size_t i = whole; i < length; i++)
		if (mask[i])
			return -1;
	return (int)whole;
}

static bool any(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return true;
	return false;
}

/*
 * IPv4 compares what the mask leaves of the packet's address with the whole address of the rule,
 * IPv6 the masked parts of both (ip_packet_match(), ipv6_masked_addr_cmp()).
 */
static void add_address(struct draft *draft, const struct legacy_address *address, uint32_t offset,
			size_t length)
{
	uint8_t value[sizeof(address->address)];

	for (size_t i = 0; i < length; i++)
		value[i] =
			length == 4 ? address->address[i] : address->address[i] & address->mask[i];
	if (!address->invert && !any(address->mask, length) && !any(value, length))
		return;
	draft_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, offset, length);
	if (whole_bytes(address->mask, length) != (int)length)
		draft_mask(draft, address->mask, length);
	compare(draft, value, length, address->invert);
}

/* A name is compared with its NUL, "eth+" without (ifname_compare_aligned()). */
static void add_interface(struct draft *draft, const struct legacy_interface *interface,
			  uint32_t key)
{
	int length = whole_bytes(interface->mask, IFNAMSIZ);
	uint8_t name[IFNAMSIZ];

	if (length == 0 && !interface->invert)
		return;
	draft_meta(draft, key);
	if (length > 0) {
		compare(draft, interface->name, (size_t)length, interface->invert);
		return;
	}
	for (size_t i = 0; i < IFNAMSIZ; i++)
		name[i] = interface->name[i] & interface->mask[i];
	draft_mask(draft, interface->mask, IFNAMSIZ);
	compare(draft, name, IFNAMSIZ, interface->invert);
}

static void add_fragment(struct draft *draft, bool inverted)
{
	enum { FRAGMENT_OFFSET = 6 };
	static const uint8_t mask[] = {0x1f, 0xff}, none[] = {0, 0};

	draft_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, FRAGMENT_OFFSET, sizeof(mask));
	draft_mask(draft, mask, sizeof(mask));
	compare(draft, none, sizeof(none), !inverted);
}

static void add_header_tests(struct draft *draft, const struct legacy_entry *entry)
{
	bool v6 = entry->family == NFPROTO_IPV6;
	size_t length = v6 ? 16 : 4;
	uint32_t source = v6 ? 8 : 12;

	add_address(draft, &entry->source, source, length);
	add_address(draft, &entry->dest, source + (uint32_t)length, length);
	add_interface(draft, &entry->in, NFT_META_IIFNAME);
	add_interface(draft, &entry->out, NFT_META_OIFNAME);
	if (entry->protocol) {
		draft_meta(draft, NFT_META_L4PROTO);
		compare(draft, &entry->protocol, 1, entry->protocol_inverted);
	}
	if (entry->fragment)
		add_fragment(draft, entry->fragment_inverted);
}

/* The match at @at; its length, or 0 if it is none. */
static size_t read_match(const struct legacy_entry *entry, size_t at, struct xt_entry_match *ret)
{
	if (entry->target - at < sizeof(*ret))
		return 0;
	memcpy(ret, entry->bytes.data + at, sizeof(*ret));
	if (ret->u.match_size < sizeof(*ret) || ret->u.match_size > entry->target - at)
		return 0;
	return ret->u.match_size;
}

static size_t count_matches(const struct legacy_entry *entry)
{
	struct xt_entry_match head;
	size_t count = 0, length;

	for (size_t at = entry->matches; at < entry->target; at += length, count++) {
		length = read_match(entry, at, &head);
		if (!length)
			break;
	}
	return count;
}

static const char *extension_name(struct draft *draft, const char *name)
{
	char text[XT_EXTENSION_MAXNAMELEN + 1] = {};

	memcpy(text, name, XT_EXTENSION_MAXNAMELEN);
	return arena_strdup(draft->arena, text);
}

static bool add_matches(struct draft *draft, const struct legacy_entry *entry)
{
	struct xt_entry_match head;
	size_t length;

	for (size_t at = entry->matches; at < entry->target; at += length) {
		length = read_match(entry, at, &head);
		if (!length)
			return false;
		struct expr *expr = draft_add(draft, EXPR_XT_MATCH, "match");
		expr->xt.name = extension_name(draft, head.u.user.name);
		expr->xt.revision = head.u.user.revision;
		expr->xt.info = (struct bytes){entry->bytes.data + at + sizeof(head),
					       length - sizeof(head)};
	}
	return true;
}

static void add_target(struct draft *draft, const struct legacy_entry *entry)
{
	struct xt_entry_target head;
	struct expr *expr = draft_add(draft, EXPR_XT_TARGET, "target");

	memcpy(&head, entry->bytes.data + entry->target, sizeof(head));
	expr->xt.name = extension_name(draft, head.u.user.name);
	expr->xt.revision = head.u.user.revision;
	expr->xt.info = legacy_target_info(entry);
}

bool legacy_entry_exprs(struct arena *arena, const struct legacy_entry *entry,
			struct expr **ret_exprs, size_t *ret_n_exprs)
{
	size_t most = MOST_NATIVE + count_matches(entry) + 3; /* counter, target, verdict */
	struct draft draft = {.arena = arena,
			      .exprs = arena_array(arena, most, sizeof(*draft.exprs))};
	struct expr *counter;
	bool whole;

	add_header_tests(&draft, entry);
	whole = add_matches(&draft, entry);
	counter = draft_add(&draft, EXPR_COUNTER, "counter");
	counter->counter.packets = entry->packets;
	counter->counter.bytes = entry->byte_count;
	if (entry->target_name[0])
		add_target(&draft, entry);
	*ret_exprs = draft.exprs;
	*ret_n_exprs = draft.count;
	return whole;
}
