/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <stdlib.h>
#include <linux/limits.h>
#include <linux/netfilter/xt_cgroup.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_socket.h>

#include "base/alloc.h"
#include "rules/xt/words.h"

/* Matches on the socket that a packet belongs to: cgroup, owner, socket. */

/*
 * Without a socket, or with one that is not complete yet (that of a SYN-ACK), false even if
 * inverted (cgroup_mt_v0(), …). In which group our process is, is not known.
 */
static void evaluate_cgroup(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	(void)extension;
	if (xt_without_socket(run->walk) || run->walk->facts.packet == SYNACK_OUT)
		run_break(run, branch);
	else
		run_either(run, branch, "the control group of the socket");
}

static void cgroup_words(struct buffer *out, bool has_path, bool invert_path, const char *path,
			 size_t path_size, bool has_class, bool invert_class, uint32_t class)
{
	if (has_path) {
		char *text = xcalloc(1, path_size + 1);

		xt_string(text, path, path_size);
		xt_option_text(out, invert_path, "path");
		xt_string_text(out, text);
		free(text);
	}
	if (has_class) {
		xt_option_text(out, invert_class, "cgroup");
		buffer_printf(out, " %u", class);
	}
}

static void cgroup_0_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_cgroup_info_v0 raw;

	XT_COPY(raw, extension);
	cgroup_words(out, false, false, NULL, 0, true, raw.invert, raw.id);
}

static void cgroup_1_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_cgroup_info_v1 raw;

	XT_COPY(raw, extension);
	cgroup_words(out, raw.has_path, raw.invert_path, raw.path, sizeof(raw.path),
		     raw.has_classid, raw.invert_classid, raw.classid);
}

static void cgroup_2_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_cgroup_info_v2 raw;

	XT_COPY(raw, extension);
	cgroup_words(out, raw.has_path, raw.invert_path, raw.path, sizeof(raw.path),
		     raw.has_classid, raw.invert_classid, raw.classid);
}

static bool decode_owner(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_owner_match_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->owner = (struct xt_owner){
		.uid_min = raw.uid_min,
		.uid_max = raw.uid_max,
		.gid_min = raw.gid_min,
		.gid_max = raw.gid_max,
		.tests = raw.match,
		.inverted = raw.invert,
	};
	return !(raw.match & ~XT_OWNER_MASK);
}

/* The socket that sends; a packet that comes in has none before early demultiplexing. */
static void evaluate_owner(struct run *run, struct branch *branch,
			   const struct xt_extension *extension)
{
	const struct xt_owner *info = &extension->owner;
	enum { UID = 1, GID = 2, SOCKET = 4, SUPPLEMENTARY = 8 };
	const struct walk *walk = run->walk;
	bool uid = walk->host->uid >= info->uid_min && walk->host->uid <= info->uid_max;
	bool gid = walk->host->gid >= info->gid_min && walk->host->gid <= info->gid_max;
	bool matches = true;

	if (xt_without_socket(walk)) {
		xt_decide(run, branch, (info->tests ^ info->inverted) == 0);
		return;
	}
	if (walk->facts.input) {
		run_either(run, branch, "the owner of the receiving socket");
		return;
	}
	if (info->tests & info->inverted & SOCKET)
		matches = false;
	if ((info->tests & UID) && uid == !!(info->inverted & UID))
		matches = false;
	if (matches && (info->tests & GID) && !gid && (info->tests & SUPPLEMENTARY)) {
		run_either(run, branch, "the groups of our process");
		return;
	}
	if ((info->tests & GID) && gid == !!(info->inverted & GID))
		matches = false;
	matches ? run_continue(run, branch) : run_break(run, branch);
}

static void id_text(struct buffer *out, const char *option, bool invert, uint32_t min, uint32_t max)
{
	xt_not(out, invert);
	buffer_printf(out, " --%s %u", option, min);
	if (max != min)
		buffer_printf(out, "-%u", max);
}

