/* SPDX-License-Identifier: MIT */
/*
 * What an exec makes of credentials: prepare_exec_creds, bprm_fill_uid and begin_new_exec in the
 * kernel, cap_bprm_creds_from_file in security/commoncap.c, as of Linux 6.17 (before, a thread
 * whose ids already differed counted as changing them).
 */
#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/stat.h>

#include "ident/cred.h"

/* struct vfs_ns_cap_data, in the byte order of this machine. */
struct file_caps {
	bool effective, has_caps;
	uint64_t permitted, inheritable;
};

static uint32_t word_at(const struct cred_exec *file, size_t i)
{
	uint32_t word;

	memcpy(&word, (const char *)file->caps + i * sizeof(word), sizeof(word));
	return le32toh(word);
}

static size_t size_of_revision(uint32_t magic)
{
	switch (magic & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_1:
		return XATTR_CAPS_SZ_1;
	case VFS_CAP_REVISION_2:
		return XATTR_CAPS_SZ_2;
	case VFS_CAP_REVISION_3:
		return XATTR_CAPS_SZ_3;
	default:
		return 0;
	}
}

/* get_vfs_caps_from_disk. Capabilities of another namespace's root are as none: rootid. */
static int read_file_caps(const struct cred *c, const struct cred_exec *file, struct file_caps *ret)
{
	uint32_t magic;

	*ret = (struct file_caps){ 0 };
	if (file->caps_size == 0 || file->nosuid)
		return 0;
	if (file->caps_size < sizeof(magic))
		return -EINVAL;
	magic = word_at(file, 0);
	if (file->caps_size != size_of_revision(magic))
		return -EINVAL;
	if (file->caps_size == XATTR_CAPS_SZ_3 && word_at(file, 5) != 0)
		return 0;
	ret->has_caps = true;
	ret->effective = magic & VFS_CAP_FLAGS_EFFECTIVE;
	ret->permitted = word_at(file, 1);
	ret->inheritable = word_at(file, 2);
	if (file->caps_size != XATTR_CAPS_SZ_1) {
		ret->permitted |= (uint64_t)word_at(file, 3) << 32;
		ret->inheritable |= (uint64_t)word_at(file, 4) << 32;
	}
	ret->permitted &= c->limits.caps;
	ret->inheritable &= c->limits.caps;
	return 0;
}

/* Whether the set-id bits changed an id is what c->euid and c->egid say afterwards. */
static unsigned take_set_ids(struct cred *c, const struct cred_exec *file)
{
	unsigned flags = 0;

	if (file->nosuid || c->no_new_privs)
		return 0;
	if (file->mode & S_ISUID) {
		c->euid = file->uid;
		flags = CRED_EXEC_CLEAR_PER;
	}
	/* Without the group's x bit it marks mandatory locking. */
	if ((file->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
		c->egid = file->gid;
		flags = CRED_EXEC_CLEAR_PER;
	}
	return flags;
}

/* get_file_caps: pP' = (X & fP) | (pI & fI). */
static int take_file_caps(struct cred *c, const struct file_caps *f)
{
	c->permitted = (c->bounding & f->permitted) | (c->inheritable & f->inheritable);
	/* A program that knows nothing of capabilities must have all or not run. */
	return f->effective && (f->permitted & ~c->permitted) ? -EPERM : 0;
}

/* handle_privileged_root: root's programs have every capability. */
static void take_root_caps(struct cred *c, bool has_caps, bool *effective)
{
	if (c->securebits & SECBIT_NOROOT)
		return;
	/* A set-user-id program of root's with capabilities of its own gets those alone. */
	if (has_caps && c->uid != 0 && c->euid == 0)
		return;
	if (c->euid == 0 || c->uid == 0)
		c->permitted = c->bounding | c->inheritable;
	if (c->euid == 0)
		*effective = true;
}

/* They get no more than they had, and maybe less. */
static void downgrade(struct cred *c, const struct cred *old)
{
	if (!cred_capable(old, CAP_SETUID) || c->no_new_privs) {
		c->euid = c->uid;
		c->egid = c->gid;
	}
	c->permitted &= old->permitted;
}

/* AT_SECURE: also where the ids differed before, and nothing changes. */
static bool is_secure(const struct cred *c, const struct cred *old, bool id_changed, bool effective)
{
	if (id_changed || c->euid != old->uid || c->egid != old->gid)
		return true;
	return c->uid != 0 && (effective || (c->permitted & ~c->ambient));
}

static unsigned flags_of(const struct cred *c, const struct cred *old, const struct cred_exec *file,
			 bool secure)
{
	unsigned flags = secure ? CRED_EXEC_SECURE | CRED_EXEC_NO_PDEATHSIG : 0;

	if (cred_undumps(old, c))
		flags |= CRED_EXEC_UNDUMPABLE | CRED_EXEC_NO_PDEATHSIG;
	/* Of the ids before the exec: begin_new_exec says that user space depends on it. */
	if (file->unreadable || old->euid != old->uid || old->egid != old->gid)
		flags |= CRED_EXEC_UNDUMPABLE;
	return flags;
}

static void finish_caps(struct cred *c, bool clear_ambient, bool effective)
{
	if (clear_ambient)
		c->ambient = 0;
	c->permitted |= c->ambient;
	c->effective = effective ? c->permitted : c->ambient;
	c->securebits &= ~(unsigned)SECBIT_KEEP_CAPS;
}

int cred_exec(struct cred *c, const struct cred_exec *file)
{
	const struct cred old = *c;
	struct cred new = old;
	struct file_caps caps;
	bool id_changed, gained;
	unsigned flags;
	int r = read_file_caps(c, file, &caps);

	flags = take_set_ids(&new, file);
	if (r == 0)
		r = take_file_caps(&new, &caps);
	if (r < 0)
		return r;
	take_root_caps(&new, caps.has_caps, &caps.effective);
	gained = new.permitted & ~old.permitted;
	flags |= gained ? CRED_EXEC_CLEAR_PER : 0;
	id_changed = new.euid != old.euid || !cred_in_group(&old, new.egid);
	if ((id_changed || gained) && (file->shares_fs || new.no_new_privs))
		downgrade(&new, &old);
	new.suid = new.fsuid = new.euid;
	new.sgid = new.fsgid = new.egid;
	finish_caps(&new, caps.has_caps || id_changed, caps.effective);
	*c = new;
	return (int)(flags |
		     flags_of(c, &old, file, is_secure(c, &old, id_changed, caps.effective)));
}
