/* SPDX-License-Identifier: MIT */
/*
 * A count per file, found by device and inode: neither an exec nor an open gets slower with the
 * number of processes. Only opens that write, and truncate, pay the stat(2).
 *
 * The descriptor kept is open to read, as the kernel's own is: who may take a lease on the file, or
 * unmount what it lies in, is the same.
 */
#include "syscall/running.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "base/fd.h"
#include "exec/file.h"
#include "path/canon.h"
#include "path/longname.h"
#include "path/procname.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

struct file_key {
	uint64_t dev, ino; /* no padding: compared as bytes */
};

struct running {
	struct file_key key;
	unsigned count; /* of exe */
	int fd;		/* the file, or -1 */
	bool shown;	/* counted in session->shown_programs */
	char *copy;	/* running_copy; NULL: none was wanted */
	struct file_key copied; /* which file that is */
	struct session *session;
	UT_hash_handle hh;
};

static struct running *find(const struct session *s, dev_t dev, ino_t ino)
{
	const struct file_key key = { dev, ino };
	struct running *r;

	HASH_FIND(hh, s->running, &key, sizeof(key), r);
	return r;
}

void running_drop(struct session *s, int *fd)
{
	if (*fd < 0)
		return;
	close(fd_take(fd));
	s->kept_programs--;
}

static void let_go(struct running *r)
{
	struct session *s = r->session;

	if (r->shown && --s->shown_programs == 0)
		prctl(PR_SET_DUMPABLE, 0);
	if (r->copy) {
		unlink(r->copy);
		s->copied_programs--;
	}
	running_drop(s, &r->fd);
}

static int end(struct exe *exe)
{
	struct running *r = exe->running;

	if (r && --r->count == 0) {
		let_go(r);
		HASH_DEL(r->session->running, r);
		talloc_free(r);
	}
	return 0;
}

static int counted(struct session *s, int fd)
{
	if (fd >= 0)
		s->kept_programs++;
	return fd;
}

int running_keep(struct session *s, const struct exec_file *f)
{
	const struct running *r = find(s, f->dev, f->ino);

	if ((r && r->fd >= 0) || s->kept_programs >= RUNNING_KEPT)
		return -1;
	return counted(s, fcntl(f->fd, F_DUPFD_CLOEXEC, 0));
}

/* It was kept when the exec began, and then the last that ran it ended: its name leads there. */
static int open_by_name(struct session *s, const struct exe *exe)
{
	struct stat st;
	int fd;

	if (s->kept_programs >= RUNNING_KEPT)
		return -1;
	fd = counted(s, open(exe->host, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_dev != exe->dev || st.st_ino != exe->ino))
		running_drop(s, &fd);
	return fd;
}

static int read_name(const struct running *r, struct pathbuf *ret)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", r->fd);
	return longname_read(link, ret);
}

static void keep(struct running *r, const struct exe *exe, int *fd)
{
	if (r->fd < 0)
		r->fd = *fd >= 0 ? fd_take(fd) : open_by_name(r->session, exe);
}

static struct running *add(struct session *s, const struct exe *exe)
{
	struct running *r = talloc_zero(s, struct running);

	if (!r)
		return NULL;
	r->session = s;
	r->fd = -1;
	r->key = (struct file_key){ exe->dev, exe->ino };
	HASH_ADD(hh, s->running, key, sizeof(r->key), r);
	return r;
}

int running_begin(struct session *s, struct exe *exe, int *fd)
{
	struct running *r;

	if (!exe->by_loader || exe->running || exe->ino == 0)
		return 0;
	r = find(s, exe->dev, exe->ino);
	if (!r)
		r = add(s, exe);
	if (!r)
		return -ENOMEM;
	keep(r, exe, fd);
	r->count++;
	exe->running = r;
	exe->kept_by_name = r->fd >= 0 && read_name(r, &s->text) == 0 &&
			    proc_says_name(s->text.s, exe->host);
	talloc_set_destructor(exe, end);
	return 0;
}

int running_file(const struct exe *exe)
{
	return exe->running ? exe->running->fd : -1;
}

int running_name(const struct exe *exe, struct pathbuf *ret)
{
	return exe->kept_by_name ? read_name(exe->running, ret) : -ENOENT;
}

void running_show(const struct exe *exe)
{
	struct running *r = exe->running;

	if (!r->shown && r->session->shown_programs++ == 0)
		prctl(PR_SET_DUMPABLE, 1);
	r->shown = true;
}

/* What can be seen of a file that is not its owner's alone: its mode, size and times. */
static int copy_to(struct running *r, int out)
{
	struct timespec times[2];
	struct stat st;
	int n = fstat(r->fd, &st) < 0 ? -errno : fd_copy(r->fd, out);

	if (n < 0)
		return n;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	/* with an identity it is permit.h that judges, and not the host */
	if (fchmod(out, (st.st_mode & 0777) | (r->session->identity ? 0400 : 0)) < 0 ||
	    futimens(out, times) < 0 || fstat(out, &st) < 0)
		return -errno;
	r->copied = (struct file_key){ st.st_dev, st.st_ino };
	return 0;
}

static int make_copy(struct running *r, const char *name)
{
	int out = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), n;

	if (out < 0)
		return -errno;
	n = copy_to(r, out);
	close(out);
	if (n < 0)
		unlink(name);
	return n;
}

int running_copy(const struct exe *exe, const char **ret)
{
	struct running *r = exe->running;
	struct session *s = r->session;
	char *name;
	int n;

	if (!r->copy) {
		name = talloc_asprintf(r, "%s/gone-%u", s->dir, s->serial++);
		n = name ? make_copy(r, name) : -ENOMEM;
		if (n < 0) {
			talloc_free(name);
			return n;
		}
		r->copy = name;
		s->copied_programs++;
	}
	*ret = r->copy;
	return 0;
}

int running_original(const struct session *s, const char *link)
{
	const struct running *r, *next;
	struct stat st;

	if (!s->copied_programs || stat(link, &st) < 0)
		return -1;
	HASH_ITER(hh, s->running, r, next)
		if (r->copy && r->copied.ino == st.st_ino && r->copied.dev == st.st_dev)
			return r->fd;
	return -1;
}

/* What the kernel finds wrong before (fs/namei.c, may_open) it shall say itself. */
static int check(struct session *s)
{
	const char *host = s->walk.host.s;
	struct stat st;

	if (!s->running || stat(host, &st) < 0 || !find(s, st.st_dev, st.st_ino))
		return 0;
	return faccessat(AT_FDCWD, host, W_OK, AT_EACCESS) < 0 ? 0 : -ETXTBSY;
}

int running_check_open(struct session *s, uint64_t flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

	if (!writes || (flags & O_PATH) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ||
	    (flags & O_DIRECTORY) || (s->walk.flags & CANON_MISSING))
		return 0;
	return check(s);
}

int running_check(struct call *c, const struct sys_arg *a)
{
	struct session *s = tracee_session(c->t);

	if (a->rule == PATH_OPEN)
		return running_check_open(s, c->guest_arg[a->flags_arg]);
	if (a->access == ACCESS_AS_CREAT)
		return running_check_open(s, O_WRONLY | O_CREAT | O_TRUNC);
	return c->id == SC_truncate || c->id == SC_truncate64 ? check(s) : 0;
}
