/* SPDX-License-Identifier: MIT */
/*
 * The seccomp program, run by a small BPF machine of our own over every number of every ABI with the
 * argument values that matter, and compared with the table; then a few calls under the kernel's.
 */
#include "engine/ptrace/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "unit.h"

enum { TRACER = 4711, FRONT = 4712, GROUP = 4700 };

static const struct filter_params param_rows[] = {
	{ .session = 0, .hidden = { TRACER, FRONT } },
	{ .session = SESSION_ALL, .hidden = { TRACER, FRONT }, .hidden_group = GROUP },
	{ .session = SESSION_LISTING, .hidden = { 0, 0, 0, 0, 0, 0, 0, FRONT } },
	{ .session = SESSION_SANDBOX, .hidden = { 0 } },
	{ .session = SESSION_ALL & ~SESSION_IDENTITY, .hidden = { TRACER }, .hidden_group = GROUP },
	{ .session = SESSION_ALL, .hidden = { TRACER }, .window_begin = 0x7e9fffff2000,
	  .window_end = 0x7e9fffff8000 },
};

static void *ctx;
static struct sock_filter *prog;
static unsigned short prog_len;
static const struct filter_params *params;

static void build(const struct filter_params *p)
{
	ctx = talloc_new(NULL);
	params = p;
	ck_assert_int_eq(filter_build(ctx, p, &prog, &prog_len), 0);
}

/* What one run did. */
struct ran {
	uint32_t ret;
	int steps;
	bool saw_args;
};

static uint32_t call_word(const struct seccomp_data *call, uint32_t offset)
{
	uint32_t word;

	if (offset > sizeof(*call) - sizeof(word) || offset % sizeof(word) != 0)
		ck_abort_msg("load from %u", offset);
	memcpy(&word, (const char *)call + offset, sizeof(word));
	return word;
}

static bool branch_taken(const struct sock_filter *insn, uint32_t a)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ: return a == insn->k;
	case BPF_JGE: return a >= insn->k;
	case BPF_JSET: return a & insn->k;
	}
	ck_abort_msg("jump %#x", insn->code);
	return false;
}

static struct ran run(const struct seccomp_data *call)
{
	struct ran ran = { 0 };
	uint32_t a = 0;
	unsigned pc = 0;

	for (;; ran.steps++) {
		const struct sock_filter *insn = &prog[pc++];

		if (pc > prog_len)
			ck_abort_msg("a jump to %u", pc);
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = call_word(call, insn->k);
			ran.saw_args |= insn->k >= offsetof(struct seccomp_data, args);
			break;
		case BPF_RET | BPF_K: ran.ret = insn->k; return ran;
		case BPF_JMP | BPF_JA: pc += insn->k; break;
		default: pc += branch_taken(insn, a) ? insn->jt : insn->jf;
		}
	}
}

static bool is_hidden(int32_t pid)
{
	size_t i;

	for (i = 0; i < FILTER_HIDDEN_MAX; i++)
		if (pid != 0 && params->hidden[i] == pid)
			return true;
	return false;
}

/* The table, read once more by the letter of its header. */
static bool applies(const struct sys_row *row, unsigned word_bytes, const uint64_t args[6])
{
	const uint64_t arg = args[row->when_arg];
	int32_t low = (int32_t)arg;
	size_t i;

	if (row->session && !(row->session & params->session))
		return false;
	if (row->always_in & params->session)
		return true;
	switch (row->when) {
	case WHEN_ALWAYS: return true;
	case WHEN_NONZERO: return word_bytes == 8 ? arg != 0 : low != 0;
	case WHEN_EITHER:
		if (word_bytes == 8)
			return arg != 0 || args[row->when_other] != 0;
		return low != 0 || (uint32_t)args[row->when_other] != 0;
	case WHEN_SWEEP:
		return word_bytes == 8 &&
		       (arg <= UINT32_MAX || args[row->when_arg + 1] > UINT32_MAX);
	case WHEN_MASK: return (uint32_t)low & row->when_mask;
	case WHEN_ONE_OF:
		for (i = 0; i < row->when_count; i++)
			if ((uint32_t)low == row->when_values[i])
				return true;
		return false;
	case WHEN_PID: return is_hidden(low);
	case WHEN_KILL:
		return low == -1 || low == 0 || is_hidden(low) || (low < 0 && is_hidden(-low)) ||
		       (params->hidden_group && low == -params->hidden_group);
	}
	return false;
}

static uint32_t expected(const struct abi *abi, unsigned nr, const uint64_t args[6])
{
	const struct sys_row *row = sys_row(abi, nr);

	if (row->verdict == V_PASS || !applies(row, abi->word_bytes, args))
		return SECCOMP_RET_ALLOW;
	if (row->verdict == V_DENY && !(row->served_in & params->session))
		return SECCOMP_RET_ERRNO | row->deny_errno;
	return SECCOMP_RET_TRACE | FILTER_COOKIE;
}

