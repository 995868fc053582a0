/* SPDX-License-Identifier: MIT */
/* Objects, keys, ids and permissions: ipc/util.c of the kernel. */
#include "ipc/ipc.h"

#include <errno.h>
#include <linux/ipc.h>
#include <stdlib.h>
#include <talloc.h>
#include <utlist.h>

#include "ipc/ipc_impl.h"

#undef uthash_fatal
#define uthash_fatal(msg) abort()

enum {
	INDEX_BITS = 15, /* ipcmni_seq_shift */
	INDEX_MASK = (1 << INDEX_BITS) - 1,
	SEQ_MAX = INT32_MAX >> INDEX_BITS,
	CYCLE_LEAST = 64, /* ipc_min_cycle */
	MODE = 0777,
};

struct ipc *ipc_new(void *ctx, const struct ipc_host *host)
{
	static const unsigned limits[KINDS] = { IPC_SHMMNI, IPC_SEMMNI, IPC_MSGMNI };
	struct ipc *ipc = talloc_zero(ctx, struct ipc);

	if (!ipc)
		return NULL;
	ipc->host = *host;
	for (unsigned i = 0; i < KINDS; i++) {
		ipc->tables[i].limit = limits[i];
		ipc->tables[i].last = -1;
	}
	return ipc;
}

struct ipc_object *ipc_find_index(struct ipc *ipc, enum ipc_kind kind, int id)
{
	const struct ipc_table *t = &ipc->tables[kind];
	unsigned index = (unsigned)id & INDEX_MASK;

	return index < t->size ? t->at[index] : NULL;
}

struct ipc_object *ipc_find(struct ipc *ipc, enum ipc_kind kind, int id)
{
	struct ipc_object *o = ipc_find_index(ipc, kind, id);

	return o && o->id == id ? o : NULL;
}

int ipc_permits(const struct ipc_who *who, const struct ipc_object *o, unsigned flags)
{
	const struct ipc_rights *p = &o->perm;
	unsigned wants = (flags >> 6) | (flags >> 3) | flags, granted = p->mode;

	if (who->uid == p->cuid || who->uid == p->uid)
		granted >>= 6;
	else if (who->in_group(who->cred, p->cgid) || who->in_group(who->cred, p->gid))
		granted >>= 3;
	return (wants & ~granted & 7) && !who->owner ? -EACCES : 0;
}

int ipc_control(struct ipc *ipc, enum ipc_kind kind, const struct ipc_who *who, int id,
		struct ipc_object **ret)
{
	struct ipc_object *o = ipc_find(ipc, kind, id);

	if (!o)
		return -EINVAL;
	*ret = o;
	if (who->uid == o->perm.cuid || who->uid == o->perm.uid || who->admin)
		return 0;
	return -EPERM;
}

int ipc_set_perm(struct ipc_object *o, uint32_t uid, uint32_t gid, uint32_t mode)
{
	if (uid == UINT32_MAX || gid == UINT32_MAX)
		return -EINVAL;
	o->perm.uid = uid;
	o->perm.gid = gid;
	o->perm.mode = (o->perm.mode & ~(unsigned)MODE) | (mode & MODE);
	return 0;
}

int ipc_highest(const struct ipc *ipc, enum ipc_kind kind)
{
	const struct ipc_table *t = &ipc->tables[kind];

	for (unsigned i = t->size; i > 0; i--)
		if (t->at[i - 1])
			return (int)i - 1;
	return 0;
}

unsigned ipc_in_use(const struct ipc *ipc, enum ipc_kind kind)
{
	return ipc->tables[kind].in_use;
}

/* ---- made and removed ---- */

static int find_free(const struct ipc_table *t, unsigned from, unsigned end)
{
	for (unsigned i = from; i < end; i++)
		if (i >= t->size || !t->at[i])
			return (int)i;
	return -1;
}

