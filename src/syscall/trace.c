/* SPDX-License-Identifier: MIT */
/*
 * One line per served call, in the manner of strace(1): the guest's arguments by the kinds of the
 * row, "=>" and what the kernel was given instead, and the result where it is ours ("?" where the
 * kernel's is not seen). Reads guest memory, never changes anything.
 */
#include "syscall/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "syscall/table.h"
#include "syscall/unixaddr.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { STRING_MAX = 200, STRV_MAX = 8, LINE_MAX_BYTES = 8192 };

struct line {
	size_t len;
	char s[LINE_MAX_BYTES];
};

static void put(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->s) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->s + l->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_quoted(struct line *l, const char *s, size_t n)
{
	bool cut = n > STRING_MAX;

	put(l, "\"");
	for (size_t i = 0; i < (cut ? STRING_MAX : n); i++) {
		unsigned char ch = (unsigned char)s[i];

		if (ch == '"' || ch == '\\')
			put(l, "\\%c", ch);
		else if (ch == '\n')
			put(l, "\\n");
		else if (ch == '\t')
			put(l, "\\t");
		else if (ch < ' ' || ch == 0x7f)
			put(l, "\\%03o", ch);
		else
			put(l, "%c", ch);
	}
	put(l, cut ? "\"..." : "\"");
}

/* The name of a bit or a value; a table ends with NULL. */
struct word {
	uint64_t value;
	const char *name;
};

#define WORD(name) { name, #name }

static const struct word open_flags[] = {
	WORD(O_CREAT), WORD(O_EXCL), WORD(O_NOCTTY), WORD(O_TRUNC), WORD(O_APPEND),
	WORD(O_NONBLOCK), WORD(O_TMPFILE), WORD(O_DIRECTORY), WORD(O_NOFOLLOW), WORD(O_SYNC),
	WORD(O_DSYNC), WORD(O_DIRECT), WORD(O_NOATIME), WORD(O_CLOEXEC), WORD(O_PATH),
	{ 0, NULL },
};

static const struct word errors[] = {
	WORD(E2BIG), WORD(EACCES), WORD(EADDRINUSE), WORD(EAFNOSUPPORT), WORD(EAGAIN), WORD(EBADF),
	WORD(EBUSY), WORD(ECONNREFUSED), WORD(EEXIST), WORD(EFAULT), WORD(EFBIG), WORD(EINTR),
	WORD(EINVAL), WORD(EIO), WORD(EISDIR), WORD(ELOOP), WORD(EMFILE), WORD(EMLINK),
	WORD(ENAMETOOLONG), WORD(ENFILE), WORD(ENODEV), WORD(ENOENT), WORD(ENOEXEC), WORD(ENOMEM),
	WORD(ENOSPC), WORD(ENOSYS), WORD(ENOTDIR), WORD(ENOTEMPTY), WORD(ENOTSOCK), WORD(ENOTTY),
	WORD(ENXIO), WORD(EOPNOTSUPP), WORD(EOVERFLOW), WORD(EPERM), WORD(ERANGE), WORD(EROFS),
	WORD(ESRCH), WORD(ETXTBSY), WORD(EXDEV),
	{ 0, NULL },
};

static void put_oflags(struct line *l, uint64_t flags)
{
	static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };

	put(l, "%s", access[flags & O_ACCMODE]);
	flags &= ~(uint64_t)O_ACCMODE & UINT32_MAX;
	for (const struct word *w = open_flags; w->name; w++)
		if (w->value && (flags & w->value) == w->value) {
			put(l, "|%s", w->name);
			flags &= ~w->value;
		}
	if (flags)
		put(l, "|%#" PRIx64, flags);
}

static void put_string(struct line *l, const struct call *c, uint64_t addr)
{
	char s[STRING_MAX + 2];
	ssize_t n = addr ? mem_read_str(c->t, addr, s, sizeof(s)) : -EFAULT;

	if (n >= 0)
		put_quoted(l, s, (size_t)n);
	else if (n == -ENAMETOOLONG)
		put_quoted(l, s, sizeof(s));
	else if (addr)
		put(l, "%#" PRIx64, addr);
	else
		put(l, "NULL");
}

static void put_strv(struct line *l, const struct call *c, uint64_t addr)
{
	unsigned width = c->abi->word_bytes;
	uint64_t at;

	if (!addr) {
		put(l, "NULL");
		return;
	}
	put(l, "[");
	for (unsigned i = 0; mem_read_word(c->t, addr + i * width, width, &at) == 0 && at; i++) {
		if (i == STRV_MAX) {
			put(l, ", ...");
			break;
		}
		put(l, i ? ", " : "");
		put_string(l, c, at);
	}
	put(l, "]");
}

static void put_address(struct line *l, const char *bytes, size_t len)
{
	char name[UNIXADDR_NAME_MAX + 1];
	size_t n = unixaddr_name(bytes, len, name);
	sa_family_t family = AF_UNSPEC;

	if (len >= sizeof(family))
		memcpy(&family, bytes, sizeof(family));
	put(l, "{%u", family);
	if (n) {
		put(l, ", ");
		put_quoted(l, name, n);
	}
	put(l, "}");
}