static void compare(const struct abi *abi, unsigned nr, const uint64_t args[6])
{
	struct seccomp_data call = { .nr = nr, .arch = abi->audit_arch };
	enum verdict verdict = filter_verdict(params, abi, nr, args);
	const struct sys_row *row = sys_row(abi, nr);
	uint32_t want = expected(abi, nr, args);
	struct ran ran;

	memcpy(call.args, args, sizeof(call.args));
	ran = run(&call);
	if (ran.ret != want)
		ck_abort_msg("%s %u %s: %#x instead of %#x", abi->name, nr, row->name, ran.ret,
			     want);
	if (verdict != (want == SECCOMP_RET_ALLOW ? V_PASS : ROW_VERDICT(row, params->session)))
		ck_abort_msg("%s %s: filter_verdict says %d", abi->name, row->name, verdict);
	/* Else the kernel's allow-bitmap could not hold the call. */
	if (row->verdict == V_PASS && ran.saw_args)
		ck_abort_msg("%s looks at arguments", row->name);
	if (ran.steps > 40)
		ck_abort_msg("%s takes %d steps", row->name, ran.steps);
}

static void compare_value(const struct abi *abi, unsigned nr, uint64_t value)
{
	const struct sys_row *row = sys_row(abi, nr);
	const unsigned both[] = { row->when_arg, row->when_other };
	uint64_t args[6], others[6];

	for (size_t i = 0; i < 2; i++) {
		memset(args, 0, sizeof(args));
		args[both[i]] = value;
		compare(abi, nr, args);
		memset(others, 0xff, sizeof(others));
		others[both[i]] = value;
		compare(abi, nr, others);
	}
}

/* Argument values on both sides of each condition, with dirt in the high half too. */
static void compare_all_values(const struct abi *abi, unsigned nr)
{
	static const uint64_t dirt = 1ull << 32;
	static const uint64_t values[] = {
		0,	    1,	    2,	   UINT32_MAX,	      UINT64_MAX,	dirt,
		1ull << 63, TRACER, FRONT, (uint32_t)-TRACER, (uint32_t)-GROUP, -(uint64_t)FRONT, TRACER + dirt,
	};
	const struct sys_row *row = sys_row(abi, nr);
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		compare_value(abi, nr, values[i]);
	for (i = 0; i < row->when_count; i++) {
		compare_value(abi, nr, row->when_values[i]);
		compare_value(abi, nr, row->when_values[i] + dirt);
		compare_value(abi, nr, row->when_values[i] + 1);
	}
	for (i = 0; i < 64; i++)
		if (row->when == WHEN_MASK)
			compare_value(abi, nr, 1ull << i);
}

START_TEST(program_agrees_with_the_table)
{
	static const unsigned odd[] = { 0x40000000, 0x40000001, 0x40000101,
					0x7fffffff, 0x80000000, UINT32_MAX };
	const struct abi *abi;
	unsigned nr;
	size_t i;

	build(&param_rows[_i]);
	ck_assert_uint_le(prog_len, BPF_MAXINSNS);
	for (abi = abis; abi->name; abi++) {
		for (nr = 0; nr <= 2000; nr++)
			compare_all_values(abi, nr);
		for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
			compare_all_values(abi, odd[i]);
	}
	talloc_free(ctx);
}
END_TEST

/* What stops does not in the window, and in 64-bit code alone; the address is that behind the call. */
START_TEST(window)
{
	static const struct {
		uint64_t ip;
		bool inside;
	} places[] = {
		{ 0x7e9fffff2000, true },  { 0x7e9fffff7fff, true },  { 0x7e9fffff1fff, false },
		{ 0x7e9fffff8000, false }, { 0x7e9efffff2000, false }, { 0x7ea0ffff4000, false },
		{ 0xffff4000, false },	   { 0, false },	       { UINT64_MAX, false },
	};
	struct seccomp_data call = { 0 };
	const struct abi *abi;
	uint32_t outside;

	build(&param_rows[5]);
	for (abi = abis; abi->name; abi++)
		for (call.nr = 0; call.nr < 500; call.nr++)
			for (size_t i = 0; i < ROWS(places); i++) {
				call.arch = abi->audit_arch;
				call.instruction_pointer = 0;
				outside = run(&call).ret;
				call.instruction_pointer = places[i].ip;
				if (places[i].inside && abi->word_bytes == 8 &&
				    outside == (SECCOMP_RET_TRACE | FILTER_COOKIE))
					ck_assert_uint_eq(run(&call).ret, SECCOMP_RET_ALLOW);
				else
					ck_assert_uint_eq(run(&call).ret, outside);
			}
	talloc_free(ctx);
}
END_TEST

