/* SPDX-License-Identifier: MIT */
/*
 * The guest's file system: path/hostfs.h with /proc told for the guest. A magic link that leads to
 * a directory the guest can name is followed as that name, so that ".." and binds behind it mean
 * what they should; all others are left for the kernel to jump through.
 */
#include "syscall/guestfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path/hostfs.h"
#include "path/longname.h"
#include "path/procname.h"
#include "syscall/exelink.h"
#include "syscall/opennames.h"
#include "syscall/permit.h"
#include "syscall/running.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

bool guestfs_is_proc(struct hpath p)
{
	return strncmp(p.s, "/proc", 5) == 0 && (p.s[5] == '/' || p.s[5] == '\0');
}

struct hpath guestfs_as_walker(struct session *s, struct hpath p)
{
	const struct tracee *t = s->walker;
	const char *rest;

	if ((rest = path_under(p.s, "/proc/self")) && *rest)
		snprintf(s->own.s, sizeof(s->own.s), "/proc/%d%s", t->process->pid, rest);
	else if ((rest = path_under(p.s, "/proc/thread-self")) && *rest)
		snprintf(s->own.s, sizeof(s->own.s), "/proc/%d/task/%d%s", t->process->pid, t->tid,
			 rest);
	else
		return p;
	return HPATH(s->own.s);
}

/* Something of a process that is no guest? */
static bool is_foreign(struct session *s, const struct procname *name)
{
	return name->what > PROC_DIR && name->pid != PROC_PID_SELF &&
	       !process_find(s, name->pid) && !tracee_find(s, name->pid);
}

/*
 * --sandbox: what a process that is no guest has open or works in is nobody's business here. The
 * kernel says the same of a process outside a Landlock domain, but it is we who may be asked.
 */
static bool hides_all_of(struct session *s, const struct procname *name)
{
	return s->sandbox && is_foreign(s, name);
}

static bool is_about_open_files(const struct procname *name)
{
	if (name->what == PROC_FD || name->what == PROC_MAP_FILES)
		return true;
	return name->what == PROC_OTHER &&
	       (path_under(name->rest, "/fd") || path_under(name->rest, "/map_files"));
}

/* What others have open is not even counted: the kernel asks for no more than the uid there. */
bool guestfs_is_hidden(struct session *s, struct hpath p)
{
	struct procname name;

	if (!s->sandbox || !guestfs_is_proc(p))
		return false;
	name = proc_parse(p);
	if (name.pid == PROC_PID_SELF)
		return false;
	if (session_is_ours(s, name.pid))
		return true;
	return hides_all_of(s, &name) && is_about_open_files(&name);
}

/*
 * Behind a link like /proc/<pid>/cwd lies what it leads to, and no longer procfs: to be looked at
 * as the host's files are.
 */
static bool is_elsewhere(const struct procname *name)
{
	switch (name->what) {
	case PROC_EXE:
	case PROC_CWD:
	case PROC_ROOT:
	case PROC_FD:
	case PROC_MAP_FILES:
		return name->rest[strspn(name->rest, "/")];
	default:
		return false;
	}
}

bool guestfs_is_in_proc(struct hpath p)
{
	struct procname name;

	if (!guestfs_is_proc(p))
		return false;
	name = proc_parse(p);
	return !is_elsewhere(&name);
}

/* The thread of that number, or one of its process; NULL: none that we know. */
static const struct tracee *thread_of(struct session *s, int pid)
{
	const struct tracee *t = tracee_find(s, pid);

	if (t) /* the leader may be gone while its threads live */
		return t;
	return s->walker->process->pid == pid ? s->walker : NULL;
}

static const struct exe *exe_of(struct session *s, int pid)
{
	const struct tracee *t = thread_of(s, pid);

	return t && t->mm && t->mm->exe ? t->mm->exe : NULL;
}

const struct exe *guestfs_exe(struct session *s, struct hpath p)
{
	struct procname name = proc_parse(guestfs_as_walker(s, p));
	const struct exe *exe = NULL;

	if (name.what == PROC_EXE && !is_elsewhere(&name))
		exe = exe_of(s, name.pid);
	return exe && exe->by_loader ? exe : NULL;
}

