/* SPDX-License-Identifier: MIT */
/*
 * Who runs the file later is the kernel in the guest's call, or the loader in the guest's process:
 * neither has our rights, and the loader no longer the guest's descriptors. Where that matters the
 * session keeps a copy for the one moment.
 */
#include "syscall/execfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/ownfile.h"
#include "exec/file.h"
#include "ident/dac.h"
#include "path/hostfs.h"
#include "path/longname.h"
#include "path/procname.h"
#include "path/view.h"
#include "syscall/exec.h"
#include "syscall/execwalk.h"
#include "syscall/exelink.h"
#include "syscall/guestfs.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/running.h"
#include "syscall/shortname.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { HEAD_BYTES = 1024 };

/* What the kernel would answer before it looks into the file: ELOOP, EACCES, ETXTBSY. */
static int check_executable(struct session *s, const char *host)
{
	char *const argv[] = { (char *)(uintptr_t) "", NULL }, *const envp[] = { NULL };
	struct statvfs v;
	struct stat st;

	if (s->has & HAS_EXECVE_CHECK)
		return syscall(SYS_execveat, AT_FDCWD, host, argv, envp, EXEC_CHECK_ONLY) < 0
			       ? -errno
			       : 0;
	if (stat(host, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode)) /* a descriptor of the link's own: may_open */
		return -ELOOP;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, host, X_OK, AT_EACCESS) < 0)
		return -EACCES;
	return statvfs(host, &v) == 0 && (v.f_flag & ST_NOEXEC) ? -EACCES : 0;
}

/*
 * Before Linux 6.14: who asks for a read lease is told. Only of files of the user's own, fcntl(2);
 * another's program is run though somebody writes to it.
 */
