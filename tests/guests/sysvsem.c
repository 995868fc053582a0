// SPDX-License-Identifier: MIT
/*
 * ipc: own
 *
 * Semaphores: what each call answers, in the kernel's order of errors; who waits and who wakes him.
 */
#include "guest.h"
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/sem.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif

static int ctl(int id, int n, int cmd, long arg)
{
	union semun u = { .array = (unsigned short *)arg };

	if (cmd == SETVAL)
		u.val = (int)arg;
	return semctl(id, n, cmd, u);
}

static int op(int id, int n, int by, int flags)
{
	struct sembuf b = { (unsigned short)n, (short)by, (short)flags };

	return semop(id, &b, 1);
}

static int timed(int id, int n, int by, long ms)
{
	struct sembuf b = { (unsigned short)n, (short)by, 0 };
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	return semtimedop(id, &b, 1, &t);
}

static int set_of(int a, int b, int c)
{
	unsigned short v[3] = { (unsigned short)a, (unsigned short)b, (unsigned short)c };
	int id = semget(IPC_PRIVATE, 3, 0600);

	NEED(id >= 0);
	NEED(ctl(id, 0, SETALL, (long)v) == 0);
	return id;
}

static void show_values(int id)
{
	unsigned short v[3] = { 9, 9, 9 };
	int r = ctl(id, 0, GETALL, (long)v);

	printf("values %d: %d %d %d\n", r, v[0], v[1], v[2]);
}

static void get_sets(void)
{
	SHOW(semget(77, 2, 0600));
	SHOW(semget(77, 2, IPC_CREAT | 0600));
	SHOW(semget(77, 3, IPC_CREAT | 0600));
	SHOW(semget(77, 1, 0600));
	SHOW(semget(77, 0, 0));
	SHOW(semget(77, 2, IPC_CREAT | IPC_EXCL | 0600));
	SHOW(semget(77, -1, 0600));
	SHOW(semget(77, 32001, 0600));
	SHOW(semget(78, 0, IPC_CREAT | 0600));
	SHOW(semget(IPC_PRIVATE, 0, 0600));
	SHOW(semget(IPC_PRIVATE, 1, 0600));
	SHOW(ctl(1, 0, IPC_RMID, 0));
	SHOW(ctl(1, 0, IPC_RMID, 0));
	SHOW(semget(IPC_PRIVATE, 1, 0400));
	SHOW(op(2, 0, 1, 0));
	SHOW(op(2, 0, 0, 0));
	SHOW(ctl(2, 0, SETVAL, 1));
	SHOW(ctl(2, 0, GETVAL, 0));
	SHOW(ctl(2, 0, IPC_RMID, 0));
}

static void ids_go_round(void)
{
	int last = -1, id;

	for (int i = 0; i < 70; i++) {
		id = semget(IPC_PRIVATE, 1, 0600);
		ctl(id, 0, IPC_RMID, 0);
		if (id < last || i > 67)
			printf("id %d behind %d\n", id, last);
		last = id;
	}
	SHOW(op(last - 32768, 0, 1, 0));
}

static void errors(void)
{
	struct sembuf many[501] = { { 0 } }, far[2] = { { 0, 1, 0 }, { 3, 1, 0 } };
	struct timespec bad = { 0, -1 }, negative = { -1, 0 };
	struct sembuf one = { 0, 1, 0 };
	int id = set_of(0, 1, 2);

	SHOW(semop(-1, &one, 1) );
	SHOW(semop(id + 5, &one, 1) );
	SHOW(semop(id, &one, 0));
	SHOW(semop(id, many, 501));
	SHOW(semop(-1, many, 501));
	SHOW(semop(id, many, 500));
	SHOW(semop(id, NULL, 1));
	SHOW(semop(-1, NULL, 1));
	SHOW(semop(id, far, 2));
	SHOW(semtimedop(id, &one, 1, &bad));
	SHOW(semtimedop(id, &one, 1, &negative));
	SHOW(semtimedop(id, &one, 501, &bad));
	SHOW(semtimedop(id, &one, 1, (void *)8));
	SHOW(op(id, 0, -1, IPC_NOWAIT));
	SHOW(op(id, 1, 0, IPC_NOWAIT));
	SHOW(op(id, 2, 32766, 0));
	SHOW(op(id, 2, 32765, 0));
	SHOW(op(id, 2, 1, 0));
	SHOW(ctl(id, 0, SETVAL, 32768));
	SHOW(ctl(id, 0, SETVAL, -1));
	SHOW(ctl(id, 3, SETVAL, 1));
	SHOW(ctl(id, -1, SETVAL, 1));
	SHOW(ctl(id, 3, GETVAL, 0));
	SHOW(ctl(id, 0, GETALL, 0));
	SHOW(ctl(id, 0, SETALL, 0));
	SHOW(ctl(id, 0, IPC_STAT, 0));
	SHOW(ctl(id, 0, IPC_SET, 0));
	SHOW(ctl(-1, 0, IPC_SET, 0));
	SHOW(ctl(id, 0, 99, 0));
	SHOW(ctl(id, 0, -1, 0));
	SHOW(ctl(-1, 0, IPC_INFO, 0));
	SHOW(ctl(id + 1, 0, IPC_RMID, 0));
	show_values(id);
	SHOW(ctl(id, 0, IPC_RMID, 0));
}

