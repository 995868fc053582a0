/* SPDX-License-Identifier: MIT */
/*
 * sendmsg, sendmmsg, recvmsg, recvmmsg: addresses behind a struct msghdr, and credentials in its
 * control messages (scm.h). A header with neither is left where it is and costs no walk and no exit
 * stop.
 *
 * One socket has one family: the first name that is not AF_UNIX speaks for all of a call's messages
 * (a call with mixed families ends at the first wrong one, with an error from the kernel).
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <talloc.h>

#include "syscall/handlers.h"
#include "syscall/scm.h"
#include "syscall/sockets.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* struct msghdr and struct mmsghdr of an ABI: offsets. msg_len follows the header. */
struct layout {
	unsigned char bytes, stride, name, namelen, control, controllen, flags;
};

enum { HEADER_MAX = 56, STRIDE_MAX = 64, MESSAGES_MAX = UIO_MAXIOV };

static const struct layout layout_64 = { 56, 64, 0, 8, 32, 40, 48 };
static const struct layout layout_32 = { 28, 32, 0, 4, 16, 20, 24 };

static const struct layout *layout_of(const struct call *c)
{
	return c->abi->word_bytes == 8 ? &layout_64 : &layout_32;
}

static uint64_t msg_word(const struct call *c, const char *header, size_t offset)
{
	uint64_t word = 0;

	memcpy(&word, header + offset, c->abi->word_bytes);
	return word;
}

static uint64_t msg_name(const struct call *c, const char *header)
{
	return msg_word(c, header, layout_of(c)->name);
}

static uint64_t msg_control(const struct call *c, const char *header)
{
	return msg_word(c, header, layout_of(c)->control);
}

static uint64_t msg_controllen(const struct call *c, const char *header)
{
	return msg_word(c, header, layout_of(c)->controllen);
}

static uint32_t msg_u32(const char *header, size_t offset)
{
	uint32_t v;

	memcpy(&v, header + offset, sizeof(v));
	return v;
}

static uint32_t msg_namelen(const struct call *c, const char *header)
{
	return msg_u32(header, layout_of(c)->namelen);
}

static bool has_name(const struct call *c, const char *header)
{
	return msg_name(c, header) && msg_namelen(c, header);
}

/* Is the address of another family than ours, which settles the matter? */
static bool is_foreign(const struct call *c, uint64_t addr, uint32_t len)
{
	sa_family_t family;

	return len >= sizeof(family) && mem_read(c->t, addr, &family, sizeof(family)) == 0 &&
	       family != AF_UNIX && !tracee_session(c->t)->ports;
}

/* ---- send --------------------------------------------------------------------------------- */

/* Stages an address and points the header staged at `at` there. */
static int stage_name(struct call *c, size_t at, const struct unixaddr *a)
{
	struct stage *stage = &tracee_session(c->t)->stage;
	const struct layout *l = layout_of(c);
	const uint32_t len = (uint32_t)unixaddr_len_in(a);
	size_t name_at;
	int r = call_stage(c, a->bytes, len, &name_at);

	memcpy(stage->data + at + l->namelen, &len, sizeof(len));
	return r < 0 ? r : call_point_staged(c, at + l->name, name_at);
}

static int name_to_host(struct call *c, const char *header, struct unixaddr *ret)
{
	return sock_to_host(c, msg_name(c, header), msg_namelen(c, header), UNIXNAME_CONNECT, ret);
}

/* What of a message must be other than the guest has it. */
struct changes {
	bool name, control;
	struct unixaddr address;
	size_t control_at; /* staged */
};

/* 1: something must; 0: nothing; or -errno. The kernel looks at the control messages first. */
static int find_changes(struct call *c, const char *header, struct changes *ret)
{
	int r = scm_to_host(c, msg_control(c, header), msg_controllen(c, header), &ret->control_at);

	ret->control = r > 0;
	ret->name = false;
	if (r < 0 || !has_name(c, header))
		return r;
	r = name_to_host(c, header, &ret->address);
	ret->name = r > 0;
	return r < 0 ? r : ret->name || ret->control;
}

/* To the header staged at `at`. */
static int make_changes(struct call *c, size_t at, const struct changes *ch)
{
	int r = ch->name ? stage_name(c, at, &ch->address) : 0;

	if (r == 0 && ch->control)
		r = call_point_staged(c, at + layout_of(c)->control, ch->control_at);
	return r;
}

int sys_sendmsg(struct call *c)
{
	const struct layout *l = layout_of(c);
	char header[HEADER_MAX];
	struct changes ch;
	size_t at;
	int r;

	if (mem_read(c->t, c->arg[1], header, l->bytes) < 0)
		return 0;
	r = find_changes(c, header, &ch);
	if (r <= 0)
		return r;
	r = call_stage(c, header, l->bytes, &at);
	if (r == 0)
		r = call_point_arg(c, 1, at);
	return r < 0 ? r : make_changes(c, at, &ch);
}

