/* SPDX-License-Identifier: MIT */
/*
 * wait4(2), waitpid(2) and waitid(2) of a guest that traces. The kernel knows its children alone,
 * and their stops not at all. A wait for which something is there already is answered; any other
 * is the kernel's, in which all signals reach it as ever, and it is interrupted once there is
 * something to tell: it ends as by a signal, and before the guest hears of that it has its answer.
 * Where the kernel has no child to wait for, it sleeps in ppoll(2).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "arch/regs.h"
#include "base/kernfile.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/worker.h"
#include "syscall/table.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum wait_mode {
	WAIT_KERNEL,
	WAIT_ANSWERED, /* the kernel was asked something that it refuses */
	WAIT_SLEEPS,
};

struct inner_wait {
	enum wait_mode mode;
	pid_t told; /* WAIT_ANSWERED: whose, */
	int status; /* and what */
	enum sc id;
	uint64_t arg[6];
	idtype_t type;
	pid_t pid;
	int options;
};

/* What there is to wait for: a report of a stop, or an end. */
struct found {
	struct tracee *t;
	struct inner_end **end;
	uint64_t order;
	bool any; /* somebody could report */
};

/* ---- whom it waits for ----------------------------------------------------------------------- */

static pid_t pid_of_fd(const struct tracee *t, int fd)
{
	char name[64];
	pid_t pid = -1;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", t->tid, fd);
	if (!kernfile_scan(name, "Pid: %d", &pid))
		return -1;
	return pid;
}

static void read_which(const struct tracee *t, struct inner_wait *w)
{
	const int32_t which = (int32_t)w->arg[0];

	if (w->id == SC_waitid) {
		w->type = (idtype_t)which;
		w->pid = (pid_t)w->arg[1];
		w->options = (int)w->arg[3];
	} else {
		w->type = which == -1 ? P_ALL : which > 0 ? P_PID : P_PGID;
		w->pid = which > 0 ? which : -which;
		w->options = (int)w->arg[2] | WEXITED;
	}
	if (w->type == P_PGID && w->pid == 0)
		w->pid = getpgid(t->process->pid);
	if (w->type == (idtype_t)P_PIDFD) {
		w->type = P_PID;
		w->pid = pid_of_fd(t, w->pid);
	}
}

static bool fits(const struct inner_wait *w, pid_t tid)
{
	return w->type == P_ALL || (w->type == P_PID && w->pid == tid) ||
	       (w->type == P_PGID && getpgid(tid) == w->pid);
}

static bool is_by(const struct tracee *t, const struct inner_wait *w, const struct tracee *tracer)
{
	return tracer &&
	       (tracer == t || (tracer->process == t->process && !(w->options & __WNOTHREAD)));
}

static void find_stop(struct tracee *t, const struct inner_wait *w, struct found *f)
{
	struct tracee *other, *next;

	HASH_ITER(hh, tracee_session(t)->tracees, other, next)
	{
		const struct inner *in = other->inner;

		if (!in || !is_by(t, w, in->tracer) || !fits(w, other->tid))
			continue;
		f->any = true;
		if (in->report && in->order < f->order) {
			f->t = other;
			f->order = in->order;
		}
	}
}

/* The oldest. */
static struct found find(struct tracee *t, const struct inner_wait *w)
{
	struct found f = { .order = UINT64_MAX };
	struct inner_end **e = &t->process->tracing->ends;

	find_stop(t, w, &f);
	for (; *e; e = &(*e)->next) {
		if (!fits(w, (*e)->tid) || ((w->options & __WNOTHREAD) && (*e)->tracer != t))
			continue;
		f.any = true;
		if ((w->options & WEXITED) && (*e)->order < f.order) {
			f.t = NULL;
			f.end = e;
			f.order = (*e)->order;
		}
	}
	return f;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void put_seconds(struct timeval *tv, unsigned long ticks)
{
	const unsigned long hz = (unsigned long)sysconf(_SC_CLK_TCK);

	tv->tv_sec = (time_t)(ticks / hz);
	tv->tv_usec = (suseconds_t)(ticks % hz * (1000000 / hz));
}

static void read_usage(pid_t tid, struct rusage *ru)
{
	unsigned long minor = 0, major = 0, user = 0, kernel = 0;
	char name[64], line[1024], *rest;
	FILE *f;

	memset(ru, 0, sizeof(*ru));
	snprintf(name, sizeof(name), "/proc/%d/stat", tid);
	f = fopen(name, "re");
	if (!f)
		return;
	rest = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %lu %*u %lu %*u %lu %lu", &minor,
			    &major, &user, &kernel) != 4)
		return;
	put_seconds(&ru->ru_utime, user);
	put_seconds(&ru->ru_stime, kernel);
	ru->ru_minflt = (long)minor;
	ru->ru_majflt = (long)major;
}

