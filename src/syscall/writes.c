/* SPDX-License-Identifier: MIT */
/* See writes.h. */
#include "syscall/writes.h"

#include <errno.h>
#include <linux/xattr.h>
#include <sys/stat.h>

#include "ident/dac.h"
#include "ident/store.h"
#include "path/hostfs.h"
#include "syscall/handlers.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

bool writes_is_recorded(const struct session *s)
{
	const struct hostfs *fs = &s->hostfs;

	return !(s->walk.flags & CANON_MAGIC) && hostfs_has_seen(fs, HPATH(s->walk.host.s)) &&
	       S_ISREG(fs->seen.stx_mode) && store_wants_fd(s->identity->store, &fs->seen);
}

void writes_begin(struct call *c, struct object *o, const struct owner *owner)
{
	struct store *store = tracee_session(c->t)->identity->store;
	struct store_object so = { .st = &o->st };
	struct owner then = *owner;

	if (!S_ISREG(owner->mode) || object_open(c, o) < 0)
		return;
	so.fd = o->fd;
	so.place = object_place(c, o);
	store_removexattr(store, &so, XATTR_NAME_CAPS);
	then.mode &= ~dac_killed_by_write(c->t->cred, owner);
	if (then.mode != owner->mode)
		store_set(store, &so, &then);
}

/* truncate(2): vfs_truncate has EINVAL for what is no file. */
int sys_truncate(struct call *c)
{
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	struct session *s = tracee_session(c->t);
	struct object o;
	struct owner owner;
	int r = path_find(c, path);

	if (r != PATH_WALKED)
		return r;
	if (!writes_is_recorded(s) || object_walked(s, &o) < 0)
		return path_leave(c, path);
	object_owner(c, &o, &owner);
	writes_begin(c, &o, &owner);
	object_done(&o);
	return S_ISREG(owner.mode) ? path_leave(c, path) : -EINVAL;
}
