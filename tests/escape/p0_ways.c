// SPDX-License-Identifier: MIT
/*
 * P0: ways around a tracer that only looks at calls: io_uring, untraced children, a listener of our
 * own, handles, the mount calls, unix sockets to host names, exec of a host program, changes made
 * outside by every call that changes something.
 */
#include "probe.h"

#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/fanotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

static int open_secret(void *arg)
{
	int fd = open(secret, O_RDONLY);

	(void)arg;
	return fd >= 0 && fd_is_secret(fd) ? ESCAPED : HELD;
}

static int status_of(pid_t pid)
{
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, __WALL) != pid)
		return HELD;
	return WIFEXITED(status) ? WEXITSTATUS(status) : HELD;
}

static int by_clone(void *arg)
{
	static char stack[65536] __attribute__((aligned(16)));

	return status_of(clone(open_secret, stack + sizeof(stack), (long)arg, NULL));
}

static int by_clone3(void *arg)
{
	struct clone_args a = { .flags = (long)arg, .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	if (pid == 0)
		_exit(open_secret(NULL));
	return status_of(pid);
}

/*
 * Memory that may be written and not read: the kernel reads it for its owner, other processes are
 * refused. Copies of what the calls below point at go there.
 */
static void *write_only(const void *from, size_t n)
{
	char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p, from, n);
	NEED(mprotect(p, 65536, PROT_WRITE) == 0);
	return p;
}

static int clone3_unreadable(void *arg)
{
	struct clone_args a = { .flags = (long)arg, .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, write_only(&a, sizeof(a)), sizeof(a));

	if (pid == 0)
		_exit(open_secret(NULL));
	return status_of(pid);
}

static int by_namespace(void *arg)
{
	unshare((long)arg);
	if (open_secret(NULL) == ESCAPED)
		return ESCAPED;
	syscall(SYS_mount, outside, "/tmp", NULL, 4096, NULL);
	syscall(SYS_mount, "/", "/tmp", NULL, 4096, NULL);
	open("/tmp/flag", O_RDONLY);
	return any_fd_is_secret() ? ESCAPED : HELD;
}

/* ---- io_uring ------------------------------------------------------------------------------- */

static int by_io_uring(void *arg)
{
	struct io_uring_params p = { 0 };
	int ring = syscall(SYS_io_uring_setup, 4, &p);
	struct io_uring_sqe *sqe;
	char *sq, *cq;
	unsigned tail;

	(void)arg;
	if (ring < 0)
		return HELD;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
		  MAP_SHARED, ring, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		return HELD;
	sqe[0] = (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)secret };
	tail = *(unsigned *)(sq + p.sq_off.tail);
	((unsigned *)(sq + p.sq_off.array))[tail & *(unsigned *)(sq + p.sq_off.ring_mask)] = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	return any_fd_is_secret() ? ESCAPED : HELD;
}

/* ---- a listener that lets calls continue ------------------------------------------------------ */

#define LOAD_NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define IF_OPENAT(what) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1), BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void let_continue(int fd)
{
	char room[512] = { 0 };
	struct seccomp_notif *n = (void *)room;
	struct seccomp_notif_resp r = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (syscall(SYS_ioctl, fd, SECCOMP_IOCTL_NOTIF_RECV, n) < 0)
		return;
	r.id = n->id;
	syscall(SYS_ioctl, fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

static int by_listener(void *arg)
{
	struct sock_filter f[] = { LOAD_NR, IF_OPENAT(SECCOMP_RET_USER_NOTIF), ALLOW };
	struct sock_fprog prog = { 4, f };
	int fd;
	pid_t pid;

	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	if (fd < 0)
		return HELD;
	pid = fork();
	if (pid == 0) {
		fd = syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY);
		_exit(fd >= 0 && fd_is_secret(fd) ? ESCAPED : HELD);
	}
	let_continue(fd);
	return status_of(pid);
}

/* Other verdicts of a guest's own filter outrank a tracer's. */
static int by_filter(void *arg)
{
	struct sock_filter f[] = { LOAD_NR, IF_OPENAT((long)arg), ALLOW };
	struct sock_fprog prog = { 4, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
	return open_secret(NULL);
}

/* ---- handles, marks, mounts ------------------------------------------------------------------- */

static int by_handle(void *arg)
{
	union {
		struct file_handle h;
		char room[256];
	} u = { 0 };
	int id;

	(void)arg;
	u.h.handle_bytes = 128;
	if (name_to_handle_at(AT_FDCWD, secret, &u.h, &id, 0) == 0)
		return ESCAPED;
	name_to_handle_at(AT_FDCWD, "/tmp", &u.h, &id, 0);
	open_by_handle_at(open("/", O_RDONLY), &u.h, O_RDONLY);
	return HELD;
}

static int by_fanotify(void *arg)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);

	(void)arg;
	return fd >= 0 && fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, secret) == 0 ? ESCAPED : HELD;
}

