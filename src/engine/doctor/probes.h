/* SPDX-License-Identifier: MIT */
/* Everything that is tried, one row each (probes.c), and the functions that try it. */
#ifndef PR_ENGINE_DOCTOR_PROBES_H
#define PR_ENGINE_DOCTOR_PROBES_H

struct trial;

/* Where to look for what stands behind a failure. */
enum area {
	AREA_PTRACE = 1 << 0,
	AREA_USERNS = 1 << 1, /* a user namespace, or its maps */
	AREA_RANGES = 1 << 2,
	AREA_SPACES = 1 << 3, /* another namespace */
	AREA_MOUNT = 1 << 4,
	AREA_PROC = 1 << 5,
	AREA_OVERLAY = 1 << 6,
	AREA_EXEC = 1 << 7,
	AREA_MEMFD = 1 << 8,
	AREA_XATTR = 1 << 9,
	AREA_LANDLOCK = 1 << 10,
	AREA_SET_MM = 1 << 11,
	AREA_URING = 1 << 12,
	AREA_PROCFS = 1 << 13,
	AREA_CALL = 1 << 14, /* a call of the kernel's and nothing more */
};

enum probe_id {
	PROBE_USERNS_ENGINE,
	PROBE_PTRACE_ENGINE,
	PROBE_PROCFS,
	PROBE_PTRACE,
	PROBE_SECCOMP,
	PROBE_SYSCALL_INFO,
	PROBE_SET_SYSCALL_INFO,
	PROBE_PROCESS_VM,
	PROBE_SESSION_DIR,
	PROBE_USER,
	PROBE_MAP,
	PROBE_RANGES,
	PROBE_MOUNT,
	PROBE_BIND,
	PROBE_READ_ONLY,
	PROBE_PIVOT,
	PROBE_PID,
	PROBE_PROC,
	PROBE_UTS,
	PROBE_IPC,
	PROBE_NET,
	PROBE_CGROUP,
	PROBE_TIME,
	PROBE_OVERLAY,
	PROBE_XATTR,
	PROBE_LANDLOCK,
	PROBE_OPENAT2,
	PROBE_EXECVE_CHECK,
	PROBE_SET_MM,
	PROBE_MEMFD,
	PROBE_MSEAL,
	PROBE_IO_URING,
	PROBE_COUNT,
};

/* probe->engines: which cannot do without it. */
enum { FOR_USERNS = 1, FOR_PTRACE = 2 };

struct probe {
	const char *name;    /* stable: scripts look for it */
	const char *without; /* what the user lacks where it fails */
	int (*run)(struct trial *t);
	unsigned long arg;   /* to run: an engine, or CLONE_NEW... */
	unsigned ops;	     /* to run: bits by enum op_kind, carried out in a namespace */
	unsigned areas;
	unsigned engines;
	enum probe_id needs; /* skipped where that failed; PROBE_COUNT: needs none */
	unsigned since;	     /* Linux 5.6 is 506; 0: any that we run on */
};

/* By enum probe_id. */
extern const struct probe probes[PROBE_COUNT];

/* try_engines.c */
int try_engine(struct trial *t);
/* try_trace.c */
int try_ptrace(struct trial *t);
int try_seccomp(struct trial *t);
int try_syscall_info(struct trial *t);
int try_set_syscall_info(struct trial *t);
int try_process_vm(struct trial *t);
/* try_spaces.c */
int try_spaces(struct trial *t);
int try_ranges(struct trial *t);
int try_overlay(struct trial *t);
/* try_calls.c */
int try_landlock(struct trial *t);
int try_openat2(struct trial *t);
int try_execve_check(struct trial *t);
int try_set_mm(struct trial *t);
int try_mseal(struct trial *t);
int try_io_uring(struct trial *t);
/* try_files.c */
int try_procfs(struct trial *t);
int try_session_dir(struct trial *t);
int try_memfd(struct trial *t);
int try_xattr(struct trial *t);

#endif
