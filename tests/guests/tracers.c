// SPDX-License-Identifier: MIT
/*
 * ptrace(2) of one process on another: what each stop is told as, what may be asked in it, how the
 * thread goes on, and what the waits say.
 *
 * arch: 64 32 dyn
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define NT_PRSTATUS 1

static const char *self;

static const char *error(long r)
{
	static char text[32];

	if (r == -1)
		return strerrorname_np(errno);
	snprintf(text, sizeof(text), "%ld", r);
	return text;
}

static const char *event_name(int event)
{
	static const char *const name[] = { "", " fork", " vfork", " clone", " exec", " vforkdone",
					    " exit", " seccomp" };
	if (event == PTRACE_EVENT_STOP)
		return " stop";
	return event < 8 ? name[event] : " ?";
}

static void show_status(const char *who, int status)
{
	if (WIFEXITED(status))
		printf("%s: exited %d\n", who, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: killed by %s\n", who, sigabbrev_np(WTERMSIG(status)));
	else if (WIFSTOPPED(status))
		printf("%s: stopped %s%s%s\n", who, sigabbrev_np(WSTOPSIG(status) & 0x7f),
		       WSTOPSIG(status) & 0x80 ? " call" : "", event_name(status >> 16));
	else
		printf("%s: %x\n", who, status);
}

static int wait_for(pid_t pid)
{
	int status = -1;
	pid_t r = waitpid(pid, &status, __WALL);

	if (r != pid) {
		printf("waitpid: %s\n", error(r));
		return -1;
	}
	return status;
}

static int show_wait(const char *who, pid_t pid)
{
	int status = wait_for(pid);

	show_status(who, status);
	return status;
}

static void show_info(const char *what, pid_t pid)
{
	siginfo_t info;
	long r = ptrace(PTRACE_GETSIGINFO, pid, 0, &info);

	if (r < 0)
		printf("%s: siginfo %s\n", what, error(r));
	else
		printf("%s: siginfo %d code %d by %s\n", what, info.si_signo, info.si_code,
		       info.si_pid == 0	       ? "nobody" :
		       info.si_pid == getpid() ? "me" :
		       info.si_pid == pid      ? "itself" :
						 "another");
}

/* ---- calls --------------------------------------------------------------------------------- */

static void read_string(pid_t pid, unsigned long at, char *buf, size_t size)
{
	struct iovec here = { buf, size }, there = { (void *)at, size };

	if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0)
		snprintf(buf, size, "?");
}

static void show_call(pid_t pid)
{
	struct __ptrace_syscall_info info;
	char name[32] = "";
	long n = ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info);

	if (info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
		if (info.entry.nr == SYS_openat || info.entry.nr == SYS_chdir ||
		    info.entry.nr == SYS_getcwd)
			read_string(pid, info.entry.args[info.entry.nr == SYS_openat], name, 16);
		if (info.entry.nr == SYS_getcwd)
			name[0] = '\0';
		printf("  %s %lld nr %llu '%s'\n",
		       info.op == PTRACE_SYSCALL_INFO_ENTRY ? "entry" : "filter", (long long)n,
		       (unsigned long long)info.entry.nr, name);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		printf("  exit %lld result %lld%s\n", (long long)n,
		       info.exit.rval > 1000 ? 1000 : (long long)info.exit.rval,
		       info.exit.is_error ? " error" : "");
	} else {
		printf("  op %d\n", info.op);
	}
}

static void make_calls(void)
{
	char buf[256];
	struct stat st;
	int fd;

	syscall(SYS_getuid);
	fd = (int)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "/bin/tracers", O_RDONLY);
	close(fd);
	syscall(SYS_chdir, "/bin");
	syscall(SYS_getcwd, buf, sizeof(buf));
	syscall(SYS_openat, AT_FDCWD, "no/such/file", O_RDONLY);
	if (stat("/bin", &st) < 0)
		_exit(1);
	syscall(SYS_exit_group, 7);
}

static pid_t start_calls(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		make_calls();
	}
	show_wait("child", pid);
	return pid;
}

static void trace_calls(void)
{
	pid_t pid = start_calls();
	int status, stops = 0;

	show_info("SIGSTOP", pid);
	printf("options %s\n", error(ptrace(PTRACE_SETOPTIONS, pid, 0,
					    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT)));
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0)
			break;
		status = wait_for(pid);
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			unsigned long message = 99;

			show_status("child", status);
			if (!WIFSTOPPED(status))
				break;
			ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
			printf("message %lu\n", message);
		} else if (stops++ < 18) {
			show_call(pid);
		}
	}
}