/* In a 32-bit ABI all of its fields are words. */
static int put_usage(const struct tracee *t, uint64_t at, pid_t tid)
{
	struct rusage ru;
	int32_t narrow[sizeof(ru) / sizeof(long)];

	if (!at)
		return 0;
	read_usage(tid, &ru);
	if (t->call.abi->word_bytes == 8)
		return mem_write(t, at, &ru, sizeof(ru));
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		narrow[i] = (int32_t)((const long *)&ru)[i];
	return mem_write(t, at, narrow, sizeof(narrow));
}

/* Only what waitid fills in: its own fields are at one place in each ABI, but for the padding. */
static int put_info(const struct tracee *t, uint64_t at, pid_t tid, int status, uid_t uid)
{
	const bool wide = t->call.abi->word_bytes == 8;
	int32_t info[7] = { SIGCHLD };
	int32_t *rest = info + (wide ? 4 : 3);

	if (!at)
		return 0;
	if (tid == 0) {
		memset(info, 0, sizeof(info));
	} else {
		info[2] = WIFSTOPPED(status)  ? CLD_TRAPPED
			  : WIFEXITED(status) ? CLD_EXITED
			  : WCOREDUMP(status) ? CLD_DUMPED
					      : CLD_KILLED;
		rest[0] = tid;
		rest[1] = (int32_t)uid;
		rest[2] = WIFSTOPPED(status)  ? status >> 8
			  : WIFEXITED(status) ? WEXITSTATUS(status)
					      : WTERMSIG(status);
	}
	return mem_write(t, at, info, (wide ? 7 : 6) * sizeof(info[0]));
}

static uid_t uid_of(const struct tracee *t)
{
	return t->cred ? t->cred->uid : getuid();
}

/* Behind the kernel's call, which clears the siginfo also where it fails. */
static int64_t give(const struct tracee *t, const struct inner_wait *w)
{
	const pid_t tid = w->told;
	const int status = w->status;
	int r = 0;

	if (w->id == SC_waitid) {
		r = put_usage(t, w->arg[4], tid);
		return r < 0 ? r : put_info(t, w->arg[2], tid, status, uid_of(t));
	}
	if (w->id == SC_wait4)
		r = put_usage(t, w->arg[3], tid);
	if (r == 0 && w->arg[1])
		r = mem_write(t, w->arg[1], &status, sizeof(status));
	return r < 0 ? r : tid;
}

static void take(struct inner_wait *w, const struct found *f)
{
	const bool keep = w->id == SC_waitid && (w->options & WNOWAIT);
	struct inner_end *end = f->t ? NULL : *f->end;

	w->told = end ? end->tid : f->t->tid;
	w->status = end ? end->status : f->t->inner->report;
	if (keep)
		return;
	if (!end) {
		f->t->inner->report = 0;
		return;
	}
	*f->end = end->next;
	talloc_free(end);
}

/* ---- the call -------------------------------------------------------------------------------- */

static size_t options_register(const struct tracee *t, enum sc id)
{
	return t->call.abi->regs->arg[id == SC_waitid ? 3 : 2];
}

/* The kernel is to refuse it: it changes nothing, and comes to its end at once. */
static void spoil(struct tracee *t, enum sc id)
{
	struct reg_changes changes = { 0 };

	reg_change(&changes, options_register(t, id), 0x0fffffff);
	regset_change(t->tid, &changes);
}

static bool options_are_good(const struct inner_wait *w)
{
	const int stops = WEXITED | WSTOPPED | WCONTINUED;
	const int both = WNOHANG | __WNOTHREAD | __WCLONE | __WALL;

	if (w->id == SC_waitid)
		return !(w->options & ~(both | WNOWAIT | stops)) && (w->options & stops) &&
		       w->type <= P_PGID;
	return !((int)w->arg[2] & ~(both | WUNTRACED | WCONTINUED));
}

bool inner_wait_begins(struct tracee *t)
{
	const struct call *c = &t->call;
	struct inner_wait w = { 0 }, *kept;
	struct found f;

	if (!t->process->tracing || !inner_is_tracer(t->process) || !c->abi || t->waiting)
		return false;
	w.id = sys_id(c->abi, (unsigned)c->guest_nr);
	if (w.id != SC_wait4 && w.id != SC_waitid && w.id != SC_waitpid)
		return false;
	memcpy(w.arg, c->guest_arg, sizeof(w.arg));
	read_which(t, &w);
	if (!options_are_good(&w))
		return false;
	f = find(t, &w);
	if (!f.any)
		return false;
	if (f.order != UINT64_MAX) {
		take(&w, &f);
		w.mode = WAIT_ANSWERED;
		spoil(t, w.id);
	}
	kept = talloc_memdup(t, &w, sizeof(w));
	t->waiting = kept;
	return true;
}

