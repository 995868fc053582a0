/* SPDX-License-Identifier: MIT */
/*
 * A failure of ours, told to the person at the terminal: what, which path, why, what to do.
 * Never an errno for the guest (those are plain -errno returns).
 */
#ifndef PR_BASE_FAIL_H
#define PR_BASE_FAIL_H

struct fail {
	char text[1024]; /* one line, no newline; empty = no failure */
};

/* Formats the message, cuts what does not fit, and returns -1 for `return fail_set(...)`. */
int fail_set(struct fail *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As fail_set, with ": strerror(err)" behind it; returns -err. */
int fail_errno(struct fail *f, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
