/* SPDX-License-Identifier: MIT */
/*
 * What the process that the caller started does under every engine: it keeps the caller's process
 * group, passes on what was sent to it alone, stops when the main command stops, and ends with its
 * status.
 */
#ifndef PR_ENGINE_FRONT_H
#define PR_ENGINE_FRONT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { FRONT_KEEPS = 8 };

/*
 * With every signal blocked: leaves stops to the main command, closes what is the guest's now but
 * stderr, the lock on the tree and those to keep (FRONT_KEEPS at most; -1: none), and cannot be
 * looked into any more.
 */
void front_settle(const int *keep, size_t count);
/* What sigwaitinfo(2) is to wait for: what is passed on, and SIGCHLD. */
void front_signals(sigset_t *ret);
/* One of them that reached us alone: by kill(2), or as the terminal's leader its end? */
bool front_was_sent(const siginfo_t *info);
/* Passes on to the main command what was sent; SIGCONT where it is stopped. */
void front_pass_on(pid_t main_pid, const siginfo_t *info);
/* Is it stopped, by a signal or by a tracer? */
bool front_is_stopped(pid_t pid);
/* Stops this process; whoever continues it continues the main command. */
void front_stop_with(pid_t main_pid);
/* The exit status that tells of this wait status. */
int front_status(int wait_status);

#endif
