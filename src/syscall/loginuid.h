/* SPDX-License-Identifier: MIT */
/*
 * /proc/<pid>/loginuid, which PAM writes once per login (pam_loginuid(8)): proc_pid_loginuid(5). A
 * guest writes into a file of ours in its place, whose text is its loginuid from then on (what is
 * no number is not refused at the write). The host's own is never shown.
 */
#ifndef PR_SYSCALL_LOGINUID_H
#define PR_SYSCALL_LOGINUID_H

#include <stdint.h>

struct call;
struct process;

/* UINT32_MAX: not set, as that of a process outside (NULL) is. */
uint32_t loginuid_of(const struct process *p);
uint32_t loginuid_session_of(const struct process *p);

/*
 * The entry stop of an open for writing of p's (NULL: a process outside), the walk done: what the
 * walk leads to becomes the file to be opened. 0 or -errno.
 */
int loginuid_open(struct call *c, const struct process *p);

#endif