/* The guest name by which the object of a procfs link was reached last, maybe; or NULL. */
static const char *hint_of(struct session *s, const struct procname *name, const char *host)
{
	const struct tracee *t;

	if (name->what != PROC_CWD)
		return opennames_find(s, host);
	t = thread_of(s, name->pid);
	return t ? fs_cwd_hint(t->fs) : NULL;
}

const struct bind *guestfs_holding(struct session *s, struct hpath dir, bool *ret_removed)
{
	struct procname name = proc_parse(dir);
	struct pathbuf *was = &s->text, *shown = &s->shown;
	int r = guestfs_ops.real(s, dir, was);
	const char *hint;

	if (ret_removed)
		*ret_removed = r == -ESTALE;
	if (r < 0 && r != -ESTALE && longname_above(dir.s, was) < 0)
		return NULL;
	hint = hint_of(s, &name, was->s);
	if (view_to_guest(s->view, s->walk.root, HPATH(was->s), hint, shown) < 0)
		return NULL;
	return view_holding(s->view, shown->s, shown->len);
}

/* What is deleted is shown by the name that it had. */
static int show_deleted(struct session *s, const char *host, const char *hint, struct pathbuf *ret)
{
	size_t len = strlen(host), tail = proc_deleted_suffix(host, len);
	struct pathbuf *name = &s->above;

	if (!tail || pathbuf_set_n(name, host, len - tail) < 0)
		return -ENOENT;
	if (!hint)
		hint = opennames_find(s, name->s);
	if (!hint || view_to_guest(s->view, s->walk.root, HPATH(name->s), hint, ret) < 0 ||
	    strcmp(ret->s, hint) != 0)
		return -ENOENT;
	return pathbuf_append(ret, host + len - tail);
}

int guestfs_find_name(struct session *s, const char *host, const char *hint, struct pathbuf *ret)
{
	if (host[0] != '/')
		return pathbuf_set(ret, host);
	if (show_deleted(s, host, hint, ret) == 0)
		return 0;
	if (!hint)
		hint = opennames_find(s, host);
	return view_to_guest(s->view, s->walk.root, HPATH(host), hint, ret);
}

const char *guestfs_told(struct session *s, const char *guest)
{
	const char *told = view_told(s->view, s->walk.root, guest, &s->told);

	if (told)
		return told;
	return view_without_tree(s->view, guest, &s->told) < 0 ? guest : s->told.s;
}

int guestfs_show(struct session *s, const char *host, const char *hint, struct pathbuf *ret)
{
	int r = guestfs_find_name(s, host, hint, ret);

	if (r == 0 && host[0] == '/')
		r = pathbuf_set(ret, guestfs_told(s, ret->s));
	return r;
}

static int copy_text(const char *text, size_t n, char *buf, size_t size)
{
	if (n > size)
		n = size;
	memcpy(buf, text, n);
	return (int)n;
}

static int self_text(const struct session *s, const struct procname *name, char *buf, size_t size)
{
	const struct tracee *t = s->walker;
	char text[64];
	int n;

	if (name->what == PROC_SELF)
		n = snprintf(text, sizeof(text), "%d", t->process->pid);
	else
		n = snprintf(text, sizeof(text), "%d/task/%d", t->process->pid, t->tid);
	return copy_text(text, (size_t)n, buf, size);
}

/* Where a cwd is that the kernel does not know of yet (syscall/pivot.h), or NULL. */
static const char *moved_to(struct session *s, const struct procname *name)
{
	const struct tracee *t = name->what == PROC_CWD ? thread_of(s, name->pid) : NULL;

	return t && t->fs->left_behind ? fs_cwd_hint(t->fs) : NULL;
}

/* What a link that names its process's program, root or files says, as a guest name; see below. */
static int own_name(struct session *s, const struct procname *name, struct pathbuf *text,
		    struct pathbuf *ret)
{
	const struct tracee *t = thread_of(s, name->pid);
	const struct exe *exe = name->what == PROC_EXE ? exe_of(s, name->pid) : NULL;

