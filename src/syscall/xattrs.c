/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes in sessions with an identity: xattr(7). user.* is the host's, asked for by
 * virtual ids; what the host would refuse (security.*, trusted.*, access lists) is the owner
 * store's; what the store itself puts on a file is not there.
 *
 * What nobody remembers anything of is left to the kernel, and so is every error in the arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/xattr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/acl.h"
#include "ident/dac.h"
#include "ident/store.h"
#include "syscall/dispatch.h"
#include "syscall/fdchange.h"
#include "syscall/handlers.h"
#include "syscall/nameless.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum {
	NAME_MAX_BYTES = 255,
	VALUE_MAX_BYTES = 65536,
	LIST_MAX_BYTES = 65536,
};

enum { LEFT_TO_KERNEL = 1 };

struct request {
	char name[NAME_MAX_BYTES + 1];
	uint64_t value; /* guest address */
	uint64_t size;
	int flags;
};

/* The arguments that tell the object, and where the others begin. */
struct place {
	int path; /* index of the path, or -1: the first is a descriptor */
	unsigned rest;
	bool is_at; /* setxattrat and its like: the value lies behind a struct xattr_args */
};

struct xattr_words {
	uint64_t value;
	uint32_t size, flags;
};

static struct place find_place(const struct call *c)
{
	int path = sys_find_arg(c->row, ARG_PATH);

	if (path < 0)
		return (struct place){ -1, 1, false };
	if (c->row->args[path].rule == PATH_AT)
		return (struct place){ path, (unsigned)path + 2, true };
	return (struct place){ path, (unsigned)path + 1, false };
}

/* ---- arguments: false where the kernel shall say what is wrong with them -------------------- */

static bool read_name(const struct call *c, uint64_t addr, char name[NAME_MAX_BYTES + 1])
{
	return mem_read_str(c->t, addr, name, NAME_MAX_BYTES + 1) > 0;
}

static uint64_t word(const struct call *c, uint64_t value)
{
	return c->abi->word_bytes == 4 ? (uint32_t)value : value;
}

/* getxattr and setxattr: the name, a value and its size, flags. */
static bool read_value_args(const struct call *c, const struct place *p, struct request *q)
{
	const uint64_t *arg = c->guest_arg + p->rest;
	struct xattr_words x;

	if (!read_name(c, arg[0], q->name))
		return false;
	if (!p->is_at) {
		q->value = arg[1];
		q->size = word(c, arg[2]);
		q->flags = (int)arg[3];
		return true;
	}
	if (word(c, arg[2]) != sizeof(x) || mem_read(c->t, arg[1], &x, sizeof(x)) < 0)
		return false;
	q->value = x.value;
	q->size = x.size;
	q->flags = (int)x.flags;
	return true;
}

/* ---- user.*: the host's own ----------------------------------------------------------------- */

static bool is_user(const char *name)
{
	return strncmp(name, XATTR_USER_PREFIX, sizeof(XATTR_USER_PREFIX) - 1) == 0;
}

static bool is_list(const char *name)
{
	return strcmp(name, ACL_ACCESS_XATTR) == 0 || strcmp(name, ACL_DEFAULT_XATTR) == 0;
}

/* A name that we have a say in. */
static bool concerns_us(const char *name)
{
	return is_user(name) || store_keeps_xattr(name);
}

/* The host asks for its own permission bits: who may is above them. */
static bool can_widen(struct call *c, struct object *o)
{
	return errno == EACCES &&
	       permit_open_up(tracee_session(c->t), o, DAC_READ | DAC_WRITE);
}

static ssize_t get_of_host(struct call *c, struct object *o, const char *name, void *buf,
			   size_t size)
{
	char file[OBJECT_LINK_BYTES];
	ssize_t n;

	snprintf(file, sizeof(file), "/proc/self/fd/%d", o->fd);
	n = getxattr(file, name, buf, size);
	if (n < 0 && can_widen(c, o))
		n = getxattr(file, name, buf, size);
	return n < 0 ? -errno : n;
}

/* `value` NULL: to be removed. */
static int set_on_host(struct call *c, struct object *o, const struct request *q, const void *value)
{
	char file[OBJECT_LINK_BYTES];
	int r;

	snprintf(file, sizeof(file), "/proc/self/fd/%d", o->fd);
	for (int tries = 0; tries < 2; tries++) {
		r = value ? setxattr(file, q->name, value, q->size, q->flags) :
			    removexattr(file, q->name);
		if (r == 0 || !can_widen(c, o))
			break;
	}
	return r < 0 ? -errno : 0;
}

/* ---- the calls, once the object is found ---------------------------------------------------- */

static int may(struct call *c, struct object *o, const char *name, unsigned mask)
{
	struct session *s = tracee_session(c->t);
	struct dac_inode told;
	int r;

	permit_tell(s, o, &told);
	r = dac_may_xattr(c->t->cred, &told, name, mask);
	permit_told(&told);
	return r;
}

