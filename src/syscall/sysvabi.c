/* SPDX-License-Identifier: MIT */
/* linux/ipc.h, asm/ipcbuf.h, shmbuf.h, sembuf.h, msgbuf.h; of 32 bits as the kernel's compat.h. */
#include "syscall/sysvabi.h"

#include <limits.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <string.h>

enum { NOBODY = 65534 };

/* What has been written of a struct. */
struct writer {
	const struct sysvabi *abi;
	char *to;
	size_t n;
};

static void put2(struct writer *w, uint64_t value)
{
	const uint16_t v = (uint16_t)value;

	memcpy(w->to + w->n, &v, sizeof(v));
	w->n += sizeof(v);
}

static void put4(struct writer *w, uint64_t value)
{
	const uint32_t v = (uint32_t)value;

	memcpy(w->to + w->n, &v, sizeof(v));
	w->n += sizeof(v);
}

static void put_long(struct writer *w, uint64_t value)
{
	if (w->abi->word == 4) {
		put4(w, value);
		return;
	}
	memcpy(w->to + w->n, &value, sizeof(value));
	w->n += sizeof(value);
}

static void put_longs(struct writer *w, unsigned count)
{
	while (count--)
		put_long(w, 0);
}

/* The structs of 32 bits have a second word for each time. */
static void put_time(struct writer *w, time_t t)
{
	put_long(w, (uint64_t)t);
	if (w->abi->word == 4 && !w->abi->old)
		put4(w, (uint64_t)t >> 32);
}

static uint64_t short_id(uint32_t id)
{
	return id > UINT16_MAX ? (uint32_t)NOBODY : id;
}

static void put_perm(struct writer *w, const struct ipc_rights *p)
{
	put4(w, (uint32_t)p->key);
	if (w->abi->old) {
		put2(w, short_id(p->uid));
		put2(w, short_id(p->gid));
		put2(w, short_id(p->cuid));
		put2(w, short_id(p->cgid));
		put2(w, p->mode);
		put2(w, p->seq);
		return;
	}
	put4(w, p->uid);
	put4(w, p->gid);
	put4(w, p->cuid);
	put4(w, p->cgid);
	put4(w, p->mode);
	put2(w, p->seq);
	put2(w, 0);
	if (w->abi->word == 8)
		put4(w, 0);
	put_longs(w, 2);
}

static struct writer begin(const struct sysvabi *a, const struct ipc_rights *p, void *buf)
{
	struct writer w = { a, buf, 0 };

	memset(buf, 0, SYSVABI_LARGEST);
	if (p)
		put_perm(&w, p);
	return w;
}

size_t sysvabi_put_shm(const struct sysvabi *a, const struct shm *shm, unsigned long attached,
		       void *buf)
{
	struct writer w = begin(a, &shm->o.perm, buf);

	put_long(&w, shm->size);
	put_time(&w, shm->atime);
	put_time(&w, shm->dtime);
	put_time(&w, shm->ctime);
	if (a->old) {
		put2(&w, (uint64_t)shm->cpid);
		put2(&w, (uint64_t)shm->lpid);
		put4(&w, (uint16_t)attached);
		put_longs(&w, 2);
		return w.n;
	}
	put4(&w, (uint64_t)shm->cpid);
	put4(&w, (uint64_t)shm->lpid);
	put_long(&w, attached);
	put_longs(&w, 2);
	return w.n;
}

/* Machines of 64 bits do not agree on it: the native one's is the header's. */
static size_t put_native_sem(const struct sem_set *set, void *buf)
{
	struct semid64_ds ds;

	memcpy(&ds, buf, sizeof(ds));
	ds.sem_otime = set->otime;
	ds.sem_ctime = set->ctime;
	ds.sem_nsems = set->count;
	memcpy(buf, &ds, sizeof(ds));
	return sizeof(ds);
}

size_t sysvabi_put_sem(const struct sysvabi *a, const struct sem_set *set, void *buf)
{
	struct writer w = begin(a, &set->o.perm, buf);

	if (a->word == 8)
		return put_native_sem(set, buf);
	put_time(&w, set->otime);
	put_time(&w, set->ctime);
	if (a->old)
		put_longs(&w, 4);
	put_long(&w, set->count);
	if (!a->old)
		put_longs(&w, 2);
	return w.n;
}

size_t sysvabi_put_msg(const struct sysvabi *a, const struct msg_queue *q, void *buf)
{
	struct writer w = begin(a, &q->o.perm, buf);

	if (a->old)
		put_longs(&w, 2);
	put_time(&w, q->stime);
	put_time(&w, q->rtime);
	put_time(&w, q->ctime);
	if (a->old) {
		put_long(&w, q->bytes);
		put_long(&w, q->bytes_max);
		put2(&w, q->bytes);
		put2(&w, q->count);
		put2(&w, q->bytes_max);
		put2(&w, (uint64_t)q->spid);
		put4(&w, (uint16_t)q->rpid);
		return w.n;
	}
	put_long(&w, q->bytes);
	put_long(&w, q->count);
	put_long(&w, q->bytes_max);
	put4(&w, (uint64_t)q->spid);
	put4(&w, (uint64_t)q->rpid);
	put_longs(&w, 2);
	return w.n;
}

