/* SPDX-License-Identifier: MIT */
/*
 * Directory listings: binds over nothing appear in their parent's, and under --sandbox our own
 * processes do not appear in /proc.
 *
 * The kernel's own offset is the only state, so that descriptors may share it and seekdir(3) may
 * lead to any entry that was told. What is added comes behind the dots, in the call that starts at
 * offset 0, the kernel called with a smaller count. Each addition has a place of its own, an
 * offset that no file system reaches: a listing that starts there winds the kernel's back to 0
 * first and leaves out what was told. Where the guest's buffer is too small for both, additions
 * are told alone, and the offset is set to the place behind them.
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

#include "syscall/devdirs.h"
#include "syscall/dirents.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* Places of ours: a flag for "the dots were told", and how many additions were. */
enum { PLACE_FIRST = 0x7fff0000, PLACE_DOTS = 1 << 11, PLACE_TOLD = PLACE_DOTS - 1 };

/* With so much room the kernel has an entry to tell behind the dots, however long its name. */
enum { ROOM = DIRENTS_LARGEST + 64 };

/* A listing call in flight. */
struct job {
	enum dirents_form form;
	uint64_t pos; /* the kernel's offset */
	bool wound;   /* which is 0, but was a place of ours: the listing goes on from there */
	bool dots;    /* told there */
	bool hide;
	bool retype; /* devices: devdirs.h */
	unsigned first, count; /* of additions: told before, all */
	size_t need;	       /* bytes that those to come take */
	size_t used;	       /* bytes told without the kernel */
	struct dirents_entry add[];
};

static bool is_place(uint64_t pos)
{
	return (pos & ~(uint64_t)(PLACE_DOTS | PLACE_TOLD)) == PLACE_FIRST;
}