static void atomic(void)
{
	struct sembuf b[3] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT }, { 2, 0, IPC_NOWAIT } };
	struct sembuf twice[2] = { { 0, -1, 0 }, { 0, 1, 0 } };
	struct sembuf undo[2] = { { 1, 5, SEM_UNDO }, { 2, -9, SEM_UNDO | IPC_NOWAIT } };
	int id = set_of(0, 1, 2);

	SHOW(semop(id, b, 3));
	show_values(id);
	ctl(id, 2, SETVAL, 0);
	SHOW(semop(id, b, 3));
	show_values(id);
	SHOW(semop(id, twice, 2));
	SHOW(semop(id, undo, 2));
	show_values(id);
	printf("pid is ours: %d\n", ctl(id, 0, GETPID, 0) == getpid());
	ctl(id, 0, IPC_RMID, 0);
}

static void stats(void)
{
	struct semid_ds ds;
	struct seminfo info;
	int id = set_of(1, 2, 3), r;

	memset(&ds, 0x55, sizeof(ds));
	SHOW(ctl(id, 0, IPC_STAT, (long)&ds));
	printf("key %d uid %d gid %d mode %o nsems %lu otime %d ctime %d\n", ds.sem_perm.__key,
	       ds.sem_perm.uid == getuid(), ds.sem_perm.cgid == getgid(), ds.sem_perm.mode,
	       (unsigned long)ds.sem_nsems, ds.sem_otime != 0, ds.sem_ctime - time(NULL) < 3);
	op(id, 0, 1, 0);
	ctl(id, 0, IPC_STAT, (long)&ds);
	printf("otime %d seq %d\n", ds.sem_otime - time(NULL) < 3 && ds.sem_otime, ds.sem_perm.__seq);
	ds.sem_perm.mode = 01444;
	SHOW(ctl(id, 0, IPC_SET, (long)&ds));
	ctl(id, 0, IPC_STAT, (long)&ds);
	printf("mode %o\n", ds.sem_perm.mode);
	ds.sem_perm.uid = -1;
	SHOW(ctl(id, 0, IPC_SET, (long)&ds));
	printf("index %d\n", (r = ctl(id & 32767, 0, SEM_STAT, (long)&ds)) == id);
	printf("index %d\n", ctl(id & 32767, 0, SEM_STAT_ANY, (long)&ds) == id);
	SHOW(ctl((id & 32767) + 1, 0, SEM_STAT, (long)&ds));
	r = ctl(0, 0, SEM_INFO, (long)&info);
	printf("highest %d sets %d sems %d\n", r >= 0, info.semusz, info.semaem);
	ctl(0, 0, IPC_INFO, (long)&info);
	printf("info %d %d %d %d\n", info.semmni, info.semmsl, info.semopm, info.semvmx);
	ctl(id, 0, IPC_RMID, 0);
}

/* ---- waiting ---- */

static int id;

static int take(void *n)
{
	return op(id, (int)(long)n, -1, 0) < 0 ? errno : 0;
}

static int for_zero(void *n)
{
	return op(id, (int)(long)n, 0, 0) < 0 ? errno : 0;
}

static bool wait_count(int n, int cmd, int want)
{
	for (int i = 0; i < 2000; i++, nap_ms(2))
		if (ctl(id, n, cmd, 0) == want)
			return true;
	return false;
}

static void waits(void)
{
	pid_t a, b;

	id = set_of(0, 1, 0);
	a = start(take, (void *)0);
	printf("one waits %d\n", wait_count(0, GETNCNT, 1));
	SHOW(ctl(id, 0, GETZCNT, 0));
	op(id, 0, 1, 0);
	finish("taken", a);
	a = start(for_zero, (void *)1);
	printf("one waits %d\n", wait_count(1, GETZCNT, 1));
	SHOW(ctl(id, 1, GETNCNT, 0));
	op(id, 1, -1, 0);
	finish("zero", a);
	a = start(take, (void *)0);
	wait_count(0, GETNCNT, 1);
	b = start(take, (void *)0);
	wait_count(0, GETNCNT, 2);
	op(id, 0, 1, 0);
	finish("first", a);
	SHOW(ctl(id, 0, GETNCNT, 0));
	kill(b, SIGKILL);
	finish("second", b);
	op(id, 0, 1, 0);
	show_values(id);
	SHOW(ctl(id, 0, GETNCNT, 0));
	a = start(take, (void *)2);
	wait_count(2, GETNCNT, 1);
	ctl(id, 2, SETVAL, 3);
	finish("by SETVAL", a);
	a = start(for_zero, (void *)2);
	wait_count(2, GETZCNT, 1);
	ctl(id, 0, IPC_RMID, 0);
	finish("removed", a);
	printf("EIDRM is %d\n", EIDRM);
}

