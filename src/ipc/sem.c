/* SPDX-License-Identifier: MIT */
/*
 * Sets of semaphores. A call's operations are done all or none; who cannot do them now waits, in
 * the order in which they came, and is served by whoever changes a value.
 */
#include "ipc/sem.h"

#include <errno.h>
#include <linux/ipc.h>
#include <linux/sem.h>
#include <string.h>
#include <talloc.h>
#include <utlist.h>

#include "ipc/ipc_impl.h"

enum { READ = 0444, WRITE = 0222, ADJUST_MAX = IPC_SEMVMX };

static struct sem_set *find(struct ipc *ipc, int id)
{
	return (struct sem_set *)ipc_find(ipc, KIND_SEM, id);
}

/* ---- made ---- */

static int fits(const struct ipc_object *o, uint64_t size)
{
	return size > ((const struct sem_set *)o)->count ? -EINVAL : 0;
}

static int make(struct ipc *ipc, const struct ipc_who *who, int32_t key, uint64_t size, int flags)
{
	struct sem_set *set;
	int id;

	if (size == 0)
		return -EINVAL;
	if (ipc->sems + size > IPC_SEMMNS)
		return -ENOSPC;
	set = talloc_zero_size(ipc, sizeof(*set) + size * sizeof(set->sems[0]));
	if (!set)
		return -ENOMEM;
	set->count = (unsigned)size;
	set->ctime = time(NULL);
	id = ipc_add(ipc, KIND_SEM, &set->o, who, key, flags);
	if (id < 0)
		talloc_free(set);
	else
		ipc->sems += set->count;
	return id;
}

int sem_get(struct ipc *ipc, const struct ipc_who *who, int32_t key, int count, int flags)
{
	static const struct ipc_maker maker = { KIND_SEM, fits, make };

	if (count < 0 || count > IPC_SEMMSL)
		return -EINVAL;
	return ipc_get(ipc, &maker, who, key, (uint64_t)count, flags);
}

/* ---- operations ---- */

static void take_back(struct sem_set *set, struct sem_undo *undo, const struct sem_op *ops,
		      unsigned count)
{
	while (count--) {
		const struct sem_op *op = &ops[count];

		set->sems[op->number].value -= (uint16_t)op->op;
		if (op->flags & SEM_UNDO)
			undo->adjust[op->number] += op->op;
	}
}

/* perform_atomic_semop: 0 all are done, IPC_WAITS or -errno none; *ret_at: which it was. */
static int perform(struct sem_set *set, struct sem_undo *undo, const struct sem_op *ops,
		   unsigned count, unsigned *ret_at)
{
	unsigned i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		const struct sem_op *op = &ops[i];
		struct sem *sem = &set->sems[op->number];
		int value = sem->value + op->op;
		int adjust = op->flags & SEM_UNDO ? undo->adjust[op->number] - op->op : 0;

		if ((op->op == 0 && sem->value) || value < 0)
			r = op->flags & IPC_NOWAIT ? -EAGAIN : IPC_WAITS;
		else if (value > IPC_SEMVMX || adjust < -ADJUST_MAX - 1 || adjust > ADJUST_MAX)
			r = -ERANGE;
		if (r != 0)
			break;
		if (op->flags & SEM_UNDO)
			undo->adjust[op->number] = (int16_t)adjust;
		sem->value = (uint16_t)value;
	}
	*ret_at = i;
	if (r != 0)
		take_back(set, undo, ops, i);
	return r;
}

static void note(struct sem_set *set, const struct sem_op *ops, unsigned count, pid_t pid)
{
	for (unsigned i = 0; i < count; i++)
		set->sems[ops[i].number].pid = pid;
	set->otime = time(NULL);
}

/* False: it goes on waiting. */
static bool serve(struct sem_set *set, struct ipc_waiter *w)
{
	int r = perform(set, w->sem.undo, w->sem.ops, w->sem.count, &w->sem.blocks);

	if (r == IPC_WAITS)
		return false;
	if (!ipc_is_alive(w)) {
		if (r == 0)
			take_back(set, w->sem.undo, w->sem.ops, w->sem.count);
		ipc_stop_waiting(w);
		return false;
	}
	if (r == 0)
		note(set, w->sem.ops, w->sem.count, w->who.pid);
	ipc_wake(w, r);
	return r == 0;
}

static void serve_for_zero(struct sem_set *set)
{
	struct ipc_waiter *w, *next;

	DL_FOREACH_SAFE(set->for_zero, w, next)
	serve(set, w);
}

