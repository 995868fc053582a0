// SPDX-License-Identifier: MIT
/*
 * From a path argument to what the kernel is given: the walk of path/canon.h, by calls of the
 * guest's own process, with what is known of directories in front of it.
 *
 * Names in procfs are the tracer's: its links and texts speak of the host.
 */
#include "agent/freestanding.h"
#include "agent/inside.h"

#include <asm/errno.h>

#define AT_FDCWD	    (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_NO_AUTOMOUNT	    0x800
#define AT_EMPTY_PATH	    0x1000
#define S_IFMT		    0170000
#define S_IFDIR		    0040000
#define S_IFLNK		    0120000
#define S_ISVTX		    0001000

/* procname.h: nothing of procfs comes so far. */
enum proc_what proc_magic(struct hpath p)
{
	(void)p;
	return PROC_NOTHING;
}

/* ---- the walk's eyes ------------------------------------------------------------------------- */

static bool leave_to_tracer(struct agent_slot *slot, enum agent_fall why)
{
	slot->unusual = true;
	slot->why = why;
	return true;
}

static bool is_unusual(struct agent_slot *slot, struct hpath p)
{
	if (path_under(p.s, "/proc"))
		return leave_to_tracer(slot, AGENT_FALL_PROC);
	if (strlen(p.s) >= PATH_LIMIT)
		return leave_to_tracer(slot, AGENT_FALL_NAME);
	return slot->unusual;
}

static int kind(void *ctx, struct hpath p)
{
	struct agent_slot *slot = ctx;
	long r;

	if (is_unusual(slot, p))
		return -EACCES;
	r = machine_call(AC_NEWFSTATAT, AT_FDCWD, (long)p.s, (long)&slot->st,
			 AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, 0);
	slot->kind = r < 0				   ? (int)r :
		     (slot->st.mode & S_IFMT) == S_IFDIR ? FS_DIR :
		     (slot->st.mode & S_IFMT) == S_IFLNK ? FS_LINK :
							   FS_OTHER;
	return slot->kind;
}

static int read_link(void *ctx, struct hpath p, char *buf, size_t size)
{
	if (is_unusual(ctx, p))
		return -EACCES;
	return (int)machine_call(AC_READLINKAT, AT_FDCWD, (long)p.s, (long)buf, (long)size, 0, 0);
}

static int real(void *ctx, struct hpath p, struct pathbuf *ret)
{
	(void)p, (void)ret;
	leave_to_tracer(ctx, AGENT_FALL_WALK);
	return -ENOENT;
}

