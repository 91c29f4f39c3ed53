/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/peek.h"

#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/netfilter/xt_bpf.h>

#include "rules/xt/words.h"

/*
 * The match bpf: a program of classic BPF on the packet, true if it returns anything but zero. It is
 * run on what is known of the bytes; a jump that hangs on what is not known ends that.
 */
enum answer { NO, YES, UNKNOWN };

struct machine {
	const struct walk *walk;
	const struct state *state;
	struct xt_bits a, x, memory[BPF_MEMWORDS];
};

static struct xt_bits number(uint32_t value)
{
	return (struct xt_bits){value, UINT32_MAX};
}

static const struct xt_bits anything;

static bool known(struct xt_bits bits)
{
	return bits.known == UINT32_MAX;
}

static struct xt_bits length_of(const struct state *state)
{
	field_value length;

	if (!value_set_single(state->class.fields[FIELD_SKB_LENGTH], &length))
		return anything;
	return number((uint32_t)length);
}

/* A load past the packet's end makes the program return zero. */
static enum answer load_bytes(struct machine *machine, const struct sock_filter *code,
			      uint64_t offset, struct xt_bits *ret)
{
	unsigned size = BPF_SIZE(code->code) == BPF_W ? 4 : BPF_SIZE(code->code) == BPF_H ? 2 : 1;

	/* negative offsets ask for things that are no bytes of the packet */
	if (offset > INT32_MAX)
		return UNKNOWN;
	switch (xt_peek(machine->walk, machine->state, offset, size, ret)) {
	case XT_PEEK_THERE: return YES;
	case XT_PEEK_BEYOND: return NO;
	default: return UNKNOWN;
	}
}

static enum answer load(struct machine *machine, const struct sock_filter *code)
{
	enum { HEADER_LENGTH = 0x0f };
	bool to_x = BPF_CLASS(code->code) == BPF_LDX;
	struct xt_bits value = anything;
	enum answer loaded = YES;

	switch (BPF_MODE(code->code)) {
	case BPF_IMM: value = number(code->k); break;
	case BPF_LEN: value = length_of(machine->state); break;
	case BPF_MEM:
		if (code->k >= BPF_MEMWORDS)
			return UNKNOWN;
		value = machine->memory[code->k];
		break;
	case BPF_ABS: loaded = load_bytes(machine, code, code->k, &value); break;
	case BPF_IND:
		if (!known(machine->x))
			return UNKNOWN;
		loaded = load_bytes(machine, code, (uint64_t)machine->x.value + code->k, &value);
		break;
	case BPF_MSH:
		loaded = load_bytes(machine, code, code->k, &value);
		value = (struct xt_bits){(value.value & HEADER_LENGTH) << 2,
					 (value.known & HEADER_LENGTH) << 2 |
						 ~((uint32_t)HEADER_LENGTH << 2)};
		break;
	default: return UNKNOWN;
	}
	*(to_x ? &machine->x : &machine->a) = value;
	return loaded;
}

static struct xt_bits calculate(uint16_t operation, struct xt_bits a, struct xt_bits b)
{
	uint32_t zeros = (a.known & ~a.value) | (b.known & ~b.value);
	uint32_t ones = (a.known & a.value) | (b.known & b.value);

	if (operation == BPF_AND)
		return (struct xt_bits){a.value & b.value, (a.known & b.known) | zeros};
	if (operation == BPF_OR)
		return (struct xt_bits){a.value | b.value, (a.known & b.known) | ones};
	if (!known(b))
		return anything;
	if (operation == BPF_LSH && b.value < 32)
		return (struct xt_bits){a.value << b.value,
					a.known << b.value | ((1u << b.value) - 1)};
	if (operation == BPF_RSH && b.value < 32)
		return (struct xt_bits){a.value >> b.value, ~(~a.known >> b.value)};
	if (!known(a))
		return anything;
	switch (operation) {
	case BPF_ADD: return number(a.value + b.value);
	case BPF_SUB: return number(a.value - b.value);
	case BPF_MUL: return number(a.value * b.value);
	case BPF_XOR: return number(a.value ^ b.value);
	case BPF_NEG: return number(-a.value);
	default: return anything;
	}
}

static enum answer compare(uint16_t operation, struct xt_bits a, struct xt_bits b)
{
	uint32_t least = a.value, most = a.value | ~a.known;

	if (!known(b))
		return UNKNOWN;
	switch (operation) {
	case BPF_JEQ:
		if ((a.value ^ b.value) & a.known)
			return NO;
		return known(a) ? YES : UNKNOWN;
	case BPF_JGT: return least > b.value ? YES : most <= b.value ? NO : UNKNOWN;
	case BPF_JGE: return least >= b.value ? YES : most < b.value ? NO : UNKNOWN;
	case BPF_JSET:
		if (a.value & b.value)
			return YES;
		return b.value & ~a.known ? UNKNOWN : NO;
	default: return UNKNOWN;
	}
}

static struct xt_bits operand(const struct machine *machine, const struct sock_filter *code)
{
	return BPF_SRC(code->code) == BPF_X ? machine->x : number(code->k);
}

