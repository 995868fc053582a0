/* SPDX-License-Identifier: MIT */
/*
 * The directory is the user's own, 0700 and no link, or it is not used: in a /tmp of everybody's
 * somebody else may have made it. Names in it are only ever used from its descriptor, the sockets'
 * by way of /proc/self/fd, whatever the length of the name that leads to it.
 *
 * An entry is written under another name, locked, and then renamed, so that whoever finds one that
 * is not locked knows that its session is dead. Who makes or sweeps entries holds the directory's
 * lock: what was found dead is not another one's by the time it is removed.
 */
#include "engine/sessions/registry.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/engine.h"

#define AUTO_CLOSE __attribute__((cleanup(fd_cleanup)))
#define VERSION	   "pr-session-1"

enum { NAME_MOST = 63, ENTRY_MOST = 32768, BACKLOG = 64, PLACES = 3, PATIENCE_S = 10 };

/* How often, 20 ms apart, the directory's lock is tried: for a sweep, an entry, a name. */
enum { TRIES_SWEEP = 1, TRIES_ENTRY = 25, TRIES_NAME = 100 };

/* An entry that is not in its place yet. */
static const char half_made[] = ".new";

struct file_name {
	char s[32];
};

static const char *entry_name(pid_t pid, struct file_name *ret)
{
	snprintf(ret->s, sizeof(ret->s), "%d", (int)pid);
	return ret->s;
}

static const char *socket_name(pid_t pid, struct file_name *ret)
{
	snprintf(ret->s, sizeof(ret->s), "%d.sock", (int)pid);
	return ret->s;
}

/* ---- the directory --------------------------------------------------------------------------- */

static const char *base_of(unsigned i)
{
	const char *const names[PLACES] = { "XDG_RUNTIME_DIR", "TMPDIR", NULL };
	const char *base = names[i] ? getenv(names[i]) : "/tmp";

	return base && base[0] == '/' ? base : NULL;
}

static char *name_in(void *ctx, unsigned i, const char *base)
{
	return i == 0 ? talloc_asprintf(ctx, "%s/pr", base)
		      : talloc_asprintf(ctx, "%s/pr-%u", base, (unsigned)geteuid());
}

/* Sessions are this host's, and a lock that another host gives may be waited for without end. */
static bool is_shared_by_hosts(int fd)
{
	static const uint32_t types[] = { NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, SMB2_SUPER_MAGIC,
				      CIFS_SUPER_MAGIC, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((uint32_t)fs.f_type == types[i])
			return true;
	return false;
}

/* -errno; -EPERM where it is not the user's alone, -EXDEV where not this host's. */
static int open_place(const char *name, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	AUTO_CLOSE int fd = open(name, flags);
	struct stat st;

	if (fd < 0 && errno == ENOENT && make && mkdir(name, 0700) == 0)
		fd = open(name, flags);
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? -EPERM : -errno;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 0077))
		return -EPERM;
	return is_shared_by_hosts(fd) ? -EXDEV : fd_take(&fd);
}

/*
 * The first place that will do; *ret_name, a child of ctx, is its name. A session makes what is not
 * there; who looks for one finds -ENOENT where a session would make it.
 */
