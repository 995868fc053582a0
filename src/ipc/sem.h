/* SPDX-License-Identifier: MIT */
/* Sets of semaphores: ipc/sem.c of the kernel; semop(2), semctl(2). See ipc.h. */
#ifndef PR_IPC_SEM_H
#define PR_IPC_SEM_H

#include <time.h>

#include "ipc/ipc.h"

struct sem {
	uint16_t value;
	pid_t pid; /* who changed it last */
};

struct sem_set {
	struct ipc_object o;
	time_t otime, ctime;
	unsigned count;
	struct ipc_waiter *for_zero, *to_alter; /* in the order in which they came */
	struct sem_undo *undos;			/* list by set_prev, set_next */
	struct sem sems[];
};

/* struct sembuf */
struct sem_op {
	uint16_t number;
	int16_t op;
	int16_t flags;
};

/* What a process has to take back of one set when it ends; child of the ipc. */
struct sem_undo {
	struct sem_set *set;
	struct sem_undo **owner; /* the process's list */
	struct sem_undo *prev, *next;
	struct sem_undo *set_prev, *set_next;
	int16_t adjust[];
};

int sem_get(struct ipc *ipc, const struct ipc_who *who, int32_t key, int count, int flags);

/*
 * semop(2): 0, -errno, or IPC_WAITS with a copy of ops in *w. `undos` is the list of the process,
 * empty (NULL) at first; it must stay where it is until sem_end.
 */
int sem_operate(struct ipc *ipc, struct ipc_waiter *w, int id, const struct sem_op *ops,
		unsigned count, struct sem_undo **undos);
/* The process ends. */
void sem_end(struct ipc *ipc, struct sem_undo **undos, pid_t pid);

/* IPC_STAT; by_index: SEM_STAT, SEM_STAT_ANY (any: nobody is refused). The set, or NULL and why. */
struct sem_set *sem_stat(struct ipc *ipc, const struct ipc_who *who, int id, bool by_index,
			 bool any, int *ret_error);
/* GETALL and SETALL: the set where who may (write: SETALL), or NULL and why; sem_set_all then. */
struct sem_set *sem_all(struct ipc *ipc, const struct ipc_who *who, int id, bool write,
			int *ret_error);
int sem_set_all(struct ipc *ipc, const struct ipc_who *who, struct sem_set *set,
		const uint16_t *values);
/* GETVAL, GETPID, GETNCNT, GETZCNT; and SETVAL. */
int sem_ask(struct ipc *ipc, const struct ipc_who *who, int id, int number, int cmd);
int sem_set_value(struct ipc *ipc, const struct ipc_who *who, int id, int number, int value);
/* IPC_SET and IPC_RMID, of what ipc_control gave. */
int sem_set_perm(struct sem_set *set, uint32_t uid, uint32_t gid, uint32_t mode);
void sem_remove(struct ipc *ipc, struct sem_set *set);

unsigned sem_total(const struct ipc *ipc); /* semaphores in all sets */

#endif
