/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/dump.h"
#include "rules/parse.h"
#include "rules/replay/copy.h"
#include "rules/replay/exchange.h"
#include "rules/replay/load.h"
#include "rules/replay/reach.h"
#include "rules/replay/user_namespace.h"

enum { TIMEOUT_S = 20, NO_RULE = -1, AMENDED = -2, NO_CHAIN = -1, ROOM_FOR_GAPS = 1 };

/* How the child tells of a packet: places in the ruleset that both have. */
struct told_packet {
	int32_t verdict, chain, rule, code;
};

struct told {
	int32_t result;
	struct error error;
	struct told_packet packets[FLOW_PACKETS], strangers[REPLAY_STRANGERS];
	uint32_t n_gaps; /* what, why, "1" or "0" of each follow as strings */
};

static const char *const verdict_names[] = {
	[REPLAY_NOT_SENT] = "not sent", [REPLAY_ACCEPT] = "accept",       [REPLAY_DROP] = "drop",
	[REPLAY_REJECT] = "reject",     [REPLAY_ELSEWHERE] = "elsewhere",
};

const char *replay_verdict_name(enum replay_verdict verdict)
{
	return verdict_names[verdict];
}

bool replay_is_lossy(const struct replay_answer *answer)
{
	for (size_t i = 0; i < answer->n_gaps; i++)
		if (answer->gaps[i].matters)
			return true;
	return false;
}

/* The child's side. */

static bool tells_sender(const struct rule *rule)
{
	for (size_t i = 0; rule && i < rule->n_exprs; i++) {
		const struct expr *expr = &rule->exprs[i];
		if (expr->kind == EXPR_REJECT || (expr->kind == EXPR_XT_TARGET && expr->xt.name &&
						  !strcmp(expr->xt.name, "REJECT")))
			return true;
	}
	return false;
}

static struct told_packet tell(const struct copy *copy, const struct ruleset *ruleset,
			       const struct exchanged *packet)
{
	const struct trace_step *last = &packet->last;
	struct told_packet told = {packet->verdict, NO_CHAIN, NO_RULE, last->code};
	const struct table *table =
		last->is_set ? ruleset_table(ruleset, last->family, last->table) : NULL;
	const struct chain *chain = table ? table_chain(table, last->chain) : NULL;

	if (!chain)
		return told;
	const struct copy_part *part = copy_part_of(copy, chain, last->handle);
	told.chain = (int32_t)chain->order;
	if (part && part->is_amendment)
		told.rule = AMENDED;
	else if (part)
		told.rule = (int32_t)part->rule->position - 1;
	/* ICMP errors are rationed: that one was to be sent is what the rule says. */
	if (part && told.verdict == REPLAY_DROP && tells_sender(part->rule))
		told.verdict = REPLAY_REJECT;
	return told;
}

static int read_handles(struct copy *copy, struct error *err)
{
	cleanup(buffer_release) struct buffer dump = {0};
	int rc = ruleset_dump(&dump, err);

	if (rc)
		return rc;
	struct ruleset *made = ruleset_parse(dump.data, dump.length, err);
	if (!made)
		return -EBADMSG;
	copy_find_handles(copy, made);
	ruleset_free(made);
	return 0;
}

static int send_packets(struct lab *lab, struct copy *copy, const struct replay_request *request,
			struct told *told)
{
	struct exchanged packets[FLOW_PACKETS], stranger;
	struct trace trace;
	int rc = trace_open(&trace, *lab->port ? lab->port : lab->interface, *lab->port,
			    &told->error);

	if (!rc)
		rc = exchange_run(lab, &trace, request->question, packets, &told->error);
	for (int i = 0; !rc && i < FLOW_PACKETS; i++)
		told->packets[i] = tell(copy, request->ruleset, &packets[i]);
	for (size_t i = 0; !rc && i < request->n_strangers; i++) {
		rc = exchange_stranger(lab, &trace, &request->question->host,
				       &request->strangers[i], &stranger, &told->error);
		if (!rc)
			told->strangers[i] = tell(copy, request->ruleset, &stranger);
	}
	if (!rc && trace.lost)
		copy_gap(copy, true, "the kernel's trace", "more came than could be read");
	return rc;
}

static struct copy_plan plan_of(const struct replay_request *request, const struct lab *lab,
				bool newest_first)
{
	const struct flow_question *question = request->question;

	return (struct copy_plan){
		.ruleset = request->ruleset,
		.dump = request->dump,
		.dump_length = request->dump_length,
		.newest_first = newest_first,
		.devices = {lab->interface, *lab->port ? lab->port : NULL},
		.is_bridge = *lab->port,
		.family = (uint8_t)question->device.address.family,
		.amendments = question->amendments,
		.n_amendments = question->n_amendments,
	};
}