/* A call is exchanged for another, one is not made at all, a result is changed. */
static void change_calls(void)
{
	pid_t pid = start_calls();
	struct __ptrace_syscall_info info;
	int status, n = 0;

	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	for (;;) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		status = wait_for(pid);
		if (!WIFSTOPPED(status))
			break;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) <= 0)
			continue;
#ifdef __x86_64__
		const size_t nr = offsetof(struct user_regs_struct, orig_rax);
		const size_t path = offsetof(struct user_regs_struct, rsi);
#else
		const size_t nr = offsetof(struct user_regs_struct, orig_eax);
		const size_t path = offsetof(struct user_regs_struct, ecx);
#endif
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_openat && n++ == 0)
			ptrace(PTRACE_POKEUSER, pid, nr, SYS_getuid);
		else if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_openat && n == 2) {
			errno = 0;
			printf("its own %s\n", error(ptrace(PTRACE_POKEUSER, pid, path, (long)(info.entry.args[1]))));
		} else if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_chdir)
			ptrace(PTRACE_POKEUSER, pid, nr, -1);
		else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			show_call(pid);
	}
	show_status("changed", status);
}

/* ---- exec ---------------------------------------------------------------------------------- */

static void trace_exec(unsigned long options, int calls)
{
	pid_t pid = fork();
	int status, shown = 0;

	if (pid == 0) {
		char *const argv[] = { "tracers", "exit", NULL };

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(self, argv);
		_exit(9);
	}
	show_wait("exec", pid);
	ptrace(PTRACE_SETOPTIONS, pid, 0, options);
	for (;;) {
		ptrace(calls ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, 0);
		status = wait_for(pid);
		if (!WIFSTOPPED(status))
			break;
		if (shown++ >= 4)
			continue;
		show_status("exec", status);
		if (!(WSTOPSIG(status) & 0x80))
			show_info("exec", pid);
		else
			show_call(pid);
	}
	show_status("exec", status);
}

/* ---- births -------------------------------------------------------------------------------- */

static int thread_main(void *unused)
{
	(void)unused;
	syscall(SYS_exit, 3);
	return 0;
}

static char stack[2][16384] __attribute__((aligned(16)));

static void bear(void)
{
	pid_t pid;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	pid = fork();
	if (pid == 0)
		_exit(4);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0)
		_exit(5);
	waitpid(pid, NULL, 0);
	clone(thread_main, stack[0] + sizeof(stack[0]),
	      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
	usleep(30000);
	_exit(6);
}

/* Each thread's own stops in their order, whatever the order between threads. */
static void trace_births(int seized)
{
	static char lines[8][256];
	const unsigned long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
				      PTRACE_O_TRACEVFORKDONE;
	pid_t pid = fork(), known[8] = { pid }, tid;
	int status, n = 1, i;

	if (pid == 0) {
		if (seized) {
			raise(SIGSTOP);
			raise(SIGUSR1);
		}
		bear();
	}
	memset(lines, 0, sizeof(lines));
	if (seized) {
		waitpid(pid, NULL, WUNTRACED);
		printf("seize %s\n", error(ptrace(PTRACE_SEIZE, pid, 0, options)));
		kill(pid, SIGCONT);
	} else {
		wait_for(pid);
		ptrace(PTRACE_SETOPTIONS, pid, 0, options);
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		for (i = 0; i < n && known[i] != tid; i++)
			;
		if (i == n && n < 8)
			known[n++] = tid;
		snprintf(lines[i] + strlen(lines[i]), sizeof(lines[i]) - strlen(lines[i]), " %x",
			 status >> 8);
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, tid, 0,
			       status >> 16 || WSTOPSIG(status) == SIGSTOP || WSTOPSIG(status) == SIGUSR1 ? 0 : WSTOPSIG(status));
	}
	printf("nobody left: %s\n", error(tid));
	for (i = 0; i < n; i++)
		printf("thread %d:%s\n", i, lines[i]);
}

/* ---- attach, seize ------------------------------------------------------------------------- */

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void show_proc(pid_t pid)
{
	char name[64], line[256];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f)) {
		int tracer;

		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			printf("traced by %s\n", tracer == 0 ? "nobody" : tracer == getpid() ? "me" : "?");
		else if (strncmp(line, "State:", 6) == 0)
			printf("%s", line);
	}
	if (f)
		fclose(f);
}