START_TEST(other_archs_are_refused)
{
	static const uint32_t archs[] = { 0, AUDIT_ARCH_S390X, AUDIT_ARCH_PPC, UINT32_MAX };
	struct seccomp_data call = { .arch = archs[_i] };

	build(&param_rows[0]);
	for (call.nr = 0; call.nr < 500; call.nr++)
		ck_assert_uint_eq(run(&call).ret, SECCOMP_RET_ERRNO | ENOSYS);
	talloc_free(ctx);
}
END_TEST

START_TEST(nothing_is_left_allocated)
{
	build(&param_rows[0]);
	ck_assert_uint_eq(talloc_total_blocks(ctx), 2);
	talloc_free(ctx);
}
END_TEST

START_TEST(text_names_every_answer)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	build(&param_rows[4]);
	filter_print(f, prog, prog_len);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "stop: statx\n"));
	ck_assert_ptr_nonnull(strstr(text, "EPERM: acct\n"));
	ck_assert_ptr_nonnull(strstr(text, "ENOSYS: any other arch\n"));
	ck_assert_ptr_null(strstr(text, "stop: any other"));
	free(text);
	talloc_free(ctx);
	build(&param_rows[0]);
	f = open_memstream(&text, &size);
	filter_print(f, prog, prog_len);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "if == -4711 then"));
	free(text);
}
END_TEST

/* ---- under the kernel ---- */

static bool errno_is(long r, int err)
{
	return err ? r == -1 && errno == err : r >= 0;
}

static bool install(void)
{
	struct sock_fprog fprog = { .len = prog_len, .filter = prog };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) == 0;
}

static const struct {
	const char *name;
	long nr, args[5];
	int err;
} kernel_rows[] = {
	{ "getpid", SYS_getpid, { 0 }, 0 },
	{ "swapon", SYS_swapon, { 0 }, EPERM },
	{ "io_uring_setup", 425, { 0 }, ENOSYS },
	{ "acct", SYS_acct, { 0 }, EPERM },
	{ "unknown", 2000, { 0 }, ENOSYS },
	{ "the last number", 0xffffffff, { 0 }, ENOSYS },
	{ "a stop without a tracer", SYS_openat, { -100, (long)"/", 0 }, ENOSYS },
	{ "unshare of a namespace", SYS_unshare, { CLONE_NEWUSER }, EPERM },
	{ "unshare", SYS_unshare, { CLONE_FS }, 0 },
	{ "kill of ours", SYS_kill, { TRACER, 0 }, ENOSYS },
#if __SIZEOF_LONG__ == 8
	{ "kill of all, dirty", SYS_kill, { 0x5ffffffff, 0 }, ENOSYS },
#endif
	{ "prctl that passes", SYS_prctl, { PR_GET_TIMERSLACK }, 0 },
	{ "prctl that stops", SYS_prctl, { PR_GET_DUMPABLE }, ENOSYS },
};

START_TEST(kernel_answers)
{
	const long *a = kernel_rows[_i].args;
	int status;
	pid_t pid;

	build(&param_rows[0]);
	pid = fork();
	if (pid == 0) {
		if (!install())
			_exit(2);
		_exit(!errno_is(syscall(kernel_rows[_i].nr, a[0], a[1], a[2], a[3], a[4]),
				kernel_rows[_i].err));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "%s: status %#x", kernel_rows[_i].name, status);
	ck_assert_msg(WEXITSTATUS(status) == 0, "%s: %d", kernel_rows[_i].name,
		      WEXITSTATUS(status));
	talloc_free(ctx);
}
END_TEST

/* A stop is recognised by its message, and the call in it is the one that was made. */
START_TEST(tracer_sees_the_cookie)
{
	unsigned long message = 0;
	int status;
	pid_t pid;

	build(&param_rows[0]);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (!install())
			_exit(2);
		_exit(access("/", 0) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL), 0);
	ck_assert_int_eq(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status >> 8, SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
	ck_assert_int_eq(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message), 0);
	ck_assert_uint_eq(message, FILTER_COOKIE);
	ck_assert_int_eq(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	talloc_free(ctx);
}
END_TEST

static Suite *engine_filter_suite(void)
{
	Suite *s = suite_create("engine_filter");

	unit_add_rows(s, "table", program_agrees_with_the_table, ROWS(param_rows));
	unit_add_rows(s, "window", window, 1);
	unit_add_rows(s, "archs", other_archs_are_refused, 4);
	unit_add(s, "memory", nothing_is_left_allocated);
	unit_add(s, "text", text_names_every_answer);
	unit_add_rows(s, "kernel", kernel_answers, ROWS(kernel_rows));
	unit_add(s, "cookie", tracer_sees_the_cookie);
	return s;
}

UNIT_MAIN(engine_filter_suite)