static int by_open_tree(void *arg)
{
	int fd = syscall(428 /* open_tree */, AT_FDCWD, outside, (long)arg);

	if (fd >= 0)
		openat(fd, "flag", O_RDONLY);
	fd = syscall(428, AT_FDCWD, "/", (long)arg);
	if (fd >= 0)
		openat(fd, secret + 1, O_RDONLY);
	return any_fd_is_secret() ? ESCAPED : HELD;
}

/* ---- exec ------------------------------------------------------------------------------------- */

static char *const one[] = { "x", NULL };

static int by_exec(void *arg)
{
	switch ((long)arg) {
	case 0:
		execve(program, one, one + 1);
		break;
	case 1:
		syscall(SYS_execveat, AT_FDCWD, program, one, one + 1, 0);
		break;
	case 2:
		syscall(SYS_execveat, open("/", O_PATH), program + 1, one, one + 1, 0);
		break;
	case 3:
		syscall(SYS_execveat, open("/mnt/data", O_PATH), "../secret/program", one, one + 1, 0);
		break;
	}
	return HELD;
}

static int by_interpreter(void *arg)
{
	char text[PATH_MAX + 4];

	(void)arg;
	snprintf(text, sizeof(text), "#!%s\n", program);
	make_file("/tmp/script", text);
	chmod("/tmp/script", 0755);
	execve("/tmp/script", one, one + 1);
	return HELD;
}

/* ---- sockets: the other end is held by the test, which counts what arrives ---------------------- */

static socklen_t address(struct sockaddr_un *a, const char *leaf)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path, sizeof(a->sun_path), "%s/%s", outside, leaf);
	return sizeof(*a);
}

static int by_connect(void *arg)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, arg);
	int s = socket(AF_UNIX, strcmp(arg, "stream") ? SOCK_DGRAM : SOCK_STREAM, 0);

	return connect(s, (void *)&a, n) == 0 ? ESCAPED : HELD;
}

static int by_send(void *arg)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, "dgram");
	struct iovec v = { "escaped", 7 };
	struct mmsghdr m = { .msg_hdr = { .msg_name = &a, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1 } };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0), r;

	if ((long)arg == 0)
		r = sendto(s, "escaped", 7, 0, (void *)&a, n) > 0;
	else if ((long)arg == 1)
		r = sendmsg(s, &m.msg_hdr, 0) > 0;
	else
		r = sendmmsg(s, &m, 1, 0) > 0;
	return r ? ESCAPED : HELD;
}

static int send_unreadable(void *arg)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, "dgram");
	void *name = write_only(&a, n);
	struct iovec v = { "escaped", 7 };
	struct mmsghdr m = { .msg_hdr = { .msg_name = name, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1 } };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0), r;

	if ((long)arg == 0)
		r = sendto(s, "escaped", 7, 0, name, n) > 0;
	else if ((long)arg == 1)
		r = syscall(SYS_sendmsg, s, write_only(&m.msg_hdr, sizeof(m.msg_hdr)), 0) > 0;
	else if ((long)arg == 2)
		r = syscall(SYS_sendmmsg, s, write_only(&m, sizeof(m)), 1, 0) > 0;
	else
		r = connect(s, name, n) == 0;
	return r ? ESCAPED : HELD;
}

static int exec_unreadable(void *arg)
{
	(void)arg;
	execve(write_only(program, strlen(program) + 1), one, one + 1);
	return HELD;
}

static int by_bind(void *arg)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, "made");

	(void)arg;
	return bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&a, n) == 0 ? ESCAPED : HELD;
}

/* ---- changes: success is an escape, and the test looks at the directory afterwards --------------- */

static char made[PATH_MAX];

#define CHANGE(id, call)                                   \
	static int id(void *arg)                           \
	{                                                  \
		(void)arg;                                 \
		return (call) >= 0 ? ESCAPED : HELD;       \
	}

