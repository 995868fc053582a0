/* SPDX-License-Identifier: MIT */
/*
 * Births. The kernel tells of a new thread twice, in either order: the parent's event names it, and
 * the child makes a first stop of its own. Whoever comes first is kept: a child nobody has
 * announced yet is parked in its stop. A parent that is killed before its event leaves the child
 * unannounced for ever; such a child is taken in from what /proc says of it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <talloc.h>

#include "arch/regs.h"
#include "base/log.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/regs.h"
#include "engine/ptrace/worker.h"
#include "ident/cred.h"
#include "syscall/table.h"
#include "tracee/agent.h"
#include "tracee/fs.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/sites.h"
#include "tracee/tracee.h"
#include "tracee/uts.h"

/* A tick is 5 ms. A living parent's event does not take that long, and being early does no harm. */
enum { PATIENCE_TICKS = 10 };

/* The overflow id, nobody's: user_namespaces(7). */
enum { NOBODY = 65534 };

struct parked {
	pid_t tid;
	unsigned ticks; /* how many it has waited */
	struct worker *worker; /* whose guest it is */
	int group_sig; /* it stands in a group-stop by this signal; 0: an ordinary first stop */
	UT_hash_handle hh;
};

static void forget(struct session *s, struct parked *early)
{
	HASH_DEL(s->parked, early);
	early->worker->parked--;
	talloc_free(early);
}

void birth_settle(struct tracee *t)
{
	t->begun = true;
	if (!t->born_changed)
		return;
	t->born_changed = false;
	regs_restore(t, 0);
}

static void let_go(struct tracee *t, int group_sig)
{
	struct worker *to = t->give_to;

	birth_settle(t);
	t->give_to = NULL;
	t->phase = PHASE_RUN;
	if (group_sig ? inner_group_stop(t, group_sig) : inner_trap(t))
		return;
	if (group_sig == 0) {
		if (to)
			handover_give(t, to);
		else
			loop_resume(t, 0);
		return;
	}
	t->phase = PHASE_LISTEN;
	ptrace(PTRACE_LISTEN, t->tid, 0, 0);
}

/* A register of a thread that may have been killed: then it is 0. */
static uint64_t peek(const struct tracee *t, size_t offset)
{
	uint64_t value;

	return regset_peek(t->tid, offset, &value) < 0 ? 0 : value;
}

/* Of a clone3 that did not stop. None but its own process can have changed them since. */
static uint64_t read_flags(struct tracee *t, uint64_t args)
{
	uint64_t flags;

	return mem_read(t, args, &flags, sizeof(flags)) < 0 ? 0 : flags;
}

/* The flags of the clone, fork or vfork that t stands in; 0 where it cannot be asked any more. */
static uint64_t birth_flags(struct tracee *t)
{
	struct __ptrace_syscall_info info;
	const struct abi *abi;
	enum sc id;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) < 0)
		return 0;
	abi = abi_by_audit_arch(info.arch);
	if (!abi)
		return 0;
	id = sys_id(abi, (unsigned)peek(t, abi->regs->nr));
	switch (id) {
	case SC_vfork:
		return CLONE_VM | CLONE_VFORK;
	case SC_clone:
		if (t->phase == PHASE_CALL && t->call.id == SC_clone)
			return t->clone_flags;
		return peek(t, abi->regs->arg[0]);
	case SC_clone3:
		if (agent_is_gate(tracee_session(t), info.instruction_pointer))
			return read_flags(t, peek(t, abi->regs->arg[0]));
		return t->clone_flags;
	default:
		return 0;
	}
}

/* What it shares of the kernel's fs_struct and nsproxy. -ENOMEM, else 0. */
static int inherit_names(struct session *s, struct tracee *t, const struct tracee *parent,
			 uint64_t flags)
{
	struct fs *fs = flags & CLONE_FS ? parent->fs : fs_copy(s, parent->fs);

	if (!fs)
		return -ENOMEM;
	tracee_set_fs(t, fs);
	tracee_set_uts(t, parent->uts);
	if ((flags & CLONE_NEWNS) && fs_unshare_view(s, fs) < 0)
		return -ENOMEM;
	return (flags & CLONE_NEWUTS) && t->uts ? uts_unshare(s, t) : 0;
}

static struct tracee *enrol(struct session *s, pid_t tid, struct tracee *parent, uint64_t flags)
{
	struct process *p = parent->process;
	struct mm *mm = flags & CLONE_VM ? parent->mm : mm_copy(s, parent->mm);
	struct tracee *t;

	if (!(flags & CLONE_THREAD))
		p = process_new(s, tid, p);
	t = p && mm ? tracee_new(s, tid, p) : NULL;
	if (!t)
		return NULL;
	if (tracee_inherit_cred(t, parent) < 0 || inherit_names(s, t, parent, flags) < 0) {
		tracee_free(t);
		return NULL;
	}
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		sites_expect_company(parent);
	tracee_set_mm(t, mm);
	t->worker = parent->worker;
	t->born_by = parent->tid;
	t->give_to = handover_target(t, parent);
	t->born_changed = parent->phase == PHASE_CALL && (parent->call.flags & CALL_CHANGED);
	if (t->born_changed) {
		t->call = parent->call;
		t->call.t = t;
		t->call.data = t->call.held = NULL;
	}
	return t;
}

/* Its end may have been told already: it was taken in before its parent's event, or killed. */
static bool is_ours(pid_t tid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)tid, &info,
		      WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD) == 0;
}

