// SPDX-License-Identifier: MIT
/*
 * The address space of a program whose call sites are in use is its own: there is nothing in its maps that
 * it did not ask for, memory may be mapped, protected and given back anywhere, all that is free may be
 * reserved or unmapped at once, and what runtimes want at fixed places is free.
 *
 * arch: 64 32 dyn
 */
#include "sites.h"

#include <sys/resource.h>

struct map {
	unsigned long begin, end;
	char rights[8], name[256];
};

static int read_maps(struct map *maps, int max)
{
	char *text = read_all("/proc/self/maps"), *save;
	int n = 0;

	for (char *line = strtok_r(text, "\n", &save); line && n < max; line = strtok_r(NULL, "\n", &save)) {
		struct map *m = &maps[n++];

		m->name[0] = '\0';
		NEED(sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &m->begin, &m->end, m->rights, m->name) >= 3);
	}
	free(text);
	return n;
}

enum { MAPS = 256 };

static struct map maps[MAPS];

static bool is_ours(const char *name)
{
	static const char *const known[] = { "[heap]", "[stack]", "[vdso]", "[vsyscall]" };

	for (int i = 0; i < 4; i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return strncmp(name, "[vvar", 5) == 0 || strcmp(name, "/bin/sitemaps") == 0 ||
	       strncmp(name, "/lib/", 5) == 0 || strncmp(name, "/lib64/", 7) == 0;
}

/* Code and data of nobody's: what a careful program would unmap, and then go on. */
static void unknown(void)
{
	int n = read_maps(maps, MAPS), strange = 0, code = 0, shared = 0, nameless = 0, wrong = 0;

	for (int i = 0; i < n; i++) {
		bool named = maps[i].name[0];

		code += !named && maps[i].rights[2] == 'x';
		shared += maps[i].rights[3] == 's';
		nameless += !named;
		if (!named || is_ours(maps[i].name))
			continue;
		printf("unknown: %s %s\n", maps[i].rights, maps[i].name);
		strange++;
		wrong += munmap((void *)maps[i].begin, maps[i].end - maps[i].begin) != 0;
	}
	printf("%d unknown, %d nameless code, %d shared, nameless %s\n", strange, code, shared,
	       nameless < 4 ? "few" : "many");
	wrong += rounds(10);
	printf("without them: %d wrong\n", wrong);
}

/* What is free between two mappings. Not the stack's: a touch there makes it grow, down to its limit. */
static struct gap {
	unsigned long begin, end;
} gaps[MAPS];

static int find_gaps(void)
{
	unsigned long at = 1 << 20, stack_gap = 16UL << 20;
	int n = read_maps(maps, MAPS), found = 0;

	for (int i = 0; i < n; i++) {
		unsigned long end = maps[i].begin;

		if (strcmp(maps[i].name, "[stack]") == 0)
			end -= stack_gap;
		if (strcmp(maps[i].name, "[vsyscall]") == 0)
			break;
		if (end > at && end < maps[i].end)
			gaps[found++] = (struct gap){ at, end };
		at = maps[i].end;
	}
	return found;
}

static unsigned state = 1;

/* Any free page is as likely as any other. */
static char *random_page(int n)
{
	unsigned long long pages = 0, r = next_random(&state);

	for (int i = 0; i < n; i++)
		pages += (gaps[i].end - gaps[i].begin) / 4096;
	r = (r << 32 | next_random(&state) << 16 | next_random(&state)) % pages;
	for (int i = 0; i < n; i++) {
		pages = (gaps[i].end - gaps[i].begin) / 4096;
		if (r < pages)
			return (char *)(uintptr_t)(gaps[i].begin + r * 4096);
		r -= pages;
	}
	return NULL;
}

/*
 * Mapped exactly there, used, and given back. The few pages that are not the guest's are hit by one try
 * in 10^5 where addresses have 32 bits.
 */
static void random_places(void)
{
	int n = find_gaps(), wrong = 0, rw = PROT_READ | PROT_WRITE;

	for (int i = 0; i < (sizeof(long) == 8 ? 300 : 30); i++) {
		char *p = random_page(n), *at;

		at = mmap(p, 4096, rw, MAP_PRIVATE | MAP_ANONYMOUS | (i % 2 ? MAP_FIXED : MAP_FIXED_NOREPLACE), -1, 0);
		wrong += at != p;
		if (at == MAP_FAILED)
			continue;
		memcpy(p, "link", 5);
		wrong += site_access(p, R_OK) != 0 || access(p, R_OK) != 0;
		wrong += mprotect(p, 4096, PROT_READ) != 0 || site_access(p, R_OK) != 0;
		wrong += mprotect(p, 4096, PROT_NONE) != 0 || site_access(p, R_OK) != -EFAULT;
		wrong += mprotect(p, 4096, rw) != 0 || madvise(p, 4096, MADV_DONTNEED) != 0;
		wrong += site_access(p, R_OK) != -ENOENT;
		wrong += munmap(p, 4096) != 0;
		wrong += site_access(p, R_OK) != -EFAULT;
	}
	printf("random places: %d wrong\n", wrong);
}

/* Where nothing is: errors, and munmap that does not mind. */
static void empty_places(void)
{
	int n = find_gaps(), wrong = 0;

	for (int i = 0; i < 300; i++) {
		char *p = random_page(n);

		wrong += munmap(p, 4096) != 0;
		wrong += mprotect(p, 4096, PROT_READ) == 0 || errno != ENOMEM;
		wrong += madvise(p, 4096, MADV_DONTNEED) == 0 || errno != ENOMEM;
		wrong += mremap(p, 4096, 8192, MREMAP_MAYMOVE) != MAP_FAILED || errno != EFAULT;
		wrong += msync(p, 4096, MS_ASYNC) == 0 || errno != ENOMEM;
		wrong += site_stat(p) != -EFAULT;
	}
	wrong += rounds(5);
	printf("empty places: %d wrong\n", wrong);
}

/*
 * All that is free is unmapped at once, as programs do that begin with an address space of their own, or
 * mapped over. Whether each piece may be is not looked at, but that calls go on is.
 */
static void all_free(const char *what, int protection)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, wrong = 0;
	int n = find_gaps();

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < n && protection >= 0; i++)
			mmap((void *)gaps[i].begin, gaps[i].end - gaps[i].begin, protection, flags, -1, 0);
		for (int i = 0; i < 20; i++)
			wrong += site_round() + short_round();
		for (int i = 0; i < n; i++)
			munmap((void *)gaps[i].begin, gaps[i].end - gaps[i].begin);
		wrong += rounds(10);
	}
	printf("all %s: %d wrong\n", what, wrong);
}

