/* SPDX-License-Identifier: MIT */
/* begin_new_exec of fs/exec.c, as far as it is about credentials. */
#include "syscall/execcred.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/xattr.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <talloc.h>

#include "ident/cred.h"
#include "ident/dac.h"
#include "ident/store.h"
#include "path/view.h"
#include "syscall/creds.h"
#include "syscall/table.h"
#include "syscall/writes.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* PER_CLEAR_ON_SETID of linux/personality.h. */
#define CLEARED_PER (READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO)

/* _STK_LIM: what a privileged program's stack is limited to at the most. */
enum { STACK_LIMIT = 8 << 20 };

enum { CAPS_MAX = XATTR_CAPS_SZ_3 };

struct execcred {
	struct tracee *t;
	struct cred *cred; /* what it will be; child */
	unsigned flags;	   /* enum cred_exec_flags */
	bool unreadable;   /* the caller may not read the program or its interpreter */
};

struct execcred *execcred_new(void *ctx, struct tracee *t)
{
	struct execcred *e = talloc_zero(ctx, struct execcred);

	if (e)
		e->t = t;
	return e;
}

/* ---- the entry stop ------------------------------------------------------------------------- */

/* The program's file, as the owner store needs it. */
struct look {
	struct statx st;
	struct store_object object;
	struct owner owner;
	bool nosuid; /* of the guest's mount */
};

static int look_at(const struct execcred *e, const struct exec_file *f, struct look *ret)
{
	struct session *s = tracee_session(e->t);
	const char *name = f->name ? f->name : f->host;

	ret->nosuid = f->nosuid;
	if (statx(f->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &ret->st) < 0)
		return -errno;
	ret->object = (struct store_object){
		.fd = f->fd,
		.st = &ret->st,
		.place = session_has_file(s, name) ? STORE_ROOTFS : STORE_BIND,
	};
	if (writes_are_due(s, &ret->st)) {
		writes_settle(s, &ret->object);
		statx(f->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &ret->st);
	}
	store_get(s->identity->store, &ret->object, &ret->owner);
	return 0;
}

/*
 * Set-id bits and capabilities of a bind count if its host's mount and its owner let them: nobody
 * becomes one who has no number in the guest's world. The rootfs's are ours, whatever it lies on.
 */
static bool is_nosuid(const struct look *l)
{
	struct statvfs v;

	if (l->nosuid)
		return true;
	if (l->object.place == STORE_ROOTFS)
		return false;
	if (l->owner.uid == WHO_NOBODY || l->owner.gid == WHO_NOBODY)
		return true;
	return fstatvfs(l->object.fd, &v) < 0 || (v.f_flag & ST_NOSUID);
}

/* LSM_UNSAFE_SHARE: a process that shares our cwd could move it under a privileged program. */
static bool shares_fs(const struct tracee *t)
{
	return t->fs->refs > t->process->threads;
}

static int look_at_program(struct execcred *e, const struct look *l)
{
	struct session *s = tracee_session(e->t);
	char caps[CAPS_MAX];
	ssize_t n = store_getxattr(s->identity->store, &l->object, XATTR_NAME_CAPS, caps,
				   sizeof(caps));
	struct cred_exec file = {
		.uid = l->owner.uid,
		.gid = l->owner.gid,
		.mode = l->owner.mode,
		.caps = caps,
		.caps_size = n > 0 ? (size_t)n : 0,
		.shares_fs = shares_fs(e->t),
		.unreadable = e->unreadable,
	};
	int r;

	if (n < 0 && n != -ENODATA && n != -EOPNOTSUPP)
		return (int)n;
	file.nosuid = ((file.mode & (S_ISUID | S_ISGID)) || file.caps_size) && is_nosuid(l);
	e->cred = cred_copy(e, e->t->cred);
	if (!e->cred)
		return -ENOMEM;
	r = cred_exec(e->cred, &file);
	if (r < 0)
		return r;
	e->flags = (unsigned)r;
	return 0;
}

int execcred_look(struct execcred *e, const struct exec_file *f, enum exec_part part)
{
	struct dac_inode inode = { 0 };
	struct look l;
	int r = look_at(e, f, &l);

	if (r < 0)
		return r;
	inode.owner = l.owner;
	e->unreadable |= dac_permission(e->t->cred, &inode, DAC_READ) < 0;
	return part == EXEC_PROGRAM ? look_at_program(e, &l) : 0;
}

static struct exec_ids ids_of(const struct execcred *e, const struct exec_plan *plan)
{
	const struct cred *c = e->cred;

	return (struct exec_ids){ (unsigned char)(plan->machine->bits / 8),
				  e->flags & CRED_EXEC_SECURE, c->uid, c->euid, c->gid, c->egid,
				  false, NULL };
}

/* The kernel is to run the program without the flags; should the exec fail they are gone, too. */
static void clear_personality(struct call *c)
{
	unsigned long now = tracee_personality(c->t);

	if (!(now & CLEARED_PER))
		return;
	c->before = SC_personality;
	c->before_arg[0] = now & ~(unsigned long)CLEARED_PER;
}

void execcred_plan(struct execcred *e, struct call *c, struct exec_plan *plan)
{
	const struct exec_ids ids = ids_of(e, plan);

	if (plan->loader_plan) {
		plan->loader_plan->flags |= PLAN_IDS;
		plan->loader_plan->ids = (struct plan_ids){ ids.uid, ids.euid, ids.gid, ids.egid,
							    ids.secure };
	}
	if ((e->flags & CRED_EXEC_NO_PDEATHSIG) && creds_drop_pdeathsig(c))
		return;
	if (e->flags & CRED_EXEC_CLEAR_PER)
		clear_personality(c);
}

/* ---- the exec stop -------------------------------------------------------------------------- */

static void limit_stack(const struct tracee *t)
{
	struct rlimit l;

	if (prlimit(t->process->pid, RLIMIT_STACK, NULL, &l) < 0 || l.rlim_cur <= STACK_LIMIT)
		return;
	l.rlim_cur = STACK_LIMIT;
	prlimit(t->process->pid, RLIMIT_STACK, &l, NULL);
}

void execcred_commit(struct execcred *e, struct tracee *t, const struct exec_plan *plan)
{
	t->mm->told = ids_of(e, plan);
	t->mm->dumpable = 1;
	if (e->flags & CRED_EXEC_UNDUMPABLE)
		t->mm->dumpable = tracee_session(t)->identity->suid_dumpable;
	if (e->flags & CRED_EXEC_SECURE)
		limit_stack(t);
	talloc_free(t->cred);
	t->cred = talloc_steal(t, e->cred);
}
