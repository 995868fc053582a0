/* SPDX-License-Identifier: MIT */
/*
 * The generator of the seccomp program. Per ABI a balanced search over ranges of numbers with the
 * same answer; behind a number whose verdict depends on its arguments, the test of them.
 *
 * Instructions are put from the last to the first: a BPF jump only goes forward, so its target is
 * always there already and its distance known. Every put_*() returns the index of the instruction
 * it put, which is where to jump to.
 */
#include "engine/ptrace/filter.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <talloc.h>

enum {
	RET_STOP = SECCOMP_RET_TRACE | FILTER_COOKIE,
	VALUES_MAX = 32, /* of one WHEN_ONE_OF, or of the pids */
	JUMP_MAX = 255,	 /* a conditional jump's distance is a byte */
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { LOW_HALF = 0, HIGH_HALF = 4 };
#else
enum { LOW_HALF = 4, HIGH_HALF = 0 };
#endif

struct program {
	const struct filter_params *params;
	unsigned stop; /* of the ABI that is being put: where stops are decided; 0: nowhere */
	unsigned start; /* code[start..BPF_MAXINSNS-1] is written */
	bool full;
	struct sock_filter code[BPF_MAXINSNS];
};

/* Numbers from `first` up to the next answer's get `ret`, if the row's condition holds. */
struct answer {
	uint32_t first;
	uint32_t ret;
	const struct sys_row *row; /* NULL: no condition */
};

static unsigned put(struct program *p, struct sock_filter insn)
{
	if (p->start == 0) {
		p->full = true;
		return 0;
	}
	p->code[--p->start] = insn;
	return p->start;
}

static unsigned put_return(struct program *p, uint32_t value)
{
	return put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

static unsigned put_load(struct program *p, size_t offset)
{
	return put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static unsigned put_goto(struct program *p, unsigned target)
{
	return put(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, target - p->start));
}

/* `test` is BPF_JEQ, BPF_JGE or BPF_JSET. Targets out of a byte's reach are hopped to. */
static unsigned put_branch(struct program *p, uint16_t test, uint32_t k, unsigned yes, unsigned no)
{
	if (no - p->start >= JUMP_MAX) /* one short: the other hop may still come in between */
		no = put_goto(p, no);
	if (yes - p->start > JUMP_MAX)
		yes = put_goto(p, yes);
	return put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, k, yes - p->start,
						   no - p->start));
}

/*
 * What stops, but for calls of the window. The kernel gives the address behind the call
 * instruction.
 */
static void put_stop(struct program *p, const struct abi *abi)
{
	const size_t ip = offsetof(struct seccomp_data, instruction_pointer);
	const struct filter_params *q = p->params;
	unsigned stop, next;

	p->stop = 0;
	if (abi->word_bytes != 8 || !q->window_end)
		return;
	stop = put_return(p, RET_STOP);
	next = put_return(p, SECCOMP_RET_ALLOW);
	next = put_branch(p, BPF_JGE, (uint32_t)q->window_end, stop, next);
	next = put_branch(p, BPF_JGE, (uint32_t)q->window_begin, next, stop);
	next = put_load(p, ip + LOW_HALF);
	next = put_branch(p, BPF_JEQ, (uint32_t)(q->window_begin >> 32), next, stop);
	p->stop = put_load(p, ip + HIGH_HALF);
}

static unsigned put_answer(struct program *p, uint32_t ret)
{
	return ret == RET_STOP && p->stop ? put_goto(p, p->stop) : put_return(p, ret);
}

static size_t arg_offset(unsigned arg, size_t half)
{
	return offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t) + half;
}

/* The values that a condition compares its argument with; how many. */
static size_t row_values(const struct sys_row *row, const struct filter_params *params,
			 uint32_t values[VALUES_MAX])
{
	size_t i, n = 0;

	assert(row->when_count <= VALUES_MAX);
	if (row->when == WHEN_ONE_OF)
		for (i = 0; i < row->when_count; i++)
			values[n++] = row->when_values[i];
	if (row->when == WHEN_KILL) { /* everybody; the caller's group, which may hold the front */
		values[n++] = -1;
		values[n++] = 0;
		if (params->hidden_group)
			values[n++] = -params->hidden_group;
	}
	if (row->when == WHEN_PID || row->when == WHEN_KILL)
		for (i = 0; i < FILTER_HIDDEN_MAX; i++) {
			if (!params->hidden[i])
				continue;
			values[n++] = params->hidden[i];
			if (row->when == WHEN_KILL)
				values[n++] = -params->hidden[i];
		}
	return n;
}

