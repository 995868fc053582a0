/* SPDX-License-Identifier: MIT */
/*
 * Segments. How often one is attached is not counted as it happens (munmap(2) is nobody's
 * business): the host looks when somebody asks, or when a segment is to go.
 */
#include "ipc/shm.h"

#include <errno.h>
#include <linux/ipc.h>
#include <linux/shm.h>
#include <talloc.h>

#include "ipc/ipc_impl.h"

#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif

enum { READ = 0444, WRITE = 0222, RUN = 0111 };

static struct shm *find(struct ipc *ipc, int id)
{
	return (struct shm *)ipc_find(ipc, KIND_SHM, id);
}

static uint64_t pages(const struct ipc *ipc, uint64_t size)
{
	return size / ipc->host.page_size + (size % ipc->host.page_size != 0);
}

/* ---- made ---- */

static int fits(const struct ipc_object *o, uint64_t size)
{
	return ((const struct shm *)o)->size < size ? -EINVAL : 0;
}

static void forget(struct ipc *ipc, struct shm *shm)
{
	ipc->shm_pages -= pages(ipc, shm->size);
	ipc->host.remove(ipc->host.ctx, shm);
	ipc_remove(ipc, KIND_SHM, &shm->o);
	talloc_free(shm);
}

static struct shm *new_segment(struct ipc *ipc, uint64_t size, pid_t pid)
{
	struct shm *shm = talloc_zero(ipc, struct shm);

	if (!shm)
		return NULL;
	shm->number = ++ipc->shm_number;
	shm->size = size;
	shm->cpid = pid;
	shm->ctime = time(NULL);
	return shm;
}

static int make(struct ipc *ipc, const struct ipc_who *who, int32_t key, uint64_t size, int flags)
{
	struct shm *shm;
	int id, r;

	if (size < 1 || size > IPC_SHMMAX)
		return -EINVAL;
	if (ipc->shm_pages + pages(ipc, size) > IPC_SHMALL)
		return -ENOSPC;
	if ((flags & SHM_HUGETLB) && !who->lock) /* can_do_hugetlb_shm */
		return -EPERM;
	shm = new_segment(ipc, size, who->pid);
	if (!shm)
		return -ENOMEM;
	shm->key = key;
	id = ipc_add(ipc, KIND_SHM, &shm->o, who, key, flags);
	if (id < 0) {
		talloc_free(shm);
		return id;
	}
	ipc->shm_pages += pages(ipc, size);
	r = ipc->host.make(ipc->host.ctx, shm);
	if (r < 0)
		forget(ipc, shm);
	return r < 0 ? r : id;
}

int shm_get(struct ipc *ipc, const struct ipc_who *who, int32_t key, uint64_t size, int flags)
{
	static const struct ipc_maker maker = { KIND_SHM, fits, make };

	return ipc_get(ipc, &maker, who, key, size, flags);
}

/* ---- attached ---- */

struct shm *shm_may_attach(struct ipc *ipc, const struct ipc_who *who, int id, int flags,
			   int *ret_error)
{
	unsigned wants = flags & SHM_RDONLY ? READ : READ | WRITE;
	struct shm *shm = find(ipc, id);

	if (flags & SHM_EXEC)
		wants |= RUN;
	*ret_error = shm ? ipc_permits(who, &shm->o, wants) : -EINVAL;
	return *ret_error < 0 ? NULL : shm;
}

bool shm_is_used(const struct shm_uses *uses, int id)
{
	for (unsigned i = 0; uses && i < uses->count; i++)
		if (uses->ids[i] == id)
			return true;
	return false;
}

/* Those that are gone make room. */
static struct shm_uses *add_use(struct ipc *ipc, void *ctx, struct shm_uses *uses, int id)
{
	unsigned n = 0;

	for (unsigned i = 0; uses && i < uses->count; i++)
		if (find(ipc, uses->ids[i]))
			uses->ids[n++] = uses->ids[i];
	uses = talloc_realloc_size(ctx, uses, sizeof(*uses) + (n + 1) * sizeof(uses->ids[0]));
	if (!uses)
		return NULL;
	uses->ipc = ipc;
	uses->seen = 0;
	uses->ids[n] = id;
	uses->count = n + 1;
	return uses;
}

