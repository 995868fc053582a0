/* SPDX-License-Identifier: MIT */
/*
 * The guests' bookkeeping: who exists, who shares what. Every object dies with the last thread
 * that needs it; lookups are hash lookups.
 */
#include "tracee/tracee.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/kernfile.h"
#include "ident/cred.h"
#include "ipc/shm.h"
#include "tracee/agent.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/uts.h"

/* uthash's allocation failure must not end the session: it marks the element instead. */
#undef uthash_fatal
#define uthash_fatal(msg) abort()

struct session *tracee_session(const struct tracee *t)
{
	return t->process->session;
}

bool session_has_file(const struct session *s, const char *host)
{
	return path_under(host, s->identity->rootfs) || path_under(host, s->dir);
}

/* pr exec's, which come and go. */
static bool serves_exec(const struct session *s, pid_t tid)
{
	if (!s->helpers || s->helpers[0] == 0)
		return false;
	for (unsigned i = 0; s->helpers[i] != -1; i++)
		if (s->helpers[i] == tid)
			return true;
	return false;
}

bool session_is_ours(const struct session *s, pid_t tid)
{
	for (size_t i = 0; i < SESSION_TRACER_TIDS; i++)
		if (s->tracer_tids[i] && s->tracer_tids[i] == tid)
			return true;
	return tid == s->tracer_pid || tid == s->front_pid || (tid > 0 && serves_exec(s, tid));
}

struct tracee *tracee_find(struct session *s, pid_t tid)
{
	struct tracee *t;

	HASH_FIND_INT(s->tracees, &tid, t);
	return t;
}

struct process *process_find(struct session *s, pid_t pid)
{
	struct process *p;

	HASH_FIND_INT(s->processes, &pid, p);
	return p;
}

void process_set_loginuid(struct process *p, struct loginuid *l)
{
	if (l)
		l->refs++;
	if (p->loginuid && --p->loginuid->refs == 0)
		talloc_free(p->loginuid);
	p->loginuid = l;
}

struct process *process_new(struct session *s, pid_t pid, const struct process *parent)
{
	struct process *p = talloc_zero(s, struct process);

	if (!p)
		return NULL;
	p->pid = pid;
	p->session = s;
	if (parent) {
		p->no_new_privs = parent->no_new_privs;
		p->own_seccomp = parent->own_seccomp;
		p->place_seccomp = parent->place_seccomp;
		p->domain = parent->domain;
		process_set_loginuid(p, parent->loginuid);
	}
	HASH_ADD_INT(s->processes, pid, p);
	return p;
}

static void process_free(struct process *p)
{
	HASH_DEL(p->session->processes, p);
	process_set_loginuid(p, NULL);
	talloc_free(p);
}

int tracee_inherit_cred(struct tracee *t, const struct tracee *parent)
{
	if (!parent->cred)
		return 0;
	t->cred = cred_copy(t, parent->cred);
	return t->cred ? 0 : -ENOMEM;
}

struct tracee *tracee_new(struct session *s, pid_t tid, struct process *process)
{
	struct tracee *t = talloc_zero(s, struct tracee);

	if (!t)
		return NULL;
	t->tid = tid;
	t->process = process;
	t->slot = -1;
	process->threads++;
	HASH_ADD_INT(s->tracees, tid, t);
	return t;
}

void tracee_free(struct tracee *t)
{
	struct process *p = t->process;

	if (p->threads == 1)
		who_ended(p, t);
	if (t->changes_names)
		agent_names_changed(p->session);
	tracee_set_mm(t, NULL);
	tracee_set_fs(t, NULL);
	tracee_set_uts(t, NULL);
	HASH_DEL(p->session->tracees, t);
	p->exiting -= t->exiting;
	talloc_free(t);
	if (--p->threads == 0)
		process_free(p);
}

void tracee_rename(struct tracee *t, pid_t tid)
{
	struct session *s = tracee_session(t);

	HASH_DEL(s->tracees, t);
	t->tid = tid;
	HASH_ADD_INT(s->tracees, tid, t);
}

