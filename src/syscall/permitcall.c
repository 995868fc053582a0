/* SPDX-License-Identifier: MIT */
/*
 * What each kind of access (enum path_access of the table) asks of its object or of the directory
 * that holds it, behind what the kernel finds wrong before it asks: of a name that is missing, of
 * the wrong type or there already, nothing is asked. fs/namei.c, fs/open.c, fs/utimes.c.
 */
#include "syscall/permit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "ident/dac.h"
#include "path/canon.h"
#include "syscall/bindrules.h"
#include "syscall/guestfs.h"
#include "syscall/object.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static bool ends_in_slash(const struct canon *w)
{
	return w->host.len > 0 && w->host.s[w->host.len - 1] == '/';
}

/* ---- open ----------------------------------------------------------------------------------- */

/* build_open_flags: acc_mode. */
static unsigned mask_of(uint64_t flags)
{
	unsigned mask = (flags & O_ACCMODE) == O_WRONLY ? 0 : DAC_READ;

	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
		mask |= DAC_WRITE;
	return mask;
}

/* may_create_in_sticky: not asked of one's own. */
static int may_reuse(struct session *s, const struct owner *owner)
{
	const struct cred *c = permit_asker(s);
	struct object dir;
	struct dac_inode told;
	int r;

	if (c->fsuid == owner->uid || object_parent(s, &dir) < 0)
		return 0;
	permit_tell(s, &dir, &told);
	object_done(&dir);
	r = dac_may_reuse(c, &told.owner, owner, &s->identity->sysctls);
	permit_told(&told);
	return r;
}

static int open_existing(struct session *s, struct object *o, uint64_t flags)
{
	struct dac_inode told;
	int r = 0;

	if (permit_judges(s) || (flags & (O_CREAT | O_NOATIME))) {
		permit_tell(s, o, &told);
		if (flags & O_CREAT)
			r = may_reuse(s, &told.owner);
		if (r == 0)
			r = dac_may_open(permit_asker(s), &told, (int)flags);
		permit_told(&told);
		r = permit_in_proc(s, s->walk.host.s, r);
	}
	if (r == 0)
		r = permit_open_proc(s, s->walk.host.s);
	if (r == 0)
		permit_open_up(s, o, mask_of(flags));
	return r;
}

/* Of what is there: ELOOP, ENOTDIR and EISDIR come before EACCES (do_open, may_open). */
static int open_by_type(struct session *s, struct object *o, uint64_t flags)
{
	uint32_t type = o->st.stx_mode & S_IFMT;

	if (type == S_IFLNK)
		return 0;
	if (type != S_IFDIR)
		return flags & O_DIRECTORY ? 0 : open_existing(s, o, flags);
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return permit_judge(s, o, DAC_ALTER);
	if ((flags & O_CREAT) || (mask_of(flags) & DAC_WRITE))
		return 0;
	return open_existing(s, o, flags);
}

int permit_check_open(struct session *s, uint64_t flags)
{
	const struct canon *w = &s->walk;
	const uint64_t exclusive = O_CREAT | O_EXCL;
	struct object o;
	uint64_t made;
	int r;

	if (flags & O_PATH)
		return 0;
	if (w->flags & CANON_MISSING) /* "new/" is EISDIR, any name in procfs ENOENT */
		return !(flags & O_CREAT) || ends_in_slash(w) ||
				       bindrules_name_too_long(w->host.s) ||
				       guestfs_is_in_proc(HPATH(w->host.s))
			       ? 0 : permit_parent(s, DAC_ALTER);
	if ((flags & exclusive) == exclusive || object_walked(s, &o) < 0)
		return 0;
	/* one that this very call has made may be opened whatever its mode: FMODE_CREATED */
	made = s->walker->call.made;
	r = made && made == o.st.stx_ino ? 0 : open_by_type(s, &o, flags);
	object_done(&o);
	return r;
}

/* ---- entries -------------------------------------------------------------------------------- */

/* may_create, of a name for which filename_create had nothing to say. */
static int check_create(struct call *c)
{
	struct session *s = tracee_session(c->t);

	if (!(s->walk.flags & CANON_MISSING) || bindrules_cannot_be_made(c))
		return 0;
	return permit_parent(s, DAC_ALTER);
}

/* unlink and rmdir; who has two paths asks himself. unlink of "x/" has its own errors. */
static int check_remove(struct call *c)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	bool wants_dir = c->id == SC_rmdir ||
			 (c->id == SC_unlinkat && (c->guest_arg[2] & AT_REMOVEDIR));
	int r;

	if ((w->flags & (CANON_MISSING | CANON_AT_BIND)) || (!wants_dir && ends_in_slash(w)))
		return 0;
	r = permit_ask_delete(s, w->host.s, NULL);
	if (r == 0)
		permit_open_parent(s, w->host.s);
	return r;
}

