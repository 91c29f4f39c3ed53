/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <linux/limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_hashlimit.h>

#include "rules/xt/words.h"

/*
 * The match hashlimit: a limit for each address or port. The three revisions differ in the width of
 * their numbers and in the unit of the rate; all are read into the last one's form.
 */
enum { DEFAULT_GC_INTERVAL = 1000, BYTES_EXPIRE = 15, BYTES_EXPIRE_BURST = 60 };

struct hashlimit {
	char name[NAME_MAX + 1];
	struct hashlimit_cfg3 config;
};

static struct hashlimit read_1(const struct xt_extension *extension)
{
	struct xt_hashlimit_mtinfo1 raw;
	struct hashlimit hashlimit;

	XT_COPY(raw, extension);
	hashlimit.config = (struct hashlimit_cfg3){
		.avg = raw.cfg.avg,
		.burst = raw.cfg.burst,
		.mode = raw.cfg.mode,
		.size = raw.cfg.size,
		.max = raw.cfg.max,
		.gc_interval = raw.cfg.gc_interval,
		.expire = raw.cfg.expire,
		.srcmask = raw.cfg.srcmask,
		.dstmask = raw.cfg.dstmask,
	};
	xt_string(hashlimit.name, raw.name, sizeof(raw.name));
	return hashlimit;
}

static struct hashlimit read_2(const struct xt_extension *extension)
{
	struct xt_hashlimit_mtinfo2 raw;
	struct hashlimit hashlimit;

	XT_COPY(raw, extension);
	hashlimit.config = (struct hashlimit_cfg3){
		.avg = raw.cfg.avg,
		.burst = raw.cfg.burst,
		.mode = raw.cfg.mode,
		.size = raw.cfg.size,
		.max = raw.cfg.max,
		.gc_interval = raw.cfg.gc_interval,
		.expire = raw.cfg.expire,
		.srcmask = raw.cfg.srcmask,
		.dstmask = raw.cfg.dstmask,
	};
	xt_string(hashlimit.name, raw.name, sizeof(raw.name));
	return hashlimit;
}

static struct hashlimit read_3(const struct xt_extension *extension)
{
	struct xt_hashlimit_mtinfo3 raw;
	struct hashlimit hashlimit;

	XT_COPY(raw, extension);
	hashlimit.config = raw.cfg;
	xt_string(hashlimit.name, raw.name, sizeof(raw.name));
	return hashlimit;
}

static void evaluate_hashlimit(struct run *run, struct branch *branch,
			       const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "limit rate (hashlimit)");
}

/* In the smallest unit that divides well; returns that unit in milliseconds. */
static uint32_t rate_text(struct buffer *out, uint64_t period, uint64_t scale)
{
	static const struct {
		const char *name;
		uint32_t seconds;
	} units[] = {{"day", 24 * 60 * 60}, {"hour", 60 * 60}, {"min", 60}, {"sec", 1}};
	size_t i;

	if (period == 0) {
		buffer_puts(out, " inf");
		return 0;
	}
	for (i = 1; i < ARRAY_SIZE(units); i++) {
		uint64_t ticks = units[i].seconds * scale;

		if (period > ticks || ticks / period < ticks % period)
			break;
	}
	buffer_printf(out, " %llu/%s", (unsigned long long)(units[i - 1].seconds * scale / period),
		      units[i - 1].name);
	return units[i - 1].seconds * 1000;
}

struct byte_unit {
	const char *name;
	uint64_t bytes;
};

static const struct byte_unit byte_units[] = {{"m", 1024 * 1024}, {"k", 1024}, {"", 1}};

/* The cost of a packet of 16 bytes, out of 2^32, back into bytes; and the other way round. */
static uint64_t cost_to_bytes(uint64_t cost)
{
	uint64_t packets = cost ? UINT32_MAX / cost : UINT32_MAX;

	return (packets - 1) << XT_HASHLIMIT_BYTE_SHIFT;
}

static uint64_t bytes_to_cost(uint64_t bytes)
{
	uint32_t packets = (uint32_t)(bytes >> XT_HASHLIMIT_BYTE_SHIFT);

	return UINT32_MAX / ((uint64_t)packets + 1);
}

