/* SPDX-License-Identifier: MIT */
/*
 * The kernel's questions, each under its own name. One id space: what the kernel asks of mapped ids
 * is always true here.
 */
#include "ident/dac.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <linux/xattr.h>
#include <string.h>
#include <sys/stat.h>

#include "ident/acl.h"

#define IS(prefix, name) (strncmp(name, prefix, sizeof(prefix) - 1) == 0)

/* acl_permission_check: one class is asked, or the list in place of all but the owner's. */
static bool mode_allows(const struct cred *c, const struct dac_inode *i, unsigned mask)
{
	const struct owner *o = &i->owner;
	unsigned mode = o->mode;

	if (c->fsuid != o->uid && i->acl && (mode & S_IRWXG))
		return acl_permission(i->acl, c, o, mask & 7) == 0;
	if (c->fsuid == o->uid)
		mode >>= 6;
	else if (cred_in_group(c, o->gid))
		mode >>= 3;
	return !(mask & ~mode & 7);
}

/* generic_permission, behind the mode. */
static bool capability_allows(const struct cred *c, const struct owner *o, unsigned mask)
{
	bool reads;

	if (S_ISDIR(o->mode)) {
		reads = !(mask & DAC_WRITE);
	} else {
		reads = mask == DAC_READ;
		if ((mask & DAC_EXEC) && !(o->mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
			return false;
	}
	return (reads && cred_capable(c, CAP_DAC_READ_SEARCH)) || cred_capable(c, CAP_DAC_OVERRIDE);
}

int dac_permission(const struct cred *c, const struct dac_inode *i, unsigned mask)
{
	return mode_allows(c, i, mask) || capability_allows(c, &i->owner, mask) ? 0 : -EACCES;
}

bool dac_is_above(const struct cred *c)
{
	return cred_capable(c, CAP_DAC_OVERRIDE) && cred_capable(c, CAP_FOWNER);
}

struct cred dac_access_cred(const struct cred *c)
{
	struct cred own = *c;

	own.fsuid = c->uid;
	own.fsgid = c->gid;
	if (!(c->securebits & SECBIT_NO_SETUID_FIXUP))
		own.effective = c->uid == 0 ? c->permitted : 0;
	return own;
}

bool dac_owns(const struct cred *c, const struct owner *o)
{
	return c->fsuid == o->uid || cred_capable(c, CAP_FOWNER);
}

/* ---- changes of owner, mode and times (fs/attr.c) ------------------------------------------- */

/* in_group_or_capable: may the file have S_ISGID with this group? */
static bool may_have_setgid(const struct cred *c, uint32_t gid)
{
	return cred_in_group(c, gid) || cred_capable(c, CAP_FSETID);
}

static bool may_give(const struct cred *c, const struct owner *o, uint32_t uid)
{
	return (c->fsuid == o->uid && uid == o->uid) || cred_capable(c, CAP_CHOWN);
}

static bool may_regroup(const struct cred *c, const struct owner *o, uint32_t gid)
{
	return (c->fsuid == o->uid && (gid == o->gid || cred_in_group(c, gid))) ||
	       cred_capable(c, CAP_CHOWN);
}

/* ATTR_KILL_SUID and setattr_should_drop_sgid: the bits that a change of owner clears. */
static uint32_t killed_by_chown(const struct cred *c, const struct owner *o)
{
	uint32_t bits = o->mode & S_ISUID;

	if (S_ISDIR(o->mode))
		return 0;
	if ((o->mode & S_ISGID) && ((o->mode & S_IXGRP) || !may_have_setgid(c, o->gid)))
		bits |= S_ISGID;
	return bits;
}

uint32_t dac_killed_by_write(const struct cred *c, const struct owner *o)
{
	return S_ISREG(o->mode) && !cred_capable(c, CAP_FSETID) ? killed_by_chown(c, o) : 0;
}

int dac_may_chown(const struct cred *c, const struct owner *o, uint32_t uid, uint32_t gid,
		  struct owner *ret)
{
	uint32_t killed = killed_by_chown(c, o);

	*ret = *o;
	if (uid != (uint32_t)-1 && !may_give(c, o, uid))
		return -EPERM;
	if (gid != (uint32_t)-1 && !may_regroup(c, o, gid))
		return -EPERM;
	ret->uid = uid != (uint32_t)-1 ? uid : o->uid;
	ret->gid = gid != (uint32_t)-1 ? gid : o->gid;
	if (!killed)
		return 0;
	/* The mode changes with it (ATTR_MODE), and is asked about like any other. */
	if (!dac_owns(c, o))
		return -EPERM;
	ret->mode &= ~killed;
	if (!may_have_setgid(c, ret->gid))
		ret->mode &= ~(uint32_t)S_ISGID;
	return 0;
}

int dac_may_chmod(const struct cred *c, const struct owner *o, uint32_t mode, struct owner *ret)
{
	*ret = *o;
	if (!dac_owns(c, o))
		return -EPERM;
	ret->mode = (o->mode & S_IFMT) | (mode & 07777);
	if (!may_have_setgid(c, o->gid))
		ret->mode &= ~(uint32_t)S_ISGID;
	return 0;
}

int dac_may_set_times(const struct cred *c, const struct dac_inode *i, enum dac_times which)
{
	if (dac_owns(c, &i->owner))
		return 0;
	return which == DAC_TIMES_NOW ? dac_permission(c, i, DAC_WRITE) : -EPERM;
}

/* ---- entries of directories (fs/namei.c) ---------------------------------------------------- */

int dac_may_delete(const struct cred *c, const struct dac_inode *dir, const struct owner *victim)
{
	int r = dac_permission(c, dir, DAC_ALTER);

	if (r < 0 || !(dir->owner.mode & S_ISVTX))
		return r;
	return c->fsuid == dir->owner.uid || dac_owns(c, victim) ? 0 : -EPERM;
}

/* safe_hardlink_source */
static bool may_pin(const struct cred *c, const struct dac_inode *i)
{
	const struct owner *o = &i->owner;
	const uint32_t setgid_exec = S_ISGID | S_IXGRP;

	return S_ISREG(o->mode) && !(o->mode & S_ISUID) && (o->mode & setgid_exec) != setgid_exec &&
	       dac_permission(c, i, DAC_READ | DAC_WRITE) == 0;
}

int dac_may_link(const struct cred *c, const struct dac_inode *i, const struct dac_sysctls *sys)
{
	return !sys->hardlinks || may_pin(c, i) || dac_owns(c, &i->owner) ? 0 : -EPERM;
}

int dac_may_follow(const struct cred *c, const struct owner *dir, const struct owner *link,
		   const struct dac_sysctls *sys)
{
	const uint32_t open_to_all = S_ISVTX | S_IWOTH;

	if (!sys->symlinks || c->fsuid == link->uid || (dir->mode & open_to_all) != open_to_all)
		return 0;
	return dir->uid == link->uid ? 0 : -EACCES;
}

int dac_may_reuse(const struct cred *c, const struct owner *dir, const struct owner *o,
		  const struct dac_sysctls *sys)
{
	unsigned level = S_ISREG(o->mode) ? sys->regular : S_ISFIFO(o->mode) ? sys->fifos : 0;

	/* What is neither is looked at whatever the sysctls say. */
	if (!S_ISREG(o->mode) && !S_ISFIFO(o->mode))
		level = 1;
	if (!(dir->mode & S_ISVTX) || !level || o->uid == dir->uid || o->uid == c->fsuid)
		return 0;
	if (dir->mode & S_IWOTH)
		return -EACCES;
	return (dir->mode & S_IWGRP) && level >= 2 ? -EACCES : 0;
}

int dac_may_open(const struct cred *c, const struct dac_inode *i, int flags)
{
	static const unsigned char masks[] = {
		[O_RDONLY] = DAC_READ,
		[O_WRONLY] = DAC_WRITE,
		[O_RDWR] = DAC_READ | DAC_WRITE,
		[O_ACCMODE] = DAC_READ | DAC_WRITE, /* for ioctl(2) alone: open(2) */
	};
	unsigned mask = masks[flags & O_ACCMODE];
	int r;

	if (flags & O_TRUNC) /* also where nothing can be cut off: build_open_flags */
		mask |= DAC_WRITE;
	r = dac_permission(c, i, mask);
	if (r == 0 && (flags & O_NOATIME) && !dac_owns(c, &i->owner))
		r = -EPERM;
	return r;
}

/* ---- extended attributes (fs/xattr.c, security/commoncap.c) --------------------------------- */

/* cap_convert_nscap, cap_inode_setxattr: nobody asks who reads. */
static int may_set_security(const struct cred *c, const char *name)
{
	unsigned cap = strcmp(name, XATTR_NAME_CAPS) == 0 ? CAP_SETFCAP : CAP_SYS_ADMIN;

	return cred_capable(c, cap) ? 0 : -EPERM;
}

static int may_user_xattr(const struct cred *c, const struct dac_inode *i, unsigned mask)
{
	const struct owner *o = &i->owner;
	bool writes = mask & DAC_WRITE;

	if (!S_ISREG(o->mode) && !S_ISDIR(o->mode))
		return writes ? -EPERM : -ENODATA;
	if (S_ISDIR(o->mode) && (o->mode & S_ISVTX) && writes && !dac_owns(c, o))
		return -EPERM;
	return dac_permission(c, i, mask);
}

int dac_may_xattr(const struct cred *c, const struct dac_inode *i, const char *name, unsigned mask)
{
	bool writes = mask & DAC_WRITE;

	if (IS(XATTR_SECURITY_PREFIX, name))
		return writes ? may_set_security(c, name) : 0;
	if (IS(XATTR_SYSTEM_PREFIX, name)) /* ACLs: set_posix_acl */
		return writes && !dac_owns(c, &i->owner) ? -EPERM : 0;
	if (IS(XATTR_TRUSTED_PREFIX, name)) {
		if (cred_capable(c, CAP_SYS_ADMIN))
			return 0;
		return writes ? -EPERM : -ENODATA;
	}
	if (IS(XATTR_USER_PREFIX, name))
		return may_user_xattr(c, i, mask);
	return dac_permission(c, i, mask);
}
