/* SPDX-License-Identifier: MIT */
/* The mark is an xattr that the owner store keeps, out of the guest's sight. */
#include "syscall/devdirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ident/store.h"
#include "path/hostfs.h"
#include "syscall/object.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static bool is_device(const struct owner *o)
{
	return S_ISCHR(o->mode) || S_ISBLK(o->mode);
}

void devdirs_note(struct session *s, int dir)
{
	struct statx st;
	const struct store_object o = { .fd = dir, .st = &st, .place = STORE_ROOTFS };
	struct store *store = s->identity->store;

	if (statx(dir, "", AT_EMPTY_PATH, HOSTFS_SEEN, &st) == 0 &&
	    store_getxattr(store, &o, STORE_DEVICES_XATTR, NULL, 0) < 0)
		store_setxattr(store, &o, STORE_DEVICES_XATTR, "1", 1, 0);
}

void devdirs_note_entry(struct session *s, const char *host)
{
	struct pathbuf dir;
	int fd;

	if (pathbuf_set(&dir, host) < 0)
		return;
	pathbuf_pop(&dir);
	fd = object_open_host(s, dir.s);
	if (fd < 0)
		return;
	devdirs_note(s, fd);
	close(fd);
}

bool devdirs_is_device(struct call *c)
{
	struct session *s = tracee_session(c->t);
	const struct hostfs *fs = &s->hostfs;
	struct object o;
	struct owner owner;

	if (!hostfs_has_seen(fs, HPATH(s->walk.host.s)) || !S_ISREG(fs->seen.stx_mode) ||
	    !store_wants_fd(s->identity->store, &fs->seen) || object_walked(s, &o) < 0)
		return false;
	object_owner(c, &o, &owner);
	object_done(&o);
	return is_device(&owner);
}

bool devdirs_has(struct call *c, int fd)
{
	struct store *store = tracee_session(c->t)->identity->store;
	struct store_object so = { .place = STORE_ROOTFS };
	struct object o;
	bool has;

	if (object_by_descriptor(c, fd, NULL, &o) != OBJECT_FOUND)
		return false;
	so.st = &o.st;
	if (!S_ISDIR(o.st.stx_mode) || !store_wants_fd(store, &o.st) || object_open(c, &o) < 0)
		return false;
	so.fd = o.fd;
	has = store_getxattr(store, &so, STORE_DEVICES_XATTR, NULL, 0) >= 0;
	object_done(&o);
	return has;
}

struct listing {
	struct session *s;
	int dir;
};

static void retype(void *ctx, const char *name, unsigned char *type)
{
	const struct listing *l = ctx;
	struct statx st;
	struct store_object o = { .st = &st, .place = STORE_ROOTFS };
	struct store *store = l->s->identity->store;
	struct owner owner;

	if (*type != DT_REG)
		return;
	o.fd = openat(l->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (o.fd < 0)
		return;
	if (statx(o.fd, "", AT_EMPTY_PATH, HOSTFS_SEEN, &st) == 0 && store_wants_fd(store, &st)) {
		store_get(store, &o, &owner);
		*type = (unsigned char)IFTODT(owner.mode);
	}
	close(o.fd);
}

void devdirs_retype(struct call *c, int fd, enum dirents_form form, char *buf, size_t used)
{
	struct listing l = { tracee_session(c->t), object_open_descriptor(c->t, fd) };

	if (l.dir < 0)
		return;
	dirents_each(form, buf, used, retype, &l);
	close(l.dir);
}
