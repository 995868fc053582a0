/* SPDX-License-Identifier: MIT */
/* shmctl(2), semctl(2), msgctl(2), in the kernel's order of checks; and what /proc says. */
#include <errno.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <talloc.h>

#include "ipc/text.h"
#include "syscall/sysvipc.h"
#include "syscall/sysvipc_impl.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

/* A struct of ours goes to the guest; what the call then says. */
static int64_t tell(const struct call *c, uint64_t at, const void *buf, size_t n, int result)
{
	return mem_write(c->t, at, buf, n) < 0 ? -EFAULT : result;
}

/* IPC_SET: what the guest's struct says. `room` has SYSVABI_LARGEST bytes. */
static int read_struct(const struct call *c, const struct sysv_request *q, enum ipc_kind kind,
		       uint64_t at, void *room, struct ipc_rights *ret)
{
	if (mem_read(c->t, at, room, sysvabi_size(&q->abi, kind)) < 0)
		return -EFAULT;
	sysvabi_get(&q->abi, room, ret);
	return 0;
}

/* ---- shm ------------------------------------------------------------------------------------- */

static int64_t stat_shm(struct call *c, const struct sysv_request *q, int id, int cmd, uint64_t at)
{
	char room[SYSVABI_LARGEST];
	struct shm *shm;
	int r;

	shm = shm_stat(q->ipc, &q->who, id, cmd != IPC_STAT, cmd == SHM_STAT_ANY, &r);
	if (!shm)
		return r;
	return tell(c, at, room, sysvabi_put_shm(&q->abi, shm, shm_count(q->ipc, shm), room),
		    cmd == IPC_STAT ? 0 : shm->o.id);
}

static int64_t change_shm(struct call *c, const struct sysv_request *q, int id, int cmd,
			  uint64_t at)
{
	char room[SYSVABI_LARGEST];
	struct ipc_object *o;
	struct ipc_rights to;
	int r = cmd == IPC_SET ? read_struct(c, q, KIND_SHM, at, room, &to) : 0;

	if (r == 0)
		r = ipc_control(q->ipc, KIND_SHM, &q->who, id, &o);
	if (r < 0)
		return r;
	if (cmd == IPC_SET)
		return shm_set_perm((struct shm *)o, to.uid, to.gid, to.mode);
	shm_remove(q->ipc, (struct shm *)o);
	return 0;
}

static int64_t lock_shm(struct call *c, const struct sysv_request *q, int id, int cmd)
{
	struct rlimit limit = { 0 };

	prlimit(c->t->process->pid, RLIMIT_MEMLOCK, NULL, &limit);
	return shm_lock(q->ipc, &q->who, id, cmd == SHM_LOCK, limit.rlim_cur);
}

static int64_t control_shm(struct call *c, const struct sysv_request *q)
{
	const int id = (int)q->arg[0], cmd = (int)q->arg[1];
	const uint64_t at = q->arg[2];
	char room[SYSVABI_LARGEST];

	if (cmd < 0 || id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return tell(c, at, room, sysvabi_put_shminfo(&q->abi, room),
			    ipc_highest(q->ipc, KIND_SHM));
	case SHM_INFO:
		return tell(c, at, room, sysvabi_put_shm_info(&q->abi, q->ipc, room),
			    ipc_highest(q->ipc, KIND_SHM));
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return stat_shm(c, q, id, cmd, at);
	case IPC_SET:
	case IPC_RMID:
		return change_shm(c, q, id, cmd, at);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return lock_shm(c, q, id, cmd);
	default:
		return -EINVAL;
	}
}

/* ---- sem ------------------------------------------------------------------------------------- */

static int64_t stat_sem(struct call *c, const struct sysv_request *q, int id, int cmd, uint64_t at)
{
	char room[SYSVABI_LARGEST];
	struct sem_set *set;
	int r;

	set = sem_stat(q->ipc, &q->who, id, cmd != IPC_STAT, cmd == SEM_STAT_ANY, &r);
	if (!set)
		return r;
	return tell(c, at, room, sysvabi_put_sem(&q->abi, set, room),
		    cmd == IPC_STAT ? 0 : set->o.id);
}

static int64_t all_sems(struct call *c, const struct sysv_request *q, int id, int cmd, uint64_t at)
{
	struct sem_set *set;
	uint16_t *values;
	int r;

	set = sem_all(q->ipc, &q->who, id, cmd == SETALL, &r);
	if (!set)
		return r;
	values = talloc_array(c->t, uint16_t, set->count);
	if (!values)
		return -ENOMEM;
	if (cmd == SETALL) {
		r = mem_read(c->t, at, values, set->count * sizeof(*values));
		if (r == 0)
			r = sem_set_all(q->ipc, &q->who, set, values);
	} else {
		for (unsigned i = 0; i < set->count; i++)
			values[i] = set->sems[i].value;
		r = mem_write(c->t, at, values, set->count * sizeof(*values));
	}
	talloc_free(values);
	return r;
}