int shm_attached(struct ipc *ipc, struct shm *shm, pid_t pid, void *ctx, struct shm_uses **uses)
{
	if (!shm_is_used(*uses, shm->o.id)) {
		struct shm_uses *more = add_use(ipc, ctx, *uses, shm->o.id);

		if (!more)
			return -ENOMEM;
		*uses = more;
	}
	shm->atime = time(NULL);
	shm->lpid = pid;
	return 0;
}

unsigned long shm_count(const struct ipc *ipc, const struct shm *shm)
{
	return ipc->host.count(ipc->host.ctx, shm);
}

void shm_detached(struct ipc *ipc, int id, pid_t pid)
{
	struct shm *shm = find(ipc, id);

	if (!shm)
		return;
	shm->dtime = time(NULL);
	shm->lpid = pid;
	if ((shm->o.perm.mode & SHM_DEST) && shm_count(ipc, shm) == 0)
		forget(ipc, shm);
}

void shm_left(const struct shm_uses *uses, pid_t pid)
{
	for (unsigned i = 0; uses && i < uses->count; i++)
		shm_detached(uses->ipc, uses->ids[i], pid);
}

struct shm_uses *shm_uses_copy(void *ctx, const struct shm_uses *from)
{
	if (!from)
		return NULL;
	return talloc_memdup(ctx, from, sizeof(*from) + from->count * sizeof(from->ids[0]));
}

/* ---- asked and changed ---- */

struct shm *shm_stat(struct ipc *ipc, const struct ipc_who *who, int id, bool by_index, bool any,
		     int *ret_error)
{
	struct ipc_object *o =
		by_index ? ipc_find_index(ipc, KIND_SHM, id) : ipc_find(ipc, KIND_SHM, id);

	*ret_error = !o ? -EINVAL : any ? 0 : ipc_permits(who, o, READ);
	return *ret_error < 0 ? NULL : (struct shm *)o;
}

struct shm *shm_numbered(struct ipc *ipc, unsigned number)
{
	const struct ipc_table *t = &ipc->tables[KIND_SHM];

	for (unsigned i = 0; i < t->size; i++) {
		struct shm *shm = (struct shm *)t->at[i];

		if (shm && shm->number == number)
			return shm;
	}
	return NULL;
}

/* shmctl_do_lock, user_shm_lock */
int shm_lock(struct ipc *ipc, const struct ipc_who *who, int id, bool lock, uint64_t limit)
{
	struct shm *shm = find(ipc, id);

	if (!shm)
		return -EINVAL;
	if (!who->lock && who->uid != shm->o.perm.uid && who->uid != shm->o.perm.cuid)
		return -EPERM;
	if (!who->lock && lock && limit == 0)
		return -EPERM;
	if (!who->lock && lock && !(shm->o.perm.mode & SHM_LOCKED) && shm->size > limit)
		return -ENOMEM;
	shm->o.perm.mode &= ~(unsigned)SHM_LOCKED;
	if (lock)
		shm->o.perm.mode |= SHM_LOCKED;
	return 0;
}

int shm_set_perm(struct shm *shm, uint32_t uid, uint32_t gid, uint32_t mode)
{
	int r = ipc_set_perm(&shm->o, uid, gid, mode);

	if (r == 0)
		shm->ctime = time(NULL);
	return r;
}

/* do_shm_rmid */
void shm_remove(struct ipc *ipc, struct shm *shm)
{
	if (shm_count(ipc, shm) == 0) {
		forget(ipc, shm);
		return;
	}
	shm->o.perm.mode |= SHM_DEST;
	ipc_take_key(ipc, KIND_SHM, &shm->o);
}

struct shm_totals shm_totals(struct ipc *ipc)
{
	const struct ipc_table *t = &ipc->tables[KIND_SHM];
	struct shm_totals sum = { ipc->shm_pages, 0 };

	for (unsigned i = 0; i < t->size; i++)
		if (t->at[i])
			sum.resident += ipc->host.pages(ipc->host.ctx, (struct shm *)t->at[i]);
	return sum;
}