	if (exe && exe->by_loader)
		return exelink_name(s, exe, ret);
	if (moved_to(s, name))
		return pathbuf_set(ret, moved_to(s, name));
	if (name->what == PROC_CWD && t && t->fs->view != s->view)
		return view_to_guest(t->fs->view, NULL, HPATH(text->s), fs_cwd_hint(t->fs), ret);
	if (name->what == PROC_ROOT && process_find(s, name->pid))
		return pathbuf_set(ret, t && fs_root(t->fs) ? fs_root(t->fs) : "/");
	if (name->what == PROC_OTHER || name->what == PROC_NOTHING)
		return -ENOENT;
	return guestfs_find_name(s, text->s, hint_of(s, name, text->s), ret);
}

enum { TEXT_AS_IT_IS, TEXT_IS_NAME };

/*
 * The text of a link of procfs: as the kernel has it (a name that the guest cannot see too, as in a
 * chroot with an open descriptor), or a guest name.
 */
static int link_text(struct session *s, struct hpath p, struct pathbuf *ret)
{
	struct procname name = proc_parse(p);
	struct pathbuf *text = &s->text;
	int r;

	if (is_elsewhere(&name)) {
		r = longname_read(p.s, ret);
		return r < 0 ? r : TEXT_AS_IT_IS;
	}
	if (hides_all_of(s, &name) || permit_inspect(s, &name) < 0)
		return -EACCES;
	r = longname_read(p.s, text);
	if (r < 0)
		return r;
	if (own_name(s, &name, text, ret) == 0)
		return ret->s[0] == '/' ? TEXT_IS_NAME : TEXT_AS_IT_IS;
	return pathbuf_set_n(ret, text->s, text->len);
}

int guestfs_proc_name(struct session *s, struct hpath p, struct pathbuf *ret)
{
	int r = link_text(s, guestfs_as_walker(s, p), ret);

	return r < 0 ? r : 0;
}

int guestfs_proc_text(struct session *s, struct hpath host, char *buf, size_t size)
{
	struct hpath p = guestfs_as_walker(s, host);
	struct procname name = proc_parse(p);
	struct pathbuf *shown = &s->shown;
	const char *told;
	int r;

	if (name.what == PROC_SELF || name.what == PROC_THREAD_SELF)
		return self_text(s, &name, buf, size);
	r = link_text(s, p, shown);
	if (r < 0)
		return r;
	told = r == TEXT_IS_NAME ? guestfs_told(s, shown->s) : shown->s;
	if (r == TEXT_IS_NAME && strlen(told) >= PATH_LIMIT) /* do_proc_readlink: a page */
		return -ENAMETOOLONG;
	return copy_text(told, strlen(told), buf, size);
}

/* The guest's name of the directory behind a magic link, or FS_MAGIC. */
static int follow_by_name(struct session *s, struct hpath p, const struct procname *name, char *buf,
			  size_t size)
{
	struct pathbuf *text = &s->text, *shown = &s->shown;
	const char *moved = moved_to(s, name);
	struct stat by_link, by_name;

	if (moved)
		return copy_text(moved, strlen(moved), buf, size);
	if (stat(p.s, &by_link) < 0 || !S_ISDIR(by_link.st_mode))
		return FS_MAGIC;
	if (longname_read(p.s, text) < 0 || text->s[0] != '/' || lstat(text->s, &by_name) < 0 ||
	    by_name.st_ino != by_link.st_ino || by_name.st_dev != by_link.st_dev)
		return FS_MAGIC;
	if (view_to_guest(s->view, s->walk.root, HPATH(text->s), hint_of(s, name, text->s),
			  shown) < 0)
		return FS_MAGIC;
	return copy_text(shown->s, shown->len, buf, size);
}

/*
 * The kernel's own link leads to our loader: the name must do, while it is that file's. What the
 * kernel is then to follow in its place the end of the walk says, exelink_lead.
 */
static int follow_exe(struct session *s, const struct procname *name, char *buf, size_t size)
{
	const struct exe *exe = exe_of(s, name->pid);

	if (!exe || !exe->by_loader)
		return FS_MAGIC;
	if (exelink_is_there(exe))
		return copy_text(exe->guest, strlen(exe->guest), buf, size);
	return running_file(exe) < 0 ? -ENOENT : FS_MAGIC;
}

