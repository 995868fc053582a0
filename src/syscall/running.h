/* SPDX-License-Identifier: MIT */
/*
 * Programs that run through our loader. The kernel refuses to write to a program only while it
 * runs it itself (ETXTBSY); for these, which it does not know as programs, it is done here. As on
 * kernels since 5.15, it does not hold for interpreters and libraries.
 */
#ifndef PR_SYSCALL_RUNNING_H
#define PR_SYSCALL_RUNNING_H

#include <stdint.h>

struct call;
struct exe;
struct session;
struct sys_arg;

/*
 * The program is what some mm runs now; until the last such exe of its file is freed. 0 or -ENOMEM.
 */
int running_begin(struct session *s, struct exe *exe);

/* May the call write to the file that was walked to? 0, or -ETXTBSY where only this forbids it. */
int running_check(struct call *c, const struct sys_arg *a);
int running_check_open(struct session *s, uint64_t flags);

#endif
