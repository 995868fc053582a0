/* SPDX-License-Identifier: MIT */
/*
 * chown and chmod in sessions with an identity: judged by virtual ids (ident/dac.h), carried out
 * by the owner store. fs/open.c (chown_common, chmod_common), fs/attr.c (notify_change).
 *
 * Nothing is left to the kernel once the object is found: its own chmod would put set-id bits on a
 * host inode, its chown would refuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ident/dac.h"
#include "ident/store.h"
#include "syscall/dispatch.h"
#include "syscall/fdchange.h"
#include "syscall/handlers.h"
#include "syscall/nameless.h"
#include "syscall/object.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* What a call wants of an object; -1: as it is. */
struct wish {
	bool is_mode;
	uint32_t uid, gid;
	uint32_t mode;
};

/*
 * The time of change moves, as for every chown that succeeds (links have no chmod). Not by real
 * root, whose chown would take set-id bits away: its store says the mode again.
 */
static bool touch(const struct session *s, const struct object *o)
{
	int r;

	if (s->identity->host_uid == 0)
		return false;
	r = fchownat(o->fd, "", s->identity->host_uid, (gid_t)-1, AT_EMPTY_PATH);
	(void)r; /* not ours: it stays as it was */
	return true;
}

static bool is_same(const struct owner *a, const struct owner *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode;
}

static int decide(const struct cred *cred, const struct owner *now, const struct wish *wish,
		  struct owner *ret)
{
	if (!wish->is_mode)
		return dac_may_chown(cred, now, wish->uid, wish->gid, ret);
	if (S_ISLNK(now->mode))
		return -EOPNOTSUPP;
	return dac_may_chmod(cred, now, wish->mode, ret);
}

/* ATTR_KILL_PRIV: a change of owner takes a file's capabilities away. */
static void drop_capability(struct store *store, const struct store_object *so)
{
	if (!S_ISDIR(so->st->stx_mode))
		store_removexattr(store, so, XATTR_NAME_CAPS);
}

/*
 * In a bind, another host user's, told as nobody's: as in a user namespace that has no such id
 * (privileged_wrt_inode_uidgid), no capability is worth anything there.
 */
static bool is_foreign(const struct session *s, const struct store_object *so)
{
	return so->place == STORE_BIND && s->identity->host_uid != 0 &&
	       so->st->stx_uid != s->identity->host_uid;
}

/* chown(-1, -1): asked of nobody, where no set-id bit goes by it (setattr_prepare). */
static bool names_nobody(const struct wish *wish)
{
	return !wish->is_mode && wish->uid == UINT32_MAX && wish->gid == UINT32_MAX;
}

/* The object as it is now, while no other session changes it. */
static int change(struct call *c, struct object *o, const struct wish *wish)
{
	struct session *s = tracee_session(c->t);
	struct store *store = s->identity->store;
	struct store_object so = { .fd = o->fd, .st = &o->st };
	struct owner now, then;
	int r;

	if (statx(o->fd, "", AT_EMPTY_PATH, HOSTFS_SEEN, &o->st) < 0)
		return -errno;
	object_owner(c, o, &now);
	r = decide(c->t->cred, &now, wish, &then);
	if (r < 0)
		return r;
	if (nameless_is(s, &o->st))
		return nameless_set(s, &o->st, o->fd, &then);
	so.place = object_place(c, o);
	if (is_foreign(s, &so))
		return names_nobody(wish) && is_same(&now, &then) ? 0 : -EPERM;
	if (!is_same(&now, &then) || !touch(s, o))
		r = store_set(store, &so, &then);
	if (r == 0 && !wish->is_mode)
		drop_capability(store, &so);
	return r;
}

static int carry_out(struct call *c, struct object *o, const struct wish *wish)
{
	struct store *store = tracee_session(c->t)->identity->store;
	int r = object_open(c, o);

	if (r < 0)
		return r;
	store_hold(store);
	r = change(c, o, wish);
	store_release(store);
	return r;
}

static int serve(struct call *c, struct object *o, const struct wish *wish)
{
	int r = carry_out(c, o, wish);

	object_done(o);
	return r < 0 ? r : call_answer(c, 0);
}

static int serve_path(struct call *c, const struct wish *wish)
{
	int flags = sys_find_arg(c->row, ARG_FLAGS), r;
	struct object o;

	if (flags >= 0 && ((unsigned)c->guest_arg[flags] &
			   ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return dispatch_translate(c);
	r = object_by_path(c, (unsigned)sys_find_arg(c->row, ARG_PATH), NULL, &o);
	if (r != OBJECT_FOUND)
		return r;
	if (o.way == OBJECT_BY_LINK && tracee_session(c->t)->view_read_only &&
	    (r = fdchange_check(c, (int)c->guest_arg[0])) < 0)
		return r;
	return serve(c, &o, wish);
}

static int serve_descriptor(struct call *c, const struct wish *wish)
{
	int fd = (int)c->guest_arg[0], r;
	struct object o;

	if (!tracee_session(c->t)->identity)
		return fdchange_serve(c);
	if (fd < 0 || fdchange_is_by_path(c->t->tid, fd) ||
	    object_opened(c, fd, &o) == OBJECT_NONE)
		return 0; /* EBADF */
	r = tracee_session(c->t)->view_read_only ? fdchange_check(c, fd) : 0;
	if (r == 0)
		return serve(c, &o, wish);
	object_done(&o);
	return r;
}

/* low2highuid: the old calls of 32-bit ABIs have ids of 16 bits. */
static uint32_t wished_id(const struct call *c, unsigned i)
{
	bool is_short = c->abi->word_bytes == 4 &&
			(c->id == SC_chown || c->id == SC_lchown || c->id == SC_fchown);
	uint32_t id = (uint32_t)c->guest_arg[i];

	if (!is_short)
		return id;
	return (uint16_t)id == UINT16_MAX ? UINT32_MAX : (uint16_t)id;
}

static struct wish wished_owner(const struct call *c)
{
	return (struct wish){ .uid = wished_id(c, (unsigned)sys_find_arg(c->row, ARG_UID)),
			      .gid = wished_id(c, (unsigned)sys_find_arg(c->row, ARG_GID)) };
}

static struct wish wished_mode(const struct call *c)
{
	int i = sys_find_arg(c->row, ARG_MODE);

	return (struct wish){ .is_mode = true, .mode = (uint32_t)c->guest_arg[i] & 07777 };
}

int sys_chown(struct call *c)
{
	const struct wish wish = wished_owner(c);

	return serve_path(c, &wish);
}

int sys_fchown(struct call *c)
{
	const struct wish wish = wished_owner(c);

	return serve_descriptor(c, &wish);
}

int sys_chmod(struct call *c)
{
	const struct wish wish = wished_mode(c);

	return serve_path(c, &wish);
}

int sys_fchmod(struct call *c)
{
	const struct wish wish = wished_mode(c);

	return serve_descriptor(c, &wish);
}