static volatile int handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static int interrupted(void *flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = (int)(long)flags };

	sigaction(SIGUSR1, &sa, NULL);
	return op(id, 0, -1, 0) < 0 && errno == EINTR ? handled : 100;
}

static int timed_out(void *by)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	sigaction(SIGUSR1, &sa, NULL);
	return timed(id, 0, (int)(long)by, 300) < 0 ? errno : 0;
}

static void ends_of_waits(void)
{
	struct timespec a, b;
	long ms;
	pid_t pid;

	id = set_of(0, 0, 0);
	pid = start(interrupted, (void *)0);
	wait_count(0, GETNCNT, 1);
	kill(pid, SIGUSR1);
	finish("EINTR", pid);
	pid = start(interrupted, (void *)SA_RESTART);
	wait_count(0, GETNCNT, 1);
	kill(pid, SIGUSR1);
	finish("EINTR, with SA_RESTART", pid);
	SHOW(ctl(id, 0, GETNCNT, 0));
	clock_gettime(CLOCK_MONOTONIC, &a);
	pid = start(timed_out, (void *)-1);
	wait_count(0, GETNCNT, 1);
	for (int i = 0; i < 20; i++, nap_ms(10))
		kill(pid, SIGUSR1);
	finish("EAGAIN", pid);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	printf("EAGAIN is %d, in time %d\n", EAGAIN, ms >= 290 && ms < 2000);
	SHOW(timed(id, 0, -1, 0));
	SHOW(timed(id, 0, 1, 0));
	SHOW(ctl(id, 0, IPC_RMID, 0));
}

/* ---- undone ---- */

static int undoes(void *sig)
{
	op(id, 0, 5, SEM_UNDO);
	op(id, 1, -3, SEM_UNDO);
	op(id, 2, 1, 0);
	if (sig)
		raise((int)(long)sig);
	return 0;
}

static void *undo_thread(void *arg)
{
	undoes(NULL);
	return arg;
}

static int undoes_in_thread(void *arg)
{
	pthread_t t;

	(void)arg;
	pthread_create(&t, NULL, undo_thread, NULL);
	pthread_join(t, NULL);
	show_values(id);
	return 0;
}

static int closes_then_sleeps(void *fd)
{
	op(id, 0, 5, SEM_UNDO);
	close(((int *)fd)[0]);
	raise(SIGKILL);
	return 0;
}

static void undos(void)
{
	int fd[2];
	char c;

	id = set_of(0, 10, 0);
	finish("undone", start(undoes, NULL));
	show_values(id);
	finish("undone", start(undoes, (void *)SIGKILL));
	show_values(id);
	finish("by a thread", start(undoes_in_thread, NULL));
	show_values(id);
	/* undone before the descriptors are closed */
	for (int i = 0; i < 20; i++) {
		NEED(pipe(fd) == 0);
		pid_t pid = start(closes_then_sleeps, fd);
		close(fd[1]);
		if (read(fd[0], &c, 1) != 0 || ctl(id, 0, GETVAL, 0) != 0)
			printf("not undone yet\n");
		close(fd[0]);
		waitpid(pid, NULL, 0);
	}
	op(id, 0, 3, SEM_UNDO);
	SHOW(op(id, 0, 32767, SEM_UNDO));
	SHOW(ctl(id, 0, SETVAL, 0));
	finish("", start(undoes, NULL));
	show_values(id);
	ctl(id, 0, IPC_RMID, 0);
}

/* ---- many ---- */

static int hammer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) {
		struct sembuf in[2] = { { 0, -1, SEM_UNDO }, { 1, 1, 0 } };
		struct sembuf out[2] = { { 1, -1, 0 }, { 0, 1, SEM_UNDO } };

		if (semop(id, in, 2) < 0)
			return 1;
		if (ctl(id, 1, GETVAL, 0) != 1)
			return 2;
		if (semop(id, out, 2) < 0)
			return 3;
	}
	return 0;
}

static void contention(void)
{
	pid_t pids[16];
	int bad = 0, status;

	id = set_of(1, 0, 0);
	for (int i = 0; i < 16; i++)
		pids[i] = start(hammer, NULL);
	kill(pids[7], SIGKILL);
	for (int i = 0; i < 16; i++) {
		waitpid(pids[i], &status, 0);
		bad += i != 7 && status != 0;
	}
	printf("contention: %d bad, left %d\n", bad, ctl(id, 0, GETVAL, 0));
	ctl(id, 0, IPC_RMID, 0);
}

int main(void)
{
	get_sets();
	ids_go_round();
	errors();
	atomic();
	stats();
	waits();
	ends_of_waits();
	undos();
	contention();
	return 0;
}