bool inner_wait_is_ours(const struct tracee *t)
{
	return t->waiting && t->waiting->mode == WAIT_SLEEPS;
}

/* The registers as the guest had them, and this result; `nr`: of a call that may be made again. */
static void finish(struct tracee *t, int64_t result)
{
	const struct abi *abi = t->call.abi;
	struct inner_wait *w = t->waiting;
	struct reg_changes changes = { 0 };

	for (int i = 0; i < 6; i++)
		if (abi->regs->arg[i] != abi->regs->result)
			reg_change(&changes, abi->regs->arg[i], w->arg[i]);
	reg_change(&changes, abi->regs->nr, (unsigned long)sys_number(abi, w->id));
	reg_change(&changes, abi->regs->result, (unsigned long)result);
	regset_change(t->tid, &changes);
	t->call.result = result;
	TALLOC_FREE(t->waiting);
}

/* The same instruction makes another call. */
static void run_instead(struct tracee *t, enum sc id, const uint64_t arg[6])
{
	const struct abi *abi = t->call.abi;
	struct reg_changes changes = { 0 };

	for (int i = 0; i < 6; i++)
		reg_change(&changes, abi->regs->arg[i], arg[i]);
	reg_change(&changes, abi->regs->nr_in, (unsigned long)sys_number(abi, id));
	reg_change(&changes, abi->regs->ip, t->call.ip - ARCH_CALL_BYTES);
	regset_change(t->tid, &changes);
	if (abi->regs->nr != abi->regs->nr_in) {
		changes.count = 0;
		reg_change(&changes, abi->regs->nr, -1ul);
		regset_change(t->tid, &changes);
	}
}

static void sleep_instead(struct tracee *t)
{
	static const uint64_t forever[6] = { 0 };

	t->waiting->mode = WAIT_SLEEPS;
	run_instead(t, SC_ppoll, forever);
}

/* The kernel tells the parent of a group-stop that the tracer is shown otherwise. */
static bool is_told_twice(struct tracee *t, int64_t result)
{
	const struct inner_wait *w = t->waiting;
	const struct tracee *of = result > 0 ? tracee_find(tracee_session(t), (pid_t)result) : NULL;
	int status;

	return of && of->inner && is_by(t, w, of->inner->tracer) && w->id != SC_waitid &&
	       mem_read(t, w->arg[1], &status, sizeof(status)) == 0 &&
	       (WIFSTOPPED(status) || WIFCONTINUED(status));
}

static bool is_restart(int64_t result)
{
	return result <= -512 && result >= -516;
}

static void kernel_ended(struct tracee *t, int64_t result)
{
	struct inner_wait *w = t->waiting;
	struct found f = find(t, w);
	const bool found = f.order != UINT64_MAX;

	if (is_told_twice(t, result)) {
		run_instead(t, w->id, w->arg);
		TALLOC_FREE(t->waiting);
	} else if (found && result <= 0) {
		take(w, &f);
		finish(t, give(t, w));
	} else if (result == -ECHILD && f.any && (w->options & WNOHANG)) {
		finish(t, w->id == SC_waitid ? put_info(t, w->arg[2], 0, 0, 0) : 0);
	} else if (result == -ECHILD && f.any) {
		sleep_instead(t);
	} else {
		TALLOC_FREE(t->waiting);
	}
}

void inner_wait_ended(struct tracee *t)
{
	struct inner_wait *w = t->waiting;
	int64_t result = t->call.result;
	struct found f;

	if (w->mode == WAIT_ANSWERED) {
		finish(t, give(t, w));
		return;
	}
	if (w->mode == WAIT_KERNEL) {
		kernel_ended(t, result);
		return;
	}
	f = find(t, w);
	if (f.order != UINT64_MAX) {
		take(w, &f);
		finish(t, give(t, w));
	} else if (is_restart(result) || result == -EINTR) {
		finish(t, -512); /* ERESTARTSYS: as do_wait */
	} else {
		sleep_instead(t);
	}
}

/* Behind a stop on the way into the wait, which has ended an interruption that was asked for. */
void inner_wait_goes_on(struct tracee *t)
{
	if (t->waiting->mode == WAIT_ANSWERED || find(t, t->waiting).order == UINT64_MAX)
		return;
	t->poked = true;
	ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

/* ---- waking ---------------------------------------------------------------------------------- */

static void interrupt(struct tracee *t, pid_t unused)
{
	(void)unused;
	if (!t->waiting)
		return;
	t->poked = true;
	ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

void inner_wait_wake(struct process *p)
{
	struct tracee *t, *next;

	HASH_ITER(hh, p->session->tracees, t, next)
	if (t->process == p && t->waiting && t->waiting->mode != WAIT_ANSWERED)
		worker_errand(t, interrupt, 0);
}
