#!/bin/bash
# Who is killed in its agent leaves no slot taken, of its parent's or of a later child's.
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

# The same all at once; the next child has memory of its own, with the slots as they were.
cat >copied.c <<'C'
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 24, CALLS = 20000, STACK = 16384 };

static char stacks[CHILDREN][STACK] __attribute__((aligned(16)));

static __attribute__((noinline)) void make_calls(int n)
{
	struct stat st;

	while (n--)
		stat("/etc", &st);
}

static int child(void *arg)
{
	for (;;)
		make_calls(1000);
	return arg != NULL;
}

int main(void)
{
	pid_t pid[CHILDREN];

	make_calls(10);
	for (int i = 0; i < CHILDREN; i++)
		pid[i] = clone(child, stacks[i] + STACK, CLONE_VM | SIGCHLD, NULL);
	usleep(100000);
	for (int i = 0; i < CHILDREN; i++)
		kill(pid[i], SIGKILL);
	for (int i = 0; i < CHILDREN; i++)
		waitpid(pid[i], NULL, 0);
	if (fork() == 0) {
		make_calls(CALLS);
		_exit(puts("lives") < 0 || fflush(stdout));
	}
	return wait(NULL) < 0;
}
C
for name in killed:1000 copied:10000; do
	limit=${name#*:} name=${name%:*}
	gcc -O1 -static -o root/bin/$name $name.c 2>/dev/null || { echo "no static libc"; exit 77; }
	"$PR" --stats -r root $name >out 2>said || fail "$name: $(cat said)"
	grep -q '^lives$' out || fail "$name: $(cat out)"
	grep -q 'no agents' said && { echo "no agents here"; exit 77; }
	full=$(sed -n 's/^[pr: ]*\([0-9]*\) *too many threads in it at a time.*/\1/p' said)
	[ "${full:-0}" -lt "$limit" ] || fail "slots are taken: $(cat said)"
done
exit 0
