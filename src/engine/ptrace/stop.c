/* SPDX-License-Identifier: MIT */
/* Names the stop behind a wait status, for threads seized with PTRACE_O_TRACESYSGOOD. */
#include "engine/ptrace/stop.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static enum stop decode_event(int event, int sig)
{
	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		return STOP_SYSCALL;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		return STOP_BIRTH;
	case PTRACE_EVENT_EXEC:
		return STOP_EXEC;
	case PTRACE_EVENT_STOP:
		return sig == SIGTRAP ? STOP_TRAP : STOP_GROUP;
	default:
		return STOP_EVENT;
	}
}

enum stop stop_decode(int status, int *ret_value)
{
	int sig = WSTOPSIG(status);

	if (WIFEXITED(status)) {
		*ret_value = WEXITSTATUS(status);
		return STOP_EXITED;
	}
	if (WIFSIGNALED(status)) {
		*ret_value = WTERMSIG(status);
		return STOP_KILLED;
	}
	*ret_value = sig;
	if (status >> 16) {
		if (status >> 16 != PTRACE_EVENT_STOP)
			*ret_value = status >> 16;
		return decode_event(status >> 16, sig);
	}
	return sig == (SIGTRAP | 0x80) ? STOP_SYSCALL : STOP_SIGNAL;
}
