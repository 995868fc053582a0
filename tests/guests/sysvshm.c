// SPDX-License-Identifier: MIT
/*
 * ipc: own
 *
 * Shared memory: what each call answers, where it is attached and how often, when it is gone.
 */
#include "guest.h"
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

static int id;

static char *at(void *where, int flags)
{
	return shmat(id, where, flags);
}

/* The answer without the address. */
static int ok(char *p)
{
	return p == (char *)-1 ? -1 : 0;
}

static long attached(void)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) < 0 ? -1 : (long)ds.shm_nattch;
}

static void get_segments(void)
{
	SHOW(shmget(5, 4096, 0600));
	SHOW(shmget(5, 0, IPC_CREAT | 0600));
	SHOW(shmget(5, 5000, IPC_CREAT | 0600));
	SHOW(shmget(5, 5001, 0600));
	SHOW(shmget(5, 0, 0));
	SHOW(shmget(5, 5000, IPC_CREAT | IPC_EXCL | 0600));
	SHOW(shmget(IPC_PRIVATE, 0, 0600));
	SHOW(shmget(IPC_PRIVATE, 1, 0400));
	SHOW(shmget(IPC_PRIVATE, 1 << 21, SHM_HUGETLB | 0600));
	id = 1;
	SHOW(ok(at(NULL, 0)));
	SHOW(ok(at(NULL, SHM_RDONLY | SHM_EXEC)));
	SHOW(ok(at(NULL, SHM_RDONLY)));
	SHOW(shmctl(1, IPC_RMID, NULL));
	SHOW(shmctl(9, IPC_RMID, NULL));
	SHOW(shmctl(-1, IPC_RMID, NULL));
	SHOW(shmctl(0, -1, NULL));
	SHOW(shmctl(0, 99, NULL));
	SHOW(shmctl(0, IPC_STAT, NULL));
	SHOW(shmctl(9, IPC_SET, NULL));
	SHOW(shmdt((void *)1));
	SHOW(shmdt((void *)4096));
	id = 0;
}

static void places(void)
{
	char *p = at(NULL, 0), *q = at(NULL, SHM_RDONLY), *free_place;

	printf("same %d\n", (memcpy(p, "text", 5), strcmp(q, "text") == 0));
	printf("zeros to the page's end %d\n", p[4999] == 0 && p[8191] == 0);
	SHOW(mprotect(q, 4096, PROT_READ | PROT_WRITE));
	SHOW(attached());
	SHOW(ok(at(p, 0)));
	SHOW(ok(at(p + 1, 0)));
	SHOW(ok(at(p + 1, SHM_RND)));
	SHOW(ok(at(NULL, SHM_REMAP)));
	printf("over itself %d\n", at(p + 5, SHM_RND | SHM_REMAP) == p);
	SHOW(attached());
	SHOW(shmdt(q));
	SHOW(shmdt(q));
	SHOW(shmdt(p + 4096));
	free_place = q;
	printf("there %d\n", at(free_place, 0) == free_place);
	printf("and has it %d\n", strcmp(free_place, "text") == 0);
	SHOW(munmap(free_place, 4096));
	SHOW(attached());
	SHOW(shmdt(free_place));
	SHOW(attached());
	SHOW(shmdt(free_place));
	SHOW(attached());
	q = mremap(p, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, free_place);
	printf("moved %d\n", q == free_place);
	SHOW(attached());
	SHOW(mprotect(q, 4096, PROT_READ));
	SHOW(attached());
	SHOW(shmdt(q));
	SHOW(attached());
	SHOW(ok(at((void *)1, SHM_RND)));
}

static int looks(void *arg)
{
	(void)arg;
	return (int)attached();
}

static int detaches(void *p)
{
	shmdt(p);
	return (int)attached();
}