/* The headers of a call with many, read at once: child of the tracee. NULL: none to look at. */
static char *read_headers(const struct call *c, uint64_t addr, uint32_t *count)
{
	const struct layout *l = layout_of(c);
	char *headers;

	if (*count > MESSAGES_MAX)
		*count = MESSAGES_MAX;
	if (*count == 0)
		return NULL;
	headers = talloc_size(c->t, (size_t)*count * l->stride);
	if (headers)
		*count = (uint32_t)(mem_read_some(c->t, addr, headers,
						  (size_t)*count * l->stride) / l->stride);
	return headers;
}

/* How many messages from the first on may have a name of ours to look at; 0: none has. */
static uint32_t count_named(const struct call *c, const char *headers, uint32_t count)
{
	const struct layout *l = layout_of(c);

	for (uint32_t i = 0; i < count; i++) {
		const char *header = headers + (size_t)i * l->stride;

		if (has_name(c, header))
			return is_foreign(c, msg_name(c, header), msg_namelen(c, header)) ? 0 :
											    count;
	}
	return 0;
}

/* May some have credentials? */
static bool has_claims(const struct call *c, const char *headers, uint32_t count)
{
	for (uint32_t i = 0; c->t->cred && i < count; i++)
		if (msg_controllen(c, headers + (size_t)i * layout_of(c)->stride))
			return true;
	return false;
}

/* The kernel told how much of each message went out: in our copies. */
static int sendmmsg_exit(struct call *c)
{
	const struct layout *l = layout_of(c);
	uint64_t theirs = *(const uint64_t *)c->data, ours = c->arg[1];

	for (int64_t i = 0; i < c->result; i++) {
		uint64_t at = (uint64_t)i * l->stride + l->bytes;
		uint32_t len;

		if (mem_read(c->t, ours + at, &len, sizeof(len)) == 0 &&
		    mem_write(c->t, theirs + at, &len, sizeof(len)) == 0)
			continue;
		/* as the kernel: what was sent before counts */
		c->result = i ? i : -EFAULT;
		return 1;
	}
	return 0;
}

/*
 * Stages the headers, then their names. Where the room ends, or a name cannot be translated, the
 * call ends before that message: sendmmsg(2) may always send fewer than asked. The number of
 * messages that are to go, or -errno for the first.
 */
static int stage_messages(struct call *c, const char *headers, uint32_t count)
{
	const struct layout *l = layout_of(c);
	struct changes ch;
	uint32_t i;
	size_t at;
	int r = call_stage(c, headers, (size_t)count * l->stride, &at);

	if (r < 0)
		return r;
	for (i = 0; i < count; i++) {
		const char *header = headers + (size_t)i * l->stride;

		r = find_changes(c, header, &ch);
		if (r > 0)
			r = make_changes(c, at + (size_t)i * l->stride, &ch);
		if (r < 0)
			break;
	}
	r = i == 0 ? r : (int)i;
	return r < 0 ? r : call_point_arg(c, 1, at) < 0 ? -ENOMEM : r;
}

enum { STAGED_MESSAGES = 32 };

int sys_sendmmsg(struct call *c)
{
	uint32_t count = (uint32_t)c->arg[2];
	char *headers = read_headers(c, c->arg[1], &count);
	uint64_t *theirs;
	int r = 0;

	if (headers && (count_named(c, headers, count) > 0 || has_claims(c, headers, count))) {
		if (count > STAGED_MESSAGES)
			count = STAGED_MESSAGES;
		r = stage_messages(c, headers, count);
	}
	talloc_free(headers);
	if (r <= 0)
		return r;
	theirs = talloc(c->t, uint64_t);
	if (!theirs)
		return -ENOMEM;
	*theirs = c->arg[1];
	c->data = theirs;
	call_set_arg(c, 2, (uint64_t)r);
	return call_want_exit(c, sendmmsg_exit);
}

/* ---- receive ------------------------------------------------------------------------------ */

/* A header whose name the guest wants. */
struct receipt {
	uint64_t header_at; /* the guest's */
	struct sock_out out;
};

/* The name of a message that came in, as the kernel's `header` has it: 0 or -EFAULT. */
static int finish_name(struct call *c, const struct receipt *x, const char *header)
{
	const struct layout *l = layout_of(c);
	int64_t len = sock_out_finish(c, &x->out, msg_name(c, header), msg_namelen(c, header));
	uint32_t told = (uint32_t)len;

	if (len < 0)
		return (int)len;
	return mem_write(c->t, x->header_at + l->namelen, &told, sizeof(told));
}

/* The kernel wrote into our copy of the header: what it wrote, into the guest's. */
static int recvmsg_exit(struct call *c)
{
	const struct layout *l = layout_of(c);
	const struct receipt *x = c->data;
	char header[HEADER_MAX];

	if (c->result < 0)
		return 0;
	if (mem_read(c->t, c->arg[1], header, l->bytes) == 0 && finish_name(c, x, header) == 0 &&
	    mem_write(c->t, x->header_at + l->controllen, header + l->controllen,
		      c->abi->word_bytes) == 0 &&
	    mem_write(c->t, x->header_at + l->flags, header + l->flags, sizeof(uint32_t)) == 0) {
		scm_to_guest(c, msg_control(c, header), msg_controllen(c, header));
		return 0;
	}
	c->result = -EFAULT;
	return 1;
}

