/* SPDX-License-Identifier: MIT */
/*
 * New files in sessions with an identity: whose they are. An object that the host's own word would
 * tell wrong of (another owner than files have that nobody recorded, set-id bits, S_ISVTX, devices,
 * inherited access control lists) is made by us, and recorded before anybody is told of it; all
 * others are the kernel's to make, as without an identity.
 *
 * Made and recorded are two steps. In between the object is 0600 or 0700 and, without a record,
 * root's; guests see nothing of that, since no other call is served meanwhile. Who dies there (kill
 * -9 of the tracer takes the guests with it) leaves it so. Another way, a name elsewhere and a
 * rename, would need a place on the same file system and be no better for directories' times.
 */
#ifndef PR_SYSCALL_CREATE_H
#define PR_SYSCALL_CREATE_H

#include <stdbool.h>
#include <stdint.h>

#include "ident/owner.h"
#include "ident/store.h"

struct acl;
struct call;

/* What the call asks for. */
struct creation {
	uint32_t mode; /* st_mode, the type with it */
	uint32_t rdev_major, rdev_minor;
	const char *text; /* of a link */
	bool opened; /* by the same call: without a number for the descriptor nothing is made */
};

/* What is to be remembered of a new object. */
struct birth {
	struct owner owner;
	enum store_place place;
	struct acl *access, *dflt; /* or NULL; children of the tracee's scratch below */
	void *scratch; /* to be freed; NULL: nothing is */
};

enum birth_outcome {
	BIRTH_PLAIN, /* nothing: the kernel's own object will do */
	BIRTH_RECORDED,
};

/*
 * session->walk has found no entry (CANON_MISSING) of that name in a directory that may be written
 * to; with `within` it found the directory itself (O_TMPFILE). enum birth_outcome or -errno.
 */
enum create_where { CREATE_ENTRY, CREATE_WITHIN };
int create_plan(struct call *c, const struct creation *what, enum create_where where,
		struct birth *ret);
/* Is it an entry that could be made at all? Of all else the kernel knows what is wrong. */
bool create_is_possible(const struct call *c, const struct creation *what);
/* Records it of an object that exists. 0 or -errno. */
int create_record(struct call *c, const struct birth *b, int fd);
void create_done(struct birth *b);

/*
 * Both, and the making in between. 1: made; 0: the kernel is to make it, or finds that something
 * stands there by now; -errno. ret_ino: which object it is; may be NULL.
 */
int create_entry(struct call *c, const struct creation *what, uint64_t *ret_ino);

#endif
