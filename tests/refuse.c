// SPDX-License-Identifier: MIT
/*
 * refuse NUMBER[,ARG&BITS|,ARG=VALUE] ERRNO CMD...
 *
 * Runs CMD where the kernel answers ERRNO to system call NUMBER: as a kernel without it would, or
 * with a feature switched off. With ARG (0 to 5) only calls are refused in which the lower half of
 * that argument has one of these bits, or is that value.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

struct what {
	unsigned number, arg, value;
	char how; /* '&', '=' or 0 */
};

static int read_what(const char *word, struct what *ret)
{
	*ret = (struct what){ 0 };
	return sscanf(word, "%u,%u%c%i", &ret->number, &ret->arg, &ret->how, (int *)&ret->value);
}

int main(int argc, char **argv)
{
	struct what w;
	int fields = argc < 4 ? 0 : read_what(argv[1], &w);

	if (fields != 1 && fields != 4)
		return 99;

	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, w.number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * w.arg),
		BPF_JUMP(BPF_JMP | (w.how == '&' ? BPF_JSET : w.how == '=' ? BPF_JEQ : BPF_JGE) | BPF_K,
			 w.value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(argv[2])),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(f) / sizeof(*f), f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return 99;
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 99;
}
