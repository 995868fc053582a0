/* SPDX-License-Identifier: MIT */
/* What a wait status means. Raw statuses end here: nobody else looks at one. ptrace(2). */
#ifndef PR_ENGINE_PTRACE_STOP_H
#define PR_ENGINE_PTRACE_STOP_H

enum stop {
	STOP_EXITED,	/* value: exit status */
	STOP_KILLED,	/* value: signal number */
	STOP_SYSCALL,	/* entry or exit of a call, or seccomp: PTRACE_GET_SYSCALL_INFO tells */
	STOP_BIRTH,	/* fork, vfork or clone succeeded; value: the event */
	STOP_EXEC,
	STOP_EVENT, /* of those that only guest tracers want; value: which */
	STOP_GROUP,	/* value: the stopping signal */
	STOP_TRAP,	/* first stop of a new thread, or the end of a group-stop */
	STOP_SIGNAL,	/* value: signal about to be delivered */
};

enum stop stop_decode(int status, int *ret_value);

#endif
