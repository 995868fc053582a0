/* SPDX-License-Identifier: MIT */
/* A walk over a new program's stack to its auxiliary vector; getauxval(3), fs/binfmt_elf.c. */
#include "syscall/execstack.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "exec/ids.h"
#include "tracee/mem.h"
#include "tracee/tracee.h"

/* Skips words up to and with the NULL that ends them. */
static int skip_words(const struct tracee *t, uint64_t *at, unsigned size)
{
	uint64_t chunk[64], word;
	size_t got;

	for (;;) {
		got = mem_read_some(t, *at, chunk, sizeof(chunk)) / size;
		if (got == 0)
			return -EFAULT;
		for (size_t i = 0; i < got; i++) {
			word = 0;
			memcpy(&word, (const char *)chunk + i * size, size);
			*at += size;
			if (word == 0)
				return 0;
		}
	}
}

enum { ENTRIES_MAX = 128 };

/* Where the strings are that we write. */
struct strings {
	uint64_t execfn, platform;
};

/* Their addresses to *ret. Returns the bytes in front of AT_NULL, or -ENOENT. */
static int find_strings(const char *entry, size_t count, unsigned size, struct strings *ret)
{
	*ret = (struct strings){ 0 };
	for (size_t i = 0; i < count; i++, entry += 2 * size) {
		uint64_t type = 0;

		memcpy(&type, entry, size);
		if (type == AT_NULL)
			return ret->execfn ? (int)(i * 2 * size) : -ENOENT;
		if (type == AT_EXECFN)
			memcpy(&ret->execfn, entry + size, size);
		if (type == AT_PLATFORM)
			memcpy(&ret->platform, entry + size, size);
	}
	return -ENOENT;
}

/* The kernel's string is ELF_PLATFORM, or uname(2)'s machine. */
static int correct_platform(struct tracee *t, uint64_t at)
{
	const struct exec_machine *m = t->mm->told.machine;
	char now[64] = "";
	size_t size = m && m->platform ? strlen(m->platform) + 1 : 0;

	if (!size || !at)
		return 0;
	mem_read_some(t, at, now, sizeof(now) - 1);
	return size <= strlen(now) + 1 ? mem_write(t, at, m->platform, size) : 0;
}

/* The whole vector is read at once, and written back only where it holds what is not so. */
static int correct_auxv(struct tracee *t, uint64_t at, unsigned size, struct strings *ret)
{
	const struct exec_ids *told = &t->mm->told;
	char vector[ENTRIES_MAX * 2 * sizeof(uint64_t)];
	size_t got = mem_read_some(t, at, vector, (size_t)ENTRIES_MAX * 2 * size);
	int r = find_strings(vector, got / (2 * size), size, ret);

	if (r < 0 || !told->word_bytes)
		return r < 0 ? r : 0;
	exec_ids_correct(told, vector, (size_t)r);
	return mem_write(t, at, vector, (size_t)r);
}

int execstack_correct(struct tracee *t, uint64_t sp, unsigned word_bytes, const char *filename)
{
	uint64_t at = sp + word_bytes;
	struct strings strings;
	int r = skip_words(t, &at, word_bytes);

	if (r == 0)
		r = skip_words(t, &at, word_bytes);
	if (r == 0)
		r = correct_auxv(t, at, word_bytes, &strings);
	if (r == 0)
		r = correct_platform(t, strings.platform);
	return r < 0 ? r : mem_write(t, strings.execfn, filename, strlen(filename) + 1);
}
