// SPDX-License-Identifier: MIT
/*
 * The files of /proc that hold names or show a tracer: maps, smaps, mounts, mountinfo, status, stat,
 * comm, cmdline, environ, auxv; and prctl's view of the same.
 *
 * arch: 64 32 dyn
 * args: one two
 * env: GREETING=hello
 * binds: @/data:/mnt/data @/ro:/mnt/ro:ro @/file:/mnt/file
 */
#include "guest.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

/* Each distinct name of the maps, in order of appearance, with the rights of its parts. */
static void maps(const char *file)
{
	char *text = read_all(file), *save, *line, name[256], rights[8];
	int special = 0; /* their order is random */

	printf("%s\n", file);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		name[0] = '\0';
		if (sscanf(line, "%*x-%*x %7s %*x %*x:%*x %*d %255[^\n]", rights, name) < 1)
			continue;
		if (name[0] == '/' || strcmp(name, "[heap]") == 0)
			printf("  %s %s\n", rights, name);
		special |= strcmp(name, "[stack]") == 0 ? 1 : strcmp(name, "[vdso]") == 0 ? 2 : 0;
	}
	printf("  %s, %s\n", special & 1 ? "[stack]" : "no stack", special & 2 ? "[vdso]" : "no vdso");
	free(text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Mount points alone, sorted: devices and numbers differ from host to host. */
static void mounts(const char *file, int column)
{
	char *text = read_all(file), *save, *line, *word, *end, *found[64];
	int n, count = 0;

	printf("%s\n", file);
	for (line = strtok_r(text, "\n", &save); line && count < 64; line = strtok_r(NULL, "\n", &save)) {
		for (word = strtok_r(line, " ", &end), n = 1; word && n < column; n++)
			word = strtok_r(NULL, " ", &end);
		if (word && strncmp(word, "/proc/", 6) != 0)
			asprintf(&found[count++], "%s %.2s", word, column == 5 ? end : "");
	}
	qsort(found, count, sizeof(*found), by_name);
	for (n = 0; n < count; n++) {
		printf("  %s\n", found[n]);
		free(found[n]);
	}
	free(text);
}

static void status(void)
{
	static const char *const keys[] = {
		"Name:", "Umask:", "TracerPid:", "Uid:", "Groups:", "Threads:", "SigBlk:", "SigIgn:",
		"SigCgt:", "SigPnd:", "CapEff:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:", "State:",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(keys[i], "Uid:") == 0 || strcmp(keys[i], "Groups:") == 0)
			continue;
		else
			show_status("/proc/self/status", keys[i]);
	show_status("/proc/thread-self/status", "TracerPid:");
	show_status("/proc/thread-self/status", "Seccomp:");
}

/* Fields of stat that say something and do not change from run to run. */
static void stat_fields(void)
{
	char *text = read_all("/proc/self/stat"), *at = strrchr(text, ')');
	char state;
	int ppid, pgrp, session;

	NEED(at && sscanf(at + 2, "%c %d %d %d", &state, &ppid, &pgrp, &session) == 4);
	printf("comm in stat: %.*s, state %c\n", (int)(at - strchr(text, '(') - 1), strchr(text, '(') + 1,
	       state);
	printf("ppid %s, pgrp %s, session %s\n", ppid == getppid() ? "ok" : "differs",
	       pgrp == getpgrp() ? "ok" : "differs", session == getsid(0) ? "ok" : "differs");
	free(text);
}

static void args_and_env(void)
{
	char *text = read_all("/proc/self/cmdline");

	for (char *p = text; *p; p += strlen(p) + 1)
		printf("argument %s\n", p);
	free(text);
	text = read_all("/proc/self/environ");
	for (char *p = text; *p; p += strlen(p) + 1)
		if (strncmp(p, "GREETING=", 9) == 0)
			printf("environ %s\n", p);
	free(text);
}

static void names(void)
{
	char name[17] = "";

	show_file("/proc/self/comm");
	SHOW(prctl(PR_GET_NAME, name));
	printf("  %s\n", name);
	SHOW(prctl(PR_SET_NAME, "renamed"));
	show_file("/proc/self/comm");
	show_file("/proc/thread-self/comm");
	show_status("/proc/self/status", "Name:");
}

static void aux_vector(void)
{
	char *text = read_all("/proc/self/auxv");
	unsigned long *a = (void *)text;
	extern const ElfW(Ehdr) __ehdr_start;
	extern void _start(void);

	for (; a[0] != AT_NULL; a += 2)
		if (a[0] != AT_HWCAP && a[1] != getauxval(a[0])) /* the C library edits that one */
			printf("auxv %lu differs between /proc and memory\n", a[0]);
	printf("AT_EXECFN %s\n", (char *)getauxval(AT_EXECFN));
	printf("AT_PHDR %s\n",
	       getauxval(AT_PHDR) == (unsigned long)&__ehdr_start + __ehdr_start.e_phoff ? "ok" : "differs");
	printf("AT_PHNUM %s\n", getauxval(AT_PHNUM) == __ehdr_start.e_phnum ? "ok" : "differs");
	printf("AT_ENTRY %s\n", getauxval(AT_ENTRY) == (unsigned long)_start ? "ok" : "differs");
	printf("AT_BASE %s, AT_SECURE %lu, AT_PAGESZ %lu\n", getauxval(AT_BASE) ? "there" : "0",
	       getauxval(AT_SECURE),
	       getauxval(AT_PAGESZ));
	printf("AT_UID %s\n", getauxval(AT_UID) == getuid() ? "ok" : "differs");
	printf("AT_SYSINFO_EHDR %s\n", getauxval(AT_SYSINFO_EHDR) ? "there" : "missing");
	printf("AT_RANDOM %s\n", getauxval(AT_RANDOM) ? "there" : "missing");
	free(text);
}

static void heap(void)
{
	char *a = sbrk(0), *b = sbrk(4096);
	bool grows = a == b && sbrk(0) == b + 4096, shrinks;

	b[4095] = 1;
	shrinks = sbrk(-4096) == b + 4096;
	/* Only now: stdio takes memory of the heap. */
	printf("brk %s, %s\n", grows ? "grows" : "fails to grow", shrinks ? "shrinks" : "fails to shrink");
}

int main(void)
{
	/* More mappings with names: a file of the rootfs and one of a bind. */
	int a = open("/etc/passwd", O_RDONLY), b = open("/mnt/data/file", O_RDONLY);

	NEED(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, a, 0) != MAP_FAILED);
	NEED(mmap(NULL, 4096, PROT_READ, MAP_SHARED, b, 0) != MAP_FAILED);
	heap();
	maps("/proc/self/maps");
	maps("/proc/thread-self/maps");
	maps("/proc/self/smaps");
	mounts("/proc/self/mounts", 2);
	mounts("/proc/mounts", 2);
	mounts("/proc/self/mountinfo", 5);
	mounts("/proc/thread-self/mountinfo", 5);
	status();
	stat_fields();
	args_and_env();
	names();
	aux_vector();
	SHOW(prctl(PR_GET_SECCOMP));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_GET_DUMPABLE));
	SHOW(prctl(PR_GET_PDEATHSIG, &a));
	SHOW(prctl(PR_GET_CHILD_SUBREAPER, &a));
	return 0;
}
