/* SPDX-License-Identifier: MIT */
/*
 * Discretionary access control: what a thread with these credentials may do to an inode with this
 * owner and mode. The kernel's rules: fs/namei.c, fs/attr.c, fs/xattr.c, and
 * security/commoncap.c where it is asked beside them. Pure.
 *
 * Functions return 0 or the kernel's -errno. Only permissions are looked at: what is missing, of
 * the wrong type, read-only or busy is the caller's, in its place before or behind.
 */
#ifndef PR_IDENT_DAC_H
#define PR_IDENT_DAC_H

#include <stdbool.h>

#include "ident/cred.h"
#include "ident/owner.h"

/* R_OK, W_OK, X_OK of access(2); the low bits of a mode. */
enum dac_mask {
	DAC_EXEC = 1, /* of a directory: search */
	DAC_WRITE = 2,
	DAC_READ = 4,
	DAC_ALTER = DAC_WRITE | DAC_EXEC, /* a directory: to make and remove entries */
};

/* The host's fs.protected_*: they hold for everybody, also in a chroot. */
struct dac_sysctls {
	unsigned symlinks, hardlinks, fifos, regular;
};

struct acl;

/* What permission is asked for. */
struct dac_inode {
	struct owner owner;
	struct acl *acl; /* its access list, or NULL; asked for all but its owner */
};

/* inode_permission: -EACCES. */
int dac_permission(const struct cred *c, const struct dac_inode *i, unsigned mask);

/*
 * Is DAC no question for such a thread? Then all it may be refused is the exec of a file without
 * any x, and what the sysctls say.
 */
bool dac_is_above(const struct cred *c);

/*
 * access(2) asks for the real ids, and then without the capabilities of a user who is not root
 * (access_override_creds). Borrows the groups of `c`.
 */
struct cred dac_access_cred(const struct cred *c);

/* inode_owner_or_capable. */
bool dac_owns(const struct cred *c, const struct owner *o);

/*
 * chown_common, setattr_prepare: the owner it is to have in *ret, -1 being as it was, the mode
 * without what a change of owner clears. -EPERM. Where it succeeds and `o` is no directory,
 * security.capability goes, too (ATTR_KILL_PRIV).
 */
int dac_may_chown(const struct cred *c, const struct owner *o, uint32_t uid, uint32_t gid,
		  struct owner *ret);
/* chmod_common: the same for new permission bits, S_ISGID cleared as the kernel would. -EPERM. */
int dac_may_chmod(const struct cred *c, const struct owner *o, uint32_t mode, struct owner *ret);

/* file_remove_privs: the set-id bits that a write by such a thread takes away. */
uint32_t dac_killed_by_write(const struct cred *c, const struct owner *o);

enum dac_times {
	DAC_TIMES_NOW,	 /* both of them, or NULL: also for who may write. -EACCES */
	DAC_TIMES_GIVEN, /* -EPERM */
};

int dac_may_set_times(const struct cred *c, const struct dac_inode *i, enum dac_times which);

/* may_delete: `victim` goes from `dir`, or is replaced. -EACCES; -EPERM in a sticky directory. */
int dac_may_delete(const struct cred *c, const struct dac_inode *dir, const struct owner *victim);

/* may_linkat: -EPERM. */
int dac_may_link(const struct cred *c, const struct dac_inode *i, const struct dac_sysctls *sys);

/* may_follow_link: a link in `dir` that is not just read. -EACCES. */
int dac_may_follow(const struct cred *c, const struct owner *dir, const struct owner *link,
		   const struct dac_sysctls *sys);

/* may_create_in_sticky: O_CREAT met `o`, which exists, in `dir`. -EACCES. */
int dac_may_reuse(const struct cred *c, const struct owner *dir, const struct owner *o,
		  const struct dac_sysctls *sys);

/* may_open's last question: an existing object with these flags of open(2). -EACCES, -EPERM. */
int dac_may_open(const struct cred *c, const struct dac_inode *i, int flags);

/*
 * xattr_permission and what commoncap and the ACL code ask behind it; `mask` is DAC_READ or
 * DAC_WRITE (set and remove). -EACCES, -EPERM, -ENODATA.
 */
int dac_may_xattr(const struct cred *c, const struct dac_inode *i, const char *name, unsigned mask);

#endif