/* A walk of an absolute name. False: only the tracer knows, slot->why. */
static bool walk(struct agent_slot *slot, const char *path, enum canon_last last)
{
	const struct canon_base base = { GPATH("/"), HPATH(NULL) };
	struct canon *w = &slot->walk;
	int r;

	slot->ops.kind = kind;
	slot->ops.read_link = read_link;
	slot->ops.real = real;
	slot->ops.is_plain = NULL; /* openat2 takes a number for a moment, which threads see */
	slot->ops.may_search = NULL;
	slot->ops.step = NULL;
	slot->unusual = false;
	slot->kind = FS_DIR;
	w->view = agent_session.view;
	w->root = NULL;
	w->ops = &slot->ops;
	w->ctx = slot;
	w->limits = 0;
	r = canon_walk(w, base, path, last);
	if (slot->unusual)
		return false;
	if (r < 0 || (w->flags & (CANON_MAGIC | CANON_OUTSIDE)) || w->host.len >= PATH_LIMIT)
		return agent_fails(slot, AGENT_FALL_WALK);
	return !path_under(w->host.s, "/proc") || agent_fails(slot, AGENT_FALL_PROC);
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool recall_cwd(struct agent_slot *slot)
{
	const struct agent_cwd *c = &slot->cwd;

	if (!c->known || c->count != __atomic_load_n(&agent_mm.cwd, __ATOMIC_ACQUIRE) ||
	    !agent_dir_is_fresh(&c->since))
		return false;
	slot->since = c->since;
	return pathbuf_set_n(&slot->joined, c->guest, c->guest_len) == 0;
}

/* A signal may take the thread out of this, and another find the slot as it is then. */
static void remember_cwd(struct agent_slot *slot, uint32_t count)
{
	struct agent_cwd *c = &slot->cwd;

	c->known = false;
	/* in this order: a release store would only come after what is before it */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (count == AGENT_CWD_UNSURE || slot->host.len >= sizeof(c->host) ||
	    slot->joined.len >= sizeof(c->guest))
		return;
	c->count = count;
	c->since = slot->since;
	c->guest_len = (uint16_t)slot->joined.len;
	c->host_len = (uint16_t)slot->host.len;
	memcpy(c->guest, slot->joined.s, slot->joined.len);
	memcpy(c->host, slot->host.s, slot->host.len);
	__atomic_store_n(&c->known, true, __ATOMIC_RELEASE);
}

bool agent_cwd(struct agent_slot *slot)
{
	const uint32_t count = __atomic_load_n(&agent_mm.cwd, __ATOMIC_ACQUIRE);
	long n;

	if (recall_cwd(slot))
		return true;
	slot->since = agent_dir_begin();
	n = machine_call(AC_GETCWD, (long)slot->host.s, PATH_LIMIT, 0, 0, 0, 0);
	if (n <= 0 || slot->host.s[0] != '/')
		return agent_fails(slot, AGENT_FALL_CWD);
	slot->host.len = (size_t)n - 1;
	if (view_to_guest(agent_session.view, NULL, HPATH(slot->host.s), NULL, &slot->joined) < 0)
		return agent_fails(slot, AGENT_FALL_CWD);
	remember_cwd(slot, count);
	return true;
}

/* slot->path as an absolute name; NULL: only the tracer knows, slot->why. */
static const char *absolute(struct agent_slot *slot, long dirfd)
{
	const char *path = slot->path.s;

	if (path[0] == '/')
		return path;
	slot->why = AGENT_FALL_DESCRIPTOR;
	if ((int)dirfd != AT_FDCWD || !agent_cwd(slot))
		return NULL;
	slot->why = AGENT_FALL_NAME;
	if (pathbuf_push(&slot->joined, path, strlen(path)) < 0 || slot->joined.len >= PATH_LIMIT)
		return NULL;
	return slot->joined.s;
}

/* Names of procfs in whose place the tracer has something else; the base may be there. */
#define PROC_NAME(name) { sizeof(name) - 1, name }

static const struct {
	unsigned char len;
	char name[12]; /* no pointer: the agent is not relocated */
} proc_names[] = {
	PROC_NAME("self"),	PROC_NAME("thread-self"), PROC_NAME("exe"),
	PROC_NAME("cwd"),	PROC_NAME("root"),	  PROC_NAME("maps"),
	PROC_NAME("smaps"),	PROC_NAME("numa_maps"),	  PROC_NAME("mounts"),
	PROC_NAME("mountinfo"), PROC_NAME("mountstats"),  PROC_NAME("status"),
	PROC_NAME("stat"),	PROC_NAME("auxv"),	  PROC_NAME("uid_map"),
	PROC_NAME("gid_map"),	PROC_NAME("projid_map"),  PROC_NAME("setgroups"),
	PROC_NAME("loginuid"),	PROC_NAME("sessionid"),	  PROC_NAME("hostname"),
	PROC_NAME("domainname"), PROC_NAME("shm"),	  PROC_NAME("sem"),
	PROC_NAME("msg"),	PROC_NAME("ostype"),	  PROC_NAME("osrelease"),
	PROC_NAME("version"),	PROC_NAME("arch"),
};

static bool may_be_of_procfs(const char *name, size_t n)
{
	if (name[0] >= '0' && name[0] <= '9')
		return strspn(name, "0123456789") == n;
	for (size_t i = 0; i < sizeof(proc_names) / sizeof(proc_names[0]); i++)
		if (proc_names[i].len == n && proc_names[i].name[0] == name[0] &&
		    memcmp(proc_names[i].name, name, n) == 0)
			return true;
	return false;
}

/* Does a component mean the same to the kernel as to the guest, if it is not procfs that has it? */
static bool is_own_name(const char *name, size_t n)
{
	bool dots = name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));

	return !dots && !view_has_name(agent_session.view, name, n);
}

