/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/eval/payload.h"
#include "rules/eval/run.h"

/* One field in a header. The ends of the packet stand for whatever the state holds there now. */
enum { END_SOURCE = FIELDS, END_DEST, END_SOURCE_PORT, END_DEST_PORT };

struct header_part {
	uint8_t offset;
	uint8_t part; /* enum field or one of the ends */
};

static const struct header_part ethernet[] = {
	{0, FIELD_DEST_MAC},
	{6, FIELD_SOURCE_MAC},
	{12, FIELD_ETHERTYPE},
	{14, 0},
};

static const struct header_part ipv4[] = {
	{0, FIELD_VERSION},
	{1, FIELD_TOS},
	{2, FIELD_LENGTH},
	{4, FIELD_ID},
	{6, FIELD_FRAGMENT},
	{8, FIELD_TTL},
	{9, FIELD_PROTOCOL},
	{10, FIELD_IP_CHECKSUM},
	{12, END_SOURCE},
	{16, END_DEST},
	{20, 0},
};

static const struct header_part ipv6[] = {
	{0, FIELD_VERSION}, {4, FIELD_LENGTH}, {6, FIELD_PROTOCOL}, {7, FIELD_TTL}, {8, END_SOURCE},
	{24, END_DEST},     {40, 0},
};

static const struct header_part tcp[] = {
	{0, END_SOURCE_PORT},    {2, END_DEST_PORT},
	{4, FIELD_SEQUENCE},     {8, FIELD_ACKNOWLEDGEMENT},
	{12, FIELD_DATA_OFFSET}, {13, FIELD_TCP_FLAGS},
	{14, FIELD_WINDOW},      {16, FIELD_CHECKSUM},
	{18, FIELD_URGENT},      {20, 0},
};

static const struct header_part udp[] = {
	{0, END_SOURCE_PORT},
	{2, END_DEST_PORT},
	{4, FIELD_UDP_LENGTH},
	{6, FIELD_CHECKSUM},
	{8, 0},
};

struct header {
	const struct header_part *parts;
	size_t n_parts; /* the last one is the end */
};

#define HEADER(parts) ((struct header){parts, ARRAY_SIZE(parts)})

static unsigned header_length(struct header header)
{
	return header.parts[header.n_parts - 1].offset;
}

static struct header network_header(const struct walk *walk)
{
	return walk->facts.ipv6 ? HEADER(ipv6) : HEADER(ipv4);
}

static struct header transport_header(const struct walk *walk)
{
	return walk->facts.tcp ? HEADER(tcp) : HEADER(udp);
}

static enum field field_of(const struct state *state, uint8_t part)
{
	switch (part) {
	case END_SOURCE: return (enum field)state->source;
	case END_DEST: return (enum field)state->dest;
	case END_SOURCE_PORT: return (enum field)state->source_port;
	case END_DEST_PORT: return (enum field)state->dest_port;
	default: return (enum field)part;
	}
}

/* Where a load begins; headers follow one another without gap (no options, no extensions). */
struct cursor {
	struct header headers[3];
	size_t n_headers;
	size_t offset;
};

static bool cursor_set(const struct walk *walk, uint32_t base, uint32_t offset, struct cursor *ret)
{
	*ret = (struct cursor){.offset = offset};
	switch (base) {
	case NFT_PAYLOAD_LL_HEADER:
		ret->headers[ret->n_headers++] = HEADER(ethernet);
		/* fall through */
	case NFT_PAYLOAD_NETWORK_HEADER:
		ret->headers[ret->n_headers++] = network_header(walk);
		/* fall through */
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		ret->headers[ret->n_headers++] = transport_header(walk);
		return true;
	default: return false;
	}
}

/* The header that holds the byte @offset from the cursor's start; reduces *@offset to it. */
static const struct header *header_at(const struct cursor *cursor, size_t *offset)
{
	for (size_t i = 0; i < cursor->n_headers; i++) {
		if (*offset < header_length(cursor->headers[i]))
			return &cursor->headers[i];
		*offset -= header_length(cursor->headers[i]);
	}
	return NULL;
}

static size_t part_at(const struct header *header, size_t offset)
{
	size_t i = 0;

	while (header->parts[i + 1].offset <= offset)
		i++;
	return i;
}

/*
 * Loads field by field; returns false if bytes behind the headers are wanted, of which nothing is
 * known, not even whether they exist.
 */
static bool load(const struct walk *walk, const struct state *state, const struct cursor *cursor,
		 struct registers *registers, int dreg, size_t length)
{
	size_t done = 0;

