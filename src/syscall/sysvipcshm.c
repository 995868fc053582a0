/* SPDX-License-Identifier: MIT */
/*
 * Segments in the guest's memory. A segment is a file in the session's directory, which the guest's
 * own thread opens, maps and closes (three detours, no signal in between): a mapping that is shared
 * as any other, lives on through fork(2), and goes with munmap(2), none of which stops anybody.
 * How many there are the kernel says, in /proc/<pid>/maps.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/shm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "syscall/sysvipc.h"
#include "syscall/sysvipc_impl.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif

enum { NAME_SIZE = 4096 };

/* ---- files ----------------------------------------------------------------------------------- */

static void name_of(const struct session *s, unsigned number, char *ret)
{
	snprintf(ret, NAME_SIZE, "%s/" SYSVIPC_DIR "/%u", s->dir, number);
}

/* The number of the segment whose file this is; 0: of none. What follows it is in *ret_rest. */
static unsigned number_in(const struct session *s, const char *name, char **ret_rest)
{
	const size_t n = strlen(s->dir);

	if (strncmp(name, s->dir, n) != 0 ||
	    strncmp(name + n, "/" SYSVIPC_DIR "/", sizeof(SYSVIPC_DIR) + 1) != 0)
		return 0;
	return (unsigned)strtoul(name + n + sizeof(SYSVIPC_DIR) + 1, ret_rest, 10);
}

static uint64_t whole_pages(const struct session *s, uint64_t size)
{
	return (size + s->page_size - 1) & ~(uint64_t)(s->page_size - 1);
}

/* Its pages come when they are written to: the kernel's would be refused beforehand. */
int sysvipc_make_file(void *ctx, const struct shm *shm)
{
	const struct session *s = ((const struct sysvipc *)ctx)->session;
	char name[NAME_SIZE];
	int fd, r;

	name_of(s, shm->number, name);
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOSPC ? -ENOSPC : -ENOMEM;
	r = shm->size > INT64_MAX - s->page_size ||
			    ftruncate(fd, (off_t)whole_pages(s, shm->size)) < 0
		    ? -ENOMEM
		    : 0;
	close(fd);
	return r;
}

void sysvipc_remove_file(void *ctx, const struct shm *shm)
{
	char name[NAME_SIZE];

	name_of(((const struct sysvipc *)ctx)->session, shm->number, name);
	unlink(name);
}

unsigned long sysvipc_pages(void *ctx, const struct shm *shm)
{
	const struct session *s = ((const struct sysvipc *)ctx)->session;
	char name[NAME_SIZE];
	struct stat st;

	name_of(s, shm->number, name);
	return stat(name, &st) < 0 ? 0 : (unsigned long)st.st_blocks * 512 / s->page_size;
}

int sysvipc_show(const struct session *s, const char *host, struct pathbuf *ret)
{
	unsigned number = s->sysvipc ? number_in(s, host, NULL) : 0;
	const struct shm *shm = number ? shm_numbered(s->sysvipc->ipc, number) : NULL;
	char name[64];

	if (!number)
		return -ENOENT;
	snprintf(name, sizeof(name), "/SYSV%08x (deleted)", shm ? (unsigned)shm->key : 0);
	return pathbuf_set(ret, name);
}

/* ---- what is mapped -------------------------------------------------------------------------- */

struct mapping {
	uint64_t start, end, offset;
	unsigned number;
};

/* The next mapping of a segment of ours in /proc/<pid>/maps. */
static bool next_mapping(const struct session *s, FILE *maps, struct mapping *ret)
{
	char line[NAME_SIZE + 128], *rest;
	int at;

	while (fgets(line, sizeof(line), maps)) {
		at = 0;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n", &ret->start,
			   &ret->end, &ret->offset, &at) != 3 ||
		    !at)
			continue;
		ret->number = number_in(s, line + at, &rest);
		if (ret->number)
			return true;
	}
	return false;
}

static FILE *open_maps(const struct tracee *t)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/maps", t->tid);
	return fopen(name, "re");
}

static unsigned long count_in(const struct session *s, const struct tracee *t, unsigned number)
{
	FILE *maps = open_maps(t);
	unsigned long n = 0;
	struct mapping m;

	if (!maps)
		return 0;
	while (next_mapping(s, maps, &m))
		n += m.number == number;
	fclose(maps);
	return n;
}

/* One thread of each address space is looked at: the one that `seen` was left at last. */
unsigned long sysvipc_count(void *ctx, const struct shm *shm)
{
	struct sysvipc *v = ctx;
	const unsigned look = ++v->looks;
	unsigned long n = 0;
	struct tracee *t, *next;

	HASH_ITER(hh, v->session->tracees, t, next)
	{
		struct shm_uses *uses = t->mm ? t->mm->shm : NULL;

		if (!shm_is_used(uses, shm->o.id) || uses->seen == look)
			continue;
		uses->seen = look;
		n += count_in(v->session, t, shm->number);
	}
	return n;
}

