// SPDX-License-Identifier: MIT
/*
 * dirs: /tmp/w/a/d /tmp/w/b/d
 * arch: 64 32 dyn
 * timeout: 120
 *
 * Relative names of two components, and getcwd, after every way in which a cwd becomes another or
 * gets another name, each of them many times and from the same places.
 */
#include "sites.h"

#include <pthread.h>
#include <sched.h>

#define TREE "/tmp/w"

enum { TIMES = 30 };

static int wrong;

/* d/f holds so many bytes, and so is the cwd called. */
static void expect(const char *what, long size, const char *cwd)
{
	struct stat again;
	struct statx st;
	char name[PATH_MAX];
	long n, m;

	for (int i = 0; i < 3; i++) {
		n = site_statx(AT_FDCWD, "d/f", 0, STATX_SIZE, &st) < 0 ? -1 : (long)st.stx_size;
		m = lstat("d/f", &again) < 0 ? -1 : again.st_size;
		if (!getcwd(name, sizeof(name)))
			snprintf(name, sizeof(name), "%s", err_name(errno));
		if (n == size && m == size && strcmp(name, cwd) == 0)
			continue;
		if (wrong++ < 10)
			printf("%s: %ld %ld in %s\n", what, n, m, name);
	}
}

static void by_calls(int a, int b)
{
	for (int i = 0; i < TIMES; i++) {
		NEED(chdir(TREE "/a") == 0);
		expect("chdir a", 1, TREE "/a");
		NEED(chdir("../b") == 0);
		expect("chdir b", 2, TREE "/b");
		NEED(fchdir(a) == 0);
		expect("fchdir a", 1, TREE "/a");
		NEED(fchdir(b) == 0);
		expect("fchdir b", 2, TREE "/b");
		NEED(chdir("/tmp/w/nowhere") < 0);
		expect("chdir fails", 2, TREE "/b");
	}
}

/* Its memory is the parent's, and its cwd is not. */
static void by_vfork(int a)
{
	for (volatile int i = 0; i < TIMES; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			if (i % 2 ? fchdir(a) : chdir(TREE "/a"))
				_exit(1);
			expect("vfork's child", 1, TREE "/a");
			_exit(0);
		}
		finish("vfork", pid);
		expect("behind vfork", 2, TREE "/b");
	}
}

static int go(void *to)
{
	return chdir(to) == 0 ? 0 : 1;
}

static void by_sharer(int flags, const char *what)
{
	static char stack[65536] __attribute__((aligned(16)));
	static char *to[] = { TREE "/a", TREE "/b" };

	for (int i = 0; i < TIMES; i++) {
		pid_t pid = clone(go, stack + sizeof(stack), flags | SIGCHLD, to[i % 2]);

		NEED(pid > 0 && waitpid(pid, NULL, 0) == pid);
		expect(what, i % 2 + 1, to[i % 2]);
	}
}

static void *go_there(void *to)
{
	NEED(chdir(to) == 0);
	expect("thread", ((char *)to)[strlen(to) - 1] - 'a' + 1, to);
	return NULL;
}

static void by_thread(void)
{
	static char *to[] = { TREE "/a", TREE "/b" };
	pthread_t t;

	for (int i = 0; i < TIMES; i++) {
		NEED(pthread_create(&t, NULL, go_there, to[i % 2]) == 0);
		pthread_join(t, NULL);
		expect("behind a thread", i % 2 + 1, to[i % 2]);
	}
}

static volatile int caught;

static void on_signal(int sig)
{
	(void)sig;
	NEED(chdir(caught++ % 2 ? TREE "/b" : TREE "/a") == 0);
}

static void by_handler(void)
{
	signal(SIGUSR1, on_signal);
	for (int i = 0; i < TIMES; i++) {
		raise(SIGUSR1);
		expect("behind a handler", i % 2 + 1, i % 2 ? TREE "/b" : TREE "/a");
	}
}

/* A child gives the directories other names. */
static void rename_by_child(const char *from, const char *to, int flags)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags) < 0);
	NEED(waitpid(pid, NULL, 0) == pid);
}

static void by_rename(void)
{
	NEED(chdir(TREE "/b") == 0);
	for (int i = 0; i < TIMES; i++) {
		rename_by_child(TREE "/a", TREE "/b", 2);
		expect("exchanged", 2, TREE "/a");
		rename_by_child(TREE "/a", TREE "/b", 2);
		expect("exchanged back", 2, TREE "/b");
		rename_by_child(TREE, "/tmp/w2", 0);
		expect("above it", 2, "/tmp/w2/b");
		rename_by_child("/tmp/w2", TREE, 0);
		expect("above it, back", 2, TREE "/b");
		NEED(symlink("../a/d", "e") == 0 && syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "d", 2) == 0);
		expect("a link on the way", 1, TREE "/b");
		NEED(syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "d", 2) == 0 && unlink("e") == 0);
		expect("a directory again", 2, TREE "/b");
	}
}

static void by_removal(void)
{
	for (int i = 0; i < TIMES / 3; i++) {
		NEED(mkdir(TREE "/c", 0755) == 0 && mkdir(TREE "/c/d", 0755) == 0 && chdir(TREE "/c") == 0);
		make_file("d/f", "333");
		expect("made", 3, TREE "/c");
		NEED(unlink("d/f") == 0);
		expect("a file less", -1, TREE "/c");
		NEED(rmdir("d") == 0 && rmdir("../c") == 0);
		expect("removed", -1, "ENOENT");
		NEED(chdir(TREE) == 0);
	}
}

int main(void)
{
	int a = open(TREE "/a", O_RDONLY | O_DIRECTORY), b = open(TREE "/b", O_PATH | O_DIRECTORY);

	make_file(TREE "/a/d/f", "1");
	make_file(TREE "/b/d/f", "22");
	by_calls(a, b);
	by_handler();
	by_rename();
	by_removal();
	NEED(chdir(TREE "/b") == 0);
	by_vfork(a);
	by_sharer(CLONE_FS, "by a process that shares the cwd");
	by_sharer(CLONE_FS | CLONE_VM, "by one that shares memory as well");
	by_thread();
	by_rename();
	by_calls(a, b);
	printf("%d wrong\n", wrong);
	remove_all(TREE);
	return 0;
}
