#!/bin/bash
# -q: programs of other machines by qemu, those of this one by themselves.
# needs: qemu-aarch64-static clang gcc busybox
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

[ "$(uname -m)" = x86_64 ] || { echo "its machines are foreign to x86_64"; exit 77; }

cat >all.c <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static volatile int caught;

static void on_signal(int n, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	caught = n;
}

static int args(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("%s|", argv[i]);
	printf("\n");
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "LD_", 3) == 0 || strncmp(*e, "KEPT", 4) == 0)
			printf("%s\n", *e);
	return 0;
}

static int exe(void)
{
	char link[300] = "", head[20] = "", of_self[64];
	struct utsname u;
	struct stat by_name, by_link;
	int fd = open("/proc/self/exe", O_RDONLY);

	snprintf(of_self, sizeof(of_self), "/proc/%d/exe", getpid());
	if (readlink("/proc/self/exe", link, sizeof(link) - 1) < 0)
		perror("readlink");
	if (read(fd, head, sizeof(head)) != sizeof(head))
		perror("read");
	uname(&u);
	printf("%s %d %s ", link, head[18] != 62, u.machine);
	memset(link, 0, sizeof(link));
	if (readlink(of_self, link, sizeof(link) - 1) < 0)
		perror("readlink");
	printf("%s %s %d\n", link, strrchr((const char *)getauxval(AT_EXECFN), '/'),
	       stat("/proc/self/exe", &by_link) == 0 && stat(link, &by_name) == 0 &&
		       by_link.st_ino == by_name.st_ino);
	return 0;
}

