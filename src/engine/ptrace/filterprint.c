/* SPDX-License-Identifier: MIT */
/*
 * A seccomp program as text. Follows every jump forward with what is known so far (the ABI, what
 * was loaded, which numbers are left), so that each answer is printed with the calls it is for.
 * Prints any program of ours; one of other make comes out as bare numbers.
 */
#include "engine/ptrace/filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <talloc.h>

/* What is known when an instruction is reached; all zero: nothing, or never reached. */
struct known {
	const struct abi *abi;
	uint32_t loaded;      /* offset in struct seccomp_data */
	uint32_t first, last; /* the numbers that come here */
};

static struct known known_after(const struct sock_filter *insn, struct known k, bool taken)
{
	if (insn->code == (BPF_LD | BPF_W | BPF_ABS)) {
		k.loaded = insn->k;
	} else if (insn->code == (BPF_JMP | BPF_JEQ | BPF_K) && taken &&
		   k.loaded == offsetof(struct seccomp_data, arch)) {
		k.abi = abi_by_audit_arch(insn->k);
	} else if (insn->code == (BPF_JMP | BPF_JGE | BPF_K) &&
		   k.loaded == offsetof(struct seccomp_data, nr)) {
		if (taken)
			k.first = insn->k;
		else
			k.last = insn->k - 1;
	}
	return k;
}

/* Passes on what is known at i to the instructions it can go to. */
static void known_spread(const struct sock_filter *prog, unsigned short len, struct known *known,
			 unsigned i)
{
	const struct sock_filter *insn = &prog[i];
	unsigned yes = i + 1 + insn->jt, no = i + 1 + insn->jf;

	switch (BPF_CLASS(insn->code)) {
	case BPF_RET: return;
	case BPF_JMP:
		if (BPF_OP(insn->code) == BPF_JA)
			yes = no = i + 1 + insn->k;
		break;
	default: yes = no = i + 1;
	}
	if (no < len)
		known[no] = known_after(insn, known[i], false);
	if (yes < len && yes != no)
		known[yes] = known_after(insn, known[i], true);
}

static void print_field(FILE *out, uint32_t offset)
{
	size_t args = offsetof(struct seccomp_data, args);

	if (offset == offsetof(struct seccomp_data, nr))
		fputs("number", out);
	else if (offset == offsetof(struct seccomp_data, arch))
		fputs("arch", out);
	else if (offset >= args)
		fprintf(out, "arg%zu%s", (offset - args) / 8, (offset - args) % 8 ? ".high" : "");
	else
		fprintf(out, "[%u]", offset);
}

static bool is_about_pids(const struct known *k)
{
	enum when when = k->abi ? sys_row(k->abi, k->first)->when : WHEN_ALWAYS;

	return when == WHEN_PID || when == WHEN_KILL;
}

static void print_value(FILE *out, const struct known *k, uint32_t value)
{
	if (k->loaded == offsetof(struct seccomp_data, arch) && abi_by_audit_arch(value))
		fputs(abi_by_audit_arch(value)->name, out);
	else if (k->loaded == offsetof(struct seccomp_data, nr) && k->abi)
		fprintf(out, "%u (%s)", value, sys_row(k->abi, value)->name);
	else if (is_about_pids(k))
		fprintf(out, "%d", (int32_t)value);
	else
		fprintf(out, value < 256 ? "%u" : "%#x", value);
}

static const char *errno_name(int err)
{
	size_t id;

	for (id = 0; id < SC_COUNT; id++)
		if (sys_rows[id].deny_errno == err)
			return sys_rows[id].deny_name;
	return "another errno";
}

static void print_answer(FILE *out, uint32_t ret)
{
	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW: fputs("pass", out); break;
	case SECCOMP_RET_TRACE: fputs("stop", out); break;
	case SECCOMP_RET_ERRNO: fputs(errno_name(ret & SECCOMP_RET_DATA), out); break;
	default: fprintf(out, "%#x", ret);
	}
}

/* The calls that come here: "openat", or "8..15 lseek..rt_sigreturn". */
static void print_calls(FILE *out, const struct known *k)
{
	if (!k->abi)
		fputs("any other arch", out);
	else if (k->last >= k->abi->count && sys_id(k->abi, k->first) == SC_none)
		fprintf(out, "%u.. unknown", k->first);
	else if (k->first == k->last)
		fputs(sys_row(k->abi, k->first)->name, out);
	else
		fprintf(out, "%u..%u %s..%s", k->first, k->last, sys_row(k->abi, k->first)->name,
			sys_row(k->abi, k->last)->name);
}

static void print_test(FILE *out, const struct sock_filter *insn, unsigned i, const struct known *k)
{
	const char *test = BPF_OP(insn->code) == BPF_JGE   ? ">="
			   : BPF_OP(insn->code) == BPF_JEQ ? "=="
							   : "&";

	fprintf(out, "if %s ", test);
	print_value(out, k, insn->k);
	fprintf(out, " then %u else %u", i + 1 + insn->jt, i + 1 + insn->jf);
}

static void print_insn(FILE *out, const struct sock_filter *insn, unsigned i, const struct known *k)
{
	fprintf(out, "%4u  ", i);
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		fputs("load ", out);
		print_field(out, insn->k);
		break;
	case BPF_RET:
		print_answer(out, insn->k);
		fputs(": ", out);
		print_calls(out, k);
		break;
	case BPF_JMP:
		if (BPF_OP(insn->code) == BPF_JA)
			fprintf(out, "goto %u", i + 1 + insn->k);
		else
			print_test(out, insn, i, k);
		break;
	default: fprintf(out, "%#x %#x", insn->code, insn->k);
	}
	fputc('\n', out);
}

void filter_print(FILE *out, const struct sock_filter *prog, unsigned short len)
{
	struct known *known = talloc_zero_array(NULL, struct known, len);
	unsigned i;

	if (!known)
		return;
	known[0].last = UINT32_MAX;
	for (i = 0; i < len; i++) {
		known_spread(prog, len, known, i);
		print_insn(out, &prog[i], i, &known[i]);
	}
	talloc_free(known);
}
