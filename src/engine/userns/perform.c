/* SPDX-License-Identifier: MIT */
/*
 * Carries the operations out, in the process that becomes the guest's first. Names are walked from
 * the new root component by component, no link followed: another session on the same root may
 * exchange directories for links meanwhile, and a mount point would be made on the host.
 *
 * Before Linux 5.2 there are no copies of mounts that are attached nowhere: there OP_TAKE only
 * opens, and OP_ATTACH binds what was opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pathbuf.h"
#include "engine/ptrace/traced.h"
#include "engine/userns/ops.h"
#include "engine/userns/points.h"
#include "engine/userns/remount.h"

#define AUTO_CLOSE __attribute__((cleanup(fd_cleanup)))
#define NEWTIME	   0x80ul /* CLONE_NEWTIME, which clone(2) takes for part of the exit signal */

struct name_of_fd {
	char s[32];
};

/* By it mount(2) finds what the descriptor is open on, whatever is mounted over it. */
static const char *name_fd(int fd, struct name_of_fd *ret)
{
	snprintf(ret->s, sizeof(ret->s), "/proc/self/fd/%d", fd);
	return ret->s;
}

/* ---- namespaces and ids -------------------------------------------------------------------- */

struct clone_args_v0 {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

pid_t perform_clone(unsigned long flags)
{
	struct clone_args_v0 args = { .flags = flags, .exit_signal = SIGCHLD };
	long pid;

	if (flags & NEWTIME)
		pid = syscall(SYS_clone3, &args, sizeof(args));
	else
		pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	return pid < 0 ? -errno : (pid_t)pid;
}

/* What only the parent, outside, can do. */
static int ask_parent(const struct setup *s, char what)
{
	int r;

	if (write(s->ask, &what, 1) != 1 || read(s->answer, &r, sizeof(r)) != sizeof(r))
		return -EPIPE;
	return r;
}

static int op_map(struct setup *s, const struct op *op)
{
	(void)op;
	if (s->plan->maps.writer == IDMAP_SELF)
		return idmap_write_self(&s->plan->maps);
	return ask_parent(s, ASK_MAP);
}

static int op_connect(struct setup *s, const struct op *op)
{
	(void)op;
	return ask_parent(s, ASK_CONNECT);
}

/* The caller's groups have no number here; where setgroups(2) is forbidden they have to stay. */
static int op_become(struct setup *s, const struct op *op)
{
	const struct userdb_user *u = &s->plan->user;

	(void)op;
	if (s->plan->maps.writer != IDMAP_SELF && setgroups(u->group_count, u->groups) < 0)
		return -errno;
	if (setresgid(u->gid, u->gid, u->gid) < 0 || setresuid(u->uid, u->uid, u->uid) < 0)
		return -errno;
	return 0;
}

/* From outside the new namespace, when it is there. */
static _Noreturn void map_nested(const struct setup *s, int go)
{
	char byte;

	_exit(read(go, &byte, 1) == 1 && idmap_write_nested(&s->plan->maps, s->self_fd) == 0 ? 0
											     : 1);
}

/*
 * The guest's root may change what is mounted in its own namespace, a bind made read-only too. What
 * a less privileged namespace inherits is locked: mount_namespaces(7).
 */
static int op_lock(struct setup *s, const struct op *op)
{
	int go[2], status, r;
	pid_t child;

	(void)op;
	if (pipe2(go, O_CLOEXEC) < 0 || (child = fork()) < 0)
		return -errno;
	if (child == 0)
		map_nested(s, go[0]);
	r = unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? -errno : 0;
	if (r == 0 && write(go[1], "", 1) != 1)
		r = -EPIPE;
	close(go[0]);
	close(go[1]);
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	return r < 0 ? r : status == 0 ? 0 : -EPERM;
}

/* ---- mounts -------------------------------------------------------------------------------- */

/* Of what the host mounts later, binds still show what they would natively. */
static int op_isolate(struct setup *s, const struct op *op)
{
	(void)op;
	s->self_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); /* until OP_ROOT */
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;
}

static int op_take(struct setup *s, const struct op *op)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW;
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, op->from, flags);

	s->copied = fd >= 0 || errno != ENOSYS;
	if (!s->copied)
		fd = open(op->from, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	s->taken[op->slot] = fd;
	return fd < 0 ? -errno : 0;
}

