/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/operand.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text/exthdr.h"

struct key {
	const char *name;
	enum data_type type;
	uint8_t bits;
	bool big_endian;
};

static const struct key meta_keys[] = {
	[NFT_META_LEN] = {"meta length", TYPE_INTEGER, 32},
	[NFT_META_PROTOCOL] = {"meta protocol", TYPE_ETHERTYPE, 16, true},
	[NFT_META_PRIORITY] = {"meta priority", TYPE_CLASSID, 32},
	[NFT_META_MARK] = {"meta mark", TYPE_MARK, 32},
	[NFT_META_IIF] = {"iif", TYPE_IFINDEX, 32},
	[NFT_META_OIF] = {"oif", TYPE_IFINDEX, 32},
	[NFT_META_IIFNAME] = {"iifname", TYPE_IFNAME, 128},
	[NFT_META_OIFNAME] = {"oifname", TYPE_IFNAME, 128},
	[NFT_META_IIFTYPE] = {"meta iiftype", TYPE_ARPHRD, 16},
	[NFT_META_OIFTYPE] = {"meta oiftype", TYPE_ARPHRD, 16},
	[NFT_META_SKUID] = {"meta skuid", TYPE_UID, 32},
	[NFT_META_SKGID] = {"meta skgid", TYPE_GID, 32},
	[NFT_META_NFTRACE] = {"meta nftrace", TYPE_INTEGER, 8},
	[NFT_META_RTCLASSID] = {"meta rtclassid", TYPE_REALM, 32},
	[NFT_META_SECMARK] = {"meta secmark", TYPE_INTEGER, 32},
	[NFT_META_NFPROTO] = {"meta nfproto", TYPE_NFPROTO, 8},
	[NFT_META_L4PROTO] = {"meta l4proto", TYPE_PROTOCOL, 8},
	[NFT_META_BRI_IIFNAME] = {"meta ibrname", TYPE_IFNAME, 128},
	[NFT_META_BRI_OIFNAME] = {"meta obrname", TYPE_IFNAME, 128},
	[NFT_META_PKTTYPE] = {"meta pkttype", TYPE_PKTTYPE, 8},
	[NFT_META_CPU] = {"meta cpu", TYPE_INTEGER, 32},
	[NFT_META_IIFGROUP] = {"iifgroup", TYPE_DEVGROUP, 32},
	[NFT_META_OIFGROUP] = {"oifgroup", TYPE_DEVGROUP, 32},
	[NFT_META_CGROUP] = {"meta cgroup", TYPE_INTEGER, 32},
	[NFT_META_PRANDOM] = {"meta random", TYPE_INTEGER, 32, true},
	[NFT_META_SECPATH] = {"meta ipsec", TYPE_BOOLEAN, 8},
	[NFT_META_IIFKIND] = {"meta iifkind", TYPE_IFNAME, 128},
	[NFT_META_OIFKIND] = {"meta oifkind", TYPE_IFNAME, 128},
	[NFT_META_BRI_IIFPVID] = {"meta ibrpvid", TYPE_INTEGER, 16},
	[NFT_META_BRI_IIFVPROTO] = {"meta ibrvproto", TYPE_ETHERTYPE, 16, true},
	[NFT_META_TIME_NS] = {"meta time", TYPE_TIME_DATE, 64},
	[NFT_META_TIME_DAY] = {"meta day", TYPE_TIME_DAY, 8},
	[NFT_META_TIME_HOUR] = {"meta hour", TYPE_TIME_HOUR, 32},
	[NFT_META_SDIF] = {"meta sdif", TYPE_IFINDEX, 32},
	[NFT_META_SDIFNAME] = {"meta sdifname", TYPE_IFNAME, 128},
};

