/* SPDX-License-Identifier: MIT */
/*
 * Whose System V segments, semaphores and queues are: made by guests they have a guest's ids, which
 * the kernel is not told. IPC_SET gives them away in our books alone. Attaching and operating are
 * left to the kernel, to which all guests are one user; the structs of 16-bit ids (ipc(2) without
 * IPC_64) tell the host's.
 */
#include "syscall/sysvids.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "ident/cred.h"
#include "syscall/handlers.h"
#include "syscall/sysvipc.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#undef uthash_fatal
#define uthash_fatal(msg) abort()

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

enum kind { SHM, SEM, MSG, KINDS };

/* struct ipc64_perm, as far as all ABIs have it alike: it begins every object's struct. */
struct perm {
	int32_t key;
	uint32_t uid, gid, cuid, cgid;
};

/* What a guest made, or was given. */
struct sysv_object {
	uint64_t number; /* kind and id */
	uint32_t uid, gid, cuid, cgid;
	UT_hash_handle hh;
};

/* A call about objects, whichever way it came. */
struct request {
	enum kind kind;
	int32_t id;   /* or the key */
	int cmd;      /* or the flags */
	unsigned arg; /* of the buffer */
	uint64_t buf;
	bool in_union; /* the argument points at the pointer */
};

static const size_t sizes[KINDS][2] = { { 84, 112 }, { 64, 104 }, { 88, 120 } };

static size_t struct_size(const struct call *c, enum kind kind)
{
	return sizes[kind][c->abi->word_bytes == 8];
}

/* ---- the books ---- */

static uint64_t number_of(enum kind kind, int32_t id)
{
	return (uint64_t)kind << 32 | (uint32_t)id;
}

static struct sysv_object *find(struct session *s, enum kind kind, int32_t id)
{
	const uint64_t number = number_of(kind, id);
	struct sysv_object *o;

	HASH_FIND(hh, s->sysv_objects, &number, sizeof(number), o);
	return o;
}

static struct sysv_object *enter(struct session *s, enum kind kind, int32_t id)
{
	struct sysv_object *o = find(s, kind, id);

	if (o)
		return o;
	o = talloc_zero(s, struct sysv_object);
	if (!o)
		return NULL;
	o->number = number_of(kind, id);
	HASH_ADD(hh, s->sysv_objects, number, sizeof(o->number), o);
	return o;
}

static void forget(struct session *s, enum kind kind, int32_t id)
{
	struct sysv_object *o = find(s, kind, id);

	if (!o)
		return;
	HASH_DEL(s->sysv_objects, o);
	talloc_free(o);
}

/* The ids that the kernel tells of an object -> what the guest is told. */
static void tell(struct session *s, enum kind kind, int32_t id, struct perm *p)
{
	const struct sysv_object *o = find(s, kind, id);

	p->uid = o ? o->uid : who_uid(s, p->uid);
	p->gid = o ? o->gid : who_gid(s, p->gid);
	p->cuid = o ? o->cuid : who_uid(s, p->cuid);
	p->cgid = o ? o->cgid : who_gid(s, p->cgid);
}

/* ---- /proc/sysvipc ---- */

/* The line up to its n-th word. */
static const char *word_at(const char *line, unsigned n)
{
	while (n--) {
		line += strspn(line, " ");
		line += strcspn(line, " ");
	}
	return line;
}

/* How many words stand before the four ids, by the first line; 0: they are not there. */
static unsigned words_before_ids(const char *head)
{
	const char *at = strstr(head, " uid ");
	unsigned n = 0;

	while (at && word_at(head, n + 1) <= at)
		n++;
	return n;
}

static int write_object(struct session *s, enum kind kind, const char *line, unsigned words,
			FILE *out)
{
	const char *ids = word_at(line, words);
	struct perm p = { 0 };
	int32_t id;

	if (sscanf(line, "%*d %d", &id) != 1 ||
	    sscanf(ids, "%u %u %u %u", &p.uid, &p.gid, &p.cuid, &p.cgid) != 4)
		return -EIO;
	tell(s, kind, id, &p);
	fwrite(line, 1, (size_t)(ids - line), out);
	fprintf(out, " %5u %5u %5u %5u%s", p.uid, p.gid, p.cuid, p.cgid, word_at(ids, 4));
	return 0;
}

int sysvids_write(struct session *s, enum proc_what what, FILE *in, FILE *out)
{
	const enum kind kind = what == PROC_SYSV_SHM ? SHM : what == PROC_SYSV_SEM ? SEM : MSG;
	char line[512];
	unsigned words;
	int r = 0;

	if (!fgets(line, sizeof(line), in))
		return 0;
	words = words_before_ids(line);
	fputs(line, out);
	while (r == 0 && words && fgets(line, sizeof(line), in))
		r = write_object(s, kind, line, words, out);
	return r;
}