static int open_dir(void *ctx, bool make, char **ret_name, struct fail *fail)
{
	const char *refused = NULL;

	for (unsigned i = 0; i < PLACES; i++) {
		const char *base = base_of(i);
		char *name = base ? name_in(ctx, i, base) : NULL;
		int fd = name ? open_place(name, make) : -ENOENT;

		*ret_name = name;
		if (fd >= 0 || (name && fd == -ENOENT && !make && access(base, W_OK) == 0))
			return fd;
		if (fd == -EPERM && !refused)
			refused = name;
	}
	if (refused)
		fail_set(fail,
			 "'%s' is not a directory of yours alone (mode 0700): remove it, or "
			 "set XDG_RUNTIME_DIR",
			 refused);
	else
		fail_set(fail, "no directory to enter sessions in: set XDG_RUNTIME_DIR to one of "
			       "yours");
	return -EPERM;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void remove_entry(int dir, pid_t pid)
{
	struct file_name name;

	unlinkat(dir, socket_name(pid, &name), 0);
	unlinkat(dir, entry_name(pid, &name), 0);
}

/*
 * An entry whose session lives; -ESRCH: it was a dead one's; else -errno. A guest that has the
 * directory bound may have put a FIFO there, whose writer is not waited for.
 */
static int open_living(int dir, pid_t pid)
{
	struct file_name name;
	AUTO_CLOSE int fd = openat(dir, entry_name(pid, &name),
				   O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* Shared: who looks at the same time must not take us for the session. */
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? fd_take(&fd) : -errno;
	return -ESRCH;
}

/* The caller has the directory's lock. Does a session of that number live? */
static bool sweep(int dir, pid_t pid)
{
	AUTO_CLOSE int fd = open_living(dir, pid);

	if (fd == -ESRCH)
		remove_entry(dir, pid);
	return fd >= 0;
}

/* Others have it for a moment. A guest that has the directory bound may keep it: that is an end. */
static int lock_dir(int dir, int tries)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	int r = flock(dir, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;

	while (r == -EWOULDBLOCK && --tries > 0) {
		nanosleep(&nap, NULL);
		r = flock(dir, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	}
	return r;
}

/* The next of the strings from *at; NULL at the end. */
static const char *next_string(const char **at, const char *end)
{
	const char *s = *at;
	const char *zero = s < end ? memchr(s, '\0', (size_t)(end - s)) : NULL;

	if (!zero)
		return NULL;
	*at = zero + 1;
	return s;
}

static int parse_entry(void *ctx, const char *text, size_t len, struct registry_entry *ret)
{
	const char *at = text, *end = text + len;
	const char *version = next_string(&at, end), *start = next_string(&at, end);
	const char **argv = talloc_zero_array(ctx, const char *, len + 1);
	size_t count = 0;

	ret->engine = next_string(&at, end);
	ret->name = next_string(&at, end);
	ret->rootfs = next_string(&at, end);
	if (!ret->rootfs || !argv || strcmp(version, VERSION) != 0)
		return -EINVAL;
	if (!*ret->name)
		ret->name = NULL;
	ret->start = strtoll(start, NULL, 10);
	while ((argv[count] = next_string(&at, end)))
		count++;
	ret->argv = argv;
	return 0;
}

static int read_entry(void *ctx, int dir, pid_t pid, struct registry_entry *ret)
{
	AUTO_CLOSE int fd = open_living(dir, pid);
	char *text;
	ssize_t n;

	if (fd < 0)
		return fd;
	text = talloc_array(ctx, char, ENTRY_MOST);
	n = text ? read(fd, text, ENTRY_MOST) : -1;
	*ret = (struct registry_entry){ .pid = pid };
	return n < 0 ? -EIO : parse_entry(ctx, text, (size_t)n, ret);
}

/* The number that is the whole of the name, or 0. */
static pid_t number(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);

	return isdigit((unsigned char)name[0]) && !*end && n > 0 && n <= 0x7fffffff ? (pid_t)n : 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct registry_entry *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int add_entry(void *ctx, struct registry *r, const struct registry_entry *one)
{
	struct registry_entry *more =
		talloc_realloc(ctx, r->entries, struct registry_entry, r->count + 1);

	if (!more)
		return -ENOMEM;
	r->entries = more;
	r->entries[r->count++] = *one;
	return 0;
}

static DIR *open_list(int dir_fd)
{
	int copy = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);

	if (!d)
		fd_cleanup(&copy);
	return d;
}

/* *ret_dead: there are such as well. */
static int read_all(void *ctx, struct registry *r, bool *ret_dead)
{
	DIR *d = open_list(r->dir_fd);
	struct dirent *e;
	int err = d ? 0 : -errno;

	*ret_dead = false;
	while (err == 0 && (e = readdir(d))) {
		struct registry_entry one;
		pid_t pid = number(e->d_name);
		int found = pid ? read_entry(ctx, r->dir_fd, pid, &one) : -ENOENT;

		*ret_dead |= found == -ESRCH;
		if (found == 0)
			err = add_entry(ctx, r, &one);
	}
	if (d)
		closedir(d);
	if (r->count)
		qsort(r->entries, r->count, sizeof(*r->entries), by_pid);
	return err;
}

static void sweep_all(int dir_fd)
{
	DIR *d = open_list(dir_fd);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (number(e->d_name))
			sweep(dir_fd, number(e->d_name));
	if (d)
		closedir(d);
}

int registry_read(void *ctx, struct registry *ret, struct fail *fail)
{
	bool dead;
	char *name;
	int r;

	*ret = (struct registry){ .dir_fd = open_dir(ctx, false, &name, fail) };
	ret->dir = name;
	if (ret->dir_fd == -ENOENT)
		return 0;
	if (ret->dir_fd < 0)
		return -1;
	r = read_all(ctx, ret, &dead);
	if (dead && lock_dir(ret->dir_fd, TRIES_SWEEP) == 0) {
		sweep_all(ret->dir_fd);
		flock(ret->dir_fd, LOCK_UN);
	}
	return r < 0 ? fail_errno(fail, -r, "cannot read '%s'", name), -1 : 0;
}

const struct registry_entry *registry_find(const struct registry *r, const char *word)
{
	pid_t pid = number(word);

	for (size_t i = 0; i < r->count; i++) {
		const struct registry_entry *e = &r->entries[i];

		if (pid ? e->pid == pid : e->name && strcmp(e->name, word) == 0)
			return e;
	}
	return NULL;
}

/* ---- sockets --------------------------------------------------------------------------------- */

/* One of the user's own, which no link leads to; -errno, -EPERM where it is another. */
static int open_socket(int dir, pid_t pid)
{
	struct file_name name;
	AUTO_CLOSE int fd = openat(dir, socket_name(pid, &name), O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return -EPERM;
	return fd_take(&fd);
}

int registry_connect(const struct registry *r, const struct registry_entry *e)
{
	AUTO_CLOSE int at = open_socket(r->dir_fd, e->pid);
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = { .tv_sec = PATIENCE_S }, for_ever = { 0 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (at < 0)
		return at == -ENOENT ? -ECONNREFUSED : at;
	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", at);
	/* The queue may be full, and nobody there who takes from it. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &for_ever, sizeof(for_ever)) < 0)
		return -errno;
	return fd_take(&fd);
}

/* Before it listens SIGIO is set up, so that no connection goes unnoticed. */
static int listen_at(const struct registration *r)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct file_name name;

	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/%s", r->dir_fd,
		 socket_name(r->pid, &name));
	if (fd < 0 || fcntl(fd, F_SETOWN, r->pid) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		if (errno != EADDRINUSE)
			return -errno;
		unlinkat(r->dir_fd, name.s, 0);
		if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
			return -errno;
	}
	return listen(fd, BACKLOG) < 0 ? -errno : fd_take(&fd);
}

/* ---- entering -------------------------------------------------------------------------------- */

int engine_check_name(const char *name, struct fail *fail)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MOST || !isalnum((unsigned char)name[0]) || number(name) ||
	    name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")])
		return fail_set(
			fail,
			"--name '%s': a name has up to 63 letters, digits, '_', '.' and '-', "
			"begins with a letter or digit, and is no number",
			name);
	return 0;
}

static void add_string(char *text, size_t *len, const char *s)
{
	size_t n = strlen(s) + 1;

	if (n > ENTRY_MOST - *len)
		return;
	memcpy(text + *len, s, n);
	*len += n;
}

static size_t format_entry(const struct session_config *c, const struct run_by *by, char *text)
{
	char start[32];
	size_t len = 0;

	snprintf(start, sizeof(start), "%lld", (long long)time(NULL));
	add_string(text, &len, VERSION);
	add_string(text, &len, start);
	add_string(text, &len, by->engine);
	add_string(text, &len, c->name ? c->name : "");
	add_string(text, &len, by->rootfs);
	for (char *const *a = c->argv; a && *a; a++)
		add_string(text, &len, *a);
	return len;
}

/* The locked file, not in its place yet. What is there already somebody left who was killed. */
static int write_entry(const struct registration *r, const struct session_config *c,
		       const struct run_by *by)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	AUTO_CLOSE int fd = -1;
	static char text[ENTRY_MOST];
	size_t len = format_entry(c, by, text);

	unlinkat(r->dir_fd, half_made, 0);
	fd = openat(r->dir_fd, half_made, flags, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return write(fd, text, len) == (ssize_t)len ? fd_take(&fd) : -EIO;
}

/* The caller has the directory's lock. */
static int make_entry(struct registration *r, const struct session_config *c,
		      const struct run_by *by)
{
	struct file_name name;
	int e;

	/* Where another pid namespace shares the directory our number may be a session's there. */
	if (sweep(r->dir_fd, r->pid))
		return -EEXIST;
	e = r->socket_fd = listen_at(r);
	if (e >= 0)
		e = r->lock_fd = write_entry(r, c, by);
	if (e >= 0 && renameat(r->dir_fd, half_made, r->dir_fd, entry_name(r->pid, &name)) < 0)
		e = -errno;
	if (e >= 0)
		return 0;
	unlinkat(r->dir_fd, half_made, 0);
	remove_entry(r->dir_fd, r->pid);
	return e;
}

static void abandon(struct registration *r)
{
	fd_cleanup(&r->socket_fd);
	fd_cleanup(&r->lock_fd);
	fd_cleanup(&r->dir_fd);
	*r = (struct registration){ -1, -1, -1, r->pid };
}

static int check_unused(void *ctx, const struct registration *r, const char *name,
			struct fail *fail)
{
	struct registry all = { .dir_fd = r->dir_fd };
	const struct registry_entry *e;
	bool dead;
	int err = read_all(ctx, &all, &dead);

	if (err < 0)
		return fail_errno(fail, -err, "--name %s: cannot look at the other sessions", name),
		       -1;
	e = registry_find(&all, name);
	if (e)
		return fail_set(fail,
				"--name %s: session %d has that name: choose another one, or end "
				"it",
				name, (int)e->pid);
	return 0;
}

static int enter_dir(void *ctx, const struct session_config *config, const struct run_by *by,
		     struct registration *ret, struct fail *fail)
{
	char *dir;
	int r;

	ret->dir_fd = open_dir(ctx, true, &dir, fail);
	if (ret->dir_fd < 0)
		return -1;
	r = lock_dir(ret->dir_fd, config->name ? TRIES_NAME : TRIES_ENTRY);
	if (r == 0 && config->name && check_unused(ctx, ret, config->name, fail) < 0)
		return -1;
	if (r == 0)
		r = make_entry(ret, config, by);
	flock(ret->dir_fd, LOCK_UN);
	return r < 0 ? fail_errno(fail, -r, "cannot enter the session in '%s'", dir), -1 : 0;
}

int registry_enter(const struct session_config *config, const struct run_by *by,
		   struct registration *ret, struct fail *fail)
{
	struct fail why = { "" };
	void *ctx;
	int r = 0;

	*ret = (struct registration){ -1, -1, -1, getpid() };
	if (config->unlisted)
		return 0;
	ctx = talloc_new(NULL);
	if (enter_dir(ctx, config, by, ret, &why) < 0) {
		abandon(ret);
		r = config->name ? -1 : 0;
		if (r < 0)
			*fail = why;
	}
	talloc_free(ctx);
	return r;
}

/* Who has come too late for us must not be told to a process that blocks nothing any more. */
static void stop_telling(const struct registration *r)
{
	const struct timespec now = { 0 };
	sigset_t set;

	fcntl(r->socket_fd, F_SETFL, O_NONBLOCK);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigtimedwait(&set, NULL, &now);
}

void registry_leave(struct registration *r)
{
	if (r->dir_fd < 0)
		return;
	remove_entry(r->dir_fd, r->pid);
	stop_telling(r);
	abandon(r);
}