/* The same of a path of one component, wherever that is looked up. */
static bool is_plain_name(const char *name)
{
	size_t n = 0;

	while (name[n] && name[n] != '/')
		n++;
	return !name[n] && is_own_name(name, n) && !may_be_of_procfs(name, n);
}

bool agent_is_plain_path(struct agent_slot *slot, bool *ret_proc)
{
	const char *p = slot->path.s;
	char name[NAME_LIMIT + 1];
	size_t n;

	*ret_proc = false;
	for (; *p; p += n + (p[n] == '/')) {
		for (n = 0; p[n] && p[n] != '/'; n++)
			;
		if (n > NAME_LIMIT)
			return agent_fails(slot, AGENT_FALL_NAME);
		memcpy(name, p, n);
		name[n] = '\0';
		if (n && !(n == 1 && name[0] == '.') && !is_own_name(name, n))
			return agent_fails(slot, AGENT_FALL_RELATIVE);
		*ret_proc |= n && may_be_of_procfs(name, n);
	}
	return true;
}

bool agent_is_in_procfs(struct agent_slot *slot, long dirfd)
{
	return machine_call(AC_NEWFSTATAT, dirfd, (long)"", (long)&slot->st, AT_EMPTY_PATH, 0, 0) <
		       0 ||
	       slot->st.dev == agent_session.proc_dev;
}

bool agent_locate_whole(struct agent_slot *slot, long dirfd, enum agent_follow follow,
			struct agent_target *ret)
{
	const char *path = absolute(slot, dirfd);

	if (!path || !walk(slot, path, follow ? CANON_FOLLOW : CANON_NOFOLLOW))
		return false;
	*ret = (struct agent_target){ AT_FDCWD, slot->walk.host.s, slot->walk.bind, true,
				      path != slot->path.s };
	return true;
}

/* Is a look at the last component's directory enough? Its length, and where the rest begins. */
static bool split(const char *path, size_t *ret_len, const char **ret_last)
{
	const char *last = path;

	for (const char *p = path; *p; p++)
		if (*p == '/')
			last = p + 1;
	*ret_len = (size_t)(last - path) - 1;
	*ret_last = last;
	return *last && !(last[0] == '.' && (!last[1] || (last[1] == '.' && !last[2])));
}

enum directory {
	DIRECTORY_KNOWN,
	DIRECTORY_FAILS, /* slot->walk.host, and whatever is looked for in its place */
	DIRECTORY_UNSURE,
};

/*
 * slot->st: a directory without a record, and so without the mark that devices in it leave
 * (syscall/devdirs.h). Of others' directories records are kept elsewhere.
 */
static bool is_unmarked(const struct agent_slot *slot)
{
	const struct agent_shared *s = &agent_session;
	const struct machine_stat *st = &slot->st;

	return agent_has(AGENT_IDENTITY) && !(st->mode & S_ISVTX) && st->uid == s->host_uid &&
	       st->gid == s->host_gid;
}

/*
 * One that lies in a directory which is known, and in which nothing is bound: a look at it is
 * enough. It is known no longer than the other.
 */
static bool find_below_known(struct agent_slot *slot, const char *path, size_t len,
			     struct agent_dir *ret)
{
	size_t above = len;

	while (above && path[above - 1] != '/')
		above--;
	if (above < 2 || above == len || len - above > NAME_LIMIT)
		return false;
	memcpy(slot->text.s, path + above, len - above);
	slot->text.s[len - above] = '\0';
	return is_own_name(slot->text.s, len - above) &&
	       agent_dir_find(path, above - 1, &slot->host, ret) &&
	       pathbuf_push(&slot->host, slot->text.s, len - above) == 0 &&
	       kind(slot, HPATH(slot->host.s)) == FS_DIR;
}

/*
 * What a walk to a directory has ended with, where that is no directory: nothing can be below it,
 * and the kernel finds out the same by a name that is nowhere.
 */
static enum directory walked_to_error(struct agent_slot *slot)
{
	struct canon *w = &slot->walk;
	bool fails = (w->flags & CANON_MISSING) ||
		     ((w->flags & CANON_ERROR) && (w->error == -ENOENT || w->error == -ENOTDIR));

	return fails && pathbuf_push(&w->host, CANON_NOWHERE, strlen(CANON_NOWHERE)) == 0 &&
			       w->host.len < PATH_LIMIT ?
		       DIRECTORY_FAILS :
		       DIRECTORY_UNSURE;
}

