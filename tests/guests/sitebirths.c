// SPDX-License-Identifier: MIT
/*
 * Births and deaths around call sites that are in use: vfork children that change directory and exec,
 * fork while another thread makes calls and signals rain, children killed in the middle of a call,
 * children that share memory but not the directory or the descriptors, posix_spawn.
 *
 * arch: 64 32 dyn
 * timeout: 120
 */
#include "sites.h"

#include <pthread.h>
#include <sched.h>
#include <spawn.h>

#define SELF "/bin/sitebirths"

static volatile int done, wrong;

/* What the new program says of itself: its cwd is /tmp/other and 4 is the file there. */
static int child_program(void)
{
	char buf[64], text[8];

	if (!getcwd(buf, sizeof(buf)) || strcmp(buf, "/tmp/other") != 0)
		return 1;
	if (read(4, text, sizeof(text)) != 6 || memcmp(text, "other\n", 6) != 0)
		return 2;
	if (access("file", R_OK) != 0 || access("link", F_OK) == 0)
		return 3;
	NEED(chdir(SITES_DIR) == 0);
	return rounds(20) ? 4 : 42;
}

static int ended_with(pid_t pid, int code)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
		show_wait("child", status);
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static void vfork_and_exec(int n)
{
	char *const argv[] = { "sitebirths", "child", NULL };
	volatile int good = 0, bad = 0;
	pid_t pid;

	for (volatile int i = 0; i < n; i++) {
		pid = vfork();
		if (pid == 0) {
			if (i % 2 ? chdir("/tmp/other") != 0 : site_chdir("../other") != 0)
				_exit(90);
			if (dup2(i % 2 ? open("file", O_RDONLY) :
					 site_openat(AT_FDCWD, "./file", O_RDONLY, 0), 4) != 4)
				_exit(91);
			execv(SELF, argv);
			_exit(92);
		}
		bad += rounds(1); /* the parent's cwd is its own */
		good += ended_with(pid, 42);
	}
	printf("vfork and exec: %d of %d, %d wrong\n", good, n, bad);
}

/* The exec fails, or there is none: the child's many calls were made in its parent's memory. */
static void vfork_without_exec(int n)
{
	volatile int good = 0, bad = 0;
	pid_t pid;

	for (volatile int i = 0; i < n; i++) {
		pid = vfork();
		if (pid == 0) {
			for (int j = 0; j < 10; j++)
				bad += site_round();
			chdir("/tmp/other");
			bad += site_access("link", F_OK) != -ENOENT;
			execl("/missing", "missing", NULL);
			_exit(errno == ENOENT ? 43 : 93);
		}
		bad += rounds(1);
		good += ended_with(pid, 43);
	}
	printf("vfork without exec: %d of %d, %d wrong\n", good, n, bad);
}

static void *until_done(void *arg)
{
	while (!done)
		wrong += site_round() + libc_round();
	return arg;
}

static void on_signal(int sig)
{
	int saved = errno;

	(void)sig;
	wrong += short_round();
	storm_next();
	errno = saved;
}

static void fork_in_a_storm(int n)
{
	int good = 0, bad = 0;
	pthread_t t[2];

	done = wrong = 0;
	storm_begin(on_signal, SA_RESTART, 100000);
	for (int i = 0; i < 2; i++)
		NEED(pthread_create(&t[i], NULL, until_done, NULL) == 0);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(rounds(5) ? 1 : 44);
		NEED(pid > 0);
		bad += site_round();
		good += ended_with(pid, 44);
	}
	done = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	storm_end();
	printf("fork in a storm: %d of %d, %d wrong, %d wrong elsewhere\n", good, n, bad, wrong);
}

static int forever(void *arg)
{
	(void)arg;
	for (;;)
		if (site_round())
			_exit(1);
}

