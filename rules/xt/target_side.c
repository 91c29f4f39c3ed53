/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <netinet/in.h>
#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_AUDIT.h>
#include <linux/netfilter/xt_IDLETIMER.h>
#include <linux/netfilter/xt_LED.h>
#include <linux/netfilter/xt_LOG.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_RATEEST.h>
#include <linux/netfilter/xt_TEE.h>

#include "rules/xt/words.h"

/*
 * Targets that do something besides, after which the packet goes on as it was: AUDIT, IDLETIMER,
 * LED, LOG, NFLOG, RATEEST, TEE, TRACE.
 */

static bool check_audit(const uint8_t *info, struct xt_extension *ret)
{
	(void)ret;
	return info[0] <= XT_AUDIT_TYPE_MAX;
}

static void audit_text(struct buffer *out, const struct xt_extension *extension)
{
	static const char *const types[] = {"accept", "drop", "reject"};

	buffer_printf(out, " --type %s", types[extension->info.data[0]]);
}

/* Revision 1 has two flags behind the label. */
static void idletimer_text(struct buffer *out, const struct xt_extension *extension)
{
	char label[MAX_IDLETIMER_LABEL_SIZE + 1];
	struct idletimer_tg_info_v1 raw = {};

	memcpy(&raw, extension->info.data, extension->type->size);
	xt_string(label, raw.label, sizeof(raw.label));
	buffer_printf(out, " --timeout %u --label %s", raw.timeout, label);
	if (extension->type->revision && raw.timer_type == XT_IDLETIMER_ALARM)
		buffer_puts(out, " --alarm");
}

/* What the kernel calls "netfilter-ID". */
static void led_text(struct buffer *out, const struct xt_extension *extension)
{
	static const char prefix[] = "netfilter-";
	struct xt_led_info raw;
	char id[sizeof(raw.id) + 1];

	XT_COPY(raw, extension);
	xt_string(id, raw.id, sizeof(raw.id));
	buffer_puts(out, " --led-trigger-id \"");
	for (const char *at =
		     id + (strncmp(id, prefix, sizeof(prefix) - 1) ? 0 : sizeof(prefix) - 1);
	     *at; at++)
		buffer_printf(out, "%s%c", strchr("\"\\", *at) ? "\\" : "", *at);
	buffer_puts(out, "\"");
	/* "inf" is shown as -1 */
	if (raw.delay > 0)
		buffer_printf(out, " --led-delay %d", (int)raw.delay);
	if (raw.always_blink)
		buffer_puts(out, " --led-always-blink");
}

static bool decode_log(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_log_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->log = (struct xt_log){.level = raw.level, .flags = raw.logflags};
	xt_string(ret->text, raw.prefix, sizeof(raw.prefix));
	return true;
}

static void log_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_log *log = &extension->log;
	if (*extension->text) {
		buffer_puts(out, " --log-prefix");
		xt_string_text(out, extension->text);
	}
	if (log->level != 4)
		buffer_printf(out, " --log-level %u", log->level);
	if (log->flags & XT_LOG_TCPSEQ)
		buffer_puts(out, " --log-tcp-sequence");
	if (log->flags & XT_LOG_TCPOPT)
		buffer_puts(out, " --log-tcp-options");
	if (log->flags & XT_LOG_IPOPT)
		buffer_puts(out, " --log-ip-options");
	if (log->flags & XT_LOG_UID)
		buffer_puts(out, " --log-uid");
	if (log->flags & XT_LOG_MACDECODE)
		buffer_puts(out, " --log-macdecode");
}

static bool decode_nflog(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_nflog_info raw;

	memcpy(&raw, info, sizeof(raw));
	ret->nflog = (struct xt_nflog){
		.group = raw.group,
		.threshold = raw.threshold,
		.length = raw.len,
		.has_length = raw.flags & XT_NFLOG_F_COPY_LEN,
	};
	xt_string(ret->text, raw.prefix, sizeof(raw.prefix));
	return true;
}

