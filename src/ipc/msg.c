/* SPDX-License-Identifier: MIT */
/*
 * Message queues. A message goes to the first waiting receiver that takes it, else into the queue;
 * who makes room serves the senders that wait, in the order in which they came.
 */
#include "ipc/msg.h"

#include <errno.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <talloc.h>
#include <utlist.h>

#include "ipc/ipc_impl.h"

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

enum { READ = 0444, WRITE = 0222 };

/* convert_mode: which message msgrcv(2) wants. */
enum { BY_ANY, BY_TYPE, BY_OTHER_TYPE, BY_LEAST_TYPE, BY_INDEX };

static struct msg_queue *find(struct ipc *ipc, int id)
{
	return (struct msg_queue *)ipc_find(ipc, KIND_MSG, id);
}

/* ---- made ---- */

static int make(struct ipc *ipc, const struct ipc_who *who, int32_t key, uint64_t size, int flags)
{
	struct msg_queue *q = talloc_zero(ipc, struct msg_queue);
	int id;

	(void)size;
	if (!q)
		return -ENOMEM;
	q->ctime = time(NULL);
	q->bytes_max = IPC_MSGMNB;
	id = ipc_add(ipc, KIND_MSG, &q->o, who, key, flags);
	if (id < 0)
		talloc_free(q);
	return id;
}

int msg_get(struct ipc *ipc, const struct ipc_who *who, int32_t key, int flags)
{
	static const struct ipc_maker maker = { KIND_MSG, NULL, make };

	return ipc_get(ipc, &maker, who, key, 0, flags);
}

/* ---- messages ---- */

int msg_check(int id, int64_t type, int64_t size)
{
	return size > IPC_MSGMAX || size < 0 || id < 0 || type < 1 ? -EINVAL : 0;
}

static size_t memory_of(size_t size)
{
	return sizeof(struct message) + size;
}

struct message *msg_new(struct ipc *ipc, int64_t type, size_t size)
{
	struct message *m;

	if (ipc->message_memory + memory_of(size) > IPC_MESSAGE_BYTES)
		return NULL;
	m = talloc_size(ipc, memory_of(size));
	if (!m)
		return NULL;
	ipc->message_memory += memory_of(size);
	*m = (struct message){ .ipc = ipc, .type = type, .size = size };
	return m;
}

void msg_free(struct message *m)
{
	if (!m)
		return;
	m->ipc->message_memory -= memory_of(m->size);
	talloc_free(m);
}

static void put(struct msg_queue *q, struct message *m)
{
	DL_APPEND(q->messages, m);
	q->bytes += m->size;
	q->count++;
	m->ipc->messages++;
	m->ipc->message_bytes += (unsigned)m->size;
}

static void take(struct msg_queue *q, struct message *m)
{
	DL_DELETE(q->messages, m);
	q->bytes -= m->size;
	q->count--;
	m->ipc->messages--;
	m->ipc->message_bytes -= (unsigned)m->size;
}

static bool has_room(const struct msg_queue *q, size_t size)
{
	return size + q->bytes <= q->bytes_max && 1 + q->count <= q->bytes_max;
}

/* testmsg */
static bool is_wanted(const struct message *m, const struct ipc_waiter *w)
{
	switch (w->msg.mode) {
	case BY_TYPE:
		return m->type == w->msg.type;
	case BY_OTHER_TYPE:
		return m->type != w->msg.type;
	case BY_LEAST_TYPE:
		return m->type <= w->msg.type;
	default:
		return true;
	}
}

/* ---- sent ---- */

static void received(struct msg_queue *q, pid_t pid)
{
	q->rpid = pid;
	q->rtime = time(NULL);
}

/* pipelined_send: true where a waiting receiver has it now. */
static bool hand_over(struct msg_queue *q, struct message *m)
{
	struct ipc_waiter *w, *next;

	DL_FOREACH_SAFE(q->receivers, w, next)
	{
		if (!is_wanted(m, w))
			continue;
		if (!ipc_is_alive(w)) {
			ipc_stop_waiting(w);
			continue;
		}
		if (m->size > w->msg.room && !(w->msg.flags & MSG_NOERROR)) {
			ipc_wake(w, -E2BIG);
			continue;
		}
		received(q, w->who.pid);
		w->msg.message = m;
		ipc_wake(w, 0);
		return true;
	}
	return false;
}

static void deliver(struct msg_queue *q, struct message *m, pid_t pid)
{
	q->spid = pid;
	q->stime = time(NULL);
	if (!hand_over(q, m))
		put(q, m);
}

/* ss_wakeup */
static void serve_senders(struct msg_queue *q)
{
	struct ipc_waiter *w, *next;

	DL_FOREACH_SAFE(q->senders, w, next)
	{
		int r = ipc_permits(&w->who, &q->o, WRITE);

		if (r == 0 && !has_room(q, w->msg.message->size))
			continue;
		if (!ipc_is_alive(w)) {
			ipc_stop_waiting(w);
			continue;
		}
		if (r == 0) {
			deliver(q, w->msg.message, w->who.pid);
			w->msg.message = NULL;
		}
		ipc_wake(w, r);
	}
}

