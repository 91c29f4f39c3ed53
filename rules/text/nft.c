/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/nft.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
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

static void add_raw(struct nft_text *text, const struct expr *expr)
{
	add_unsaid_loads(text);
	raw_text(&piece_add(text)->left, expr);
	pieces_fix(text);
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
		kept = strdup(text->texts[from / 4]);
	if (from >= 0)
		text->used[from / 4] = true;
	free(text->texts[word]);
	text->texts[word] = kept;
	text->used[word] = false;
	load_follow(&text->registers, expr);
}

/* The key of a hash is read now; the register that holds it may be filled again. */
static bool follow_hash(struct nft_text *text, const struct expr *expr)
{
	struct key_text key = {};
	struct buffer words = {};
	int word = expr->hash.dreg / 4;
	bool said = true;

	if (expr->hash.dreg < 0)
		return false;
	if (expr->hash.type == 0 /* NFT_HASH_JENKINS */) {
		said = key_text(text, expr->hash.sreg, expr->hash.length, NULL, &key);
		buffer_printf(&words, "jhash %s", buffer_text(&key.text));
	} else {
		buffer_puts(&words, "symhash");
	}
	buffer_printf(&words, " mod %u", expr->hash.modulus);
	if (expr->hash.type == 0 && expr->hash.has_seed)
		buffer_printf(&words, " seed 0x%x", expr->hash.seed);
	if (expr->hash.offset)
		buffer_printf(&words, " offset %u", expr->hash.offset);
	buffer_release(&key.text);
	if (said) {
		load_follow(&text->registers, expr);
		free(text->texts[word]);
		text->texts[word] = strdup(buffer_text(&words));
		text->used[word] = false;
	}
	buffer_release(&words);
	return said;
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
