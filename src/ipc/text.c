/* SPDX-License-Identifier: MIT */
/* The kernel's formats: sysvipc_shm_proc_show and its kin. */
#include "ipc/text.h"

#include <inttypes.h>
#include <string.h>

#include "ipc/ipc_impl.h"
#include "ipc/msg.h"
#include "ipc/sem.h"
#include "ipc/shm.h"

/* A number as wide as a long. */
enum { LONG_WIDTH = sizeof(long) <= sizeof(int) ? 10 : 21 };

static const char *const heads[KINDS] = {
	[KIND_SEM] = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime"
		     "      ctime\n",
	[KIND_MSG] = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid"
		     "  cuid  cgid      stime      rtime      ctime\n",
};

static void write_head(enum ipc_kind kind, FILE *out)
{
	if (kind != KIND_SHM) {
		fputs(heads[kind], out);
		return;
	}
	fprintf(out,
		"       key      shmid perms %*s  cpid  lpid nattch   uid   gid  cuid  cgid      "
		"atime      dtime      ctime %*s %*s\n",
		LONG_WIDTH, "size", LONG_WIDTH, "rss", LONG_WIDTH, "swap");
}

static void write_begin(const struct ipc_object *o, FILE *out)
{
	fprintf(out, "%10d %10d  %4o", o->perm.key, o->id, o->perm.mode);
}

static void write_ids(const struct ipc_object *o, FILE *out)
{
	fprintf(out, " %5u %5u %5u %5u", o->perm.uid, o->perm.gid, o->perm.cuid, o->perm.cgid);
}

static void write_shm(struct ipc *ipc, const struct shm *shm, FILE *out)
{
	const uint64_t pages = ipc->host.pages(ipc->host.ctx, shm);

	fprintf(out, " %*" PRIu64 " %5u %5u  %5lu", LONG_WIDTH, shm->size, shm->cpid, shm->lpid,
		shm_count(ipc, shm));
	write_ids(&shm->o, out);
	fprintf(out, " %10lld %10lld %10lld %*" PRIu64 " %*d\n", (long long)shm->atime,
		(long long)shm->dtime, (long long)shm->ctime, LONG_WIDTH,
		pages * ipc->host.page_size, LONG_WIDTH, 0);
}

static void write_sem(const struct sem_set *set, FILE *out)
{
	fprintf(out, " %10u", set->count);
	write_ids(&set->o, out);
	fprintf(out, " %10lld %10lld\n", (long long)set->otime, (long long)set->ctime);
}

static void write_msg(const struct msg_queue *q, FILE *out)
{
	fprintf(out, "  %10" PRIu64 " %10" PRIu64 " %5u %5u", q->bytes, q->count, q->spid, q->rpid);
	write_ids(&q->o, out);
	fprintf(out, " %10lld %10lld %10lld\n", (long long)q->stime, (long long)q->rtime,
		(long long)q->ctime);
}

void ipc_write(struct ipc *ipc, enum ipc_kind kind, FILE *out)
{
	const struct ipc_table *t = &ipc->tables[kind];

	write_head(kind, out);
	for (unsigned i = 0; i < t->size; i++) {
		const struct ipc_object *o = t->at[i];

		if (!o)
			continue;
		write_begin(o, out);
		if (kind == KIND_SHM)
			write_shm(ipc, (const struct shm *)o, out);
		else if (kind == KIND_SEM)
			write_sem((const struct sem_set *)o, out);
		else
			write_msg((const struct msg_queue *)o, out);
	}
}

const char *ipc_limit_text(const char *name)
{
	static const struct {
		const char *name, *text;
	} limits[] = {
		{ "shmmax", "18446744073692774399\n" }, /* IPC_SHMMAX, IPC_SHMALL */
		{ "shmall", "18446744073692774399\n" },
		{ "shmmni", "4096\n" },
		{ "sem", "32000\t1024000\t500\t32000\n" },
		{ "msgmax", "8192\n" },
		{ "msgmnb", "16384\n" },
		{ "msgmni", "32000\n" },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strcmp(limits[i].name, name) == 0)
			return limits[i].text;
	return NULL;
}
