/* SPDX-License-Identifier: MIT */
/*
 * Guests: tracee = one thread, process = a thread group, mm = an address space (shared by vfork
 * children and CLONE_VM tasks), exe = the program an mm runs.
 *
 * Knows no ptrace: the engine drives, the handlers look. Lookup by tid is constant time.
 */
#ifndef PR_TRACEE_TRACEE_H
#define PR_TRACEE_TRACEE_H

#include <sched.h>
#include <stdint.h>
#include <sys/types.h>
#include <uthash.h>
#include <utlist.h>

#include "arch/area.h"
#include "exec/ids.h"
#include "tracee/call.h"
#include "tracee/who.h"

struct agent_guest;
struct inner;
struct inner_tracer;
struct inner_wait;
struct sem_undo;
struct session;
struct shm_attaching;
struct shm_uses;
struct worker;
struct arrival;
struct cred;
struct fs;
struct uts;

/* The program that an mm runs, as the guest knows it. Shared by count. */
struct exe {
	unsigned refs;
	char *guest; /* canonical guest name */
	char *host;  /* where it is, or was, on the host */
	dev_t dev;
	ino_t ino;
	char *mapped; /* what was opened to map it: `host`, or a copy of the session's */
	bool by_loader; /* the kernel's own link names our loader, or the copy */
	struct running *running; /* syscall/running.c: counted as a program not to be written to */
	bool kept_by_name; /* and its file is kept open by the name `host` */
};

enum { MM_MAX_LOANS = 16 };

/* A piece of guest memory that is ours: return stubs and slots (arch/area.h). */
struct area {
	uint64_t base;
	uint64_t slots_used; /* bit per slot */
	unsigned slots;	     /* 0: lost, the guest unmapped it */
	enum area_code code; /* what its stubs are good for */
	bool ready;	     /* its memory is as it should be */
};

/* Guest memory mapped by us for what no slot can hold; reused when its borrower is done. */
struct loan {
	uint64_t base;
	size_t size;
	pid_t borrower;
};

struct mm {
	unsigned refs;
	struct exe *exe; /* NULL until the first exec */
	struct area *areas; /* child of the mm; an area keeps its index */
	unsigned area_count;
	struct loan loans[MM_MAX_LOANS];
	unsigned loan_count;
	uint64_t image_base, image_end; /* our loader's mapping, hidden from maps; 0 if none */
	/* PR_GET_DUMPABLE, as the guest wants it; the kernel's own flag stays as it was. */
	unsigned char dumpable;
	struct agent_guest *agent; /* tracee/agent.h; child of the mm; NULL: it has none */
	struct exec_ids told; /* what its program found in its auxiliary vector */
	struct shm_uses *shm; /* ipc/shm.h: segments that it has had; child of the mm, or NULL */
};

/* What a process wrote to its /proc/<pid>/loginuid; shared with those born since, by count. */
struct loginuid {
	unsigned refs;
	int fd; /* syscall/loginuid.c */
	unsigned session;
};

struct process {
	pid_t pid;
	struct session *session;
	unsigned threads;
	bool no_new_privs; /* asked for by the guest itself */
	bool own_seccomp;  /* the guest has a filter of its own */
	bool place_seccomp; /* one that asks where a call comes from */
	unsigned domain;    /* Landlock's, of a sandbox: each pr exec has its own; 0: the first's */
	struct cred *then[WHO_MOMENTS]; /* tracee/who.h; children of the process */
	struct who_claim claim;
	struct loginuid *loginuid; /* NULL: never written */
	struct inner_tracer *tracing; /* the engine's: it has traced guests; child of the process */
	struct sem_undo *undos; /* ipc/sem.h: what its end takes back */
	unsigned exiting;	/* of its threads: see tracee->exiting */
	UT_hash_handle hh;
};

/* What the engine waits for from a thread. */
enum phase {
	PHASE_RUN,     /* runs guest code, or a call whose end does not matter */
	PHASE_CALL,    /* in a call whose exit stop is wanted: `call` is valid */
	PHASE_DETOUR,  /* in a call of ours, the guest's own is to be run again after it */
	PHASE_LISTEN,  /* in a group-stop */
};

/* What the detour under way is for, in PHASE_DETOUR. */
enum detour {
	DETOUR_MAP_AREA,
	DETOUR_UNLOCK_AREA,
	DETOUR_LEND,
	DETOUR_CALL, /* call.before */
};

/* A directory's offset was set back to 0, to list it from a place that only we know: listing.c. */
struct wound_back {
	int fd;
	uint64_t place; /* 0: none is */
};

/* A wait with an end to it that a signal has cut short: the same call goes on with what is left. */
struct cut_wait {
	uint64_t ip; /* 0: none was */
	uint64_t arg[6];
	uint64_t until_ns; /* CLOCK_MONOTONIC */
};

/* A call given to the kernel with changed registers, to come back through a stub. */
struct inflight {
	bool active;
	uint64_t stub_begin, stub_end; /* begin: the syscall instruction */
	uint64_t arg[6], ip;	       /* the guest's own */
	int nr;
};

