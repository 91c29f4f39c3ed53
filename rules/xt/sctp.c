/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <ctype.h>
#include <linux/netfilter/xt_sctp.h>

#include "rules/xt/words.h"

/* The match sctp, which as foreign.c says meets no packet of ours. */

/* Of the eight flag letters, most significant first, "-" has no meaning. */
struct chunk {
	uint8_t type;
	const char *name, *flags;
};

static const struct chunk *find_chunk(unsigned type)
{
	static const char none[] = "--------", end[] = "-------T", data[] = "----IUBE";
	static const struct chunk chunks[] = {
		{0, "DATA", data},
		{1, "INIT", none},
		{2, "INIT_ACK", none},
		{3, "SACK", none},
		{4, "HEARTBEAT", none},
		{5, "HEARTBEAT_ACK", none},
		{6, "ABORT", end},
		{7, "SHUTDOWN", none},
		{8, "SHUTDOWN_ACK", none},
		{9, "ERROR", none},
		{10, "COOKIE_ECHO", none},
		{11, "COOKIE_ACK", none},
		{12, "ECN_ECNE", none},
		{13, "ECN_CWR", none},
		{14, "SHUTDOWN_COMPLETE", end},
		{64, "I_DATA", data},
		{128, "ASCONF_ACK", none},
		{130, "RE_CONFIG", none},
		{132, "PAD", none},
		{192, "FORWARD_TSN", none},
		{193, "ASCONF", none},
		{194, "I_FORWARD_TSN", none},
	};

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++)
		if (chunks[i].type == type)
			return &chunks[i];
	return NULL;
}

/* A capital letter: the flag must be set; a small one: it must not. */
static void flags_text(struct buffer *out, const struct chunk *chunk,
		       const struct xt_sctp_flag_info *info)
{
	if (info->flag_mask)
		buffer_puts(out, ":");
	for (unsigned i = 0; i < 8; i++) {
		unsigned bit = 0x80u >> i;
		char letter = chunk->flags[i];

		if (info->flag_mask & bit)
			buffer_printf(out, "%c", info->flag & bit ? letter : tolower(letter));
	}
}

static void chunk_text(struct buffer *out, const struct xt_sctp_info *raw, unsigned type)
{
	const struct chunk *chunk = find_chunk(type);

	if (!chunk) /* which iptables cannot have made; it has no word for it */
		return;
	buffer_puts(out, chunk->name);
	for (int i = 0; i < raw->flag_count; i++)
		if (raw->flag_info[i].chunktype == type)
			flags_text(out, chunk, &raw->flag_info[i]);
}

static void chunks_text(struct buffer *out, const struct xt_sctp_info *raw)
{
	const char *separator = " ";

	xt_option_text(out, raw->invflags & XT_SCTP_CHUNK_TYPES, "chunk-types");
	switch (raw->chunk_match_type) {
	case SCTP_CHUNK_MATCH_ANY: buffer_puts(out, " any"); break;
	case SCTP_CHUNK_MATCH_ALL: buffer_puts(out, " all"); break;
	default: buffer_puts(out, " only");
	}
	if (SCTP_CHUNKMAP_IS_CLEAR(raw->chunkmap)) {
		buffer_puts(out, " NONE");
		return;
	}
	if (SCTP_CHUNKMAP_IS_ALL_SET(raw->chunkmap)) {
		buffer_puts(out, " ALL");
		return;
	}
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		if (!SCTP_CHUNKMAP_IS_SET(raw->chunkmap, type))
			continue;
		buffer_puts(out, separator);
		separator = ",";
		chunk_text(out, raw, type);
	}
}

static bool check_sctp(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_sctp_info raw;

	(void)ret;
	memcpy(&raw, info, sizeof(raw));
	return raw.flag_count >= 0 && raw.flag_count <= XT_NUM_SCTP_FLAGS;
}

static void sctp_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_sctp_info raw;

	XT_COPY(raw, extension);
	if (raw.flags & XT_SCTP_SRC_PORTS) {
		xt_option_text(out, raw.invflags & XT_SCTP_SRC_PORTS, "sport ");
		xt_range_text(out, raw.spts[0], raw.spts[1]);
	}
	if (raw.flags & XT_SCTP_DEST_PORTS) {
		xt_option_text(out, raw.invflags & XT_SCTP_DEST_PORTS, "dport ");
		xt_range_text(out, raw.dpts[0], raw.dpts[1]);
	}
	if (raw.flags & XT_SCTP_CHUNK_TYPES)
		chunks_text(out, &raw);
}

static const struct xt_type types[] = {
	{"sctp", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_sctp_info), check_sctp, xt_foreign,
	 sctp_text,
	 DECIDED(BY_NOBODY, "the kernel takes it only in rules for its own protocol, "
			    "which no upload is; ahead of that comparison: unknown")},
};

const struct xt_types xt_sctp_matches = XT_TYPES(types);
