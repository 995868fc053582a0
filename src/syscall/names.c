/* SPDX-License-Identifier: MIT */
/*
 * Calls that ask for or set a name rather than open one: chdir, getcwd, readlink.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ident/dac.h"
#include "syscall/guestfs.h"
#include "syscall/handlers.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/table.h"
#include "syscall/refuse.h"
#include "tracee/agent.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* Can it be a cwd? A file or a closed directory leaves the old one, and its name, as it was. */
static bool may_be_entered(struct session *s, const char *host)
{
	struct stat st;

	return pathbuf_set(&s->text, host) == 0 && pathbuf_push(&s->text, ".", 1) == 0 &&
	       stat(s->text.s, &st) == 0;
}

/*
 * The kernel moves; we remember by which name, for getcwd where two names lead to one directory.
 * Remembered before the outcome is known: a hint is used only while it leads to the real cwd.
 */
int sys_chdir(struct call *c)
{
	struct session *s = tracee_session(c->t);
	int r = path_walk_arg_fully(c, 0, AT_FDCWD, CANON_FOLLOW);

	agent_cwd_changes(c->t);
	if (r <= 0)
		return r;
	r = s->identity && !(s->walk.flags & CANON_ERROR) ? permit_check(c, c->row->args) : 0;
	if (r < 0)
		return r;
	if (!(s->walk.flags & (CANON_ERROR | CANON_OUTSIDE | CANON_MISSING)) &&
	    may_be_entered(s, s->walk.host.s))
		fs_set_cwd_hint(c->t->fs, s->walk.guest.s);
	return path_stage(c, 0);
}

/* What is no directory is the kernel's ENOTDIR. */
static int may_enter(struct call *c, int fd)
{
	struct object o;
	int r = 0;

	if (object_by_descriptor(c, fd, NULL, &o) != OBJECT_FOUND)
		return 0;
	if (S_ISDIR(o.st.stx_mode))
		r = permit_judge(tracee_session(c->t), &o, DAC_EXEC);
	object_done(&o);
	return r;
}

int sys_fchdir(struct call *c)
{
	struct session *s = tracee_session(c->t);
	int fd = (int)c->guest_arg[0];
	char link[PATH_BASE_BYTES];
	struct canon_base base;
	int r;

	agent_cwd_changes(c->t);
	r = s->identity ? may_enter(c, (int)c->guest_arg[0]) : 0;

	if (r < 0)
		return r;
	path_base_link(c->t, fd, link);
	if (path_base(c->t, fd, &base) < 0 || !base.guest.s || !may_be_entered(s, link))
		return 0;
	fs_set_cwd_hint(c->t->fs, base.guest.s);
	return 0;
}

static bool cwd_is_deleted(const struct tracee *t)
{
	char link[64];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/cwd", t->tid);
	return stat(link, &st) == 0 && st.st_nlink == 0;
}

static bool cwd_is_beyond_names(const struct tracee *t)
{
	char link[64], byte;

	snprintf(link, sizeof(link), "/proc/%d/cwd", t->tid);
	return readlink(link, &byte, 1) < 0 && errno == ENAMETOOLONG;
}

/* What getcwd(3) says a process sees whose cwd lies outside its root, for what has a name there. */
static int tell_cwd(struct call *c, const struct canon_base *base, const char **ret)
{
	struct session *s = tracee_session(c->t);
	static const char outside[] = "(unreachable)";
	int r;

	if (!base->guest.s && cwd_is_deleted(c->t))
		return -ENOENT;
	if (!base->guest.s && cwd_is_beyond_names(c->t))
		return -ENAMETOOLONG;
	*ret = base->guest.s ? view_told(s->view, s->walk.root, base->guest.s, &s->told) : NULL;
	if (*ret)
		return 0;
	r = pathbuf_set(&s->shown, outside);
	if (r == 0)
		r = pathbuf_append(&s->shown, base->guest.s ? guestfs_told(s, base->guest.s) : "/");
	*ret = s->shown.s;
	return r;
}