static bool raises(const struct ipc_waiter *w)
{
	for (unsigned i = 0; i < w->sem.count; i++)
		if (w->sem.ops[i].op > 0)
			return true;
	return false;
}

/*
 * do_smart_update: those who wait for zero first, then the others in their order; when one of these
 * has raised a value, from the first on again.
 */
static void serve_all(struct sem_set *set)
{
	struct ipc_waiter *w, *next;
	bool again;

	do {
		again = false;
		serve_for_zero(set);
		for (w = set->to_alter; w && !again; w = next) {
			next = w->next;
			if (!serve(set, w))
				continue;
			again = raises(w);
			serve_for_zero(set);
		}
	} while (again);
}

static struct sem_undo *undo_of(struct ipc *ipc, struct sem_set *set, struct sem_undo **list)
{
	const size_t size = sizeof(struct sem_undo) + set->count * sizeof(int16_t);
	struct sem_undo *u;

	DL_SEARCH_SCALAR(*list, u, set, set);
	if (u)
		return u;
	if (ipc->undo_memory + size > IPC_UNDO_BYTES)
		return NULL;
	u = talloc_zero_size(ipc, size);
	if (!u)
		return NULL;
	ipc->undo_memory += size;
	u->set = set;
	u->owner = list;
	DL_APPEND(*list, u);
	DL_APPEND2(set->undos, u, set_prev, set_next);
	return u;
}

static void free_undo(struct ipc *ipc, struct sem_undo *u)
{
	ipc->undo_memory -= sizeof(*u) + u->set->count * sizeof(u->adjust[0]);
	DL_DELETE(*u->owner, u);
	DL_DELETE2(u->set->undos, u, set_prev, set_next);
	talloc_free(u);
}

struct kinds_of_ops {
	bool alter, undo;
	unsigned highest;
};

static struct kinds_of_ops look(const struct sem_op *ops, unsigned count)
{
	struct kinds_of_ops k = { 0 };

	for (unsigned i = 0; i < count; i++) {
		k.alter |= ops[i].op != 0;
		k.undo |= ops[i].flags & SEM_UNDO;
		if (ops[i].number > k.highest)
			k.highest = ops[i].number;
	}
	return k;
}

static int check(const struct ipc_who *who, const struct sem_set *set, const struct kinds_of_ops *k)
{
	if (k->highest >= set->count)
		return -EFBIG;
	return ipc_permits(who, &set->o, k->alter ? WRITE : READ);
}

static int wait_for_it(struct sem_set *set, struct ipc_waiter *w, const struct sem_op *ops,
		       unsigned count, bool alter)
{
	w->sem.set = set;
	w->sem.count = count;
	w->sem.ops = talloc_memdup(w, ops, count * sizeof(*ops));
	if (!w->sem.ops)
		return -ENOMEM;
	ipc_wait_in(alter ? &set->to_alter : &set->for_zero, w);
	return IPC_WAITS;
}

int sem_operate(struct ipc *ipc, struct ipc_waiter *w, int id, const struct sem_op *ops,
		unsigned count, struct sem_undo **undos)
{
	const struct kinds_of_ops k = look(ops, count);
	struct sem_set *set;
	int r;

	if (count < 1 || id < 0)
		return -EINVAL;
	if (count > IPC_SEMOPM)
		return -E2BIG;
	set = find(ipc, id);
	if (!set)
		return -EINVAL;
	w->ipc = ipc;
	w->sem.undo = NULL;
	/* find_alloc_undo comes before the checks: what it makes stays. */
	if (k.undo && k.highest < set->count && !(w->sem.undo = undo_of(ipc, set, undos)))
		return -ENOMEM;
	r = check(&w->who, set, &k);
	if (r < 0)
		return r;
	r = perform(set, w->sem.undo, ops, count, &w->sem.blocks);
	if (r == IPC_WAITS)
		return wait_for_it(set, w, ops, count, k.alter);
	if (r < 0)
		return r;
	note(set, ops, count, w->who.pid);
	if (k.alter)
		serve_all(set);
	return 0;
}

/* exit_sem */
void sem_end(struct ipc *ipc, struct sem_undo **undos, pid_t pid)
{
	while (*undos) {
		struct sem_undo *u = *undos;
		struct sem_set *set = u->set;

		for (unsigned i = 0; i < set->count; i++) {
			int value = set->sems[i].value + u->adjust[i];

			if (!u->adjust[i])
				continue;
			set->sems[i].value = value < 0		  ? 0
					     : value > IPC_SEMVMX ? IPC_SEMVMX
								  : (uint16_t)value;
			set->sems[i].pid = pid;
		}
		free_undo(ipc, u);
		set->otime = time(NULL);
		serve_all(set);
	}
}

