/* SPDX-License-Identifier: MIT */
/*
 * Containers: a rootfs made from an image or an archive, what to run in it, and its runs, each of
 * which is an ordinary session of the engine's that has the container's name.
 *
 * Functions return 0 or -errno with `fail` set, if nothing else is said: -ENOENT, there is no such
 * container; -EEXIST, there is one already; -EBUSY, it runs.
 */
#ifndef PR_CONTAINER_CONTAINER_H
#define PR_CONTAINER_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/fail.h"
#include "engine/engine.h"
#include "image/digest.h"
#include "image/state.h"

struct progress;

/* What a command line says of a container; NULL, 0 and false: nothing. */
struct container_options {
	const char *entrypoint;	  /* "": none */
	char *const *words;	  /* in place of Cmd; ends with NULL */
	const char *const *edits; /* of the environment, as engine_exec takes them; never NULL */
	const char *const *binds; /* words as bindspec_parse takes them; ends with NULL, or NULL */
	const char *workdir, *user, *hostname;
	bool terminal, interactive, remove, read_only;
};

/* ---- making and removing --------------------------------------------------------------------- */

struct container_create {
	const char *source; /* an image, or a path: an archive, a directory; "-": standard input */
	const char *name;   /* NULL: one is found */
	struct container_options options;
	struct progress *progress;
};

/* *ret_name is a child of ctx. Nothing of it is visible before all of it is there. */
int container_create(void *ctx, struct state *s, const struct container_create *request,
		     const char **ret_name, struct fail *fail);

struct container_bootstrap {
	const char *suite;
	const char *mirror; /* NULL: debootstrap's own */
	enum engine_name engine;
};

/* Of packages, by the host's debootstrap, which prints to standard error. */
int container_bootstrap(void *ctx, struct state *s, const struct container_bootstrap *request,
			const char *name, struct fail *fail);

/* -ENOENT without a message: there is none of that name. */
int container_exists(struct state *s, const char *name);
/* `force`: one that runs is killed. */
int container_remove(struct state *s, const char *name, bool force, struct fail *fail);
int container_rename(struct state *s, const char *from, const char *to, struct fail *fail);

/* All of it, under another name. */
int container_clone(struct state *s, const char *from, const char *to, struct progress *progress,
		    struct fail *fail);
/* The rootfs is the image's again; settings stay. -EINVAL: it has no image. */
int container_reset(struct state *s, const char *name, struct progress *progress,
		    struct fail *fail);

/* ---- in and out of archives and images ------------------------------------------------------- */

/* All of it, as an archive that restores it, and that every tar reads as that of a rootfs. */
int container_backup(struct state *s, const char *name, int fd, struct progress *progress,
		     struct fail *fail);
/* `name` NULL: the one that it had. *ret_name is a child of ctx. -EBADMSG: no backup. */
int container_restore(void *ctx, struct state *s, int fd, const char *name,
		      struct progress *progress, const char **ret_name, struct fail *fail);

/*
 * Between the host's `host` and the container's `inside`, as cp -R: into what is a directory, else
 * as that name; of "DIR/." what is in it.
 */
enum container_copy_way { COPY_IN, COPY_OUT };
int container_copy(struct state *s, const char *name, const char *inside, const char *host,
		   enum container_copy_way way, struct fail *fail);

/* What has changed since it was made, a line for each: "A /new", "C /changed", "D /gone". */
int container_diff(struct state *s, const char *name, FILE *out, struct fail *fail);
/* That as a layer over its image, or all of it as one. `image` is a whole name, *ret the id. */
int container_commit(struct state *s, const char *name, const char *image,
		     struct progress *progress, struct digest *ret, struct fail *fail);
/* An image of the archive of a rootfs ("-": standard input), or of a directory. */
int container_import(void *ctx, struct state *s, const char *file, const char *name,
		     struct progress *progress, struct digest *ret, struct fail *fail);

/* ---- running --------------------------------------------------------------------------------- */

struct container_start {
	const char *name;
	const struct session_config *session; /* engine, trace and the like */
	/* For this run alone: */
	char *const *argv; /* in place of Entrypoint and Cmd; NULL: its own */
	bool shell;	   /* the guest's shell in place of them */
	const char *const *edits;
	const char *workdir, *user;
	bool read_only;
	bool terminal;	  /* the command's own, also if its creation said so */
	bool interactive; /* standard input is the command's, also if its creation said so */
	bool is_joined;	  /* as pr exec: nothing of that creation, but terminal and input of ours */
	bool detach; /* returns when the command runs */
	bool remove; /* removes it when it has ended, as --rm at its creation does */
};

/*
 * Takes the state over, and frees it: nothing but the session is open while it runs. Returns the
 * exit status as engine_run does, or 0 where it was detached.
 */
int container_start(struct state *s, const struct container_start *request, struct fail *fail);

/* `sig` 0: what the container wants to be stopped by; KILL after `seconds`. Not running: well. */
int container_stop(struct state *s, const char *name, int seconds, struct fail *fail);
/* `signal` by name or number. -ESRCH: it does not run. */
int container_kill(struct state *s, const char *name, const char *signal, struct fail *fail);
/* Until it has ended; *ret_exit is how. */
int container_wait(struct state *s, const char *name, int *ret_exit, struct fail *fail);
/*
 * Edits, children of ctx, of an environment by which the shell is a login of that user's (NULL: the
 * container's own), and where that begins.
 */
int container_login(void *ctx, struct state *s, const char *name, const char *user,
		    const char ***ret_edits, const char **ret_home, struct fail *fail);
bool container_is_running(struct state *s, const char *name);

/* An object of JSON: container.json, and "name", "state", "pid", "exit" and such. */
int container_inspect(struct state *s, const char *name, FILE *out, struct fail *fail);

/*
 * What detached runs have printed, of which the last CONTAINER_LOG_MAX bytes at least are kept, and
 * twice that at most. `tail`: so many lines of it, -1 all; `follow`: until it has ended.
 */
enum { CONTAINER_LOG_MAX = 10 << 20 };
int container_logs(struct state *s, const char *name, bool follow, long tail, FILE *out,
		   struct fail *fail);

#endif
