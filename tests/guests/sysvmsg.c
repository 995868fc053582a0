// SPDX-License-Identifier: MIT
/*
 * ipc: own
 *
 * Message queues: what each call answers, in the kernel's order of errors; which message comes; who
 * waits and who wakes him.
 */
#include "guest.h"
#include <sys/ipc.h>
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

struct text {
	long type;
	char text[8200];
};

static int id;
static struct text m;

static int put(long type, const char *text, size_t size)
{
	memset(&m, 0, sizeof(m));
	m.type = type;
	snprintf(m.text, sizeof(m.text), "%s", text);
	return msgsnd(id, &m, size, IPC_NOWAIT);
}

/* Prints what comes. */
static void get(size_t room, long type, int flags)
{
	long r;

	memset(&m, 0x21, sizeof(m));
	r = msgrcv(id, &m, room, type, flags);
	if (r < 0)
		printf("get %zu %ld %x = %s\n", room, type, flags, err_name(errno));
	else
		printf("get %zu %ld %x = %ld: type %ld %.*s %c\n", room, type, flags, r, m.type,
		       (int)r, m.text, m.text[r]);
}

static void fill(void)
{
	put(3, "three", 6);
	put(1, "one", 4);
	put(2, "two", 4);
	put(1, "uno", 4);
	put(7, "", 0);
}

static void errors(void)
{
	SHOW(msgget(5, 0));
	SHOW(msgget(5, IPC_CREAT | 0600));
	SHOW(msgget(5, IPC_CREAT | IPC_EXCL | 0600));
	SHOW(msgget(5, 0));
	SHOW(msgget(IPC_PRIVATE, 0200));
	id = 1;
	SHOW(put(1, "x", 2));
	get(10, 0, IPC_NOWAIT);
	SHOW(msgctl(1, IPC_RMID, NULL));
	SHOW(msgctl(1, IPC_RMID, NULL));
	SHOW(put(1, "x", 2));
	get(10, 0, IPC_NOWAIT);
	id = 0;
	SHOW(put(0, "x", 2));
	SHOW(put(-1, "x", 2));
	SHOW(put(1, "x", 8193));
	SHOW(put(1, "x", -1));
	SHOW(msgsnd(-1, &m, 2, 0));
	SHOW(msgsnd(0, NULL, 2, 0));
	SHOW(msgsnd(-1, NULL, 2, 0));
	SHOW(msgrcv(-1, &m, 2, 0, IPC_NOWAIT));
	SHOW(msgrcv(0, &m, -1, 0, IPC_NOWAIT));
	SHOW(msgrcv(0, &m, 2, 0, IPC_NOWAIT));
	SHOW(msgrcv(0, &m, 2, 0, MSG_COPY));
	SHOW(msgrcv(0, &m, 2, 0, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT));
	SHOW(put(1, "x", 2));
	SHOW(msgrcv(0, NULL, 2, 0, IPC_NOWAIT));
	get(10, 0, IPC_NOWAIT);
	SHOW(msgctl(0, 99, NULL));
	SHOW(msgctl(-1, IPC_STAT, NULL));
	SHOW(msgctl(0, -1, NULL));
	SHOW(msgctl(0, IPC_STAT, NULL));
	SHOW(msgctl(0, IPC_SET, NULL));
	SHOW(msgctl(3, IPC_SET, NULL));
}

static void types(void)
{
	fill();
	get(100, 2, IPC_NOWAIT);
	get(100, 9, IPC_NOWAIT);
	get(100, -2, IPC_NOWAIT);
	get(100, 3, IPC_NOWAIT | MSG_EXCEPT);
	get(2, 3, IPC_NOWAIT);
	get(2, 3, IPC_NOWAIT | MSG_NOERROR);
	get(0, 0, IPC_NOWAIT);
	fill();
	get(100, 1, IPC_NOWAIT | MSG_COPY);
	get(100, 4, IPC_NOWAIT | MSG_COPY);
	get(100, 5, IPC_NOWAIT | MSG_COPY);
	get(2, 0, IPC_NOWAIT | MSG_COPY);
	get(100, LONG_MIN, IPC_NOWAIT);
	get(100, -9, IPC_NOWAIT);
	get(100, 0, 0);
	get(100, 0, 0);
	get(100, 0, 0);
	get(100, 0, IPC_NOWAIT);
}

