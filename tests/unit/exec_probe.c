/* SPDX-License-Identifier: MIT */
/*
 * A program that prints all it can find out about how it was started, in a form that does not
 * depend on addresses. Compiled by test_exec_loader.c in many ways, run natively and through the
 * loader: the two must print the same. -DBSS=n: size of its bss.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <dirent.h>

#include "arch/loader.h"

#ifndef BSS
#define BSS 100000
#endif

extern char **environ;
extern const char __ehdr_start[], _end[], _start[];

static char bss[BSS];
static int data = 4711;
static __thread int tls_data = 42, tls_bss;
static int constructed;
static unsigned long *initial;

__attribute__((constructor)) static void construct(void)
{
	constructed++;
}

static const ElfW(Phdr) * own_phdr(void)
{
	return (const void *)(__ehdr_start + ((const ElfW(Ehdr) *)__ehdr_start)->e_phoff);
}

static int first_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(unsigned long *)arg = info->dlpi_addr;
	return 1;
}

static void memory(void)
{
	size_t dirty = 0;

	for (size_t i = 0; i < sizeof(bss); i++)
		dirty += bss[i] != 0;
	memset(bss, 1, sizeof(bss));
	printf("data %d tls %d %d constructed %d dirty bss %zu\n", data, tls_data, tls_bss,
	       constructed, dirty);
}

static void aux_one(unsigned long type, unsigned long value)
{
	unsigned long base = 0, stack = (unsigned long)initial;

	switch (type) {
	case AT_PHDR: printf("PHDR %d\n", value == (unsigned long)own_phdr()); return;
	case AT_ENTRY: printf("ENTRY %d\n", value == (unsigned long)_start); return;
	case AT_BASE:
		printf("BASE %d %d\n", value != 0, !value || memcmp((char *)value, ELFMAG, 4) == 0);
		dl_iterate_phdr(first_object, &base);
		return;
	case AT_EXECFN: printf("EXECFN %s above %d\n", (char *)value, value > stack); return;
	case AT_RANDOM: printf("RANDOM above %d\n", value > stack); return;
	case AT_PLATFORM: printf("PLATFORM %s\n", (char *)value); return;
	case AT_SYSINFO_EHDR: printf("VDSO %d\n", memcmp((char *)value, ELFMAG, 4) == 0); return;
	case AT_SYSINFO: printf("SYSINFO %d\n", value != 0); return;
	}
	printf("aux %lu = %lu\n", type, value);
}

static void aux(void)
{
	unsigned long *a = initial, saved[128] = { 0 };
	FILE *f = fopen("/proc/self/auxv", "r");
	size_t n = 0;

	fread(saved, sizeof(*saved), 127, f);
	fclose(f);
	while (saved[n])
		n += 2;
	while (*a++)
		;
	for (; *a; a++)
		;
	a++;
	printf("saved auxv %d\n", memcmp(a, saved, (n + 2) * sizeof(*saved)));
	for (; *a; a += 2)
		aux_one(a[0], a[1]);
}

static void strings(int argc, char **argv)
{
	char buf[4096] = { 0 };
	const char *last = argv[argc - 1];

	printf("argc %d sp %lu\n", argc, (unsigned long)initial % 16);
	for (int i = 0; i < argc; i++)
		printf("argv %s\n", argv[i]);
	for (char **e = environ; *e; e++)
		printf("env %s\n", last = *e);
	printf("args in order %d, execfn behind %d\n", argv[0] <= last,
	       (char *)getauxval(AT_EXECFN) == last + strlen(last) + 1);
	prctl(PR_GET_NAME, buf, 0, 0, 0);
	printf("comm %s\n", buf);
	for (int k = 0; k < 2; k++) {
		FILE *f = fopen(k ? "/proc/self/environ" : "/proc/self/cmdline", "r");
		size_t n = fread(buf, 1, sizeof(buf), f);

		fclose(f);
		for (size_t i = 0; i < n; i++)
			putchar(buf[i] ? buf[i] : '|');
		puts("");
	}
}

/* Fields of /proc/self/stat, counted from 1. */
static void stat_read(unsigned long *field)
{
	char buf[2048] = { 0 }, *p;
	FILE *f = fopen("/proc/self/stat", "r");

	fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	p = strrchr(buf, ')') + 2;
	p += 2;
	for (int i = 4; i <= 52; i++)
		field[i] = strtoul(p, &p, 10);
}

static void mm(char **argv)
{
	unsigned long f[53], base = (unsigned long)__ehdr_start, gap, range;
	char *before, *end;

	stat_read(f);
	range = sizeof(long) == 8 ? 1UL << 30 : 1UL << 25;
	gap = f[47] - (unsigned long)_end;
	printf("code %#lx %#lx stack %d data %#lx %#lx\n", f[26] - base, f[27] - base,
	       f[28] == (unsigned long)initial, f[45] - base, f[46] - base);
	printf("brk near %d args %d %d %d %d\n",
	       gap<range + 8192, f[48] == (unsigned long)argv[0], f[49]> f[48], f[50] == f[49],
	       f[51] == getauxval(AT_EXECFN));
	if (personality(0xffffffff) & ADDR_NO_RANDOMIZE)
		printf("base %#lx brk %#lx\n", base, f[47]);
	/* Not by sbrk, which musl has not. */
	before = (char *)syscall(SYS_brk, 0);
	end = (char *)syscall(SYS_brk, before + 123456);
	printf("personality %x grown %d\n", personality(0xffffffff), end == before + 123456);
	memset(before, 1, 123456);
}

/* Lines of /proc/self/maps; the loader's own, and what the kernel may place anywhere, left out. */
static void maps(const char *loader)
{
	static struct line {
		unsigned long from, to, offset;
		char perms[8], name[256];
	} l;
	char buf[512], own[4096] = "", last[256] = "";
	unsigned long end = 0, loader_end = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	/* Which anonymous memory lies next to a library is chance. */
	realpath((char *)getauxval(AT_EXECFN), own);
	while (fgets(buf, sizeof(buf), f)) {
		l.name[0] = '\0';
		sscanf(buf, "%lx-%lx %7s %lx %*s %*s %255s", &l.from, &l.to, l.perms, &l.offset,
		       l.name);
		if (loader[0] && strcmp(l.name, loader) == 0)
			loader_end = l.from - l.offset + LOADER_SPAN;
		if (l.from < loader_end || strncmp(l.name, "[v", 2) == 0)
			continue;
		if (strcmp(l.name, "[stack]") == 0)
			printf("[stack] %s\n", l.perms);
		else if (strcmp(l.name, "[heap]") == 0)
			printf("[heap] %s\n", l.perms);
		else if (l.name[0])
			printf("%s %s %#lx %#lx %#lx\n", l.name, l.perms, l.offset, l.to - l.from,
			       strcmp(last, l.name) == 0 ? l.from - end : 0);
		else if (l.from == end && strcmp(last, own) == 0)
			printf("%s anon %s %#lx\n", last, l.perms, l.to - l.from);
		if (l.name[0] || l.from != end)
			memcpy(last, l.name, sizeof(last));
		end = l.to;
	}
	fclose(f);
}

static void fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	while ((e = readdir(d)))
		printf("fd %s\n", e->d_name);
	closedir(d);
}

int main(int argc, char **argv)
{
	const char *loader = getenv("LOADER");

	setvbuf(stdout, malloc(65536), _IOFBF, 65536);
	initial = (unsigned long *)argv - 1;
	strings(argc, argv);
	memory();
	aux();
	mm(argv);
	maps(loader ? loader : "");
	fds();
	return 7;
}
