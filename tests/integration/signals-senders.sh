#!/bin/bash
# Who gets a signal that was sent to everybody or to a group is told its sender, however he learns of it; and who may not be hit is not.
# needs: gcc
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

[ "${PR_ENGINE:-ptrace}" = ptrace ] || { echo "kill(-1) would reach more than the guests"; exit 77; }

mkdir -p root/{bin,tmp,proc}
cat >senders.c <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;
static siginfo_t info;
static int told[2];
static uid_t sender_uid;

static void on_signal(int sig, siginfo_t *i, void *context)
{
	(void)sig, (void)context;
	info = *i;
	got++;
}

static void by_handler(sigset_t *set)
{
	sigdelset(set, SIGUSR1);
	while (!got)
		sigsuspend(set);
}

static void by_wait(sigset_t *set)
{
	sigwaitinfo(set, &info);
}

/* The uid in there is the host's: reads are not ours to see. */
static void by_descriptor(sigset_t *set)
{
	struct signalfd_siginfo i;

	if (read(signalfd(-1, set, 0), &i, sizeof(i)) == sizeof(i))
		info = (siginfo_t){ .si_pid = i.ssi_pid, .si_uid = sender_uid, .si_code = i.ssi_code };
}

/* Takes one signal and says whose it was; the answer is one write, by order of the pipe. */
static void receive(const char *name, void (*way)(sigset_t *), uid_t uid, pid_t group, pid_t sender)
{
	sigset_t set;
	char text[128];
	pid_t pid = fork();

	if (pid) {
		setpgid(pid, group);
		return;
	}
	setpgid(0, group);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (uid && setresuid(uid, uid, uid) < 0)
		_exit(1);
	write(told[1], "r", 1);
	alarm(3);
	way(&set);
	snprintf(text, sizeof(text), "%s: code %d, pid %s, uid %s\n", name, info.si_code,
		 info.si_pid == sender ? "the sender's" : "another",
		 info.si_uid == sender_uid ? "right" : "wrong");
	write(1, text, strlen(text));
	_exit(0);
}

static void wait_ready(int n)
{
	char byte;

	while (n-- > 0)
		if (read(told[0], &byte, 1) != 1)
			exit(2);
}

static void all_gone(void)
{
	int status;

	while (wait(&status) > 0)
		if (WIFSIGNALED(status))
			printf("one was killed by %s\n", sigabbrev_np(WTERMSIG(status)));
}

/* Whose group it is: until its signal, which may be there already. */
static void lead(void)
{
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &before);
	while (!got)
		sigsuspend(&before);
	_exit(0);
}

/* To whom: everybody, the own group, another one. */
static void round_of(const char *what, int whom, uid_t other, int sig)
{
	pid_t group;
	int r;

	got = 0;
	group = whom > 0 ? fork() : whom == 0 ? getpgrp() : 0;
	if (whom > 0 && group == 0)
		lead();
	setpgid(group, group);
	receive("handler", by_handler, 0, group, getpid());
	receive("sigwaitinfo", by_wait, 0, group, getpid());
	receive("signalfd", by_descriptor, 0, group, getpid());
	if (other)
		receive("another's", by_wait, other, group, getpid());
	wait_ready(other ? 4 : 3);
	r = kill(whom > 0 ? -group : whom, sig);
	printf("%s = %d %s, got %d from %s\n", what, r, r < 0 ? strerrorname_np(errno) : "", got,
	       got && info.si_pid == getpid() ? "itself" : "nobody");
	all_gone();
}

static void as_user(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		setresuid(7, 7, 7);
		int r = kill(-getppid(), 0);
		printf("by a user, at root's: %d %s\n", r, strerrorname_np(errno));
		printf("by a user, at everybody: %d\n", kill(-1, 0));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	if (argc < 2 || strcmp(argv[1], "none") == 0)
		return 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGUSR1, &act, NULL);
	sender_uid = getuid();
	if (pipe(told) < 0)
		return 2;
	round_of("everybody", -1, atoi(argv[1]), SIGUSR1);
	setpgid(0, 0);
	round_of("own group", 0, atoi(argv[1]), SIGUSR1);
	round_of("a group", 1, atoi(argv[1]), SIGUSR1);
	round_of("a group, KILL", 1, 0, SIGKILL);
	if (*argv[1] != '0')
		as_user();
	return 0;
}
END
gcc -O1 -static -o root/bin/senders senders.c || exit 99

want() {
	cat <<END | grep . | sort
everybody = 0 , got 0 from nobody
own group = 0 , got 1 from itself
a group = 0 , got 0 from nobody
a group, KILL = 0 , got 0 from nobody
$(for _ in 1 2 3; do
	for way in handler sigwaitinfo signalfd; do echo "$way: code 0, pid the sender's, uid right"; done
	[ "$1" = 0 ] || echo "another's: code 0, pid the sender's, uid right"
done)
one was killed by KILL
one was killed by KILL
one was killed by KILL
one was killed by KILL
$([ "$1" = 0 ] || printf '%s\n' 'by a user, at root'\''s: -1 EPERM' 'by a user, at everybody: 0')
END
}

for options in "" --sandbox -0 "-0 --sandbox" --debug=no-seccomp; do
	# Without Landlock there is no sandbox: sandbox-refused.sh.
	[[ $options != *--sandbox ]] || "$PR" --sandbox -r root -w / /bin/senders none || continue
	other=0
	[[ $options != *-0* ]] || other=7
	# shellcheck disable=SC2086 # words
	timeout 60 "$PR" $options -r root -b /proc -w / /bin/senders $other >got 2>&1
	want $other | diff - <(sort got) || fail "pr $options: $(cat got)"
done
exit 0