static int64_t change_sem(struct call *c, const struct sysv_request *q, int id, int cmd,
			  uint64_t at)
{
	char room[SYSVABI_LARGEST];
	struct ipc_object *o;
	struct ipc_rights to;
	int r = cmd == IPC_SET ? read_struct(c, q, KIND_SEM, at, room, &to) : 0;

	if (r == 0)
		r = ipc_control(q->ipc, KIND_SEM, &q->who, id, &o);
	if (r < 0)
		return r;
	if (cmd == IPC_SET)
		return sem_set_perm((struct sem_set *)o, to.uid, to.gid, to.mode);
	sem_remove(q->ipc, (struct sem_set *)o);
	return 0;
}

static int64_t control_sem(struct call *c, const struct sysv_request *q)
{
	const int id = (int)q->arg[0], number = (int)q->arg[1], cmd = (int)q->arg[2];
	const uint64_t at = q->arg[3];
	char room[SYSVABI_LARGEST];

	if (id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return tell(c, at, room, sysvabi_put_seminfo(q->ipc, cmd == SEM_INFO, room),
			    ipc_highest(q->ipc, KIND_SEM));
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return stat_sem(c, q, id, cmd, at);
	case GETALL:
	case SETALL:
		return all_sems(c, q, id, cmd, at);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return sem_ask(q->ipc, &q->who, id, number, cmd);
	case SETVAL:
		return sem_set_value(q->ipc, &q->who, id, number, (int)at);
	case IPC_SET:
	case IPC_RMID:
		return change_sem(c, q, id, cmd, at);
	default:
		return -EINVAL;
	}
}

/* ---- msg ------------------------------------------------------------------------------------- */

static int64_t stat_msg(struct call *c, const struct sysv_request *q, int id, int cmd, uint64_t at)
{
	char room[SYSVABI_LARGEST];
	struct msg_queue *queue;
	int r;

	queue = msg_stat(q->ipc, &q->who, id, cmd != IPC_STAT, cmd == MSG_STAT_ANY, &r);
	if (!queue)
		return r;
	return tell(c, at, room, sysvabi_put_msg(&q->abi, queue, room),
		    cmd == IPC_STAT ? 0 : queue->o.id);
}

static int64_t change_msg(struct call *c, const struct sysv_request *q, int id, int cmd,
			  uint64_t at)
{
	char room[SYSVABI_LARGEST];
	struct ipc_object *o;
	struct ipc_rights to;
	int r = cmd == IPC_SET ? read_struct(c, q, KIND_MSG, at, room, &to) : 0;

	if (r == 0)
		r = ipc_control(q->ipc, KIND_MSG, &q->who, id, &o);
	if (r < 0)
		return r;
	if (cmd == IPC_SET)
		return msg_set((struct msg_queue *)o, &q->who, &to,
			       sysvabi_get_bytes_max(&q->abi, room));
	msg_remove(q->ipc, (struct msg_queue *)o);
	return 0;
}

static int64_t control_msg(struct call *c, const struct sysv_request *q)
{
	const int id = (int)q->arg[0], cmd = (int)q->arg[1];
	const uint64_t at = q->arg[2];
	char room[SYSVABI_LARGEST];

	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return tell(c, at, room, sysvabi_put_msginfo(q->ipc, cmd == MSG_INFO, room),
			    ipc_highest(q->ipc, KIND_MSG));
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return stat_msg(c, q, id, cmd, at);
	case IPC_SET:
	case IPC_RMID:
		return change_msg(c, q, id, cmd, at);
	default:
		return -EINVAL;
	}
}

int64_t sysvipc_control(struct call *c, const struct sysv_request *q)
{
	return q->id == SC_shmctl   ? control_shm(c, q)
	       : q->id == SC_semctl ? control_sem(c, q)
				    : control_msg(c, q);
}

/* ---- /proc ----------------------------------------------------------------------------------- */

int sysvipc_write(struct session *s, enum proc_what what, FILE *out)
{
	static const char *const limits[] = { "shmmax", "shmall", "shmmni", "sem",
					      "msgmax", "msgmnb", "msgmni" };

	if (what == PROC_SYSV_SHM || what == PROC_SYSV_SEM || what == PROC_SYSV_MSG)
		ipc_write(s->sysvipc->ipc,
			  what == PROC_SYSV_SHM	  ? KIND_SHM
			  : what == PROC_SYSV_SEM ? KIND_SEM
						  : KIND_MSG,
			  out);
	else
		fputs(ipc_limit_text(limits[what - PROC_SHMMAX]), out);
	return ferror(out) ? -EIO : 0;
}
