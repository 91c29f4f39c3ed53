/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/nft.h"

#include <stdlib.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "rules/read/newer.h"
#include "rules/text/nft_private.h"
#include "rules/text/xt.h"

static void raw_text(struct buffer *out, const struct expr *expr)
{
	buffer_printf(out, "[ %s ", expr->name ? expr->name : "?");
	for (size_t i = 0; i < expr->raw.length; i++)
		buffer_printf(out, "%02x", expr->raw.data[i]);
	buffer_puts(out, expr->raw.length ? " ]" : "]");
}

static void raw_load_text(struct buffer *out, const struct load *load)
{
	raw_text(out, load->source);
	for (unsigned i = 0; i < load->n_steps; i++) {
		buffer_puts(out, " ");
		raw_text(out, load->steps[i]);
	}
}

/* Loads that no match has said yet are what an expression without words may read. */
static void add_unsaid_loads(struct nft_text *text)
{
	for (unsigned i = 0; i < LOAD_WORDS; i++) {
		const struct load *load = &text->registers.words[i];

		if (!load->source || text->used[i])
			continue;
		text->used[i] = true;
		raw_load_text(&piece_add(text)->left, load);
	}
}

/* What has no words may have written to any register: what those hold is not known any more. */
static void forget_loads(struct nft_text *text)
{
	text->registers = (struct load_registers){};
	for (unsigned i = 0; i < LOAD_WORDS; i++) {
		free(text->texts[i]);
		text->texts[i] = NULL;
	}
}

static void add_raw(struct nft_text *text, const struct expr *expr)
{
	add_unsaid_loads(text);
	raw_text(&piece_add(text)->left, expr);
	pieces_fix(text);
	forget_loads(text);
}

static void add_xt(struct nft_text *text, const struct expr *expr)
{
	struct buffer words = {};

	if (expr->kind == EXPR_XT_MATCH)
		xt_match_text(&words, expr, text->headers.family);
	else
		xt_target_text(&words, expr, text->headers.family);
	buffer_puts(&piece_add(text)->left, buffer_text(&words) + (words.length > 0));
	buffer_release(&words);
	pieces_fix(text);
}

static void add_statement(struct nft_text *text, const struct expr *expr)
{
	struct buffer words = {};
	bool said = !expr->opaque && statement_text(text, &words, expr);

	if (said) {
		buffer_puts(&piece_add(text)->left, buffer_text(&words));
		pieces_fix(text);
	} else {
		add_raw(text, expr);
	}
	buffer_release(&words);
}

static void follow_load(struct nft_text *text, const struct expr *expr)
{
	int word = load_destination(expr) / 4;
	char *kept = NULL;
	int from = expr->kind == EXPR_BITWISE     ? expr->bitwise.sreg
		   : expr->kind == EXPR_BYTEORDER ? expr->byteorder.sreg
						  : REGISTER_NONE;

	if (from >= 0 && text->texts[from / 4])
		kept = xstrdup(text->texts[from / 4]);
	if (from >= 0)
		text->used[from / 4] = true;
	free(text->texts[word]);
	text->texts[word] = kept;
	if (kept)
		text->text_types[word] = text->text_types[from / 4];
	text->used[word] = false;
	load_follow(&text->registers, expr);
}

/* What @reg holds from now on, in words that were found before its operands are overwritten. */
static void keep_text(struct nft_text *text, int reg, const struct buffer *words,
		      const struct value_type *type)
{
	free(text->texts[reg / 4]);
	text->texts[reg / 4] = xstrdup(buffer_text(words));
	text->text_types[reg / 4] = *type;
	text->used[reg / 4] = false;
}

static bool hash_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	bool jenkins = expr->hash.type == NFT_HASH_JENKINS;
	struct key_text key = {};
	bool said = !jenkins || key_text(text, expr->hash.sreg, expr->hash.length, NULL, &key);

	if (jenkins)
		buffer_printf(out, "jhash %s", buffer_text(&key.text));
	else
		buffer_puts(out, "symhash");
	buffer_printf(out, " mod %u", expr->hash.modulus);
	if (jenkins && expr->hash.has_seed)
		buffer_printf(out, " seed 0x%x", expr->hash.seed);
	if (expr->hash.offset)
		buffer_printf(out, " offset %u", expr->hash.offset);
	buffer_release(&key.text);
	return said;
}