void birth_announced(struct session *s, struct tracee *parent, int event)
{
	unsigned long msg = 0;
	struct parked *early;
	struct tracee *t;
	uint64_t flags;
	pid_t tid;

	if (ptrace(PTRACE_GETEVENTMSG, parent->tid, 0, &msg) < 0)
		return;
	tid = (pid_t)msg;
	t = tracee_find(s, tid);
	if (!t && is_ours(tid)) {
		flags = birth_flags(parent);
		/* its own memory was copied before, and is told by what it gets of the parent's */
		if (flags & CLONE_VM)
			agent_refresh(parent);
		t = enrol(s, tid, parent, flags);
		if (t) {
			pin_birth(t, parent);
			inner_birth(t, parent, event, flags);
		}
		HASH_FIND_INT(s->parked, &tid, early);
		if (early) {
			if (t)
				let_go(t, early->group_sig);
			forget(s, early);
		}
		if (!t)
			kill(tid, SIGKILL);
	}
	if (!inner_event(parent, event))
		loop_resume(parent, 0);
}

void birth_first_stop(struct worker *w, pid_t tid, int group_sig)
{
	struct session *s = w->session;
	struct parked *early = talloc_zero(s, struct parked);

	if (!early) {
		kill(tid, SIGKILL);
		return;
	}
	early->tid = tid;
	early->worker = w;
	early->group_sig = group_sig;
	HASH_ADD_INT(s->parked, tid, early);
	w->parked++;
	worker_want_ticks(w, true); /* off again by the first that finds nobody */
}

static bool read_ids(pid_t tid, pid_t *ret_tgid, pid_t *ret_ppid)
{
	char name[64], line[256];
	FILE *f;
	int found = 0;

	snprintf(name, sizeof(name), "/proc/%d/status", tid);
	f = fopen(name, "re");
	if (!f)
		return false;
	while (found < 2 && fgets(line, sizeof(line), f))
		found += sscanf(line, "Tgid: %d", ret_tgid) == 1 ||
			 sscanf(line, "PPid: %d", ret_ppid) == 1;
	fclose(f);
	return found == 2;
}

/*
 * Its memory is its process's, or like its parent's. Whether that one shares it (vfork) nobody can
 * say any more: no slot there is free for it.
 */
static struct mm *inherit_mm(struct session *s, const struct tracee *relative, bool is_thread)
{
	struct mm *mm;

	if (!relative || !relative->mm)
		return mm_new(s);
	if (is_thread)
		return relative->mm;
	mm = mm_copy(s, relative->mm);
	for (unsigned i = 0; mm && i < mm->area_count; i++)
		mm->areas[i].slots = 0;
	return mm;
}

/* Threads share theirs; whether a process does (CLONE_FS) nobody can say any more either. */
static struct fs *inherit_fs(struct session *s, const struct tracee *relative, bool is_thread)
{
	if (!relative)
		return fs_copy(s, s->fs);
	return is_thread ? relative->fs : fs_copy(s, relative->fs);
}

/* Whose child it is nobody can say any more: it must not have more rights than that one had. */
static int take_cred(struct tracee *t, const struct tracee *relative)
{
	const struct identity *identity = tracee_session(t)->identity;

	if (relative)
		return tracee_inherit_cred(t, relative);
	if (!identity)
		return 0;
	t->cred = cred_new(t, NOBODY, NOBODY, &identity->limits);
	return t->cred ? 0 : -ENOMEM;
}

static struct tracee *take_in(struct worker *w, pid_t tid)
{
	struct session *s = w->session;
	pid_t tgid = tid, ppid = 0;
	struct process *p, *kin;
	struct tracee *t, *relative;
	struct mm *mm;
	struct fs *fs;

	if (!read_ids(tid, &tgid, &ppid))
		return NULL;
	kin = process_find(s, tgid == tid ? ppid : tgid);
	relative = kin ? tracee_find(s, kin->pid) : NULL;
	p = tgid == tid ? process_new(s, tid, kin) : kin;
	mm = inherit_mm(s, relative, tgid != tid);
	fs = inherit_fs(s, relative, tgid != tid);
	t = p && mm && fs ? tracee_new(s, tid, p) : NULL;
	if (!t)
		return NULL;
	t->worker = w;
	tracee_set_mm(t, mm);
	tracee_set_fs(t, fs);
	tracee_set_uts(t, relative ? relative->uts : s->uts);
	if (take_cred(t, relative) < 0) {
		tracee_free(t);
		return NULL;
	}
	if (relative)
		pin_birth(t, relative);
	else
		pin_orphan(t);
	return t;
}

void birth_tick(struct worker *w)
{
	struct session *s = w->session;
	struct parked *early, *next;
	struct tracee *t;
	pid_t tid;
	int group_sig;

	if (!w->parked)
		return;
	HASH_ITER(hh, s->parked, early, next) {
		if (early->worker != w || ++early->ticks < PATIENCE_TICKS)
			continue;
		tid = early->tid;
		group_sig = early->group_sig;
		log_debug("%d is taken in", tid);
		forget(s, early);
		t = take_in(w, tid);
		if (t)
			let_go(t, group_sig);
		else
			kill(tid, SIGKILL);
	}
}

void birth_died_early(struct session *s, pid_t tid)
{
	struct parked *early;

	HASH_FIND_INT(s->parked, &tid, early);
	if (early)
		forget(s, early);
}
