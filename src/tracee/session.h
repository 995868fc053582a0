/* SPDX-License-Identifier: MIT */
/*
 * A session: the guests that run in it, and what all of them share. Root of the ownership tree
 * (session > process > mm, tracee, fs > view). One tracer process, one session, no globals;
 * its threads take turns on it (engine/ptrace/worker.h).
 */
#ifndef PR_TRACEE_SESSION_H
#define PR_TRACEE_SESSION_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "ident/cred.h"
#include "ident/dac.h"
#include "path/canon.h"
#include "path/hostfs.h"
#include "path/view.h"

struct call;
struct tracee;
struct fs;
struct process;
struct exe;
struct execwalk;
struct exec_host;
struct exec_machine;
struct emulators;
struct worker;
struct transit;
struct newcomer;
struct filter_params;
struct ports;
struct store;
struct privatefs;
struct sysvipc;
struct uts;
struct stats;

enum { IDENTITY_NAMELESS = 4 };

/* The last directory that was asked about on the way of a walk: syscall/permit.c. */
struct searched {
	struct pathbuf name; /* of the host; "": none */
	int error;	     /* 0, or -EACCES */
};

/*
 * Who the guests are told they are: -0, -i, --user. Every guest then has virtual credentials
 * (tracee->cred), and files the owners that the store remembers.
 */
struct identity {
	uint32_t uid, gid;	   /* the first program's */
	uint32_t *groups;	   /* its supplementary ones; child of the identity */
	unsigned group_count;
	const char *home;	   /* --user: what HOME is to be, or NULL */
	struct store *store;	   /* ident/store.h */
	const char *rootfs;	   /* its host name, canonical */
	struct cred_limits limits; /* of this kernel */
	struct dac_sysctls sysctls; /* of this host */
	const struct cred *as; /* access(2): who is asked about; else NULL, the walker himself */
	struct searched searched;
	unsigned char suid_dumpable; /* fs.suid_dumpable: what mm->dumpable becomes */
	uint32_t host_uid, host_gid; /* our own ids on the host */
	dev_t proc_dev;		   /* of /proc */
	uint64_t nameless_dev[IDENTITY_NAMELESS]; /* syscall/nameless.c */
	struct nameless_owner *nameless;
	struct noted_file *noted; /* syscall/writes.c */
};

/* Kernel features, probed once with harmless calls; a --debug word can hide each. */
enum session_has {
	HAS_SECCOMP = 1 << 0,	      /* RET_TRACE works: PASS calls run unstopped */
	HAS_SET_SYSCALL_INFO = 1 << 1, /* PTRACE_SET_SYSCALL_INFO, Linux 6.16 */
	HAS_PROCESS_VM = 1 << 2,      /* process_vm_readv/writev */
	HAS_STUB = 1 << 3,	      /* registers come back through the return stub */
	HAS_EXECVE_CHECK = 1 << 4,    /* AT_EXECVE_CHECK, Linux 6.14 */
};

/* In session->dir: a link to itself, on which the kernel finds ELOOP. */
#define SESSION_LOOP "loop"
/* The same: what guests mount that is nobody else's, a directory each. */
#define SESSION_PRIVATE "fs"

/* What the call in flight is to find in its slot, gathered on our side first. */
enum { STAGE_BYTES = 2 * PATH_LIMIT, STAGE_REFS = 8, STAGE_POINTERS = 64 };

struct stage {
	size_t len;
	unsigned count;
	struct {
		unsigned arg;	/* this argument is to point */
		size_t offset; /* here */
	} ref[STAGE_REFS];
	unsigned pointer_count;
	struct {
		size_t at; /* the pointer here, of the ABI's width, */
		size_t to; /* is to point here */
	} pointer[STAGE_POINTERS];
	char data[STAGE_BYTES];
};

enum { SESSION_TRACER_TIDS = 3 };

