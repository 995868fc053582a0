// SPDX-License-Identifier: MIT
/*
 * 32-bit system calls by int 0x80 from a 64-bit program: their numbers, their structures, their paths
 * are the guest's; also through a code segment of 32 bits, and exec of one kind by the other.
 *
 * arch: 64
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <sys/socket.h>
#include <sys/un.h>

/* The i386 numbers used here. */
enum {
	I_read = 3, I_open = 5, I_close = 6, I_link = 9, I_unlink = 10, I_execve = 11, I_chdir = 12,
	I_mknod = 14, I_chmod = 15, I_lchown16 = 16, I_oldstat = 18, I_getpid = 20, I_access = 33,
	I_rename = 38, I_mkdir = 39, I_rmdir = 40, I_symlink = 83, I_readlink = 85, I_uselib = 86,
	I_truncate = 92, I_statfs = 99, I_socketcall = 102, I_stat = 106, I_lstat = 107, I_getcwd = 183,
	I_truncate64 = 193, I_stat64 = 195, I_lstat64 = 196, I_lchown = 198, I_chown = 212,
	I_setxattr = 226, I_getxattr = 229, I_statfs64 = 268, I_utimes = 271, I_inotify_init = 291,
	I_inotify_add_watch = 292, I_openat = 295, I_mkdirat = 296, I_fstatat64 = 300, I_unlinkat = 301,
	I_readlinkat = 305, I_faccessat = 307, I_execveat = 358, I_bind = 361, I_connect = 362,
	I_socket = 359, I_statx = 383, I_openat2 = 437,
};

static char *low; /* memory that 32 bits can name */
static size_t used;

static long put(const char *text)
{
	char *at = low + used;

	used += strlen(text) + 1;
	NEED(used < 60000);
	memcpy(at, text, strlen(text) + 1);
	return (long)at;
}

static long call(long nr, long a, long b, long c, long d, long e)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	r = (int)r;
	errno = r < 0 ? -r : 0;
	return r < 0 && r > -4096 ? -1 : r;
}

#define P(text) put(text)
#define CALL(nr, a, ...) CALL_(nr, a, ##__VA_ARGS__, 0, 0, 0, 0)
#define CALL_(nr, a, b, c, d, e, ...) SHOW_AS(call(I_##nr, a, b, c, d, e), "%s", #nr " " #a)

static void calls(void)
{
	long buf = (long)low + 61000;

	SHOW(call(I_getpid, 0, 0, 0, 0, 0) == getpid());
	CALL(mkdir, P("/tmp/d"), 0755);
	CALL(chdir, P("/tmp/d"));
	CALL(getcwd, buf, 100);
	printf("  %s\n", (char *)buf);
	CALL(open, P("f"), O_CREAT | O_RDWR, 0600);
	CALL(close, 3);
	CALL(access, P("/tmp/d/f"), 4);
	CALL(access, P("/etc/hostname"), 4);
	CALL(open, P("/mnt/data/file"), 0);
	CALL(read, 3, buf, 100);
	CALL(close, 3);
	CALL(stat, P("f"), buf);
	CALL(lstat, P("/mnt/data"), buf);
	CALL(stat64, P("../d/f"), buf);
	CALL(lstat64, P("/missing"), buf);
	CALL(fstatat64, -100, P("f"), buf, 0);
	CALL(statx, -100, P("f"), 0, 0x7ff, buf);
	CALL(oldstat, P("f"), buf);
	CALL(symlink, P("f"), P("l"));
	CALL(readlink, P("l"), buf, 100);
	CALL(readlinkat, -100, P("/proc/self/exe"), buf, 100);
	printf("  %.10s\n", (char *)buf);
	CALL(link, P("f"), P("h"));
	CALL(rename, P("h"), P("/tmp/h"));
	CALL(rename, P("/tmp/h"), P("/mnt/data/h"));
	CALL(unlink, P("/tmp/h"));
	CALL(chmod, P("f"), 0640);
	CALL(chown, P("f"), -1, -1);
	CALL(lchown, P("l"), -1, -1);
	CALL(lchown16, P("l"), -1, -1);
	CALL(truncate, P("f"), 3);
	CALL(truncate64, P("f"), 3, 0);
	CALL(statfs, P("f"), buf);
	CALL(statfs64, P("f"), 84, buf);
	CALL(utimes, P("f"), 0);
	CALL(mknod, P("fifo"), S_IFIFO | 0600, 0);
	CALL(setxattr, P("f"), P("user.a"), P("v"), 1, 0);
	CALL(getxattr, P("f"), P("user.a"), buf, 10);
	CALL(openat, -100, P("/tmp/d/l"), 0);
	CALL(close, 3);
	CALL(mkdirat, -100, P("e"), 0700);
	CALL(unlinkat, -100, P("e"), 0x200);
	CALL(faccessat, -100, P("e"), 0);
	memset((void *)buf, 0, 24);
	CALL(openat2, -100, P("/mnt/data/inner"), buf, 24);
	CALL(close, 3);
	CALL(inotify_init, 0);
	CALL(inotify_add_watch, 3, P("/mnt/data"), 2);
	CALL(close, 3);
	CALL(uselib, P("/tmp/d/f"));
	CALL(rmdir, P("/mnt/data"));
	CALL(open, P("/mnt/data/../../tmp/d/f"), 0);
	CALL(close, 3);
	CALL(execve, P("/missing"), 0, 0);
	CALL(execveat, -100, P("/missing"), 0, 0);
	CALL(chdir, P("/"));
	show_link("/proc/self/cwd");
}

