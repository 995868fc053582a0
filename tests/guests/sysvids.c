// SPDX-License-Identifier: MIT
/*
 * kind: identity
 *
 * Whose System V objects are: told by IPC_STAT, given away by IPC_SET, refused to who owns none.
 */
#include "guest.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

union semun {
	int val;
	struct semid_ds *buf;
};

/* The old way into the kernel, with structs of the new form; linux/ipc.h */
static bool by_ipc;

static int ipc_ctl(int kind, int id, int cmd, void *buf)
{
#ifdef __i386__
	static const int calls[] = { 24, 3, 14 }; /* SHMCTL, SEMCTL, MSGCTL */
	void *pointer = buf;

	cmd |= 0x100; /* IPC_64 */
	if (kind == 1)
		return (int)syscall(SYS_ipc, calls[1], id, 0, cmd, &pointer, 0);
	return (int)syscall(SYS_ipc, calls[kind], id, cmd, 0, buf, 0);
#else
	return (int)syscall(kind == 0 ? SYS_shmctl : kind == 1 ? SYS_semctl : SYS_msgctl, id,
			    kind == 1 ? 0 : cmd, kind == 1 ? (long)cmd : (long)buf, buf);
#endif
}

static int ctl(int kind, int id, int cmd, struct ipc_perm *perm)
{
	union {
		struct ipc_perm perm;
		struct shmid_ds shm;
		struct semid_ds sem;
		struct msqid_ds msg;
	} u;
	union semun arg = { .buf = &u.sem };
	int r;

	memset(&u, 0, sizeof(u));
	if (perm)
		u.perm = *perm;
	u.msg.msg_qbytes = 512;
	if (by_ipc)
		r = ipc_ctl(kind, id, cmd, &u);
	else
		r = kind == 0 ? shmctl(id, cmd, &u.shm) :
		    kind == 1 ? semctl(id, 0, cmd, arg) :
				msgctl(id, cmd, &u.msg);
	if (perm)
		*perm = u.perm;
	return r < 0 ? -errno : r;
}

static void tell_of(const char *what, int kind, int id)
{
	struct ipc_perm p = { 0 };
	int r = ctl(kind, id, IPC_STAT, &p);

	printf("  %s: %d: %u %u %u %u %o\n", what, r, p.uid, p.gid, p.cuid, p.cgid, p.mode & 0777);
}

static void give(int kind, int id, uid_t uid, gid_t gid, int mode)
{
	struct ipc_perm p = { 0 };

	p.uid = uid;
	p.gid = gid;
	p.mode = (unsigned short)mode;
	printf("  give to %d %d: %d\n", (int)uid, (int)gid, ctl(kind, id, IPC_SET, &p));
	tell_of("then", kind, id);
}

static int make(int kind, key_t key, int flags)
{
	int r = kind == 0 ? shmget(key, 4096, flags) : kind == 1 ? semget(key, 1, flags) : msgget(key, flags);

	return r < 0 ? -errno : r;
}

/* Its line of /proc/sysvipc, from the ids on the four. */
static void proc_line(int kind, int id)
{
	static const char *const names[] = { "shm", "sem", "msg" };
	static const int columns[] = { 7, 4, 7 };
	char name[64], line[512], *word, *rest;
	int found = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/sysvipc/%s", names[kind]);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f)) {
		int at = 0, this_id;

		if (sscanf(line, "%*d %d", &this_id) != 1 || this_id != id)
			continue;
		found = 1;
		printf("  %s:", names[kind]);
		for (word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest), at++)
			if (at >= columns[kind] && at < columns[kind] + 4)
				printf(" %s", word);
		printf("\n");
	}
	if (f)
		fclose(f);
	printf("  listed: %d\n", found);
}

static void in_child(int kind, int id, uid_t uid)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct ipc_perm p = { 0 };

		if (setgid(uid) < 0 || setuid(uid) < 0)
			_exit(1);
		printf(" as %u\n", uid);
		p.uid = p.gid = uid;
		p.mode = 0666;
		tell_of("seen", kind, id);
		printf("  set: %d\n", ctl(kind, id, IPC_SET, &p));
		tell_of("seen", kind, id);
		printf("  remove: %d\n", ctl(kind, id, IPC_RMID, NULL));
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void object(int kind)
{
	static const char *const names[] = { "segment", "semaphore", "queue" };
	int id = make(kind, IPC_PRIVATE, IPC_CREAT | 0666);

	printf("%s\n", names[kind]);
	tell_of("made", kind, id);
	give(kind, id, 7, 8, 0666);
	proc_line(kind, id);
	give(kind, id, (uid_t)-1, 8, 0666);
	if (sizeof(long) == 8) /* elsewhere libc reads it itself */
		printf("  bad: %d\n", kind == 0 && shmctl(id, IPC_SET, (void *)8) < 0 ? -errno : 0);
	in_child(kind, id, 9);
	tell_of("kept", kind, id);
	in_child(kind, id, 7);
	tell_of("gone", kind, id);
	printf("  none: %d %d\n", ctl(kind, id, IPC_RMID, NULL), ctl(kind, -1, IPC_RMID, NULL));
}

/* By key: who made it owns it, who finds it does not. */
static void by_key(int kind)
{
	const key_t key = 0x70720000 + getpid() % 0x10000;
	int id;

	if (setegid(5) < 0 || seteuid(4) < 0)
		return;
	id = make(kind, key, IPC_CREAT | IPC_EXCL | 0644);
	if (seteuid(0) < 0 || setegid(0) < 0)
		return;
	printf("by key: same %d, exclusive %d\n", make(kind, key, IPC_CREAT | 0644) == id,
	       make(kind, key, IPC_CREAT | IPC_EXCL | 0644));
	tell_of("found", kind, id);
	printf("  remove: %d\n", ctl(kind, id, IPC_RMID, NULL));
}

int main(void)
{
	for (int kind = 0; kind < 3; kind++) {
		object(kind);
		by_ipc = true;
		object(kind);
		by_ipc = false;
		by_key(kind);
	}
	return 0;
}
