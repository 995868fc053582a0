/* SPDX-License-Identifier: MIT */
/*
 * Directory listings: binds over nothing appear in their parent's, and under --sandbox our own
 * processes do not appear in /proc.
 *
 * What is added comes inside the call that starts at offset 0, behind the kernel's entries; the
 * kernel is called with a smaller count, so that its own offset stays the only state. Only where
 * the guest's buffer is too small for that do additions wait for later calls: then a record says
 * at which offset of the kernel's how many of them were told.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "syscall/dirents.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { RECORDS = 64 };

/* Of a listing under way in a small buffer. */
struct record {
	pid_t pid; /* 0: free */
	int fd;
	uint64_t pos;  /* the kernel's offset: told at it were */
	unsigned told; /* this many additions */
};

struct listing {
	struct record records[RECORDS];
	unsigned next; /* the oldest */
};

/* A listing call in flight. */
struct job {
	enum dirents_form form;
	uint64_t pos; /* the kernel's offset before it */
	bool hide;
	unsigned first, count; /* of additions: told before, all */
	size_t need;	       /* bytes that those to come take */
	struct dirents_entry add[];
};

static struct record *record_find(struct session *s, const struct call *c)
{
	struct listing *l = s->listing;

	for (unsigned i = 0; l && i < RECORDS; i++)
		if (l->records[i].pid == c->t->process->pid &&
		    l->records[i].fd == (int)c->guest_arg[0])
			return &l->records[i];
	return NULL;
}

static void record_set(struct session *s, const struct call *c, uint64_t pos, unsigned told)
{
	struct record *r = record_find(s, c);

	if (!s->listing)
		s->listing = talloc_zero(s, struct listing);
	if (!s->listing)
		return;
	if (!r)
		r = &s->listing->records[s->listing->next++ % RECORDS];
	*r = (struct record){ c->t->process->pid, (int)c->guest_arg[0], pos, told };
}

static void record_drop(struct session *s, const struct call *c)
{
	struct record *r = record_find(s, c);

	if (r)
		r->pid = 0;
}

/* The kernel's offset of a descriptor: proc_pid_fdinfo(5). */
static int read_offset(const struct call *c, uint64_t *ret)
{
	char name[64], text[64];
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", c->t->tid, (int)c->guest_arg[0]);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return sscanf(text, "pos: %" SCNu64, ret) == 1 ? 0 : -EINVAL;
}

/* The name that this entry of the view adds to the directory; NULL: none. */
static const char *added_name(const struct bind *b, const struct pathbuf *dir)
{
	const char *rest = b->flags & BIND_UNLISTED ? path_under(b->guest.s, dir->s) : NULL;

	return rest && rest[0] == '/' && !strchr(rest + 1, '/') ? rest + 1 : NULL;
}

static unsigned char type_of(mode_t mode)
{
	return (unsigned char)IFTODT(mode);
}

