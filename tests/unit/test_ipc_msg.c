// SPDX-License-Identifier: MIT
/* Message queues: which message comes, and to whom. */
#include "ipc/msg.h"

#include <errno.h>
#include <linux/ipc.h>
#include <linux/msg.h>

#include "ipchost.h"

static struct ipc *ipc;
static int id;

static void setup(void)
{
	struct ipc_who me = who(1);

	ipc = new_ipc();
	id = msg_get(ipc, &me, 0, 0600);
}

static int send_to(struct ipc_waiter *w, int64_t type, size_t size, int flags)
{
	struct message *m = msg_new(ipc, type, size);
	int r;

	if (!m)
		return -ENOMEM;
	w->who = who(1);
	r = msg_send(ipc, w, id, m, flags);
	if (r < 0)
		msg_free(m);
	return r;
}

static int receive(struct ipc_waiter *w, int64_t type, int64_t room, int flags)
{
	w->who = who(1);
	return msg_receive(ipc, w, id, room, type, flags);
}

static const struct {
	int64_t type;
	int flags, want; /* the type that comes, or -errno */
} rows[] = {
	{ 0, 0, 3 },		 { 2, 0, 2 },
	{ -2, 0, 1 },		 { INT64_MIN, 0, 1 },
	{ 3, MSG_EXCEPT, 1 },	 { 9, IPC_NOWAIT, -ENOMSG },
	{ 1, MSG_COPY | IPC_NOWAIT, 1 },
	{ 4, MSG_COPY | IPC_NOWAIT, -ENOMSG },
	{ 1, MSG_COPY, -EINVAL },
};

START_TEST(by_type)
{
	struct ipc_waiter w = { 0 };
	int r;

	setup();
	for (int i = 0; i < 3; i++)
		send_to(&w, (int[]){ 3, 1, 2 }[i], 4, 0);
	r = receive(&w, rows[_i].type, 10, rows[_i].flags);
	ck_assert_int_eq(r < 0 ? r : (int)w.msg.message->type, rows[_i].want);
	talloc_free(ipc);
}
END_TEST

START_TEST(receivers_and_senders_wait)
{
	struct ipc_waiter a = { 0 }, b = { 0 }, now = { 0 }, s = { 0 };

	setup();
	ck_assert_int_eq(receive(&a, 2, 3, 0), IPC_WAITS);
	ck_assert_int_eq(receive(&b, 0, 10, 0), IPC_WAITS);
	ck_assert_int_eq(send_to(&now, 2, 4, 0), 0);
	ck_assert(a.done && a.result == -E2BIG);
	ck_assert(b.done && b.result == 0 && b.msg.message->size == 4);
	msg_free(b.msg.message);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(send_to(&now, 1, 8192, IPC_NOWAIT), 0);
	ck_assert_int_eq(send_to(&now, 1, 1, IPC_NOWAIT), -EAGAIN);
	ck_assert_int_eq(send_to(&s, 1, 1, 0), IPC_WAITS);
	ck_assert_int_eq(receive(&now, 0, 8192, 0), 0);
	ck_assert(s.done && s.result == 0 && !s.msg.message);
	talloc_free(ipc);
}
END_TEST

START_TEST(messages_are_bounded)
{
	struct ipc_waiter w = { 0 };
	size_t sent = 0;
	int r = 0;

	setup();
	while (r == 0) {
		struct ipc_who me = who(1);

		r = send_to(&w, 1, 8192, IPC_NOWAIT);
		sent += r == 0;
		if (r == -EAGAIN)
			r = (id = msg_get(ipc, &me, 0, 0600)) < 0 ? id : 0;
	}
	ck_assert_int_eq(r, -ENOMEM);
	ck_assert_uint_le(sent * 8192, IPC_MESSAGE_BYTES);
	talloc_free(ipc);
}
END_TEST

static Suite *ipc_msg_suite(void)
{
	Suite *s = suite_create("ipc_msg");

	unit_add_rows(s, "types", by_type, ROWS(rows));
	unit_add(s, "waiting", receivers_and_senders_wait);
	unit_add(s, "bounds", messages_are_bounded);
	return s;
}

UNIT_MAIN(ipc_msg_suite)
