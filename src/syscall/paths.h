/* SPDX-License-Identifier: MIT */
/*
 * Path arguments: read from the guest, walked in its view, staged for the kernel. Entry stop only.
 * The walk's results stay in session->walk until the next walk.
 */
#ifndef PR_SYSCALL_PATHS_H
#define PR_SYSCALL_PATHS_H

#include <stdbool.h>

#include "path/canon.h"

struct call;
struct session;
struct tracee;

enum path_outcome {
	PATH_LEFT,   /* the argument is right as it is, or the kernel shall find the error in it */
	PATH_WALKED, /* session->walk holds where it leads */
	PATH_EMPTY,  /* path_find: the descriptor itself (AT_EMPTY_PATH) */
};

/*
 * Reads and walks path argument i, whose directory is dirfd (AT_FDCWD for calls without). Returns
 * enum path_outcome or -errno for the guest. Nothing is staged yet.
 */
int path_walk_arg(struct call *c, unsigned i, int dirfd, enum canon_last last);

/*
 * As path_walk_arg, but even where a short cut would do: the names are needed. Used by calls that
 * look at two paths.
 */
int path_walk_arg_fully(struct call *c, unsigned i, int dirfd, enum canon_last last);

/* Stages the walk's host name as argument i, unless the guest's own string means the same. */
int path_stage(struct call *c, unsigned i);

/* All of it for argument i, by the rules of the call's row. 0 or -errno. */
int path_translate(struct call *c, unsigned i);

/*
 * The same for who serves the call himself: enum path_outcome, or -errno. PATH_WALKED: the walk
 * leads to an object (whose host name may be of any length) and nothing is staged; else the call is
 * as the kernel is to have it, to find the error.
 */
int path_find(struct call *c, unsigned i);
/* PATH_WALKED also where the entry is missing (CANON_MISSING): for calls that make it. */
int path_find_entry(struct call *c, unsigned i);
/* The kernel is to have the call after all: what path_translate does once it has walked. */
int path_leave(struct call *c, unsigned i);

/* Walks a guest name of ours (exec's interpreters) from the guest's cwd. 0 or -errno. */
int path_walk_name(struct tracee *t, const char *name, int dirfd, enum canon_last last);

/*
 * Does argument i mean its descriptor itself, or the cwd: NULL (utimensat), or "" with
 * AT_EMPTY_PATH? Then path_base_link tells the host's name of it.
 */
bool path_means_descriptor(const struct call *c, unsigned i);
enum { PATH_BASE_BYTES = 64 };
void path_base_link(const struct tracee *t, int dirfd, char ret[PATH_BASE_BYTES]);

/*
 * The entry that the guest's cwd lies in, or lay in when it was removed: the one that it was
 * entered by. NULL: none.
 */
const struct bind *path_cwd_bind(struct tracee *t);

/*
 * The directory that dirfd means, for a relative path; -errno where it is none. Its names lie in
 * the session's base_guest and base_host, until the next question.
 */
int path_base(struct tracee *t, int dirfd, struct canon_base *ret);

#endif