/* Is the argument other than 0, as wide as the ABI's words? */
static unsigned put_nonzero(struct program *p, const struct abi *abi, unsigned arg, unsigned hit,
			    unsigned pass)
{
	unsigned next = put_branch(p, BPF_JEQ, 0, pass, hit);

	if (abi->word_bytes == 8) {
		next = put_load(p, arg_offset(arg, HIGH_HALF));
		next = put_branch(p, BPF_JEQ, 0, next, hit);
	}
	return put_load(p, arg_offset(arg, LOW_HALF));
}

/* Loads the argument and tests it: the row's answer where the condition holds, else ALLOW. */
static unsigned put_condition(struct program *p, const struct abi *abi, const struct answer *a)
{
	const struct sys_row *row = a->row;
	unsigned pass = put_return(p, SECCOMP_RET_ALLOW);
	unsigned hit = put_answer(p, a->ret);
	uint32_t values[VALUES_MAX];
	unsigned next = pass;
	size_t n;

	switch (row->when) {
	case WHEN_EITHER: next = put_nonzero(p, abi, row->when_other, hit, pass); /* fall through */
	case WHEN_NONZERO: return put_nonzero(p, abi, row->when_arg, hit, next);
	case WHEN_SWEEP:
		next = put_branch(p, BPF_JEQ, 0, pass, hit);
		next = put_load(p, arg_offset(row->when_arg + 1, HIGH_HALF));
		next = put_branch(p, BPF_JEQ, 0, hit, next);
		return put_load(p, arg_offset(row->when_arg, HIGH_HALF));
	case WHEN_MASK: next = put_branch(p, BPF_JSET, row->when_mask, hit, pass); break;
	case WHEN_ONE_OF:
	case WHEN_PID:
	case WHEN_KILL:
		for (n = row_values(row, p->params, values); n > 0; n--)
			next = put_branch(p, BPF_JEQ, values[n - 1], hit, next);
		break;
	case WHEN_ALWAYS: return hit;
	}
	return put_load(p, arg_offset(row->when_arg, LOW_HALF));
}

static unsigned put_search(struct program *p, const struct abi *abi, const struct answer *answers,
			   size_t count)
{
	size_t half = count / 2;
	unsigned low, high;

	if (count == 1)
		return answers->row ? put_condition(p, abi, answers) : put_answer(p, answers->ret);

	high = put_search(p, abi, answers + half, count - half);
	low = put_search(p, abi, answers, half);
	return put_branch(p, BPF_JGE, answers[half].first, high, low);
}

static uint32_t verdict_ret(const struct sys_row *row, unsigned wants)
{
	switch (ROW_VERDICT(row, wants)) {
	case V_PASS: return SECCOMP_RET_ALLOW;
	case V_DENY: return SECCOMP_RET_ERRNO | row->deny_errno;
	case V_TRANSLATE:
	case V_EMULATE: break;
	}
	return RET_STOP;
}

static struct answer answer_to(const struct program *p, const struct abi *abi, uint32_t nr)
{
	const struct sys_row *row = sys_row(abi, nr);
	struct answer a = { .first = nr, .ret = verdict_ret(row, p->params->session) };
	uint32_t values[VALUES_MAX];

	if (row->session && !(row->session & p->params->session))
		a.ret = SECCOMP_RET_ALLOW;
	else if (!ROW_IS_CONDITIONAL(row, p->params->session))
		return a;
	else if (row->when == WHEN_SWEEP && abi->word_bytes < 8)
		a.ret = SECCOMP_RET_ALLOW;
	else if (row->when == WHEN_PID && row_values(row, p->params, values) == 0)
		a.ret = SECCOMP_RET_ALLOW;
	else
		a.row = row;
	return a;
}