/* Moves *@at on; UNKNOWN where the way cannot be told. */
static enum answer jump(const struct machine *machine, const struct sock_filter *code, size_t *at)
{
	enum answer taken;

	if (BPF_OP(code->code) == BPF_JA) {
		*at += code->k;
		return YES;
	}
	taken = compare(BPF_OP(code->code), machine->a, operand(machine, code));
	*at += taken == YES ? code->jt : code->jf;
	return taken == UNKNOWN ? UNKNOWN : YES;
}

/* Anything but a return; NO ends the program with zero. */
static enum answer step(struct machine *machine, const struct sock_filter *code, size_t *at)
{
	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
	case BPF_LDX: return load(machine, code);
	case BPF_ST:
	case BPF_STX:
		if (code->k >= BPF_MEMWORDS)
			return UNKNOWN;
		machine->memory[code->k] =
			BPF_CLASS(code->code) == BPF_ST ? machine->a : machine->x;
		return YES;
	case BPF_ALU:
		/* a division by a zero in the register ends the program */
		if (BPF_SRC(code->code) == BPF_X &&
		    (BPF_OP(code->code) == BPF_DIV || BPF_OP(code->code) == BPF_MOD))
			return UNKNOWN;
		machine->a = calculate(BPF_OP(code->code), machine->a, operand(machine, code));
		return YES;
	case BPF_JMP: return jump(machine, code, at);
	case BPF_MISC:
		if (BPF_MISCOP(code->code) == BPF_TAX)
			machine->x = machine->a;
		else
			machine->a = machine->x;
		return YES;
	default: return UNKNOWN;
	}
}

/* Jumps only lead forwards, so that it ends. */
static enum answer run_program(struct machine *machine, const struct sock_filter *program,
			       size_t length)
{
	for (size_t at = 0; at < length; at++) {
		const struct sock_filter *code = &program[at];
		enum answer answer;

		if (BPF_CLASS(code->code) == BPF_RET) {
			struct xt_bits result =
				BPF_RVAL(code->code) == BPF_A ? machine->a : number(code->k);

			return result.value ? YES : known(result) ? NO : UNKNOWN;
		}
		answer = step(machine, code, &at);
		if (answer != YES)
			return answer;
	}
	return UNKNOWN;
}

struct program {
	const struct sock_filter *code;
	size_t length;
	const char *path; /* of a pinned program, whose code is not in the rule */
};

static struct program program_of(const struct xt_extension *extension, struct xt_bpf_info *old,
				 struct xt_bpf_info_v1 *new)
{
	if (extension->type->revision == 0) {
		memcpy(old, extension->info.data, sizeof(*old));
		return (struct program){old->bpf_program, old->bpf_program_num_elem, NULL};
	}
	memcpy(new, extension->info.data, sizeof(*new));
	if (new->mode != XT_BPF_MODE_BYTECODE)
		return (struct program){.path = new->path};
	return (struct program){new->bpf_program, new->bpf_program_num_elem, NULL};
}

static bool check_bpf(const uint8_t *info, struct xt_extension *ret)
{
	struct xt_bpf_info old;
	struct xt_bpf_info_v1 new;

	(void)info;
	return program_of(ret, &old, &new).length <= XT_BPF_MAX_NUM_INSTR;
}

static void evaluate_bpf(struct run *run, struct branch *branch,
			 const struct xt_extension *extension)
{
	struct machine machine = {.walk = run->walk, .state = branch->state};
	struct xt_bpf_info old;
	struct xt_bpf_info_v1 new;
	struct program program = program_of(extension, &old, &new);
	enum answer answer = UNKNOWN;

	if (program.code)
		answer = run_program(&machine, program.code, program.length);
	if (answer == UNKNOWN)
		run_either(run, branch, "a program on the packet's bytes (bpf)");
	else
		xt_decide(run, branch, answer == YES);
}

static void bpf_text(struct buffer *out, const struct xt_extension *extension)
{
	struct xt_bpf_info old;
	struct xt_bpf_info_v1 new;
	struct program program = program_of(extension, &old, &new);

	if (program.path) {
		buffer_printf(out, " --object-pinned %.*s", (int)XT_BPF_PATH_MAX, program.path);
		return;
	}
	buffer_printf(out, " --bytecode \"%zu", program.length);
	for (size_t i = 0; i < program.length; i++)
		buffer_printf(out, ",%u %u %u %u", program.code[i].code, program.code[i].jt,
			      program.code[i].jf, program.code[i].k);
	buffer_puts(out, "\"");
}

static const char bpf_how[] =
	"the program is run on what is known of the packet; unknown if it hangs on more, and if"
	" it is pinned elsewhere";

static const struct xt_type types[] = {
	{"bpf", 0, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_bpf_info), check_bpf, evaluate_bpf,
	 bpf_text, DECIDED(BY_PACKET | BY_NOBODY, bpf_how)},
	{"bpf", 1, XT_FAMILY_BOTH, XT_OTHER, sizeof(struct xt_bpf_info_v1), check_bpf, evaluate_bpf,
	 bpf_text, DECIDED(BY_PACKET | BY_NOBODY, bpf_how)},
};

const struct xt_types xt_bpf_matches = XT_TYPES(types);
