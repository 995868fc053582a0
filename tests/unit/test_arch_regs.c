/* SPDX-License-Identifier: MIT */
/*
 * The register tables against the kernel: a traced child makes a call of each ABI with six known
 * arguments, and what PTRACE_GET_SYSCALL_INFO says must be what the tables find.
 */
#include "arch/regs.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syscall/table.h"
#include "unit.h"

enum { NOBODYS_NUMBER = 1999 };

#if defined(__x86_64__)
static void call_i386(void)
{
	long nr = NOBODYS_NUMBER;

	__asm__ volatile("push %%rbp\n\t"
			 "mov $0x66, %%ebp\n\t"
			 "int $0x80\n\t"
			 "pop %%rbp"
			 : "+a"(nr)
			 : "b"(0x11), "c"(0x22), "d"(0x33), "S"(0x44), "D"(0x55)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
}
#else
static void call_i386(void)
{
}
#endif

static void call_native(void)
{
	syscall(NOBODYS_NUMBER, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66);
}

static const struct {
	const char *abi;
	void (*call)(void);
} rows[] = { { "x86_64", call_native }, { "i386", call_i386 }, { "aarch64", call_native } };

/* The child's next stop is the entry or the exit of the call; false where it died instead. */
static bool go_to_syscall(pid_t pid, struct __ptrace_syscall_info *info)
{
	int status;

	ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
		return false;
	ck_assert_int_gt(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), info), 0);
	return true;
}

static void compare(const struct regset *regs, const struct __ptrace_syscall_info *info,
		    const struct abi_regs *where)
{
	int i;

	ck_assert_uint_eq(arch_reg(regs, where->nr), NOBODYS_NUMBER);
	ck_assert_uint_eq(arch_reg(regs, where->ip), info->instruction_pointer);
	ck_assert_uint_eq(arch_reg(regs, where->sp), info->stack_pointer);
	for (i = 0; i < 6; i++) {
		ck_assert_uint_eq(arch_reg(regs, where->arg[i]), 0x11 * (i + 1));
		ck_assert_uint_eq(info->entry.args[i], 0x11 * (i + 1));
	}
}

/* What one peek finds, and what changes one by one make of it. */
static void one_by_one(pid_t pid, const struct regset *regs, const struct abi_regs *where)
{
	const size_t offsets[] = { where->nr, where->ip, where->sp, where->arg[1], where->arg[5] };
	struct reg_changes changes = { 0 };
	struct regset now;
	uint64_t value;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		ck_assert_int_eq(regset_peek(pid, offsets[i], &value), 0);
		ck_assert_uint_eq(value, arch_reg(regs, offsets[i]));
	}
	reg_change(&changes, where->arg[2], 0x1234);
	reg_change(&changes, where->nr, NOBODYS_NUMBER + 1);
	ck_assert_int_eq(regset_change(pid, &changes), 0);
	ck_assert_int_eq(regset_read(pid, &now), 0);
	ck_assert_uint_eq(arch_reg(&now, where->arg[2]), 0x1234);
	ck_assert_uint_eq(arch_reg(&now, where->arg[3]), 0x44);
	ck_assert_uint_eq(arch_reg(&now, where->nr), NOBODYS_NUMBER + 1);
	ck_assert_uint_eq(arch_reg(&now, where->ip), arch_reg(regs, where->ip));
}

static pid_t start_child(void (*call)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		call();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	return pid;
}

START_TEST(registers_are_where_the_table_says)
{
	struct __ptrace_syscall_info info;
	struct regset regs;
	const struct abi *abi = abis;
	pid_t pid;

	while (abi->name && strcmp(abi->name, rows[_i].abi) != 0)
		abi++;
	if (!abi->name)
		return;
	pid = start_child(rows[_i].call);
	do {
		if (!go_to_syscall(pid, &info))
			return; /* a kernel without this ABI */
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != NOBODYS_NUMBER);
	ck_assert_uint_eq(info.arch, abi->audit_arch);
	ck_assert_int_eq(regset_read(pid, &regs), 0);
	compare(&regs, &info, abi->regs);

	one_by_one(pid, &regs, abi->regs);
	/* The result, and a register that we set, are where the child looks for them. */
	arch_reg_set(&regs, abi->regs->nr, -1ul);
	arch_reg_set(&regs, abi->regs->result, 7);
	ck_assert_int_eq(regset_write(pid, &regs), 0);
	ck_assert(go_to_syscall(pid, &info));
	ck_assert_int_eq(info.op, PTRACE_SYSCALL_INFO_EXIT);
	ck_assert_int_eq(info.exit.rval, 7);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

static Suite *arch_regs_suite(void)
{
	Suite *s = suite_create("arch_regs");

	unit_add_rows(s, "registers", registers_are_where_the_table_says, ROWS(rows));
	return s;
}

UNIT_MAIN(arch_regs_suite)
