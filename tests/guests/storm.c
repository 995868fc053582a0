// SPDX-License-Identifier: MIT
/*
 * Path calls under a storm of signals: timers at kilohertz with handlers that make path calls, in one
 * thread and in several, across exec and vfork. Every call must give its one right answer.
 *
 * arch: 64 32 dyn
 */
#include "guest.h"

#include <pthread.h>
#include <sys/time.h>

enum { CALLS = 6000 };

static volatile long handled;
static volatile long wrong_in_handler;

static void on_signal(int sig)
{
	int saved = errno, fd;
	struct stat st;

	(void)sig;
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
	fd = open("/tmp/dir/link", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || stat("/tmp/missing", &st) == 0 || errno != ENOENT)
		wrong_in_handler++;
	close(fd);
	errno = saved;
}

static void storm(long us)
{
	struct itimerval t = { { 0, us }, { 0, us } };

	NEED(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

static void handle(void)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &act, NULL);
	sigaction(SIGPROF, &act, NULL);
}

static long calls(void)
{
	char buf[64], link[16];
	struct stat st;
	long wrong = 0;
	int fd;

	for (int i = 0; i < CALLS / 8; i++) {
		fd = open("/tmp/dir/file", O_RDONLY | O_CLOEXEC);
		wrong += fd < 0;
		close(fd);
		wrong += stat("/tmp/dir/link", &st) != 0 || !S_ISREG(st.st_mode);
		wrong += lstat("/tmp/dir/link", &st) != 0 || !S_ISLNK(st.st_mode);
		wrong += access("/tmp/dir/nothing", F_OK) == 0 || errno != ENOENT;
		wrong += access("file", F_OK) != 0;
		wrong += readlink("/tmp/dir/link", link, sizeof(link)) != 4;
		wrong += !getcwd(buf, sizeof(buf)) || strcmp(buf, "/tmp/dir") != 0;
		wrong += open("/tmp/dir/file/x", O_RDONLY) >= 0 || errno != ENOTDIR;
	}
	return wrong;
}

static void *in_thread(void *arg)
{
	*(long *)arg = calls();
	return NULL;
}

static void single(void)
{
	long wrong;

	storm(300);
	wrong = calls();
	storm(0);
	printf("single: %ld wrong, %ld wrong in handlers, %s\n", wrong, wrong_in_handler,
	       handled > 10 ? "stormy" : "calm");
}

static void threaded(void)
{
	long wrong[4];
	pthread_t t[4];

	storm(300);
	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&t[i], NULL, in_thread, &wrong[i]) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	storm(0);
	printf("threads: %ld wrong, %ld wrong in handlers\n", wrong[0] + wrong[1] + wrong[2] + wrong[3],
	       wrong_in_handler);
}

/* ITIMER_REAL goes on across exec; the default action would kill, so it is ignored there. */
static void across_exec(void)
{
	char *const argv[] = { "storm", "child", NULL };
	int good = 0, status;

	for (int i = 0; i < 60; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			signal(SIGALRM, SIG_IGN);
			storm(200);
			execv("/bin/storm", argv);
			_exit(1);
		}
		waitpid(pid, &status, 0);
		good += WIFEXITED(status) && WEXITSTATUS(status) == 42;
	}
	printf("exec: %d of 60\n", good);
}

static void across_fork(void)
{
	volatile int good = 0;
	int status;

	handle();
	storm(500);
	for (int i = 0; i < 150; i++) {
		pid_t pid = i % 2 ? fork() : vfork();

		if (pid == 0) {
			access("/tmp/dir/file", F_OK);
			_exit(access("/tmp/dir/file", F_OK) == 0 ? 9 : 1);
		}
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		good += WIFEXITED(status) && WEXITSTATUS(status) == 9;
	}
	storm(0);
	printf("fork: %d of 150\n", good);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		for (int i = 0; i < 50; i++)
			access("/tmp/dir/file", F_OK);
		return access("/tmp/dir/file", F_OK) == 0 ? 42 : 1;
	}
	make_dir("/tmp/dir");
	make_file("/tmp/dir/file", "x");
	make_link("file", "/tmp/dir/link");
	NEED(chdir("/tmp/dir") == 0);
	handle();
	single();
	threaded();
	across_exec();
	across_fork();
	return 0;
}
