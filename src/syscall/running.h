/* SPDX-License-Identifier: MIT */
/*
 * Programs that run through our loader. The kernel refuses to write to a program only while it
 * runs it itself (ETXTBSY); for these, which it does not know as programs, it is done here. As on
 * kernels since 5.15, it does not hold for interpreters and libraries.
 *
 * Their files are kept open meanwhile, as the kernel keeps its own: exelink.h leads there. Not more
 * than RUNNING_KEPT at a time: of those that come then the name must do.
 */
#ifndef PR_SYSCALL_RUNNING_H
#define PR_SYSCALL_RUNNING_H

#include <stdint.h>

struct call;
struct exe;
struct exec_file;
struct pathbuf;
struct session;
struct sys_arg;

enum { RUNNING_KEPT = 64 };

/* A descriptor of the program's for running_begin; -1: it is kept already, or cannot be. */
int running_keep(struct session *s, const struct exec_file *f);
/* The exec failed, or running_begin did not want it. */
void running_drop(struct session *s, int *fd);
/*
 * The program is what some mm runs now; until the last such exe of its file is freed. Takes *fd,
 * where it wants it. 0 or -ENOMEM.
 */
int running_begin(struct session *s, struct exe *exe, int *fd);

/* The descriptor of the file kept, also where it was run by another of its names; -1: none is. */
int running_file(const struct exe *exe);
/*
 * What d_path(9) says of the file kept now. 0 or -errno: -ENOENT where none is kept, or one that
 * was run by another of its names.
 */
int running_name(const struct exe *exe, struct pathbuf *ret);
/*
 * Lets the kernel of any process of the same user follow the tracer's descriptors in /proc, while
 * the program runs.
 */
void running_show(const struct exe *exe);
/* A copy of the file kept, of the session's, while the program runs: its host name. 0 or -errno. */
int running_copy(const struct exe *exe, const char **ret);
/* Of what descriptor of ours is that, by a link of /proc, the copy? -1: of none. */
int running_original(const struct session *s, const char *link);

/* May the call write to the file that was walked to? 0, or -ETXTBSY where only this forbids it. */
int running_check(struct call *c, const struct sys_arg *a);
int running_check_open(struct session *s, uint64_t flags);

#endif
