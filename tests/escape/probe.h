/* SPDX-License-Identifier: MIT */
/*
 * What the escape probes share. Outside the rootfs lies a directory with a secret file, a program, a
 * link and two sockets; a probe has escaped when it reads the secret, learns its inode, opens
 * it, runs the program or makes or changes anything there. Prints one line per probe.
 *
 * Arguments of every probe program: the host name of that directory, the secret's inode number, and
 * the host pids of the tracer's processes.
 */
#ifndef PROBE_H
#define PROBE_H

#include "../guests/guest.h"

#define TOKEN "the-secret-token"

static const char *outside; /* host name of the directory */
static char secret[PATH_MAX], program[PATH_MAX];
static uint64_t secret_ino;
static int targets[16], target_count;
static int probes, escapes;

static void probe_init(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: %s DIRECTORY INODE PID...\n", argv[0]);
		exit(99);
	}
	outside = argv[1];
	secret_ino = strtoull(argv[2], NULL, 10);
	snprintf(secret, sizeof(secret), "%s/flag", outside);
	snprintf(program, sizeof(program), "%s/program", outside);
	for (int i = 3; i < argc && target_count < 16; i++)
		targets[target_count++] = atoi(argv[i]);
}

static bool fd_is_secret(int fd)
{
	struct stat st;
	char text[64] = "";

	if (fstat(fd, &st) == 0 && st.st_ino == secret_ino)
		return true;
	return pread(fd, text, sizeof(text) - 1, 0) > 0 && strstr(text, TOKEN);
}

/* Has any descriptor of ours come to name the secret? */
static bool any_fd_is_secret(void)
{
	for (int fd = 3; fd < 40; fd++)
		if (fd_is_secret(fd))
			return true;
	return false;
}

/* Does the memory hold the token or the inode number? */
static bool tells(const void *mem, size_t size)
{
	for (size_t i = 0; i + 8 <= size; i++) {
		if (memcmp((const char *)mem + i, &secret_ino, 8) == 0 && i % 4 == 0)
			return true;
		if (i + sizeof(TOKEN) - 1 <= size && memcmp((const char *)mem + i, TOKEN, sizeof(TOKEN) - 1) == 0)
			return true;
	}
	return false;
}

enum { HELD = 0, ESCAPED = 77, NOT_TRIED = 78 };

static void verdict(const char *name, int r)
{
	probes++;
	escapes += r == ESCAPED;
	if (r == ESCAPED || r == NOT_TRIED || getenv("PROBE_VERBOSE"))
		printf("%s %s\n", r == ESCAPED ? "ESCAPE" : r == HELD ? "held" : "not tried", name);
}

static volatile pid_t running;

static void on_alarm(int sig)
{
	(void)sig;
	kill(running, SIGKILL);
}

/* One probe in a child with two seconds; what it may do to itself harms nobody. */
static void probe(const char *name, int (*fn)(void *), void *arg)
{
	struct sigaction act = { .sa_handler = on_alarm };
	int status;

	sigaction(SIGALRM, &act, NULL);
	running = fork();
	if (running == 0) {
		signal(SIGALRM, SIG_DFL);
		_exit(fn(arg));
	}
	alarm(2);
	while (waitpid(running, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	verdict(name, WIFEXITED(status) ? WEXITSTATUS(status) : HELD);
}

static int finish_probes(void)
{
	printf("probes %d escapes %d\n", probes, escapes);
	return 0;
}

#endif
