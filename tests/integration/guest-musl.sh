#!/bin/bash
# A guest on musl: its dynamic loader finds its library, and programs of it do as on glibc; so do threads.
# needs: musl-gcc
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

mkdir -p root/{bin,lib,proc,tmp,dev}
: >root/dev/null
cat >prog.c <<'C'
#include <dirent.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static void *thread(void *arg) { return fopen(arg, "r"); }
int main(int argc, char **argv)
{
	char buf[4096], *child[] = { "prog", "child", NULL };
	struct stat st;
	pthread_t t;
	void *r;
	pid_t pid;
	int status;

	if (argc > 1)
		return puts("child"), fflush(stdout), 9;
	printf("%s %s\n", argv[0], getcwd(buf, sizeof(buf)));
	printf("%s\n", realpath("/proc/self/exe", buf));
	printf("%s\n", realpath("/tmp/../lib/.", buf));
	printf("%d %d\n", stat("/etc/hostname", &st), mkdir("/tmp/d", 0755));
	pthread_create(&t, NULL, thread, "/lib/libc.so");
	pthread_join(t, &r);
	printf("%s\n", r ? "read" : "not read");
	fflush(stdout);
	posix_spawn(&pid, "/bin/prog", NULL, NULL, child, environ);
	waitpid(pid, &status, 0);
	printf("%d %d\n", WEXITSTATUS(status), system("/bin/prog child >/dev/null"));
	return 0;
}
C
# Threads on the smallest stacks, in calls that are served after a while; cancelled on their way into an
# open that sleeps and in it (musl decides by the instruction that the signal finds); forks; signals.
cat >threads.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static int wrong, cleaned;
static int calls(void)
{
	struct stat st;
	char buf[64];
	int bad, fd = open("/tmp/link", O_RDONLY | O_CLOEXEC);

	bad = fd < 0 || read(fd, buf, 4) != 4 || memcmp(buf, "text", 4) || close(fd);
	bad += stat("link", &st) || !S_ISREG(st.st_mode) || lstat("/tmp/link", &st) || !S_ISLNK(st.st_mode);
	bad += stat("missing", &st) == 0 || errno != ENOENT || access("file/x", F_OK) == 0 || errno != ENOTDIR;
	bad += readlink("link", buf, 64) != 4 || memcmp(buf, "file", 4) || !getcwd(buf, 64) || strcmp(buf, "/tmp");
	return bad;
}
static void on_signal(int sig)
{
	int e = errno;

	(void)sig;
	__sync_fetch_and_add(&wrong, calls());
	errno = e;
}
static void *many(void *arg)
{
	for (int i = 0; i < 100; i++) {
		__sync_fetch_and_add(&wrong, calls());
		if (arg && i % 10 == 0)
			kill(getpid(), SIGUSR1);
	}
	return NULL;
}
static void clean(void *arg)
{
	(void)arg;
	__sync_fetch_and_add(&cleaned, 1);
	__sync_fetch_and_add(&wrong, calls());
}
static void *sleeps(void *arg)
{
	pthread_cleanup_push(clean, NULL);
	for (;;)
		close(open(arg, O_RDONLY | O_CLOEXEC));
	pthread_cleanup_pop(0);
}
static void run(const char *what, int n, void *(*body)(void *), void *arg, int cancel)
{
	pthread_attr_t attr;
	pthread_t t[64];
	int right = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN + 4096);
	for (int i = 0; i < n; i++)
		wrong += pthread_create(&t[i], &attr, body, arg) != 0;
	for (int i = 0; i < n; i++) {
		void *result;

		if (cancel) {
			nanosleep(&(struct timespec){ 0, i % 4 * 300000 }, NULL);
			pthread_cancel(t[i]);
		}
		pthread_join(t[i], &result);
		right += result == (cancel ? PTHREAD_CANCELED : NULL);
	}
	printf("%s: %d\n", what, right);
}
int main(void)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int fd = open("file", O_WRONLY | O_CREAT, 0600), good = 0, status;

	if (write(fd, "text\n", 5) != 5 || close(fd) || symlink("file", "link") || mkfifo("fifo", 0600))
		return 1;
	sigaction(SIGUSR1, &act, NULL);
	many(NULL);
	run("threads", 64, many, NULL, 0);
	run("with signals", 16, many, "", 0);
	for (int i = 0; i < 3; i++)
		run("cancelled", 24, sleeps, i % 2 ? "/tmp/fifo" : "fifo", 1);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			many(NULL);
			_exit(wrong ? 1 : 9);
		}
		good += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 9;
	}
	printf("children: %d\n%d cleaned up, %d wrong\n", good, cleaned, wrong);
	return 0;
}
C
musl-gcc -O1 -o root/bin/prog prog.c || exit 99
musl-gcc -O1 -o root/bin/threads threads.c && musl-gcc -static -O1 -o root/bin/threads.static threads.c || exit 99
musl-gcc -static -O1 -o root/bin/static prog.c || exit 99
interp=$(file root/bin/prog | sed -n 's/.*interpreter \([^,]*\),.*/\1/p')
[ -n "$interp" ] || interp=/lib/ld-musl-x86_64.so.1
libc=$(find /usr/lib /lib -name libc.so -path '*musl*' 2>/dev/null | head -1)
[ -n "$libc" ] || { echo "no libc.so of musl"; exit 77; }
cp "$libc" root/lib/libc.so
ln -s libc.so "root$interp"
cp "$(command -v busybox)" root/bin/sh 2>/dev/null || { echo "no busybox for system()"; exit 77; }
want() { printf '%s\n' "/bin/$1 /tmp" "/bin/$1" /lib '-1 0' read child '9 2304'; }
for p in prog static; do
	rm -rf root/tmp/d
	"$PR" -r root -b /proc -b /dev/null -w /tmp "/bin/$p" >output 2>&1 || { cat output; fail "$p: exit status $?"; }
	want $p | diff - output || fail "$p: another answer"
done
for p in threads threads.static; do
	rm -f root/tmp/{file,link,fifo}
	"$PR" -r root -b /proc -b /dev/null -w /tmp "/bin/$p" >output 2>&1 || { cat output; fail "$p: exit status $?"; }
	printf '%s\n' 'threads: 64' 'with signals: 16' 'cancelled: 24' 'cancelled: 24' 'cancelled: 24' \
		'children: 20' '72 cleaned up, 0 wrong' | diff - output || fail "$p: another answer"
done
exit 0
