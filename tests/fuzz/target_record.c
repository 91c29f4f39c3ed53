/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file for --from-record, which anybody may have written: read, and diagnosed from as the program
 * does it, all of its parsers of kernel's answers and files included.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/format.h"
#include "record/journal.h"
#include "src/commands.h"
#include "src/options.h"
#include "src/recording.h"
#include "src/report.h"
#include "src/report_print.h"
#include "src/run.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

static const struct options *options_for(size_t which)
{
	static const char *const commands[] = {"check", "ports"};
	static struct options options[ARRAY_SIZE(commands)];
	struct error err = {0};

	if (!options[which].n_devices) {
		const char *argv[] = {"espota-doctor",   commands[which], "-i",
				      "192.168.178.178", "--from-record", "-"};
		fuzz_require(!options_parse(ARRAY_SIZE(argv), (char **)argv, NULL, &options[which],
					    &err));
	}
	return &options[which];
}

static void print(struct report *report)
{
	cleanup(buffer_release) struct buffer out = {0};
	struct text_style style = {.verbose = true, .debug = true, .width = 80};

	report_make_safe(report);
	report_text(&out, report, &style);
	report_json(&out, report);
	report_fix_commands(&out, report);
	report_ports(&out, report);
	fuzz_require(strlen(buffer_text(&out)) == out.length);
}

static void diagnose(size_t which, const struct buffer *text)
{
	static const volatile sig_atomic_t never;
	struct error err = {0};
	struct run run = {
		.arena = arena_new(),
		.options = options_for(which),
		.worker.fd = -1,
		.user_namespace = -1,
		.stop = &never,
	};

	if (!recording_begin(&run, text, &err) && !host_read(&run.host, &err)) {
		fuzz_taken();
		print(which ? command_ports(&run) : command_check(&run));
		firewall_release(&run.firewall);
	} else {
		fuzz_require(err.errnum && err.text[0]);
	}
	host_release(&run.host);
	journal_end();
	record_release(&run.record);
	arena_free(run.arena);
}

/* What is read and written again is the same record. */
static void write_again(const struct buffer *text)
{
	cleanup(buffer_release) struct buffer again = {0};
	struct record first, second = {0};
	struct error err = {0};

	if (!record_read(buffer_text(text), text->length, &first, &err)) {
		record_write(&again, &first, "fuzz");
		fuzz_require(!record_read(buffer_text(&again), again.length, &second, &err));
		fuzz_require(first.count == second.count);
		for (size_t i = 0; i < first.count; i++)
			fuzz_require(first.answers[i].length == second.answers[i].length &&
				     !memcmp(first.answers[i].bytes, second.answers[i].bytes,
					     first.answers[i].length));
	}
	record_release(&first);
	record_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(buffer_release) struct buffer text = {0};

	buffer_add(&text, data, size);
	write_again(&text);
	for (size_t which = 0; which < 2; which++)
		diagnose(which, &text);
	return 0;
}

static void mutate_answer(struct record_answer *answer, uint64_t *random)
{
	size_t room = answer->length + 256;
	char *bytes = realloc(answer->bytes, room + 1);

	fuzz_require(bytes);
	answer->bytes = bytes;
	answer->length = mutate_bytes((uint8_t *)bytes, answer->length, room, NULL, 0, random);
	bytes[answer->length] = '\0';
}

/* Damage to the file's text ends at its reader; most of it goes into an answer instead. */
size_t mutate_input(uint8_t *data, size_t size, size_t room, const uint8_t *other,
		    size_t other_size, uint64_t *random)
{
	cleanup(buffer_release) struct buffer text = {0}, changed = {0};
	struct record record;

	buffer_add(&text, data, size);
	bool whole = !record_read(buffer_text(&text), text.length, &record, NULL) && record.count;
	if (whole && mutate_random(random) % 8) {
		mutate_answer(&record.answers[mutate_random(random) % record.count], random);
		record_write(&changed, &record, "fuzz");
	}
	record_release(&record);
	if (!changed.length || changed.length > room)
		return mutate_bytes(data, size, room, other, other_size, random);
	memcpy(data, changed.data, changed.length);
	return changed.length;
}
