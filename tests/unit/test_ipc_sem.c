// SPDX-License-Identifier: MIT
/* Sets of semaphores, and the ids and permissions that all objects have. */
#include "ipc/sem.h"

#include <errno.h>
#include <linux/ipc.h>
#include <linux/sem.h>
#include <linux/shm.h>

#include "ipc/shm.h"
#include "ipchost.h"

static struct sem_undo *undos;

static int operate(struct ipc *ipc, struct ipc_waiter *w, int id, int number, int by, int flags)
{
	const struct sem_op op = { (uint16_t)number, (int16_t)by, (int16_t)flags };

	w->who = who(1);
	return sem_operate(ipc, w, id, &op, 1, &undos);
}

static struct ipc_waiter *new_waiter(struct ipc *ipc)
{
	struct ipc_waiter *w = talloc_zero(ipc, struct ipc_waiter);

	ck_assert_ptr_nonnull(w);
	return w;
}

START_TEST(ids_go_round)
{
	struct ipc *ipc = new_ipc();
	struct ipc_who me = who(1);
	int first = sem_get(ipc, &me, 0, 1, 0600), id = 0;
	struct ipc_object *o;

	ck_assert_int_eq(first, 0);
	for (int i = 0; i < 64; i++) {
		id = sem_get(ipc, &me, 0, 1, 0600);
		ck_assert_int_eq(ipc_control(ipc, KIND_SEM, &me, id, &o), 0);
		sem_remove(ipc, (struct sem_set *)o);
	}
	ck_assert_int_eq(id, (1 << 15) + 1);
	ck_assert_ptr_null(ipc_find(ipc, KIND_SEM, 1));
	ck_assert_ptr_nonnull(ipc_find(ipc, KIND_SEM, 0));
	talloc_free(ipc);
}
END_TEST

/* Which of several errors comes first. */
static const struct {
	int key, count, flags, want;
} get_rows[] = {
	{ 7, -1, 0, -EINVAL },
	{ 7, IPC_SEMMSL + 1, IPC_CREAT | IPC_EXCL, -EINVAL },
	{ 7, 9, IPC_CREAT | IPC_EXCL, -EEXIST },
	{ 7, 9, 0777, -EINVAL }, /* too large, before EACCES */
	{ 7, 2, 0777, -EACCES },
	{ 7, 2, 0440, 0 },	 /* by the group */
	{ 8, 0, 0, -ENOENT },
	{ 8, 0, IPC_CREAT, -EINVAL },
};

START_TEST(errors_of_get)
{
	struct ipc *ipc = new_ipc();
	struct ipc_who me = who(1), other = who(2);

	me.gid = 100;
	ck_assert_int_eq(sem_get(ipc, &me, 7, 2, IPC_CREAT | 0640), 0);
	ck_assert_int_eq(sem_get(ipc, &other, get_rows[_i].key, get_rows[_i].count,
				 get_rows[_i].flags),
			 get_rows[_i].want);
	talloc_free(ipc);
}
END_TEST

START_TEST(waiters_are_served_in_order)
{
	struct ipc *ipc = new_ipc();
	struct ipc_who me = who(1);
	struct ipc_waiter *a = new_waiter(ipc), *b = new_waiter(ipc), *c = new_waiter(ipc),
			  *z = new_waiter(ipc), *now = new_waiter(ipc);
	int id = sem_get(ipc, &me, 0, 2, 0600);

	ck_assert_int_eq(operate(ipc, a, id, 0, -2, 0), IPC_WAITS);
	ck_assert_int_eq(operate(ipc, b, id, 0, -1, 0), IPC_WAITS);
	ck_assert_int_eq(operate(ipc, c, id, 0, -1, 0), IPC_WAITS);
	ck_assert_int_eq(sem_ask(ipc, &me, id, 0, GETNCNT), 3);
	dead = b;
	ck_assert_int_eq(operate(ipc, now, id, 0, 1, 0), 0);
	ck_assert(!a->done && !b->done && c->done);
	ck_assert_int_eq(sem_ask(ipc, &me, id, 0, GETNCNT), 1);
	ck_assert_int_eq(operate(ipc, now, id, 0, 2, 0), 0);
	ck_assert(a->done && a->result == 0);
	ck_assert_int_eq(operate(ipc, now, id, 1, 1, 0), 0);
	ck_assert_int_eq(operate(ipc, z, id, 1, 0, 0), IPC_WAITS);
	ck_assert_int_eq(sem_ask(ipc, &me, id, 1, GETZCNT), 1);
	sem_remove(ipc, (struct sem_set *)ipc_find(ipc, KIND_SEM, id));
	ck_assert(z->done && z->result == -EIDRM);
	ck_assert_uint_eq(woken, 3);
	talloc_free(ipc);
}
END_TEST

