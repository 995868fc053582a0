#!/bin/bash
# A guest that writes whatever it likes where the loader tells the tracer what it did: nothing of that
# is believed once the program has made a call. The program has no library, which would have made one.
# needs: gcc
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
export PR_ENGINE=ptrace # it is the agent that is tried
[ "$(uname -m)" = x86_64 ] || exit 77

cat >liar.c <<'END'
#include <asm/unistd.h>

#define LOW  0x7e9000000000ul /* LOADER_WINDOW_LOW, LOADER_WINDOW_HIGH */
#define HIGH 0x7ee000000000ul
#define BLOCK 0x100000000ul
#define MM   0x60000 /* LOADER_AGENT: off and stubs, island, code_begin, code_end */

typedef unsigned long u64;
typedef long access_call(const char *name, int mode);

static long call(long nr, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	register u64 r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = 0;
	long r;

	__asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			 "r"(r9) : "rcx", "r11", "memory");
	return r;
}

/* access(2) at the begin of a page of this file. */
__asm__(".p2align 12\nsite: mov $21, %eax\nsyscall\nret\n.p2align 12");
extern char site[], __executable_start[];

/* Takes a range that is free. */
static int take(u64 at, u64 size)
{
	return (u64)call(__NR_mmap, at, size, 0, 0x104022, -1) == at; /* MAP_FIXED_NOREPLACE */
}

static u64 find_window(void)
{
	for (u64 at = LOW; at < HIGH; at += BLOCK) {
		if (take(at, BLOCK))
			continue;
		for (u64 half = BLOCK / 2; half >= 4096; half /= 2)
			if (take(at, half))
				at += half;
		return at;
	}
	call(__NR_exit_group, 1, 0, 0, 0, 0);
	return 0;
}

static unsigned char *map(u64 size, int prot, int flags, int fd)
{
	return (unsigned char *)call(__NR_mmap, 0, size, prot, flags, fd);
}

/* Eight stubs, as a loader would have written them. */
static void lie(u64 *mm, unsigned char *island)
{
	for (int i = 0; i < 8; i++) {
		unsigned char *s = island + 32 + i * 32;

		s[0] = 0x4c, s[1] = 0x8d, s[2] = 0x1d, s[3] = i;
		s[7] = 0xb8, s[12] = 0xff, s[13] = 0x25;
	}
	mm[0] = 8ul << 32;
	mm[2] = 0;
	mm[3] = 1;
	mm[1] = (u64)island;
}

void run(void)
{
	u64 *mm = (u64 *)(find_window() + MM);
	unsigned char *code = map(0x10000, 7, 0x22, -1);
	int fd, n = 0;

	mm[1] = 0;
	fd = call(__NR_open, (u64)"/liar", 0, 0, 0, 0);
	for (int i = 0; i < 10; i++)
		((access_call *)(map(0x4000, 5, 2, fd) + (site - __executable_start)))("/none", 0);
	for (int i = 0; i < 300; i++)
		for (int b = 0; b < 8; b++)
			code[i * 16 + b] = "\xb8\x15\0\0\0\x0f\x05\xc3"[b];
	for (; n < 120; n++)
		((access_call *)(code + n * 16))("/none", 0);
	lie(mm, code + 0x8000);
	for (; n < 300; n++)
		((access_call *)(code + n * 16))("/none", 0);
	call(__NR_write, 1, (u64)"alive\n", 6, 0, 0);
	call(__NR_exit_group, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: and $-16, %rsp\ncall run");
END
mkdir root
gcc -O1 -w -fno-stack-protector -fno-pic -no-pie -nostdlib -static -o root/liar liar.c || exit 99
expect 0 alive timeout 20 "$PR" -r root /liar
