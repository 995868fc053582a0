/* SPDX-License-Identifier: MIT */
/*
 * /proc says what each guest has, by host names; which of its guest names was meant, if a file has
 * several, is known of a cwd alone: of others it is the first, as path/view.h has it.
 */
#include "syscall/inuse.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path/view.h"
#include "path/viewchange.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* What is looked for: a guest name in a view, or (v == NULL) a host name. */
struct question {
	struct session *s;
	const struct view *v;
	const char *name;
};

static bool is_meant(const struct question *q, const struct tracee *t, const char *host,
		     const char *hint)
{
	struct pathbuf *guest = &q->s->shown;

	if (host[0] != '/')
		return false;
	if (!q->v)
		return path_under(host, q->name);
	return view_to_guest(q->v, fs_root(t->fs), HPATH(host), hint, guest) == 0 &&
	       view_under(guest->s, q->name);
}

static bool link_leads_there(const struct question *q, const struct tracee *t, const char *link,
			     const char *hint)
{
	struct pathbuf *host = &q->s->text;
	ssize_t n = readlink(link, host->s, sizeof(host->s) - 1);

	if (n <= 0)
		return false;
	pathbuf_truncate(host, (size_t)n);
	return is_meant(q, t, host->s, hint);
}

static bool has_open(const struct question *q, const struct tracee *t)
{
	char name[64], link[64 + NAME_LIMIT + 2];
	bool found = false;
	struct dirent *e;
	DIR *d;

	snprintf(name, sizeof(name), "/proc/%d/fd", t->tid);
	d = opendir(name);
	while (d && !found && (e = readdir(d))) {
		snprintf(link, sizeof(link), "%s/%s", name, e->d_name);
		found = link_leads_there(q, t, link, NULL);
	}
	if (d)
		closedir(d);
	return found;
}

/* A thread's cwd may be its own, its files hardly ever are: they are the process's first one's. */
static bool uses(const struct question *q, const struct tracee *t)
{
	const struct exe *exe = t->mm ? t->mm->exe : NULL;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/cwd", t->tid);
	if (q->v && t->fs->left_behind) { /* the kernel's word is not what counts */
		if (fs_cwd_hint(t->fs) && view_under(fs_cwd_hint(t->fs), q->name))
			return true;
	} else if (link_leads_there(q, t, link, fs_cwd_hint(t->fs))) {
		return true;
	}
	if (exe && is_meant(q, t, exe->host, exe->guest))
		return true;
	return t->tid == t->process->pid && has_open(q, t);
}

static bool ask(const struct question *q)
{
	const struct tracee *t, *next;

	HASH_ITER(hh, q->s->tracees, t, next)
		if ((!q->v || t->fs->view == q->v) && uses(q, t))
			return true;
	return false;
}

bool inuse_mount(struct session *s, const struct view *v, const char *guest)
{
	const struct question q = { s, v, guest };

	return view_has_root_in(v, guest) || ask(&q);
}

bool inuse_by_name(struct session *s, const char *host)
{
	const struct question q = { s, NULL, host };

	return ask(&q);
}