size_t sysvabi_put_shminfo(const struct sysvabi *a, void *buf)
{
	const uint64_t max = a->word == 4 ? INT_MAX : IPC_SHMMAX;
	struct writer w = begin(a, NULL, buf);

	put_long(&w, max);
	put_long(&w, 1);
	put_long(&w, IPC_SHMMNI);
	put_long(&w, IPC_SHMMNI);
	put_long(&w, IPC_SHMALL);
	if (!a->old)
		put_longs(&w, 4);
	return w.n;
}

size_t sysvabi_put_shm_info(const struct sysvabi *a, struct ipc *ipc, void *buf)
{
	const struct shm_totals totals = shm_totals(ipc);
	struct writer w = begin(a, NULL, buf);

	put_long(&w, ipc_in_use(ipc, KIND_SHM));
	put_long(&w, totals.pages);
	put_long(&w, totals.resident);
	put_longs(&w, 3);
	return w.n;
}

/* SEMMNU, SEMMAP and their kin are constants of the kernel's headers, which nothing obeys. */
size_t sysvabi_put_seminfo(const struct ipc *ipc, bool used, void *buf)
{
	const struct seminfo info = {
		.semmap = SEMMAP,
		.semmni = IPC_SEMMNI,
		.semmns = IPC_SEMMNS,
		.semmnu = SEMMNU,
		.semmsl = IPC_SEMMSL,
		.semopm = IPC_SEMOPM,
		.semume = SEMUME,
		.semusz = used ? (int)ipc_in_use(ipc, KIND_SEM) : SEMUSZ,
		.semvmx = IPC_SEMVMX,
		.semaem = used ? (int)sem_total(ipc) : SEMAEM,
	};

	memcpy(buf, &info, sizeof(info));
	return sizeof(info);
}

size_t sysvabi_put_msginfo(const struct ipc *ipc, bool used, void *buf)
{
	const struct msg_totals totals = msg_totals(ipc);
	const struct msginfo info = {
		.msgpool = used ? (int)ipc_in_use(ipc, KIND_MSG) : MSGPOOL,
		.msgmap = used ? (int)totals.messages : MSGMAP,
		.msgmax = IPC_MSGMAX,
		.msgmnb = IPC_MSGMNB,
		.msgmni = IPC_MSGMNI,
		.msgssz = MSGSSZ,
		.msgtql = used ? (int)totals.bytes : MSGTQL,
		.msgseg = 0xffff,
	};

	memcpy(buf, &info, sizeof(info));
	return sizeof(info);
}

/* ---- the guest's ---- */

size_t sysvabi_size(const struct sysvabi *a, enum ipc_kind kind)
{
	const struct shm shm = { 0 };
	const struct sem_set set = { 0 };
	const struct msg_queue q = { 0 };
	char buf[SYSVABI_LARGEST];

	return kind == KIND_SHM	  ? sysvabi_put_shm(a, &shm, 0, buf)
	       : kind == KIND_SEM ? sysvabi_put_sem(a, &set, buf)
				  : sysvabi_put_msg(a, &q, buf);
}

void sysvabi_get(const struct sysvabi *a, const void *buf, struct ipc_rights *ret)
{
	const char *p = (const char *)buf + sizeof(int32_t); /* behind the key */
	uint32_t id[2];
	uint16_t low[2], mode;

	*ret = (struct ipc_rights){ 0 };
	if (!a->old) {
		memcpy(id, p, sizeof(id));
		ret->uid = id[0];
		ret->gid = id[1];
		memcpy(&ret->mode, p + 16, sizeof(ret->mode));
		return;
	}
	memcpy(low, p, sizeof(low));
	memcpy(&mode, p + 8, sizeof(mode));
	ret->uid = low[0] == UINT16_MAX ? UINT32_MAX : low[0];
	ret->gid = low[1] == UINT16_MAX ? UINT32_MAX : low[1];
	ret->mode = mode;
}

uint64_t sysvabi_get_bytes_max(const struct sysvabi *a, const void *buf)
{
	const char *p = buf;
	uint64_t wide;
	uint32_t word;
	uint16_t low;

	if (a->word == 8) {
		memcpy(&wide, p + 88, sizeof(wide));
		return wide;
	}
	if (!a->old) {
		memcpy(&word, p + 68, sizeof(word));
		return word;
	}
	memcpy(&low, p + 48, sizeof(low));
	memcpy(&word, p + 40, sizeof(word));
	return low ? low : word;
}