	while (done < length) {
		size_t offset = cursor->offset + done, i, end, take;
		const struct header *header = header_at(cursor, &offset);
		enum field field;

		if (!header)
			return false;
		i = part_at(header, offset);
		end = header->parts[i + 1].offset;
		take = end - offset < length - done ? end - offset : length - done;
		field = field_of(state, header->parts[i].part);
		registers_load_field(registers, &state->class, dreg + (int)done, field,
				     field_width(field, walk->facts.ipv6),
				     (unsigned)(offset - header->parts[i].offset), take);
		done += take;
	}
	return true;
}

bool payload_read(const struct walk *walk, const struct state *state, uint32_t base,
		  uint32_t offset, struct registers *registers, int dreg, size_t length)
{
	struct cursor cursor;

	return registers_inside(dreg, length) && cursor_set(walk, base, offset, &cursor) &&
	       load(walk, state, &cursor, registers, dreg, length);
}

/*
 * There is a link-layer header on the way in, if the device has one (tunnels have none), and in
 * bridge chains; none yet on the way out of the IP layer.
 */
static bool has_link_header(const struct walk *walk)
{
	const struct host_link *link = walk->facts.input ? walk->in : walk->out;
	enum { TYPE_ETHERNET = 1 };

	if (!link || link->type != TYPE_ETHERNET)
		return false;
	return walk->facts.input || walk->stage == STAGE_BRIDGE_OUTPUT ||
	       walk->stage == STAGE_BRIDGE_POSTROUTING || walk->stage == STAGE_EGRESS;
}

static void load_contents(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_doubtful(run, branch, expr->payload.dreg, expr->payload.length,
			  "the packet's contents");
}

static void load_header(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (payload_read(run->walk, branch->state, expr->payload.base, expr->payload.offset,
			 &branch->registers, expr->payload.dreg, expr->payload.length))
		run_continue(run, branch);
	else
		load_contents(run, branch, expr);
}

static void load_link_header(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (has_link_header(run->walk))
		load_header(run, branch, expr);
	else
		run_break(run, branch);
}

static const char header_how[] =
	"each field as far as it is known of an upload, anything else of it a range; unknown "
	"behind the headers";
static const char contents_how[] = "what the device sends in a packet is not foreseen";

static const struct key payload_rows[] = {
	[NFT_PAYLOAD_LL_HEADER] =
		{"link", load_link_header,
		 DECIDED(BY_PACKET | BY_HOST | BY_NOBODY,
			 "the Ethernet header of what comes in, and in bridges and"
			 " at egress; missing elsewhere and on interfaces without "
			 "one; the device's address as the host knows it")},
	[NFT_PAYLOAD_NETWORK_HEADER] = {"network", load_header,
					DECIDED(BY_PACKET | BY_NOBODY, header_how)},
	[NFT_PAYLOAD_TRANSPORT_HEADER] = {"transport", load_header,
					  DECIDED(BY_PACKET | BY_NOBODY, header_how)},
	[NFT_PAYLOAD_INNER_HEADER] = {"contents", load_contents, DECIDED(BY_NOBODY, contents_how)},
};

const struct keys payload_bases = {
	payload_rows,
	ARRAY_SIZE(payload_rows),
	{"any other", load_contents, DECIDED(BY_NOBODY, "not known to this program (tunnel)")},
};

void eval_payload(struct run *run, struct branch *branch, const struct expr *expr)
{
	key_evaluate(&payload_bases, expr->payload.base, run, branch, expr);
}

void state_rewrite(struct walk *walk, struct state *state, enum field field,
		   struct value_set values)
{
	unsigned bits = 8 * field_width(field, walk->facts.ipv6);
	field_value most = bits >= 128 ? ~(field_value)0 : ((field_value)1 << bits) - 1;

	if (value_set_empty(values))
		values = value_set_range(walk->arena, 0, most);
	state->class.fields[field] = values;
	switch (field) {
	case FIELD_NEW_SOURCE: state->source = FIELD_NEW_SOURCE; break;
	case FIELD_NEW_DEST: state->dest = FIELD_NEW_DEST; break;
	case FIELD_NEW_SOURCE_PORT: state->source_port = FIELD_NEW_SOURCE_PORT; break;
	case FIELD_NEW_DEST_PORT: state->dest_port = FIELD_NEW_DEST_PORT; break;
	default: break;
	}
}

static enum field rewritten(uint8_t part)
{
	switch (part) {
	case END_SOURCE: return FIELD_NEW_SOURCE;
	case END_DEST: return FIELD_NEW_DEST;
	case END_SOURCE_PORT: return FIELD_NEW_SOURCE_PORT;
	case END_DEST_PORT: return FIELD_NEW_DEST_PORT;
	default: return (enum field)part;
	}
}

