// SPDX-License-Identifier: MIT
/*
 * Many processes: one after another, in chains and trees, killed at birth with their parents, a
 * thousand alive at once; vfork's shared memory; nothing is lost and nothing hangs.
 *
 * timeout: 90
 */
#include "guest.h"

#include <sched.h>

static int nothing(void *arg)
{
	return (long)arg;
}

static void fork_storm(int n)
{
	int good = 0, status;
	struct stat st;

	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(stat("/tmp", &st) == 0 ? i & 63 : 99);
		good += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == (i & 63);
	}
	printf("one after another: %d of %d\n", good, n);
}

static void at_once(int n)
{
	int good = 0, status, p[2];
	char c;

	NEED(pipe(p) == 0);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0) {
			close(p[1]);
			read(p[0], &c, 1); /* until everybody is alive */
			_exit(access("/tmp", R_OK) == 0 ? 5 : 6);
		}
		good++;
	}
	printf("alive at once: %d of %d\n", good, n);
	close(p[0]);
	close(p[1]);
	for (good = 0; wait(&status) > 0;)
		good += WIFEXITED(status) && WEXITSTATUS(status) == 5;
	printf("  ended well: %d\n", good);
}

/* A chain of forks, each waiting for its own child. */
static int chain(long depth)
{
	int status;
	pid_t pid;

	if (depth == 0)
		return access("/tmp", R_OK) == 0 ? 21 : 1;
	pid = depth % 2 ? fork() : vfork();
	if (pid == 0)
		_exit(chain(depth - 1));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

/* Parents killed while they give birth: orphans must neither run on the host nor hang. */
static int spawner(void *arg)
{
	(void)arg;
	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			access("/tmp", R_OK);
			_exit(0);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void kill_storm(int n)
{
	int status, good = 0;

	for (int i = 0; i < n; i++) {
		pid_t pid = start(spawner, NULL);
		struct timespec t = { 0, i * 37 % 1500 * 1000 };

		nanosleep(&t, NULL);
		kill(pid, SIGKILL);
		good += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
	}
	printf("killed while giving birth: %d of %d\n", good, n);
}

static void vfork_shares(void)
{
	volatile long local[64];
	char path[64] = "/tmp/clobber";
	pid_t pid;
	int status;
	volatile int bad = 0;

	for (int i = 0; i < 64; i++)
		local[i] = i * 1234567L;
	pid = vfork();
	if (pid == 0) {
		access(path, F_OK);
		mkdir("/tmp/by-vfork", 0755);
		rename("/tmp/by-vfork", "/tmp/by-vfork2");
		local[7] = 42;
		_exit(access("/tmp/by-vfork2", F_OK) == 0 ? 3 : 4);
	}
	waitpid(pid, &status, 0);
	show_wait("vfork", status);
	for (int i = 0; i < 64; i++)
		bad += local[i] != (i == 7 ? 42 : i * 1234567L);
	printf("  memory %s, path %s\n", bad ? "clobbered" : "shared", path);
	access(path, F_OK);
}

static void vfork_blocks(void)
{
	struct timespec t = { 0, 50000000 };
	volatile int order = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		nanosleep(&t, NULL);
		order = 1;
		_exit(0);
	}
	printf("vfork blocks its parent: %s\n", order == 1 ? "yes" : "no");
	waitpid(pid, NULL, 0);
}

static int tree(long depth)
{
	int sum = 0, status;

	if (depth == 0)
		return 1;
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			_exit(tree(depth - 1));
	while (wait(&status) > 0)
		sum += WEXITSTATUS(status);
	return sum;
}

/* posix_spawn's way: CLONE_VM | CLONE_VFORK with a stack of its own. */
static void spawns(int n)
{
	static char stack[65536] __attribute__((aligned(16)));
	int good = 0, status;

	for (int i = 0; i < n; i++) {
		int pid = clone(nothing, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)33L);

		good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 33;
	}
	printf("spawned: %d of %d\n", good, n);
}

int main(void)
{
	fork_storm(2000);
	at_once(1000);
	printf("chain: %d\n", chain(30));
	printf("tree: %d\n", tree(4));
	vfork_shares();
	vfork_blocks();
	spawns(200);
	kill_storm(150);
	return 0;
}
