/* SPDX-License-Identifier: MIT */
/* What the files of this room share. */
#ifndef PR_IPC_IPC_IMPL_H
#define PR_IPC_IPC_IMPL_H

#include "ipc/ipc.h"

/* The objects of a kind, by index. */
struct ipc_table {
	struct ipc_object **at; /* child of the ipc */
	unsigned size, in_use, limit;
	unsigned next; /* where the search for an index begins */
	int last;      /* the index given last, -1 at first */
	unsigned seq;
	struct ipc_object *by_key; /* hash */
};

struct ipc {
	struct ipc_host host;
	struct ipc_table tables[KINDS];
	uint64_t shm_pages;		  /* of all segments */
	unsigned shm_number;		  /* the last one's */
	unsigned sems;			  /* of all sets */
	unsigned messages, message_bytes; /* of all queues */
	size_t message_memory, undo_memory;
};

/* What a kind does in ipc_get. */
struct ipc_maker {
	enum ipc_kind kind;
	/* ipc_ops.more_checks: does the object there fit the size? 0 or -errno. */
	int (*fits)(const struct ipc_object *o, uint64_t size);
	/* A new one with ipc_add; its id or -errno. */
	int (*make)(struct ipc *ipc, const struct ipc_who *who, int32_t key, uint64_t size,
		    int flags);
};

/* ipcget: the id or -errno. */
int ipc_get(struct ipc *ipc, const struct ipc_maker *m, const struct ipc_who *who, int32_t key,
	    uint64_t size, int flags);
/* ipc_addid: enters o with these, owned by who; its id, or -ENOSPC or -ENOMEM. */
int ipc_add(struct ipc *ipc, enum ipc_kind kind, struct ipc_object *o, const struct ipc_who *who,
	    int32_t key, int flags);
/* Takes it out; the caller frees it. */
void ipc_remove(struct ipc *ipc, enum ipc_kind kind, struct ipc_object *o);
/* Its key is anybody's again. */
void ipc_take_key(struct ipc *ipc, enum ipc_kind kind, struct ipc_object *o);

void ipc_wait_in(struct ipc_waiter **queue, struct ipc_waiter *w);
/* Out of its queue, with this result. */
void ipc_wake(struct ipc_waiter *w, int64_t result);
bool ipc_is_alive(const struct ipc_waiter *w);

#endif
