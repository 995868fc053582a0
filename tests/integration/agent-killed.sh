#!/bin/bash
# Children of vfork that are killed in their agent leave no slot of their parent's taken.
# needs: busybox gcc
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
tree root

# Many children that share our memory are killed while they make calls, by one that does not.
cat >killed.c <<'C'
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILDREN = 60, CALLS = 4000 };

static void kill_all(volatile pid_t *child)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	for (int i = 0; i < CHILDREN; i++) {
		while (!*child)
			nanosleep(&nap, NULL);
		nanosleep(&nap, NULL);
		kill(*child, SIGKILL);
		*child = 0;
	}
	_exit(0);
}

/* One call site for all, which their agent knows before there are children. */
static __attribute__((noinline)) void make_calls(int n)
{
	struct stat st;

	while (n--)
		stat("/etc", &st);
}

int main(void)
{
	volatile pid_t *child = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	make_calls(10);

	if (fork() == 0)
		kill_all(child);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = vfork();

		if (pid == 0)
			for (*child = getpid();;)
				make_calls(1000);
		waitpid(pid, NULL, 0);
	}
	make_calls(CALLS);
	return puts("lives") < 0;
}
C
gcc -O1 -static -o root/bin/killed killed.c 2>/dev/null || { echo "no static libc"; exit 77; }
"$PR" --stats -r root killed >out 2>said || fail "$(cat said)"
grep -q '^lives$' out || fail "$(cat out)"
grep -q 'no agents' said && { echo "no agents here"; exit 77; }
full=$(sed -n 's/^[pr: ]*\([0-9]*\) *too many threads in it at a time.*/\1/p' said)
[ "${full:-0}" -lt 1000 ] || fail "slots are taken: $(cat said)"
exit 0