static void owner_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_owner *owner = &extension->owner;
	if (owner->tests & 4) {
		xt_not(out, owner->inverted & 4);
		buffer_puts(out, " --socket-exists");
	}
	if (owner->tests & 1)
		id_text(out, "uid-owner", owner->inverted & 1, owner->uid_min, owner->uid_max);
	if (owner->tests & 2)
		id_text(out, "gid-owner", owner->inverted & 2, owner->gid_min, owner->gid_max);
	if (owner->tests & 8)
		buffer_puts(out, " --suppl-groups");
}

static uint8_t socket_flags(const struct xt_extension *extension)
{
	return extension->type->revision ? extension->info.data[0] : 0;
}

static bool check_socket(const uint8_t *info, struct xt_extension *ret)
{
	(void)ret;
	return !(info[0] & ~XT_SOCKET_FLAGS_V3);
}

/*
 * socket_match() looks for a socket that would get the packet, a listening one included. Ours are not
 * transparent; whether they count without --transparent depends on how they are bound.
 */
static void evaluate_socket(struct run *run, struct branch *branch,
			    const struct xt_extension *extension)
{
	uint8_t flags = socket_flags(extension);

	if ((flags & XT_SOCKET_TRANSPARENT) && socket_is_ours(run->walk, branch->state)) {
		run_break(run, branch);
		return;
	}
	if (flags & XT_SOCKET_RESTORESKMARK)
		branch->state->class.fields[FIELD_MARK] =
			value_set_range(run->walk->arena, 0, UINT32_MAX);
	run_either(run, branch, "which socket would get the packet");
}

static void socket_text(struct buffer *out, const struct xt_extension *extension)
{
	uint8_t flags = socket_flags(extension);

	if (flags & XT_SOCKET_TRANSPARENT)
		buffer_puts(out, " --transparent");
	if (flags & XT_SOCKET_NOWILDCARD)
		buffer_puts(out, " --nowildcard");
	if (flags & XT_SOCKET_RESTORESKMARK)
		buffer_puts(out, " --restore-skmark");
}

static const char cgroup_how[] =
	"no match without a full socket: before the input hook, of the device's SYN and of the "
	"answer to it; else unknown";
static const char socket_how[] =
	"with --transparent no match: ours are not; else unknown, and with it the mark that is "
	"restored";

static const struct xt_type types[] = {
	{"cgroup", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_cgroup_info_v0), NULL,
	 evaluate_cgroup, cgroup_0_text, DECIDED(BY_PACKET | BY_NOBODY, cgroup_how)},
	{"cgroup", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_cgroup_info_v1), NULL,
	 evaluate_cgroup, cgroup_1_text, DECIDED(BY_PACKET | BY_NOBODY, cgroup_how)},
	{"cgroup", 2, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_cgroup_info_v2), NULL,
	 evaluate_cgroup, cgroup_2_text, DECIDED(BY_PACKET | BY_NOBODY, cgroup_how)},
	{"owner", 1, XT_FAMILY_BOTH, XT_OWNER, sizeof(struct xt_owner_match_info), decode_owner,
	 evaluate_owner, owner_text,
	 DECIDED(BY_PACKET | BY_HOST | BY_NOBODY,
		 "our own process on the way out, but for supplementary "
		 "groups; no socket before the input hook, nor for the "
		 "device's SYN; after that, unknown")},
	{"socket", 0, XT_FAMILY_V4, XT_OTHER, 0, NULL, evaluate_socket, NULL,
	 DECIDED(BY_NOBODY, socket_how)},
	{"socket", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_socket_mtinfo1), check_socket,
	 evaluate_socket, socket_text, DECIDED(BY_NOBODY, socket_how)},
	{"socket", 2, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_socket_mtinfo2), check_socket,
	 evaluate_socket, socket_text, DECIDED(BY_NOBODY, socket_how)},
	{"socket", 3, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_socket_mtinfo3), check_socket,
	 evaluate_socket, socket_text, DECIDED(BY_NOBODY, socket_how)},
};

const struct xt_types xt_socket_matches = XT_TYPES(types);
