/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include <time.h>
#include <linux/netfilter/xt_time.h>

#include "rules/xt/words.h"

/* The match time. */

enum {
	MINUTE = 60,
	DAY = 24 * 60 * MINUTE,
	/* An upload may follow the answer at once, or when somebody has read it. */
	SOON = 2 * MINUTE,
	/* Time zones: whole quarters of an hour, and no farther from UTC. */
	ZONE_STEP = 15 * MINUTE,
	MOST_ZONE = 16 * 60 * MINUTE,
};

static unsigned month_day(int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm calendar = {};

	gmtime_r(&time, &calendar);
	return (unsigned)calendar.tm_mday;
}

/* 1 is Monday, 7 Sunday; the epoch was a Thursday. */
static unsigned week_day(int64_t seconds)
{
	return (unsigned)((seconds / DAY + 3) % 7 + 1);
}

/* time_mt() at one moment of the rule's clock. */
static bool matches_at(const struct xt_time_info *raw, int64_t now)
{
	uint32_t second = (uint32_t)(now % DAY);

	if (now < raw->date_start || now > raw->date_stop)
		return false;
	if (raw->daytime_start < raw->daytime_stop) {
		if (second < raw->daytime_start || second > raw->daytime_stop)
			return false;
	} else {
		if (second < raw->daytime_start && second > raw->daytime_stop)
			return false;
		/* the hours after midnight belong to the day before */
		if (raw->flags & XT_TIME_CONTIGUOUS && second <= raw->daytime_stop)
			now -= DAY;
	}
	return raw->weekdays_match & 1u << week_day(now) &&
	       (raw->monthdays_match == (uint32_t)XT_TIME_ALL_MONTHDAYS ||
		raw->monthdays_match & 1u << month_day(now));
}

/* True if the answer is @expected from @now until soon. */
static bool stays(const struct xt_time_info *raw, int64_t now, bool expected)
{
	for (int64_t at = now; at <= now + SOON; at++)
		if (matches_at(raw, at) != expected)
			return false;
	return true;
}

/* With --kerneltz the clock is that of the kernel's time zone, which user space cannot ask for. */
static void evaluate_time(struct run *run, struct branch *branch,
			  const struct xt_extension *extension)
{
	int64_t now = run->walk->host->time_s, spread = 0;
	struct xt_time_info raw;
	bool matches;

	XT_COPY(raw, extension);
	if (raw.flags & XT_TIME_LOCAL_TZ)
		spread = MOST_ZONE;
	if (now < 2 * MOST_ZONE) {
		run_either(run, branch, "the time of day");
		return;
	}
	matches = matches_at(&raw, now);
	for (int64_t zone = -spread; zone <= spread; zone += ZONE_STEP) {
		if (stays(&raw, now + zone, matches))
			continue;
		run_either(run, branch, "the time of day");
		return;
	}
	xt_decide(run, branch, matches);
}

static void clock_text(struct buffer *out, const char *option, uint32_t second)
{
	buffer_printf(out, " --%s %02u:%02u:%02u", option, second / 3600, second / 60 % 60,
		      second % 60);
}

/* iptables leaves out the beginning of time; the end of it has another value than it looks for. */
static void date_text(struct buffer *out, const char *option, uint32_t seconds)
{
	time_t time = seconds;
	struct tm calendar = {};
	char text[32];

	if (seconds == 0)
		return;
	gmtime_r(&time, &calendar);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &calendar);
	buffer_printf(out, " --%s %s", option, text);
}

static void month_days_text(struct buffer *out, uint32_t days)
{
	const char *separator = " --monthdays ";

	for (unsigned day = 1; day <= 31; day++) {
		if (!(days & 1u << day))
			continue;
		buffer_printf(out, "%s%u", separator, day);
		separator = ",";
	}
}

static void time_text(struct buffer *out, const struct xt_extension *extension)
{
	static const struct xt_word days[] = {
		{1 << 1, "Mon"}, {1 << 2, "Tue"}, {1 << 3, "Wed"}, {1 << 4, "Thu"},
		{1 << 5, "Fri"}, {1 << 6, "Sat"}, {1 << 7, "Sun"},
	};
	struct xt_time_info raw;

	XT_COPY(raw, extension);
	if (raw.daytime_start != XT_TIME_MIN_DAYTIME || raw.daytime_stop != XT_TIME_MAX_DAYTIME) {
		clock_text(out, "timestart", raw.daytime_start);
		clock_text(out, "timestop", raw.daytime_stop);
	}
	if (raw.monthdays_match != (uint32_t)XT_TIME_ALL_MONTHDAYS)
		month_days_text(out, raw.monthdays_match);
	if (raw.weekdays_match != XT_TIME_ALL_WEEKDAYS) {
		buffer_puts(out, " --weekdays ");
		xt_words_text(out, raw.weekdays_match, days, ARRAY_SIZE(days));
	}
	date_text(out, "datestart", raw.date_start);
	date_text(out, "datestop", raw.date_stop);
	if (raw.flags & XT_TIME_LOCAL_TZ)
		buffer_puts(out, " --kerneltz");
	if (raw.flags & XT_TIME_CONTIGUOUS)
		buffer_puts(out, " --contiguous");
}

static const struct xt_type types[] = {
	{"time", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_time_info), NULL, evaluate_time,
	 time_text,
	 DECIDED(BY_HOST | BY_NOBODY, "the clock; unknown if the answer changes within minutes,"
				      " or if --kerneltz may change it")},
};

const struct xt_types xt_time_matches = XT_TYPES(types);