static void processes(void)
{
	char *p = at(NULL, 0);
	pid_t pid;

	finish("forked", start(looks, NULL));
	SHOW(attached());
	finish("detached", start(detaches, p));
	SHOW(attached());
	pid = start(looks, NULL);
	waitpid(pid, NULL, 0);
	SHOW(attached());
	if ((pid = fork()) == 0) {
		execl("/bin/sysvshm", "sysvshm", "exec", NULL);
		_exit(99);
	}
	finish("exec", pid);
	SHOW(attached());
	memcpy(p, "lives on", 9);
	shmdt(p);
	SHOW(attached());
	p = at(NULL, 0);
	printf("%s\n", p);
	shmdt(p);
}

static void stats(void)
{
	struct shmid_ds ds;
	char *p = at(NULL, 0);
	union {
		struct shminfo info;
		struct shm_info used;
		char room[128];
	} u;

	memset(&ds, 0x55, sizeof(ds));
	SHOW(shmctl(id, IPC_STAT, &ds));
	printf("key %d mode %o size %zu cpid %d lpid %d nattch %lu times %d %d %d\n",
	       ds.shm_perm.__key, ds.shm_perm.mode, ds.shm_segsz, ds.shm_cpid == getpid(),
	       ds.shm_lpid == getpid(), (unsigned long)ds.shm_nattch, ds.shm_atime != 0,
	       ds.shm_dtime != 0, ds.shm_ctime != 0);
	ds.shm_perm.mode = 0644;
	SHOW(shmctl(id, IPC_SET, &ds));
	SHOW(shmctl(id, SHM_LOCK, NULL));
	SHOW(shmctl(id, SHM_STAT, &ds));
	printf("mode %o\n", ds.shm_perm.mode);
	SHOW(shmctl(id, SHM_UNLOCK, NULL));
	SHOW(shmctl(id, SHM_STAT_ANY, &ds));
	printf("mode %o\n", ds.shm_perm.mode);
	SHOW(shmctl(7, SHM_STAT, &ds));
	SHOW(shmctl(0, IPC_INFO, (void *)&u));
	printf("info %lu %lu %lu\n", (unsigned long)u.info.shmmin, (unsigned long)u.info.shmmni,
	       (unsigned long)u.info.shmmax);
	p[0] = 1;
	SHOW(shmctl(0, SHM_INFO, (void *)&u));
	printf("used %d %lu\n", u.used.used_ids, (unsigned long)u.used.shm_tot);
	SHOW(shmctl(id, IPC_RMID, NULL));
	SHOW(shmctl(id, IPC_STAT, &ds));
	printf("key %d mode %o\n", ds.shm_perm.__key, ds.shm_perm.mode);
	SHOW(shmget(5, 1, 0600));
	SHOW(ok(at(NULL, 0)));
	SHOW(shmctl(id, IPC_STAT, &ds));
	printf("nattch %lu\n", (unsigned long)ds.shm_nattch);
	SHOW(shmdt(p));
	SHOW(shmctl(id, IPC_STAT, &ds));
}

/* Named in maps as the kernel names them. */
static void maps(void)
{
	char *text, *line, *end;
	char *p;

	id = shmget(0x1234, 4096, IPC_CREAT | 0600);
	p = at(NULL, 0);
	text = read_all("/proc/self/maps");
	line = strstr(text, "/SYSV");
	end = line ? strchr(line, '\n') : NULL;
	printf("maps: %.*s\n", line && end ? (int)(end - line) : 0, line ? line : "");
	free(text);
	shmctl(id, IPC_RMID, NULL);
	finish("", start(detaches, p));
	SHOW(attached());
	munmap(p, 4096);
	SHOW(attached() <= 0);
}

/* Without a descriptor to spare. */
static void full(void)
{
	struct rlimit none = { 3, 64 };
	char *p;

	id = shmget(IPC_PRIVATE, 100, 0600);
	setrlimit(RLIMIT_NOFILE, &none);
	p = at(NULL, 0);
	SHOW(ok(p));
	shmdt(p);
	shmctl(id, IPC_RMID, NULL);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return (int)attached();
	get_segments();
	places();
	processes();
	stats();
	maps();
	full();
	return 0;
}
