// SPDX-License-Identifier: MIT
/*
 * Libraries that come and go: one with call sites of its own is loaded, used and unloaded, at addresses
 * that are used again by itself, by another with other calls in the same places, and by plain memory;
 * by several threads; replaced on disk; in a namespace of its own by dlmopen.
 *
 * arch: dyn
 * shared: yes
 */
#include "sites.h"

/* The same source is the library: what it offers is one call site, behind as many calls as wanted. */
#ifdef LIBRARY

int library_rounds(int n)
{
	char buf[64];
	int wrong = 0;

	for (int i = 0; i < n; i++)
		wrong += site_round();
	wrong += site_readlink(SITES_DIR "/link", buf, sizeof(buf)) != 4;
	return wrong + rounds(1);
}

#else

#include <dlfcn.h>
#include <pthread.h>

static const char *const ours = "/lib/sitelibs.so", *const copy = "/tmp/copy.so";

static void *load_in(Lmid_t where, const char *name, int (**fn)(int))
{
	void *lib = dlmopen(where, name, RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		fprintf(stderr, "%s\n", dlerror());
	NEED(lib);
	*fn = (int (*)(int))dlsym(lib, "library_rounds");
	NEED(*fn);
	return lib;
}

static void *load(const char *name, int (**fn)(int))
{
	return load_in(LM_ID_BASE, name, fn);
}

static void copy_file(const char *from, const char *to)
{
	char buf[4096];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n;

	NEED(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	close(in);
	close(out);
}

/* Loaded again it mostly lands where it was. */
static void in_turn(void)
{
	int wrong = 0, same = 0, (*fn)(int), (*last)(int) = NULL;

	for (int i = 0; i < 60; i++) {
		void *lib = load(i % 3 == 2 ? copy : ours, &fn);

		wrong += fn(20);
		same += fn == last;
		last = fn;
		NEED(dlclose(lib) == 0);
		wrong += rounds(1);
	}
	printf("in turn: %d wrong, places %s\n", wrong, same > 10 ? "used again" : "new each time");
}

/* Where it ran, plain memory, and code of another kind. */
static void memory_instead(void)
{
	static const unsigned char returns_7[] = { 0xb8, 7, 0, 0, 0, 0xc3 };
	long size = sysconf(_SC_PAGESIZE);
	int wrong = 0, (*fn)(int);

	for (int i = 0; i < 20; i++) {
		void *lib = load(ours, &fn);
		unsigned char *page = (unsigned char *)((unsigned long)fn & -size);

		wrong += fn(20);
		NEED(dlclose(lib) == 0);
		NEED(mmap(page, 2 * size, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == page);
		for (long j = 0; j < 2 * size; j++)
			wrong += page[j] != 0;
		memcpy((void *)fn, returns_7, sizeof(returns_7));
		wrong += fn(0) != 7;
		munmap(page, 2 * size);
	}
	printf("memory instead: %d wrong\n", wrong);
}

/* The file is another, with all addresses moved, under the same name. */
static void replaced(void)
{
	int wrong = 0, (*fn)(int);

	for (int i = 0; i < 20; i++) {
		void *lib;

		copy_file(ours, "/tmp/new.so");
		NEED(rename("/tmp/new.so", copy) == 0);
		lib = load(copy, &fn);
		wrong += fn(10);
		NEED(dlclose(lib) == 0);
	}
	printf("replaced: %d wrong\n", wrong);
}

static void *loads(void *arg)
{
	int (*fn)(int);

	for (int i = 0; i < 20; i++) {
		void *lib = load(i % 2 ? ours : copy, &fn);

		__atomic_add_fetch((int *)arg, fn(3), __ATOMIC_RELAXED);
		dlclose(lib);
	}
	return NULL;
}

static void in_threads(void)
{
	pthread_t t[4];
	int wrong = 0;

	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&t[i], NULL, loads, &wrong) == 0);
	wrong += rounds(20);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("in threads: %d wrong\n", wrong);
}

/* A second C library beside the first. */
static void namespaces(void)
{
	int wrong = 0;

	/* what errno's place needs is looked for anew, by a name that has no directory */
	make_link("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-x86-64.so.2");
	for (int i = 0; i < 5; i++) {
		int (*fn)(int);
		void *lib = load_in(LM_ID_NEWLM, ours, &fn);

		wrong += fn(20) + rounds(1);
		dlclose(lib);
	}
	printf("namespaces: %d wrong\n", wrong);
}

int main(void)
{
	sites_make();
	copy_file(ours, copy);
	in_turn();
	memory_instead();
	replaced();
	in_threads();
	namespaces();
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}

#endif
