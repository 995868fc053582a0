/* SPDX-License-Identifier: MIT */
/*
 * Runs return stubs: those that the tracer would write into a fresh area, and, started through the
 * loader (LOADER=its path), those of the loader's own. Exit status 7, or what went wrong is said.
 * Compiled by test_exec_loader.c, for 64 and for 32 bits.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/loader.h"

/*
 * enter(): goes into the stub with the call number set and every register that a stub must leave
 * alone at a known value; the slot's ret_ip leads to `back`, which saves what it finds.
 */
unsigned long stub, number, saved[17];
void enter(void);
extern char back[];

#if defined(__x86_64__)
__asm__(".text\n"
	"enter:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov $111, %r13; mov $222, %r14; mov $333, %r15; mov $444, %r12\n"
	"	mov $555, %rbx; mov $666, %rbp\n"
	"	mov %rsp, saved+128(%rip)\n"
	"	mov number(%rip), %rax\n"
	"	cmp %rax, %rax\n"
	"	stc\n"
	"	jmp *stub(%rip)\n"
	".globl back\n"
	"back:	mov %rsp, saved+120(%rip)\n"
	"	pushf; pop saved+112(%rip)\n"
	"	mov %rdi, saved(%rip); mov %rsi, saved+8(%rip); mov %rdx, saved+16(%rip)\n"
	"	mov %r10, saved+24(%rip); mov %r8, saved+32(%rip); mov %r9, saved+40(%rip)\n"
	"	mov %rbx, saved+48(%rip); mov %rcx, saved+56(%rip); mov %rbp, saved+64(%rip)\n"
	"	mov %r12, saved+72(%rip); mov %r13, saved+80(%rip); mov %r14, saved+88(%rip)\n"
	"	mov %r15, saved+96(%rip); mov %rax, saved+104(%rip)\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n"
	".previous\n");
enum { RDI, RSI, RDX, R10, R8, R9, RBX, RCX, RBP, R12, R13, R14, R15, RAX, FLAGS, SP, OLD_SP };
static const struct kind {
	enum area_code code;
	size_t (*write)(uint8_t *, uint64_t, uint64_t);
	int getppid, args[6];
} kinds[] = {
	{ AREA_X86_64, area_stub_write_x86_64, 110, { RDI, RSI, RDX, R10, R8, R9 } },
	{ AREA_X86_64_INT80, area_stub_write_x86_64_int80, 64, { RBX, RCX, RDX, RSI, RDI, RBP } },
};
static const struct {
	int reg;
	unsigned long value;
} kept[] = { { R13, 111 }, { R14, 222 }, { R15, 333 }, { R12, 444 }, { RBX, 555 }, { RBP, 666 } };
#else
__asm__(".text\n"
	"enter:\n"
	"	push %ebx; push %ebp; push %esi; push %edi\n"
	"	mov %esp, saved+64\n"
	"	mov number, %eax\n"
	"	cmp %eax, %eax\n"
	"	stc\n"
	"	jmp *stub\n"
	".globl back\n"
	"back:	mov %esp, saved+60\n"
	"	pushf; popl saved+56\n"
	"	mov %ebx, saved; mov %ecx, saved+4; mov %edx, saved+8\n"
	"	mov %esi, saved+12; mov %edi, saved+16; mov %ebp, saved+20; mov %eax, saved+52\n"
	"	pop %edi; pop %esi; pop %ebp; pop %ebx\n"
	"	ret\n"
	".previous\n");
enum { EBX, ECX, EDX, ESI, EDI, EBP, RAX = 13, FLAGS, SP, OLD_SP };
static const struct kind {
	enum area_code code;
	size_t (*write)(uint8_t *, uint64_t, uint64_t);
	int getppid, args[6];
} kinds[] = { { AREA_I386, area_stub_write_i386, 64, { EBX, ECX, EDX, ESI, EDI, EBP } } };
static const struct {
	int reg;
	unsigned long value;
} kept[] = { { SP, 0 } };
#endif

static void fail(const char *what, unsigned long value)
{
	printf("%s: %#lx\n", what, value);
	exit(1);
}

static int is_arg(const struct kind *k, int reg)
{
	for (int i = 0; i < 6; i++)
		if (k->args[i] == reg)
			return 1;
	return 0;
}

static void run(const struct kind *k, uint64_t area, unsigned slot)
{
	struct area_slot *s = (struct area_slot *)(unsigned long)area_slot(area, slot);

	s->ret_ip = (unsigned long)back;
	for (int i = 0; i < 6; i++)
		s->arg[i] = (unsigned long)0x123456789a * (i + 1) + slot;
	stub = (unsigned long)area_stub(area, slot);
	number = k->getppid;
	memset(saved, 0, sizeof(saved));
	enter();
	if (saved[RAX] != (unsigned long)getppid())
		fail("result", saved[RAX]);
	for (int i = 0; i < 6; i++)
		if (saved[k->args[i]] != (unsigned long)s->arg[i])
			fail("argument", saved[k->args[i]]);
	for (size_t i = 0; sizeof(long) == 8 && i < sizeof(kept) / sizeof(kept[0]); i++)
		if (!is_arg(k, kept[i].reg) && saved[kept[i].reg] != kept[i].value)
			fail("register", saved[kept[i].reg]);
	if ((saved[FLAGS] & 0x41) != 0x41 || saved[SP] != saved[OLD_SP])
		fail("flags", saved[FLAGS]);
}

/* As the tracer does it in a process without a loader. Below 4 GiB, for int80. */
static void run_fresh(const struct kind *k)
{
	unsigned long hint = 0x10000000;
	char *area = mmap((void *)hint, AREA_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t a = (unsigned long)area;

	for (unsigned i = 0; i < AREA_SLOTS; i++)
		if (!k->write((uint8_t *)(unsigned long)area_stub(a, i), area_stub(a, i),
			      area_slot(a, i)))
			fail("not written", i);
	mprotect(area, AREA_CODE_SIZE, PROT_READ | PROT_EXEC);
	for (unsigned i = 0; i < AREA_SLOTS; i++)
		run(k, a, i);
	munmap(area, AREA_SIZE);
}

static unsigned long loader_find(const char *path)
{
	unsigned long from = 0;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f))
		if (strstr(line, path) && sscanf(line, "%lx", &from) == 1)
			break;
	fclose(f);
	return from;
}

/* The loader's own area: as written by the tracer, not writable; and no host path is left. */
static void run_loaders(unsigned long image)
{
	uint64_t area = image + LOADER_AREA;
	const char *plan = (const char *)image + LOADER_PLAN;
	uint8_t want[AREA_STUB_STRIDE];

	for (unsigned i = 0; i < AREA_SLOTS; i++) {
		size_t n = kinds[0].write(want, area_stub(area, i), area_slot(area, i));

		if (memcmp(want, (void *)(unsigned long)area_stub(area, i), n) != 0)
			fail("other code", i);
		run(&kinds[0], area, i);
	}
	if (syscall(SYS_getrandom, (void *)(unsigned long)area, 1, 0) > 0)
		fail("code is writable", 0);
	for (const char *p = plan; p < (const char *)image + LOADER_SPAN - 11; p++)
		if (memcmp(p, "/probe-area", 11) == 0)
			fail("host path left", (unsigned long)(p - plan));
}

int main(void)
{
	const char *loader = getenv("LOADER");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		run_fresh(&kinds[i]);
	if (loader && loader_find(loader))
		run_loaders(loader_find(loader));
	return 7;
}
