/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/flow_packet.h"

#include <linux/if_ether.h>

#include "base/arena.h"
#include "base/cleanup.h"

struct packet_facts flow_packet_facts(enum flow_packet packet, bool ipv6)
{
	bool tcp = packet >= SYN_IN;

	return (struct packet_facts){
		.packet = packet,
		.ipv6 = ipv6,
		.tcp = tcp,
		.input = packet == REPLY_IN || packet == SYN_IN || packet == DATA_IN,
		.first = packet == INVITATION_OUT || packet == SYN_IN,
		.original = packet == INVITATION_OUT || packet == SYN_IN || packet == DATA_IN,
		.origin_source = tcp ? FIELD_DEVICE_ADDRESS : FIELD_HOST_ADDRESS,
		.origin_dest = tcp ? FIELD_HOST_ADDRESS : FIELD_DEVICE_ADDRESS,
		.origin_source_port = tcp ? FIELD_DEVICE_PORT : FIELD_HOST_UDP_PORT,
		.origin_dest_port = tcp ? FIELD_HOST_PORT : FIELD_OTA_PORT,
	};
}

static void set(struct walk *walk, struct state *state, enum field field, field_value first,
		field_value last)
{
	state->class.fields[field] = value_set_range(walk->arena, first, last);
}

static void set_one(struct walk *walk, struct state *state, enum field field, field_value value)
{
	set(walk, state, field, value, value);
}

static void set_listed(struct walk *walk, struct state *state, enum field field,
		       const uint16_t *values, size_t count)
{
	struct interval intervals[16];

	for (size_t i = 0; i < count; i++)
		intervals[i] = (struct interval){values[i], values[i]};
	state->class.fields[field] = value_set_of(walk->arena, intervals, count);
}

static field_value number_of(const uint8_t *bytes, size_t length)
{
	field_value number = 0;

	for (size_t i = 0; i < length; i++)
		number = number << 8 | bytes[i];
	return number;
}

struct value_set flow_packet_devices(struct arena *arena, const struct flow_question *question)
{
	const struct cidr *cidr = &question->device;
	unsigned bits = 8 * (unsigned)address_length(&cidr->address);
	unsigned host_bits = bits - cidr->prefix;
	field_value first = number_of(cidr->address.bytes, bits / 8);
	field_value span = host_bits >= 128 ? ~(field_value)0 : ((field_value)1 << host_bits) - 1;

	return value_set_range(arena, first, first | span);
}

/* The ends of the flow, which stay the same from packet to packet. */
static void set_ends(struct walk *walk, struct state *state)
{
	const struct flow_question *question = walk->question;

	state->class.fields[FIELD_DEVICE_ADDRESS] = flow_packet_devices(walk->arena, question);
	set(walk, state, FIELD_HOST_PORT, question->host_ports.first, question->host_ports.last);
	set_one(walk, state, FIELD_HOST_ADDRESS,
		number_of(question->host.bytes, address_length(&question->host)));
	set(walk, state, FIELD_DEVICE_PORT, 1, UINT16_MAX);
	set(walk, state, FIELD_HOST_UDP_PORT, question->host_udp_ports.first,
	    question->host_udp_ports.last);
	set_one(walk, state, FIELD_OTA_PORT, question->ota_port);
	set_one(walk, state, FIELD_CT_MARK, 0);
	set_one(walk, state, FIELD_CT_STATUS, 0);
}

static void set_mac(struct walk *walk, struct state *state, enum field field, const uint8_t *mac,
		    bool known)
{
	enum { MAC_BITS = 48 };
	field_value number = number_of(mac, 6);

	if (known)
		set_one(walk, state, field, number);
	else
		set(walk, state, field, 0, ((field_value)1 << MAC_BITS) - 1);
}

static void set_link_layer(struct walk *walk, struct state *state)
{
	static const uint8_t none[6];
	const struct host_state *host = walk->host;
	const struct host_link *link = NULL;
	const struct cidr *device = &walk->question->device;
	bool one_device = device->prefix == 8 * address_length(&device->address);
	bool input = walk->facts.input;

	for (size_t i = 0; i < host->n_links; i++)
		if (host->links[i].index == host->device_ifindex)
			link = &host->links[i];
	set_mac(walk, state, input ? FIELD_SOURCE_MAC : FIELD_DEST_MAC, host->device_mac,
		host->device_mac_known && one_device);
	set_mac(walk, state, input ? FIELD_DEST_MAC : FIELD_SOURCE_MAC, link ? link->mac : none,
		link && link->has_mac);
	set_one(walk, state, FIELD_ETHERTYPE, walk->facts.ipv6 ? ETH_P_IPV6 : ETH_P_IP);
}

