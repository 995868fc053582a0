/* SPDX-License-Identifier: MIT */
/* Message queues: ipc/msg.c of the kernel; msgop(2), msgctl(2). See ipc.h. */
#ifndef PR_IPC_MSG_H
#define PR_IPC_MSG_H

#include <time.h>

#include "ipc/ipc.h"

struct message {
	struct ipc *ipc;
	struct message *prev, *next;
	int64_t type;
	size_t size;
	char text[];
};

struct msg_queue {
	struct ipc_object o;
	time_t stime, rtime, ctime;
	uint64_t bytes, count, bytes_max; /* of messages in it */
	pid_t spid, rpid;		  /* who sent last, and received */
	struct message *messages;
	struct ipc_waiter *receivers, *senders; /* in the order in which they came */
};

int msg_get(struct ipc *ipc, const struct ipc_who *who, int32_t key, int flags);

/* What msgsnd(2) asks before it reads the text; then a message to be filled. 0 or -errno. */
int msg_check(int id, int64_t type, int64_t size);
struct message *msg_new(struct ipc *ipc, int64_t type, size_t size);
void msg_free(struct message *m);

/*
 * msgsnd(2) and msgrcv(2) by w->who: 0, -errno, or IPC_WAITS. What is sent is then the queue's,
 * one that waits is the waiter's, else it stays the caller's; one that is received, at once or at
 * last, is left in w->msg.message (MSG_COPY: a copy), and is the waiter's.
 */
int msg_send(struct ipc *ipc, struct ipc_waiter *w, int id, struct message *m, int flags);
int msg_receive(struct ipc *ipc, struct ipc_waiter *w, int id, int64_t room, int64_t type,
		int flags);

struct msg_queue *msg_stat(struct ipc *ipc, const struct ipc_who *who, int id, bool by_index,
			   bool any, int *ret_error);
/* IPC_SET and IPC_RMID, of what ipc_control gave. */
int msg_set(struct msg_queue *q, const struct ipc_who *who, const struct ipc_rights *perm,
	    uint64_t bytes_max);
void msg_remove(struct ipc *ipc, struct msg_queue *q);

/* MSG_INFO */
struct msg_totals {
	unsigned messages, bytes;
};
struct msg_totals msg_totals(const struct ipc *ipc);

#endif