static uint64_t place(bool dots, unsigned told)
{
	return PLACE_FIRST | (dots ? PLACE_DOTS : 0) | told;
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

	for (size_t i = 0; i < s->view->count && !(j && j->count == PLACE_TOLD); i++) {
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

static void start_at(struct job *j, uint64_t pos)
{
	unsigned told = pos & PLACE_TOLD;

	j->dots = pos & PLACE_DOTS;
	j->first = told < j->count ? told : j->count;
}

/* The job is the call's; NULL: the kernel does it alone. */
static struct job *begin(struct call *c, enum dirents_form form)
{
	struct wound_back *wound = &c->t->wound_back;
	struct canon_base base;
	struct job *j;

	if (path_base(c->t, (int)c->guest_arg[0], &base) < 0 || !base.guest.s)
		return NULL;
	c->data = j = plan(c);
	if (!j || read_offset(c, &j->pos) < 0)
		return NULL;
	j->form = form;
	j->wound = j->pos == 0 && wound->place && wound->fd == (int)c->guest_arg[0];
	if (j->wound)
		start_at(j, wound->place);
	else if (j->count && is_place(j->pos))
		start_at(j, j->pos);
	else if (j->pos == 0 || j->hide)
		j->first = j->pos ? j->count : 0;
	else
		return NULL;
	for (unsigned i = j->first; i < j->count; i++)
		j->need += dirents_size(form, strlen(j->add[i].name));
	return j;
}

/* The offset is the guest's: it may be that of several descriptors, in several processes. */
static int wind_back(struct call *c, const struct job *j)
{
	struct wound_back *wound = &c->t->wound_back;
	int fd = (int)c->guest_arg[0];
	bool failed = wound->place == j->pos && wound->fd == fd;

	*wound = (struct wound_back){ fd, failed ? 0 : j->pos };
	if (failed)
		return 0;
	c->before = SC_lseek;
	c->before_arg[0] = c->guest_arg[0];
	c->before_arg[1] = 0;
	c->before_arg[2] = SEEK_SET;
	return 0;
}

/* Adds what fits; how many of all are told then. */
static unsigned add(struct job *j, char *buf, size_t *used, size_t size)
{
	unsigned i;

	for (i = j->first; i < j->count; i++) {
		size_t before = *used;

		j->add[i].off = place(j->dots, i + 1);
		*used = dirents_append(j->form, buf, before, size, &j->add[i]);
		if (*used == before)
			break;
	}
	return i;
}

static int alone_exit(struct call *c)
{
	const struct job *j = c->data;

	if (c->result < 0)
		return 0;
	c->result = (int64_t)j->used;
	return 1;
}

/* The call becomes the lseek(2) to the place behind what is told. */
static int tell_alone(struct call *c, struct job *j, size_t size)
{
	char *buf = talloc_size(j, size + 1);
	unsigned told;

	if (!buf)
		return -ENOMEM;
	told = add(j, buf, &j->used, size);
	if (j->used == 0)
		return -EINVAL; /* too small for one entry */
	if (mem_write(c->t, c->guest_arg[1], buf, j->used) < 0)
		return -EFAULT;
	if (j->form == DIRENTS_OLD4)
		j->used = 1; /* entries, not bytes */
	c->nr = sys_number(c->abi, SC_lseek);
	c->flags |= CALL_CHANGED;
	call_set_arg(c, 1, place(j->dots, told));
	call_set_arg(c, 2, SEEK_SET);
	return call_want_exit(c, alone_exit);
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

/*
 * The kernel's entries of a listing from the start, in buf, get the additions behind their dots, or
 * before all where there are none; the new length. One that goes on from a place of ours has had
 * the dots, maybe; where nothing else fits it gets them again, for nothing would mean the end.
 */
static size_t insert(struct job *j, char *buf, size_t got)
{
	size_t dots = dirents_dots(j->form, buf, got), head = dots, used;
	char *rest = buf + got + j->need;

	if (!j->count || (j->pos != 0 && !j->wound))
		return got;
	memcpy(rest, buf, got);
	if (j->wound) {
		head = 0;
		if (!j->dots || (dots == got && j->first == j->count))
			dots = 0;
	} else {
		j->dots = dots > 0;
		dirents_set_last_off(j->form, buf, head, place(true, 0));
	}
	used = head;
	add(j, buf, &used, head + j->need);
	memcpy(buf + used, rest + dots, got - dots);
	return used + got - dots;
}

static int list_exit(struct call *c)
{
	struct job *j = c->data;
	size_t got = (size_t)c->result, used;
	char *buf;

	c->t->wound_back.place = 0;
	if (c->result <= 0 || got > (uint32_t)c->arg[2])
		return 0;
	buf = talloc_size(j, 2 * got + j->need);
	if (!buf || mem_read(c->t, c->guest_arg[1], buf, got) < 0)
		return 0;
	used = hide_ours(tracee_session(c->t), j, buf, got);
	used = insert(j, buf, used);
	if (j->retype)
		devdirs_retype(c, (int)c->guest_arg[0], j->form, buf, used);
	if (mem_write(c->t, c->guest_arg[1], buf, used) < 0)
		return 0;
	c->result = (int64_t)used;
	return 1;
}

/* Is there any directory to which something is to be added, or in which something is hidden? */
static bool adds_anywhere(const struct session *s)
{
	for (size_t i = 0; i < s->view->count; i++)
		if (s->view->binds[i].flags & BIND_UNLISTED)
			return true;
	return s->sandbox;
}

/* An empty job, of a listing that is the kernel's but for the types. */
static struct job *begin_retyping(struct call *c, enum dirents_form form)
{
	struct job *j = talloc_zero(c->t, struct job);

	if (!j)
		return NULL;
	j->form = form;
	j->pos = 1; /* nothing is added at the start */
	c->data = j;
	return j;
}

static int list(struct call *c, enum dirents_form form)
{
	const struct session *s = tracee_session(c->t);
	bool retype = s->identity && devdirs_has(c, (int)c->guest_arg[0]);
	uint64_t count = (uint32_t)c->guest_arg[2];
	struct job *j = adds_anywhere(s) ? begin(c, form) : NULL;

	if (!j && retype)
		j = begin_retyping(c, form);
	if (!j)
		return 0;
	j->retype = retype;
	if (j->need && count < j->need + ROOM)
		return tell_alone(c, j, count < j->need ? count : j->need);
	if (j->count && is_place(j->pos))
		return wind_back(c, j);
	if (j->need)
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

/* One entry a call: the additions come first. */
int sys_readdir(struct call *c)
{
	struct job *j = begin(c, DIRENTS_OLD4);

	if (!j)
		return 0;
	if (j->need)
		return tell_alone(c, j, dirents_size(j->form, strlen(j->add[j->first].name)));
	if (j->count && is_place(j->pos))
		return wind_back(c, j);
	c->t->wound_back.place = 0;
	return 0;
}