int msg_send(struct ipc *ipc, struct ipc_waiter *w, int id, struct message *m, int flags)
{
	struct msg_queue *q = find(ipc, id);
	int r = q ? ipc_permits(&w->who, &q->o, WRITE) : -EINVAL;

	if (r < 0)
		return r;
	w->ipc = ipc;
	w->msg.message = NULL;
	if (has_room(q, m->size)) {
		deliver(q, m, w->who.pid);
		return 0;
	}
	if (flags & IPC_NOWAIT)
		return -EAGAIN;
	w->msg.queue = q;
	w->msg.message = m;
	ipc_wait_in(&q->senders, w);
	return IPC_WAITS;
}

/* ---- received ---- */

static void set_mode(struct ipc_waiter *w, int64_t type, int flags)
{
	w->msg.type = type;
	if (flags & MSG_COPY)
		w->msg.mode = BY_INDEX;
	else if (type == 0)
		w->msg.mode = BY_ANY;
	else if (type < 0)
		w->msg.mode = BY_LEAST_TYPE;
	else
		w->msg.mode = flags & MSG_EXCEPT ? BY_OTHER_TYPE : BY_TYPE;
	if (w->msg.mode == BY_LEAST_TYPE)
		w->msg.type = type == INT64_MIN ? INT64_MAX : -type;
}

/* find_msg */
static struct message *choose(const struct msg_queue *q, const struct ipc_waiter *w)
{
	struct message *m, *best = NULL;
	int64_t n = 0;

	DL_FOREACH(q->messages, m)
	{
		if (w->msg.mode == BY_INDEX && n++ != w->msg.type)
			continue;
		if (!is_wanted(m, w) || (best && m->type >= best->type))
			continue;
		best = m;
		if (w->msg.mode != BY_LEAST_TYPE)
			break;
	}
	return best;
}

static int copy(struct ipc_waiter *w, const struct message *m)
{
	struct message *c = msg_new(w->ipc, m->type, m->size);

	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < m->size; i++)
		c->text[i] = m->text[i];
	w->msg.message = c;
	return 0;
}

/* What there is now: 0, -errno, or IPC_WAITS. */
static int receive(struct msg_queue *q, struct ipc_waiter *w)
{
	struct message *m;
	int r = ipc_permits(&w->who, &q->o, READ);

	if (r < 0)
		return r;
	m = choose(q, w);
	if (!m)
		return w->msg.flags & IPC_NOWAIT ? -ENOMSG : IPC_WAITS;
	if (w->msg.room < m->size && !(w->msg.flags & MSG_NOERROR))
		return -E2BIG;
	if (w->msg.mode == BY_INDEX)
		return copy(w, m);
	take(q, m);
	received(q, w->who.pid);
	w->msg.message = m;
	serve_senders(q);
	return 0;
}

int msg_receive(struct ipc *ipc, struct ipc_waiter *w, int id, int64_t room, int64_t type,
		int flags)
{
	struct msg_queue *q;
	int r;

	if (id < 0 || room < 0)
		return -EINVAL;
	if ((flags & MSG_COPY) && ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT)))
		return -EINVAL;
	q = find(ipc, id);
	if (!q)
		return -EINVAL;
	w->ipc = ipc;
	w->msg.queue = q;
	w->msg.message = NULL;
	w->msg.room = (size_t)room;
	w->msg.flags = flags;
	set_mode(w, type, flags);
	r = receive(q, w);
	if (r == IPC_WAITS)
		ipc_wait_in(&q->receivers, w);
	return r;
}

/* ---- asked and changed ---- */

struct msg_queue *msg_stat(struct ipc *ipc, const struct ipc_who *who, int id, bool by_index,
			   bool any, int *ret_error)
{
	struct ipc_object *o =
		by_index ? ipc_find_index(ipc, KIND_MSG, id) : ipc_find(ipc, KIND_MSG, id);

	*ret_error = !o ? -EINVAL : any ? 0 : ipc_permits(who, o, READ);
	return *ret_error < 0 ? NULL : (struct msg_queue *)o;
}

/* expunge(-EAGAIN): they look again, for they may not be allowed to any more. */
static void recheck_receivers(struct msg_queue *q)
{
	struct ipc_waiter *w, *next;

	DL_FOREACH_SAFE(q->receivers, w, next)
	if (ipc_permits(&w->who, &q->o, READ) < 0)
		ipc_wake(w, -EACCES);
}

int msg_set(struct msg_queue *q, const struct ipc_who *who, const struct ipc_rights *perm,
	    uint64_t bytes_max)
{
	int r;

	if (bytes_max > IPC_MSGMNB && !who->resource)
		return -EPERM;
	r = ipc_set_perm(&q->o, perm->uid, perm->gid, perm->mode);
	if (r < 0)
		return r;
	q->bytes_max = bytes_max;
	q->ctime = time(NULL);
	recheck_receivers(q);
	serve_senders(q);
	return 0;
}

void msg_remove(struct ipc *ipc, struct msg_queue *q)
{
	while (q->receivers)
		ipc_wake(q->receivers, -EIDRM);
	while (q->senders)
		ipc_wake(q->senders, -EIDRM);
	while (q->messages) {
		struct message *m = q->messages;

		take(q, m);
		msg_free(m);
	}
	ipc_remove(ipc, KIND_MSG, &q->o);
	talloc_free(q);
}

struct msg_totals msg_totals(const struct ipc *ipc)
{
	return (struct msg_totals){ ipc->messages, ipc->message_bytes };
}
