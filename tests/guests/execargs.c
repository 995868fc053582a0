// SPDX-License-Identifier: MIT
/*
 * Scripts with very many arguments or none, from vfork, from a thread among busy ones; no free
 * descriptors; execs that fail late: the caller goes on with its memory and registers as they were.
 *
 * arch: 64 32 dyn dyn32
 * timeout: 40
 */
#include "guest.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static char *const env[] = { "SHOWN=1", NULL };
static char *many[5002];
static char big[200000];

static int shown(int argc, char **argv)
{
	unsigned long sum = 0;
	char name[17] = "";

	for (int i = 0; i < argc; i++)
		for (const char *p = argv[i]; *p; p++)
			sum = sum * 31 + (unsigned char)*p;
	prctl(PR_GET_NAME, name);
	printf("  %s: %d arguments [%s] [%s] sum %lx, %s\n", name, argc, argc ? argv[0] : "-",
	       argc > 1 ? argv[1] : "-", sum, environ[0] ? environ[0] : "no environment");
	fflush(stdout);
	return 0;
}

static void exec_or_tell(const char *path, char *const *argv, char *const *envp)
{
	execve(path, argv, envp);
	printf("  %s\n", err_name(errno));
	fflush(stdout);
	_exit(7);
}

static void in_child(const char *what, const char *path, char *const *argv, char *const *envp)
{
	pid_t pid;

	printf("%s\n", what);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		exec_or_tell(path, argv, envp);
	finish("  it", pid);
}

static void numbers(void)
{
	static const int counts[] = { 1, 40, 500, 1000, 1500, 5000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		char *saved = many[counts[i]];

		many[counts[i]] = NULL;
		printf("%d: ", counts[i]);
		in_child("script", "/tmp/script", many, env);
		many[counts[i]] = saved;
	}
	in_child("nested", "/tmp/nested", many, env);
	in_child("script, argv empty", "/tmp/script", many + 5000 + 1, env);
	in_child("script, no argv", "/tmp/script", NULL, env);
	in_child("program, no argv, no environment", "/bin/execargs", NULL, env);
	in_child("program, all empty", "/bin/execargs", many + 5001, (char *[]){ "SHOWN=", NULL });
}

/* What exec borrowed in our memory is not seen, and the second time is as the first. */
static void by_vfork(void)
{
	printf("by vfork\n");
	for (int i = 0; i < 3; i++) {
		pid_t pid;

		fflush(stdout);
		pid = vfork();
		if (pid == 0) {
			execve("/tmp/script", many, env);
			_exit(7);
		}
		finish("  it", pid);
		pid = vfork();
		if (pid == 0) {
			execve("/tmp/script-of-nothing", many, env);
			_exit(errno == ENOENT ? 3 : 4);
		}
		finish("  of nothing", pid);
	}
}

static volatile bool stop;

static void *work(void *arg)
{
	while (!stop) {
		int fd = open(arg, O_RDONLY);

		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static void *thread_exec(void *arg)
{
	execve(arg, many, env);
	return (void *)(long)errno;
}

static void by_thread(const char *what, char *path)
{
	pid_t pid;

	printf("by a thread among busy ones: %s\n", what);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_t t[5];
		void *result;

		for (int i = 0; i < 4; i++)
			pthread_create(&t[i], NULL, work, "/tmp/script");
		pthread_create(&t[4], NULL, thread_exec, path);
		pthread_join(t[4], &result);
		stop = true;
		for (int i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		printf("  %s\n", err_name((int)(long)result));
		fflush(stdout);
		_exit(5);
	}
	finish("  it", pid);
}

/* The plan is made, and then the kernel refuses: too long, or unreadable, arguments. */
static void late_failures(void)
{
	static const char *const paths[] = { "/bin/execargs", "/tmp/script", "/tmp/link", "/tmp/0111" };
	char *const too_long[] = { "x", big, NULL }, *const wild[] = { "x", (char *)8, NULL };
	int fd = open("/tmp/0111", O_PATH | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		printf("%s: ", paths[i]);
		SHOW(execve(paths[i], too_long, env));
		SHOW(execve(paths[i], wild, env));
		SHOW(execve(paths[i], (char **)8, env));
	}
	SHOW(syscall(SYS_execveat, fd, "", too_long, env, AT_EMPTY_PATH));
	close(fd);
}

static void no_descriptors(void)
{
	const struct rlimit l = { 3, 3 };
	pid_t pid;

	printf("no free descriptor\n");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_NOFILE, &l);
		SHOW(execve("/tmp/missing", many, env));
		SHOW(execve("/tmp/script", (char *[]){ "x", big, NULL }, env));
		fflush(stdout);
		_exit(0);
	}
	finish("  it", pid);
}

static void make_script(const char *path, const char *text)
{
	make_file(path, text);
	chmod(path, 0755);
}

int main(int argc, char **argv)
{
	if (getenv("SHOWN"))
		return shown(argc, argv);
	memset(big, 'b', sizeof(big) - 1);
	for (int i = 0; i < 5001; i++)
		many[i] = i % 2 ? "argument" : "other";
	make_script("/tmp/script", "#!/bin/execargs -x\n");
	make_script("/tmp/nested", "#!/tmp/script -y\n");
	make_script("/tmp/script-of-nothing", "#!/missing\n");
	make_link("/bin/execargs", "/tmp/link");
	NEED(link("/bin/execargs", "/tmp/0111") == 0);
	numbers();
	by_vfork();
	by_thread("script", "/tmp/script");
	by_thread("link", "/tmp/link");
	by_thread("missing", "/tmp/missing");
	NEED(chmod("/tmp/0111", 0111) == 0);
	by_thread("unreadable", "/tmp/0111");
	late_failures();
	NEED(chmod("/tmp/0111", 0755) == 0);
	no_descriptors();
	return 0;
}
