/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/explain.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "src/findings.h"
#include "src/layout.h"

static const struct {
	int code;
	const char *title, *text;
} exit_codes[] = {
	{0, "clear, or uploaded",
	 "check: nothing stands in the way of an upload. Upload: the device has confirmed the image. "
	 "Warnings do not change this."},
	{1, "the upload failed at the device",
	 "The device was reached and the upload did not succeed there: refused, wrong password, bad "
	 "image, connection broken off, or the image found wrong. espota.py, too, ends with 1."},
	{2, "usage error, or a file that cannot be used",
	 "An option or its argument is wrong, the image cannot be read, or an output file cannot be "
	 "written. Nothing was sent. espota.py, too, ends with 2 on a usage error."},
	{3, "this computer's firewall blocks it",
	 "A rule or policy here drops, rejects or redirects one of the packets of the upload. `ports` "
	 "ends with 3 if no port is open."},
	{4, "this computer's network is at fault",
	 "Port in use, address not local, no route, source check, a VPN's route, address "
	 "translation."},
	{5, "the device cannot be reached or does not answer",
	 "Its name does not resolve, nothing answers at its address, or it is there and does not "
	 "answer the invitation."},
	{6, "the device agreed, its connection never arrived here",
	 "The cause is in the network between the two, or in the device itself."},
	{7, "cannot tell",
	 "The rules may not be read, or the outcome hangs on what no one can know. A check never ends "
	 "with 0 in that case. With sudo it usually can be told."},
	{70, "internal error",
	 "espota-doctor itself failed: out of memory, or a defect. A report of it is welcome."},
};

int explain_exit_code_at(size_t index)
{
	return index < ARRAY_SIZE(exit_codes) ? exit_codes[index].code : -1;
}

static void explain_finding(struct buffer *out, enum finding_id id, const struct text_style *style)
{
	const struct finding_text *text = finding_text(id);

	layout_paint(out, style, PAINT_STRONG, finding_name(id));
	buffer_printf(out, ": %s\n\n", text->title);
	layout_prose(out, style, text->means);
	buffer_puts(out, "\n");
	layout_entry(out, style, "known", text->known);
	layout_entry(out, style, "cure", text->cure);
	if (text->espota) {
		buffer_puts(out, "\n");
		layout_prose(out, style, "espota.py called it:");
		layout_entry(out, style, "", text->espota);
	}
	if (finding_exit_code(id))
		buffer_printf(out, "\n  exit    %d\n", finding_exit_code(id));
	else
		buffer_puts(out, "\n  exit    unchanged: it is only a warning\n");
}

static void explain_exit_code(struct buffer *out, size_t index, const struct text_style *style)
{
	buffer_printf(out, "exit %d: %s\n\n", exit_codes[index].code, exit_codes[index].title);
	layout_prose(out, style, exit_codes[index].text);
	const char *before = "\n";
	for (enum finding_id id = 0; id < FINDING_COUNT; id++) {
		if (!exit_codes[index].code || finding_exit_code(id) != exit_codes[index].code)
			continue;
		buffer_puts(out, before);
		layout_definition(out, style, finding_name(id), finding_title(id));
		before = "";
	}
}

static void explain_list(struct buffer *out, const struct text_style *style)
{
	buffer_puts(out, "Findings:\n");
	for (enum finding_id id = 0; id < FINDING_COUNT; id++)
		layout_definition(out, style, finding_name(id), finding_title(id));
	buffer_puts(out, "\nExit codes:\n");
	for (size_t i = 0; i < ARRAY_SIZE(exit_codes); i++) {
		char code[12];
		snprintf(code, sizeof(code), "%d", exit_codes[i].code);
		layout_definition(out, style, code, exit_codes[i].title);
	}
	layout_definition(out, style, "128+N", "ended by signal N, after cleaning up");
	buffer_puts(out, "\nespota-doctor explain FINDING or EXIT-CODE says more.\n");
}

static bool find_exit_code(const char *topic, size_t *ret_index)
{
	char *end;
	long code = strtol(topic, &end, 10);

	for (size_t i = 0; *topic && !*end && i < ARRAY_SIZE(exit_codes); i++) {
		if (exit_codes[i].code != code)
			continue;
		*ret_index = i;
		return true;
	}
	return false;
}

static bool is_signal_code(const char *topic)
{
	char *end;
	long code = strtol(topic, &end, 10);

	return !strcmp(topic, "128+N") || (!*end && code > 128 && code <= 128 + SIGRTMAX);
}

int explain(struct buffer *out, const char *topic, const struct text_style *style,
	    struct error *err)
{
	size_t index;

	if (!topic) {
		explain_list(out, style);
		return 0;
	}
	enum finding_id id = finding_by_name(topic);
	if (id != FINDING_COUNT) {
		explain_finding(out, id, style);
		return 0;
	}
	if (find_exit_code(topic, &index)) {
		explain_exit_code(out, index, style);
		return 0;
	}
	if (is_signal_code(topic)) {
		buffer_puts(out, "exit 128+N: ended by signal N, after cleaning up\n");
		return 0;
	}
	return error_set(err, EINVAL,
			 "'%s' is neither a finding nor an exit code: espota-doctor explain lists "
			 "them",
			 topic);
}