static bool has_legacy_tables(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_tables; i++)
		if (ruleset->tables[i]->backend == TABLE_LEGACY)
			return true;
	return false;
}

/* In what the copy's surroundings are not those of the original. */
static void note_unlike(const struct replay_request *request, const struct lab *lab,
			struct copy *copy)
{
	const struct host_state *host = request->host;
	const struct host_link *link = NULL;

	for (size_t i = 0; i < host->n_links; i++)
		if (host->links[i].index == host->device_ifindex)
			link = &host->links[i];
	if (has_legacy_tables(request->ruleset))
		copy_gap(copy, true, "legacy iptables tables", "they are not copied");
	if (link->type != ARPHRD_ETHER)
		copy_gap(copy, true, link->name, "it is no Ethernet interface, as its copy is");
	if (link->master)
		copy_gap(copy, true, link->name,
			 "it belongs to another interface, its copy does not");
	if (link->index != lab->index)
		copy_gap(copy, true, link->name, "its copy could not have the same number");
}

/*
 * In this order: what rules name has to be there before them (ipsets, when they are copied, here),
 * and of hooks of equal priority the newest is the first to see a packet (legacy tables register
 * theirs when they are first used: before or after nf_tables', which the dump does not tell).
 */
static int replay(const struct replay_request *request, bool newest_first, struct copy *copy,
		  struct told *told)
{
	struct lab lab;
	int rc = user_namespace_enter(request->user_namespace, &told->error);

	if (!rc)
		rc = lab_make(&lab, request, &told->error);
	if (rc)
		return rc;
	const struct copy_plan plan = plan_of(request, &lab, newest_first);
	copy_build(copy->arena, &plan, copy);
	note_unlike(request, &lab, copy);
	rc = copy_load(copy, &told->error);
	if (!rc)
		rc = read_handles(copy, &told->error);
	if (!rc && request->inspect)
		rc = request->inspect(request->data);
	return rc ? rc : send_packets(&lab, copy, request, told);
}

static void write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t written = write(fd, at, length);
		if (written <= 0)
			_exit(1);
		at += written;
		length -= (size_t)written;
	}
}

static void write_answer(int fd, struct told *told, const struct copy *copy)
{
	told->n_gaps = (uint32_t)copy->n_gaps;
	write_all(fd, told, sizeof(*told));
	for (size_t i = 0; i < copy->n_gaps; i++) {
		const struct replay_gap *gap = &copy->gaps[i];
		write_all(fd, gap->what, strlen(gap->what) + 1);
		write_all(fd, gap->why, strlen(gap->why) + 1);
		write_all(fd, gap->matters ? "1" : "0", 2);
	}
}

/* Of what was inherited it needs what it writes to; whatever ends us ends the namespaces. */
static void close_others(int keep, int also)
{
	int low = also >= 0 && also < keep ? also : keep, high = also > keep ? also : keep;

	if (low > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, UINT_MAX, 0);
}

