/* SPDX-License-Identifier: MIT */
/*
 * --sandbox as far as the kernel enforces it: an allow-list of the rootfs, the binds and what
 * guests need of the session's directory (landlock(7)). The tracer stays outside of it, and so
 * cannot be traced, read or, where the kernel knows scopes, signalled from inside.
 */
#ifndef PR_ENGINE_PTRACE_LANDLOCK_H
#define PR_ENGINE_PTRACE_LANDLOCK_H

struct fail;
struct session;

/*
 * What the kernel can enforce; the oldest that renames across directories survive is
 * LANDLOCK_ABI_MIN.
 */
enum { LANDLOCK_ABI_MIN = 2 };

/* The kernel's Landlock ABI, or -errno: -ENOSYS (not built in), -EOPNOTSUPP (not switched on). */
int landlock_abi(void);

/*
 * The session's ruleset, as a descriptor that is closed on exec; the view must be complete. -1 and
 * *fail says what this kernel lacks or which rule it refused: never a weaker ruleset instead.
 */
int landlock_open(const struct session *s, struct fail *fail);

/*
 * The calling thread, and whatever it starts, is held to the ruleset for ever; takes ruleset_fd.
 * Sets no_new_privs. 0 or -errno.
 */
int landlock_enter(int ruleset_fd);

#endif