static void stats(void)
{
	struct msqid_ds ds;
	struct msginfo info;
	int r;

	fill();
	memset(&ds, 0x55, sizeof(ds));
	SHOW(msgctl(id, IPC_STAT, &ds));
	printf("key %d mode %o bytes %lu count %lu most %lu spid %d rpid %d times %d %d\n",
	       ds.msg_perm.__key, ds.msg_perm.mode, (unsigned long)ds.__msg_cbytes,
	       (unsigned long)ds.msg_qnum, (unsigned long)ds.msg_qbytes, ds.msg_lspid == getpid(),
	       ds.msg_lrpid == getpid(), ds.msg_stime != 0, ds.msg_ctime != 0);
	ds.msg_qbytes = 20;
	ds.msg_perm.mode = 0640;
	SHOW(msgctl(id, IPC_SET, &ds));
	SHOW(put(1, "more", 3));
	SHOW(put(1, "more", 2));
	SHOW(put(1, "more", 0));
	ds.msg_qbytes = 16385;
	SHOW(msgctl(id, IPC_SET, &ds));
	SHOW(msgctl(id, MSG_STAT, &ds));
	SHOW(msgctl(id + 1, MSG_STAT, &ds));
	SHOW(msgctl(id, MSG_STAT_ANY, &ds));
	printf("mode %o most %lu\n", ds.msg_perm.mode, (unsigned long)ds.msg_qbytes);
	r = msgctl(0, MSG_INFO, (void *)&info);
	printf("info %d: %d %d %d\n", r, info.msgpool, info.msgmap, info.msgtql);
	r = msgctl(0, IPC_INFO, (void *)&info);
	printf("info %d: %d %d %d %d %d\n", r, info.msgmax, info.msgmnb, info.msgmni, info.msgssz,
	       info.msgseg);
	SHOW(msgctl(id, IPC_RMID, NULL));
}

/* ---- waiting ---- */

static int receiver(void *type)
{
	struct text t;
	long r = msgrcv(id, &t, 100, (long)type, 0);

	return r < 0 ? errno : t.text[0];
}

static int sender(void *arg)
{
	struct text t = { 4, "s" };

	(void)arg;
	return msgsnd(id, &t, 8000, 0) < 0 ? errno : 0;
}

static void handler(int sig)
{
	(void)sig;
}

static int interrupted(void *f)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &sa, NULL);
	return ((int (*)(void *))f)(NULL) == EINTR ? 1 : 2;
}

static void waits(void)
{
	pid_t a, b;

	id = msgget(IPC_PRIVATE, 0600);
	a = start(receiver, (void *)2);
	b = start(receiver, (void *)1);
	wait_state(a, "S");
	wait_state(b, "S");
	nap_ms(50);
	put(1, "B", 2);
	put(2, "A", 2);
	finish("type 2", a);
	finish("type 1", b);
	a = start(receiver, (void *)0);
	nap_ms(50);
	put(1, "too long", 101);
	finish("E2BIG", a);
	get(200, 0, 0);
	put(1, "1", 8000);
	put(1, "2", 8000);
	SHOW(put(1, "3", 8000));
	a = start(sender, NULL);
	wait_state(a, "S");
	nap_ms(50);
	get(2, 0, MSG_NOERROR);
	finish("sent", a);
	a = start(interrupted, sender);
	nap_ms(50);
	kill(a, SIGUSR1);
	finish("EINTR", a);
	a = start(sender, NULL);
	nap_ms(50);
	kill(a, SIGKILL);
	finish("killed", a);
	get(2, 0, MSG_NOERROR);
	get(2, 0, MSG_NOERROR);
	get(2, 0, MSG_NOERROR | IPC_NOWAIT);
	a = start(interrupted, receiver);
	nap_ms(50);
	kill(a, SIGUSR1);
	finish("EINTR", a);
	a = start(receiver, (void *)0);
	nap_ms(50);
	kill(a, SIGKILL);
	finish("killed", a);
	put(1, "kept", 5);
	get(10, 0, IPC_NOWAIT);
	a = start(receiver, (void *)0);
	nap_ms(50);
	SHOW(msgctl(id, IPC_RMID, NULL));
	finish("removed", a);
}

static int echo(void *arg)
{
	struct text t;

	(void)arg;
	for (int i = 0; i < 200; i++) {
		if (msgrcv(id, &t, 10, 1, 0) < 0)
			return 1;
		t.type = 2;
		if (msgsnd(id, &t, 10, 0) < 0)
			return 2;
	}
	return 0;
}

static void ping_pong(void)
{
	pid_t pid;
	int bad = 0;

	id = msgget(IPC_PRIVATE, 0600);
	pid = start(echo, NULL);
	for (int i = 0; i < 200; i++) {
		char text[10];

		snprintf(text, sizeof(text), "%d", i);
		put(1, text, 10);
		bad += msgrcv(id, &m, 10, 2, 0) != 10 || atoi(m.text) != i;
	}
	finish("echo", pid);
	printf("bad %d\n", bad);
	msgctl(id, IPC_RMID, NULL);
}

int main(void)
{
	errors();
	types();
	stats();
	waits();
	ping_pong();
	return 0;
}
