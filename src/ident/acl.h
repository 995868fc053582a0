/* SPDX-License-Identifier: MIT */
/*
 * POSIX access control lists, acl(5), as fs/posix_acl.c of the kernel reads, checks, inherits and
 * changes them. Pure. The store keeps them in the form of their xattrs: system.posix_acl_access
 * and system.posix_acl_default.
 */
#ifndef PR_IDENT_ACL_H
#define PR_IDENT_ACL_H

#include <stddef.h>
#include <stdint.h>

struct cred;
struct owner;

#define ACL_ACCESS_XATTR  "system.posix_acl_access"
#define ACL_DEFAULT_XATTR "system.posix_acl_default"

enum acl_tag {
	ACL_TAG_USER_OBJ = 0x01,
	ACL_TAG_USER = 0x02,
	ACL_TAG_GROUP_OBJ = 0x04,
	ACL_TAG_GROUP = 0x08,
	ACL_TAG_MASK = 0x10,
	ACL_TAG_OTHER = 0x20,
};

/* What of access(2) is wanted; also the bits of an entry. */
enum acl_perm { ACL_MAY_EXEC = 1, ACL_MAY_WRITE = 2, ACL_MAY_READ = 4 };

struct acl_entry {
	uint16_t tag;  /* enum acl_tag */
	uint16_t perm;
	uint32_t id;   /* of ACL_TAG_USER and ACL_TAG_GROUP */
};

struct acl {
	size_t count;
	struct acl_entry entries[];
};

/*
 * The value of an xattr. 0 and *ret, a child of ctx, NULL where there are no entries (setting that
 * removes the list); -EINVAL, -EOPNOTSUPP (another version), -ENOMEM.
 */
int acl_parse(void *ctx, const void *value, size_t size, struct acl **ret);
/* posix_acl_valid: are the entries those of a list, in their order? 0 or -EINVAL. */
int acl_check(const struct acl *a);
/* Bytes that acl_print writes. */
size_t acl_size(const struct acl *a);
void acl_print(const struct acl *a, void *ret);

/*
 * Is `want` (enum acl_perm) granted? 0 or -EACCES. As generic_permission asks: only for who is not
 * the owner, and only where the mode has any bit of the group's; else the mode alone decides.
 */
int acl_permission(const struct acl *a, const struct cred *c, const struct owner *o,
		   unsigned want);

/*
 * posix_acl_equiv_mode: puts the list's permissions into *mode. 0: the mode says all that the list
 * does, which then need not be kept; 1: it does not.
 */
int acl_equiv_mode(const struct acl *a, uint32_t *mode);
/* posix_acl_chmod: the list follows a changed mode. */
void acl_chmod(struct acl *a, uint32_t mode);
/*
 * posix_acl_create: what a new object gets in a directory with the default list `dflt`; no umask
 * is applied there. *mode, as asked for with its type, loses what the list does not grant; *ret,
 * a child of ctx, is the access list, NULL where the mode says it all. A new directory gets `dflt`
 * itself as its default list. Links get nothing: do not ask. 0 or -ENOMEM, -EIO.
 */
int acl_create(void *ctx, const struct acl *dflt, uint32_t *mode, struct acl **ret);

#endif
