/* SPDX-License-Identifier: MIT */
/*
 * The file that a call is about, found and looked at by us: for calls that are answered from what
 * the owner store knows, and for changes that the tracer makes itself.
 *
 * Objects are opened with O_PATH by their host name, which has no link in it: should one stand
 * there all the same, the guest is exchanging things under the walk, and the open fails (ELOOP). So
 * what is opened lies where the name says: below the rootfs or a bind.
 */
#ifndef PR_SYSCALL_OBJECT_H
#define PR_SYSCALL_OBJECT_H

#include <sys/stat.h>

#include "ident/owner.h"
#include "ident/store.h"

struct call;
struct pathbuf;
struct session;
struct tracee;

enum { OBJECT_LINK_BYTES = 64 };

enum object_way {
	OBJECT_BY_WALK,	  /* session->walk leads to it */
	OBJECT_BY_PARENT, /* session->walk leads to an entry in it, maybe a missing one */
	OBJECT_BY_LINK,	  /* `link` does, of /proc */
	OBJECT_BY_NAME,	  /* `name` does, a host name */
};

struct object {
	enum object_way way;
	int fd;		/* O_PATH on it, or -1: not opened (object_open) */
	struct statx st; /* what the host says of it, HOSTFS_SEEN at least */
	char link[OBJECT_LINK_BYTES];
	const char *name; /* borrowed */
};

/* Which fields the guest asked for, and how fresh: statx(2). */
struct object_look {
	unsigned mask; /* besides HOSTFS_SEEN */
	int flags;     /* AT_STATX_* */
};

enum object_outcome {
	OBJECT_NONE,  /* the call is as the kernel is to have it: it finds the error */
	OBJECT_FOUND, /* looked at; object_done is to be called */
};

/*
 * What path argument i of the call leads to, by the rules of its row; `look` may be NULL. enum
 * object_outcome, or -errno for the guest.
 */
int object_by_path(struct call *c, unsigned i, const struct object_look *look, struct object *ret);
/* What descriptor fd of the guest is open on (AT_FDCWD: its cwd). enum object_outcome. */
int object_by_descriptor(struct call *c, int fd, const struct object_look *look,
			 struct object *ret);
/* The same, opened at once: for changes. Not of a cwd. */
int object_opened(struct call *c, int fd, struct object *ret);
/* What session->walk leads to, or the directory that its last name is an entry of. 0 or -errno. */
int object_walked(struct session *s, struct object *ret);
int object_parent(struct session *s, struct object *ret);
/* What a canonical host name leads to, a magic link of /proc followed. 0 or -errno. */
int object_named(struct session *s, const char *name, struct object *ret);
void object_done(struct object *o);

/* Opens it, if it is not, and looks at what was opened. 0 or -errno. */
int object_open(struct call *c, struct object *o);

/* What the guest is to be told of it. */
void object_owner(struct call *c, struct object *o, struct owner *ret);
/* The host name that tells where it is; NULL: none that we know without asking the kernel. */
const char *object_known_name(const struct session *s, const struct object *o);
/* The host's name for it, as d_path(9) tells it. 0 or -errno. */
int object_host_name(struct call *c, struct object *o, struct pathbuf *ret);
/* Which of the store's two places it is in. */
enum store_place object_place(struct call *c, struct object *o);

/* The last name of session->walk's host name; it may have slashes behind it. */
const char *object_entry(const struct session *s, size_t *ret_len);

/* A descriptor, O_PATH, on what session->walk leads to (its end not followed); -errno. */
int object_open_walked(struct session *s);
/* The same for a host name that an earlier walk has found. */
int object_open_host(struct session *s, const char *host);
/* The same for the directory that session->walk's last
   name is an entry of. */
int object_open_parent(struct session *s);
/* The same for what the guest's descriptor is open on, or its cwd (AT_FDCWD). */
int object_open_descriptor(const struct tracee *t, int fd);

#endif