/* ipc_idr_alloc: indices go round, so that an id does not come back soon. */
static int take_index(struct ipc_table *t)
{
	unsigned end = t->in_use * 3 / 2 > CYCLE_LEAST ? t->in_use * 3 / 2 : CYCLE_LEAST;
	int index;

	if (end > t->limit)
		end = t->limit;
	index = find_free(t, t->next, end);
	if (index < 0)
		index = find_free(t, 0, end);
	if (index < 0)
		return -ENOSPC;
	t->next = (unsigned)index + 1;
	if (index <= t->last && ++t->seq > SEQ_MAX)
		t->seq = 0;
	t->last = index;
	return index;
}

static int make_room(struct ipc *ipc, struct ipc_table *t)
{
	unsigned size = t->size ? 2 * t->size : CYCLE_LEAST;
	struct ipc_object **at;

	if (t->in_use * 3 / 2 < t->size && t->size)
		return 0;
	if (size > t->limit)
		size = t->limit;
	at = talloc_realloc(ipc, t->at, struct ipc_object *, size);
	if (!at)
		return -ENOMEM;
	for (unsigned i = t->size; i < size; i++)
		at[i] = NULL;
	t->at = at;
	t->size = size;
	return 0;
}

int ipc_add(struct ipc *ipc, enum ipc_kind kind, struct ipc_object *o, const struct ipc_who *who,
	    int32_t key, int flags)
{
	struct ipc_table *t = &ipc->tables[kind];
	int index, r;

	if (t->in_use >= t->limit)
		return -ENOSPC;
	r = make_room(ipc, t);
	if (r < 0)
		return r;
	index = take_index(t);
	if (index < 0)
		return index;
	o->index = (unsigned)index;
	o->id = (int)(t->seq << INDEX_BITS) + index;
	o->perm = (struct ipc_rights){ key,
				       who->uid,
				       who->gid,
				       who->uid,
				       who->gid,
				       (unsigned)flags & MODE,
				       (uint16_t)t->seq };
	t->at[index] = o;
	t->in_use++;
	if (key != IPC_PRIVATE)
		HASH_ADD(hh, t->by_key, perm.key, sizeof(o->perm.key), o);
	return o->id;
}

void ipc_take_key(struct ipc *ipc, enum ipc_kind kind, struct ipc_object *o)
{
	if (o->perm.key != IPC_PRIVATE)
		HASH_DEL(ipc->tables[kind].by_key, o);
	o->perm.key = IPC_PRIVATE;
}

void ipc_remove(struct ipc *ipc, enum ipc_kind kind, struct ipc_object *o)
{
	struct ipc_table *t = &ipc->tables[kind];

	ipc_take_key(ipc, kind, o);
	t->at[o->index] = NULL;
	t->in_use--;
}

int ipc_get(struct ipc *ipc, const struct ipc_maker *m, const struct ipc_who *who, int32_t key,
	    uint64_t size, int flags)
{
	struct ipc_object *o = NULL;
	int r;

	if (key != IPC_PRIVATE)
		HASH_FIND(hh, ipc->tables[m->kind].by_key, &key, sizeof(key), o);
	if (!o && key != IPC_PRIVATE && !(flags & IPC_CREAT))
		return -ENOENT;
	if (!o)
		return m->make(ipc, who, key, size, flags);
	if ((flags & IPC_CREAT) && (flags & IPC_EXCL))
		return -EEXIST;
	r = m->fits ? m->fits(o, size) : 0;
	if (r == 0)
		r = ipc_permits(who, o, (unsigned)flags);
	return r < 0 ? r : o->id;
}

/* ---- waiters ---- */

void ipc_wait_in(struct ipc_waiter **queue, struct ipc_waiter *w)
{
	w->queue = queue;
	w->done = false;
	DL_APPEND(*queue, w);
}

void ipc_stop_waiting(struct ipc_waiter *w)
{
	if (w->queue)
		DL_DELETE(*w->queue, w);
	w->queue = NULL;
}

void ipc_wake(struct ipc_waiter *w, int64_t result)
{
	ipc_stop_waiting(w);
	w->done = true;
	w->result = result;
	w->ipc->host.wake(w->ipc->host.ctx, w);
}

bool ipc_is_alive(const struct ipc_waiter *w)
{
	return w->ipc->host.is_alive(w->ipc->host.ctx, w);
}
