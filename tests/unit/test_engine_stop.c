// SPDX-License-Identifier: MIT
/* Wait statuses and the stops they name, as ptrace(2) lists them for seized threads. */
#include "unit.h"

#include <signal.h>
#include <sys/ptrace.h>

#include "engine/ptrace/stop.h"

#define STOPPED(sig)	  ((sig) << 8 | 0x7f)
#define EVENT(event, sig) ((event) << 16 | STOPPED(sig))

static const struct {
	int status;
	enum stop stop;
	int value;
} rows[] = {
	{ 0, STOP_EXITED, 0 },
	{ 7 << 8, STOP_EXITED, 7 },
	{ 255 << 8, STOP_EXITED, 255 },
	{ SIGKILL, STOP_KILLED, SIGKILL },
	{ SIGSEGV | 0x80, STOP_KILLED, SIGSEGV }, /* with a core */
	{ STOPPED(SIGTRAP | 0x80), STOP_SYSCALL, SIGTRAP | 0x80 },
	{ STOPPED(SIGTRAP), STOP_SIGNAL, SIGTRAP }, /* the guest's own breakpoint */
	{ STOPPED(SIGSTOP), STOP_SIGNAL, SIGSTOP },
	{ STOPPED(SIGUSR1), STOP_SIGNAL, SIGUSR1 },
	{ STOPPED(64), STOP_SIGNAL, 64 },
	{ EVENT(PTRACE_EVENT_SECCOMP, SIGTRAP), STOP_SYSCALL, PTRACE_EVENT_SECCOMP },
	{ EVENT(PTRACE_EVENT_FORK, SIGTRAP), STOP_BIRTH, PTRACE_EVENT_FORK },
	{ EVENT(PTRACE_EVENT_VFORK, SIGTRAP), STOP_BIRTH, PTRACE_EVENT_VFORK },
	{ EVENT(PTRACE_EVENT_CLONE, SIGTRAP), STOP_BIRTH, PTRACE_EVENT_CLONE },
	{ EVENT(PTRACE_EVENT_EXEC, SIGTRAP), STOP_EXEC, PTRACE_EVENT_EXEC },
	{ EVENT(PTRACE_EVENT_STOP, SIGTRAP), STOP_TRAP, SIGTRAP },
	{ EVENT(PTRACE_EVENT_STOP, SIGSTOP), STOP_GROUP, SIGSTOP },
	{ EVENT(PTRACE_EVENT_STOP, SIGTSTP), STOP_GROUP, SIGTSTP },
	{ EVENT(PTRACE_EVENT_STOP, SIGTTIN), STOP_GROUP, SIGTTIN },
	{ EVENT(PTRACE_EVENT_STOP, SIGTTOU), STOP_GROUP, SIGTTOU },
};

START_TEST(names_the_stop)
{
	int value = -1;

	ck_assert_int_eq(stop_decode(rows[_i].status, &value), rows[_i].stop);
	ck_assert_int_eq(value, rows[_i].value);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("stop");

	unit_add_rows(s, "names_the_stop", names_the_stop, ROWS(rows));
	return s;
}

UNIT_MAIN(suite)