/*
 * Lengths of the IP packet: a SYN has up to 40 bytes of options; large segments are cut only behind
 * the hooks of the output path.
 */
static void set_lengths(struct walk *walk, struct state *state)
{
	static const struct {
		uint16_t first, last;
	} payloads[FLOW_PACKETS] = {
		[INVITATION_OUT] = {9, 1480}, [REPLY_IN] = {8, 1480},  [SYN_IN] = {20, 60},
		[SYNACK_OUT] = {20, 60},      [DATA_IN] = {20, 65000}, [DATA_OUT] = {20, 65000},
	};
	unsigned first = payloads[walk->facts.packet].first;
	unsigned last = payloads[walk->facts.packet].last;
	unsigned header = walk->facts.ipv6 ? 40 : 20;
	unsigned counted = walk->facts.ipv6 ? 0 : 20;

	set(walk, state, FIELD_LENGTH, first + counted, last + counted);
	set(walk, state, FIELD_SKB_LENGTH, first + header, last + header);
	set(walk, state, FIELD_UDP_LENGTH, first, last);
}

/* What we send has no TOS (data may carry ECN bits); what we receive has what it has. */
static void set_traffic_class(struct walk *walk, struct state *state)
{
	unsigned last = walk->facts.input ? UINT8_MAX : walk->facts.packet == DATA_OUT ? 3 : 0;

	set(walk, state, FIELD_TOS, 0, last);
	if (walk->facts.ipv6)
		set(walk, state, FIELD_VERSION, 0x60000000, 0x600fffff | (field_value)last << 20);
	else
		set_one(walk, state, FIELD_VERSION, 0x45);
}

static void set_network_layer(struct walk *walk, struct state *state)
{
	static const uint16_t may_fragment[] = {0, 0x4000};
	enum { TCP = 6, UDP = 17 };

	set_traffic_class(walk, state);
	set_lengths(walk, state);
	set(walk, state, FIELD_ID, 0, UINT16_MAX);
	set_listed(walk, state, FIELD_FRAGMENT, may_fragment, ARRAY_SIZE(may_fragment));
	set(walk, state, FIELD_TTL, 1, UINT8_MAX);
	set_one(walk, state, FIELD_PROTOCOL, walk->facts.tcp ? TCP : UDP);
	set(walk, state, FIELD_IP_CHECKSUM, 0, UINT16_MAX);
}

static void set_transport_layer(struct walk *walk, struct state *state)
{
	enum { SYN = 0x02, SYN_ACK = 0x12 };
	static const uint16_t data_flags[] = {0x10, 0x18}; /* ACK, with and without PSH */
	static const uint16_t offsets[] = {0x50, 0x60, 0x70, 0x80, 0x90, 0xa0,
					   0xb0, 0xc0, 0xd0, 0xe0, 0xf0};

	set(walk, state, FIELD_SEQUENCE, 0, UINT32_MAX);
	set(walk, state, FIELD_ACKNOWLEDGEMENT, 0, UINT32_MAX);
	set_listed(walk, state, FIELD_DATA_OFFSET, offsets, ARRAY_SIZE(offsets));
	set(walk, state, FIELD_WINDOW, 0, UINT16_MAX);
	set(walk, state, FIELD_CHECKSUM, 0, UINT16_MAX);
	set_one(walk, state, FIELD_URGENT, 0);
	switch (walk->facts.packet) {
	case SYN_IN: set_one(walk, state, FIELD_TCP_FLAGS, SYN); break;
	case SYNACK_OUT: set_one(walk, state, FIELD_TCP_FLAGS, SYN_ACK); break;
	default: set_listed(walk, state, FIELD_TCP_FLAGS, data_flags, ARRAY_SIZE(data_flags));
	}
}