/* getcwd(2): the length with the NUL; ERANGE comes before EFAULT, ENOENT before both. */
int sys_getcwd(struct call *c)
{
	struct canon_base base;
	const char *told;
	size_t n;
	int r = path_base(c->t, AT_FDCWD, &base);

	if (r < 0)
		return 0; /* the kernel knows better what is wrong */
	r = tell_cwd(c, &base, &told);
	if (r < 0)
		return r;
	n = strlen(told) + 1;
	if (n > PATH_LIMIT)
		return -ENAMETOOLONG;
	if (n > c->guest_arg[1])
		return -ERANGE;
	r = mem_write(c->t, c->guest_arg[0], told, n);
	return r < 0 ? r : call_answer(c, (int64_t)n);
}

/*
 * Read by us: one stop then does for the walk and the answer. The stored bytes of a link are the
 * guest's as they are; those of /proc are told in guest terms.
 */
static int readlink_text(struct session *s, size_t size)
{
	struct hpath host = { s->walk.host.s };
	size_t room = size < sizeof(s->link_text.s) ? size : sizeof(s->link_text.s);
	ssize_t n;
	int kind;

	if (guestfs_is_proc(host)) {
		kind = guestfs_ops.kind(s, host);
		if (kind == FS_LINK)
			return guestfs_proc_text(s, host, s->link_text.s, room);
		return kind < 0 ? kind : -EINVAL;
	}
	n = readlink(host.s, s->link_text.s, room);
	return n < 0 ? -errno : (int)n;
}

/* Of what session->walk.host names, into the buffer that is argument i. */
static int answer_text(struct call *c, unsigned i)
{
	struct session *s = tracee_session(c->t);
	int r = readlink_text(s, (size_t)(int)c->guest_arg[i + 1]);

	if (r < 0)
		return r;
	if (mem_write(c->t, c->guest_arg[i], s->link_text.s, (size_t)r) < 0)
		return -EFAULT;
	return call_answer(c, r);
}

static int readlink_common(struct call *c, unsigned path_arg, int dirfd)
{
	struct session *s = tracee_session(c->t);
	int size = (int)c->guest_arg[path_arg + 2];
	int r = path_walk_arg_fully(c, path_arg, dirfd, CANON_NOFOLLOW);

	if (r <= 0)
		return r < 0 ? refuse_path(c, path_arg, r) : 0;
	if (size <= 0 || s->walk.host.len >= PATH_LIMIT)
		return path_stage(c, path_arg);
	return answer_text(c, path_arg + 1);
}

/*
 * Does readlinkat(fd, "") ask for a link of /proc that the descriptor is open on (O_PATH |
 * O_NOFOLLOW)? Its text is a host name; it has been put into session->walk.host then.
 */
static bool asks_for_proc_link(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct pathbuf *host = &s->walk.host;
	char link[PATH_BASE_BYTES], first;
	struct stat st;
	ssize_t n;

	if ((int)c->guest_arg[0] < 0 || (int)c->guest_arg[3] <= 0 ||
	    mem_read(c->t, c->guest_arg[1], &first, 1) < 0 || first)
		return false;
	path_base_link(c->t, (int)c->guest_arg[0], link);
	n = readlink(link, host->s, sizeof(host->s) - 1);
	if (n <= 0)
		return false;
	pathbuf_truncate(host, (size_t)n);
	return guestfs_is_proc(HPATH(host->s)) && stat(link, &st) == 0 && S_ISLNK(st.st_mode);
}

int sys_readlink(struct call *c)
{
	return readlink_common(c, 0, AT_FDCWD);
}

int sys_readlinkat(struct call *c)
{
	if (asks_for_proc_link(c))
		return answer_text(c, 2);
	return readlink_common(c, 1, (int)c->guest_arg[0]);
}
