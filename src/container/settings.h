/* SPDX-License-Identifier: MIT */
/*
 * What a container is run with, and the rules by which docker puts that together from an image and
 * the words of a command line. Pure, but for reading and writing JSON text.
 */
#ifndef PR_CONTAINER_SETTINGS_H
#define PR_CONTAINER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

/* container.json. Lists end with NULL, are never NULL; strings are NULL where nothing is said. */
struct settings {
	const char *image, *image_name; /* its id and its name; NULL: made from an archive */
	const char *created;	      /* RFC 3339 */
	const char **entrypoint, **cmd;
	const char **env;     /* "NAME=VALUE", whole */
	const char **volumes; /* directories that the image wants */
	const char **binds;   /* as bindspec_parse takes them, hosts' names absolute */
	const char *workdir, *user, *stop_signal, *hostname;
	bool terminal, interactive; /* -t, -i */
	bool remove;   /* --rm */
	bool read_only; /* the rootfs */
};

/* Of nothing but defaults: a child of ctx; NULL: no memory. */
struct settings *settings_new(void *ctx);

/* As text, a child of ctx; NULL: no memory, or a word is no UTF-8, which JSON cannot hold. */
char *settings_write(void *ctx, const struct settings *s);
/* 0 or -EBADMSG (-ENOMEM) with `fail` set. */
int settings_read(void *ctx, const char *text, size_t len, struct settings **ret,
		  struct fail *fail);

/*
 * Entrypoint and Cmd of an image, and what a command line says of them: --entrypoint takes the
 * image's Cmd away with its Entrypoint, words take Cmd's place. NULLs: nothing was said.
 * `entrypoint` "" is none at all.
 */
int settings_command(struct settings *s, const char *entrypoint, char *const *words);

/* entrypoint and cmd as one list, a child of ctx. Empty: the guest's shell. NULL: no memory. */
char **settings_argv(void *ctx, const struct settings *s);

/*
 * `env` with edits made, in their order: "+NAME=VALUE" sets, in the place where it was, "-GLOB"
 * removes what has such a name, "!" all. A child of ctx, whose strings borrow; NULL: no memory.
 */
const char **settings_edit_env(void *ctx, const char *const *env, const char *const *edits);
/* The value of a variable, or NULL. */
const char *settings_variable(const char *const *env, const char *name);

/* A copy of a list with its strings, a child of ctx. NULL: no memory. */
const char **settings_list(void *ctx, const char *const *list);
/* One more at the end: *list is a child of ctx. 0 or -ENOMEM. */
int settings_add(void *ctx, const char ***list, const char *word);

/* "TERM", "SIGTERM", "15" -> 15; 0: there is no such signal. */
int settings_signal(const char *word);

#endif