/* Killed wherever it stands, some in the moment of birth; clone's flags say what is shared. */
static void killed(const char *what, int flags, int n)
{
	static char stack[65536] __attribute__((aligned(16)));
	int good = 0, bad = 0, status;

	for (int i = 0; i < n; i++) {
		struct timespec t = { 0, i * 37 % 500 * 1000 };
		pid_t pid = clone(forever, stack + sizeof(stack), flags | SIGCHLD, NULL);

		NEED(pid > 0);
		nanosleep(&t, NULL);
		bad += site_round();
		kill(pid, SIGKILL);
		bad += site_round() + libc_round();
		good += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	printf("%s: %d of %d, %d wrong\n", what, good, n, bad);
}

/* In the memory of its parent, with a directory and descriptors of its own: 4 is another file. */
static int elsewhere(void *arg)
{
	char buf[64];
	int bad = 0, fd;

	(void)arg;
	bad += site_chdir("/tmp/other") != 0;
	fd = site_openat(AT_FDCWD, "/tmp/other", O_PATH | O_DIRECTORY, 0);
	bad += dup2(fd, 9) != 9;
	for (int i = 0; i < 300; i++) {
		bad += site_access("file", R_OK) != 0 || site_access("link", F_OK) != -ENOENT;
		bad += site_stat("../sites/link") != S_IFREG;
		bad += site_getcwd(buf, sizeof(buf)) != sizeof("/tmp/other") || strcmp(buf, "/tmp/other") != 0;
		fd = site_openat(9, "only-other", O_RDONLY | O_CLOEXEC, 0);
		bad += fd < 0 || site_close(fd) != 0;
	}
	return bad ? 1 : 45;
}

static void in_shared_memory(const char *what, int flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	int bad = 0, here = open(SITES_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid;

	NEED(dup2(here, 9) == 9);
	pid = clone(elsewhere, stack + sizeof(stack), CLONE_VM | flags | SIGCHLD, NULL);
	NEED(pid > 0);
	for (int i = 0; i < 300; i++) {
		bad += site_round();
		bad += site_openat(9, "only-other", O_RDONLY, 0) != -ENOENT;
		bad += site_access("only-other", F_OK) != -ENOENT;
	}
	printf("%s: %d wrong, %d good\n", what, bad, ended_with(pid, 45));
	close(9);
	close(here);
}

/* CLONE_FS: who changes it changes it for both, at once. */
static int goes(void *arg)
{
	return site_chdir(arg) == 0 ? 46 : 1;
}

static void shared_directory(int n)
{
	static char stack[65536] __attribute__((aligned(16)));
	int good = 0, bad = 0;

	for (int i = 0; i < n; i++) {
		char *place = i % 2 ? SITES_DIR : "/tmp/other";
		char buf[64];
		pid_t pid = clone(goes, stack + sizeof(stack), CLONE_VM | CLONE_FS | SIGCHLD, place);

		NEED(pid > 0);
		good += ended_with(pid, 46);
		bad += site_getcwd(buf, sizeof(buf)) < 0 || strcmp(buf, place) != 0;
		bad += site_access("only-other", F_OK) != (i % 2 ? -ENOENT : 0);
		bad += access("link", F_OK) != (i % 2 ? 0 : -1);
	}
	printf("shared directory: %d of %d, %d wrong\n", good, n, bad);
}

static void spawns(int n)
{
	char *const argv[] = { "sitebirths", "child", NULL };
	posix_spawn_file_actions_t actions;
	int good = 0, bad = 0;

	posix_spawn_file_actions_init(&actions);
	NEED(posix_spawn_file_actions_addchdir_np(&actions, "../other") == 0);
	NEED(posix_spawn_file_actions_addopen(&actions, 4, "file", O_RDONLY, 0) == 0);
	for (int i = 0; i < n; i++) {
		pid_t pid;

		if (posix_spawn(&pid, SELF, &actions, NULL, argv, environ) != 0)
			continue;
		bad += site_round();
		good += ended_with(pid, 42);
	}
	bad += posix_spawn(&(pid_t){ 0 }, "/missing", &actions, NULL, argv, environ) != ENOENT;
	posix_spawn_file_actions_destroy(&actions);
	printf("spawned: %d of %d, %d wrong\n", good, n, bad);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return child_program();
	sites_make();
	make_dir("/tmp/other");
	make_file("/tmp/other/file", "other\n");
	make_file("/tmp/other/only-other", "x\n");
	printf("before: %d wrong\n", rounds(100));
	vfork_and_exec(60);
	vfork_without_exec(60);
	fork_in_a_storm(40);
	killed("killed", 0, 100);
	killed("killed in shared memory", CLONE_VM, 200);
	killed("killed in shared memory and table", CLONE_VM | CLONE_FILES | CLONE_FS, 100);
	close_range(3, ~0U, 0);
	in_shared_memory("memory", 0);
	in_shared_memory("memory, waited for", CLONE_VFORK);
	shared_directory(100);
	spawns(60);
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}
