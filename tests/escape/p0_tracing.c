// SPDX-License-Identifier: MIT
/*
 * P0: a guest tracer as the way out. Whatever it changes of a call in whatever stop, and however the
 * thread goes on from there, the kernel is given nothing that was not looked at before.
 */
#include "probe.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#ifdef __x86_64__
#define REG(name64, name32) offsetof(struct user_regs_struct, name64)
#else
#define REG(name64, name32) offsetof(struct user_regs_struct, name32)
#endif
enum {
	NR = REG(orig_rax, orig_eax),
	RESULT = REG(rax, eax),
	IP = REG(rip, eip),
	ARG0 = REG(rdi, ebx),
	ARG1 = REG(rsi, ecx),
	ARG2 = REG(rdx, edx),
};

#define SYSEMU 31
#define SUSPEND_SECCOMP (1 << 21)

static char inside[PATH_MAX] = "/etc/passwd";

enum where { AT_ENTRY, AT_EXIT, AT_FILTER, AT_EVERY };
enum what { CHANGE_PATH, CHANGE_NUMBER, CHANGE_STRING, CHANGE_BACK, CHANGE_X32 };
enum how { GO_CALL, GO_ON, GO_STEP, GO_DETACH, GO_DIE, GO_EMULATE, HOWS };

struct way {
	const char *name;
	enum where where;
	enum what what;
	enum how how;
};

static void set_call(pid_t pid, long nr)
{
	ptrace(PTRACE_POKEUSER, pid, NR, nr);
	ptrace(PTRACE_POKEUSER, pid, ARG0, AT_FDCWD);
	ptrace(PTRACE_POKEUSER, pid, ARG1, secret);
	ptrace(PTRACE_POKEUSER, pid, ARG2, O_RDONLY);
}

static void change(pid_t pid, enum what what)
{
	switch (what) {
	case CHANGE_PATH: ptrace(PTRACE_POKEUSER, pid, ARG1, secret); break;
	case CHANGE_NUMBER: set_call(pid, SYS_openat); break;
	case CHANGE_X32: set_call(pid, SYS_openat | 0x40000000); break;
	case CHANGE_STRING:
		for (size_t i = 0; i < strlen(secret) + 1; i += sizeof(long))
			ptrace(PTRACE_POKEDATA, pid, inside + i, *(long *)(void *)(secret + i));
		break;
	case CHANGE_BACK: { /* the call is made again, as another */
		long ip = ptrace(PTRACE_PEEKUSER, pid, IP, 0);

		set_call(pid, -1);
		ptrace(PTRACE_POKEUSER, pid, RESULT, SYS_openat);
		ptrace(PTRACE_POKEUSER, pid, IP, ip - 2);
		break;
	}
	}
}

/* Every call is traced by a filter of its own. */
static void trace_calls(void)
{
	struct sock_filter f[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 5) };
	struct sock_fprog p = { 1, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
}

static void victim(const struct way *w)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (w->where == AT_FILTER)
		trace_calls();
	for (int i = 0; i < 3; i++) {
		syscall(SYS_openat, AT_FDCWD, inside, O_RDONLY);
		syscall(SYS_getppid);
	}
	_exit(any_fd_is_secret() ? ESCAPED : HELD);
}

static bool is_there(enum where where, int status, int n)
{
	if (where == AT_EVERY)
		return true;
	if (where == AT_FILTER)
		return status >> 16 == PTRACE_EVENT_SECCOMP;
	return WSTOPSIG(status) == (SIGTRAP | 0x80) && n % 2 == (where == AT_EXIT);
}

static long request_of(enum how how)
{
	return how == GO_ON ? PTRACE_CONT : how == GO_STEP ? PTRACE_SINGLESTEP :
	       how == GO_EMULATE ? SYSEMU : PTRACE_SYSCALL;
}