/* Is anything remembered of it? Then it is opened. */
static bool is_remembered(struct call *c, struct object *o)
{
	struct store *store = tracee_session(c->t)->identity->store;

	/* A link bears no sign of it. */
	return (store_wants_fd(store, &o->st) || store_remembers_beside(store, &o->st)) &&
	       object_open(c, o) == 0;
}

static int give(struct call *c, const struct request *q, const void *buf, ssize_t n)
{
	if (q->size && mem_write(c->t, q->value, buf, (size_t)n) < 0)
		return -EFAULT;
	return call_answer(c, n);
}

static int get(struct call *c, struct object *o, const struct request *q)
{
	struct session *s = tracee_session(c->t);
	size_t size = q->size < VALUE_MAX_BYTES ? q->size : VALUE_MAX_BYTES;
	char *buf;
	ssize_t n;
	int r;

	if (!is_user(q->name) && !is_remembered(c, o))
		return LEFT_TO_KERNEL;
	r = object_open(c, o);
	if (r == 0)
		r = may(c, o, q->name, DAC_READ);
	if (r < 0)
		return r;
	buf = malloc(size + 1);
	if (!buf)
		return -ENOMEM;
	if (is_user(q->name)) {
		n = get_of_host(c, o, q->name, buf, size);
	} else {
		struct store_object so = { o->fd, &o->st, object_place(c, o) };

		n = store_getxattr(s->identity->store, &so, q->name, buf, size);
	}
	r = n < 0 ? (int)n : give(c, q, buf, n);
	free(buf);
	return r;
}

