/* SPDX-License-Identifier: MIT */
/*
 * An order is a head of fixed size, which the descriptors come with, and as many bytes of strings
 * as it says. What comes is looked at as if anybody could have sent it.
 */
#include "engine/sessions/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <talloc.h>
#include <unistd.h>

#define MAGIC "pr-exec1"

enum { BYTES_MOST = 8 << 20 }; /* more than execve(2) takes */

enum head_flags {
	HEAD_CWD = 1 << 0,
	HEAD_USER = 1 << 1,
	HEAD_GROUPS = 1 << 2,
	HEAD_TERMINAL = 1 << 3,
	HEAD_KEEP_HOME = 1 << 4,
};

struct head {
	char magic[8];
	uint32_t flags, identity, uid, gid, words, edits, bytes;
};

union file_message {
	char room[CMSG_SPACE(WIRE_FILES * sizeof(int))];
	struct cmsghdr align;
};

static int put_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = send(fd, at, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int get_all(int fd, void *data, size_t size)
{
	char *at = data;

	while (size > 0) {
		ssize_t n = recv(fd, at, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* ---- orders ---------------------------------------------------------------------------------- */

struct text {
	char *bytes; /* child of whatever owns it; NULL at first */
	size_t len;
};

static int add(void *ctx, struct text *t, const char *s)
{
	size_t n = strlen(s) + 1;
	char *more;

	if (n > BYTES_MOST - t->len)
		return -E2BIG;
	more = talloc_realloc(ctx, t->bytes, char, t->len + n);
	if (!more)
		return -ENOMEM;
	memcpy(more + t->len, s, n);
	t->bytes = more;
	t->len += n;
	return 0;
}

static int add_all(void *ctx, struct text *t, const char *const *list, uint32_t *ret_count)
{
	int r = 0;

	for (*ret_count = 0; r == 0 && list && list[*ret_count]; ++*ret_count)
		r = add(ctx, t, list[*ret_count]);
	return r;
}

/* An own flag says that it is there. */
static int add_maybe(void *ctx, struct text *t, const char *s, uint32_t flag, struct head *h)
{
	if (s)
		h->flags |= flag;
	return s ? add(ctx, t, s) : 0;
}

static int put_head(int fd, const struct head *h, const int files[WIRE_FILES])
{
	struct iovec iov = { (void *)(uintptr_t)h, sizeof(*h) };
	union file_message with = { .align = { .cmsg_level = SOL_SOCKET,
					       .cmsg_type = SCM_RIGHTS,
					       .cmsg_len = CMSG_LEN(WIRE_FILES * sizeof(int)) } };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &with,
			    .msg_controllen = sizeof(with) };
	ssize_t n;

	memcpy(CMSG_DATA(&with.align), files, WIRE_FILES * sizeof(int));
	n = sendmsg(fd, &m, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	return put_all(fd, (const char *)h + n, sizeof(*h) - (size_t)n);
}

int wire_put_order(int fd, const struct order *o, const int files[WIRE_FILES])
{
	struct head h = { .magic = MAGIC,
			  .flags = (o->terminal ? HEAD_TERMINAL : 0) |
				   (o->keep_home ? HEAD_KEEP_HOME : 0),
			  .identity = o->identity,
			  .uid = o->uid,
			  .gid = o->gid };
	struct text t = { NULL, 0 };
	void *ctx = talloc_new(NULL);
	int r = add_maybe(ctx, &t, o->cwd, HEAD_CWD, &h);

	if (r == 0)
		r = add_maybe(ctx, &t, o->user, HEAD_USER, &h);
	if (r == 0)
		r = add_maybe(ctx, &t, o->groups, HEAD_GROUPS, &h);
	if (r == 0)
		r = add_all(ctx, &t, o->argv, &h.words);
	if (r == 0)
		r = add_all(ctx, &t, o->edits, &h.edits);
	h.bytes = (uint32_t)t.len;
	if (r == 0)
		r = put_head(fd, &h, files);
	if (r == 0)
		r = put_all(fd, t.bytes, t.len);
	talloc_free(ctx);
	return r;
}

/* How many came. There is room for one more than is meant, for the sake of alignment: that goes. */
static size_t take_files(struct msghdr *m, int *ret)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t n;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(ret, CMSG_DATA(c), (n < WIRE_FILES ? n : WIRE_FILES) * sizeof(int));
	for (size_t i = WIRE_FILES; i < n; i++) {
		int more;

		memcpy(&more, CMSG_DATA(c) + i * sizeof(int), sizeof(more));
		close(more);
	}
	return n;
}

/* The caller closes *files that are not -1. */
static int get_head(int fd, struct head *h, int files[WIRE_FILES])
{
	struct iovec iov = { h, sizeof(*h) };
	union file_message with;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &with,
			    .msg_controllen = sizeof(with) };
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	size_t count;

	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	count = take_files(&m, files);
	if (count != WIRE_FILES || (m.msg_flags & MSG_CTRUNC))
		return -EPROTO;
	return get_all(fd, (char *)h + n, sizeof(*h) - (size_t)n);
}

/* The next string, or NULL: there is none, or it does not end. */
static const char *next(struct text *t)
{
	const char *s = t->bytes;
	const char *zero = t->len ? memchr(s, '\0', t->len) : NULL;

	if (!zero)
		return NULL;
	t->len -= (size_t)(zero + 1 - s);
	t->bytes += zero + 1 - s;
	return s;
}

static int take_maybe(struct text *t, bool is_there, const char **ret)
{
	*ret = is_there ? next(t) : NULL;
	return is_there && !*ret ? -EPROTO : 0;
}

static int take_list(void *ctx, struct text *t, uint32_t count, const char *const **ret)
{
	const char **list;

	if (count > t->len) /* each has one byte at least */
		return -EPROTO;
	list = talloc_zero_array(ctx, const char *, count + 1);
	for (uint32_t i = 0; list && i < count; i++) {
		list[i] = next(t);
		if (!list[i])
			return -EPROTO;
	}
	*ret = list;
	return list ? 0 : -ENOMEM;
}

static int take_order(void *ctx, const struct head *h, struct text t, struct order *o)
{
	int r;

	*o = (struct order){ .identity = (enum identity_kind)h->identity,
			     .uid = h->uid,
			     .gid = h->gid,
			     .terminal = h->flags & HEAD_TERMINAL,
			     .keep_home = h->flags & HEAD_KEEP_HOME };
	r = take_maybe(&t, h->flags & HEAD_CWD, &o->cwd);
	if (r == 0)
		r = take_maybe(&t, h->flags & HEAD_USER, &o->user);
	if (r == 0)
		r = take_maybe(&t, h->flags & HEAD_GROUPS, &o->groups);
	if (r == 0)
		r = take_list(ctx, &t, h->words, &o->argv);
	if (r == 0)
		r = take_list(ctx, &t, h->edits, &o->edits);
	if (r == 0 && (t.len != 0 || (o->identity == IDENTITY_USER) != (o->user != NULL)))
		r = -EPROTO;
	return r;
}

static int get_body(void *ctx, int fd, const struct head *h, struct order *ret)
{
	struct text t;
	int r;

	if (memcmp(h->magic, MAGIC, sizeof(h->magic)) != 0 || h->bytes > BYTES_MOST ||
	    h->identity > IDENTITY_USER)
		return -EPROTO;
	t = (struct text){ talloc_array(ctx, char, h->bytes + 1), h->bytes };
	if (!t.bytes)
		return -ENOMEM;
	r = get_all(fd, t.bytes, t.len);
	return r < 0 ? r : take_order(ctx, h, t, ret);
}

int wire_get_order(void *ctx, int fd, struct order *ret, int ret_files[WIRE_FILES])
{
	int files[WIRE_FILES] = { -1, -1, -1 };
	struct head h;
	int r = get_head(fd, &h, files);

	if (r == 0)
		r = get_body(ctx, fd, &h, ret);
	for (int i = 0; i < WIRE_FILES; i++) {
		ret_files[i] = r < 0 ? -1 : files[i];
		if (r < 0 && files[i] >= 0)
			close(files[i]);
	}
	return r;
}

/* ---- notes and replies ----------------------------------------------------------------------- */

int wire_put_note(int fd, const struct note *n)
{
	return put_all(fd, n, sizeof(*n));
}

int wire_get_note(int fd, struct note *ret)
{
	return get_all(fd, ret, sizeof(*ret));
}

int wire_put_reply(int fd, const struct reply *r)
{
	return put_all(fd, r, sizeof(*r));
}

int wire_get_reply(int fd, struct reply *ret)
{
	int r = get_all(fd, ret, sizeof(*ret));

	ret->fail.text[sizeof(ret->fail.text) - 1] = '\0';
	return r;
}