static const struct key ct_keys[] = {
	[NFT_CT_STATE] = {"state", TYPE_CT_STATE, 32},
	[NFT_CT_DIRECTION] = {"direction", TYPE_CT_DIR, 8},
	[NFT_CT_STATUS] = {"status", TYPE_CT_STATUS, 32},
	[NFT_CT_MARK] = {"mark", TYPE_MARK, 32},
	[NFT_CT_SECMARK] = {"secmark", TYPE_INTEGER, 32},
	[NFT_CT_EXPIRATION] = {"expiration", TYPE_TIME, 32},
	[NFT_CT_HELPER] = {"helper", TYPE_STRING, 128},
	[NFT_CT_L3PROTOCOL] = {"l3proto", TYPE_NFPROTO, 8},
	[NFT_CT_SRC] = {"saddr", TYPE_NONE, 0, true},
	[NFT_CT_DST] = {"daddr", TYPE_NONE, 0, true},
	[NFT_CT_PROTOCOL] = {"protocol", TYPE_PROTOCOL, 8, true},
	[NFT_CT_PROTO_SRC] = {"proto-src", TYPE_SERVICE, 16, true},
	[NFT_CT_PROTO_DST] = {"proto-dst", TYPE_SERVICE, 16, true},
	[NFT_CT_LABELS] = {"label", TYPE_CT_LABEL, 128},
	[NFT_CT_PKTS] = {"packets", TYPE_INTEGER, 64},
	[NFT_CT_BYTES] = {"bytes", TYPE_INTEGER, 64},
	[NFT_CT_AVGPKT] = {"avgpkt", TYPE_INTEGER, 64},
	[NFT_CT_ZONE] = {"zone", TYPE_INTEGER, 16},
	[NFT_CT_EVENTMASK] = {"event", TYPE_CT_EVENT, 32},
	[NFT_CT_SRC_IP] = {"ip saddr", TYPE_IPADDR, 32, true},
	[NFT_CT_DST_IP] = {"ip daddr", TYPE_IPADDR, 32, true},
	[NFT_CT_SRC_IP6] = {"ip6 saddr", TYPE_IP6ADDR, 128, true},
	[NFT_CT_DST_IP6] = {"ip6 daddr", TYPE_IP6ADDR, 128, true},
	[NFT_CT_ID] = {"id", TYPE_INTEGER, 32, true},
};

static struct value_type key_type(const struct key *key)
{
	return (struct value_type){key->type, !key->big_endian, key->bits};
}

bool meta_key_text(struct buffer *out, uint32_t key, struct value_type *ret_type)
{
	if (key >= ARRAY_SIZE(meta_keys) || !meta_keys[key].name)
		return false;
	buffer_puts(out, meta_keys[key].name);
	*ret_type = key_type(&meta_keys[key]);
	return true;
}

bool ct_key_text(struct buffer *out, const struct headers *headers, uint32_t key, int direction,
		 struct value_type *ret_type)
{
	if (key >= ARRAY_SIZE(ct_keys) || !ct_keys[key].name)
		return false;
	bool v6 = headers->at[BASE_NETWORK] == &header_ip6;
	bool address = key == NFT_CT_SRC || key == NFT_CT_DST;

	buffer_puts(out, "ct ");
	if (direction >= 0)
		buffer_puts(out, direction ? "reply " : "original ");
	if (address && headers->at[BASE_NETWORK])
		buffer_puts(out, v6 ? "ip6 " : "ip ");
	buffer_puts(out, ct_keys[key].name);
	*ret_type = key_type(&ct_keys[key]);
	if (address) {
		ret_type->type = v6 ? TYPE_IP6ADDR : TYPE_IPADDR;
		ret_type->bits = v6 ? 128 : 32;
	}
	return true;
}

void payload_text(struct buffer *out, const struct headers *headers, unsigned base, unsigned offset,
		  unsigned bits, struct value_type *ret_type)
{
	static const char *const bases[] = {"ll", "nh", "th", "ih"};
	struct place place;

	if (header_find(headers, base, offset, bits, &place)) {
		buffer_printf(out, "%s %s", place.header->name, place.field->name);
		*ret_type = (struct value_type){place.field->type, false, bits};
		return;
	}
	buffer_printf(out, "@%s,%u,%u", base < BASES ? bases[base] : "?", offset, bits);
	*ret_type = (struct value_type){TYPE_NONE, false, bits};
}

static void fib_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	static const char *const flags[] = {"saddr", "daddr", "mark", "iif", "oif"};
	static const char *const results[] = {"unknown", "oif", "oifname", "type"};
	const char *separator = "fib ";

	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!(expr->fib.flags & 1u << i))
			continue;
		buffer_printf(out, "%s%s", separator, flags[i]);
		separator = " . ";
	}
	buffer_printf(out, " %s",
		      expr->fib.result < ARRAY_SIZE(results) ? results[expr->fib.result] : "?");
	if (expr->fib.flags & NFTA_FIB_F_PRESENT)
		*ret_type = (struct value_type){TYPE_BOOLEAN, true, 8};
	else if (expr->fib.result == NFT_FIB_RESULT_OIFNAME)
		*ret_type = (struct value_type){TYPE_IFNAME, true, 128};
	else if (expr->fib.result == NFT_FIB_RESULT_OIF)
		*ret_type = (struct value_type){TYPE_IFINDEX, true, 32};
	else
		*ret_type = (struct value_type){TYPE_FIB_ADDR, true, 32};
}