/* posix_acl_update_mode: a list set by who is not in the file's group takes S_ISGID away. */
static int settle_setgid(struct call *c, const struct store_object *so)
{
	struct store *store = tracee_session(c->t)->identity->store;
	struct store_object again = *so;
	struct owner now, then;
	struct statx st;

	if (statx(so->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return 0;
	again.st = &st;
	store_get(store, &again, &now);
	if (!(now.mode & S_ISGID) || dac_may_chmod(c->t->cred, &now, now.mode, &then) < 0 ||
	    then.mode == now.mode)
		return 0;
	return store_set(store, &again, &then);
}

/* set_posix_acl: what the value is comes before who asks. */
static int check_list(const struct object *o, const struct request *q, const void *value)
{
	struct acl *list;
	int r = acl_parse(NULL, value, q->size, &list);

	if (r == 0 && strcmp(q->name, ACL_DEFAULT_XATTR) == 0 && !S_ISDIR(o->st.stx_mode) &&
	    !S_ISLNK(o->st.stx_mode))
		r = list ? -EACCES : 0;
	talloc_free(list);
	return r;
}

static int set_kept(struct call *c, struct object *o, const struct request *q, const void *value)
{
	struct store *store = tracee_session(c->t)->identity->store;
	struct store_object so = { o->fd, &o->st, object_place(c, o) };
	int r = is_list(q->name) ? check_list(o, q, value) : 0;

	if (r == 0)
		r = may(c, o, q->name, DAC_WRITE);
	if (r == 0)
		r = store_setxattr(store, &so, q->name, value, q->size, q->flags);
	if (r == 0 && strcmp(q->name, ACL_ACCESS_XATTR) == 0)
		r = settle_setgid(c, &so);
	return r;
}

static int set(struct call *c, struct object *o, const struct request *q)
{
	char *value;
	int r = object_open(c, o);

	if (r < 0)
		return r;
	value = malloc(q->size + 1);
	if (!value)
		return -ENOMEM;
	r = mem_read(c->t, q->value, value, q->size);
	if (r == 0 && is_user(q->name)) {
		r = may(c, o, q->name, DAC_WRITE);
		if (r == 0)
			r = set_on_host(c, o, q, value);
	} else if (r == 0) {
		r = set_kept(c, o, q, value);
	}
	free(value);
	return r < 0 ? r : call_answer(c, 0);
}

static int take_away(struct call *c, struct object *o, const struct request *q)
{
	struct store *store = tracee_session(c->t)->identity->store;
	struct store_object so = { .st = &o->st };
	int r = object_open(c, o);

	if (r == 0)
		r = may(c, o, q->name, DAC_WRITE);
	if (r < 0)
		return r;
	so.fd = o->fd;
	so.place = object_place(c, o);
	r = is_user(q->name) ? set_on_host(c, o, q, NULL) :
			       store_removexattr(store, &so, q->name);
	return r < 0 ? r : call_answer(c, 0);
}

/* trusted.* is listed to who may read it. */
static bool is_listed(const struct call *c, const char *name)
{
	if (store_hides_xattr(name))
		return false;
	return cred_capable(c->t->cred, CAP_SYS_ADMIN) ||
	       strncmp(name, XATTR_TRUSTED_PREFIX, sizeof(XATTR_TRUSTED_PREFIX) - 1) != 0;
}

static size_t drop_unlisted(const struct call *c, char *list, size_t len)
{
	size_t kept = 0, n;

	for (size_t at = 0; at < len; at += n) {
		n = strlen(list + at) + 1;
		if (!is_listed(c, list + at))
			continue;
		memmove(list + kept, list + at, n);
		kept += n;
	}
	return kept;
}

static int list(struct call *c, struct object *o, const struct request *q)
{
	struct store *store = tracee_session(c->t)->identity->store;
	struct store_object so = { .st = &o->st };
	char *names;
	ssize_t n;
	int r;

	if (!is_remembered(c, o))
		return LEFT_TO_KERNEL;
	names = malloc(LIST_MAX_BYTES);
	if (!names)
		return -ENOMEM;
	so.fd = o->fd;
	so.place = object_place(c, o);
	n = store_listxattr(store, &so, names, LIST_MAX_BYTES);
	if (n > 0)
		n = (ssize_t)drop_unlisted(c, names, (size_t)n);
	if (n >= 0 && q->size && (size_t)n > q->size)
		n = -ERANGE;
	r = n < 0 ? (int)n : give(c, q, names, n);
	free(names);
	return r;
}

/* ---- the calls ------------------------------------------------------------------------------ */

typedef int (*serve_fn)(struct call *c, struct object *o, const struct request *q);

static int leave(struct call *c, const struct place *p)
{
	return p->path < 0 ? 0 : dispatch_translate(c);
}

/* EBADF, and what is no file of any file system that we know, is the kernel's. */
static int find(struct call *c, const struct place *p, struct object *ret)
{
	int fd = (int)c->guest_arg[0];

	if (p->path >= 0)
		return object_by_path(c, (unsigned)p->path, NULL, ret);
	if (fd < 0 || fdchange_is_by_path(c->t->tid, fd))
		return OBJECT_NONE;
	return object_by_descriptor(c, fd, NULL, ret);
}

static int is_writable(struct call *c, const struct object *o, serve_fn serve)
{
	if (o->way != OBJECT_BY_LINK || (serve != set && serve != take_away) ||
	    !tracee_session(c->t)->view_read_only)
		return 0;
	return fdchange_check(c, (int)c->guest_arg[0]);
}

static int serve_object(struct call *c, const struct place *p, const struct request *q,
			serve_fn serve)
{
	struct object o;
	int r = find(c, p, &o);

	if (r != OBJECT_FOUND)
		return r;
	r = is_writable(c, &o, serve);
	if (r == 0)
		r = nameless_is(tracee_session(c->t), &o.st) ? LEFT_TO_KERNEL : serve(c, &o, q);
	object_done(&o);
	if (r != LEFT_TO_KERNEL)
		return r;
	return o.way == OBJECT_BY_WALK ? path_leave(c, (unsigned)p->path) : 0;
}

/* at_flags of the newer calls. */
static bool has_odd_flags(const struct call *c, const struct place *p)
{
	return p->is_at && ((unsigned)c->guest_arg[p->path + 1] &
			    ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
}

/* Names of ours are not there; to set one is refused. */
static int serve_named(struct call *c, const struct place *p, const struct request *q,
		       serve_fn serve, int hidden)
{
	struct object o;
	int r;

	if (!store_hides_xattr(q->name))
		return concerns_us(q->name) ? serve_object(c, p, q, serve) : leave(c, p);
	r = find(c, p, &o);
	if (r != OBJECT_FOUND)
		return r;
	object_done(&o);
	return hidden;
}

int sys_getxattr(struct call *c)
{
	const struct place p = find_place(c);
	struct request q = { .flags = 0 };

	if (has_odd_flags(c, &p) || !read_value_args(c, &p, &q) || (p.is_at && q.flags))
		return leave(c, &p);
	return serve_named(c, &p, &q, get, -ENODATA);
}

/* Without an identity only descriptors come here, of sessions with a :ro bind. */
int sys_setxattr(struct call *c)
{
	const struct place p = find_place(c);
	struct request q = { .flags = 0 };

	if (!tracee_session(c->t)->identity)
		return fdchange_serve(c);
	if (has_odd_flags(c, &p) || !read_value_args(c, &p, &q) || q.size > VALUE_MAX_BYTES ||
	    (q.flags & ~(XATTR_CREATE | XATTR_REPLACE)))
		return leave(c, &p);
	return serve_named(c, &p, &q, set, -EPERM);
}

int sys_listxattr(struct call *c)
{
	const struct place p = find_place(c);
	struct request q = { .value = c->guest_arg[p.rest],
			     .size = word(c, c->guest_arg[p.rest + 1]) };

	return has_odd_flags(c, &p) ? leave(c, &p) : serve_object(c, &p, &q, list);
}

int sys_removexattr(struct call *c)
{
	const struct place p = find_place(c);
	struct request q = { .flags = 0 };

	if (!tracee_session(c->t)->identity)
		return fdchange_serve(c);
	if (has_odd_flags(c, &p) || !read_name(c, c->guest_arg[p.rest], q.name))
		return leave(c, &p);
	return serve_named(c, &p, &q, take_away, -ENODATA);
}
