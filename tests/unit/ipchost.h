/* SPDX-License-Identifier: MIT */
/* An IPC namespace without a host: who is woken is counted, memory is nowhere. */
#ifndef TESTS_UNIT_IPCHOST_H
#define TESTS_UNIT_IPCHOST_H

#include <stdint.h>
#include <talloc.h>

#include "ipc/ipc.h"
#include "unit.h"

static unsigned woken, removed;
static unsigned long mapped;
static const struct ipc_waiter *dead;

static void host_wake(void *ctx, struct ipc_waiter *w)
{
	(void)ctx, (void)w;
	woken++;
}

static bool host_is_alive(void *ctx, const struct ipc_waiter *w)
{
	(void)ctx;
	return w != dead;
}

static int host_make(void *ctx, const struct shm *shm)
{
	(void)ctx, (void)shm;
	return 0;
}

static void host_remove(void *ctx, const struct shm *shm)
{
	(void)ctx, (void)shm;
	removed++;
}

static unsigned long host_count(void *ctx, const struct shm *shm)
{
	(void)ctx, (void)shm;
	return mapped;
}

static bool in_group(const void *cred, uint32_t gid)
{
	(void)cred;
	return gid == 100;
}

static inline struct ipc *new_ipc(void)
{
	const struct ipc_host host = { .wake = host_wake,
				       .is_alive = host_is_alive,
				       .make = host_make,
				       .remove = host_remove,
				       .count = host_count,
				       .pages = host_count,
				       .page_size = 4096 };
	struct ipc *ipc = ipc_new(NULL, &host);

	woken = removed = 0;
	mapped = 0;
	dead = NULL;
	ck_assert_ptr_nonnull(ipc);
	return ipc;
}

static inline struct ipc_who who(uint32_t uid)
{
	return (struct ipc_who){ .uid = uid, .gid = uid, .pid = (pid_t)uid, .in_group = in_group };
}

#endif
