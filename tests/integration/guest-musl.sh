#!/bin/bash
# A guest on musl: its dynamic loader finds its library, and programs of it do as on glibc.
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
musl-gcc -O1 -o root/bin/prog prog.c || exit 99
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
exit 0