START_TEST(all_or_none)
{
	const struct sem_op ops[] = { { 0, 4, SEM_UNDO }, { 1, -1, IPC_NOWAIT } };
	struct ipc *ipc = new_ipc();
	struct ipc_waiter w = { .who = who(1) };
	struct ipc_who me = who(1);
	int id = sem_get(ipc, &me, 0, 2, 0600);

	undos = NULL;
	ck_assert_int_eq(sem_operate(ipc, &w, id, ops, 2, &undos), -EAGAIN);
	ck_assert_int_eq(sem_ask(ipc, &me, id, 0, GETVAL), 0);
	ck_assert_int_eq(sem_set_value(ipc, &me, id, 1, 1), 0);
	ck_assert_int_eq(sem_operate(ipc, &w, id, ops, 2, &undos), 0);
	ck_assert_int_eq(sem_ask(ipc, &me, id, 0, GETVAL), 4);
	sem_end(ipc, &undos, 9);
	ck_assert_ptr_null(undos);
	ck_assert_int_eq(sem_ask(ipc, &me, id, 0, GETVAL), 0);
	ck_assert_int_eq(sem_ask(ipc, &me, id, 0, GETPID), 9);
	talloc_free(ipc);
}
END_TEST

START_TEST(sets_are_bounded)
{
	struct ipc *ipc = new_ipc();
	struct ipc_who me = who(1);
	int made = 0;

	while (sem_get(ipc, &me, 0, IPC_SEMMSL, 0600) >= 0)
		made++;
	ck_assert_int_eq(made, IPC_SEMMNS / IPC_SEMMSL);
	ck_assert_int_eq(sem_get(ipc, &me, 0, IPC_SEMMSL, 0600), -ENOSPC);
	talloc_free(ipc);
}
END_TEST

START_TEST(segments_go_with_the_last)
{
	struct ipc *ipc = new_ipc();
	struct ipc_who me = who(1);
	struct shm_uses *uses = NULL;
	int id = shm_get(ipc, &me, 5, 100, IPC_CREAT | 0600), error;
	struct shm *shm = shm_may_attach(ipc, &me, id, 0, &error);

	ck_assert_int_eq(shm_get(ipc, &me, 5, 101, 0), -EINVAL);
	ck_assert_int_eq(shm_attached(ipc, shm, 1, ipc, &uses), 0);
	mapped = 1;
	shm_remove(ipc, shm);
	ck_assert_uint_eq(removed, 0);
	ck_assert(shm->o.perm.mode & SHM_DEST);
	ck_assert_int_eq(shm_get(ipc, &me, 5, 1, 0), -ENOENT);
	mapped = 0;
	shm_left(uses, 1);
	ck_assert_uint_eq(removed, 1);
	ck_assert_ptr_null(ipc_find(ipc, KIND_SHM, id));
	talloc_free(ipc);
}
END_TEST

static Suite *ipc_sem_suite(void)
{
	Suite *s = suite_create("ipc_sem");

	unit_add(s, "ids", ids_go_round);
	unit_add_rows(s, "errors", errors_of_get, ROWS(get_rows));
	unit_add(s, "order", waiters_are_served_in_order);
	unit_add(s, "atomic", all_or_none);
	unit_add(s, "bounds", sets_are_bounded);
	unit_add(s, "segments", segments_go_with_the_last);
	return s;
}

UNIT_MAIN(ipc_sem_suite)