CHANGE(c_creat, creat(made, 0600))
CHANGE(c_open, open(made, O_CREAT | O_RDWR, 0600))
CHANGE(c_tmpfile, open(outside, O_TMPFILE | O_RDWR, 0600))
CHANGE(c_mkdir, mkdir(made, 0755))
CHANGE(c_mknod, mknod(made, S_IFIFO | 0600, 0))
CHANGE(c_symlink, symlink("x", made))
CHANGE(c_link, link("/tmp/f", made))
CHANGE(c_link_from, link(secret, "/tmp/linked"))
CHANGE(c_rename, rename("/tmp/f", made))
CHANGE(c_rename_from, rename(secret, "/tmp/stolen"))
CHANGE(c_exchange, syscall(SYS_renameat2, AT_FDCWD, secret, AT_FDCWD, "/tmp/f", 2))
CHANGE(c_unlink, unlink(secret))
CHANGE(c_rmdir, rmdir(outside))
CHANGE(c_chmod, chmod(secret, 0600))
CHANGE(c_fchmodat2, syscall(SYS_fchmodat2, AT_FDCWD, secret, 0600, 0))
CHANGE(c_chown, chown(secret, -1, -1))
CHANGE(c_truncate, truncate(secret, 3))
CHANGE(c_utimes, utimensat(AT_FDCWD, secret, NULL, 0))
CHANGE(c_setxattr, setxattr(secret, "user.x", "x", 1, 0))
CHANGE(c_getxattr, getxattr(secret, "user.token", made, 0))
CHANGE(c_listxattr, listxattr(secret, NULL, 0))
CHANGE(c_removexattr, removexattr(secret, "user.token"))
CHANGE(c_chdir, chdir(outside))
CHANGE(c_access, access(secret, F_OK))
CHANGE(c_statfs, syscall(SYS_statfs, secret, (char[256]){ "" }))
CHANGE(c_readlink, readlink(made, (char[64]){ "" }, 64))

static void changes(void)
{
	static const struct {
		const char *name;
		int (*fn)(void *);
	} all[] = {
		{ "creat", c_creat }, { "open", c_open }, { "O_TMPFILE", c_tmpfile }, { "mkdir", c_mkdir },
		{ "mknod", c_mknod }, { "symlink", c_symlink }, { "link", c_link },
		{ "link from", c_link_from }, { "rename", c_rename }, { "rename from", c_rename_from },
		{ "exchange", c_exchange }, { "unlink", c_unlink }, { "rmdir", c_rmdir }, { "chmod", c_chmod },
		{ "fchmodat2", c_fchmodat2 }, { "chown", c_chown }, { "truncate", c_truncate },
		{ "utimensat", c_utimes }, { "setxattr", c_setxattr }, { "getxattr", c_getxattr },
		{ "listxattr", c_listxattr }, { "removexattr", c_removexattr }, { "chdir", c_chdir },
		{ "access", c_access }, { "statfs", c_statfs }, { "readlink", c_readlink },
	};

	snprintf(made, sizeof(made), "%s/made", outside);
	make_file("/tmp/f", "f");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		probe(all[i].name, all[i].fn, NULL);
}

int main(int argc, char **argv)
{
	probe_init(argc, argv);
	probe("plain open", open_secret, NULL);
	probe("clone untraced", by_clone, (void *)(long)(CLONE_UNTRACED | SIGCHLD));
	probe("clone untraced, shared memory", by_clone, (void *)(long)(CLONE_UNTRACED | CLONE_VM | SIGCHLD));
	probe("clone untraced, vfork", by_clone, (void *)(long)(CLONE_UNTRACED | CLONE_VM | CLONE_VFORK | SIGCHLD));
	probe("clone, no exit signal", by_clone, NULL);
	probe("clone3", by_clone3, NULL);
	probe("clone3 untraced", by_clone3, (void *)(long)CLONE_UNTRACED);
	probe("user and mount namespace", by_namespace, (void *)(long)(CLONE_NEWUSER | CLONE_NEWNS));
	probe("user namespace", by_namespace, (void *)(long)CLONE_NEWUSER);
	probe("clone into namespaces", by_clone, (void *)(long)(CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD));
	probe("io_uring", by_io_uring, NULL);
	probe("listener", by_listener, NULL);
	probe("filter TRACE", by_filter, (void *)(long)SECCOMP_RET_TRACE);
	probe("filter TRACE with data", by_filter, (void *)(long)(SECCOMP_RET_TRACE | 0xffff));
	probe("filter LOG", by_filter, (void *)(long)SECCOMP_RET_LOG);
	probe("handle", by_handle, NULL);
	probe("fanotify", by_fanotify, NULL);
	probe("open_tree", by_open_tree, NULL);
	probe("open_tree clone", by_open_tree, (void *)1L);
	for (long i = 0; i < 4; i++)
		probe("exec", by_exec, (void *)i);
	probe("interpreter", by_interpreter, NULL);
	probe("connect to a stream", by_connect, "stream");
	probe("connect to a datagram socket", by_connect, "dgram");
	for (long i = 0; i < 3; i++)
		probe("send to a socket", by_send, (void *)i);
	probe("bind", by_bind, NULL);
	for (long i = 0; i < 4; i++)
		probe("send to a socket, unreadable memory", send_unreadable, (void *)i);
	probe("exec, unreadable memory", exec_unreadable, NULL);
	probe("clone3 untraced, unreadable memory", clone3_unreadable, (void *)(long)CLONE_UNTRACED);
	probe("clone3 into namespaces, unreadable memory", clone3_unreadable,
	      (void *)(long)(CLONE_NEWUSER | CLONE_NEWNS));
	changes();
	return finish_probes();
}