struct tracee {
	pid_t tid;
	struct process *process;
	struct mm *mm;
	struct fs *fs;	 /* tracee/fs.h: where it stands */
	struct uts *uts; /* tracee/uts.h; NULL: the session has none */
	struct cred *cred; /* child of the tracee; NULL: the session has no identity */
	bool pdeathsig; /* with `cred`: it may have a parent death signal */
	enum phase phase;
	struct call call;
	struct inflight inflight;
	unsigned char entry_op; /* of PTRACE_GET_SYSCALL_INFO at the call's entry */
	enum detour detour;
	unsigned detour_area; /* DETOUR_UNLOCK_AREA: which */
	bool quiet; /* between detours: call.before_quiet */
	uint64_t quiet_mask; /* quiet: the guest's own signal mask */
	struct killing *killing; /* syscall/signals.c: a kill(2) at many; child of the tracee */
	int area, slot; /* our slot in mm; slot -1: none */
	bool born_changed; /* `call` is the parent's, changed registers of which are still ours */
	bool strict; /* in seccomp's strict mode, by a filter of ours: no call of it may stop */
	bool changes_names; /* the call in flight may: agent_names_change was called */
	struct wound_back wound_back;
	uint64_t clone_flags; /* of the clone3 in progress */
	unsigned loader_calls; /* calls the loader may still make untouched */
	struct exec_job *exec; /* planned exec, child of the tracee; NULL if none */
	const int *listener_fd; /* where it tells its filter's listener; NULL: it is taken */
	struct worker *worker; /* the engine's: who may serve it */
	struct worker *give_to; /* at birth: who shall */
	/* syscall/sysvipc.c */
	struct shm_attaching *attaching; /* a segment, step by step; child of the tracee */
	struct cut_wait cut_wait;
	bool tells_end; /* its end stops it: session->tell_end */
	bool exiting;	/* it has stopped there */
	struct arrival *arrival; /* parked on its way to another worker: what it gets back */
	/* where it runs (engine/ptrace/pin.c) */
	bool pinned;
	uint64_t last_stop_us;
	unsigned burst;
	cpu_set_t *affinity; /* the guest's own mask, known once pinned; child of the tracee */
	/* guests that trace guests (engine/ptrace/inner.h) */
	pid_t born_by; /* the thread that made it; 0: not known */
	pid_t traced_by; /* the process of the one that traces it; 0: none does */
	bool stands; /* in a stop that it is shown */
	struct inner *inner; /* it is traced by one; child of the tracee */
	struct inner_wait *waiting; /* in a wait for such; child of the tracee */
	bool begun; /* it has made its first stop */
	bool poked; /* interrupted by us, of which its tracer hears nothing */
	bool asks_elsewhere; /* in ptrace(2), which another worker serves */
	struct tracee *prev, *next; /* worker->pinned, or worker->inbox */
	UT_hash_handle hh;
};

struct tracee *tracee_find(struct session *s, pid_t tid);
struct process *process_find(struct session *s, pid_t pid);

/* A new thread of `process` (counted); child of the session. NULL on OOM. */
struct tracee *tracee_new(struct session *s, pid_t tid, struct process *process);
/* It begins with its parent's credentials. -ENOMEM, else 0. */
int tracee_inherit_cred(struct tracee *t, const struct tracee *parent);
/* The thread is gone: frees it, and its process and mm with the last of theirs. */
void tracee_free(struct tracee *t);
/* An exec renamed thread t to its leader's tid. The old leader must be gone. */
void tracee_rename(struct tracee *t, pid_t tid);

struct process *process_new(struct session *s, pid_t pid, const struct process *parent);
/* Takes the process's share in its old one away, and gives it one in `l` (or NULL). */
void process_set_loginuid(struct process *p, struct loginuid *l);

/* A fresh address space, none shared yet (refs 0). */
struct mm *mm_new(struct session *s);
/* What fork makes of it: the areas stay where they are, the slots are free. */
struct mm *mm_copy(struct session *s, const struct mm *from);
/* Puts the thread into an mm, leaving its old one. mm may be NULL. */
void tracee_set_mm(struct tracee *t, struct mm *mm);
void mm_set_exe(struct mm *mm, struct exe *exe);

/* Its index, or -ENOMEM. */
int mm_add_area(struct mm *mm, const struct area *a);

/*
 * The thread's own slot: taken on first need from an area with free slots and the right stubs.
 * Returns 0, or -ENOSPC where the mm needs a new area.
 */
int tracee_take_slot(struct tracee *t, enum area_code code);

/* Guest memory of at least `size` bytes for this thread, or 0 where some must be mapped first. */
uint64_t mm_lend(struct tracee *t, size_t size);
/* Some was: enters it, lent to the thread. -ENOMEM where there is no room to remember it. */
int mm_add_loan(struct tracee *t, uint64_t base, size_t size);

struct session *tracee_session(const struct tracee *t);
/* personality(2) of the thread. */
unsigned long tracee_personality(const struct tracee *t);

#endif
