/* SPDX-License-Identifier: MIT */
/*
 * Mounts that guests make: entries of their view (path/viewchange.h). mount(2) as a process sees it
 * that has CAP_SYS_ADMIN in a user namespace of its own: fs/namespace.c, with its order of errors.
 */
#ifndef PR_SYSCALL_MOUNTS_H
#define PR_SYSCALL_MOUNTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "path/canon.h"
#include "path/view.h"

struct call;
struct tracee;

/* Has the guest this CAP_*? Never without an identity: the host's own rights are not asked. */
bool mounts_capable(const struct tracee *t, unsigned cap);

/*
 * user_path_at: reads and walks path argument i; session->walk holds where it leads. 0 and the
 * object's stat, or -errno.
 */
int mounts_look_up(struct call *c, unsigned i, enum canon_last last, struct stat *ret);

/* An object that a path led to. */
struct mount_place {
	char *guest; /* its guest name, child of the tracee; NULL: it has none, check_mnt fails */
	bool is_dir;
};

/* The same, in a form that outlives the next walk. 0 or -errno. */
int mounts_find(struct call *c, unsigned i, enum canon_last last, struct mount_place *ret);
void mounts_done(struct mount_place *p);

/* The mount whose root this guest name is, or NULL (path_mounted). */
const struct bind *mounts_at(const struct view *v, const char *guest);

/* What mount(2) was asked for, read from the guest. */
struct mount_request {
	struct call *c;
	struct view *view;	/* the guest's */
	struct mount_place target;
	const char *type, *source; /* NULL: none given */
	char *data;		/* one page at most, with a NUL; may be changed */
	unsigned long flags;	/* MS_* */
	unsigned bind_flags;	/* the same as enum bind_flags, as far as they are the mount's */
};

/* mountnew.c: a file system by its type. 0 or -errno. */
int mountnew_mount(const struct mount_request *q);
/* The file system of an entry that has a label gets other options. 0 or -errno. */
int mountnew_reconfigure(const struct mount_request *q, const struct bind *b);

/* Adds the mount at q->target, on top of what is there (lock_mount, graft_tree). 0 or -errno. */
int mounts_graft(const struct mount_request *q, struct bind *b, const char *with);

#endif