static int bind_by_name(int from, int to)
{
	struct name_of_fd a, b;

	return mount(name_fd(from, &a), name_fd(to, &b), NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno
											   : 0;
}

static int op_root(struct setup *s, const struct op *op)
{
	int tree = s->taken[op->slot], r;

	close(s->root_fd);
	s->root_fd = tree;
	if (s->copied)
		return syscall(SYS_move_mount, tree, "", AT_FDCWD, op->to,
			       MOVE_MOUNT_F_EMPTY_PATH) < 0
			       ? -errno
			       : 0;
	r = bind_by_name(tree, tree);
	if (r < 0)
		return r;
	/* "/" is what it was to this process; ".." there leads on to what is on top. */
	s->root_fd = open(op->to[1] ? op->to : "/..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->root_fd < 0 ? -errno : 0;
}

/* The first `len` bytes of a name below that directory, an O_PATH descriptor. */
static int open_below(int dir, const char *name, size_t len)
{
	const char *end = name + len;
	struct pathbuf part;
	int fd = fcntl(dir, F_DUPFD_CLOEXEC, 0), next;

	while (fd >= 0 && (name += strspn(name, "/")) < end) {
		size_t n = strcspn(name, "/");

		next = pathbuf_set_n(&part, name, n);
		if (next >= 0)
			next = openat(fd, part.s, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (next == -1)
			next = -errno;
		name += n;
		close(fd);
		fd = next;
	}
	return fd;
}

static int open_guest(const struct setup *s, const char *guest)
{
	return open_below(s->root_fd, guest, strlen(guest));
}

static int attach_copy(int tree, int to)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

	return syscall(SYS_move_mount, tree, "", to, "", flags) < 0 ? -errno : 0;
}

static int op_attach(struct setup *s, const struct op *op)
{
	AUTO_CLOSE int to = open_guest(s, op->to);
	int from = s->taken[op->slot], r, top;

	if (to < 0)
		return to;
	if (s->copied)
		return attach_copy(from, to);
	r = bind_by_name(from, to);
	if (r < 0)
		return r;
	top = open_guest(s, op->to);
	if (top < 0)
		return top;
	close(from);
	s->taken[op->slot] = top;
	return 0;
}

static int op_proc(struct setup *s, const struct op *op)
{
	AUTO_CLOSE int to = open_guest(s, op->to);
	struct name_of_fd name;

	if (to < 0)
		return to;
	return mount("proc", name_fd(to, &name), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0
		       ? -errno
		       : 0;
}

static int op_restrict(struct setup *s, const struct op *op)
{
	struct mount_attr attr = { .attr_set = op->flags };
	int fd = op->slot == 0 ? s->root_fd : s->taken[op->slot];

	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) ==
	    0)
		return 0;
	return errno == ENOSYS ? remount_all(fd, op->flags) : -errno;
}

/* By its host name, at which the new root is. */
static int op_claim(struct setup *s, const struct op *op)
{
	struct fail why;

	return store_claim(op->to, plan_keeper(s->plan), &why) < 0 ? -EEXIST : 0;
}

/* pivot_root(2), "pivot_root(".", ".")": the old root is then on top of the new one. */
static int op_pivot(struct setup *s, const struct op *op)
{
	(void)op;
	if (fchdir(s->root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

/* ---- mount points --------------------------------------------------------------------------- */

static int op_sweep(struct setup *s, const struct op *op)
{
	(void)op;
	return points_begin(s->points);
}

/*
 * In the tree that it is to lie in, which is attached nowhere yet: missing parents, then the point.
 * op->from is the same by its host name, and ends alike.
 */
static int op_point(struct setup *s, const struct op *op)
{
	size_t len = strlen(op->to), end, at = 0;
	struct pathbuf name;
	int r = 0;

	for (; r >= 0 && op->to[at]; at = end) {
		AUTO_CLOSE int dir = open_below(s->taken[op->slot], op->to, at);

		end = at + 1 + strcspn(op->to + at + 1, "/");
		r = dir < 0 ? dir : pathbuf_set_n(&name, op->from, strlen(op->from) - (len - end));
		if (r >= 0)
			r = points_make(s->points, dir, name.s,
					op->to[end] ? POINT_DIR : (enum point_kind)op->flags,
					op->text);
	}
	return r;
}

static int op_settle(struct setup *s, const struct op *op)
{
	(void)op;
	if (s->points->fd < 0)
		return 0;
	points_settle(s->points);
	return ask_parent(s, ASK_HOLD);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static int op_hostname(struct setup *s, const struct op *op)
{
	(void)s;
	return sethostname(op->to, strlen(op->to)) < 0 ? -errno : 0;
}

static int op_loopback(struct setup *s, const struct op *op)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)s, (void)op;
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0 ? -errno : 0;
}

/*
 * The tracer judges what a guest may do by what the host lets it do itself, so neither may have the
 * power that comes with a new namespace.
 */
static int op_trace(struct setup *s, const struct op *op)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	(void)op;
	if (syscall(SYS_capset, &head, none) < 0)
		return -errno;
	s->traced = traced_prepare(s->plan->config, s->why);
	return s->traced ? 0 : -EIO;
}

static int (*const performers[])(struct setup *s, const struct op *op) = {
	[OP_MAP] = op_map,	     [OP_ISOLATE] = op_isolate,	  [OP_SWEEP] = op_sweep,
	[OP_TAKE] = op_take,	     [OP_ROOT] = op_root,	  [OP_POINT] = op_point,
	[OP_SETTLE] = op_settle,     [OP_ATTACH] = op_attach,	  [OP_PROC] = op_proc,
	[OP_RESTRICT] = op_restrict, [OP_CLAIM] = op_claim,	  [OP_PIVOT] = op_pivot,
	[OP_HOSTNAME] = op_hostname, [OP_LOOPBACK] = op_loopback, [OP_CONNECT] = op_connect,
	[OP_LOCK] = op_lock,	     [OP_BECOME] = op_become,	  [OP_TRACE] = op_trace,
};

int perform_all(struct setup *s, unsigned i, unsigned *ret_failed)
{
	for (; i < s->plan->count; i++) {
		int r = performers[s->plan->ops[i].kind](s, &s->plan->ops[i]);

		if (r < 0) {
			*ret_failed = i;
			return r;
		}
	}
	return 0;
}