static bool rt_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	static const struct key keys[] = {
		[NFT_RT_CLASSID] = {"classid", TYPE_REALM, 32},
		[NFT_RT_NEXTHOP4] = {"ip nexthop", TYPE_IPADDR, 32, true},
		[NFT_RT_NEXTHOP6] = {"ip6 nexthop", TYPE_IP6ADDR, 128, true},
		[NFT_RT_TCPMSS] = {"mtu", TYPE_INTEGER, 16},
		[NFT_RT_XFRM] = {"ipsec", TYPE_BOOLEAN, 8},
	};

	if (expr->rt.key >= ARRAY_SIZE(keys))
		return false;
	buffer_printf(out, "rt %s", keys[expr->rt.key].name);
	*ret_type = key_type(&keys[expr->rt.key]);
	return true;
}

static bool socket_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	static const struct key keys[] = {
		[NFT_SOCKET_TRANSPARENT] = {"transparent", TYPE_INTEGER, 8},
		[NFT_SOCKET_MARK] = {"mark", TYPE_MARK, 32},
		[NFT_SOCKET_WILDCARD] = {"wildcard", TYPE_INTEGER, 8},
		[NFT_SOCKET_CGROUPV2] = {"cgroupv2", TYPE_CGROUPV2, 64},
	};

	if (expr->socket.key >= ARRAY_SIZE(keys))
		return false;
	buffer_printf(out, "socket %s", keys[expr->socket.key].name);
	if (expr->socket.key == NFT_SOCKET_CGROUPV2)
		buffer_printf(out, " level %u", expr->socket.level);
	*ret_type = key_type(&keys[expr->socket.key]);
	return true;
}

static void numgen_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	buffer_printf(out, "numgen %s mod %u",
		      expr->numgen.type == NFT_NG_RANDOM ? "random" : "inc", expr->numgen.modulus);
	if (expr->numgen.offset)
		buffer_printf(out, " offset %u", expr->numgen.offset);
	*ret_type = (struct value_type){TYPE_INTEGER, true, 32};
}

static void osf_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	/* NF_OSF_TTL_* of nf_osf.h: strict, the default, has no word of its own. */
	static const char *const ttls[] = {"", "ttl loose ", "ttl skip "};

	buffer_printf(out, "osf %s%s", expr->osf.ttl < ARRAY_SIZE(ttls) ? ttls[expr->osf.ttl] : "",
		      expr->osf.flags & NFT_OSF_F_VERSION ? "version" : "name");
	*ret_type = (struct value_type){TYPE_STRING, true, 128};
}

static bool xfrm_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type)
{
	static const struct key keys[] = {
		[NFT_XFRM_KEY_DADDR_IP4] = {"ip daddr", TYPE_IPADDR, 32, true},
		[NFT_XFRM_KEY_DADDR_IP6] = {"ip6 daddr", TYPE_IP6ADDR, 128, true},
		[NFT_XFRM_KEY_SADDR_IP4] = {"ip saddr", TYPE_IPADDR, 32, true},
		[NFT_XFRM_KEY_SADDR_IP6] = {"ip6 saddr", TYPE_IP6ADDR, 128, true},
		[NFT_XFRM_KEY_REQID] = {"reqid", TYPE_INTEGER, 32},
		[NFT_XFRM_KEY_SPI] = {"spi", TYPE_INTEGER, 32, true},
	};
	static const char *const directions[] = {"in", "out"};

	if (expr->xfrm.key >= ARRAY_SIZE(keys) || !keys[expr->xfrm.key].name ||
	    expr->xfrm.direction >= ARRAY_SIZE(directions))
		return false;
	buffer_printf(out, "ipsec %s ", directions[expr->xfrm.direction]);
	if (expr->xfrm.index)
		buffer_printf(out, "spnum %u ", expr->xfrm.index);
	buffer_puts(out, keys[expr->xfrm.key].name);
	*ret_type = key_type(&keys[expr->xfrm.key]);
	return true;
}

