/* SPDX-License-Identifier: MIT */
/*
 * The file system as the walk sees it on behalf of a guest: the host's, with those links of /proc
 * that speak of the reader or of host names told in guest terms.
 */
#ifndef PR_SYSCALL_GUESTFS_H
#define PR_SYSCALL_GUESTFS_H

#include <stddef.h>
#include <stdbool.h>

#include "path/fsops.h"

struct exe;
struct session;

/* fs_ops whose ctx is the session; /proc/self is session->walker. */
extern const struct fs_ops guestfs_ops;
/* The same for a walker whose every step is judged: syscall/permit.h. */
extern const struct fs_ops guestfs_judged_ops;

/* Is this host name inside procfs? */
bool guestfs_is_proc(struct hpath p);
/* And does it mean something there, not behind one of the links that lead out? */
bool guestfs_is_in_proc(struct hpath p);

/*
 * A bind of /proc/self/x keeps that name for the kernel, which reads it as the guest's own. Where
 * we look ourselves it is the walker's. The result lives until the next call.
 */
struct hpath guestfs_as_walker(struct session *s, struct hpath p);

/*
 * --sandbox: a name of one of our own processes in /proc, or of what a process that is no guest has
 * open, for which the guest is to be told that nothing is there; the walk has found it missing, and
 * the kernel must not find it all the same.
 */
bool guestfs_is_hidden(struct session *s, struct hpath p);

/*
 * The entry that a directory without a guest name lies in all the same, or NULL: one that was
 * removed (*ret_removed, or NULL), or too deep to be named. What is done to it, or to a name in it,
 * meets that mount. Uses session->text and ->shown.
 */
const struct bind *guestfs_holding(struct session *s, struct hpath dir, bool *ret_removed);

/*
 * A guest name as the walker is told it: from its own root, or from the first where it does not lie
 * below that (d_path of the kernel). In `guest` or session->told.
 */
const char *guestfs_told(struct session *s, const char *guest);

/*
 * What readlink(2) of a procfs link shows the guest: "/x (deleted)", "pipe:[1]" and so on. Length
 * or -errno.
 */
int guestfs_proc_text(struct session *s, struct hpath p, char *buf, size_t size);

/* The same as a guest name, not as it is told to the walker. NUL-terminated; not for `self`. */
int guestfs_proc_name(struct session *s, struct hpath p, struct pathbuf *ret);

/*
 * The program of a link /proc/<pid>/exe where the kernel's own leads elsewhere, to our loader or a
 * copy; NULL: not such a link.
 */
const struct exe *guestfs_exe(struct session *s, struct hpath p);

/*
 * The guest name of what d_path calls so on the host, not as it is told to the walker; a text that
 * is no name stays. 0 or -errno. As guestfs_show.
 */
int guestfs_find_name(struct session *s, const char *host, const char *hint, struct pathbuf *ret);

/*
 * A host name as d_path shows it (maybe " (deleted)") -> what the walker is shown. 0 or -errno.
 * `hint`: a guest name that may lead there, or NULL. Uses session->above.
 */
int guestfs_show(struct session *s, const char *host, const char *hint, struct pathbuf *ret);

#endif