/* ---- shmat ----------------------------------------------------------------------------------- */

enum step { STEP_OPEN, STEP_MAP, STEP_UNMAP, STEP_CLOSE };

/* On its way: which call of the guest's own is under way. */
struct shm_attaching {
	enum step step;
	int id, flags;
	uint64_t size, name_at;
	int64_t fd, result;
	bool lifted; /* RLIMIT_NOFILE, which was `limit` */
	struct rlimit limit;
};

static int64_t detour(struct call *c, enum sc id, uint64_t a, uint64_t b, uint64_t d)
{
	c->before = id;
	c->before_arg[0] = a;
	c->before_arg[1] = b;
	c->before_arg[2] = d;
	c->before_quiet = true;
	return SYSV_GOES_ON;
}

/* do_shmat: the address that is asked for, 0 for any. */
static int check_address(const struct session *s, uint64_t *addr, int flags)
{
	const uint64_t inside = s->page_size - 1; /* SHMLBA is a page */

	if (!*addr)
		return flags & SHM_REMAP ? -EINVAL : 0;
	if (!(*addr & inside))
		return 0;
	if (!(flags & SHM_RND))
		return -EINVAL;
	*addr &= ~inside;
	return !*addr && (flags & SHM_REMAP) ? -EINVAL : 0;
}

/*
 * shmat(2) needs no descriptor, so none may be lacking: for the moment the guest may have as many
 * as it may allow itself. False: that was tried.
 */
static bool lift_limit(const struct tracee *t, struct shm_attaching *a)
{
	const pid_t pid = t->process->pid;
	struct rlimit more;

	if (a->lifted || prlimit(pid, RLIMIT_NOFILE, NULL, &a->limit) < 0)
		return false;
	more = (struct rlimit){ a->limit.rlim_max, a->limit.rlim_max };
	a->lifted = prlimit(pid, RLIMIT_NOFILE, &more, NULL) == 0;
	return a->lifted;
}

static int64_t open_file(struct call *c, const struct shm_attaching *a)
{
	const int how = (a->flags & SHM_RDONLY ? O_RDONLY : O_RDWR) | O_CLOEXEC;

	return detour(c, SC_openat, (uint64_t)AT_FDCWD, a->name_at, (uint64_t)how);
}

static int64_t begin_attaching(struct call *c, const struct sysv_request *q, const struct shm *shm,
			       int flags)
{
	const struct session *s = tracee_session(c->t);
	char name[NAME_SIZE];
	uint64_t at = mm_lend(c->t, NAME_SIZE);

	if (!at) {
		c->need_bytes = NAME_SIZE;
		return SYSV_GOES_ON;
	}
	name_of(s, shm->number, name);
	if (mem_write(c->t, at, name, strlen(name) + 1) < 0)
		return -ENOMEM;
	c->t->attaching = talloc_zero(c->t, struct shm_attaching);
	if (!c->t->attaching)
		return -ENOMEM;
	c->t->attaching->id = (int)q->arg[0];
	c->t->attaching->flags = flags;
	c->t->attaching->size = whole_pages(s, shm->size);
	c->t->attaching->name_at = at;
	return open_file(c, c->t->attaching);
}

static int64_t map(struct call *c, const struct shm_attaching *a, uint64_t addr, bool asked)
{
	const int flags = a->flags;
	int prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) |
		   (flags & SHM_EXEC ? PROT_EXEC : 0);
	int how = MAP_SHARED;

	if (asked) /* SHM_RND may have made 0 of it */
		how |= !addr || (flags & SHM_REMAP) ? MAP_FIXED : MAP_FIXED_NOREPLACE;

	c->before_arg[3] = (uint64_t)how;
	c->before_arg[4] = (uint64_t)a->fd;
	c->before_arg[5] = 0;
	return detour(c, c->abi->word_bytes == 4 ? SC_mmap2 : SC_mmap, addr, a->size,
		      (uint64_t)prot);
}

static int64_t end_attaching(struct call *c, const struct sysv_request *q, int64_t result)
{
	const struct shm_attaching *a = c->t->attaching;
	const int id = a->id;
	struct shm *shm = (struct shm *)ipc_find(q->ipc, KIND_SHM, id);
	uint64_t addr = (uint64_t)result;

	if (a->lifted)
		prlimit(c->t->process->pid, RLIMIT_NOFILE, &a->limit, NULL);
	TALLOC_FREE(c->t->attaching);
	if (result < 0)
		return result;
	if (shm)
		shm_attached(q->ipc, shm, q->who.pid, c->t->mm, &c->t->mm->shm);
	if (!q->told_at)
		return result;
	return mem_write(c->t, q->told_at, &addr, c->abi->word_bytes) < 0 ? -EFAULT : 0;
}

