/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/load.h"

#include "rules/read/newer.h"

int load_destination(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_BITWISE: return expr->bitwise.dreg;
	case EXPR_BYTEORDER: return expr->byteorder.dreg;
	case EXPR_CT: return expr->ct.reg;
	case EXPR_EXTHDR: return expr->exthdr.dreg;
	case EXPR_FIB: return expr->fib.dreg;
	case EXPR_HASH: return expr->hash.dreg;
	case EXPR_IMMEDIATE:
		return expr->immediate.data.is_verdict ? REGISTER_NONE : expr->immediate.dreg;
	case EXPR_LOOKUP:
		return expr->lookup.dreg == REGISTER_VERDICT ? REGISTER_NONE : expr->lookup.dreg;
	case EXPR_META: return expr->meta.reg;
	case EXPR_NUMGEN: return expr->numgen.dreg;
	case EXPR_OSF: return expr->osf.dreg;
	case EXPR_PAYLOAD: return expr->payload.dreg;
	case EXPR_RT: return expr->rt.dreg;
	case EXPR_SOCKET: return expr->socket.dreg;
	case EXPR_XFRM: return expr->xfrm.dreg;
	default: return REGISTER_NONE;
	}
}

const struct load *load_of(const struct load_registers *registers, int reg)
{
	const struct load *load;

	if (reg < 0 || reg >= REGISTER_BYTES)
		return NULL;
	load = &registers->words[reg / 4];
	return load->source ? load : NULL;
}

static bool follow_step(struct load_registers *registers, const struct expr *step, int sreg,
			int dreg)
{
	const struct load *from = load_of(registers, sreg);
	struct load result = {};

	/* Two registers in one (kernel 6.13): not a step of either, but something new. */
	if (step->kind == EXPR_BITWISE && step->bitwise.op >= NEWER_BITWISE_AND) {
		result.source = step;
	} else if (from && from->n_steps < LOAD_STEPS_MAX) {
		result = *from;
		result.steps[result.n_steps++] = step;
	}
	registers->words[dreg / 4] = result;
	return result.source != NULL;
}

bool load_follow(struct load_registers *registers, const struct expr *expr)
{
	int dreg = load_destination(expr);

	if (expr->opaque || dreg < 0 || dreg >= REGISTER_BYTES)
		return false;
	if (expr->kind == EXPR_BITWISE)
		return follow_step(registers, expr, expr->bitwise.sreg, dreg);
	if (expr->kind == EXPR_BYTEORDER)
		return follow_step(registers, expr, expr->byteorder.sreg, dreg);
	registers->words[dreg / 4] = (struct load){.source = expr};
	return true;
}
