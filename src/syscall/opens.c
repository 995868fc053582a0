/* SPDX-License-Identifier: MIT */
/*
 * A file that must be recorded exists before the kernel opens it, so the open loses its O_EXCL: who
 * puts another in its place in between could have done so right behind the open. Such a file may
 * be opened whatever its mode says: the host's has u+rw. The kernel takes the descriptor's number
 * before it looks at any name, so where none is left there is none to be made: do_sys_openat2.
 */
#include "syscall/opens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <talloc.h>
#include <unistd.h>

#include "syscall/create.h"
#include "syscall/handlers.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "syscall/writes.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* ---- devices -------------------------------------------------------------------------------- */

/*
 * Those that every user of a host may open. A node that the guest made for one leads there, as it
 * would in a real root's chroot; others are refused as on a mount with nodev, which those of a user
 * namespace are: fs/namei.c, may_open. The exception is what overlays make, which nobody drives.
 */
static const struct {
	uint32_t dev_major, dev_minor;
	const char *host;
} devices[] = {
	{ 1, 3, "/dev/null" },	 { 1, 5, "/dev/zero" },	   { 1, 7, "/dev/full" },
	{ 1, 8, "/dev/random" }, { 1, 9, "/dev/urandom" }, { 5, 0, "/dev/tty" },
	{ 5, 2, "/dev/ptmx" },
};

const char *const opens_memory_devices[] = { "/dev/null",   "/dev/zero",    "/dev/full",
					     "/dev/random", "/dev/urandom", NULL };

static const char *find_device(const struct owner *o)
{
	dev_t dev = makedev(o->rdev_major, o->rdev_minor);
	struct stat st;

	for (size_t i = 0; S_ISCHR(o->mode) && i < sizeof(devices) / sizeof(devices[0]); i++)
		if (makedev(devices[i].dev_major, devices[i].dev_minor) == dev &&
		    stat(devices[i].host, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == dev)
			return devices[i].host;
	return NULL;
}

static bool is_whiteout(const struct owner *o)
{
	return S_ISCHR(o->mode) && o->rdev_major == 0 && o->rdev_minor == 0;
}

static int open_device(struct session *s, const struct owner *o)
{
	const char *host = find_device(o);

	if (!host)
		return is_whiteout(o) ? -ENXIO : -EACCES;
	s->walk.flags &= ~(unsigned)CANON_PLAIN;
	return pathbuf_set(&s->walk.host, host);
}

/* ---- what exists ---------------------------------------------------------------------------- */

static int open_existing(struct call *c, struct opening *o)
{
	struct session *s = tracee_session(c->t);
	struct object found;
	struct owner owner;

	if (!writes_is_recorded(s))
		return 0;
	if (c->made && c->made == s->hostfs.seen.stx_ino) {
		o->flags &= ~(uint64_t)O_EXCL;
		return 0;
	}
	/* EEXIST and ENOTDIR come before what the object is. */
	if ((o->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) || (o->flags & O_DIRECTORY) ||
	    object_walked(s, &found) < 0)
		return 0;
	object_owner(c, &found, &owner);
	if (o->flags & O_TRUNC)
		writes_cut(c, &found, &owner);
	else if ((o->flags & O_ACCMODE) != O_RDONLY)
		writes_expect(c, &found, &owner);
	object_done(&found);
	if (S_ISSOCK(owner.mode))
		return -ENXIO;
	return S_ISCHR(owner.mode) || S_ISBLK(owner.mode) ? open_device(s, &owner) : 0;
}

/* ---- what does not -------------------------------------------------------------------------- */

/* Has the thread a slot for what is staged? If not the call comes again, when it has. */
static bool has_slot(struct call *c)
{
	return tracee_take_slot(c->t, c->code) == 0;
}

static int make_missing(struct call *c, unsigned i, struct opening *o)
{
	struct session *s = tracee_session(c->t);
	const struct creation what = { .mode = S_IFREG | (o->mode & 07777),
				       .opened = true };
	int r;

	if (!has_slot(c))
		return call_put(c, i, s->walk.host.s, s->walk.host.len + 1);
	r = create_entry(c, &what, &c->made);
	if (r > 0)
		o->flags &= ~(uint64_t)O_EXCL;
	return r < 0 ? r : 0;
}

/* ---- what has no name yet: O_TMPFILE -------------------------------------------------------- */

static int free_birth(struct birth *b)
{
	create_done(b);
	return 0;
}

static int tmpfile_exit(struct call *c)
{
	int fd, r;

	if (c->result < 0)
		return 0;
	fd = object_open_descriptor(c->t, (int)c->result);
	r = fd < 0 ? fd : create_record(c, c->data, fd);
	if (fd >= 0)
		close(fd);
	(void)r; /* it has no name: who links it finds it root's */
	return 0;
}

static int make_unnamed(struct call *c, struct opening *o)
{
	const struct creation what = { .mode = S_IFREG | (o->mode & 07777) };
	struct birth *b = talloc(c->t, struct birth);
	int r;

	if (!b)
		return -ENOMEM;
	r = create_plan(c, &what, CREATE_WITHIN, b);
	talloc_set_destructor(b, free_birth);
	if (r != BIRTH_RECORDED) {
		talloc_free(b);
		return r == -ENOMEM ? r : 0; /* the kernel says in its order what is wrong */
	}
	c->data = b;
	o->mode = 0600;
	return call_want_exit(c, tmpfile_exit);
}

/* --------------------------------------------------------------------------------------------- */

int opens_settle(struct call *c, unsigned i, struct opening *o)
{
	const struct canon *w = &tracee_session(c->t)->walk;

	if (o->flags & O_PATH)
		return 0;
	if ((o->flags & O_TMPFILE) == O_TMPFILE)
		return w->flags & CANON_MISSING ? 0 : make_unnamed(c, o);
	if (!(w->flags & CANON_MISSING))
		return open_existing(c, o);
	if (!(o->flags & O_CREAT) || (o->flags & O_DIRECTORY))
		return 0;
	return make_missing(c, i, o);
}

/* open, openat, creat */
int sys_open(struct call *c)
{
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	bool creat = c->id == SC_creat;
	struct opening o = { .flags = creat ? O_CREAT | O_WRONLY | O_TRUNC :
					      (uint32_t)c->guest_arg[path + 1],
			     .mode = c->guest_arg[path + (creat ? 1 : 2)] };
	const struct opening asked = o;
	int r = path_find_entry(c, path);

	if (r != PATH_WALKED)
		return r;
	r = opens_settle(c, path, &o);
	if (r < 0)
		return r;
	if (o.flags != asked.flags)
		call_set_arg(c, path + 1, o.flags);
	if (o.mode != asked.mode)
		call_set_arg(c, path + 2, o.mode);
	return path_leave(c, path);
}
