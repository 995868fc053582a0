/* SPDX-License-Identifier: MIT */
/*
 * An ELF interpreter that writes the registers it was started with to stdout, and ends. Static,
 * without a library. test_exec_loader.c compares what it says natively and through the loader.
 */
#if defined(__x86_64__)
__asm__(".text\n"
	".globl _start\n"
	"_start:\n"
	"	mov %rsp, saved+128(%rip)\n"
	"	mov %rax, saved(%rip)\n"
	"	mov %rbx, saved+8(%rip)\n"
	"	mov %rcx, saved+16(%rip)\n"
	"	mov %rdx, saved+24(%rip)\n"
	"	mov %rsi, saved+32(%rip)\n"
	"	mov %rdi, saved+40(%rip)\n"
	"	mov %rbp, saved+48(%rip)\n"
	"	mov %r8, saved+56(%rip)\n"
	"	mov %r9, saved+64(%rip)\n"
	"	mov %r10, saved+72(%rip)\n"
	"	mov %r11, saved+80(%rip)\n"
	"	mov %r12, saved+88(%rip)\n"
	"	mov %r13, saved+96(%rip)\n"
	"	mov %r14, saved+104(%rip)\n"
	"	mov %r15, saved+112(%rip)\n"
	"	stmxcsr saved+136(%rip)\n"
	"	fnstcw saved+144(%rip)\n"
	"	lea saved+4096(%rip), %rsp\n"
	"	pushf\n"
	"	pop saved+120(%rip)\n"
	"	jmp report\n"
	".previous\n");
#define NR_WRITE 1
#define NR_EXIT	 231
static long call(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "0"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return r;
}
#else
__asm__(".text\n"
	".globl _start\n"
	"_start:\n"
	"	mov %esp, saved+64\n"
	"	mov %eax, saved\n"
	"	mov %ebx, saved+4\n"
	"	mov %ecx, saved+8\n"
	"	mov %edx, saved+12\n"
	"	mov %esi, saved+16\n"
	"	mov %edi, saved+20\n"
	"	mov %ebp, saved+24\n"
	"	lea saved+4096, %esp\n"
	"	pushf\n"
	"	popl saved+28\n"
	"	jmp report\n"
	".previous\n");
#define NR_WRITE 4
#define NR_EXIT	 252
static long call(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "0"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}
#endif

unsigned long saved[1024] __attribute__((used, visibility("hidden")));

__attribute__((used, visibility("hidden"))) void report(void)
{
	unsigned long sp = saved[16], dirty = 0;

	/* What is below the stack pointer, as far as the page goes, was never written. */
	for (char *p = (char *)(sp & ~4095UL); p < (char *)sp; p++)
		dirty += *p != 0;
	saved[16] = sp % 16;
	saved[20] = dirty;
	saved[21] = ((unsigned long *)sp)[0];
	call(NR_WRITE, 1, (long)saved, 24 * sizeof(long));
	call(NR_EXIT, 3, 0, 0);
}