static enum directory find_directory(struct agent_slot *slot, const char *path, size_t len,
				     struct agent_dir *ret)
{
	if (agent_dir_find(path, len, &slot->host, ret))
		return DIRECTORY_KNOWN;
	if (find_below_known(slot, path, len, ret)) {
		ret->without_devices = is_unmarked(slot);
		agent_dir_learn(path, len, &slot->host, ret);
		return DIRECTORY_KNOWN;
	}
	slot->unusual = false;
	agent_count(&agent_counts.walks);
	ret->since = agent_dir_begin();
	memcpy(slot->text.s, path, len);
	slot->text.s[len] = '\0';
	if (!walk(slot, len ? slot->text.s : "/", CANON_FOLLOW))
		return DIRECTORY_UNSURE;
	if (slot->walk.flags & (CANON_ERROR | CANON_MISSING))
		return walked_to_error(slot);
	if (slot->kind != FS_DIR ||
	    view_has_below(slot->walk.view, slot->walk.guest.s, slot->walk.guest.len) ||
	    pathbuf_set_n(&slot->host, slot->walk.host.s, slot->walk.host.len) < 0)
		return DIRECTORY_UNSURE;
	ret->bind = slot->walk.bind;
	/* what the walk looked at last need not be this */
	ret->without_devices = agent_has(AGENT_IDENTITY) &&
			       kind(slot, HPATH(slot->host.s)) == FS_DIR && is_unmarked(slot);
	agent_dir_learn(path, len, &slot->host, ret);
	return DIRECTORY_KNOWN;
}

/* Does the way from the cwd to the directory in slot->host go by just the names that were given? */
static bool is_straight_way(const struct agent_slot *slot, size_t last_len)
{
	const struct agent_cwd *c = &slot->cwd;
	size_t way = strlen(slot->path.s) - last_len - 1; /* a slash is in front of the last */

	return c->known && slot->host.len == c->host_len + 1 + way &&
	       slot->host.s[c->host_len] == '/' &&
	       memcmp(slot->host.s, c->host, c->host_len) == 0 &&
	       memcmp(slot->host.s + c->host_len + 1, slot->path.s, way) == 0;
}

bool agent_locate(struct agent_slot *slot, long dirfd, struct agent_target *ret)
{
	enum directory found = DIRECTORY_UNSURE;
	struct agent_dir dir;
	const char *path, *last;
	size_t len;

	slot->without_devices = false;
	if (slot->path.s[0] != '/' && is_plain_name(slot->path.s)) {
		*ret = (struct agent_target){ dirfd, slot->path.s, NULL, false, false };
		return true;
	}
	path = absolute(slot, dirfd);
	if (!path)
		return false;
	slot->unusual = false;
	if (split(path, &len, &last))
		found = find_directory(slot, path, len, &dir);
	if (found == DIRECTORY_UNSURE)
		return !slot->unusual && agent_locate_whole(slot, dirfd, AGENT_NOFOLLOW, ret);
	if (found == DIRECTORY_FAILS) {
		*ret = (struct agent_target){ AT_FDCWD, slot->walk.host.s, slot->walk.bind, true,
					      path != slot->path.s };
		return true;
	}
	slot->without_devices = dir.without_devices;
	if (path != slot->path.s && is_straight_way(slot, strlen(last))) {
		*ret = (struct agent_target){ AT_FDCWD, slot->path.s, dir.bind, false, true };
		return true;
	}
	if (pathbuf_push(&slot->host, last, strlen(last)) < 0 || slot->host.len >= PATH_LIMIT)
		return agent_fails(slot, AGENT_FALL_NAME);
	*ret = (struct agent_target){ AT_FDCWD, slot->host.s, dir.bind, false,
				      path != slot->path.s };
	return true;
}

bool agent_is_without_devices(struct agent_slot *slot, long dirfd)
{
	const char *path = absolute(slot, dirfd), *last;
	struct agent_dir dir;
	size_t len;

	return path && split(path, &len, &last) &&
	       find_directory(slot, path, len, &dir) == DIRECTORY_KNOWN && dir.without_devices &&
	       agent_dir_is_since(&slot->since);
}
