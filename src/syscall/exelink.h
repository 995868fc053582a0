/* SPDX-License-Identifier: MIT */
/*
 * /proc/<pid>/exe of programs that run through our loader, to which the kernel's own link leads.
 * While the program's name leads to its file the walk goes on there. Where it no longer does (the
 * file is deleted, renamed, replaced) the file that running.h keeps is led to: by the tracer's
 * descriptor, which the kernel follows for any process of the same user. In a sandbox it does not:
 * there the kernel is given the name that the file has now, or a copy of a deleted one.
 */
#ifndef PR_SYSCALL_EXELINK_H
#define PR_SYSCALL_EXELINK_H

#include <stdbool.h>

struct exe;
struct pathbuf;
struct session;

/* Does the name by which it was run still lead to its file? */
bool exelink_is_there(const struct exe *exe);

/* What the link says, not as it is told to the walker. 0 or -errno. Uses session->text, ->above. */
int exelink_name(struct session *s, const struct exe *exe, struct pathbuf *ret);

/*
 * The walk ended with a link that the kernel is to follow: where that is such a one of a file kept,
 * its host name becomes one that leads there, for us and where it may for the guests, and
 * session->led_to is set. 0 or -errno.
 */
int exelink_lead(struct session *s);
/* The same name, which led_to goes with, for the guest's kernel. 0 or -errno. */
int exelink_stage(struct session *s);

#endif
