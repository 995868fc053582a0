/* SPDX-License-Identifier: MIT */
/*
 * access(2) and its like in sessions with an identity: do_faccessat of fs/open.c. The whole of it,
 * the walk too, is asked about the real ids, where AT_EACCESS does not say otherwise.
 *
 * Yes is the guest's answer also where the host would have to be opened up first: that happens when
 * it is done. What is not the host user's own is the host's to decide.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ident/dac.h"
#include "path/view.h"
#include "syscall/bindrules.h"
#include "syscall/dispatch.h"
#include "syscall/fdchange.h"
#include "syscall/handlers.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#define ACCESS_FLAGS (AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)

/* A device may be only remembered as one. */
static bool is_special_file(struct call *c, struct object *o)
{
	uint32_t mode = o->st.stx_mode;
	struct owner owner;

	if (S_ISREG(mode)) {
		object_owner(c, o, &owner);
		mode = owner.mode;
	}
	return S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
}

static bool is_bind_noexec(const struct canon *w)
{
	return w->bind && (w->bind->flags & BIND_NOEXEC) && !(w->flags & CANON_MAGIC);
}

/* __mnt_is_readonly, of binds. */
static bool is_read_only(struct call *c, struct object *o)
{
	struct session *s = tracee_session(c->t);

	if (!s->view_read_only)
		return false;
	if (o->way == OBJECT_BY_WALK && !(s->walk.flags & CANON_MAGIC))
		return bindrules_read_only(&s->walk);
	return object_host_name(c, o, &s->text) == 0 && bindrules_only_read_only(s, s->text.s);
}

/* 0, or why not. */
static int judge(struct call *c, struct object *o, unsigned mask)
{
	struct session *s = tracee_session(c->t);
	int r;

	if ((mask & DAC_EXEC) && S_ISREG(o->st.stx_mode) && is_bind_noexec(&s->walk))
		return -EACCES;
	r = permit_ask(s, o, mask);
	if (r == 0 && (mask & DAC_WRITE) && is_read_only(c, o) && !is_special_file(c, o))
		r = -EROFS;
	return r;
}

/* The host's own file system may be read-only, or mounted noexec. */
static int ask_file_system(struct call *c, struct object *o, unsigned mask)
{
	struct statvfs v;

	if (object_open(c, o) < 0 || fstatvfs(o->fd, &v) < 0)
		return 0;
	if ((mask & DAC_EXEC) && S_ISREG(o->st.stx_mode) && (v.f_flag & ST_NOEXEC))
		return -EACCES;
	if ((mask & DAC_WRITE) && (v.f_flag & ST_RDONLY) && !is_special_file(c, o))
		return -EROFS;
	return 0;
}

static bool is_hosts_to_decide(const struct object *o, unsigned mask)
{
	return (o->st.stx_mode >> 6 & mask) == mask || o->st.stx_uid != geteuid();
}

static int answer(struct call *c, unsigned i, struct object *o, unsigned mask)
{
	int r = mask ? judge(c, o, mask) : 0;

	if (r < 0)
		return r;
	if (is_hosts_to_decide(o, mask))
		return o->way == OBJECT_BY_WALK ? path_leave(c, i) : 0;
	r = ask_file_system(c, o, mask);
	return r < 0 ? r : call_answer(c, 0);
}

static int access_as(struct call *c, unsigned mask)
{
	unsigned i = (unsigned)sys_find_arg(c->row, ARG_PATH);
	struct object o;
	int r = object_by_path(c, i, NULL, &o);

	if (r != OBJECT_FOUND)
		return r;
	r = answer(c, i, &o, mask);
	object_done(&o);
	return r;
}

int sys_access(struct call *c)
{
	struct identity *id = tracee_session(c->t)->identity;
	int flags_arg = sys_find_arg(c->row, ARG_FLAGS), r;
	uint64_t mode = c->guest_arg[sys_find_arg(c->row, ARG_MODE)];
	uint64_t flags = flags_arg < 0 ? 0 : c->guest_arg[flags_arg];
	struct cred real = dac_access_cred(c->t->cred);

	if (((uint32_t)mode & ~7u) || ((uint32_t)flags & ~(uint32_t)ACCESS_FLAGS))
		return dispatch_translate(c); /* EINVAL */
	if (!(flags & AT_EACCESS))
		id->as = &real;
	r = access_as(c, (unsigned)mode & 7);
	id->as = NULL;
	return r;
}