struct session {
	unsigned has;  /* enum session_has */
	bool sandbox;
	bool strict; /* agents keep nothing of what they find out */
	const char *agentless; /* why no calls are served in the guest (src/agent), or NULL */
	struct agent_host *agents; /* tracee/agent.h; NULL: there are none */
	bool pin; /* may move guests to the tracer's CPU for a while */
	struct fs *fs;	      /* where the first guest begins */
	struct view *view;    /* the walker's: see session_walk_as */
	struct canon walk;    /* the one walker; ctx is the session */
	struct ports *ports; /* tracee/ports.h; NULL: all are the host's */
	struct uts *uts; /* what the first guest sees; with an identity, or -k */
	const struct emulators *emulators;  /* -q: exec/foreign.h; NULL: none */
	const struct exec_machine *machine; /* -k: what programs are told of it, or NULL */
	struct identity *identity; /* NULL: the host's own ids and owners */
	struct hostfs hostfs; /* ctx of hostfs_ops */
	bool view_read_only;   /* some bind is :ro, in some guest's view */
	bool view_aliases;     /* view_has_aliases, of some guest's view */
	/* buffers of the entry stop in progress */
	struct pathname path, link_text;
	struct pathbuf base_guest, base_host, text, shown, told, above, own;
	struct stage stage;
	struct tracee *walker; /* on whose behalf it walks: what /proc/self means */
	struct execwalk *execwalk; /* syscall/execwalk.c; NULL: none yet */
	const struct exe *led_to; /* the walk ended at its file, not by name: syscall/exelink.h */
	const struct filter_params *filter; /* what the filter stops, for stops without it */
	const char *dir;      /* the session's private directory on the host */
	int dir_lock_fd;      /* open in the front and the tracer: the directory is in use */
	size_t page_size;
	pid_t tracer_pid, front_pid, main_pid;
	pid_t tracer_tids[SESSION_TRACER_TIDS]; /* the tracer's threads but its first; 0: unused */
	struct worker *workers; /* the tracer's threads */
	unsigned worker_count;
	struct transit *transit; /* guests on their way from worker to worker */
	struct newcomer *newcomers; /* shared memory: engine/ptrace/start.h; NULL: none may come */
	pthread_mutex_t lock; /* held while a stop is served: all below here is shared by them */
	atomic_bool over;   /* no guest is left */
	cpu_set_t cpus; /* the tracer's own mask */
	int (*guest_ptrace)(struct call *c); /* the engine's: ptrace(2) of a guest */
	uint64_t inner_order; /* of what guest tracers are told */
	void (*unpin)(struct tracee *t); /* the engine's: gives a guest its own mask back */
	struct parked *parked;	   /* hash by tid: first stops that nobody announced yet */
	struct tracee *tracees;	   /* hash by tid */
	struct process *processes; /* hash by pid */
	struct exec_host *exec_host; /* loaders and what else every exec must know */
	struct running *running;     /* hash; syscall/running.c */
	unsigned kept_programs;      /* of these, whose files are kept open */
	unsigned copied_programs;    /* running_copy */
	unsigned shown_programs;     /* and to which the guests' kernel may be led: running_show */
	struct openname *opennames;  /* hash; syscall/opennames.c */
	struct unixnames *unixnames; /* syscall/unixnames.h; made on first need */
	struct privatefs *privates; /* list; syscall/privatefs.h */
	struct sysvipc *sysvipc; /* syscall/sysvipc.h; NULL: System V IPC is the host's */
	void (*interrupt)(struct tracee *t); /* the engine's: ends a call that waits, soon */
	void (*tell_end)(struct tracee *t); /* the engine's, in a stop: it stops before it ends */
	struct sysv_object *sysv_objects; /* hash; syscall/sysvids.c */
	struct who_ring *ended;     /* tracee/who.h; only with an identity */
	int *listeners; /* of our filters: engine/ptrace/listener.c; child of the session */
	unsigned listener_count;
	const _Atomic(pid_t) *helpers; /* ours that serve pr exec: engine/ptrace/start.h */
	bool wait_leftovers;
	bool passcred; /* somebody wants credentials with his messages: syscall/scm.h */
	uint64_t kill_at_ms; /* when leftovers are killed; 0: not ending */
	unsigned serial; /* numbers files made in dir, and domains */
	FILE *trace;   /* --trace, or NULL */
	uint64_t stops;
	struct stats *stats; /* the engine's: --stats; NULL: nothing else is counted */
};

/* With an identity: is the host name one in the rootfs, or in what the session made beside it? */
bool session_has_file(const struct session *s, const char *host);

/* A process or thread of ours, which no guest may touch: the front, the tracer. */
bool session_is_ours(const struct session *s, pid_t tid);

#endif
