#!/bin/bash
# Programs built with ASan, UBSan and TSan run as in a real chroot: threads, signals, and what they find.
# needs: guest
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >prog.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int handled;
static int shared;

static int round_of_calls(void)
{
	char buf[128];
	struct stat st;
	int fd = open("/etc/passwd", O_RDONLY), bad = fd < 0;

	close(fd);
	bad += stat("/usr/bin/env", &st) != 0 || stat("/missing", &st) == 0;
	bad += readlink("/proc/self/exe", buf, sizeof(buf)) <= 0;
	bad += !getcwd(buf, sizeof(buf)) || strcmp(buf, "/mnt") != 0;
	bad += access("/etc/../etc/passwd", R_OK) != 0;
	return bad;
}

static void on_signal(int sig)
{
	int saved = errno;

	__atomic_add_fetch(&handled, sig > 0, __ATOMIC_RELAXED);
	if (round_of_calls())
		_exit(9);
	errno = saved;
}

static void *thread(void *arg)
{
	long bad = 0;

	for (int i = 0; i < 300; i++) {
		char *p = malloc(100 + i);

		memset(p, 0, 100 + i);
		bad += round_of_calls() + p[i];
		free(p);
	}
	(void)arg;
	return (void *)bad;
}

static void *racer(void *arg)
{
	for (int i = 0; i < 1000; i++)
		shared += i;
	return arg;
}

int main(int argc, char **argv)
{
	struct itimerval t = { { 0, 2000 }, { 0, 2000 } }, none = { { 0, 0 }, { 0, 0 } };
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	pthread_t id[4];
	long bad = 0;
	void *r;

	(void)argv;
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	for (int i = 0; i < 4; i++)
		pthread_create(&id[i], NULL, thread, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(id[i], &r), bad += (long)r;
	do
		bad += round_of_calls();
	while (__atomic_load_n(&handled, __ATOMIC_RELAXED) <= 3);
	setitimer(ITIMER_REAL, &none, NULL);
	for (int i = 0; i < 10; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(round_of_calls());
		waitpid(pid, &status, 0);
		bad += status != 0;
	}
	printf("%ld wrong\n", bad);
	fflush(stdout);
	if (argc == 2) {
		volatile int big = 2147483647 - 1 + argc - 1;
		volatile char *p = malloc(10);

		pthread_create(&id[0], NULL, racer, NULL);
		racer(NULL);
		pthread_join(id[0], NULL);
		big += argc;
		p[argc + 8] = 1;
		free((char *)p);
	}
	return 0;
}
C

# LeakSanitizer attaches to its own process as a debugger does, which a traced one refuses.
CLEAN+=(ASAN_OPTIONS=detect_leaks=0:exitcode=55 TSAN_OPTIONS=exitcode=56
	UBSAN_OPTIONS=halt_on_error=1:exitcode=57)

# What was found, without addresses and pids: the first line that says it.
finding() { sed -n 's/^.*\(runtime error: [a-z ]*\|[A-Z][a-z]*Sanitizer: [a-z -]*\).*/\1/p' | head -1; }

tried=0
for kind in address undefined thread; do
	under_pr gcc -g -O1 -fsanitize=$kind -fno-sanitize-recover=undefined -o prog-$kind prog.c -lpthread \
		>output 2>&1 || { echo "$kind: $(tail -1 output)"; continue; }
	# ThreadSanitizer cannot run at all with more random address bits than it knows.
	native ./prog-$kind >/dev/null 2>&1 || { echo "$kind: does not run natively"; continue; }
	for ((i = 0; i < 3; i++)); do
		same ./prog-$kind
	done
	native ./prog-$kind wrong >native.out 2>&1 </dev/null
	want=$?
	under_pr ./prog-$kind wrong >pr.out 2>&1 </dev/null
	got=$?
	[ "$want" = "$got" ] || fail "$kind: exit status $got, natively $want"
	[ "$(finding <native.out)" = "$(finding <pr.out)" ] || fail "$kind: $(finding <pr.out)"
	tried=$((tried + 1))
	echo "$kind: exit status $want, $(finding <pr.out)"
done
[ $tried -gt 0 ] || { echo "no sanitizer in the guest"; exit 77; }
exit 0