/* The value if the write covers the field exactly and is known; otherwise anything. */
static struct value_set written(struct run *run, struct branch *branch, const struct expr *expr,
				size_t at, size_t part_start, size_t width)
{
	uint8_t bytes[REGISTER_BYTES];
	field_value value = 0;

	if (part_start < at || part_start + width > at + expr->payload_set.length ||
	    !registers_constant(&branch->registers, &branch->state->class,
				expr->payload_set.sreg + (int)(part_start - at), width, bytes))
		return (struct value_set){};
	for (size_t i = 0; i < width; i++)
		value = value << 8 | bytes[i];
	return walk_single(run->walk, value);
}

static void write_header(struct run *run, struct branch *branch, const struct expr *expr,
			 const struct header *header, size_t at, size_t part);

/* An end that holds the value already is not changed by writing it again. */
static void write_end(struct run *run, struct branch *branch, const struct expr *expr,
		      const struct header *header, size_t at, size_t part, struct value_set values)
{
	struct branch *rest = NULL, *same = NULL;
	struct test test = test_begin(run->walk->arena, &branch->state->class);
	field_value single;

	if (value_set_single(values, &single)) {
		test_add_values(&test, field_of(branch->state, header->parts[part].part), values);
		same = run_split(run, branch, &test, &rest);
		branch = rest;
	}
	if (same)
		write_header(run, same, expr, header, at, part + 1);
	if (!branch)
		return;
	state_rewrite(run->walk, branch->state, rewritten(header->parts[part].part), values);
	branch->state->rewritten = true;
	write_header(run, branch, expr, header, at, part + 1);
}

/* Writes from part number @part on, and continues. */
static void write_header(struct run *run, struct branch *branch, const struct expr *expr,
			 const struct header *header, size_t at, size_t part)
{
	for (size_t i = part; i + 1 < header->n_parts; i++) {
		size_t start = header->parts[i].offset, end = header->parts[i + 1].offset;
		struct value_set values;

		if (end <= at || start >= at + expr->payload_set.length)
			continue;
		values = written(run, branch, expr, at, start, end - start);
		if (header->parts[i].part >= FIELDS) {
			write_end(run, branch, expr, header, at, i, values);
			return;
		}
		state_rewrite(run->walk, branch->state, rewritten(header->parts[i].part), values);
	}
	run_continue(run, branch);
}

/* A write that stays inside one header; anything else could be anything. */
static void set_header(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct cursor cursor;
	size_t offset = expr->payload_set.offset;
	const struct header *header;

	cursor_set(run->walk, expr->payload_set.base, expr->payload_set.offset, &cursor);
	header = header_at(&cursor, &offset);
	if (header && offset + expr->payload_set.length > header_length(*header))
		run_give_up(run, branch, "a rewritten packet");
	else if (header)
		write_header(run, branch, expr, header, offset, 0);
	else
		run_continue(run, branch);
}

/*
 * Packets on their way out of the IP layer have none yet: the rule breaks off (nft_payload_set_eval()).
 * On interfaces without one, kernels differ in what they call a header.
 */
static void set_link_header(struct run *run, struct branch *branch, const struct expr *expr)
{
	enum stage stage = run->walk->stage;

	if (has_link_header(run->walk))
		set_header(run, branch, expr);
	else if (stage == STAGE_OUTPUT || stage == STAGE_POSTROUTING)
		run_break(run, branch);
	else
		run_either(run, branch, "a write to a link header that is not there");
}

/* The payload, of which we know nothing anyway. */
static void set_contents(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_continue(run, branch);
}

static const char rewrite_how[] =
	"the field becomes what is written; anything, if that is not known; a write across the "
	"end of a header: unknown";

static const struct key payload_set_rows[] = {
	[NFT_PAYLOAD_LL_HEADER] =
		{"link", set_link_header,
		 DECIDED(BY_CHANGING | BY_NOBODY,
			 "as of the others; no match on the way out of the IP layer, "
			 "where there is none yet; unknown on interfaces without one")},
	[NFT_PAYLOAD_NETWORK_HEADER] = {"network", set_header,
					DECIDED(BY_CHANGING | BY_NOBODY, rewrite_how)},
	[NFT_PAYLOAD_TRANSPORT_HEADER] = {"transport", set_header,
					  DECIDED(BY_CHANGING | BY_NOBODY, rewrite_how)},
	[NFT_PAYLOAD_INNER_HEADER] = {"contents", set_contents,
				      DECIDED(BY_NATURE,
					      "goes on: nothing is known of them anyway")},
};

const struct keys payload_set_bases = {
	payload_set_rows,
	ARRAY_SIZE(payload_set_rows),
	{"any other", set_contents, DECIDED(BY_NATURE, "goes on")},
};

void eval_payload_set(struct run *run, struct branch *branch, const struct expr *expr)
{
	key_evaluate(&payload_set_bases, expr->payload_set.base, run, branch, expr);
}
