// SPDX-License-Identifier: MIT
/*
 * A child is born with the registers of its parent's call, also where that call had to be changed
 * (CLONE_UNTRACED is taken off its flags), and so are a parent's after it.
 *
 * arch: 64 dyn
 */
#include "guest.h"

#include <linux/sched.h>
#include <sched.h>

#ifndef CLONE_UNTRACED
#define CLONE_UNTRACED 0x00800000
#endif

struct regs {
	long v[6];
};

/* The call, and the argument registers behind it. */
static long raw(long nr, const struct regs *in, struct regs *out)
{
	long result = nr;
	register long di __asm__("rdi") = in->v[0];
	register long si __asm__("rsi") = in->v[1];
	register long dx __asm__("rdx") = in->v[2];
	register long r10 __asm__("r10") = in->v[3];
	register long r8 __asm__("r8") = in->v[4];
	register long r9 __asm__("r9") = in->v[5];

	__asm__ volatile("syscall"
			 : "+a"(result), "+r"(di), "+r"(si), "+r"(dx), "+r"(r10), "+r"(r8), "+r"(r9)
			 :
			 : "rcx", "r11", "memory");
	*out = (struct regs){ { di, si, dx, r10, r8, r9 } };
	return result;
}

static void compare(const char *what, const struct regs *in, const struct regs *out)
{
	for (int i = 0; i < 6; i++)
		if (in->v[i] != out->v[i])
			printf("%s: argument %d differs\n", what, i);
	fflush(stdout);
}

static void birth(const char *what, long nr, const struct regs *in)
{
	struct regs out;
	long pid = raw(nr, in, &out);

	if (pid == 0) {
		compare(what, in, &out);
		_exit(access("/bin", F_OK) == 0 && access("/nothing", F_OK) < 0 ? 7 : 8);
	}
	compare(what, in, &out);
	finish(what, (pid_t)pid);
}

int main(void)
{
	struct clone_args args = { .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
	struct clone_args plain = { .exit_signal = SIGCHLD };
	const struct regs untraced = { { CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0, 0x1234567887654321 } };
	const struct regs ordinary = { { SIGCHLD, 0, 0, 0, 0, -5 } };
	const struct regs with_args = { { (long)&args, sizeof(args), 3, 4, 5, 6 } };
	const struct regs with_plain = { { (long)&plain, sizeof(plain), -3, -4, -5, -6 } };

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < 20; i++) {
		birth("clone", SYS_clone, &ordinary);
		birth("clone, untraced", SYS_clone, &untraced);
		birth("clone3", SYS_clone3, &with_plain);
		birth("clone3, untraced", SYS_clone3, &with_args);
	}
	return 0;
}