static void attach(void)
{
	pid_t pid = start_sleeper();
	siginfo_t info = { 0 };

	printf("attach %s\n", error(ptrace(PTRACE_ATTACH, pid, 0, 0)));
	printf("again %s\n", error(ptrace(PTRACE_ATTACH, pid, 0, 0)));
	show_wait("attached", pid);
	show_info("attached", pid);
	show_proc(pid);
	printf("waitid %s", error(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG)));
	printf(" pid %d\n", info.si_pid);
	printf("interrupt %s\n", error(ptrace(PTRACE_INTERRUPT, pid, 0, 0)));
	printf("listen %s\n", error(ptrace(PTRACE_LISTEN, pid, 0, 0)));
	printf("cont with a bad signal %s\n", error(ptrace(PTRACE_CONT, pid, 0, 65)));
	printf("cont %s\n", error(ptrace(PTRACE_CONT, pid, 0, 0)));
	printf("cont while it runs %s\n", error(ptrace(PTRACE_CONT, pid, 0, 0)));
	kill(pid, SIGUSR1);
	show_wait("signalled", pid);
	show_info("signalled", pid);
	printf("detach %s\n", error(ptrace(PTRACE_DETACH, pid, 0, 0)));
	usleep(5000);
	show_proc(pid);
	printf("not traced %s\n", error(ptrace(PTRACE_CONT, pid, 0, 0)));
	kill(pid, SIGTERM);
	show_wait("ended", pid);
}

static void seize(void)
{
	pid_t pid = start_sleeper();
	siginfo_t info = { 0 };

	printf("seize with an address %s\n", error(ptrace(PTRACE_SEIZE, pid, 8, 0)));
	printf("seize with bad options %s\n", error(ptrace(PTRACE_SEIZE, pid, 0, 0x10000)));
	printf("seize %s\n", error(ptrace(PTRACE_SEIZE, pid, 0, 0)));
	printf("running %s\n", error(ptrace(PTRACE_GETSIGINFO, pid, 0, &info)));
	printf("interrupt %s\n", error(ptrace(PTRACE_INTERRUPT, pid, 0, 0)));
	printf("waitid %s", error(waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WNOWAIT)));
	printf(" code %d status %x\n", info.si_code, info.si_status);
	show_wait("seized", pid);
	show_info("seized", pid);
	printf("bad options %s\n", error(ptrace(PTRACE_SETOPTIONS, pid, 0, 0x10000)));
	printf("request %s\n", error(ptrace(0x7777, pid, 0, 0)));
	ptrace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGSTOP);
	show_wait("stop", pid);
	ptrace(PTRACE_CONT, pid, 0, SIGSTOP);
	show_wait("group", pid);
	show_info("group", pid);
	printf("listen %s\n", error(ptrace(PTRACE_LISTEN, pid, 0, 0)));
	printf("listening %s\n", error(ptrace(PTRACE_GETSIGINFO, pid, 0, &info)));
	kill(pid, SIGCONT);
	show_wait("continued", pid);
	ptrace(PTRACE_CONT, pid, 0, 0);
	show_wait("continued", pid);
	ptrace(PTRACE_CONT, pid, 0, SIGCONT);
	printf("kill %s\n", error(ptrace(PTRACE_KILL, pid, 0, 0)));
	show_wait("killed", pid);
	printf("gone %s\n", error(ptrace(PTRACE_CONT, pid, 0, 0)));
}

/* A group-stop of one that was not seized. */
static void group_stop(void)
{
	pid_t pid = start_sleeper();

	ptrace(PTRACE_ATTACH, pid, 0, 0);
	wait_for(pid);
	ptrace(PTRACE_CONT, pid, 0, SIGSTOP);
	show_wait("group", pid);
	show_info("group", pid);
	printf("detach %s\n", error(ptrace(PTRACE_DETACH, pid, 0, 0)));
	kill(pid, SIGKILL);
	show_wait("killed", pid);
}

/* ---- a tracer that is no parent, and dies --------------------------------------------------- */

