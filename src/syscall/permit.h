/* SPDX-License-Identifier: MIT */
/*
 * Permissions in sessions with an identity (-0, -i, --user): ident/dac.h is asked in the places of
 * the kernel's checks, and the host's modes are made to follow where they stand in the way of what
 * the guest may do (store_widen). The kernel judges by the host's ids, and finds none of this.
 *
 * For who is above DAC, the guest's root, only the second is left, and costs no system call but
 * where the walk has not looked at what is asked about. Objects that are not the host user's own,
 * and those in a :ro bind, stay as they are: there the host's refusal stands.
 *
 * Masks are enum dac_mask. None of this is to be called in sessions without an identity, but for
 * permit_walk and permit_judges.
 */
#ifndef PR_SYSCALL_PERMIT_H
#define PR_SYSCALL_PERMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pathbuf.h"

struct call;
struct cred;
struct dac_inode;
struct object;
struct owner;
struct procname;
struct session;
struct sys_arg;

/* ---- the walk ------------------------------------------------------------------------------- */

/* Is the walker one whose every step is judged here? Not without an identity, nor above DAC. */
bool permit_judges(const struct session *s);
/* A walk begins: nothing that an earlier one has seen holds any more. */
void permit_begin(struct session *s);
/* fs_ops' may_search, of a directory's host name. */
int permit_search(struct session *s, struct hpath dir);
/*
 * may_follow_link: a link that ends the walk's path, of which alone the kernel asks
 * (fs.protected_symlinks). -EACCES.
 */
int permit_follow(struct session *s, struct hpath link);
/*
 * The host does not let us look at p. Where the directory that holds it was all that stood in the
 * way, it is no more: true.
 */
bool permit_clear_way(struct session *s, struct hpath p);

/* ---- one object ----------------------------------------------------------------------------- */

/* Who is asked about: the walker, or for access(2) the walker by his real ids. */
const struct cred *permit_asker(const struct session *s);
/* The owner, and the access list where one is asked for; permit_told is to be called. */
void permit_tell(struct session *s, struct object *o, struct dac_inode *ret);
void permit_told(struct dac_inode *told);

/* May he? 0 or -EACCES. */
int permit_ask(struct session *s, struct object *o, unsigned mask);
/* Will the host let us, or can it be made to? It is, then. */
bool permit_open_up(struct session *s, struct object *o, unsigned mask);
/* Both. */
int permit_judge(struct session *s, struct object *o, unsigned mask);

/* permit_judge of what session->walk has led to, and of the directory that holds it. */
int permit_walked(struct session *s, unsigned mask);
int permit_parent(struct session *s, unsigned mask);
/*
 * May the entry of this canonical host name be removed or replaced? -EACCES, -EPERM. Where it is
 * missing: may it be made, or, with `absent`, removed as this one's (a mount point that the host
 * lacks)? And then the directory that holds it is opened up.
 */
int permit_ask_delete(struct session *s, const char *entry, const struct owner *absent);
void permit_open_parent(struct session *s, const char *entry);
/* do_linkat: a new name `to`, of what is at `from`; both canonical host names. -EPERM, -EACCES. */
int permit_link(struct session *s, const char *from, const char *to);
/* permit_open_up of a canonical host name. */
void permit_open_up_named(struct session *s, const char *host, unsigned mask);
/* permit_ask of a canonical host name; true where nothing is there: the kernel sees to that. */
bool permit_would(struct session *s, const char *host, unsigned mask);

/* ---- /proc (permitproc.c) ------------------------------------------------------------------- */

/* May the walker look into this process, as following its links takes? -EACCES. */
int permit_inspect(struct session *s, const struct procname *name);
/* May he open this file or directory, if it is one that takes as much? -EACCES. */
int permit_open_proc(struct session *s, const char *host);
/*
 * What becomes of `r`, by which the mode of this host name (NULL: not known) lets or refuses: there
 * are directories with rules of their own. 0 or -errno.
 */
int permit_in_proc(struct session *s, const char *host, int r);

/* ---- a call's path (permitcall.c) ----------------------------------------------------------- */

/*
 * Behind the walk of path argument `a`, not one that ended in CANON_ERROR, and behind what
 * bindrules.h finds: 0, or the kernel's -EACCES or -EPERM.
 */
int permit_check(struct call *c, const struct sys_arg *a);
/* The same for an open with these flags (openat2 has them in memory). */
int permit_check_open(struct session *s, uint64_t flags);
/* The same for argument `a` that means descriptor fd itself. */
int permit_check_descriptor(struct call *c, const struct sys_arg *a, int fd);

#endif