/* No name was wanted: the guest's own header is the kernel's. */
static int recvmsg_unnamed_exit(struct call *c)
{
	char header[HEADER_MAX];

	if (c->result >= 0 && mem_read(c->t, c->arg[1], header, layout_of(c)->bytes) == 0)
		scm_to_guest(c, msg_control(c, header), msg_controllen(c, header));
	return 0;
}

/* A header and a name of ours, large enough for whatever comes. */
static int stage_receipt(struct call *c, const char *header)
{
	static const char room[sizeof(struct sockaddr_storage)];
	struct stage *stage = &tracee_session(c->t)->stage;
	const struct layout *l = layout_of(c);
	const uint32_t size = sizeof(room);
	size_t at, name_at;
	int r = call_stage(c, header, l->bytes, &at);

	if (r == 0)
		r = call_stage(c, room, sizeof(room), &name_at);
	if (r == 0)
		r = call_point_arg(c, 1, at);
	if (r < 0)
		return r;
	memcpy(stage->data + at + l->namelen, &size, sizeof(size));
	return call_point_staged(c, at + l->name, name_at);
}

int sys_recvmsg(struct call *c)
{
	char header[HEADER_MAX];
	struct receipt *x;

	if (mem_read(c->t, c->arg[1], header, layout_of(c)->bytes) < 0 ||
	    msg_namelen(c, header) > INT32_MAX)
		return 0;
	if (!msg_name(c, header))
		return scm_expected(c, msg_control(c, header), msg_controllen(c, header)) ?
			       call_want_exit(c, recvmsg_unnamed_exit) : 0;
	x = talloc(c->t, struct receipt);
	if (!x)
		return -ENOMEM;
	x->header_at = c->arg[1];
	x->out = (struct sock_out){ msg_name(c, header), msg_namelen(c, header) };
	c->data = x;
	call_want_exit(c, recvmsg_exit);
	return stage_receipt(c, header);
}

/* The headers as they were before the call. */
struct receipts {
	uint64_t headers_at;
	uint32_t count;
	struct sock_out out[];
};

/*
 * Many names are more than our slot has room for: the kernel writes into the guest's memory, and a
 * name for which the guest left too little room is translated as far as it goes. How many messages
 * are right, or -EFAULT for the first.
 */
static int64_t finish_names(struct call *c, const char *headers, uint32_t count)
{
	const struct receipts *x = c->data;
	const struct layout *l = layout_of(c);

	for (uint32_t i = 0; i < count; i++) {
		const char *header = headers + (size_t)i * l->stride;
		struct receipt one = { x->headers_at + (uint64_t)i * l->stride, x->out[i] };

		if (!one.out.addr || msg_namelen(c, header) == 0)
			continue;
		if (is_foreign(c, one.out.addr, one.out.room))
			break;
		if (finish_name(c, &one, header) < 0)
			return i ? (int64_t)i : -EFAULT;
	}
	return count;
}

static int recvmmsg_exit(struct call *c)
{
	const struct receipts *x = c->data;
	uint32_t count = c->result < 0 ? 0 : (uint32_t)c->result;
	char *headers = read_headers(c, x->headers_at, &count);
	int64_t right = count;

	if (headers && count > x->count)
		count = x->count;
	if (headers)
		right = finish_names(c, headers, count);
	for (uint32_t i = 0; headers && i < count; i++) {
		const char *header = headers + (size_t)i * layout_of(c)->stride;

		scm_to_guest(c, msg_control(c, header), msg_controllen(c, header));
	}
	talloc_free(headers);
	if (!headers || right == (int64_t)count)
		return 0;
	c->result = right;
	return 1;
}

int sys_recvmmsg(struct call *c)
{
	uint32_t count = (uint32_t)c->arg[2], concerned = 0;
	char *headers = read_headers(c, c->arg[1], &count);
	struct receipts *x = NULL;

	if (headers)
		x = talloc_size(c->t, sizeof(*x) + count * sizeof(x->out[0]));
	for (uint32_t i = 0; x && i < count; i++) {
		const char *header = headers + (size_t)i * layout_of(c)->stride;

		x->out[i] = (struct sock_out){ msg_name(c, header), msg_namelen(c, header) };
		concerned += x->out[i].addr != 0 ||
			     scm_expected(c, msg_control(c, header), msg_controllen(c, header));
	}
	talloc_free(headers);
	if (concerned == 0) {
		talloc_free(x);
		return 0;
	}
	x->headers_at = c->arg[1];
	x->count = count;
	c->data = x;
	return call_want_exit(c, recvmmsg_exit);
}