/* Returns how long entries live by default, in milliseconds. */
static uint32_t byte_rate_text(struct buffer *out, const struct hashlimit_cfg3 *config)
{
	uint64_t rate = cost_to_bytes(config->avg), burst = rate * config->burst;
	const struct byte_unit *unit = byte_units;

	while (unit->bytes > 1 &&
	       !(rate >= unit->bytes && bytes_to_cost(rate & ~(unit->bytes - 1)) == config->avg))
		unit++;
	buffer_printf(out, " %llu%sb/s", (unsigned long long)(rate / unit->bytes), unit->name);
	if (config->burst == 0)
		return BYTES_EXPIRE * 1000;
	for (unit = byte_units; unit->bytes > 1 && burst < unit->bytes; unit++)
		;
	buffer_printf(out, " --hashlimit-burst %llu%sb", (unsigned long long)(burst / unit->bytes),
		      unit->name);
	return BYTES_EXPIRE_BURST * 1000;
}

static uint32_t speed_text(struct buffer *out, const struct hashlimit_cfg3 *config,
			   unsigned revision)
{
	uint32_t unit;

	buffer_printf(out, " --hashlimit-%s",
		      config->mode & XT_HASHLIMIT_INVERT ? "above" : "upto");
	if (config->mode & XT_HASHLIMIT_BYTES)
		return byte_rate_text(out, config);
	unit = rate_text(out, config->avg,
			 revision == 1 ? XT_HASHLIMIT_SCALE : XT_HASHLIMIT_SCALE_v2);
	buffer_printf(out, " --hashlimit-burst %llu", (unsigned long long)config->burst);
	return unit;
}

static void table_text(struct buffer *out, const struct hashlimit_cfg3 *config, uint32_t unit)
{
	if (config->size)
		buffer_printf(out, " --hashlimit-htable-size %u", config->size);
	if (config->max)
		buffer_printf(out, " --hashlimit-htable-max %u", config->max);
	if (config->gc_interval != DEFAULT_GC_INTERVAL)
		buffer_printf(out, " --hashlimit-htable-gcinterval %u", config->gc_interval);
	if (config->expire != unit)
		buffer_printf(out, " --hashlimit-htable-expire %u", config->expire);
}

static void hashlimit_text(struct buffer *out, const struct xt_extension *extension)
{
	static const struct xt_word keys[] = {{XT_HASHLIMIT_HASH_SIP, "srcip"},
					      {XT_HASHLIMIT_HASH_SPT, "srcport"},
					      {XT_HASHLIMIT_HASH_DIP, "dstip"},
					      {XT_HASHLIMIT_HASH_DPT, "dstport"}};
	unsigned revision = extension->type->revision;
	unsigned bits = extension->family == NFPROTO_IPV6 ? 128 : 32;
	struct hashlimit hashlimit = revision == 1   ? read_1(extension)
				     : revision == 2 ? read_2(extension)
						     : read_3(extension);
	const struct hashlimit_cfg3 *config = &hashlimit.config;
	uint32_t unit = speed_text(out, config, revision);

	if (config->mode & (XT_HASHLIMIT_INVERT - 1)) {
		buffer_puts(out, " --hashlimit-mode ");
		xt_words_text(out, config->mode, keys, ARRAY_SIZE(keys));
	}
	buffer_printf(out, " --hashlimit-name %s", hashlimit.name);
	table_text(out, config, unit);
	if (config->srcmask != bits)
		buffer_printf(out, " --hashlimit-srcmask %u", config->srcmask);
	if (config->dstmask != bits)
		buffer_printf(out, " --hashlimit-dstmask %u", config->dstmask);
	if (revision < 3 || !(config->mode & XT_HASHLIMIT_RATE_MATCH))
		return;
	buffer_puts(out, " --hashlimit-rate-match");
	if (config->interval != 1)
		buffer_printf(out, " --hashlimit-rate-interval %u", config->interval);
}

static const char hashlimit_how[] = "how many tokens are left is in no dump";

static const struct xt_type types[] = {
	{"hashlimit", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_hashlimit_mtinfo1), NULL,
	 evaluate_hashlimit, hashlimit_text, DECIDED(BY_NOBODY, hashlimit_how)},
	{"hashlimit", 2, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_hashlimit_mtinfo2), NULL,
	 evaluate_hashlimit, hashlimit_text, DECIDED(BY_NOBODY, hashlimit_how)},
	{"hashlimit", 3, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_hashlimit_mtinfo3), NULL,
	 evaluate_hashlimit, hashlimit_text, DECIDED(BY_NOBODY, hashlimit_how)},
};

const struct xt_types xt_hashlimit_matches = XT_TYPES(types);
