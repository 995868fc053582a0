/* SPDX-License-Identifier: MIT */
/*
 * Prints docs/syscalls.md from the table: every call, what becomes of it, when, and its numbers.
 * Reads table.def once more for the words it is written in (names of constants and handlers).
 */
#include <stdio.h>
#include <string.h>

#include "syscall/table.h"
#include "arch/every_abi.h"

struct words {
	const char *verdict, *when;
};

static const struct words words[SC_COUNT] = {
#define SYS(name, verdict, when, ...) [SC_##name] = { #verdict, #when },
#include "syscall/table.def"
#undef SYS
};

static const char head[] =
	"# System calls\n\n"
	"What `pr` does with every system call. Made from `src/syscall/table.def` by\n"
	"`make generated`; do not edit.\n\n"
	"A number that is in no list below, and every call of an ABI without a column, is "
	"answered\n"
	"`ENOSYS`, so that a libc falls back to a call that is known here.\n\n"
	"Arguments count from 0. A call whose condition does not hold passes:\n\n"
	"- `NONZERO(a)`: argument a is not 0.\n"
	"- `SWEEP(a)`: argument a is an address below 4 GiB, or the length behind it is 4 GiB or more.\n"
	"- `MASK(a, bits)`: argument a has one of the bits.\n"
	"- `ONE_OF(a, values)`: argument a is one of the values.\n"
	"- `PID(a)`: argument a is the pid of a process of `pr` itself.\n"
	"- `KILL(a)`: the same, or its process group or the caller's, or -1.\n"
	"- `IF(what)`, `IF_ONE_OF(what, ...)`: only in sessions that need it. `LISTING`: a bind "
	"lies\n"
	"  over nothing, or a name is to be hidden. `AFFINITY`: guests are pinned to CPUs. "
	"`SANDBOX`:\n"
	"  `--sandbox`. `READ_ONLY`: some bind is `:ro`. `ALIASES`: some host directory "
	"has\n"
	"  two names in the guest. `IDENTITY`: the guest's ids are virtual (-0, -i, --user).\n"
	"  `UTS`: the same, or `-k`. `SYSVIPC`: `--sysvipc`, or the host has no System V IPC.\n"
	"- `OR_IF(what, condition)`: as the condition, and always in such sessions.\n";

static void print_head(const char *title, const char *text)
{
	const struct abi *abi;

	printf("\n## %s\n\n%s\n\n| call | verdict | when |", title, text);
	for (abi = every_abi; abi->name; abi++)
		printf(" %s |", abi->name);
	printf(" note |\n|---|---|---|");
	for (abi = every_abi; abi->name; abi++)
		printf("---:|");
	printf("---|\n");
}

/* A cell; a '|' in it would end it. */
static void print_code(const char *s)
{
	printf(" `");
	for (; *s; s++)
		printf(*s == '|' ? "\\|" : "%c", *s);
	printf("` |");
}

static void print_row(enum sc id)
{
	const struct abi *abi;
	int nr;

	printf("|");
	print_code(sys_rows[id].name);
	print_code(words[id].verdict);
	if (strcmp(words[id].when, "ALWAYS") == 0)
		printf(" |");
	else
		print_code(words[id].when);
	for (abi = every_abi; abi->name; abi++) {
		nr = sys_number(abi, id);
		if (nr < 0)
			printf(" |");
		else
			printf(" %d |", nr);
	}
	printf("%s%s |\n", *sys_rows[id].note ? " " : "", sys_rows[id].note);
}

static void print_rows(enum verdict verdict)
{
	size_t id;

	for (id = SC_none + 1; id < SC_COUNT; id++)
		if (sys_rows[id].verdict == verdict)
			print_row(id);
}

int main(void)
{
	fputs(head, stdout);
	print_head("Translated", "The paths are replaced, the kernel does the call.");
	print_rows(V_TRANSLATE);
	print_head("Emulated", "More than paths: the function named here decides.");
	print_rows(V_EMULATE);
	print_head("Refused", "Answered by the seccomp filter, without a stop.");
	print_rows(V_DENY);
	print_head("Passed", "Never stopped, and costs what it costs without `pr`.");
	print_rows(V_PASS);
	return ferror(stdout) ? 1 : 0;
}
