// SPDX-License-Identifier: MIT
/*
 * P0: every system call number there is, by every entry (syscall, int 0x80, x32), with the secret's
 * host name in each argument. Whatever the call is called, it must not reach the host's file.
 */
#include "probe.h"

enum { MOST = 512, SHAPES = 7 };

struct shot {
	long nr;
	int shape;
	int entry;
};

static char *low; /* below 4 GiB: int 0x80 and x32 can name it */

static char *path_at(void)
{
	return low;
}

static char *buffer(void)
{
	return low + 8192;
}

#ifdef __x86_64__
static long by_int80(long nr, const long *a)
{
	long r;

	__asm__ volatile("push %%rbp\n\tmov %[e], %%rbp\n\tint $0x80\n\tpop %%rbp"
			 : "=a"(r)
			 : "0"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]), [e] "r"(a[5])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)r;
}
#endif

static long enter(const struct shot *s, const long *a)
{
#ifdef __x86_64__
	if (s->entry == 1)
		return by_int80(s->nr, a);
#endif
	return syscall(s->nr | (s->entry == 2 ? 0x40000000 : 0), a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The shapes that calls with paths have; buffers are where results may be put. */
static void arrange(int shape, long *a)
{
	long p = (long)path_at(), b = (long)buffer();
	long shapes[SHAPES][6] = {
		{ p, 0, 0, 0, 0, 0 },	      { p, b, 1024, 0, 0, 0 },
		{ -100, p, 0, 0, 0, 0 },      { -100, p, b, 24, 0, 0 },
		{ -100, p, b, b + 4096, 0, 0 }, { -100, p, 0, 0x7ff, b, 0 },
		{ 3, 1, 2, -100, p, 0 },
	};

	memcpy(a, shapes[shape], sizeof(shapes[shape]));
}

static int fire(void *arg)
{
	const struct shot *s = arg;
	long a[6], r;

	memset(buffer(), 0, 32768);
	arrange(s->shape, a);
	r = enter(s, a);
	if (r >= 0 && r < 40 && fd_is_secret(r))
		return ESCAPED;
	return any_fd_is_secret() || tells(buffer(), 32768) ? ESCAPED : HELD;
}

/* What would only end or hang this program. */
static bool useless(const struct shot *s)
{
	static const int own[] = { SYS_exit, SYS_exit_group, SYS_pause, SYS_rt_sigreturn, SYS_fork, SYS_vfork,
				   SYS_clone, SYS_rt_sigsuspend };
	/* exit, fork, pause, sigsuspend, sigreturn, clone, rt_sigreturn, rt_sigsuspend, vfork, exit_group */
	static const int compat[] = { 1, 2, 29, 72, 119, 120, 173, 179, 190, 252 };
	bool other = s->entry == 1 || sizeof(long) == 4;
	const int *list = other ? compat : own;

	for (size_t i = 0; i < (other ? sizeof(compat) : sizeof(own)) / sizeof(int); i++)
		if (s->nr == list[i])
			return true;
	return false;
}

static void all_numbers(int entry)
{
	static const char *const entries[] = { "syscall", "int 0x80", "x32" };
	char name[64];

	for (long nr = 0; nr < MOST; nr++)
		for (int shape = 0; shape < SHAPES; shape++) {
			struct shot s = { nr, shape, entry };

			if (useless(&s))
				continue;
			/* Where nothing confines us, the last probe may have taken these rights. */
			chmod(outside, 0555);
			chmod(secret, 0444);
			snprintf(name, sizeof(name), "%s %ld, shape %d", entries[entry], nr, shape);
			probe(name, fire, &s);
		}
}

int main(int argc, char **argv)
{
	probe_init(argc, argv);
	low = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	NEED(low != MAP_FAILED && strlen(secret) < 4096);
	memcpy(path_at(), secret, strlen(secret) + 1);
	all_numbers(0);
#ifdef __x86_64__
	all_numbers(1);
	all_numbers(2);
#endif
	return finish_probes();
}