static void put_sockaddr(struct line *l, const struct call *c, unsigned i)
{
	char bytes[sizeof(struct sockaddr_un)];
	uint64_t len = i < 5 ? (uint32_t)c->guest_arg[i + 1] : 0;

	if (len <= sizeof(bytes) && c->guest_arg[i] &&
	    mem_read(c->t, c->guest_arg[i], bytes, (size_t)len) == 0)
		put_address(l, bytes, (size_t)len);
	else
		put(l, "%#" PRIx64, c->guest_arg[i]);
}

static void put_value(struct line *l, const struct call *c, unsigned i)
{
	uint64_t v = c->guest_arg[i];

	switch ((enum arg_kind)c->row->args[i].kind) {
	case ARG_PATH:
	case ARG_STRING:
		put_string(l, c, v);
		break;
	case ARG_STRV:
		put_strv(l, c, v);
		break;
	case ARG_DIRFD:
		if ((int)v == AT_FDCWD)
			put(l, "AT_FDCWD");
		else
			put(l, "%d", (int)v);
		break;
	case ARG_OFLAGS:
		put_oflags(l, v);
		break;
	case ARG_MODE:
		put(l, "%#" PRIo64, v & 07777);
		break;
	case ARG_FLAGS:
		put(l, v ? "%#" PRIx64 : "0", v);
		break;
	case ARG_SIZE:
		put(l, "%" PRIu64, v);
		break;
	case ARG_SOCKADDR:
		put_sockaddr(l, c, i);
		break;
	case ARG_INT:
	case ARG_FD:
	case ARG_UID:
	case ARG_GID:
	case ARG_PID:
	case ARG_SIGNAL:
		put(l, "%d", (int)v);
		break;
	default:
		put(l, v ? "%#" PRIx64 : "NULL", v);
	}
}

/* What was staged for argument i, if that is text. */
static void put_staged(struct line *l, const struct stage *stage, const struct call *c, unsigned i)
{
	enum arg_kind kind = (enum arg_kind)c->row->args[i].kind;

	for (unsigned k = 0; k < stage->count; k++) {
		const char *at = stage->data + stage->ref[k].offset;
		size_t room = stage->len - stage->ref[k].offset;

		if (stage->ref[k].arg != i || (c->flags & CALL_ANSWERED))
			continue;
		put(l, " => ");
		if (kind == ARG_PATH || kind == ARG_STRING)
			put_quoted(l, at, strnlen(at, room));
		else if (kind == ARG_SOCKADDR && i < 5 && c->arg[i + 1] <= room)
			put_address(l, at, (size_t)c->arg[i + 1]);
		else
			put(l, "(ours)");
	}
}

/* A mode that the kernel does not look at: open(2) without O_CREAT or O_TMPFILE. */
static bool is_idle_mode(const struct call *c, unsigned i)
{
	const struct sys_arg *a = &c->row->args[i];

	return i > 0 && a->kind == ARG_MODE && a[-1].kind == ARG_OFLAGS &&
	       !(c->guest_arg[i - 1] & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)));
}

static void put_args(struct line *l, const struct stage *stage, const struct call *c)
{
	for (unsigned i = 0; i < 6 && c->row->args[i].kind != ARG_NONE; i++) {
		if (is_idle_mode(c, i))
			break;
		put(l, i ? ", " : "");
		put_value(l, c, i);
		put_staged(l, stage, c, i);
	}
}

static void put_result(struct line *l, const struct call *c)
{
	if (!(c->flags & CALL_ANSWERED)) {
		put(l, ") = ?\n");
		return;
	}
	if (c->result >= 0 || c->result < -4095) {
		put(l, ") = %" PRId64 "\n", c->result);
		return;
	}
	for (const struct word *w = errors; w->name; w++)
		if (w->value == (uint64_t)-c->result) {
			put(l, ") = -1 %s\n", w->name);
			return;
		}
	put(l, ") = -1 errno %" PRId64 "\n", -c->result);
}

void trace_call(struct session *s, const struct call *c)
{
	struct line l = { 0, "" };
	bool known = c->id != SC_none;

	put(&l, "%d %s(", c->t->tid, known ? c->row->name : "");
	if (!known)
		put(&l, "syscall_%d", c->guest_nr);
	else
		put_args(&l, &s->stage, c);
	if (c->nr != c->guest_nr && !(c->flags & CALL_ANSWERED))
		put(&l, ") => %s(", sys_row(c->abi, (unsigned)c->nr)->name);
	put_result(&l, c);
	if (l.s[l.len - 1] != '\n')
		l.s[l.len - 1] = '\n';
	if (write(fileno(s->trace), l.s, l.len) < 0)
		return; /* a full disk is no reason to stop the guest */
}