static void sockets(void)
{
	struct sockaddr_un *a = (void *)(low + 62000);
	unsigned int *args = (void *)(low + 63000);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, "/mnt/data/s", 12);
	CALL(socket, AF_UNIX, SOCK_DGRAM);
	CALL(bind, 3, (long)a, sizeof(*a));
	CALL(socket, AF_UNIX, SOCK_DGRAM);
	CALL(connect, 4, (long)a, sizeof(*a));
	args[0] = 4, args[1] = (long)a, args[2] = sizeof(*a);
	CALL(socketcall, 3, (long)args); /* connect */
	args[0] = 3;
	CALL(socketcall, 2, (long)args); /* bind */
	CALL(close, 3);
	CALL(close, 4);
	CALL(unlink, P("/mnt/data/s"));
}

static void bad(void)
{
	CALL(open, 8, 0);
	CALL(open, -4096, 0);
	CALL(open, 0, 0);
	CALL(stat64, P("/tmp/d/f"), 8);
	CALL(getcwd, (long)low, 2);
	SHOW(call(999, 0, 0, 0, 0, 0));
	SHOW(call(-1, 0, 0, 0, 0, 0));
}

/* The same open from a code segment of 32 bits: a far jump there and back. */
static void far_call(void)
{
	static const unsigned char code[] = {
		0xcd, 0x80, /* int $0x80 */
		0xcb,	    /* lret */
	};
	unsigned char *p = (unsigned char *)low + 64000;
	struct {
		uint32_t offset;
		uint16_t segment;
	} __attribute__((packed)) *to = (void *)(low + 64100);
	long r = I_open, path = put("/mnt/data/file"), sp = (long)low + 64900;

	memcpy(p, code, sizeof(code));
	to->offset = (uint32_t)(long)p;
	to->segment = 0x23;
	__asm__ volatile("mov %%rsp, %%r15\n\tmov %[sp], %%rsp\n\tlcall *(%[to])\n\tmov %%r15, %%rsp"
			 : "+a"(r)
			 : [to] "S"(to), [sp] "r"(sp), "b"(path), "c"(0L), "d"(0L)
			 : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	r = (int)r;
	errno = r < 0 ? -r : 0;
	SHOW_AS(r < 0 ? -1 : r, "open from a 32-bit segment");
	if (r > 0)
		close(r);
}

static void exec_32(void)
{
	unsigned int *argv = (void *)(low + 63500);
	pid_t pid = fork();

	if (pid == 0) {
		argv[0] = put("int80");
		argv[1] = put("again");
		argv[2] = 0;
		call(I_execve, put("/bin/int80"), (long)argv, (long)&argv[2], 0, 0);
		_exit(5);
	}
	finish("exec by int 0x80", pid);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return printf("  again as %s\n", argv[0]), 3;
	low = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	NEED(low != MAP_FAILED);
	calls();
	sockets();
	bad();
	far_call();
	exec_32();
	return 0;
}