/* ---- asked and changed ---- */

struct sem_set *sem_stat(struct ipc *ipc, const struct ipc_who *who, int id, bool by_index,
			 bool any, int *ret_error)
{
	struct ipc_object *o =
		by_index ? ipc_find_index(ipc, KIND_SEM, id) : ipc_find(ipc, KIND_SEM, id);

	*ret_error = !o ? -EINVAL : any ? 0 : ipc_permits(who, o, READ);
	return *ret_error < 0 ? NULL : (struct sem_set *)o;
}

struct sem_set *sem_all(struct ipc *ipc, const struct ipc_who *who, int id, bool write,
			int *ret_error)
{
	struct sem_set *set = find(ipc, id);

	*ret_error = set ? ipc_permits(who, &set->o, write ? WRITE : READ) : -EINVAL;
	return *ret_error < 0 ? NULL : set;
}

static void forget_adjustments(struct sem_set *set, unsigned from, unsigned count)
{
	struct sem_undo *u;

	DL_FOREACH2(set->undos, u, set_next)
	memset(u->adjust + from, 0, count * sizeof(u->adjust[0]));
}

int sem_set_all(struct ipc *ipc, const struct ipc_who *who, struct sem_set *set,
		const uint16_t *values)
{
	(void)ipc;
	for (unsigned i = 0; i < set->count; i++)
		if (values[i] > IPC_SEMVMX)
			return -ERANGE;
	for (unsigned i = 0; i < set->count; i++)
		set->sems[i] = (struct sem){ values[i], who->pid };
	forget_adjustments(set, 0, set->count);
	set->ctime = time(NULL);
	serve_all(set);
	return 0;
}

/* count_semcnt: who waits with an operation on this one. */
static int count_waiters(const struct ipc_waiter *list, unsigned number, bool for_zero)
{
	const struct ipc_waiter *w;
	int n = 0;

	DL_FOREACH(list, w)
	{
		const struct sem_op *op = &w->sem.ops[w->sem.blocks];

		n += op->number == number && (for_zero ? op->op == 0 : op->op < 0);
	}
	return n;
}

int sem_ask(struct ipc *ipc, const struct ipc_who *who, int id, int number, int cmd)
{
	struct sem_set *set = find(ipc, id);
	int r = set ? ipc_permits(who, &set->o, READ) : -EINVAL;

	if (r < 0)
		return r;
	if (number < 0 || (unsigned)number >= set->count)
		return -EINVAL;
	switch (cmd) {
	case GETVAL:
		return set->sems[number].value;
	case GETPID:
		return set->sems[number].pid;
	default:
		return count_waiters(set->to_alter, (unsigned)number, cmd == GETZCNT) +
		       count_waiters(set->for_zero, (unsigned)number, cmd == GETZCNT);
	}
}

int sem_set_value(struct ipc *ipc, const struct ipc_who *who, int id, int number, int value)
{
	struct sem_set *set;
	int r;

	if (value > IPC_SEMVMX || value < 0)
		return -ERANGE;
	set = find(ipc, id);
	if (!set || number < 0 || (unsigned)number >= set->count)
		return -EINVAL;
	r = ipc_permits(who, &set->o, WRITE);
	if (r < 0)
		return r;
	forget_adjustments(set, (unsigned)number, 1);
	set->sems[number] = (struct sem){ (uint16_t)value, who->pid };
	set->ctime = time(NULL);
	serve_all(set);
	return 0;
}

int sem_set_perm(struct sem_set *set, uint32_t uid, uint32_t gid, uint32_t mode)
{
	int r = ipc_set_perm(&set->o, uid, gid, mode);

	if (r == 0)
		set->ctime = time(NULL);
	return r;
}

void sem_remove(struct ipc *ipc, struct sem_set *set)
{
	while (set->for_zero)
		ipc_wake(set->for_zero, -EIDRM);
	while (set->to_alter)
		ipc_wake(set->to_alter, -EIDRM);
	while (set->undos)
		free_undo(ipc, set->undos);
	ipc->sems -= set->count;
	ipc_remove(ipc, KIND_SEM, &set->o);
	talloc_free(set);
}

unsigned sem_total(const struct ipc *ipc)
{
	return ipc->sems;
}
