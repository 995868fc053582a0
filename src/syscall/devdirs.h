/* SPDX-License-Identifier: MIT */
/*
 * Directories that hold devices which are only remembered: on the host these are plain files, and
 * a listing would say so (d_type). A directory that has got one carries a mark; listings of all
 * others are the kernel's alone.
 */
#ifndef PR_SYSCALL_DEVDIRS_H
#define PR_SYSCALL_DEVDIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "syscall/dirents.h"

struct call;
struct session;

/* A remembered device has got a name in the directory that is open at `dir` (O_PATH will do). */
void devdirs_note(struct session *s, int dir);
/* The same for the directory that holds this host name. */
void devdirs_note_entry(struct session *s, const char *host);

/* Is what session->walk has led to such a device? No system call where it has no record. */
bool devdirs_is_device(struct call *c);

/* Does the directory that the guest's descriptor is open on carry the mark? */
bool devdirs_has(struct call *c, int fd);
/* The types of its entries in buf become those that the guest is told by stat(2). */
void devdirs_retype(struct call *c, int fd, enum dirents_form form, char *buf, size_t used);

#endif
