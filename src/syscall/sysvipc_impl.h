/* SPDX-License-Identifier: MIT */
/* What the files of System V IPC share. */
#ifndef PR_SYSCALL_SYSVIPC_IMPL_H
#define PR_SYSCALL_SYSVIPC_IMPL_H

#include "ipc/ipc.h"
#include "syscall/sysvabi.h"
#include "syscall/table.h"

struct call;

struct sysvipc {
	struct session *session;
	struct ipc *ipc;
	uint64_t host_caps; /* effective, of all guests where there are no virtual ids */
	uint32_t host_uid, host_gid;
	unsigned looks; /* sysvipc_count: how often */
};

/* A call, whichever way it came: as the system call of its own, with that one's arguments. */
struct sysv_request {
	enum sc id;
	uint64_t arg[5];
	struct sysvabi abi;
	bool time32;	  /* struct timespec has 32-bit words */
	uint64_t told_at; /* not 0: ipc(2)'s shmat tells the address there */
	struct ipc_who who;
	struct ipc *ipc;
};

/* Handlers: the result, or -errno; or SYSV_GOES_ON where the call has another way to end. */
enum { SYSV_GOES_ON = -4095 };
int64_t sysvipc_attach(struct call *c, const struct sysv_request *q);
int64_t sysvipc_detach(struct call *c, const struct sysv_request *q);
int64_t sysvipc_control(struct call *c, const struct sysv_request *q);

/* Callbacks of struct ipc_host, ctx: struct sysvipc. */
int sysvipc_make_file(void *ctx, const struct shm *shm);
void sysvipc_remove_file(void *ctx, const struct shm *shm);
unsigned long sysvipc_count(void *ctx, const struct shm *shm);
unsigned long sysvipc_pages(void *ctx, const struct shm *shm);

#endif
