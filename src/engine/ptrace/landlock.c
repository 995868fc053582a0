/* SPDX-License-Identifier: MIT */
/*
 * The ruleset is made by the front before anything is forked: rules name host files, which a
 * process that is already a guest cannot do. The main process only enters it.
 *
 * Every right that this kernel knows is handled, so that what no rule gives is refused. Constants
 * are our own where the kernel headers we build with (Linux 6.1) do not have them yet.
 */
#include "engine/ptrace/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/pathbuf.h"
#include "exec/foreign.h"
#include "path/view.h"
#include "syscall/opens.h"
#include "syscall/sysvipc.h"
#include "tracee/session.h"

#define ACCESS_TRUNCATE (1ULL << 14)  /* ABI 3, Linux 6.2 */
#define ACCESS_IOCTL_DEV (1ULL << 15) /* ABI 5, Linux 6.10 */
#define SCOPE_ABSTRACT (1ULL << 0)    /* ABI 6, Linux 6.12 */
#define SCOPE_SIGNALS (1ULL << 1)

#define ACCESS_RUN LANDLOCK_ACCESS_FS_EXECUTE
#define ACCESS_LOOK (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)
#define ACCESS_ENTRIES                                                       \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |    \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |        \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |        \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |      \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)
/* All that means something for what is not a directory: the kernel refuses rules with more. */
#define ACCESS_OF_FILES \
	(ACCESS_RUN | LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_WRITE | ACCESS_IOCTL_DEV)

/* struct landlock_ruleset_attr as of ABI 6. */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct ruleset {
	int fd;
	uint64_t handled; /* rights of this kernel */
};

int landlock_abi(void)
{
	long r = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return r < 0 ? -errno : (int)r;
}

static int create(int abi, struct ruleset *ret)
{
	struct ruleset_attr attr = {
		.fs = ACCESS_RUN | ACCESS_LOOK | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_ENTRIES,
	};
	size_t size = sizeof(attr.fs);

	if (abi >= 3)
		attr.fs |= ACCESS_TRUNCATE;
	if (abi >= 5)
		attr.fs |= ACCESS_IOCTL_DEV;
	if (abi >= 6) {
		attr.scoped = SCOPE_ABSTRACT | SCOPE_SIGNALS;
		size = sizeof(attr);
	}
	ret->handled = attr.fs;
	ret->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	return ret->fd < 0 ? -errno : 0;
}

/* Pipes, sockets and their like (EBADFD) are governed by no rule and need none. */
static int allow_fd(const struct ruleset *rs, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access & rs->handled,
						   .parent_fd = fd };
	struct stat st;
	long r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ACCESS_OF_FILES;
	if (!rule.allowed_access)
		return 0;
	r = syscall(SYS_landlock_add_rule, rs->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	return r < 0 && errno != EBADFD ? -errno : 0;
}

static int allow(const struct ruleset *rs, const char *host, uint64_t access)
{
	int fd = open(host, O_PATH | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = allow_fd(rs, fd, access);
	close(fd);
	return r;
}

/*
 * A read-only mount lets devices be written to, which no right can tell from files: below /dev it
 * is given, and the walk alone keeps the files there. A bind of /proc/self/... means each guest's
 * own.
 */
static int allow_bind(const struct ruleset *rs, const struct bind *b)
{
	const char *host = b->host.s;
	uint64_t access = ACCESS_LOOK | ACCESS_IOCTL_DEV;

	if (!(b->flags & BIND_RO))
		access |= ACCESS_WRITE | ACCESS_ENTRIES;
	else if (path_under(host, "/dev"))
		access |= LANDLOCK_ACCESS_FS_WRITE_FILE;
	if (!(b->flags & BIND_NOEXEC))
		access |= ACCESS_RUN;
	if (path_under(host, "/proc/self") || path_under(host, "/proc/thread-self"))
		host = "/proc";
	return allow(rs, host, access);
}

/*
 * What the caller handed over as standard input and output may be opened once more, by /dev/stdin
 * or /proc/self/fd/0, the way it is open now. Directories are not: they would lead on.
 */
static int allow_standard_files(const struct ruleset *rs)
{
	struct stat st;
	int r = 0;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && r == 0; fd++) {
		int flags = fcntl(fd, F_GETFL);
		uint64_t access = ACCESS_IOCTL_DEV;

		if (flags < 0 || fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) || (flags & O_PATH))
			continue;
		if ((flags & O_ACCMODE) != O_WRONLY)
			access |= LANDLOCK_ACCESS_FS_READ_FILE;
		if ((flags & O_ACCMODE) != O_RDONLY)
			access |= ACCESS_WRITE;
		r = allow_fd(rs, fd, access);
	}
	return r;
}