static int chain(const char *self, int left)
{
	char count[12];
	int status;

	if (left == 0)
		return 7;
	snprintf(count, sizeof(count), "%d", left - 1);
	if (fork() == 0) {
		execl(self, self, "chain", self, count, NULL);
		_exit(1);
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void *open_often(void *arg)
{
	long *opened = arg;

	for (int i = 0; i < 200; i++) {
		int fd = open("/etc/file", O_RDONLY);
		char c;

		*opened += fd >= 0 && read(fd, &c, 1) == 1 && c == 'f';
		close(fd);
	}
	return NULL;
}

static int threads(void)
{
	pthread_t t[4];
	long opened[4] = { 0 }, sum = 0;

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, open_often, &opened[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		sum += opened[i];
	}
	printf("opened %ld\n", sum);
	return 0;
}

static int signals(void)
{
	struct sigaction a = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	int p[2], status;
	char c;
	pid_t pid;

	sigaction(SIGALRM, &a, NULL);
	sigaction(SIGUSR1, &a, NULL);
	if (pipe(p) < 0)
		return 1;
	raise(SIGUSR1);
	printf("raised %d\n", caught == SIGUSR1);
	alarm(1);
	printf("read %zd %d %d\n", read(p[0], &c, 1), errno == EINTR, caught == SIGALRM);
	mkfifo("/tmp/fifo", 0600);
	alarm(1);
	printf("open %d %d\n", open("/tmp/fifo", O_RDONLY), errno == EINTR);
	unlink("/tmp/fifo");
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	printf("killed by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	pid = fork();
	if (pid == 0) {
		close(2); /* qemu has something to say of it */
		abort();
	}
	waitpid(pid, &status, 0);
	printf("aborted %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IONBF, 0);
	if (strcmp(what, "exe") == 0)
		return exe();
	if (strcmp(what, "chain") == 0)
		return chain(argv[2], atoi(argv[3]));
	if (strcmp(what, "threads") == 0)
		return threads();
	if (strcmp(what, "signals") == 0)
		return signals();
	if (strcmp(what, "comm") == 0) {
		char comm[20] = "";

		prctl(PR_GET_NAME, comm);
		printf("%s\n", comm);
		return 0;
	}
	if (strcmp(what, "ids") == 0) {
		printf("%d %d %d secure %lu\n", getuid(), geteuid(), getgid(), getauxval(AT_SECURE));
		return 0;
	}
	if (strncmp(what, "as", 2) == 0) { /* UID GID FILE ARGV...; as-is: no new privileges */
		if (what[2])
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (setgid(atoi(argv[3])) < 0 || setuid(atoi(argv[2])) < 0)
			perror("set");
		execv(argv[4], argv + 5);
		return 1;
	}
	if (strcmp(what, "exec") == 0) { /* FILE ARGV... */
		execv(argv[2], argv + 3);
		printf("%s\n", strerror(errno));
		return 1;
	}
	return args(argc, argv);
}
END

mkdir -p root/bin root/etc root/tmp root/proc root/dev
echo file >root/etc/file
cp "$(command -v busybox)" root/bin/busybox
ln -s busybox root/bin/sh
for applet in cat chmod chown env readlink; do ln -s busybox root/bin/$applet; done
gcc -static -O1 -o root/bin/own all.c -pthread || exit 99

run() { "$PR" "${OPTIONS[@]}" -r root -b /proc -w / -- "$@"; }

# qemu has an order of its own for variables.
sorted() { run "$@" | LC_ALL=C sort; }

# compile TARGET PROGRAM, where there are libraries for it.
compile() { clang "--target=$1" -static -O1 -o "$2" all.c -pthread 2>clang.log; }

# With what does -q name this machine: NAME TARGET MACHINE.
try_machine() {
	local qemu=$1 machine=$3 more

	command -v "$qemu" >/dev/null && compile "$2" root/bin/all || return 0
	printf '#!/bin/all of script\n' >root/bin/script
	printf '#!/bin/sh\n/bin/all "$0" "$@"\n' >root/bin/shell
	chmod +x root/bin/script root/bin/shell
	for more in "-q auto" "-q $qemu" "-q auto --no-agent" "-q auto -0" "-q auto --debug=no-seccomp"; do
		# shellcheck disable=SC2206 # words
		OPTIONS=($more)
		expect 0 'bin/all|one|two  three||' run bin/all one 'two  three' ''
		expect 0 'name|one|' run /bin/own exec /bin/all name one
		expect 0 '|' run /bin/own exec /bin/all ''
		expect 0 '/bin/all|of script|/bin/script|x|' run /bin/script x
		expect 0 '/bin/all|/bin/shell|x|' run /bin/shell x
		expect 0 "/bin/all 1 $machine /bin/all /all 1" run /bin/all exe
		expect 0 '/bin/own 0 * /bin/own /own 1' run /bin/own exe
		expect 0 '/bin/own 0 * /bin/own /own 1' run /bin/all exec /bin/own own exe
		expect 0 all run /bin/all comm
		expect 7 '' run /bin/all chain /bin/all 4
		expect 0 'opened 800' run /bin/all threads
		expect 0 'raised 1
read -1 1 1
open -1 1
killed by 15
aborted 1' run /bin/all signals
		# The dynamic linker's variables are the program's.
		expect 0 '/bin/all|x|
KEPT=1
LD_DEBUG=help,files
LD_LIBRARY_PATH=/a:/b
LD_PRELOAD=/none.so' sorted /bin/env -i LD_PRELOAD=/none.so KEPT=1 LD_DEBUG=help,files LD_LIBRARY_PATH=/a:/b \
			/bin/all x
		expect 1 'No such file or directory' run /bin/all exec /bin/none none
		expect 0 'x|' run /bin/all exec /bin/all x
	done
	OPTIONS=(-q "$qemu -E ADDED=1 -E KEPT=2")
	expect 0 '/bin/all|
KEPT=2' run /bin/all
	OPTIONS=(-q auto -0)
	expect 0 '0 0 0 secure 0' run /bin/all ids
	expect 0 '7 0 8 secure 1
7 7 8 secure 0
7 7 8 secure 0' run /bin/sh -c 'chmod 4755 /bin/all; /bin/own as 7 8 /bin/all all ids
		/bin/own as-is 7 8 /bin/all all ids; chmod 755 /bin/all; /bin/own as 7 8 /bin/all all ids'
	# In a sandbox; and what another shows of it.
	OPTIONS=(-q auto --sandbox)
	! run /bin/own >/dev/null 2>&1 || expect 0 "/bin/all 1 $machine /bin/all /all 1" run /bin/all exe
}

try_machine qemu-aarch64-static aarch64-linux-gnu aarch64
try_machine qemu-arm-static arm-linux-gnueabihf armv7l
try_machine qemu-riscv64-static riscv64-linux-gnu riscv64
compile aarch64-linux-gnu root/bin/all || { echo "no libraries for aarch64"; exit 77; }
# What is missing is said in one line.
OPTIONS=()
expect_line 126 "*'/bin/all' is a program for aarch64: run it with -q qemu-aarch64-static, or -q auto" run /bin/all
expect_line 126 '*program for aarch64*' run /bin/script
expect 1 'Exec format error' run /bin/own exec /bin/all x
OPTIONS=(-q no-such-emulator)
expect_line 125 "*no emulator 'no-such-emulator' in PATH*" run /bin/own
OPTIONS=(-q /etc/passwd)
expect_line 125 "*'/etc/passwd'*" run /bin/own
expect_line 125 '*no qemu-aarch64-static or qemu-aarch64 is in PATH*' \
	env PATH=/nowhere "$PR" -q auto -r root -- /bin/all
expect 0 'bin/own|' env PATH=/nowhere "$PR" -q auto -r root -w / -- bin/own
expect_line 125 '*engine userns cannot give -q*' "$PR" --engine=userns -q auto -r root /bin/own

# An emulator that needs libraries finds the host's, and the guest does not have to have them.
if command -v qemu-aarch64 >/dev/null && [ -x /lib64/ld-linux-x86-64.so.2 ]; then
	OPTIONS=(-q qemu-aarch64)
	expect 0 'bin/all|x|' run bin/all x
fi