static void unmapped_and_mapped(void)
{
	all_free("unmapped", -1);
	all_free("mapped without rights", PROT_NONE);
	all_free("mapped to read", PROT_READ);
	all_free("mapped to write", PROT_READ | PROT_WRITE);
}

static int in_child(void *arg)
{
	((void (*)(void))arg)();
	return 0;
}

#ifdef __x86_64__

static void reserve(const char *what, unsigned long begin, unsigned long end)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
	void *p = mmap((void *)begin, end - begin, PROT_NONE, flags, -1, 0);

	if (p != MAP_FAILED)
		munmap(p, end - begin);
	printf("%s: %s\n", what, p == (void *)begin ? "free" : p == MAP_FAILED ? err_name(errno) : "elsewhere");
}

/* Places that are written into compilers' and runtimes' sources. */
static void runtimes(void)
{
	reserve("Go's heap", 0xc000000000, 0xc000000000 + (64UL << 20));
	reserve("Go's second hint", 0x1c000000000, 0x1c000000000 + (64UL << 20));
	reserve("Go's race detector", 0x0d0000000000, 0x0e0000000000);
	reserve("AddressSanitizer's low shadow", 0x7fff8000, 0x10007fff8000);
	reserve("MemorySanitizer", 0x110000000000, 0x200000000000);
	reserve("ThreadSanitizer", 0x200000000000, 0x400000000000);
	reserve("compressed oops below 32 GiB", 0x100000000, 0x800000000);
	printf("afterwards: %d wrong\n", rounds(20));
}

#else

static void runtimes(void)
{
}

#endif

/* The limit leaves room for nothing new: calls go on without asking for memory. */
static void no_more_memory(void)
{
	int n = find_gaps(), wrong = 0;

	for (int i = 0; i < n; i++) {
		unsigned long size = gaps[i].end - gaps[i].begin;

		mmap((void *)gaps[i].begin, size, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	}
	for (int i = 0; i < 20; i++)
		wrong += site_round() + short_round();
	printf("no more memory: %d wrong\n", wrong);
}

int main(void)
{
	NEED(setrlimit(RLIMIT_STACK, &(struct rlimit){ 8 << 20, 8 << 20 }) == 0);
	sites_make();
	printf("before: %d wrong\n", rounds(100));
	unknown();
	random_places();
	empty_places();
	finish("a child", start(in_child, (void *)runtimes));
	finish("a child", start(in_child, (void *)unmapped_and_mapped));
	finish("a child", start(in_child, (void *)no_more_memory));
	unknown();
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}
