// SPDX-License-Identifier: MIT
/*
 * Who shares a cwd: threads do, until unshare(CLONE_FS); clone with CLONE_FS and without CLONE_VM
 * does too; fork does not. umask travels with it.
 */
#include "guest.h"

#include <pthread.h>
#include <sched.h>

static pthread_barrier_t step;

static void where(const char *who)
{
	char buf[128];
	struct stat st;

	printf("%s: %s, mark %s\n", who, getcwd(buf, sizeof(buf)) ? buf : err_name(errno),
	       stat("mark", &st) == 0 ? "seen" : err_name(errno));
}

static void *changer(void *arg)
{
	NEED(chdir("/tmp/two") == 0);
	where("thread after its chdir");
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	where("thread after main's chdir");
	SHOW(unshare(CLONE_FS));
	NEED(chdir("/tmp/one") == 0);
	where("thread after unshare");
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	where("thread in its own");
	return arg;
}

static void threads(void)
{
	pthread_t t;

	NEED(chdir("/tmp/one") == 0);
	pthread_barrier_init(&step, NULL, 2);
	pthread_create(&t, NULL, changer, NULL);
	pthread_barrier_wait(&step);
	where("main after the thread's chdir");
	NEED(chdir("/tmp/three") == 0);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	where("main after the thread's unshare");
	NEED(chdir("/tmp/two") == 0);
	pthread_barrier_wait(&step);
	pthread_join(t, NULL);
	where("main at the end");
}

static int go_two(void *arg)
{
	(void)arg;
	if (chdir("/tmp/two") < 0)
		return 1;
	umask(077);
	return 0;
}

static void clones(int flags, const char *what)
{
	static char stack[65536] __attribute__((aligned(16)));
	int pid;

	NEED(chdir("/tmp/one") == 0);
	umask(022);
	pid = clone(go_two, stack + sizeof(stack), flags | SIGCHLD, NULL);
	finish(what, pid);
	where(what);
	printf("umask %o\n", umask(022));
}

int main(void)
{
	make_dir("/tmp/one");
	make_dir("/tmp/two");
	make_dir("/tmp/three");
	make_file("/tmp/two/mark", "x");
	threads();
	clones(0, "clone");
	clones(CLONE_FS, "clone CLONE_FS");
	clones(CLONE_VM | CLONE_VFORK, "clone VM VFORK");
	clones(CLONE_VM | CLONE_VFORK | CLONE_FS, "clone VM VFORK FS");
	clones(CLONE_FILES, "clone CLONE_FILES");
	return 0;
}