/* What guests mount that is the session's own. 0 or -errno. */
static int allow_private(const struct ruleset *rs, const struct session *s)
{
	struct pathbuf name;
	int r = pathbuf_set(&name, s->dir);

	if (r == 0)
		r = pathbuf_append(&name, "/" SESSION_PRIVATE);
	if (r == 0 && mkdir(name.s, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0)
		r = allow(rs, name.s, rs->handled);
	return r;
}

/* The memory of segments: guests map it themselves. */
static int allow_segments(const struct ruleset *rs, const struct session *s)
{
	struct pathbuf name;
	int r = pathbuf_set(&name, s->dir);

	if (r == 0)
		r = pathbuf_append(&name, "/" SYSVIPC_DIR);
	if (r == 0)
		r = allow(rs, name.s,
			  LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	return r;
}

static int allow_devices(const struct ruleset *rs)
{
	const uint64_t access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				ACCESS_IOCTL_DEV;
	int r = 0;

	for (int i = 0; opens_memory_devices[i] && (r == 0 || r == -ENOENT); i++)
		r = allow(rs, opens_memory_devices[i], access);
	return r == -ENOENT ? 0 : r;
}

static int allow_emulators(const struct ruleset *rs, const struct session *s)
{
	size_t count = s->emulators ? s->emulators->count : 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = allow(rs, s->emulators->list[i].host,
			  ACCESS_RUN | LANDLOCK_ACCESS_FS_READ_FILE);
	return r;
}

/* Loaders, copies of programs, texts of /proc and the skeleton: to be read, and to be run. */
static int fill(const struct ruleset *rs, const struct session *s, struct fail *fail)
{
	int r = allow(rs, s->dir, ACCESS_RUN | LANDLOCK_ACCESS_FS_READ_FILE);

	if (r < 0)
		return fail_errno(fail, -r, "--sandbox: no rule for '%s'", s->dir);
	r = s->identity ? allow_private(rs, s) : 0;
	if (r < 0)
		return fail_errno(fail, -r, "--sandbox: no rule for what guests mount");
	r = s->sysvipc ? allow_segments(rs, s) : 0;
	if (r < 0)
		return fail_errno(fail, -r, "--sandbox: no rule for shared memory");
	r = s->identity ? allow_devices(rs) : 0;
	if (r < 0)
		return fail_errno(fail, -r, "--sandbox: no rule for the host's devices");
	for (size_t i = 0; i < s->view->count; i++) {
		r = allow_bind(rs, &s->view->binds[i]);
		if (r < 0)
			return fail_errno(fail, -r, "--sandbox: no rule for '%s'",
					  s->view->binds[i].host.s);
	}
	r = allow_emulators(rs, s);
	if (r < 0)
		return fail_errno(fail, -r, "--sandbox: no rule for an emulator");
	r = allow_standard_files(rs);
	return r < 0 ? fail_errno(fail, -r, "--sandbox: no rule for standard input and output") : 0;
}

static int fail_missing(int abi, struct fail *fail)
{
	if (abi == -EOPNOTSUPP)
		return fail_set(fail, "--sandbox needs Landlock, which this kernel has but is not "
				      "switched on (boot with lsm=landlock,...)");
	if (abi > 0)
		return fail_set(fail, "--sandbox needs Landlock ABI %d (Linux 5.19 or later): this "
				      "kernel has ABI %d, which forbids renames across directories",
				LANDLOCK_ABI_MIN, abi);
	return fail_set(fail, "--sandbox needs Landlock (Linux 5.19 or later, built with "
			      "CONFIG_SECURITY_LANDLOCK): this kernel has none, or a container's "
			      "seccomp profile hides it");
}

int landlock_open(const struct session *s, struct fail *fail)
{
	struct ruleset rs;
	int abi = landlock_abi(), r;

	if (abi < LANDLOCK_ABI_MIN)
		return fail_missing(abi, fail);
	r = create(abi, &rs);
	if (r < 0) {
		fail_errno(fail, -r, "--sandbox: the kernel refused a Landlock ruleset");
		return -1;
	}
	if (fill(&rs, s, fail) < 0) {
		close(rs.fd);
		return -1;
	}
	return rs.fd;
}

int landlock_enter(int ruleset_fd)
{
	int r = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0)
		r = -errno;
	close(ruleset_fd);
	return r;
}