static int64_t open_failed(struct call *c, const struct sysv_request *q, int64_t error)
{
	if (error == -EMFILE && lift_limit(c->t, c->t->attaching))
		return open_file(c, c->t->attaching);
	/* ENOENT: it was removed meanwhile */
	return end_attaching(c, q, error == -ENOENT ? -EINVAL : -ENOMEM);
}

/* The call of the last step is done. */
static int64_t go_on_attaching(struct call *c, const struct sysv_request *q, uint64_t addr)
{
	struct shm_attaching *a = c->t->attaching;
	const int64_t r = c->before_result;

	switch (a->step) {
	case STEP_OPEN:
		if (r < 0)
			return open_failed(c, q, r);
		a->fd = r;
		a->step = STEP_MAP;
		return map(c, a, addr, q->arg[1] != 0);
	case STEP_MAP:
		a->result = r;
		a->step = STEP_CLOSE;
		if (r < 0 || !addr || (uint64_t)r == addr)
			break;
		/* Before Linux 4.17 a place that is taken is no error. */
		a->step = STEP_UNMAP;
		a->result = -EINVAL;
		return detour(c, SC_munmap, (uint64_t)r, a->size, 0);
	case STEP_UNMAP:
		a->step = STEP_CLOSE;
		break;
	case STEP_CLOSE:
		return end_attaching(c, q, a->result == -EEXIST ? -EINVAL : a->result);
	}
	return detour(c, SC_close, (uint64_t)a->fd, 0, 0);
}

int64_t sysvipc_attach(struct call *c, const struct sysv_request *q)
{
	const struct session *s = tracee_session(c->t);
	const int flags = (int)q->arg[2];
	uint64_t addr = q->arg[1];
	const struct shm *shm;
	int r = (int)q->arg[0] < 0 ? -EINVAL : check_address(s, &addr, flags);

	if (r == 0 && c->t->attaching)
		return go_on_attaching(c, q, addr);
	if (r < 0)
		return r;
	shm = shm_may_attach(q->ipc, &q->who, (int)q->arg[0], flags, &r);
	if (!shm)
		return r;
	if (addr && addr + shm->size < addr)
		return -EINVAL;
	return begin_attaching(c, q, shm, flags);
}

/* ---- shmdt ----------------------------------------------------------------------------------- */

/*
 * do_shmdt: a mapping as it was attached at `addr`, or what is left of it; what lies behind it
 * without a gap is part of it. True: there is another piece.
 */
static bool find_attached(const struct call *c, uint64_t addr, struct mapping *ret)
{
	const struct session *s = tracee_session(c->t);
	FILE *maps = c->t->mm->shm ? open_maps(c->t) : NULL;
	struct mapping m;
	bool more = false;

	*ret = (struct mapping){ 0 };
	while (maps && !more && next_mapping(s, maps, &m)) {
		if (m.start < addr || m.start - addr != m.offset)
			continue;
		if (!ret->number)
			*ret = m;
		else if (m.number == ret->number && m.start == ret->end)
			ret->end = m.end;
		else
			more = m.number == ret->number;
	}
	if (maps)
		fclose(maps);
	return more;
}

static int detached(struct call *c)
{
	const struct sysvipc *v = tracee_session(c->t)->sysvipc;
	const unsigned *number = c->data;
	const struct shm *shm = shm_numbered(v->ipc, *number);

	if (c->result == 0 && shm)
		shm_detached(v->ipc, shm->o.id, c->t->process->pid);
	return 0;
}

int64_t sysvipc_detach(struct call *c, const struct sysv_request *q)
{
	const uint64_t addr = q->arg[0];
	struct mapping m;
	bool more;

	if (addr & (tracee_session(c->t)->page_size - 1))
		return -EINVAL;
	more = find_attached(c, addr, &m);
	if (!m.number)
		return -EINVAL;
	if (more)
		return detour(c, SC_munmap, m.start, m.end - m.start, 0);
	c->data = talloc_memdup(c->t, &m.number, sizeof(m.number));
	if (!c->data)
		return -ENOMEM;
	c->nr = sys_number(c->abi, SC_munmap);
	c->flags |= CALL_CHANGED;
	call_set_arg(c, 0, m.start);
	call_set_arg(c, 1, m.end - m.start);
	call_want_exit(c, detached);
	return SYSV_GOES_ON;
}