/* What an end was translated to is remembered as long as the connection. */
static void clear_untranslated(struct walk *walk, struct state *state)
{
	static const struct {
		enum field field;
		enum translated translated;
	} ends[] = {
		{FIELD_NEW_SOURCE, TRANSLATED_SOURCE},
		{FIELD_NEW_DEST, TRANSLATED_DEST},
		{FIELD_NEW_SOURCE_PORT, TRANSLATED_SOURCE_PORT},
		{FIELD_NEW_DEST_PORT, TRANSLATED_DEST_PORT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!(state->translation & ends[i].translated))
			set_one(walk, state, ends[i].field, 0);
}

/* Everything that each packet has anew. */
static void set_packet(struct walk *walk, struct state *state)
{
	translation_start(walk, state);
	set_link_layer(walk, state);
	set_network_layer(walk, state);
	set_transport_layer(walk, state);
	clear_untranslated(walk, state);
	set_one(walk, state, FIELD_MARK, 0);
	set(walk, state, FIELD_PRIORITY, 0, UINT32_MAX);
	set_one(walk, state, FIELD_PACKET_TYPE, 0); /* PACKET_HOST; also what we send */
	set_one(walk, state, FIELD_CT_ZONE, 0);
	set_one(walk, state, FIELD_NUMBER, 0);
	conntrack_detach(walk, state, CT_ABSENT);
	state->source_done = state->dest_done = false;
	state->doubt = NULL;
	state->path = NULL;
}

/* A SYN begins a new connection, which knows of the invitation only if it was expected. */
static void forget_connection(struct walk *walk, struct state *state)
{
	if (!walk->question->syn_is_related || !state->tracked)
		set_one(walk, state, FIELD_CT_MARK, 0);
	set_one(walk, state, FIELD_CT_STATUS, 0);
	set(walk, state, FIELD_HOST_UDP_PORT, walk->question->host_udp_ports.first,
	    walk->question->host_udp_ports.last);
	state->answered = state->data_missed = false;
	state->translation = 0;
	state->rewritten = false;
	state->labelled = false;
	state->zone = 0;
}

void flow_packet_start(struct walk *walk, struct state_list *states)
{
	struct state_list ready = {};
	struct state *state;

	if (walk->facts.packet == INVITATION_OUT) {
		state = arena_alloc(walk->arena, sizeof(*state));
		set_ends(walk, state);
		state_list_add(walk->arena, states, state);
	}
	while ((state = state_list_take(states))) {
		if (walk->facts.packet == SYN_IN)
			forget_connection(walk, state);
		set_packet(walk, state);
		state_list_add(walk->arena, &ready, state);
	}
	*states = ready;
}

static bool passed(const struct outcome *outcome)
{
	return outcome->verdict != FLOW_DROP && outcome->verdict != FLOW_REJECT;
}

/* What conntrack remembers of the packet; a dropped one counts as if it had passed. */
static void remember(struct walk *walk, const struct outcome *outcome, struct state *state)
{
	field_value zone;
	bool entry = state->ct == CT_ATTACHED ||
		     (!passed(outcome) && state->ct != CT_UNTRACKED && walk->conntrack);

	if (walk->facts.first) {
		state->tracked = entry;
		state->zone = value_set_single(state->class.fields[FIELD_CT_ZONE], &zone)
				      ? (uint32_t)zone
				      : UINT32_MAX;
	} else if (!walk->facts.original) {
		state->answered = state->answered || (entry && conntrack_found(state));
	}
	if (walk->facts.packet == DATA_IN)
		state->data_missed = state->tracked && (!(entry && conntrack_found(state)) ||
							conntrack_uncertain(walk, state));
}

/* Only what outlives the packet is kept, so that cases become equal again. */
static void keep(struct walk *walk, const struct outcome *outcome, const struct packet_class *class,
		 struct state_list *states)
{
	struct state *state = state_copy(walk->arena, &outcome->state);

	state->class = *class;
	remember(walk, outcome, state);
	set_packet(walk, state);
	state_list_add(walk->arena, states, state);
}

/*
 * The parts of a stopped case for whose address and port nothing else passed. Cuts @class by the
 * passing outcomes from @by on.
 */
static void keep_rest(struct walk *walk, const struct outcome *outcome,
		      const struct packet_class *class, const struct outcome *by,
		      struct state_list *states)
{
	struct packet_class rest[2];
	struct constraint sides[2] = {{FIELD_DEVICE_ADDRESS, {}}, {FIELD_HOST_PORT, {}}};
	size_t n;

	while (by && !passed(by))
		by = by->next;
	if (!by) {
		keep(walk, outcome, class, states);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		sides[i].values = value_set_intersect(walk->arena, class->fields[sides[i].field],
						      by->state.class.fields[sides[i].field]);
	if (value_set_empty(sides[0].values) || value_set_empty(sides[1].values)) {
		keep_rest(walk, outcome, class, by->next, states);
		return;
	}
	n = class_cut(walk->arena, class, sides, 2, rest);
	for (size_t i = 0; i < n; i++)
		keep_rest(walk, outcome, &rest[i], by->next, states);
}

void flow_packet_carry(struct walk *walk, struct state_list *states)
{
	*states = (struct state_list){};
	for (const struct outcome *outcome = walk->outcomes; outcome; outcome = outcome->next) {
		if (passed(outcome))
			keep(walk, outcome, &outcome->state.class, states);
		else
			keep_rest(walk, outcome, &outcome->state.class, walk->outcomes, states);
	}
}
