/* SPDX-License-Identifier: MIT */
/*
 * The structs of shmctl(2), semctl(2) and msgctl(2) as the ABIs lay them out. Pure. Every put
 * returns the struct's size; `buf` has SYSVABI_LARGEST bytes.
 */
#ifndef PR_SYSCALL_SYSVABI_H
#define PR_SYSCALL_SYSVABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/msg.h"
#include "ipc/sem.h"
#include "ipc/shm.h"

enum { SYSVABI_LARGEST = 128 };

struct sysvabi {
	unsigned word; /* bytes of a long: 8 or 4 */
	bool old;      /* with 4: ids of 16 bits; ipc(2) without IPC_64 */
};

size_t sysvabi_put_shm(const struct sysvabi *a, const struct shm *shm, unsigned long attached,
		       void *buf);
size_t sysvabi_put_sem(const struct sysvabi *a, const struct sem_set *set, void *buf);
size_t sysvabi_put_msg(const struct sysvabi *a, const struct msg_queue *q, void *buf);

/* IPC_INFO, and what SHM_INFO, SEM_INFO and MSG_INFO tell in its place (`used`). */
size_t sysvabi_put_shminfo(const struct sysvabi *a, void *buf);
size_t sysvabi_put_shm_info(const struct sysvabi *a, struct ipc *ipc, void *buf);
size_t sysvabi_put_seminfo(const struct ipc *ipc, bool used, void *buf);
size_t sysvabi_put_msginfo(const struct ipc *ipc, bool used, void *buf);

/* IPC_SET: how many bytes the guest's struct has; and what it says. */
size_t sysvabi_size(const struct sysvabi *a, enum ipc_kind kind);
void sysvabi_get(const struct sysvabi *a, const void *buf, struct ipc_rights *ret);
uint64_t sysvabi_get_bytes_max(const struct sysvabi *a, const void *buf);

#endif
