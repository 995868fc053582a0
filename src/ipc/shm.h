/* SPDX-License-Identifier: MIT */
/* Segments of shared memory: ipc/shm.c of the kernel; shmop(2), shmctl(2). See ipc.h. */
#ifndef PR_IPC_SHM_H
#define PR_IPC_SHM_H

#include <time.h>

#include "ipc/ipc.h"

/* In o.perm.mode, as in shm_perm.mode: shmctl(2). */
#ifndef SHM_DEST
#define SHM_DEST   01000 /* to go with the last that detaches it */
#define SHM_LOCKED 02000
#endif

struct shm {
	struct ipc_object o;
	int32_t key;	 /* that it was made with: names it in maps */
	unsigned number; /* never another's in this session: names its memory */
	uint64_t size;
	time_t atime, dtime, ctime;
	pid_t cpid, lpid;
};

/* Which segments an address space has had attached; child of its owner. */
struct shm_uses {
	struct ipc *ipc;
	unsigned seen; /* the host's: which of its looks has been here */
	unsigned count;
	int ids[];
};

int shm_get(struct ipc *ipc, const struct ipc_who *who, int32_t key, uint64_t size, int flags);

/* What shmat(2) asks of the segment: it, or NULL and why. */
struct shm *shm_may_attach(struct ipc *ipc, const struct ipc_who *who, int id, int flags,
			   int *ret_error);
/* It is attached, by an address space with these uses (or NULL): what they are now. */
int shm_attached(struct ipc *ipc, struct shm *shm, pid_t pid, void *ctx, struct shm_uses **uses);
/* It was detached in one place; where that was the last and it was to go, it is gone. */
void shm_detached(struct ipc *ipc, int id, pid_t pid);
/* The address space is gone. NULL: nothing was attached. */
void shm_left(const struct shm_uses *uses, pid_t pid);
/* Of a new one that fork(2) made. NULL: none, or no memory. */
struct shm_uses *shm_uses_copy(void *ctx, const struct shm_uses *from);
bool shm_is_used(const struct shm_uses *uses, int id);

struct shm *shm_stat(struct ipc *ipc, const struct ipc_who *who, int id, bool by_index, bool any,
		     int *ret_error);
unsigned long shm_count(const struct ipc *ipc, const struct shm *shm); /* shm_nattch */
struct shm *shm_numbered(struct ipc *ipc, unsigned number);

/* SHM_LOCK and SHM_UNLOCK, under an RLIMIT_MEMLOCK of so much. */
int shm_lock(struct ipc *ipc, const struct ipc_who *who, int id, bool lock, uint64_t limit);
/* IPC_SET and IPC_RMID, of what ipc_control gave. */
int shm_set_perm(struct shm *shm, uint32_t uid, uint32_t gid, uint32_t mode);
void shm_remove(struct ipc *ipc, struct shm *shm);

/* SHM_INFO, in pages */
struct shm_totals {
	uint64_t pages, resident;
};
struct shm_totals shm_totals(struct ipc *ipc);

#endif
