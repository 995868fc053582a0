/* SPDX-License-Identifier: MIT */
/*
 * Host names longer than the kernel takes: PATH_MAX counts the guest's bytes, so a legal guest name
 * may have one. The kernel is given a link of ours to the front part, and the rest behind it.
 */
#ifndef PR_SYSCALL_SHORTNAME_H
#define PR_SYSCALL_SHORTNAME_H

#include "base/pathbuf.h"

struct call;
struct session;

/*
 * Makes `host` shorter than PATH_MAX; it names the same until the call ends, whose exit stop is
 * asked for. 0, or -ENAMETOOLONG, or -ENOMEM.
 */
int shortname_make(struct call *c, struct pathbuf *host);

/* The same until `ctx` is freed. One that is short enough stays. */
int shortname_of(void *ctx, struct session *s, struct pathbuf *host);

/* What a name made so stands for, in `buf`; any other as it is. */
const char *shortname_meant(const struct session *s, const char *host, struct pathbuf *buf);

#endif