bool source_text(struct buffer *out, const struct headers *headers, const struct expr *source,
		 struct value_type *ret_type)
{
	if (source->opaque)
		return false;
	switch (source->kind) {
	case EXPR_PAYLOAD:
		payload_text(out, headers, source->payload.base, source->payload.offset * 8,
			     source->payload.length * 8, ret_type);
		return true;
	case EXPR_META: return meta_key_text(out, source->meta.key, ret_type);
	case EXPR_CT:
		return ct_key_text(out, headers, source->ct.key, source->ct.direction, ret_type);
	case EXPR_FIB: fib_text(out, source, ret_type); return true;
	case EXPR_RT: return rt_text(out, source, ret_type);
	case EXPR_SOCKET: return socket_text(out, source, ret_type);
	case EXPR_NUMGEN: numgen_text(out, source, ret_type); return true;
	case EXPR_EXTHDR: return exthdr_text(out, source, ret_type);
	case EXPR_OSF: osf_text(out, source, ret_type); return true;
	case EXPR_XFRM: return xfrm_text(out, source, ret_type);
	default: return false;
	}
}

/* nft's operators, the tightest first. */
enum binding { BINDS_NOTHING, BINDS_SHIFT, BINDS_AND, BINDS_XOR, BINDS_OR };

void mask_text(struct buffer *out, enum data_type type, const struct value *mask)
{
	uint64_t bits = value_number(mask);
	bool several = type_is_bitmask(type) && (bits & (bits - 1));

	buffer_puts(out, several ? "(" : "");
	value_text(out, NULL, type, mask);
	buffer_puts(out, several ? ")" : "");
}

/*
 * (value & mask) ^ xor, told apart into what a person wrote: bits that the mask clears and xor sets
 * are "| bits", bits that the mask keeps and xor turns are "^ bits".
 */
static enum binding boolean_text(struct buffer *out, const struct expr *step,
				 const struct value_type *type)
{
	struct value mask = value_of(type, step->bitwise.mask);
	struct value turn = value_of(type, step->bitwise.xor);
	struct value keep = mask, set = turn, flip = turn;
	bool keeps_all = true;
	enum binding last = BINDS_NOTHING;

	for (size_t i = 0; i < mask.length && i < turn.length; i++) {
		set.bytes[i] = turn.bytes[i] & (uint8_t)~mask.bytes[i];
		flip.bytes[i] = turn.bytes[i] & mask.bytes[i];
		keep.bytes[i] = mask.bytes[i] | set.bytes[i];
		keeps_all = keeps_all && keep.bytes[i] == 0xff;
	}
	if (!keeps_all) {
		buffer_puts(out, " & ");
		mask_text(out, type->type, &keep);
		last = BINDS_AND;
	}
	if (!value_is_zero(&flip)) {
		buffer_puts(out, " ^ ");
		mask_text(out, type->type, &flip);
		last = BINDS_XOR;
	}
	if (!value_is_zero(&set)) {
		buffer_puts(out, " | ");
		value_text(out, NULL, type->type, &set);
		last = BINDS_OR;
	}
	return last;
}

/* Puts what was said from @start on into parentheses. */
static void enclose(struct buffer *out, size_t start)
{
	char *inner = xstrdup(out->data + start);

	out->length = start;
	buffer_printf(out, "(%s)", inner);
	free(inner);
}

/* Which of them boolean_text() writes first. */
static enum binding first_operator(const struct expr *step)
{
	const struct bytes *mask = &step->bitwise.mask, *turn = &step->bitwise.xor ;
	enum binding first = BINDS_OR;

	if (step->bitwise.op != NFT_BITWISE_BOOL)
		return BINDS_SHIFT;
	for (size_t i = 0; i < mask->length && i < turn->length; i++) {
		if ((mask->data[i] | turn->data[i]) != 0xff)
			return BINDS_AND;
		if (mask->data[i] & turn->data[i])
			first = BINDS_XOR;
	}
	return first;
}

void steps_text(struct buffer *out, size_t start, const struct load *load, unsigned n_steps,
		const struct value_type *type)
{
	enum binding last = BINDS_NOTHING;

	for (unsigned i = 0; i < n_steps; i++) {
		const struct expr *step = load->steps[i];
		uint32_t shift = 0;

		if (step->kind != EXPR_BITWISE)
			continue;
		if (first_operator(step) < last)
			enclose(out, start);
		if (step->bitwise.op == NFT_BITWISE_BOOL) {
			last = boolean_text(out, step, type);
			continue;
		}
		last = BINDS_SHIFT;
		if (step->bitwise.shift.length == sizeof(shift))
			memcpy(&shift, step->bitwise.shift.data, sizeof(shift));
		buffer_printf(out, " %s %u", step->bitwise.op == NFT_BITWISE_LSHIFT ? "<<" : ">>",
			      shift);
	}
}
