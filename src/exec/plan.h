/* SPDX-License-Identifier: MIT */
/*
 * From a name given to execve to everything that the tracer needs to carry it out: scripts
 * followed, headers checked, the errors and their order those of the kernel. Looks at files only
 * through exec_ops; knows no tracee.
 */
#ifndef PR_EXEC_PLAN_H
#define PR_EXEC_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/elf_machine.h"
#include "exec/file.h"
#include "exec/foreign.h"
#include "exec/ids.h"
#include "exec/loader/protocol.h"

enum exec_part { EXEC_INTERP, EXEC_PROGRAM };

extern const char exec_word_argv0[];

struct exec_ops {
	/*
	 * Opens a guest name for execution, as open_exec does: links followed, relative to the
	 * guest's cwd; -ENOENT, -EACCES (not a regular file, no x bit, noexec), -ETXTBSY, ...
	 * `name` is never "". On 0, *ret stays valid until `close`.
	 */
	int (*open)(void *ctx, const char *name, struct exec_file *ret);
	void (*close)(void *ctx, struct exec_file *f);
	/* Opens an emulator, of the host's; only where exec_host has one. Closed as the others. */
	int (*open_host)(void *ctx, const char *host, struct exec_file *ret);
	/*
	 * The guest's task is to open this file when the exec is over, or has no right to open it:
	 * may replace f->host by another name for the same bytes. 0 or -errno.
	 */
	int (*keep)(void *ctx, struct exec_file *f);
	/*
	 * Every file that is part of the new program, the program itself last: 0, or -errno where
	 * that forbids the exec (begin_new_exec asks this last).
	 */
	int (*look)(void *ctx, const struct exec_file *f, enum exec_part part);
	void *ctx;
};

/* What is the same for every exec of a session. */
struct exec_host {
	const char *loader[LOADER_KINDS]; /* absolute host paths; NULL: there is none */
	uint32_t plan_flags;		  /* enum plan_flags */
	/* Where the native loader always lies: calls of its code are not stopped. 0: anywhere */
	uint64_t window;
	const char *session; /* the file that agents share, host name; NULL: there are none */
	const char *counts;  /* the one in which they count; NULL: they do not */
	const struct emulators *emulators;  /* -q: for programs of other machines; or NULL */
	const struct exec_machine *machine; /* what programs are told of it; NULL: the truth */
	uint64_t random[64];		    /* fresh, of which so many are left */
	unsigned random_left;
	enum { COMM_UNASKED, COMM_OF_NUMBER, COMM_OF_FILE } comm_by_fd; /* exec_host_comm_of_file */
};

struct exec_request {
	const struct exec_file *program; /* already opened, for execveat; NULL: open `filename` */
	/* What the kernel calls the program: execve's argument, or "/dev/fd/N/path". Borrowed. */
	const char *filename;
	bool closes;	    /* filename goes away at exec: a descriptor with FD_CLOEXEC */
	bool comm_of_file;  /* comm is the program's own name, not filename's (see plan.c) */
	uint64_t random[2]; /* fresh, for address layout */
	const struct exec_host *host;
};

struct exec_plan {
	const char *program_guest;		/* the ELF file: /proc/self/exe */
	const char *program_host;		/* of the same, or of the emulator that runs it */
	const char *interp_guest, *interp_host; /* its ELF interpreter, or NULL */
	const char *program_name;		/* its own name on the host */
	uint64_t program_dev, program_ino, interp_dev, interp_ino;
	bool undumpable;      /* a file that may not be read is part of it */
	const char *filename; /* AT_EXECFN */
	const char *comm;
	/*
	 * What the kernel must be told to execute: the program itself or a loader, made at least
	 * as long as `filename` by leading slashes, so that that fits into its place on the stack.
	 */
	const char *kernel_path;
	/*
	 * Take the place of argv[0] (and make one where there is none); 0: argv stays. A word that
	 * is exec_word_argv0 itself is the guest's own argv[0].
	 */
	const char **words;
	size_t word_count;
	/* The program is another machine's, and this runs it: behind so many words belongs what it
	   is told of the environment. NULL: it runs by itself. */
	const struct emulator *emulator;
	size_t environment_at;
	const struct elf_machine *machine;
	bool guarded; /* PLAN_GUARDED, where the host has it */
	/* NULL: the kernel loads the program itself. */
	struct loader_plan *loader_plan;
	size_t loader_plan_size; /* bytes to write */
	unsigned loader_opens;	 /* openat calls of the loader that the filter stops */
	unsigned loader_set_mm;	 /* prctl(PR_SET_MM) calls after them, likewise */
};

/* 0 and *ret, a child of ctx; or what execve returns. */
int exec_plan_build(void *ctx, const struct exec_ops *ops, const struct exec_request *request,
		    struct exec_plan **ret);

/*
 * `path` made at least as long as `as` by leading slashes: *ret, a child of ctx. 0, or
 * -ENAMETOOLONG, -ENOMEM.
 */
int exec_path_lengthen(void *ctx, const char *path, const char *as, const char **ret);

/* Asks the kernel, once, what plan_flags must say. */
void exec_host_probe(struct exec_host *host);

/* Is what is run by a descriptor alone called by its file's name? Asked when it is needed. */
bool exec_host_comm_of_file(struct exec_host *host);

#endif