static void child_run(const struct replay_request *request, bool newest_first, int fd, pid_t parent)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
	struct copy copy = {.arena = arena_new()};
	struct told told = {0};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		signal(numbers[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	close_others(fd, request->user_namespace);
	alarm(TIMEOUT_S);
	told.result = replay(request, newest_first, &copy, &told);
	write_answer(fd, &told, &copy);
	_exit(0);
}

/* The parent's side. */

static const struct chain *chain_by_order(const struct ruleset *ruleset, int32_t order)
{
	for (size_t i = 0; i < ruleset->n_tables; i++)
		for (size_t j = 0; j < ruleset->tables[i]->n_chains; j++)
			if ((int32_t)ruleset->tables[i]->chains[j]->order == order)
				return ruleset->tables[i]->chains[j];
	return NULL;
}

static struct replay_packet understand(const struct ruleset *ruleset,
				       const struct told_packet *told)
{
	struct replay_packet packet = {.verdict = told->verdict, .code = told->code};

	packet.chain = chain_by_order(ruleset, told->chain);
	packet.amended = told->rule == AMENDED;
	if (packet.chain && told->rule >= 0 && (size_t)told->rule < packet.chain->n_rules)
		packet.rule = packet.chain->rules[told->rule];
	return packet;
}

static const char *next_text(const struct buffer *bytes, size_t *at)
{
	const char *text = bytes->data + *at;
	const char *end = *at < bytes->length ? memchr(text, '\0', bytes->length - *at) : NULL;

	if (!end)
		return "";
	*at += (size_t)(end - text) + 1;
	return text;
}

static int take_answer(struct arena *arena, const struct replay_request *request,
		       const struct buffer *bytes, struct replay_answer *ret, struct error *err)
{
	struct told told;
	size_t at = sizeof(told);

	if (bytes->length < sizeof(told))
		return error_set(err, EPIPE, "the replay ended without an answer");
	memcpy(&told, bytes->data, sizeof(told));
	if (told.result) {
		if (err)
			*err = told.error;
		return told.result;
	}
	for (size_t i = 0; i < FLOW_PACKETS; i++)
		ret->packets[i] = understand(request->ruleset, &told.packets[i]);
	for (size_t i = 0; i < request->n_strangers; i++)
		ret->strangers[i] = understand(request->ruleset, &told.strangers[i]);
	struct replay_gap *gaps = arena_array(arena, told.n_gaps + ROOM_FOR_GAPS, sizeof(*gaps));
	for (size_t i = 0; i < told.n_gaps; i++) {
		gaps[i].what = arena_strdup(arena, next_text(bytes, &at));
		gaps[i].why = arena_strdup(arena, next_text(bytes, &at));
		gaps[i].matters = *next_text(bytes, &at) == '1';
	}
	ret->gaps = gaps;
	ret->n_gaps = told.n_gaps;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int read_to_end(int fd, struct buffer *bytes)
{
	const int64_t deadline = now_ms() + TIMEOUT_S * 1000;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char part[4096];

	for (;;) {
		int64_t left = deadline - now_ms();
		int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
		if (ready <= 0)
			return ready ? -errno : -ETIMEDOUT;
		ssize_t got = read(fd, part, sizeof(part));
		if (got <= 0)
			return got ? -errno : 0;
		buffer_add(bytes, part, (size_t)got);
	}
}

static int check_question(const struct replay_request *request, struct error *err)
{
	const struct cidr *device = &request->question->device;

	if (device->prefix != address_length(&device->address) * 8 ||
	    request->question->host.family != device->address.family)
		return error_set(err, EINVAL, "only one device can be replayed, not a network");
	return request->n_strangers <= REPLAY_STRANGERS ? 0 : -EINVAL;
}

static int run_once(struct arena *arena, const struct replay_request *request, bool newest_first,
		    struct replay_answer *ret_answer, struct error *err)
{
	cleanup(buffer_release) struct buffer bytes = {0};
	pid_t parent = getpid();
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC))
		return error_errno(err, errno, "no pipe for the replay");
	pid_t child = fork();
	if (child == 0)
		child_run(request, newest_first, ends[1], parent);
	close(ends[1]);
	rc = child < 0 ? -errno : read_to_end(ends[0], &bytes);
	close(ends[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (rc)
		return error_errno(err, -rc, "the replay did not come to an end");
	return take_answer(arena, request, &bytes, ret_answer, err);
}

/* Which of two chains that both let it pass is the last is no matter. */
static bool is_same(const struct replay_packet *a, const struct replay_packet *b)
{
	return a->verdict == b->verdict &&
	       (a->verdict == REPLAY_ACCEPT || (a->chain == b->chain && a->rule == b->rule));
}

static bool are_same(const struct replay_answer *a, const struct replay_answer *b)
{
	for (size_t i = 0; i < FLOW_PACKETS; i++)
		if (!is_same(&a->packets[i], &b->packets[i]))
			return false;
	for (size_t i = 0; i < REPLAY_STRANGERS; i++)
		if (a->strangers[i].verdict != b->strangers[i].verdict)
			return false;
	return true;
}

/* The place for it is there, see ROOM_FOR_GAPS. */
static void add_gap(struct replay_answer *answer, const char *what, const char *why)
{
	answer->gaps[answer->n_gaps++] =
		(struct replay_gap){.what = what, .why = why, .matters = true};
}

int replay_run(struct arena *arena, const struct replay_request *request,
	       struct replay_answer *ret_answer, struct error *err)
{
	const struct copy_plan plan = {
		.ruleset = request->ruleset,
		.family = (uint8_t)request->question->device.address.family,
		.is_bridge = request->host->device_port_ifindex,
	};
	struct replay_answer other = {0};
	int rc = check_question(request, err);

	*ret_answer = (struct replay_answer){0};
	if (!rc)
		rc = run_once(arena, request, false, ret_answer, err);
	if (rc || !reach_order_is_open(&plan))
		return rc;
	rc = run_once(arena, request, true, &other, err);
	if (!rc && !are_same(ret_answer, &other))
		add_gap(ret_answer, "the order of the tables",
			"chains of equal priority decide otherwise in another order, and the "
			"kernel does not tell which it is");
	return rc;
}