static bool is_open_for_writing(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

/* Headers, and what they point at, mostly lie together. */
static void read_head(struct exec_source *from, struct exec_file *f)
{
	char *head = talloc_size(from->job, HEAD_BYTES);
	ssize_t n = head ? pread(f->fd, head, HEAD_BYTES, 0) : -1;

	if (n <= 0)
		return;
	f->data = head;
	f->size = (size_t)n;
}

/* Opens what may be executed; that it may not be read is no obstacle to the kernel. */
static int open_checked(struct exec_source *from, const char *host, struct exec_file *f)
{
	struct session *s = tracee_session(from->t);
	struct stat st;
	int r = check_executable(s, host);

	if (r < 0)
		return r;
	f->fd = open(host, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	f->unreadable = f->fd < 0 && errno == EACCES;
	if (f->unreadable)
		f->fd = ownfile_open(host);
	else if (f->fd < 0)
		f->fd = -errno;
	if (f->fd < 0)
		return f->fd;
	r = fstat(f->fd, &st) < 0 ? -errno : 0;
	if (r == 0 && !(s->has & HAS_EXECVE_CHECK) && is_open_for_writing(f->fd))
		r = -ETXTBSY;
	if (r < 0) {
		close(f->fd);
		return r;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->read = exec_file_read_fd;
	read_head(from, f);
	return 0;
}

/* Is that the name of the file, or was it? Names may themselves end in " (deleted)". */
static bool still_leads_to(const char *name, const struct exec_file *f)
{
	struct stat st;

	return hostfs_stat(HPATH(name), &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
}

/* Its own name on the host, also one that it had; *ret is the kernel's text, d_path(9). */
static int name_as_told(struct exec_source *from, const char *link, struct exec_file *f,
			struct pathbuf *ret)
{
	int r = longname_read(link, ret);
	char *name;

	if (r < 0)
		return r;
	name = talloc_strdup(from->job, ret->s);
	if (name && !still_leads_to(name, f))
		name[ret->len - proc_deleted_suffix(name, ret->len)] = '\0';
	f->name = name;
	return name ? 0 : -ENOMEM;
}

/* The names behind a link of /proc that only the kernel can follow. */
static int name_by_link(struct exec_source *from, const char *link, struct exec_file *f)
{
	struct session *s = tracee_session(from->t);
	int r = name_as_told(from, link, f, &s->text);

	if (r == 0)
		r = guestfs_proc_name(s, HPATH(link), &s->shown);
	if (r < 0 && r != -ENAMETOOLONG)
		return r;
	if (r < 0) /* it has one that nobody can tell */
		f->name = f->guest = talloc_strdup(from->job, link);
	else
		f->guest = talloc_strdup(from->job, s->shown.s);
	f->by_descriptor = true;
	return f->name && f->guest ? 0 : -ENOMEM;
}

/* The same of a file that is kept, of which the guest may have but a copy. */
static int name_kept(struct exec_source *from, const char *link, struct exec_file *f)
{
	struct session *s = tracee_session(from->t);
	int r = name_as_told(from, link, f, &s->text);

	if (r < 0)
		return r;
	r = guestfs_find_name(s, s->text.s, NULL, &s->shown);
	f->guest = talloc_strdup(from->job, r < 0 ? s->text.s : s->shown.s);
	f->by_descriptor = true;
	return f->guest ? 0 : -ENOMEM;
}

/* The same of a running program's file, to which its own name no longer leads. */
static int name_led_to(struct exec_source *from, struct exec_file *f)
{
	struct session *s = tracee_session(from->t);
	int r = name_as_told(from, f->host, f, &s->text);

	if (r == 0)
		r = exelink_name(s, s->led_to, &s->shown);
	if (r < 0)
		return r;
	f->guest = talloc_strdup(from->job, s->shown.s);
	f->by_descriptor = true;
	return f->guest ? 0 : -ENOMEM;
}

/* The same of what lies in a directory without a guest name, where there is one for the file. */
static int name_outside(struct exec_source *from, struct exec_file *f)
{
	struct session *s = tracee_session(from->t);
	char link[64];
	int r;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", f->fd);
	r = name_as_told(from, link, f, &s->text);
	if (r < 0 || guestfs_show(s, s->text.s, NULL, &s->shown) < 0)
		return r == -ENOMEM ? r : 0;
	f->guest = talloc_strdup(from->job, s->shown.s);
	return f->guest ? 0 : -ENOMEM;
}

/* may_open with MAY_EXEC; and we are to read it, for whom the host may have to be opened up. */
static int judge(struct session *s, struct object *o)
{
	int r = permit_ask(s, o, DAC_EXEC);

	if (r == 0)
		permit_open_up(s, o, DAC_READ | DAC_EXEC);
	object_done(o);
	return r;
}

static int judge_walked(struct session *s)
{
	struct object o;

	return s->identity && object_walked(s, &o) == 0 ? judge(s, &o) : 0;
}

static int judge_descriptor(struct tracee *t, int fd)
{
	struct session *s = tracee_session(t);
	struct object o;

	if (!s->identity || object_by_descriptor(&t->call, fd, NULL, &o) != OBJECT_FOUND)
		return 0;
	return judge(s, &o);
}

/* f->name, or another that the kernel takes. 0 or -errno. */
static int host_by_name(struct exec_source *from, struct exec_file *f)
{
	struct session *s = tracee_session(from->t);
	struct pathbuf host;
	int r;

	f->host = f->name;
	if (!f->name || strlen(f->name) < PATH_LIMIT)
		return f->name ? 0 : -ENOMEM;
	from->made = true;
	r = pathbuf_set(&host, f->name);
	if (r == 0)
		r = shortname_of(from->job, s, &host);
	f->host = talloc_strdup(from->job, host.s);
	return r < 0 ? r : f->host ? 0 : -ENOMEM;
}

static int name_walked(struct exec_source *from, struct exec_file *f)
{
	const struct canon *w = &tracee_session(from->t)->walk;

	f->name = talloc_strdup(from->job, w->host.s);
	f->guest = talloc_strdup(from->job, w->flags & CANON_OUTSIDE ? w->host.s : w->guest.s);
	return f->guest ? host_by_name(from, f) : -ENOMEM;
}

static int open_walked(struct exec_source *from, struct exec_file *f)
{
	struct session *s = tracee_session(from->t);
	const struct canon *w = &s->walk;
	int r;

	if (w->flags & CANON_ERROR)
		return w->error;
	if (w->flags & CANON_MISSING)
		return -ENOENT;
	if (w->bind && (w->bind->flags & BIND_NOEXEC))
		return -EACCES;
	r = judge_walked(s);
	if (r == 0)
		r = name_walked(from, f);
	if (r == 0)
		r = open_checked(from, f->host, f);
	if (r < 0)
		return r;
	f->nosuid = w->bind && (w->bind->flags & BIND_NOSUID);
	if (s->led_to)
		r = name_led_to(from, f);
	else if (w->flags & CANON_MAGIC)
		r = name_by_link(from, f->host, f);
	else if (w->flags & CANON_OUTSIDE)
		r = name_outside(from, f);
	if (r < 0)
		close(f->fd);
	return r;
}

int execfile_open(void *ctx, const char *name, struct exec_file *ret)
{
	struct exec_source *from = ctx;
	struct session *s = tracee_session(from->t);
	int r = execwalk_name(from->t, name, from->dirfd, from->last);

	if (r < 0)
		return r;
	if (from->last == CANON_NOFOLLOW && guestfs_ops.kind(s, HPATH(s->walk.host.s)) == FS_LINK)
		return -ELOOP;
	*ret = (struct exec_file){ .fd = -1 };
	return open_walked(from, ret);
}

int execfile_open_fd(struct exec_source *from, int fd, struct exec_file *ret)
{
	char ours[64];
	int kept, r;

	snprintf(ours, sizeof(ours), "/proc/%d/fd/%d", from->t->tid, fd);
	kept = running_original(tracee_session(from->t), ours);
	if (kept >= 0)
		snprintf(ours, sizeof(ours), "/proc/self/fd/%d", kept);
	*ret = (struct exec_file){ .fd = -1 };
	r = judge_descriptor(from->t, fd);
	if (r == 0)
		r = open_checked(from, ours, ret);
	if (r < 0)
		return r == -ENOENT ? -EBADF : r;
	r = kept < 0 ? name_by_link(from, ours, ret) : name_kept(from, ours, ret);
	ret->host = talloc_asprintf(from->job, "/proc/self/fd/%d", fd);
	if (r == 0 && !ret->host)
		r = -ENOMEM;
	if (r < 0)
		close(ret->fd);
	return r;
}

/* The user has named it: no guest is asked whether it may. */
int execfile_open_host(void *ctx, const char *host, struct exec_file *ret)
{
	*ret = (struct exec_file){ .guest = host, .host = host, .name = host, .fd = -1 };
	return open_checked(ctx, host, ret);
}

void execfile_close(void *ctx, struct exec_file *f)
{
	(void)ctx;
	close(f->fd);
	f->fd = -1;
}

static int remove_made(char *name)
{
	remove(name);
	return 0;
}

/* A name of the session's that nobody has: removed with its owner. NULL on OOM. */
static char *fresh_name(struct exec_source *from)
{
	struct session *s = tracee_session(from->t);
	char *name = talloc_asprintf(from->job, "%s/exec-%u", s->dir, s->serial++);

	if (name)
		talloc_set_destructor(name, remove_made);
	from->made = true;
	return name;
}

int execfile_keep(void *ctx, struct exec_file *f)
{
	struct exec_source *from = ctx;
	char *name;
	int out, r;

	if (!f->unreadable && !f->by_descriptor)
		return 0;
	if (!f->unreadable && still_leads_to(f->name, f))
		return host_by_name(from, f);
	name = fresh_name(from);
	out = name ? open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700) : -1;
	if (out < 0)
		return name ? -errno : -ENOMEM;
	r = fd_copy(f->fd, out);
	close(out);
	f->host = name;
	return r;
}

/* The directory is the link's child: the destructor of the link comes first. */
int execfile_link(struct exec_source *from, const char *target, const char *base, const char **ret)
{
	char *dir = fresh_name(from), *link;

	if (!dir)
		return -ENOMEM;
	if (mkdir(dir, 0700) < 0)
		return -errno;
	link = talloc_asprintf(from->job, "%s/%s", dir, base);
	if (!link)
		return -ENOMEM;
	talloc_set_destructor(link, remove_made);
	talloc_steal(link, dir);
	*ret = link;
	return symlink(target, link) < 0 ? -errno : 0;
}