/* How many answers an ABI may have: one each, and behind a range that of unknown numbers. */
static size_t answers_max(const struct abi *abi)
{
	return abi->count + 1 + (abi->own_count ? abi->own_count + 1 : 0);
}

/* All answers of an ABI in order of their numbers, neighbours with the same one joined. */
static size_t abi_answers(const struct program *p, const struct abi *abi, struct answer *answers)
{
	size_t i, n = 0;

	for (i = 0; i < answers_max(abi); i++) {
		uint32_t past = (uint32_t)(i - abi->count - 1);
		struct answer a = answer_to(p, abi, i <= abi->count ? i : abi->own_first + past);

		if (n == 0 || a.row || answers[n - 1].row || a.ret != answers[n - 1].ret)
			answers[n++] = a;
	}
	return n;
}

/* Put in front of the ABIs behind it: at `others`, the arch is still loaded. */
static int put_abi(struct program *p, const struct abi *abi, unsigned others)
{
	struct answer *answers = talloc_array(p, struct answer, answers_max(abi));
	unsigned body;

	if (!answers)
		return -ENOMEM;
	put_stop(p, abi);
	put_search(p, abi, answers, abi_answers(p, abi, answers));
	body = put_load(p, offsetof(struct seccomp_data, nr));
	put_branch(p, BPF_JEQ, abi->audit_arch, body, others);
	talloc_free(answers);
	return 0;
}

static int put_program(struct program *p)
{
	unsigned others = put_return(p, SECCOMP_RET_ERRNO | ENOSYS);
	size_t i = 0;
	int r;

	while (abis[i].name)
		i++;
	for (; i > 0; i--) {
		r = put_abi(p, &abis[i - 1], others);
		if (r < 0)
			return r;
		others = p->start;
	}
	put_load(p, offsetof(struct seccomp_data, arch));
	return p->full ? -E2BIG : 0;
}

int filter_build(void *ctx, const struct filter_params *params, struct sock_filter **ret,
		 unsigned short *ret_len)
{
	struct program *p = talloc(ctx, struct program);
	unsigned len;
	int r;

	if (!p)
		return -ENOMEM;
	p->params = params;
	p->start = BPF_MAXINSNS;
	p->full = false;

	r = put_program(p);
	if (r < 0)
		goto out;
	len = BPF_MAXINSNS - p->start;
	*ret = talloc_array(ctx, struct sock_filter, len);
	if (!*ret) {
		r = -ENOMEM;
		goto out;
	}
	memcpy(*ret, p->code + p->start, len * sizeof(**ret));
	*ret_len = len;
out:
	talloc_free(p);
	return r;
}

static bool condition_holds(const struct sys_row *row, const struct filter_params *params,
			    const struct abi *abi, const uint64_t args[6])
{
	const uint64_t all = abi->word_bytes < 8 ? UINT32_MAX : UINT64_MAX;
	const uint32_t arg = (uint32_t)args[row->when_arg];
	uint32_t values[VALUES_MAX];
	size_t n;

	switch (row->when) {
	case WHEN_ALWAYS: return true;
	case WHEN_NONZERO: return args[row->when_arg] & all;
	case WHEN_EITHER: return (args[row->when_arg] | args[row->when_other]) & all;
	case WHEN_SWEEP:
		return abi->word_bytes == 8 && (args[row->when_arg] <= UINT32_MAX ||
						args[row->when_arg + 1] > UINT32_MAX);
	case WHEN_MASK: return arg & row->when_mask;
	case WHEN_ONE_OF:
	case WHEN_PID:
	case WHEN_KILL:
		for (n = row_values(row, params, values); n > 0; n--)
			if (arg == values[n - 1])
				return true;
	}
	return false;
}

enum verdict filter_verdict(const struct filter_params *params, const struct abi *abi, unsigned nr,
			    const uint64_t args[6])
{
	const struct sys_row *row = sys_row(abi, nr);

	if (row->session && !(row->session & params->session))
		return V_PASS;
	if (ROW_IS_CONDITIONAL(row, params->session) &&
	    !condition_holds(row, params, abi, args))
		return V_PASS;
	return ROW_VERDICT(row, params->session);
}