int permit_link(struct session *s, const char *from, const char *to)
{
	struct object o;
	struct dac_inode told;
	int r = 0;

	if (permit_judges(s) && object_named(s, from, &o) == 0) {
		permit_tell(s, &o, &told);
		r = dac_may_link(permit_asker(s), &told, &s->identity->sysctls);
		permit_told(&told);
		object_done(&o);
	}
	if (r == 0)
		r = permit_ask_delete(s, to, NULL);
	if (r == 0)
		permit_open_parent(s, to);
	return r;
}

/* ---- times ---------------------------------------------------------------------------------- */

enum { TIMES_NONE = -1 }; /* nothing is changed, and nobody asked */

/* utimensat's second field of each time, as wide as this call's is. */
static int read_nsec(const struct call *c, uint64_t addr, int64_t ret[2])
{
	unsigned bytes = c->id == SC_utimensat_time64 ? 8 : c->abi->word_bytes;
	uint64_t word;

	for (unsigned i = 0; i < 2; i++) {
		if (mem_read_word(c->t, addr + (2 * i + 1) * bytes, bytes, &word) < 0)
			return -EFAULT;
		ret[i] = bytes == 4 ? (int32_t)word : (int64_t)word;
	}
	return 0;
}

/* enum dac_times, or TIMES_NONE also where the kernel finds a fault: vfs_utimes. */
static int which_times(const struct call *c, uint64_t addr)
{
	int64_t nsec[2];

	if (!addr)
		return DAC_TIMES_NOW;
	if (c->id != SC_utimensat && c->id != SC_utimensat_time64)
		return DAC_TIMES_GIVEN;
	if (read_nsec(c, addr, nsec) < 0 || (nsec[0] == UTIME_OMIT && nsec[1] == UTIME_OMIT))
		return TIMES_NONE;
	return nsec[0] == UTIME_NOW && nsec[1] == UTIME_NOW ? DAC_TIMES_NOW : DAC_TIMES_GIVEN;
}

/* The times lie behind the path, `a`. The host lets its owner, which we are. */
static int check_times(struct call *c, const struct sys_arg *a, struct object *o)
{
	struct session *s = tracee_session(c->t);
	int which = which_times(c, c->guest_arg[a - c->row->args + 1]), r;
	struct dac_inode told;

	if (which == TIMES_NONE)
		return 0;
	permit_tell(s, o, &told);
	r = dac_may_set_times(permit_asker(s), &told, (enum dac_times)which);
	permit_told(&told);
	return r;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int check_object(struct call *c, const struct sys_arg *a, struct object *o)
{
	struct session *s = tracee_session(c->t);

	switch ((enum path_access)a->access) {
	case ACCESS_ENTER:
		return S_ISDIR(o->st.stx_mode) ? permit_judge(s, o, DAC_EXEC) : 0;
	case ACCESS_WATCH:
		return permit_judge(s, o, DAC_READ);
	case ACCESS_CONTENT:
		return S_ISREG(o->st.stx_mode) ? permit_judge(s, o, DAC_WRITE) : 0;
	case ACCESS_TIMES:
		return permit_judges(s) ? check_times(c, a, o) : 0;
	default:
		return 0;
	}
}

static int check_walked_object(struct call *c, const struct sys_arg *a)
{
	struct session *s = tracee_session(c->t);
	struct object o;
	int r;

	if ((s->walk.flags & CANON_MISSING) || object_walked(s, &o) < 0)
		return 0;
	r = check_object(c, a, &o);
	object_done(&o);
	return r;
}

int permit_check(struct call *c, const struct sys_arg *a)
{
	struct session *s = tracee_session(c->t);

	if (s->walk.flags & CANON_DOTS)
		return 0;
	switch ((enum path_access)a->access) {
	case ACCESS_READ:
	case ACCESS_WRITE:
	case ACCESS_BY_MODE:
		return 0;
	case ACCESS_CREATE:
		return check_create(c);
	case ACCESS_REMOVE:
		return check_remove(c);
	case ACCESS_BY_FLAGS:
		return permit_check_open(s, c->guest_arg[a->flags_arg]);
	case ACCESS_AS_CREAT:
		return permit_check_open(s, O_CREAT | O_WRONLY | O_TRUNC);
	default:
		return check_walked_object(c, a);
	}
}

int permit_check_descriptor(struct call *c, const struct sys_arg *a, int fd)
{
	struct object o;
	int r;

	if (object_by_descriptor(c, fd, NULL, &o) != OBJECT_FOUND)
		return 0;
	r = check_object(c, a, &o);
	object_done(&o);
	return r;
}
