// SPDX-License-Identifier: MIT
/*
 * /proc/self and its like by every name: exe, cwd, root, fd/N, for self, thread-self, /proc/<pid>,
 * task/<tid>, a child, a thread; and paths that go on behind them.
 *
 * arch: 64 32 dyn dyn32
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/prctl.h>

static char pid_text[16];

/* Prints a link's text with the number of this process replaced. */
static void link_of(const char *fmt, long pid, long tid)
{
	char name[128], text[512], *at;
	ssize_t n;

	snprintf(name, sizeof(name), fmt, pid, tid);
	n = readlink(name, text, sizeof(text) - 1);
	if (n < 0) {
		printf("%s: %s\n", fmt, err_name(errno));
		return;
	}
	text[n] = '\0';
	at = strstr(text, pid_text);
	if (at && atoi(text + strspn(text, "/proc")) > 0)
		printf("%s -> has our pid\n", fmt);
	else
		printf("%s -> %s\n", fmt, text);
}

static void links_of(long pid, long tid)
{
	static const char *const fmts[] = {
		"/proc/self/exe", "/proc/self/cwd", "/proc/self/root", "/proc/self/fd/3",
		"/proc/thread-self/exe", "/proc/thread-self/cwd", "/proc/thread-self/root",
		"/proc/thread-self/fd/3", "/proc/%ld/exe", "/proc/%ld/cwd", "/proc/%ld/root",
		"/proc/%ld/fd/3", "/proc/%ld/task/%ld/exe", "/proc/%ld/task/%ld/cwd",
		"/proc/%ld/task/%ld/root", "/proc/%ld/task/%ld/fd/3", "/proc/./self/../self/exe",
		"/proc/self/cwd/../proc/self/exe", "/proc/self/root/proc/self/cwd",
		"/proc/%ld/root/proc/self/exe", "/proc/self/task/%ld/exe", "/proc/self",
		"/mnt/p/self/exe",
	};

	for (size_t i = 0; i < sizeof(fmts) / sizeof(*fmts); i++)
		link_of(fmts[i], pid, tid);
}

static void paths_behind(void)
{
	static const char *const paths[] = {
		"/proc/self/root", "/proc/self/root/", "/proc/self/root/..", "/proc/self/root/tmp/f",
		"/proc/self/root/../../tmp/f", "/proc/self/cwd", "/proc/self/cwd/file",
		"/proc/self/cwd/..", "/proc/self/cwd/../data/file", "/proc/self/exe/", "/proc/self/exe/x",
		"/proc/self/fd/3/f", "/proc/self/fd/3/..", "/proc/self/fd/3/../mnt/data/file",
		"/proc/self/fd/4", "/proc/self/fd/4/", "/proc/self/fd/99", "/proc/self/fd/3/../../etc",
		"/proc/self/fd/5", "/proc/self/fd/5/x", "/proc/self/ns/mnt", "/proc/self/missing",
		"/proc/self/task", "/proc/self/cwd/inner/../../data/inner/file",
		"/proc/thread-self/root/tmp/f", "/proc/thread-self/cwd/file", "/proc/99999999/exe",
		"/proc/self/fd/-1", "/proc/self/fd/03", "/proc/selfish", "/proc/self/exe",
	};
	struct stat st;

	NEED(chdir("/mnt/data") == 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (SHOW_AS(stat(paths[i], &st), "stat %s", paths[i]) == 0)
			printf("  %o\n", st.st_mode & S_IFMT);
		if (SHOW_AS(lstat(paths[i], &st), "lstat %s", paths[i]) == 0)
			printf("  %o\n", st.st_mode & S_IFMT);
		if (strstr(paths[i], "file") || strstr(paths[i], "tmp/f"))
			show_file(paths[i]);
	}
	NEED(chdir("/") == 0);
}

static void same_file(const char *a, const char *b)
{
	struct stat sa, sb;
	int r = stat(a, &sa) == 0 && stat(b, &sb) == 0;

	printf("%s and %s: %s\n", a, b,
	       !r ? err_name(errno) : sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev ? "same" : "not");
}

static void *in_thread(void *arg)
{
	printf("in a thread\n");
	links_of(getpid(), syscall(SYS_gettid));
	return arg;
}

static int in_child(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

static void of_child(void)
{
	pid_t pid;

	NEED(chdir("/mnt/data/inner") == 0);
	pid = start(in_child, NULL);
	NEED(chdir("/") == 0);
	NEED(wait_state(pid, "S"));
	printf("of a child\n");
	link_of("/proc/%ld/exe", pid, 0);
	link_of("/proc/%ld/cwd", pid, 0);
	link_of("/proc/%ld/root", pid, 0);
	link_of("/proc/%ld/fd/3", pid, 0);
	link_of("/proc/%ld/task/%ld/cwd", pid, pid);
	kill(pid, SIGKILL);
	NEED(wait_state(pid, "Z"));
	printf("of a zombie\n");
	link_of("/proc/%ld/exe", pid, 0);
	link_of("/proc/%ld/cwd", pid, 0);
	finish("child", pid);
	link_of("/proc/%ld/exe", pid, 0);
}

static void open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	while ((e = readdir(dir)))
		printf("fd %s\n", e->d_name);
	closedir(dir);
}

static void undumpable(void)
{
	SHOW(prctl(PR_SET_DUMPABLE, 0));
	SHOW(prctl(PR_GET_DUMPABLE));
	printf("undumpable\n");
	link_of("/proc/self/exe", 0, 0);
	link_of("/proc/self/cwd", 0, 0);
	SHOW_FD(open("/tmp/f", O_RDONLY));
	NEED(chdir("/tmp") == 0);
	SHOW_FD(open("f", O_RDONLY));
	SHOW(access("../mnt/data/file", R_OK));
	show_link("/tmp/l");
	SHOW(prctl(PR_SET_DUMPABLE, 1));
}

int main(void)
{
	pthread_t t;
	int p[2];

	snprintf(pid_text, sizeof(pid_text), "%d", getpid());
	make_file("/tmp/f", "f\n");
	make_link("f", "/tmp/l");
	make_link("/proc", "/mnt/p");
	NEED(open("/tmp", O_RDONLY) == 3 && open("/tmp/f", O_RDONLY) == 4 && pipe(p) == 0);
	links_of(getpid(), getpid());
	paths_behind();
	same_file("/proc/self/exe", "/bin/procself");
	same_file("/proc/self/cwd", "/");
	same_file("/proc/self/root", "/");
	same_file("/proc/self/fd/4", "/tmp/f");
	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, NULL);
	of_child();
	open_fds();
	undumpable();
	return 0;
}