/* The root of one with mounts of its own, by its name in ours: what lies below are our mounts. */
static int follow_other_root(struct session *s, const struct fs *fs, char *buf, size_t size)
{
	struct pathbuf *host = &s->text, *shown = &s->shown;
	const char *root = fs_root(fs) ? fs_root(fs) : "/";

	if (view_to_host(fs->view, GPATH(root), host) < 0 ||
	    view_to_guest(s->view, s->walk.root, HPATH(host->s), NULL, shown) < 0)
		return FS_MAGIC;
	return copy_text(shown->s, shown->len, buf, size);
}

static int follow_root(struct session *s, const struct procname *name, char *buf, size_t size)
{
	const struct tracee *t = thread_of(s, name->pid);
	const char *root = t && fs_root(t->fs) ? fs_root(t->fs) : "/";

	if (t && t->fs->view != s->view)
		return follow_other_root(s, t->fs, buf, size);
	return process_find(s, name->pid) ? copy_text(root, strlen(root), buf, size) : FS_MAGIC;
}

/*
 * A link to what a process that is no guest has open leads out of the view: it can be read, but not
 * followed. Where it cannot be read, the kernel's reason comes first.
 */
static int refuse_foreign(struct hpath p)
{
	char byte;

	return readlink(p.s, &byte, 1) < 0 ? -errno : -EACCES;
}

static int guest_read_link(void *ctx, struct hpath p, char *buf, size_t size)
{
	struct session *s = ctx;
	struct procname name;
	int r;

	if (!guestfs_is_proc(p)) {
		r = s->identity ? permit_follow(s, p) : 0;
		return r < 0 ? r : hostfs_ops.read_link(&s->hostfs, p, buf, size);
	}
	p = guestfs_as_walker(s, p);
	name = proc_parse(p);
	if (is_elsewhere(&name))
		return hostfs_ops.read_link(&s->hostfs, p, buf, size);
	if (hides_all_of(s, &name) || permit_inspect(s, &name) < 0)
		return -EACCES;
	if (is_foreign(s, &name) && name.what != PROC_OTHER) /* ns/... leads to no file */
		return refuse_foreign(p);
	switch (name.what) {
	case PROC_SELF:
	case PROC_THREAD_SELF:
		return self_text(s, &name, buf, size);
	case PROC_EXE:
		return follow_exe(s, &name, buf, size);
	case PROC_ROOT:
		return follow_root(s, &name, buf, size);
	case PROC_CWD:
	case PROC_FD:
	case PROC_MAP_FILES:
		return follow_by_name(s, p, &name, buf, size);
	default:
		r = hostfs_ops.read_link(&s->hostfs, p, buf, size);
		/* ns/mnt -> "mnt:[4026531841]": only the kernel can follow that. */
		return r > 0 && name.what == PROC_OTHER && memchr(buf, '[', (size_t)r) ? FS_MAGIC
										       : r;
	}
}

static int guest_kind(void *ctx, struct hpath p)
{
	struct session *s = ctx;
	int r;

	if (guestfs_is_hidden(s, p))
		return -ENOENT;
	r = hostfs_ops.kind(&s->hostfs, guestfs_as_walker(s, p));
	if (r == -EACCES && s->identity && permit_clear_way(s, p))
		r = hostfs_ops.kind(&s->hostfs, guestfs_as_walker(s, p));
	return r;
}

static int guest_may_search(void *ctx, struct hpath p)
{
	return permit_search(ctx, p);
}

static int guest_real(void *ctx, struct hpath p, struct pathbuf *ret)
{
	struct session *s = ctx;

	return hostfs_ops.real(&s->hostfs, guestfs_as_walker(s, p), ret);
}

static int guest_is_plain(void *ctx, struct hpath p, bool follow)
{
	struct session *s = ctx;

	if (guestfs_is_proc(p))
		return 0;
	return hostfs_ops.is_plain(&s->hostfs, p, follow);
}

const struct fs_ops guestfs_ops = {
	.kind = guest_kind,
	.read_link = guest_read_link,
	.real = guest_real,
	.is_plain = guest_is_plain,
};

const struct fs_ops guestfs_judged_ops = {
	.kind = guest_kind,
	.read_link = guest_read_link,
	.real = guest_real,
	.may_search = guest_may_search,
};