static void nflog_text(struct buffer *out, const struct xt_extension *extension)
{
	const struct xt_nflog *nflog = &extension->nflog;
	if (*extension->text) {
		buffer_puts(out, " --nflog-prefix");
		xt_string_text(out, extension->text);
	}
	if (nflog->group)
		buffer_printf(out, " --nflog-group %u", nflog->group);
	if (nflog->has_length)
		buffer_printf(out, " --nflog-size %u", nflog->length);
	else if (nflog->length)
		buffer_printf(out, " --nflog-range %u", nflog->length);
	if (nflog->threshold)
		buffer_printf(out, " --nflog-threshold %u", nflog->threshold);
}

/* Microseconds in the largest unit that leaves a whole part. */
static void period_text(struct buffer *out, const char *option, uint64_t microseconds)
{
	const double second = 1000000, millisecond = 1000;

	buffer_printf(out, " --%s", option);
	if ((double)microseconds >= second)
		buffer_printf(out, " %.1fs", (double)microseconds / second);
	else if ((double)microseconds >= millisecond)
		buffer_printf(out, " %.1fms", (double)microseconds / millisecond);
	else
		buffer_printf(out, " %lluus", (unsigned long long)microseconds);
}

static bool check_rateest(const uint8_t *info, struct xt_extension *ret)
{
	enum { LEAST = -2, MOST = 3, MOST_LOG = 31 };
	struct xt_rateest_target_info raw;

	(void)ret;
	memcpy(&raw, info, sizeof(raw));
	return raw.interval >= LEAST && raw.interval <= MOST && raw.ewma_log <= MOST_LOG;
}

/* The interval is a power of two of quarters of a second. */
static void rateest_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_rateest_target_info raw;
	char name[IFNAMSIZ + 1];
	uint64_t interval;

	XT_COPY(raw, extension);
	interval = ((uint64_t)1000000 << (raw.interval + 2)) / 4;
	xt_string(name, raw.name, IFNAMSIZ);
	buffer_printf(out, " --rateest-name %s", name);
	period_text(out, "rateest-interval", interval);
	period_text(out, "rateest-ewmalog", interval << raw.ewma_log);
}

static void tee_text(struct buffer *out, const struct xt_extension *extension)
{
	struct address gateway;
	struct xt_tee_tginfo raw;
	char oif[IFNAMSIZ + 1];

	XT_COPY(raw, extension);
	gateway = xt_address(extension, &raw.gw);
	xt_string(oif, raw.oif, IFNAMSIZ);
	buffer_puts(out, " --gateway ");
	xt_address_text(out, &gateway);
	if (*oif)
		buffer_printf(out, " --oif %s", oif);
}

static const char goes_on_how[] = "goes on";

static const struct xt_type types[] = {
	{"AUDIT", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_audit_info), check_audit, xt_always,
	 audit_text, DECIDED(BY_NATURE, goes_on_how)},
	{"IDLETIMER", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct idletimer_tg_info), NULL,
	 xt_always, idletimer_text, DECIDED(BY_NATURE, goes_on_how)},
	{"IDLETIMER", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct idletimer_tg_info_v1), NULL,
	 xt_always, idletimer_text, DECIDED(BY_NATURE, goes_on_how)},
	{"LED", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_led_info), NULL, xt_always, led_text,
	 DECIDED(BY_NATURE, goes_on_how)},
	{"LOG", 0, XT_FAMILY_BOTH, XT_TARGET_LOG, sizeof(struct xt_log_info), decode_log, xt_always,
	 log_text, DECIDED(BY_NATURE, goes_on_how)},
	{"NFLOG", 0, XT_FAMILY_BOTH, XT_TARGET_NFLOG, sizeof(struct xt_nflog_info), decode_nflog,
	 xt_always, nflog_text, DECIDED(BY_NATURE, goes_on_how)},
	{"RATEEST", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_rateest_target_info),
	 check_rateest, xt_always, rateest_text, DECIDED(BY_NATURE, goes_on_how)},
	{"TEE", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_tee_tginfo), NULL, xt_always,
	 tee_text, DECIDED(BY_NATURE, "goes on; the copy is no matter of ours")},
	{"TRACE", 0, XT_FAMILY_BOTH, XT_OTHER, 0, NULL, xt_always, NULL,
	 DECIDED(BY_NATURE, goes_on_how)},
};

const struct xt_types xt_side_targets = XT_TYPES(types);
