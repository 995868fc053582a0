/* SPDX-License-Identifier: MIT */
/* Whose uid a siginfo tells: sigaction(2), in sessions with an identity. */
#ifndef PR_SYSCALL_SIGINFO_H
#define PR_SYSCALL_SIGINFO_H

#include <signal.h>
#include <stdbool.h>

struct tracee;

/* A signal about to be delivered to t: true if *info was changed to what the guest is to see. */
bool siginfo_tell(struct tracee *t, siginfo_t *info);

#endif
