/* SPDX-License-Identifier: MIT */
/*
 * What the command line asks for, and the one call that does it. cli/ fills a session, an engine
 * runs it; neither knows the other's insides.
 */
#ifndef PR_ENGINE_ENGINE_H
#define PR_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "engine/attach.h"
#include "path/bindspec.h" /* struct bind_request */

enum debug_flags {
	DEBUG_NO_SECCOMP = 1 << 0,	/* stop at every call */
	DEBUG_NO_OPENAT2 = 1 << 1,	/* as on a kernel before 5.6 */
	DEBUG_NO_SYSCALL_INFO = 1 << 2, /* as on a kernel before 6.16: no PTRACE_SET_SYSCALL_INFO */
	DEBUG_NO_PIN = 1 << 3,		/* leave CPU affinity alone */
	DEBUG_NO_STUB = 1 << 4,		/* registers come back at exit stops, not by stubs */
	DEBUG_NO_PROCESS_VM = 1 << 5,	/* as where process_vm_readv is refused */
	DEBUG_MEM = 1 << 6,		/* report chunks left at the end */
	DEBUG_NO_LANDLOCK = 1 << 7,
	DEBUG_ONE_TRACER = 1 << 8,	/* one tracer thread, whatever the number of CPUs */
	DEBUG_NO_RANGES = 1 << 9,	/* as where nobody has subordinate ids */
};

/* Who the guest's first program is to be. */
enum identity_kind {
	IDENTITY_NONE, /* the caller, as the host knows it */
	IDENTITY_IDS,  /* uid and gid below */
	IDENTITY_USER, /* `user`: "name-or-uid[:group-or-gid]", looked up in the guest's files */
};

enum engine_name {
	ENGINE_AUTO, /* the fastest that works here and can give the options */
	ENGINE_USERNS,
	ENGINE_PTRACE,
};

/* Namespaces of the guest's own, besides those that an engine works by. */
enum own_namespace {
	OWN_PID = 1 << 0,
	OWN_UTS = 1 << 1,
	OWN_IPC = 1 << 2,
	OWN_NET = 1 << 3,
	OWN_CGROUP = 1 << 4,
	OWN_TIME = 1 << 5,
};

/* Which ids of the host the guest has under which number, where that is asked for. */
struct map_request {
	bool root;	   /* --map-root: our own are 0 */
	bool keep;	   /* --keep-id: our own are what they are */
	bool automatic;	   /* --map-auto: subordinate ids for the others */
	const char *users; /* "INNER:OUTER:COUNT,...", or NULL */
	const char *groups;
};

struct ports;	    /* tracee/ports.h */
struct kernel_spec; /* tracee/kernelspec.h */

struct session_config {
	enum engine_name engine;
	unsigned own; /* enum own_namespace */
	const char *hostname; /* of the guest's own, or NULL */
	bool pasta; /* with OWN_NET: pasta(1) or slirp4netns(1) connect it */
	bool init; /* a process of ours that reaps is the guest's first */
	struct map_request map;
	bool dry_run; /* print what would be done */
	const char *rootfs; /* as written */
	bool read_only;	    /* that; binds are what they say */
	const struct bind_request *binds;
	size_t bind_count;
	const char *cwd; /* guest name, or NULL: the caller's if the guest has it, else "/" */
	char *const *argv; /* NULL: the default shell, as a login shell's argv[0] "-sh" */
	char *const *envp; /* the guest's environment, complete */
	bool wait_leftovers; /* --no-kill-on-exit */
	bool sandbox;
	bool sysvipc; /* System V IPC of the session's own, by the ptrace engine */
	bool no_agent;
	bool strict; /* agents keep nothing */
	enum identity_kind identity;
	uint32_t uid, gid;  /* IDENTITY_IDS */
	const char *user;   /* IDENTITY_USER */
	const char *groups; /* "name-or-gid,..."; NULL: the user's own */
	const struct kernel_spec *kernel; /* -k, or NULL */
	struct ports *ports; /* -p and its like, or NULL; the session changes it */
	const char *emulator; /* -q: "PROGRAM [ARG]...", or "auto [ARG]..."; NULL: none */
	bool link2symlink; /* hard links are wanted, whatever the host's are */
	bool keep_home;	    /* HOME in envp stays, though there is a user */
	bool stats;	   /* print counts at the end */
	const char *trace; /* NULL: off; "": stderr; else a file */
	const char *name;  /* --name: what pr exec may call it, or NULL */
	bool unlisted;	   /* nobody is to find it */
	int held_fd;	 /* 0, or a lock of the caller's: held by all of the session to its end */
	int started_fd;	 /* 0, or a pipe (close-on-exec) that ends when the command runs or failed:
			    it runs if the last byte in it is STARTED_TRIES */
	unsigned debug;	   /* enum debug_flags */
};

enum { STARTED_TRIES = 1, STARTED_FAILED };

/*
 * Runs the session to its end. Returns the exit status for the caller's _exit: the main command's
 * own, 128+n after a signal, 126 or 127 where it could not be started, 125 for a failure of ours.
 * For 125..127 `fail` holds the line to print where it is not empty.
 */
int engine_run(const struct session_config *s, struct fail *fail);

/* "auto", or an engine's name. -1: there is none of that name. */
int engine_by_name(const char *name, enum engine_name *ret);

/* Prints the walk of one guest path, step by step, to stdout. Exit status as above. */
int engine_explain(const struct session_config *s, const char *path, struct fail *fail);

/*
 * Tries out what of this host's a session needs and could use, with config->rootfs and ->engine
 * alone, and prints it to stdout. 0: a guest can be run here; 1: not; 125 and `fail`: bad rootfs.
 */
int engine_doctor(const struct session_config *config, bool json, struct fail *fail);

/*
 * Runs one more command in a session that runs already: number or name. Of config argv, cwd (NULL:
 * the session's), identity (IDENTITY_NONE: the session's own) and groups count; `edits` (ends with
 * NULL) change the session's environment: "+NAME=VALUE" sets, "-GLOB" removes, "!" removes all.
 * Returns as engine_run.
 */
int engine_exec(const struct session_config *config, const char *session, const char *const *edits,
		struct fail *fail);

/* What a login of config->user would set: by the guest's own files, as they are on the host. */
struct engine_login {
	const char *name;  /* NULL: nobody is called so */
	const char *home;  /* "/" where the guest lacks the directory */
	const char *shell; /* NULL: the default one */
};

/* Of config rootfs, binds and user count. Strings are children of ctx. 0, or -1 and why. */
int engine_login(void *ctx, const struct session_config *config, struct engine_login *ret,
		 struct fail *fail);

/* Prints this user's running sessions to stdout. 0, or 125 and why. */
enum ps_form { PS_TABLE, PS_JSON, PS_NUMBERS };
int engine_ps(enum ps_form form, struct fail *fail);

/* May a session be called so? Else -1 and why not. */
int engine_check_name(const char *name, struct fail *fail);

enum convert_to { CONVERT_TO_NOTHING, CONVERT_TO_IDS, CONVERT_TO_RECORDS };

struct convert_request {
	const char *rootfs; /* as written */
	enum convert_to to;
	bool keep_records; /* what ids cannot hold stays recorded */
	bool dry_run;
};

/*
 * Changes how the owners of a tree are kept. 0: they are kept so now; 1: they cannot be, and
 * nothing was changed; 125 and `fail`: anything else.
 */
int engine_convert(const struct convert_request *request, struct fail *fail);

/* Prints the filter of every ABI as text to stdout. */
int engine_dump_filter(const struct session_config *s, struct fail *fail);

#endif
