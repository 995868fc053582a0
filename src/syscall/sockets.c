/* SPDX-License-Identifier: MIT */
/*
 * Calls that carry one AF_UNIX address: unix(7). Pathnames are the guest's on its side and the
 * host's on the kernel's; every other address passes untouched, and what carries no pathname
 * costs no exit stop. The calls of <sys/socket.h> with a struct msghdr are in sockmsg.c.
 *
 * Works on c->arg, not on c->guest_arg: socketcall(2) fills it with the arguments it finds in
 * memory.
 */
#include "syscall/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/dac.h"
#include "syscall/bindrules.h"
#include "syscall/create.h"
#include "syscall/guestfs.h"
#include "syscall/ceilings.h"
#include "syscall/handlers.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/portaddr.h"
#include "syscall/shortname.h"
#include "syscall/table.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* The kernel looks at the descriptor before it looks at the name. */
static bool is_socket(const struct call *c)
{
	char link[64];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", c->t->tid, (int)c->arg[0]);
	return stat(link, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* EADDRINUSE comes before EROFS, and EACCES behind: filename_create(), vfs_mknod(). */
static int check_bind(struct session *s, const char *name)
{
	const struct canon *w = &s->walk;

	/* EADDRINUSE; ENOENT, as of any name in procfs */
	if (!(w->flags & CANON_MISSING) || name[strlen(name) - 1] == '/' ||
	    guestfs_is_in_proc(HPATH(w->host.s)))
		return 0;
	if (bindrules_read_only(w))
		return -EROFS;
	return s->identity ? permit_parent(s, DAC_ALTER) : 0;
}

/* May the kernel have the guest's own string? Not for what we are to record the owner of. */
static bool is_left(const struct session *s, enum unixname_use use)
{
	return (s->walk.flags & CANON_PLAIN) && s->path.s[0] != '/' &&
	       !(s->identity && use == UNIXNAME_BIND);
}

static int walk_name(struct call *c, const char *name, enum unixname_use use)
{
	struct session *s = tracee_session(c->t);
	enum canon_last last = use == UNIXNAME_BIND ? CANON_PARENT : CANON_FOLLOW;
	int r = path_walk_name(c->t, name, AT_FDCWD, last);

	if (r < 0 || (s->walk.flags & CANON_ERROR))
		return r;
	if (use == UNIXNAME_BIND)
		return check_bind(s, name);
	/* unix_find_bsd */
	return s->identity && !(s->walk.flags & CANON_MISSING) ? permit_walked(s, DAC_WRITE) : 0;
}

/* The walked name as the kernel takes it: the walk's own is still asked whose the directory is. */
static int short_host(struct call *c, struct pathbuf *ret)
{
	const struct canon *w = &tracee_session(c->t)->walk;
	int r = pathbuf_set_n(ret, w->host.s, w->host.len);

	return r < 0 || ret->len < PATH_LIMIT ? r : shortname_make(c, ret);
}

static int port_to_host(struct session *s, const char *bytes, size_t n, enum unixname_use use,
			struct unixaddr *ret)
{
	memcpy(ret->bytes, bytes, n);
	ret->len = n;
	if (use == UNIXNAME_BIND)
		return portaddr_bind(s->ports, ret->bytes, n) ? SOCK_PORT : SOCK_LEFT;
	return portaddr_to_host(s->ports, ret->bytes, n) ? SOCK_PORT : SOCK_LEFT;
}

int sock_to_host(struct call *c, uint64_t addr, uint64_t len, enum unixname_use use,
		 struct unixaddr *ret)
{
	struct session *s = tracee_session(c->t);
	char bytes[sizeof(struct sockaddr_un)];
	uint32_t n = (uint32_t)len;
	struct pathbuf host;
	int r;

	if (n <= UNIXADDR_HEAD || n > sizeof(bytes) || mem_read(c->t, addr, bytes, n) < 0)
		return SOCK_LEFT;
	if (s->ports && portaddr_has_port(bytes, n))
		return port_to_host(s, bytes, n, use, ret);
	if (unixaddr_name(bytes, n, s->path.s) == 0)
		return SOCK_LEFT;
	r = walk_name(c, s->path.s, use);
	if (r == 0 && is_left(s, use))
		return SOCK_LEFT;
	if (r < 0)
		return is_socket(c) ? r : SOCK_LEFT;
	r = short_host(c, &host);
	if (r == 0)
		r = unixnames_shorten(s, host.s, use, ret);
	if (r == -ENAMETOOLONG && use == UNIXNAME_BIND)
		return SOCK_TOO_LONG;
	return r < 0 ? r : SOCK_TRANSLATED;
}

/* What the view says of a name that the kernel holds; NULL: nothing. */
static const char *view_name(struct session *s, const char *name)
{
	if (name[0] != '/')
		return NULL;
	if (unixnames_lengthen(s, name, &s->text) < 0 && pathbuf_set(&s->text, name) < 0)
		return NULL;
	if (view_to_guest(s->view, s->walk.root, HPATH(s->text.s), NULL, &s->shown) < 0)
		return NULL;
	return guestfs_told(s, s->shown.s);
}

int sock_to_guest(struct session *s, const void *bytes, size_t len, struct unixaddr *ret)
{
	char name[UNIXADDR_NAME_MAX + 1];
	const char *shown;

	if (s->ports && portaddr_has_port(bytes, len)) {
		ret->len = len < sizeof(ret->bytes) ? len : sizeof(ret->bytes);
		memcpy(ret->bytes, bytes, ret->len);
		return portaddr_to_guest(s->ports, ret->bytes, ret->len);
	}
	if (unixaddr_name(bytes, len, name) == 0)
		return 0;
	shown = unixnames_recall(s, name);
	if (!shown)
		shown = view_name(s, name);
	/* A name longer than an address can hold would surprise the guest more than the host's. */
	if (!shown || strcmp(shown, name) == 0 || unixaddr_set(ret, shown, strlen(shown)) < 0)
		return 0;
	return 1;
}

static int put_address(struct call *c, unsigned i, const struct unixaddr *a)
{
	int r = call_put(c, i, a->bytes, unixaddr_len_in(a));

	if (r == 0)
		call_set_arg(c, i + 1, unixaddr_len_in(a));
	return r;
}

/* ---- in: bind, connect, sendto ------------------------------------------------------------ */

/* What a bind that succeeds leaves to be done. */
struct binding {
	bool special; /* the guest's name is not what the view says of the kernel's */
	char kernel[UNIXADDR_NAME_MAX + 1], guest[UNIXADDR_NAME_MAX + 1];
	const char *made, *wanted; /* the entry's host names; NULL: it is where it belongs */
	const char *born; /* the entry's host name, if its owner is to be recorded */
	struct birth birth;
};

static int binding_free(struct binding *b)
{
	create_done(&b->birth);
	return 0;
}

/* The socket's inode, of which a listener is judged by who connects (unix_find_bsd). */
static void record_socket(struct call *c, const struct binding *b)
{
	int fd = object_open_host(tracee_session(c->t), b->born);

	if (fd < 0)
		return; /* removed already */
	create_record(c, &b->birth, fd);
	close(fd);
}

static int bind_exit(struct call *c)
{
	const struct binding *b = c->data;

	if (c->result != 0)
		return 0;
	unixnames_remember(tracee_session(c->t), b->kernel, b->special ? b->guest : NULL);
	if (b->wanted &&
	    renameat2(AT_FDCWD, b->made, AT_FDCWD, b->wanted, RENAME_NOREPLACE) < 0) {
		unlink(b->made);
		c->result = -EADDRINUSE;
		return 1;
	}
	if (b->born)
		record_socket(c, b);
	return 0;
}

static struct binding *binding_new(struct call *c, const struct unixaddr *a)
{
	const char *kernel = a->bytes + UNIXADDR_HEAD, *guest = tracee_session(c->t)->path.s;
	struct binding *b = talloc_zero(c->t, struct binding);

	if (!b)
		return NULL;
	memcpy(b->kernel, kernel, strnlen(kernel, UNIXADDR_NAME_MAX));
	memcpy(b->guest, guest, strnlen(guest, UNIXADDR_NAME_MAX));
	talloc_set_destructor(b, binding_free);
	c->data = b;
	call_want_exit(c, bind_exit);
	return b;
}

/*
 * getsockname(2) gives back the bytes that bind(2) was given: kept where the view says others, or
 * will when the mount point is moved.
 */
static int remember_binding(struct call *c, const struct unixaddr *a)
{
	struct session *s = tracee_session(c->t);
	const char *kernel = a->bytes + UNIXADDR_HEAD, *seen = view_name(s, kernel);
	bool moves = s->walk.bind && s->walk.bind->guest_len > 1;
	bool special = !seen || strcmp(seen, s->path.s) != 0 || moves;
	struct binding *b;

	if (!special && !unixnames_recall(s, kernel))
		return 0;
	b = binding_new(c, a);
	if (!b)
		return -ENOMEM;
	b->special = special;
	return 0;
}

/*
 * Not even the entry's name fits behind an alias for its directory: bound there under a short name,
 * and renamed when that is done. A socket is its inode, it does not mind.
 */
static int bind_and_rename(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct pathbuf short_name;
	const char *host = short_name.s;
	struct unixaddr a;
	struct binding *b;
	char entry[32];
	int r;

	if (!(s->walk.flags & (CANON_MISSING | CANON_ERROR)))
		return -EADDRINUSE;
	if (s->walk.host.s[s->walk.host.len - 1] == '/')
		return -ENOENT;
	snprintf(entry, sizeof(entry), ".pr-%u", s->serial++);
	r = short_host(c, &short_name);
	if (r == 0)
		r = pathbuf_set_n(&s->text, host, unixaddr_dir_len(host));
	if (r == 0)
		r = pathbuf_push(&s->text, entry, strlen(entry));
	if (r == 0)
		r = unixnames_shorten(s, s->text.s, UNIXNAME_BIND, &a);
	if (r == 0)
		r = put_address(c, 1, &a);
	if (r < 0)
		return r;
	b = binding_new(c, &a);
	if (!b)
		return -ENOMEM;
	b->special = true;
	b->made = talloc_strdup(b, s->text.s);
	b->wanted = talloc_strdup(b, host);
	return b->made && b->wanted ? 0 : -ENOMEM;
}

/* With an identity: is it to be remembered whose the new entry is? */
static int plan_birth(struct call *c, const struct unixaddr *a)
{
	static const struct creation what = { .mode = S_IFSOCK | 0777 };
	struct session *s = tracee_session(c->t);
	struct binding *b = c->data;
	struct birth birth;
	int r;

	if (!s->identity || !create_is_possible(c, &what))
		return 0;
	r = create_plan(c, &what, CREATE_ENTRY, &birth);
	if (r == BIRTH_RECORDED && (b || (b = binding_new(c, a)))) {
		b->birth = birth;
		b->born = talloc_strdup(b, s->walk.host.s);
		return b->born ? 0 : -ENOMEM;
	}
	create_done(&birth);
	return r == BIRTH_RECORDED ? -ENOMEM : r;
}

int sys_bind(struct call *c)
{
	struct unixaddr a;
	int r = ceilings_port(c->t, c->arg[1], c->arg[2]);

	if (r == 0)
		r = sock_to_host(c, c->arg[1], c->arg[2], UNIXNAME_BIND, &a);
	if (r == SOCK_TOO_LONG) {
		r = bind_and_rename(c);
	} else {
		if (r != SOCK_TRANSLATED && r != SOCK_PORT)
			return r;
		if (r == SOCK_PORT)
			return put_address(c, 1, &a);
		r = put_address(c, 1, &a);
		if (r == 0)
			r = remember_binding(c, &a);
	}
	return r < 0 ? r : plan_birth(c, &a);
}

static int connect_by(struct call *c, unsigned i)
{
	struct unixaddr a;
	int r = sock_to_host(c, c->arg[i], c->arg[i + 1], UNIXNAME_CONNECT, &a);

	return r <= SOCK_LEFT ? r : put_address(c, i, &a);
}

int sys_connect(struct call *c)
{
	int r = who_note(c->t, WHO_CONNECTED);

	return r < 0 ? r : connect_by(c, 1);
}

int sys_sendto(struct call *c)
{
	return c->arg[4] ? connect_by(c, 4) : 0;
}

/* ---- out: getsockname, getpeername, accept, recvfrom -------------------------------------- */

int64_t sock_out_finish(struct call *c, const struct sock_out *out, uint64_t from, uint32_t full)
{
	char bytes[sizeof(struct sockaddr_storage)] = { 0 };
	size_t n = full < sizeof(bytes) ? full : sizeof(bytes), keep;
	char name[UNIXADDR_NAME_MAX + 1];
	bool in_place = from == out->addr;
	struct unixaddr a;

	if (in_place && n > out->room)
		n = out->room;
	if (mem_read(c->t, from, bytes, n) < 0)
		return -EFAULT;
	keep = in_place ? n : 0;
	if (sock_to_guest(tracee_session(c->t), bytes, n, &a)) {
		/* `full` counts what was cut off too */
		if (unixaddr_name(bytes, n, name))
			full = full - (uint32_t)unixaddr_full_len(bytes, n) + (uint32_t)a.len;
		memset(bytes, 0, sizeof(bytes)); /* nothing of the host's behind the guest's */
		memcpy(bytes, a.bytes, a.len);
	} else if (in_place) {
		return full;
	}
	n = full < out->room ? full : out->room;
	if (n > sizeof(bytes))
		n = sizeof(bytes);
	if (mem_write(c->t, out->addr, bytes, n > keep ? n : keep) < 0)
		return -EFAULT;
	return full;
}

/*
 * The out address of the call in flight: the pointer in argument `arg`, that of its length behind
 * it.
 */
struct sock_result {
	struct sock_out out;
	uint64_t length_at; /* the guest's */
	unsigned arg;
};

static int result_exit(struct call *c)
{
	const struct sock_result *x = c->data;
	uint32_t full, told;
	int64_t len = -EFAULT;

	if (c->result < 0)
		return 0;
	if (mem_read(c->t, c->arg[x->arg + 1], &full, sizeof(full)) == 0)
		len = sock_out_finish(c, &x->out, c->arg[x->arg], full);
	told = (uint32_t)len;
	if (len >= 0 && mem_write(c->t, x->length_at, &told, sizeof(told)) == 0)
		return 0;
	c->result = -EFAULT;
	return 1;
}

/*
 * The kernel writes address and length into our slot: so the host's name never stands in the
 * guest's memory, and is there whole, however little room the guest has.
 */
static int want_result(struct call *c, unsigned i)
{
	static const char room[sizeof(struct sockaddr_storage)];
	const uint32_t size = sizeof(room);
	struct sock_result *x;
	int32_t guest_room;
	int r;

	if (!c->arg[i] || mem_read(c->t, c->arg[i + 1], &guest_room, sizeof(guest_room)) < 0 ||
	    guest_room < 0)
		return 0; /* none wanted, or EFAULT, or EINVAL */
	x = talloc(c->t, struct sock_result);
	if (!x)
		return -ENOMEM;
	*x = (struct sock_result){ { c->arg[i], (uint32_t)guest_room }, c->arg[i + 1], i };
	c->data = x;
	call_want_exit(c, result_exit);
	r = call_put(c, i, room, sizeof(room));
	return r < 0 ? r : call_put(c, i + 1, &size, sizeof(size));
}

int sys_getsockname(struct call *c)
{
	return want_result(c, 1);
}

int sys_getpeername(struct call *c)
{
	return want_result(c, 1);
}

int sys_accept(struct call *c)
{
	return want_result(c, 1);
}

int sys_accept4(struct call *c)
{
	return want_result(c, 1);
}

int sys_recvfrom(struct call *c)
{
	return want_result(c, 4);
}

/*
 * The audit subsystem takes messages from the host's root alone and says EPERM, which login
 * programs take for a fault; told as a kernel without it does, they go on.
 */
int sys_socket(struct call *c)
{
	return (int)c->arg[2] == NETLINK_AUDIT ? -EPROTONOSUPPORT : 0;
}

/* ---- socketcall(2) ------------------------------------------------------------------------ */

static const struct {
	unsigned char args;
	enum sc id;
	int (*enter)(struct call *c);
} socketcalls[] = {
	[SYS_SOCKET] = { 3, SC_socket, sys_socket },
	[SYS_BIND] = { 3, SC_bind, sys_bind },
	[SYS_CONNECT] = { 3, SC_connect, sys_connect },
	[SYS_LISTEN] = { 2, SC_listen, sys_listen },
	[SYS_ACCEPT] = { 3, SC_accept4, sys_accept4 },
	[SYS_GETSOCKNAME] = { 3, SC_getsockname, sys_getsockname },
	[SYS_GETPEERNAME] = { 3, SC_getpeername, sys_getpeername },
	[SYS_SOCKETPAIR] = { 4, SC_socketpair, sys_socketpair },
	[SYS_SENDTO] = { 6, SC_sendto, sys_sendto },
	[SYS_RECVFROM] = { 6, SC_recvfrom, sys_recvfrom },
	[SYS_SETSOCKOPT] = { 5, SC_setsockopt, sys_setsockopt },
	[SYS_GETSOCKOPT] = { 5, SC_getsockopt, sys_getsockopt },
	[SYS_SENDMSG] = { 3, SC_sendmsg, sys_sendmsg },
	[SYS_RECVMSG] = { 3, SC_recvmsg, sys_recvmsg },
	[SYS_ACCEPT4] = { 4, SC_accept4, sys_accept4 },
	[SYS_RECVMMSG] = { 5, SC_recvmmsg, sys_recvmmsg },
	[SYS_SENDMMSG] = { 4, SC_sendmmsg, sys_sendmmsg },
};

/*
 * The one call that does what is asked, with its arguments out of memory: from here on it is
 * that.
 */
static int unpack(struct call *c, unsigned op)
{
	uint32_t word[6] = { 0 };
	int nr = sys_number(c->abi, socketcalls[op].id);

	if (nr < 0 ||
	    mem_read(c->t, c->arg[1], word, socketcalls[op].args * sizeof(word[0])) < 0)
		return -EFAULT;
	if (op == SYS_ACCEPT)
		word[3] = 0; /* accept4's flags */
	c->nr = nr;
	for (unsigned i = 0; i < 6; i++)
		call_set_arg(c, i, word[i]);
	return 0;
}

int sys_socketcall(struct call *c)
{
	unsigned op = (unsigned)c->arg[0];
	int r;

	if (op >= sizeof(socketcalls) / sizeof(socketcalls[0]) || !socketcalls[op].enter)
		return 0;
	r = unpack(c, op);
	if (r < 0)
		return r;
	c->flags |= CALL_CHANGED;
	return socketcalls[op].enter(c);
}