/* ---- the calls, taken apart ---- */

/* ipc(2) of 32-bit ABIs: linux/ipc.h's numbers, the version above them. */
static bool decode_ipc(const struct call *c, struct request *q)
{
	const uint64_t *a = c->guest_arg;
	uint64_t pointer = 0;

	q->id = (int32_t)a[1];
	q->cmd = (int)a[2];
	q->arg = 4;
	q->buf = a[4];
	switch (a[0] & 0xffff) {
	case SEMCTL:
		q->in_union = true;
		mem_read_word(c->t, a[4], c->abi->word_bytes, &pointer);
		q->buf = pointer;
		/* fall through */
	case SEMGET:
		q->kind = SEM;
		q->cmd = (int)a[3];
		break;
	case SHMGET:
		q->cmd = (int)a[3];
		/* fall through */
	case SHMCTL:
		q->kind = SHM;
		break;
	default:
		q->kind = MSG;
		break;
	}
	return true;
}

static enum kind kind_of(int id)
{
	switch (id) {
	case SC_shmget:
	case SC_shmctl:
	case SC_old_shmctl: return SHM;
	case SC_semget:
	case SC_semctl:
	case SC_old_semctl: return SEM;
	default: return MSG;
	}
}

/* Does the command say which form its structure has? */
static bool has_version(int id)
{
	return id == SC_ipc || id == SC_old_shmctl || id == SC_old_semctl || id == SC_old_msgctl;
}

static void decode(const struct call *c, struct request *q)
{
	const bool has_more = c->id == SC_shmget || c->id == SC_semget || c->id == SC_semctl ||
			      c->id == SC_old_semctl;

	*q = (struct request){ 0 };
	if (c->id == SC_ipc && decode_ipc(c, q))
		return;
	q->kind = kind_of(c->id);
	q->id = (int32_t)c->guest_arg[0];
	q->cmd = (int)c->guest_arg[has_more ? 2 : 1];
	q->arg = c->id == SC_semctl || c->id == SC_old_semctl ? 3 : 2;
	q->buf = c->guest_arg[q->arg];
}

/* ---- made ---- */

static bool exists(const struct request *q)
{
	static const long get[KINDS] = { SYS_shmget, SYS_semget, SYS_msgget };

	return syscall(get[q->kind], q->id, 0, 0) >= 0 || errno != ENOENT;
}

static int made(struct call *c)
{
	const struct cred *cred = c->t->cred;
	struct sysv_object *o;
	struct request q;

	if (c->result < 0)
		return 0;
	decode(c, &q);
	o = enter(tracee_session(c->t), q.kind, (int32_t)c->result);
	if (!o)
		return 0;
	o->uid = o->cuid = cred->euid;
	o->gid = o->cgid = cred->egid;
	return 0;
}

int sys_sysv_get(struct call *c)
{
	struct request q;

	if (tracee_session(c->t)->sysvipc)
		return sysvipc_call(c);
	decode(c, &q);
	if (q.id != IPC_PRIVATE && (!(q.cmd & IPC_CREAT) || exists(&q)))
		return 0;
	return call_want_exit(c, made);
}

/* ---- asked and changed ---- */

static int told(struct call *c)
{
	struct request q;
	struct perm p;

	if (c->result < 0)
		return 0;
	decode(c, &q);
	if (mem_read(c->t, q.buf, &p, sizeof(p)) < 0)
		return 0;
	tell(tracee_session(c->t), q.kind, (q.cmd & 0xff) == IPC_STAT ? q.id : (int32_t)c->result,
	     &p);
	mem_write(c->t, q.buf, &p, sizeof(p));
	return 0;
}

static int removed(struct call *c)
{
	struct request q;

	decode(c, &q);
	if (c->result == 0)
		forget(tracee_session(c->t), q.kind, q.id);
	return 0;
}

/* What the kernel holds of it. A struct of ours is the largest's size at least. */
static int ask_host(const struct request *q, struct perm *ret)
{
	union {
		struct perm perm;
		char room[256];
	} u = { 0 };
	long r;

	if (q->kind == SHM)
		r = syscall(SYS_shmctl, q->id, IPC_STAT, &u);
	else if (q->kind == MSG)
		r = syscall(SYS_msgctl, q->id, IPC_STAT, &u);
	else
		r = syscall(SYS_semctl, q->id, 0, IPC_STAT, &u);
	*ret = u.perm;
	return r < 0 ? -errno : 0;
}