static bool follow_hash(struct nft_text *text, const struct expr *expr)
{
	const struct value_type number = {TYPE_INTEGER, true, 32, 0};
	cleanup(buffer_release) struct buffer words = {};

	if (expr->hash.dreg < 0 || !hash_text(text, &words, expr))
		return false;
	load_follow(&text->registers, expr);
	keep_text(text, expr->hash.dreg, &words, &number);
	return true;
}

/* One side of an operation of two registers; what was calculated stands in parentheses. */
static bool side_text(struct nft_text *text, struct buffer *out, int reg,
		      struct value_type *ret_type)
{
	const struct load *load = load_of(&text->registers, reg);
	bool calculated = load && (load->n_steps || text->texts[reg / 4]);

	if (!load)
		return false;
	buffer_puts(out, calculated ? "(" : "");
	if (!load_text(text, out, load, reg / 4, load->n_steps, ret_type))
		return false;
	buffer_puts(out, calculated ? ")" : "");
	return true;
}

static bool follow_two_registers(struct nft_text *text, const struct expr *expr)
{
	static const char *const operators[] = {[NEWER_BITWISE_AND] = " & ",
						[NEWER_BITWISE_OR] = " | ",
						[NEWER_BITWISE_XOR] = " ^ "};
	uint32_t op = expr->bitwise.op;
	cleanup(buffer_release) struct buffer words = {};
	struct value_type type = {}, other;

	if (op >= ARRAY_SIZE(operators) || !operators[op] ||
	    !side_text(text, &words, expr->bitwise.sreg, &type))
		return false;
	buffer_puts(&words, operators[op]);
	if (!side_text(text, &words, expr->bitwise.sreg2, &other))
		return false;
	load_follow(&text->registers, expr);
	keep_text(text, expr->bitwise.dreg, &words, &type);
	return true;
}

static bool follow_map(struct nft_text *text, const struct expr *expr)
{
	if (!lookup_text(text, expr))
		return false;
	if (expr->lookup.dreg >= 0) {
		load_follow(&text->registers, expr);
		text->used[expr->lookup.dreg / 4] = false;
	}
	return true;
}

static void add_expression(struct nft_text *text, const struct expr *expr)
{
	bool said = !expr->opaque;

	switch (expr->kind) {
	case EXPR_XT_MATCH:
	case EXPR_XT_TARGET: add_xt(text, expr); return;
	case EXPR_CMP: said = said && cmp_text(text, expr); break;
	case EXPR_RANGE: said = said && range_match_text(text, expr); break;
	case EXPR_LOOKUP: said = said && follow_map(text, expr); break;
	case EXPR_HASH: said = said && follow_hash(text, expr); break;
	case EXPR_BITWISE:
		if (said && expr->bitwise.op < NEWER_BITWISE_AND)
			follow_load(text, expr);
		else
			said = said && follow_two_registers(text, expr);
		break;
	default:
		if (said && load_destination(expr) >= 0)
			follow_load(text, expr);
		else
			add_statement(text, expr);
		return;
	}
	if (!said)
		add_raw(text, expr);
}

static void text_release(struct nft_text *text)
{
	for (size_t i = 0; i < text->n_pieces; i++) {
		buffer_release(&text->pieces[i].left);
		buffer_release(&text->pieces[i].right);
	}
	free(text->pieces);
	for (unsigned i = 0; i < LOAD_WORDS; i++)
		free(text->texts[i]);
}

static void say_rule(struct buffer *out, const struct rule *rule, const struct host_state *host,
		     bool is_inner)
{
	cleanup(text_release) struct nft_text text = {
		.rule = rule, .host = host, .is_inner = is_inner};
	const char *separator = "";

	headers_begin(&text.headers, rule->chain->table->family);
	pieces_fix(&text);
	for (size_t i = 0; i < rule->n_exprs; i++)
		add_expression(&text, &rule->exprs[i]);
	add_unsaid_loads(&text);
	for (size_t i = 0; i < text.n_pieces; i++) {
		const struct piece *piece = &text.pieces[i];

		if (piece->dropped)
			continue;
		buffer_printf(out, "%s%s%s%s", separator, buffer_text(&piece->left), piece->op,
			      buffer_text(&piece->right));
		separator = " ";
	}
	if (rule->comment)
		buffer_printf(out, "%scomment \"%s\"", separator, rule->comment);
}

void inner_rule_text(struct buffer *out, const struct rule *rule, const struct host_state *host)
{
	say_rule(out, rule, host, true);
}

void nft_rule_text(struct buffer *out, const struct rule *rule, const struct host_state *host)
{
	say_rule(out, rule, host, false);
}
