/* SPDX-License-Identifier: MIT */
/*
 * System V IPC as a session's own: what an IPC namespace of the kernel's holds. Objects, keys, ids
 * and permissions are here, sets, queues and segments in sem.h, msg.h and shm.h: the rules of the
 * kernel's ipc/ (util.c, sem.c, msg.c, shm.c), in its order of checks.
 *
 * Pure: knows no tracee and makes no call of the system but for the time. What it needs of the
 * world its owner gives it (struct ipc_host). Functions return 0 or more, or -errno.
 */
#ifndef PR_IPC_IPC_H
#define PR_IPC_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uthash.h>

struct ipc;
struct ipc_waiter;
struct shm;

enum ipc_kind { KIND_SHM, KIND_SEM, KIND_MSG, KINDS };

/*
 * The kernel's defaults (ipc_namespaces(7), sem.h, msg.h, shm.h), but that SEMMNS bounds what all
 * sets together take; and so do the sums at the end, for which the kernel has memory cgroups.
 */
#define IPC_SHMMAX (UINT64_MAX - (UINT64_C(1) << 24))
#define IPC_SHMALL IPC_SHMMAX

enum {
	IPC_SHMMNI = 4096,
	IPC_SEMMSL = 32000,
	IPC_SEMMNI = 32000,
	IPC_SEMMNS = 1024000,
	IPC_SEMOPM = 500,
	IPC_SEMVMX = 32767,
	IPC_MSGMAX = 8192,
	IPC_MSGMNB = 16384,
	IPC_MSGMNI = 32000,
	IPC_MESSAGE_BYTES = 64 << 20, /* that all messages take */
	IPC_UNDO_BYTES = 16 << 20,    /* that all undo lists do */
};

/* Who calls. */
struct ipc_who {
	uint32_t uid, gid;		   /* effective */
	pid_t pid;			   /* the process's */
	bool owner, admin, resource, lock; /* CAP_IPC_OWNER, SYS_ADMIN, SYS_RESOURCE, IPC_LOCK */
	bool (*in_group)(const void *cred, uint32_t gid);
	const void *cred; /* for in_group */
};

struct ipc_rights {
	int32_t key;
	uint32_t uid, gid, cuid, cgid;
	uint32_t mode; /* of a segment: SHM_DEST and SHM_LOCKED, too */
	uint16_t seq;
};

/* What every set, queue and segment begins with. */
struct ipc_object {
	struct ipc_rights perm;
	unsigned index;
	int id;		   /* index and perm.seq */
	UT_hash_handle hh; /* by perm.key, where it is not IPC_PRIVATE */
};

struct ipc_host {
	void *ctx;
	/* A waiter has its result (waiter->done). It may be freed only after this returns. */
	void (*wake)(void *ctx, struct ipc_waiter *w);
	/* Could it still take one? Not where it was killed and we have not heard of it. */
	bool (*is_alive)(void *ctx, const struct ipc_waiter *w);
	/* The memory of a segment: made, of so many bytes (0 or -errno); removed. */
	int (*make)(void *ctx, const struct shm *shm);
	void (*remove)(void *ctx, const struct shm *shm);
	/* How many mappings of it there are, and pages in use. */
	unsigned long (*count)(void *ctx, const struct shm *shm);
	unsigned long (*pages)(void *ctx, const struct shm *shm);
	unsigned page_size;
};

/* An empty namespace, child of ctx; `host` is copied. NULL: no memory. */
struct ipc *ipc_new(void *ctx, const struct ipc_host *host);

/* ipc_obtain_object_check, and the same by the index alone: NULL where there is none. */
struct ipc_object *ipc_find(struct ipc *ipc, enum ipc_kind kind, int id);
struct ipc_object *ipc_find_index(struct ipc *ipc, enum ipc_kind kind, int id);
/* ipcperms: `flags` has the bits asked for, as in a mode, for whichever class. 0 or -EACCES. */
int ipc_permits(const struct ipc_who *who, const struct ipc_object *o, unsigned flags);
/* ipcctl_obtain_check: of IPC_SET and IPC_RMID. 0, -EINVAL or -EPERM. */
int ipc_control(struct ipc *ipc, enum ipc_kind kind, const struct ipc_who *who, int id,
		struct ipc_object **ret);
/* ipc_update_perm, of IPC_SET: 0 or -EINVAL. */
int ipc_set_perm(struct ipc_object *o, uint32_t uid, uint32_t gid, uint32_t mode);

/* What IPC_INFO and its kin tell: the highest index in use, or 0; how many there are. */
int ipc_highest(const struct ipc *ipc, enum ipc_kind kind);
unsigned ipc_in_use(const struct ipc *ipc, enum ipc_kind kind);

/*
 * A thread that waits, in a queue of an object until `done`. Made by who calls, zeroed; what is not
 * the caller's is the queue's. Taken out by ipc_stop_waiting, if it is not done yet.
 */
struct ipc_waiter {
	void *thread; /* the caller's */
	struct ipc *ipc;
	struct ipc_who who;
	struct ipc_waiter *prev, *next;
	struct ipc_waiter **queue; /* NULL: in none */
	bool done;
	int64_t result; /* done: 0 or -errno */
	union {
		struct {
			struct sem_set *set;
			struct sem_op *ops; /* child of the waiter */
			unsigned count;
			unsigned blocks; /* which of them it waits for */
			struct sem_undo *undo;
		} sem;
		struct {
			struct msg_queue *queue;
			struct message *message; /* to be sent; or, done, what came: the waiter's */
			int64_t type;
			int mode; /* enum of msg.c */
			size_t room;
			uint64_t at; /* the caller's: where it is wanted */
			int flags;
		} msg;
	};
};

enum { IPC_WAITS = 1 }; /* of calls that were given a waiter: it is in a queue now */

void ipc_stop_waiting(struct ipc_waiter *w);

#endif