static void exe_unref(struct exe *exe)
{
	if (exe && --exe->refs == 0)
		talloc_free(exe);
}

struct mm *mm_new(struct session *s)
{
	struct mm *mm = talloc_zero(s, struct mm);

	if (mm)
		mm->dumpable = 1;
	return mm;
}

void mm_set_exe(struct mm *mm, struct exe *exe)
{
	if (exe)
		exe->refs++;
	exe_unref(mm->exe);
	mm->exe = exe;
}

struct mm *mm_copy(struct session *s, const struct mm *from)
{
	struct mm *mm = mm_new(s);

	if (!mm)
		return NULL;
	*mm = *from;
	mm->refs = 0;
	mm->agent = NULL;
	mm->shm = shm_uses_copy(mm, from->shm);
	mm->areas = talloc_memdup(mm, from->areas, from->area_count * sizeof(*from->areas));
	if ((from->area_count && !mm->areas) || (from->shm && !mm->shm) ||
	    agent_copy(mm, from) < 0) {
		talloc_free(mm);
		return NULL;
	}
	if (mm->exe)
		mm->exe->refs++;
	for (unsigned i = 0; i < mm->area_count; i++)
		mm->areas[i].slots_used = 0;
	return mm;
}

static void release_slot(struct tracee *t)
{
	if (t->slot >= 0)
		t->mm->areas[t->area].slots_used &= ~(UINT64_C(1) << t->slot);
	t->slot = -1;
}

void tracee_set_mm(struct tracee *t, struct mm *mm)
{
	struct mm *old = t->mm;

	release_slot(t);
	t->mm = mm;
	if (mm)
		mm->refs++;
	if (old && --old->refs == 0) {
		shm_left(old->shm, t->process->pid);
		exe_unref(old->exe);
		talloc_free(old);
	}
}

static int free_slot(const struct area *a, unsigned slots)
{
	for (unsigned i = 0; i < slots; i++)
		if (!(a->slots_used & (UINT64_C(1) << i)))
			return (int)i;
	return -1;
}

int mm_add_area(struct mm *mm, const struct area *a)
{
	struct area *areas = talloc_realloc(mm, mm->areas, struct area, mm->area_count + 1);

	if (!areas)
		return -ENOMEM;
	mm->areas = areas;
	areas[mm->area_count] = *a;
	return (int)mm->area_count++;
}

int tracee_take_slot(struct tracee *t, enum area_code code)
{
	struct mm *mm = t->mm;

	if (t->slot >= 0 && mm->areas[t->area].code == code)
		return 0;
	release_slot(t);
	for (unsigned i = 0; i < mm->area_count; i++) {
		struct area *a = &mm->areas[i];
		int slot = a->ready && a->code == code ? free_slot(a, a->slots) : -1;
		if (slot < 0)
			continue;
		a->slots_used |= UINT64_C(1) << slot;
		t->area = (int)i;
		t->slot = slot;
		return 0;
	}
	return -ENOSPC;
}

/* A borrower is done with it once it left this address space, by exec or by ending. */
static bool is_free(const struct tracee *t, const struct loan *l)
{
	const struct tracee *borrower;

	if (l->borrower == t->tid)
		return true;
	borrower = tracee_find(tracee_session(t), l->borrower);
	return !borrower || borrower->mm != t->mm;
}

uint64_t mm_lend(struct tracee *t, size_t size)
{
	for (unsigned i = 0; i < t->mm->loan_count; i++) {
		struct loan *l = &t->mm->loans[i];
		if (l->size < size || !is_free(t, l))
			continue;
		l->borrower = t->tid;
		return l->base;
	}
	return 0;
}

int mm_add_loan(struct tracee *t, uint64_t base, size_t size)
{
	if (t->mm->loan_count == MM_MAX_LOANS)
		return -ENOMEM;
	t->mm->loans[t->mm->loan_count++] = (struct loan){ base, size, t->tid };
	return 0;
}

unsigned long tracee_personality(const struct tracee *t)
{
	unsigned long value = 0;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/personality", t->tid);
	kernfile_scan(name, "%lx", &value);
	return value;
}
