/* SPDX-License-Identifier: MIT */
/*
 * Who uses a mount: guests that stand in it, run a program of it, or have something in it open.
 * What is only mapped is not found.
 */
#ifndef PR_SYSCALL_INUSE_H
#define PR_SYSCALL_INUSE_H

#include <stdbool.h>

struct session;
struct view;

/* Does a guest with this view use the mount at this guest name, or what is below? */
bool inuse_mount(struct session *s, const struct view *v, const char *guest);

/* Does any guest use something at or below this host name? */
bool inuse_by_name(struct session *s, const char *host);

#endif