/* ipcctl_obtain_check. Who is refused the look is so by the mode: the object is there. */
static int may_control(const struct call *c, const struct request *q, struct perm *ret_host)
{
	const struct cred *cred = c->t->cred;
	struct perm p;
	int r = ask_host(q, ret_host);

	if (r < 0 && r != -EACCES)
		return r;
	if (r < 0)
		*ret_host = (struct perm){ 0, geteuid(), getegid(), geteuid(), getegid() };
	p = *ret_host;
	tell(tracee_session(c->t), q->kind, q->id, &p);
	if (cred->euid != p.cuid && cred->euid != p.uid && !cred_capable(cred, CAP_SYS_ADMIN))
		return -EPERM;
	return 0;
}

/* For `was_set`: the ids that it is to have. */
struct wish {
	uint32_t uid, gid;
};

static int was_set(struct call *c)
{
	const struct wish *wish = c->data;
	struct session *s = tracee_session(c->t);
	struct sysv_object *o;
	struct request q;
	struct perm host;

	if (c->result < 0)
		return 0;
	decode(c, &q);
	o = find(s, q.kind, q.id);
	if (!o && ask_host(&q, &host) == 0) {
		tell(s, q.kind, q.id, &host);
		o = enter(s, q.kind, q.id);
		if (o)
			*o = (struct sysv_object){ .number = o->number,
						   .hh = o->hh,
						   .cuid = host.cuid,
						   .cgid = host.cgid };
	}
	if (o) {
		o->uid = wish->uid;
		o->gid = wish->gid;
	}
	return 0;
}

/* The kernel gets the guest's struct with the ids that the object has there already. */
static int put_struct(struct call *c, const struct request *q, const char *copy)
{
	const uint64_t pointer = 0;
	size_t at, to;
	int r = call_stage(c, copy, struct_size(c, q->kind), &to);

	if (r < 0 || !q->in_union)
		return r < 0 ? r : call_point_arg(c, q->arg, to);
	r = call_stage(c, &pointer, c->abi->word_bytes, &at);
	if (r == 0)
		r = call_point_staged(c, at, to);
	return r < 0 ? r : call_point_arg(c, q->arg, at);
}

static int set(struct call *c, const struct request *q)
{
	union {
		struct perm perm;
		char room[128];
	} u;
	struct perm host;
	struct wish *wish;
	int r;

	if (mem_read(c->t, q->buf, &u, struct_size(c, q->kind)) < 0)
		return -EFAULT;
	r = may_control(c, q, &host);
	if (r < 0)
		return r;
	if (u.perm.uid == UINT32_MAX || u.perm.gid == UINT32_MAX)
		return -EINVAL;
	wish = talloc(c->t, struct wish);
	if (!wish)
		return -ENOMEM;
	*wish = (struct wish){ u.perm.uid, u.perm.gid };
	c->data = wish;
	u.perm.uid = host.uid;
	u.perm.gid = host.gid;
	r = put_struct(c, q, u.room);
	return r < 0 ? r : call_want_exit(c, was_set);
}

static bool is_stat(enum kind kind, int cmd)
{
	static const int stat[KINDS] = { SHM_STAT, SEM_STAT, MSG_STAT };
	static const int any[KINDS] = { SHM_STAT_ANY, SEM_STAT_ANY, MSG_STAT_ANY };

	return cmd == IPC_STAT || cmd == stat[kind] || cmd == any[kind];
}

int sys_sysv_ctl(struct call *c)
{
	struct request q;
	struct perm host;
	int cmd, r;

	if (tracee_session(c->t)->sysvipc)
		return sysvipc_call(c);
	decode(c, &q);
	/* Other ways in have structs of one form alone. */
	if (has_version(c->id) && !(q.cmd & IPC_64))
		return 0;
	cmd = has_version(c->id) ? q.cmd & ~IPC_64 : q.cmd;
	if (is_stat(q.kind, cmd))
		return call_want_exit(c, told);
	if (cmd == IPC_SET)
		return set(c, &q);
	if (cmd != IPC_RMID)
		return 0;
	r = may_control(c, &q, &host);
	return r < 0 ? r : call_want_exit(c, removed);
}

int sys_ipc(struct call *c)
{
	if (tracee_session(c->t)->sysvipc)
		return sysvipc_call(c);
	switch (c->guest_arg[0] & 0xffff) {
	case SEMGET:
	case MSGGET:
	case SHMGET:
		return sys_sysv_get(c);
	default:
		return sys_sysv_ctl(c);
	}
}
