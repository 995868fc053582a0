/* SPDX-License-Identifier: MIT */
/* Names below /proc: which process, and which of its files that speak of host names. proc(5). */
#ifndef PR_PATH_PROCNAME_H
#define PR_PATH_PROCNAME_H

#include "base/pathbuf.h"

enum proc_what {
	PROC_NOTHING,	  /* not under /proc, or of no concern */
	PROC_SELF,	  /* /proc/self: link to the reader's process */
	PROC_THREAD_SELF, /* /proc/thread-self */
	/* what uname(2) tells, in the order of its structure: /proc/sys/kernel/ostype to arch */
	PROC_OSTYPE,
	PROC_HOSTNAME,
	PROC_OSRELEASE,
	PROC_OSVERSION,
	PROC_ARCH,
	PROC_DOMAINNAME,
	PROC_VERSION, /* /proc/version: of the same */
	PROC_SYSV_SHM,	  /* /proc/sysvipc/shm */
	PROC_SYSV_SEM,
	PROC_SYSV_MSG,
	/* its limits, in /proc/sys/kernel */
	PROC_SHMMAX,
	PROC_SHMALL,
	PROC_SHMMNI,
	PROC_SEM,
	PROC_MSGMAX,
	PROC_MSGMNB,
	PROC_MSGMNI,
	PROC_DIR,	  /* /proc/<pid> or /proc/<pid>/task/<tid> itself */
	PROC_EXE,
	PROC_CWD,
	PROC_ROOT,
	PROC_FD,	/* /proc/<pid>/fd/<n> */
	PROC_MAP_FILES, /* /proc/<pid>/map_files/<range> */
	/* files whose text holds host names or shows the tracer, */
	PROC_MAPS,
	PROC_SMAPS,
	PROC_NUMA_MAPS,
	PROC_MOUNTS,
	PROC_MOUNTINFO,
	PROC_MOUNTSTATS,
	PROC_STATUS,
	PROC_STAT,
	PROC_AUXV,
	/* or tells ids */
	PROC_UID_MAP,
	PROC_GID_MAP,
	PROC_PROJID_MAP,
	PROC_SETGROUPS,
	PROC_LOGINUID,
	PROC_SESSIONID,
	PROC_OTHER, /* anything else inside /proc/<pid> */
};

enum { PROC_PID_SELF = 0, PROC_TID_SELF = -1 };

struct procname {
	enum proc_what what;
	int pid; /* 0 = PROC_PID_SELF: the process that looks */
	int tid; /* of .../task/<tid>/..., else 0; PROC_TID_SELF: the thread that looks */
	int fd;	 /* PROC_FD: the number */
	/* what follows the recognised name, "" or "/..."; borrowed from the input. PROC_OTHER:
	   behind the process's directory; PROC_NOTHING: all of it */
	const char *rest;
};

/*
 * Recognises a host name "/proc/...". The walk follows self and thread-self, so these stand in the
 * middle only below a bind of "/proc/self/...", which keeps its name: "/proc/self/fd/0" is PROC_FD
 * with PROC_PID_SELF, "/proc/thread-self/maps" is PROC_MAPS with PROC_TID_SELF besides.
 */
struct procname proc_parse(struct hpath p);

/*
 * proc(5): every link inside /proc/<pid> leads to an object, not to a name. If p is a link, what is
 * it? PROC_NOTHING: one like any other, also where p goes on behind such a link (we are elsewhere
 * then); PROC_OTHER: a magic one of no concern (ns/...).
 */
enum proc_what proc_magic(struct hpath p);

/*
 * How much of what such a link says is the " (deleted)" that d_path(9) puts behind the name of what
 * is gone, or 0. A name may itself end so.
 */
size_t proc_deleted_suffix(const char *text, size_t len);
/* Does it say `name`, of what is there or is gone? */
bool proc_says_name(const char *text, const char *name);

/* Is this the base name of a file of /proc/<pid> with a text of that kind? */
bool proc_is_text_name(const char *name);
/* Of one that says what uname(2) tells? */
bool proc_is_uts_name(const char *name);
/* Of a limit of System V IPC? */
bool proc_is_limit_name(const char *name);

#endif