static int end_of(pid_t pid)
{
	int status;

	do {
		if (waitpid(pid, &status, __WALL) != pid)
			return HELD;
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, 0, 0);
	} while (WIFSTOPPED(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : HELD;
}

/* Traces until the place is met, changes the call, lets the thread go on by that way. */
static int follow(pid_t pid, const struct way *w)
{
	int status, calls = 0, changed = 0;

	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		bool call = WSTOPSIG(status) == (SIGTRAP | 0x80);

		if (changed < 4 && calls > 0 && is_there(w->where, status, calls)) {
			change(pid, w->what);
			changed++;
			if (w->how == GO_DETACH) {
				ptrace(PTRACE_DETACH, pid, 0, 0);
				return end_of(pid);
			}
			if (w->how == GO_DIE)
				_exit(HELD);
			ptrace(request_of(w->how), pid, 0, 0);
		} else {
			ptrace(w->where == AT_FILTER ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0, 0);
		}
		calls += call || w->where == AT_FILTER;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : HELD;
}

static int by_way(void *arg)
{
	const struct way *w = arg;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		victim(w);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return NOT_TRIED;
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       w->where == AT_FILTER ? PTRACE_O_TRACESECCOMP : PTRACE_O_TRACESYSGOOD);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	return follow(pid, w);
}

/* The tracer dies, and the victim goes on as it was left. */
static int by_dying(void *arg)
{
	const struct way *w = arg;
	int status, ends[2];
	char byte = HELD;
	pid_t pid;

	if (pipe(ends) < 0)
		return NOT_TRIED;
	pid = fork();
	if (pid == 0) {
		pid_t child = fork();

		if (child == 0) {
			ptrace(PTRACE_TRACEME, 0, 0, 0);
			raise(SIGSTOP);
			for (int i = 0; i < 20; i++)
				syscall(SYS_openat, AT_FDCWD, inside, O_RDONLY);
			byte = any_fd_is_secret() ? ESCAPED : HELD;
			_exit(write(ends[1], &byte, 1) < 0);
		}
		waitpid(child, &status, 0);
		ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
		ptrace(PTRACE_SYSCALL, child, 0, 0);
		_exit(follow(child, w));
	}
	close(ends[1]);
	waitpid(pid, NULL, 0);
	return read(ends[0], &byte, 1) == 1 ? byte : HELD;
}

/* All the time, at random. */
static int at_random(void *arg)
{
	unsigned seed = (unsigned)(long)arg;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (seed % 3 == 0)
			trace_calls();
		signal(SIGUSR1, SIG_IGN);
		for (int i = 0; i < 400; i++) {
			close((int)syscall(SYS_openat, AT_FDCWD, inside, O_RDONLY));
			if (any_fd_is_secret())
				_exit(ESCAPED);
		}
		_exit(HELD);
	}
	if (waitpid(pid, &status, 0) != pid)
		return NOT_TRIED;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	for (int n = 0; n < 3000 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status); n++) {
		if (rand_r(&seed) % 3 == 0)
			change(pid, (enum what)(rand_r(&seed) % 4));
		if (rand_r(&seed) % 16 == 0)
			kill(pid, SIGUSR1);
		ptrace(request_of((enum how)(rand_r(&seed) % 3)), pid, 0, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : HELD;
}

static int suspend_filters(void *arg)
{
	pid_t pid = fork();
	int status;

	(void)arg;
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY);
		_exit(any_fd_is_secret() ? ESCAPED : HELD);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, SUSPEND_SECCOMP);
	ptrace(PTRACE_CONT, pid, 0, 0);
	return end_of(pid);
}

static int seize_suspended(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (pid == 0) {
		usleep(50000);
		syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY);
		_exit(any_fd_is_secret() ? ESCAPED : HELD);
	}
	ptrace(PTRACE_SEIZE, pid, 0, SUSPEND_SECCOMP);
	return end_of(pid);
}

int main(int argc, char **argv)
{
	static const char *const where_name[] = { "entry", "exit", "filter", "every" };
	static const char *const what_name[] = { "path", "number", "string", "again", "x32" };
	static const char *const how_name[] = { "call", "cont", "step", "detach", "death", "sysemu" };
	char name[64];

	probe_init(argc, argv);
	for (int i = 0; i < AT_EVERY; i++)
		for (int j = 0; j <= CHANGE_X32; j++)
			for (int k = 0; k < HOWS; k++) {
				struct way w = { name, (enum where)i, (enum what)j, (enum how)k };

				snprintf(name, sizeof(name), "tracing %s %s %s", where_name[i],
					 what_name[j], how_name[k]);
				probe(name, k == GO_DIE ? by_dying : by_way, &w);
			}
	for (long i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "tracing at random %ld", i);
		probe(name, at_random, (void *)i);
	}
	probe("tracing suspend", suspend_filters, NULL);
	probe("tracing suspend by seize", seize_suspended, NULL);
	return finish_probes();
}