/* The rootfs may have got the name since the view was made. */
static bool is_listed(struct session *s, const char *name)
{
	struct pathbuf *p = &s->text;

	return pathbuf_set(p, s->base_host.s) < 0 || pathbuf_push(p, name, strlen(name)) < 0 ||
	       faccessat(AT_FDCWD, p->s, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What is to be added to the directory in base_guest, base_host. NULL where that is nothing. */
static struct job *plan(struct call *c)
{
	struct session *s = tracee_session(c->t);
	bool hide = s->sandbox && strcmp(s->base_host.s, "/proc") == 0;
	struct job *j = NULL;
	struct stat st;

	for (size_t i = 0; i < s->view->count; i++) {
		const struct bind *b = &s->view->binds[i];
		const char *name = added_name(b, &s->base_guest);

		if (!name || lstat(b->host.s, &st) < 0 || is_listed(s, name))
			continue;
		if (!j)
			j = talloc_zero_size(c->t, sizeof(*j) + s->view->count * sizeof(j->add[0]));
		if (!j)
			return NULL;
		j->add[j->count++] = (struct dirents_entry){ talloc_strdup(j, name), st.st_ino, 0,
							     type_of(st.st_mode) };
		if (!j->add[j->count - 1].name)
			j->count--;
	}
	if (!j && hide)
		j = talloc_zero(c->t, struct job);
	if (j)
		j->hide = hide;
	return j;
}

/* How many additions the guest has seen in this pass over the directory. */
static unsigned told_before(struct session *s, const struct call *c, const struct job *j)
{
	const struct record *r = record_find(s, c);

	if (r && r->pos == j->pos)
		return r->told < j->count ? r->told : j->count;
	record_drop(s, c);
	return j->pos == 0 ? 0 : j->count;
}

static struct job *begin(struct call *c, enum dirents_form form)
{
	struct session *s = tracee_session(c->t);
	struct canon_base base;
	struct job *j;

	if (path_base(c->t, (int)c->guest_arg[0], &s->base_guest, &s->base_host, &base) < 0 ||
	    !base.guest.s)
		return NULL;
	j = plan(c);
	if (!j)
		return NULL;
	j->form = form;
	if (read_offset(c, &j->pos) < 0) {
		talloc_free(j);
		return NULL;
	}
	j->first = told_before(s, c, j);
	for (unsigned i = j->first; i < j->count; i++)
		j->need += dirents_size(form, strlen(j->add[i].name));
	return j;
}

static size_t hide_ours(const struct session *s, const struct job *j, char *buf, size_t used)
{
	const pid_t ours[] = { s->tracer_pid, s->front_pid };
	char name[16];

	for (size_t i = 0; j->hide && i < sizeof(ours) / sizeof(ours[0]); i++) {
		snprintf(name, sizeof(name), "%d", ours[i]);
		used = dirents_remove(j->form, buf, used, name);
	}
	return used;
}

/* Adds what fits; how many of all are told now. */
static unsigned add(struct job *j, char *buf, size_t *used, size_t size, uint64_t off)
{
	unsigned i;

	for (i = j->first; i < j->count; i++) {
		size_t before = *used;

		j->add[i].off = off;
		*used = dirents_append(j->form, buf, before, size, &j->add[i]);
		if (*used == before)
			break;
	}
	return i;
}

static int list_exit(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct job *j = c->data;
	size_t got = (size_t)c->result, used, size;
	uint64_t off = j->pos, count = (uint32_t)c->guest_arg[2];
	unsigned told;
	char *buf;

	if (c->result < 0 || got > count)
		return 0;
	size = got + j->need < count ? got + j->need : count;
	buf = talloc_size(j, size + 1);
	if (!buf || mem_read(c->t, c->guest_arg[1], buf, got) < 0)
		return 0;
	if (got > 0 && !dirents_last_off(j->form, buf, got, &off))
		return 0;
	used = hide_ours(s, j, buf, got);
	told = add(j, buf, &used, size, off);
	if (used == 0 && told < j->count) {
		c->result = -EINVAL; /* too small for one entry */
		return 1;
	}
	if (mem_write(c->t, c->guest_arg[1], buf, used) < 0)
		return 0;
	if (told < j->count || (got == 0 && told > j->first))
		record_set(s, c, off, told);
	c->result = (int64_t)used;
	return 1;
}

static int list(struct call *c, enum dirents_form form)
{
	uint64_t count = (uint32_t)c->guest_arg[2];
	struct job *j = begin(c, form);

	if (!j)
		return 0;
	if (!j->hide && j->first == j->count) {
		talloc_free(j);
		return 0;
	}
	c->data = j;
	if (j->need && count >= j->need + DIRENTS_LARGEST)
		call_set_arg(c, 2, count - j->need);
	return call_want_exit(c, list_exit);
}

int sys_getdents64(struct call *c)
{
	return list(c, DIRENTS_64);
}

int sys_getdents(struct call *c)
{
	return list(c, c->abi->word_bytes == 8 ? DIRENTS_LONG8 : DIRENTS_LONG4);
}

/* One entry a call: the additions come at the end, one by one. */
static int readdir_exit(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct job *j = c->data;
	const struct record *r = record_find(s, c);
	unsigned next = r && r->pos == j->pos ? r->told : 0;
	char buf[DIRENTS_LARGEST];
	size_t n;

	if (c->result != 0 || next >= j->count) {
		record_drop(s, c);
		return 0;
	}
	j->add[next].off = j->pos;
	n = dirents_append(j->form, buf, 0, sizeof(buf), &j->add[next]);
	record_set(s, c, j->pos, next + 1);
	c->result = mem_write(c->t, c->guest_arg[1], buf, n) < 0 ? -EFAULT : 1;
	return 1;
}

int sys_readdir(struct call *c)
{
	struct job *j = begin(c, DIRENTS_OLD4);

	if (!j)
		return 0;
	c->data = j;
	return call_want_exit(c, readdir_exit);
}
