/* SPDX-License-Identifier: MIT */
/*
 * The loaders of exec/blob.h as files that the kernel can run: written for a session, or the
 * user's own where the host runs no file that an application wrote (Android). Such a one lies
 * anywhere, so there is no agent with it.
 */
#ifndef PR_EXEC_LOADERFILE_H
#define PR_EXEC_LOADERFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/elf_machine.h"

struct fail;

/* Has this pr such a loader? */
bool loaderfile_is_built(enum loader_kind which);

/* Does $PR_LOADER, or PRoot's $PROOT_LOADER, name one? */
bool loaderfile_is_given(void);

/*
 * The file of the user's: child of ctx in *ret, or NULL where none is given. It must have the
 * bytes of this very program's loader. 0, or -1 with *fail set.
 */
int loaderfile_given(void *ctx, enum loader_kind which, const char **ret, struct fail *fail);

/* A new file of that name; `window`: where it is to lie in memory, or 0. 0 or -errno. */
int loaderfile_write(enum loader_kind which, const char *path, uint64_t window);

/* --write-loader: FILE, and FILE.32 where there is one for 32 bits. 0, or -1 with *fail set. */
int loaderfile_export(const char *path, struct fail *fail);

#endif
