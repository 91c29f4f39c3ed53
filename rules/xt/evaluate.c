/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/extension.h"

#include "base/arena.h"

field_value xt_address_number(const struct address *address)
{
	field_value number = 0;

	for (size_t i = 0; i < address_length(address); i++)
		number = number << 8 | address->bytes[i];
	return number;
}

void xt_always(struct run *run, struct branch *branch, const struct xt_extension *extension)
{
	(void)extension;
	run_continue(run, branch);
}

void xt_never(struct run *run, struct branch *branch, const struct xt_extension *extension)
{
	(void)extension;
	run_break(run, branch);
}

void xt_foreign(struct run *run, struct branch *branch, const struct xt_extension *extension)
{
	(void)extension;
	run_either(run, branch, "a match for another protocol");
}

void xt_decide(struct run *run, struct branch *branch, bool matches)
{
	matches ? run_continue(run, branch) : run_break(run, branch);
}

/*
 * Which field an end is can differ only between states that arrived apart, so that all branches of
 * one rule run have the same.
 */
enum field xt_end_field(const struct branch *branch, enum xt_end end)
{
	const struct state *state = branch->state;

	switch (end) {
	case XT_END_SOURCE: return (enum field)state->source;
	case XT_END_DEST: return (enum field)state->dest;
	case XT_END_SOURCE_PORT: return (enum field)state->source_port;
	default: return (enum field)state->dest_port;
	}
}

struct branch *xt_require_values(struct run *run, struct branch *branches, enum field field,
				 struct value_set values, bool negated)
{
	return run_require(
		run, branches,
		&(struct condition){.field = field, .values = values, .negated = negated});
}

struct branch *xt_require_range(struct run *run, struct branch *branches, enum field field,
				field_value first, field_value last, bool negated)
{
	return xt_require_values(run, branches, field,
				 value_set_range(run->walk->arena, first, last), negated);
}

struct branch *xt_require_masked(struct run *run, struct branch *branches, enum field field,
				 field_value mask, field_value value, bool negated)
{
	if (value & ~mask) {
		if (negated)
			return branches;
		run_break_all(run, branches);
		return NULL;
	}
	return run_require(run, branches,
			   &(struct condition){.field = field,
					       .masked = true,
					       .mask = mask,
					       .value = value,
					       .negated = negated});
}

/* In IPv6 the traffic class is part of the header's first word. */
struct branch *xt_require_tos(struct run *run, struct branch *branches, uint8_t mask, uint8_t value,
			      bool negated)
{
	enum { CLASS_SHIFT = 20 };

	if (!run->walk->facts.ipv6)
		return xt_require_masked(run, branches, FIELD_TOS, mask, value, negated);
	return xt_require_masked(run, branches, FIELD_VERSION, (field_value)mask << CLASS_SHIFT,
				 (field_value)value << CLASS_SHIFT, negated);
}

/*
 * A socket is attached before the input hook (early demultiplexing in ip_rcv_finish()), and only
 * one that the packet's connection already has: none for a SYN.
 */
bool xt_without_socket(const struct walk *walk)
{
	return walk->facts.input && (walk->facts.packet == SYN_IN || walk->stage < STAGE_INPUT);
}