static void foreign(unsigned long options)
{
	pid_t pid = start_sleeper(), tracer = fork();
	int status;

	if (tracer == 0) {
		printf("foreign seize %s\n", error(ptrace(PTRACE_SEIZE, pid, 0, options)));
		printf("foreign interrupt %s\n", error(ptrace(PTRACE_INTERRUPT, pid, 0, 0)));
		show_wait("foreign", pid);
		printf("nothing yet %s\n", error(waitpid(-1, &status, __WALL | WNOHANG)));
		fflush(stdout);
		_exit(0);
	}
	waitpid(tracer, NULL, 0);
	usleep(20000);
	kill(pid, SIGTERM);
	show_wait("orphan", pid);
}

/* Exit and wait of a tracer that is no parent; SIGCHLD. */
static volatile sig_atomic_t children, code, stop_status;

static void on_child(int sig, siginfo_t *info, void *unused)
{
	(void)sig;
	(void)unused;
	children++;
	code = info->si_code;
	stop_status = info->si_status;
}

static void child_signals(void)
{
	struct sigaction sa = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction old;
	pid_t pid = start_sleeper();

	sigaction(SIGCHLD, &sa, &old);
	ptrace(PTRACE_ATTACH, pid, 0, 0);
	wait_for(pid);
	printf("SIGCHLD %d code %d status %d\n", children, code, stop_status);
	kill(pid, SIGKILL);
	wait_for(pid);
	sigaction(SIGCHLD, &old, NULL);
}

/* ---- steps and registers -------------------------------------------------------------------- */

static void steps(void)
{
	pid_t pid = start_calls();
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };
	unsigned long before, after;
	int status, calls = 0, strange = 0;

	printf("regset %s", error(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov)));
	printf(" %zu\n", iov.iov_len);
	for (int i = 0; i < 3000; i++) {
		long word;

		ptrace(PTRACE_GETREGS, pid, 0, &regs);
#ifdef __x86_64__
		before = regs.rip;
#else
		before = (unsigned long)regs.eip;
#endif
		word = ptrace(PTRACE_PEEKTEXT, pid, before, 0);
		ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
		status = wait_for(pid);
		if (!WIFSTOPPED(status))
			break;
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
#ifdef __x86_64__
		after = regs.rip;
#else
		after = (unsigned long)regs.eip;
#endif
		if ((word & 0xffff) == 0x050f || (word & 0xffff) == 0x80cd) {
			calls++;
			strange += after != before + 2;
		}
		if (WSTOPSIG(status) != SIGTRAP)
			show_status("step", status);
	}
	printf("calls stepped over: %s, elsewhere after them: %d\n", calls >= 6 ? "many" : "few", strange);
	if (WIFSTOPPED(status)) {
		ptrace(PTRACE_CONT, pid, 0, 0);
		status = wait_for(pid);
	}
	show_status("stepped", status);
}

static void errors(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	usleep(10000);
	printf("self %s\n", error(ptrace(PTRACE_ATTACH, getpid(), 0, 0)));
	printf("zombie %s\n", error(ptrace(PTRACE_ATTACH, pid, 0, 0)));
	waitpid(pid, NULL, 0);
	printf("gone %s\n", error(ptrace(PTRACE_ATTACH, pid, 0, 0)));
	printf("zero %s\n", error(ptrace(PTRACE_ATTACH, 0, 0, 0)));
	printf("negative %s\n", error(ptrace(PTRACE_CONT, -1, 0, 0)));
	printf("parent %s\n", error(ptrace(PTRACE_CONT, getppid(), 0, 0)));
}

static void run(const char *name, void (*what)(void))
{
	printf("-- %s\n", name);
	fflush(stdout);
	what();
	fflush(stdout);
}

static void exec_traps(void) { trace_exec(0, 0); }
static void exec_event(void) { trace_exec(PTRACE_O_TRACEEXEC, 0); }
static void exec_calls(void) { trace_exec(PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD, 1); }
static void births(void) { trace_births(0); }
static void foreign_kept(void) { foreign(0); }
static void foreign_killed(void) { foreign(PTRACE_O_EXITKILL); }

int main(int argc, char **argv)
{
	self = "/bin/tracers";
	if (argc > 1)
		return 8;
	(void)argv;
	alarm(50);
	run("calls", trace_calls);
	run("changes", change_calls);
	run("exec, trap", exec_traps);
	run("exec, event", exec_event);
	run("exec, calls", exec_calls);
	run("births", births);
	run("attach", attach);
	run("seize", seize);
	run("group-stop", group_stop);
	run("foreign", foreign_kept);
	run("foreign, to be killed", foreign_killed);
	run("SIGCHLD", child_signals);
	run("steps", steps);
	run("errors", errors);
	return 0;
}
