/* SPDX-License-Identifier: MIT */
/* A session's environment, as pr exec wants it changed. */
#ifndef PR_ENGINE_SESSIONS_ENVIRON_H
#define PR_ENGINE_SESSIONS_ENVIRON_H

/* `base` with the edits of engine_exec, in their order; a child of ctx, or NULL. Strings borrow. */
char **environ_edit(void *ctx, char *const *base, const char *const *edits);

#endif
