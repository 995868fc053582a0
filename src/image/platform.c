/* SPDX-License-Identifier: MIT */
/* Platforms: the names that Go has for processors, and which of their variants a host can run. */
#include "image/platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* uname(2)'s names, and Go's. */
static const struct {
	const char *machine, *architecture, *variant;
} machines[] = {
	{ "x86_64", "amd64", "" },
	{ "aarch64", "arm64", "v8" },
	{ "armv8l", "arm", "v7" },
	{ "armv7l", "arm", "v7" },
	{ "armv6l", "arm", "v6" },
	{ "i386", "386", "" },
	{ "i486", "386", "" },
	{ "i586", "386", "" },
	{ "i686", "386", "" },
	{ "riscv64", "riscv64", "" },
	{ "ppc64le", "ppc64le", "" },
	{ "s390x", "s390x", "" },
	{ "loongarch64", "loong64", "" },
};

enum { MACHINES = sizeof(machines) / sizeof(machines[0]) };

/* What each level of x86-64 adds (the psABI's list, in /proc/cpuinfo's words). */
static const char *const levels[] = {
	"cx16 popcnt sse4_1 sse4_2 ssse3",
	"avx avx2 bmi1 bmi2 f16c fma movbe",
	"avx512f avx512bw avx512cd avx512dq avx512vl",
};

static bool has_word(const char *line, const char *word, size_t len)
{
	for (; *line; line += strspn(line, " \t\n")) {
		size_t n = strcspn(line, " \t\n");

		if (n == len && strncmp(line, word, len) == 0)
			return true;
		line += n;
	}
	return false;
}

static bool has_words(const char *line, const char *words)
{
	for (; *words; words += strspn(words, " ")) {
		size_t len = strcspn(words, " ");

		if (!has_word(line, words, len))
			return false;
		words += len;
	}
	return true;
}

/* 1 to 4. */
static int x86_level(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t size = 0, level = 0;

	while (f && getline(&line, &size, f) > 0) {
		if (strncmp(line, "flags", 5) != 0)
			continue;
		while (level < 3 && has_words(line, levels[level]))
			level++;
		break;
	}
	free(line);
	if (f)
		fclose(f);
	return (int)level + 1;
}

static bool by_machine(const char *machine, struct platform *ret)
{
	for (int i = 0; i < MACHINES; i++) {
		if (strcmp(machines[i].machine, machine) != 0 &&
		    strcmp(machines[i].architecture, machine) != 0)
			continue;
		snprintf(ret->architecture, sizeof(ret->architecture), "%s",
			 machines[i].architecture);
		snprintf(ret->variant, sizeof(ret->variant), "%s", machines[i].variant);
		return true;
	}
	return false;
}

void platform_host(struct platform *ret)
{
	struct utsname u;

	*ret = (struct platform){ .os = "linux" };
	if (uname(&u) < 0 || !by_machine(u.machine, ret))
		snprintf(ret->architecture, sizeof(ret->architecture), "%.15s", u.machine);
	if (strcmp(ret->architecture, "amd64") == 0)
		snprintf(ret->variant, sizeof(ret->variant), "v%d", x86_level());
}

static int bad_platform(const char *text, struct fail *fail)
{
	fail_set(fail, "--platform '%.80s': write [OS/]ARCHITECTURE[/VARIANT], as linux/arm64",
		 text);
	return -EINVAL;
}

/* The next part of "a/b/c" into ret[16]; false where it does not fit or is empty. */
static bool take_part(const char **p, char ret[16])
{
	size_t len = strcspn(*p, "/");

	if (len == 0 || len > 15)
		return false;
	snprintf(ret, 16, "%.*s", (int)len, *p);
	*p += len + ((*p)[len] == '/');
	return true;
}

int platform_parse(const char *text, struct platform *ret, struct fail *fail)
{
	const char *p = text;
	char word[16];

	*ret = (struct platform){ .os = "linux" };
	if (!take_part(&p, word))
		return bad_platform(text, fail);
	if (!by_machine(word, ret)) {
		snprintf(ret->os, sizeof(ret->os), "%s", word);
		if (!take_part(&p, word))
			return bad_platform(text, fail);
		if (!by_machine(word, ret))
			snprintf(ret->architecture, sizeof(ret->architecture), "%s", word);
	}
	if (*p && !take_part(&p, ret->variant))
		return bad_platform(text, fail);
	return *p ? bad_platform(text, fail) : 0;
}

/* "v7" is 7; what is left out is the least that there is, or any. */
static int variant_number(const char *variant)
{
	return variant[0] == 'v' ? atoi(variant + 1) : atoi(variant);
}

bool platform_fits(const struct platform *host, const struct platform *image)
{
	if (image->os[0] && strcmp(image->os, host->os) != 0)
		return false;
	if (image->architecture[0] && strcmp(image->architecture, host->architecture) != 0)
		return false;
	return !host->variant[0] || !image->variant[0] ||
	       variant_number(image->variant) <= variant_number(host->variant);
}

void platform_print(const struct platform *p, char ret[52])
{
	snprintf(ret, 52, "%s/%s%s%s", p->os, p->architecture, p->variant[0] ? "/" : "",
		 p->variant);
}
