/* SPDX-License-Identifier: MIT */
/* A walk over a new program's stack to its auxiliary vector; getauxval(3), fs/binfmt_elf.c. */
#include "syscall/execstack.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

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

static int find_auxv(const struct tracee *t, uint64_t at, unsigned size, uint64_t type,
		     uint64_t *ret)
{
	uint64_t tag, value;

	for (int i = 0; i < 128; i++, at += 2 * size) {
		if (mem_read_word(t, at, size, &tag) < 0 ||
		    mem_read_word(t, at + size, size, &value) < 0)
			return -EFAULT;
		if (tag == AT_NULL)
			return -ENOENT;
		if (tag == type) {
			*ret = value;
			return 0;
		}
	}
	return -ENOENT;
}

int execstack_set_execfn(struct tracee *t, uint64_t sp, unsigned word_bytes, const char *filename)
{
	uint64_t at = sp + word_bytes, execfn = 0;
	int r = skip_words(t, &at, word_bytes);

	if (r == 0)
		r = skip_words(t, &at, word_bytes);
	if (r == 0)
		r = find_auxv(t, at, word_bytes, AT_EXECFN, &execfn);
	return r < 0 ? r : mem_write(t, execfn, filename, strlen(filename) + 1);
}
