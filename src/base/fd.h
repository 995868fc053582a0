/* SPDX-License-Identifier: MIT */
/* File descriptors: closing what must not stay open, and cleanup on leaving a scope. */
#ifndef PR_BASE_FD_H
#define PR_BASE_FD_H

#include <stddef.h>

/*
 * Closes every descriptor from `first` up but those in keep[] (any order; negative ones ignored).
 */
void fd_close_others(int first, const int *keep, size_t count);

/* For __attribute__((cleanup(fd_cleanup))): closes *fd if it is one. */
void fd_cleanup(int *fd);

/* Writes all of it. 0 or -errno. */
int fd_write(int fd, const void *bytes, size_t size);

/* Copies all of `from`, from its begin, to `to`. 0 or -errno. */
int fd_copy(int from, int to);

/* Gives *fd away: returns it, and the cleanup finds -1. */
int fd_take(int *fd);

#endif
