/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "src/explain.h"
#include "src/findings.h"
#include "src/options.h"
#include "src/options_table.h"

/*
 * What the program knows of options, findings and exit codes, for the makers of manuals and for
 * their test. `page` is espota-doctor-findings(7), which is kept in the tree so that it can be read
 * and installed without a build.
 */

enum { COLUMNS = 78 };

/* One text line, in which nothing is taken for a macro or an escape. */
static void add_escaped(struct buffer *out, const char *text, size_t length)
{
	if (length && (text[0] == '.' || text[0] == '\''))
		buffer_puts(out, "\\&");
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\')
			buffer_puts(out, "\\e");
		else if (text[i] == '-')
			buffer_puts(out, "\\-");
		else
			buffer_add(out, &text[i], 1);
	}
}

static size_t sentence_length(const char *text)
{
	const char *end = text;

	while ((end = strpbrk(end, ".:?")) && end[1] && (end[1] != ' ' || *end == ':'))
		end++;
	return end && end[1] ? (size_t)(end + 1 - text) : strlen(text);
}

/* Lines of at most COLUMNS, as mdoc(7) is written: a sentence ends its line. */
static void add_sentence(struct buffer *out, const char *text, size_t length)
{
	while (length > COLUMNS - 10) {
		size_t cut = COLUMNS - 10;
		while (cut && text[cut] != ' ')
			cut--;
		add_escaped(out, text, cut);
		buffer_puts(out, "\n");
		text += cut + 1;
		length -= cut + 1;
	}
	add_escaped(out, text, length);
	buffer_puts(out, "\n");
}

static void add_text(struct buffer *out, const char *text)
{
	while (*text) {
		size_t length = sentence_length(text);
		add_sentence(out, text, length);
		text += length;
		text += strspn(text, " ");
	}
}

static void add_finding(struct buffer *out, enum finding_id id)
{
	const struct finding_text *text = finding_text(id);

	buffer_puts(out, ".It Sy ");
	add_escaped(out, finding_name(id), strlen(finding_name(id)));
	buffer_puts(out, "\n");
	add_sentence(out, text->title, strlen(text->title));
	buffer_puts(out, ".Pp\n");
	add_text(out, text->means);
	buffer_puts(out, ".Pp\n.Em Known by :\n");
	add_text(out, text->known);
	buffer_puts(out, ".Pp\n.Em Cure :\n");
	add_text(out, text->cure);
	if (text->espota) {
		buffer_puts(out, ".Pp\n.Em Formerly :\n");
		add_text(out, text->espota);
	}
}

static const struct {
	int exit_code;
	const char *title;
} groups[] = {
	{3, "This computer's firewall, exit 3"},
	{4, "This computer's network, exit 4"},
	{5, "The device is not reached or does not answer, exit 5"},
	{6, "Lost between the two, exit 6"},
	{1, "Failed at the device, exit 1"},
	{2, "Unusable files, exit 2"},
	{7, "Cannot tell, exit 7"},
	{0, "Warnings, which change no exit code"},
};

static void add_groups(struct buffer *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		buffer_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", groups[i].title);
		for (enum finding_id id = 0; id < FINDING_COUNT; id++)
			if (finding_exit_code(id) == groups[i].exit_code)
				add_finding(out, id);
		buffer_puts(out, ".El\n");
	}
}

static const char page_head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	".\\\" Made from src/finding_texts.c by man/catalogue.c; change it there.\n"
	".Dd November 23, 2026\n"
	".Dt ESPOTA-DOCTOR-FINDINGS 7\n"
	".Os\n"
	".Sh NAME\n"
	".Nm espota-doctor-findings\n"
	".Nd what espota-doctor finds, how it knows, and how it is cured\n"
	".Sh DESCRIPTION\n"
	"Each finding of\n"
	".Xr espota-doctor 1\n"
	"has a name that does not change.\n"
	"It stands in brackets after the headline, in the last line of a failed run,\n"
	"and as\n"
	".Va id\n"
	"in the output of\n"
	".Fl Fl json .\n"
	"The same texts are printed by\n"
	".Ql espota-doctor explain Ar FINDING .\n"
	".Pp\n"
	"The first finding is the root cause.\n"
	"It alone decides the verdict and the exit code;\n"
	"what merely follows from it is not reported.\n"
	"A finding is an error, unknown (those with exit 7), a warning, or for information.\n"
	"Every finding says how certain it is:\n"
	".Bl -tag -width predicted\n"
	".It Sy proven\n"
	"It was observed: by the kernel, on the wire, or because the device really connected.\n"
	".It Sy predicted\n"
	"It follows from the rules and settings as they were read.\n"
	".It Sy likely\n"
	"It fits what was seen; something else could fit too.\n"
	".El\n"
	".Pp\n"
	"Under\n"
	".Em Formerly\n"
	"stands what\n"
	".Pa espota.py\n"
	"prints in the same case.\n"
	".Sh FINDINGS\n";

static const char page_tail[] = ".Sh SEE ALSO\n"
				".Xr espota-doctor 1 ,\n"
				".Xr iptables 8 ,\n"
				".Xr nft 8 ,\n"
				".Xr ufw 8\n";

static void print_page(struct buffer *out)
{
	buffer_puts(out, page_head);
	add_groups(out);
	buffer_puts(out, page_tail);
}

static void print_options(struct buffer *out)
{
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *entry = option_entry(id);
		buffer_printf(out, "%s\n", entry->name);
		if (*entry->alias)
			buffer_printf(out, "%s\n", entry->alias);
		if (entry->letter)
			buffer_printf(out, "-%c\n", entry->letter);
	}
}

static void print_findings(struct buffer *out)
{
	for (enum finding_id id = 0; id < FINDING_COUNT; id++)
		buffer_printf(out, "%s\n", finding_name(id));
}

static void print_exit_codes(struct buffer *out)
{
	for (size_t i = 0; explain_exit_code_at(i) >= 0; i++)
		buffer_printf(out, "%d\n", explain_exit_code_at(i));
}

static void print_help(struct buffer *out)
{
	buffer_puts(out, options_help());
}

static void print_explanations(struct buffer *out)
{
	const struct text_style style = {.width = 80};

	for (enum finding_id id = 0; id < FINDING_COUNT; id++)
		explain(out, finding_name(id), &style, NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(struct buffer *out);
	} lists[] = {
		{"page", print_page},         {"options", print_options},
		{"findings", print_findings}, {"exit-codes", print_exit_codes},
		{"help", print_help},         {"explanations", print_explanations},
	};
	cleanup(buffer_release) struct buffer out = {0};

	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(lists); i++)
		if (!strcmp(argv[1], lists[i].name))
			lists[i].print(&out);
	fputs(buffer_text(&out), stdout);
	return out.length ? 0 : 2;
}
