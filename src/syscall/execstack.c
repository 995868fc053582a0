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

/*
 * Goes through the vector at once: the name's address to *ret_execfn, the ids put right. Returns
 * the bytes in front of AT_NULL, or -ENOENT.
 */
static int correct_entries(char *block, size_t count, unsigned size, const struct exec_ids *told,
			   uint64_t *ret_execfn)
{
	for (size_t i = 0; i < count; i++, block += 2 * size) {
		uint64_t type = 0, value = 0;

		memcpy(&type, block, size);
		memcpy(&value, block + size, size);
		if (type == AT_NULL)
			return (int)(i * 2 * size);
		if (type == AT_EXECFN)
			*ret_execfn = value;
		else if (told->word_bytes && exec_ids_entry(told, type, &value))
			memcpy(block + size, &value, size);
	}
	return -ENOENT;
}

static int correct_auxv(struct tracee *t, uint64_t at, unsigned size, uint64_t *ret_execfn)
{
	const struct exec_ids *told = &t->mm->told;
	char block[ENTRIES_MAX * 2 * sizeof(uint64_t)];
	size_t got = mem_read_some(t, at, block, (size_t)ENTRIES_MAX * 2 * size);
	int r = correct_entries(block, got / (2 * size), size, told, ret_execfn);

	if (r < 0 || !*ret_execfn)
		return -ENOENT;
	return told->word_bytes ? mem_write(t, at, block, (size_t)r) : 0;
}

int execstack_correct(struct tracee *t, uint64_t sp, unsigned word_bytes, const char *filename)
{
	uint64_t at = sp + word_bytes, execfn = 0;
	int r = skip_words(t, &at, word_bytes);

	if (r == 0)
		r = skip_words(t, &at, word_bytes);
	if (r == 0)
		r = correct_auxv(t, at, word_bytes, &execfn);
	return r < 0 ? r : mem_write(t, execfn, filename, strlen(filename) + 1);
}
