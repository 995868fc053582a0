/* SPDX-License-Identifier: MIT */
/*
 * The guest's own pointers stay as they are and are copied behind ours: its strings are the
 * kernel's to read, and to find fault with.
 */
#include "syscall/execargv.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

#include "exec/plan.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/tracee.h"

enum { ARGV_WORDS_MAX = 2 * 6 + 1 }; /* five scripts with an argument each, and the first's name */

/* Reads the guest's argv from index 1 on: the number of words, the NULL not counted, or -errno. */
static int count_words(const struct call *c, uint64_t argv)
{
	unsigned size = c->abi->word_bytes;
	uint64_t word;
	int n = 0;

	if (argv == 0)
		return 0;
	for (;; n++) {
		if (mem_read_word(c->t, argv + (uint64_t)n * size, size, &word) < 0)
			return -EFAULT;
		if (word == 0)
			return n;
		if (n == 0x7fffff)
			return -E2BIG;
	}
}

/* The new argv as one piece of memory: the pointers, then our words. Child of the tracee. */
struct argv_image {
	size_t size, words_at[ARGV_WORDS_MAX];
	char bytes[];
};

static int argv_image_build(struct call *c, const struct exec_plan *plan, uint64_t argv,
			    struct argv_image **ret)
{
	unsigned word = c->abi->word_bytes;
	int n = count_words(c, argv);
	size_t rest = n > 1 ? (size_t)n - 1 : 0, at = (plan->word_count + rest + 1) * word;
	size_t size = at;
	struct argv_image *image;

	if (n < 0 || plan->word_count > ARGV_WORDS_MAX)
		return n < 0 ? n : -E2BIG;
	for (size_t i = 0; i < plan->word_count; i++)
		size += strlen(plan->words[i]) + 1;
	image = talloc_zero_size(c->t, sizeof(*image) + size);
	if (!image)
		return -ENOMEM;
	*ret = image;
	image->size = size;
	for (size_t i = 0; i < plan->word_count; i++) {
		size_t len = strlen(plan->words[i]) + 1;
		memcpy(image->bytes + at, plan->words[i], len);
		image->words_at[i] = at;
		at += len;
	}
	if (rest == 0)
		return 0;
	return mem_read(c->t, argv + word, image->bytes + plan->word_count * word, rest * word);
}

/* Too long for a slot: in memory of its own, where the addresses are known beforehand. */
static int argv_put_far(struct call *c, struct argv_image *image, size_t words, unsigned arg)
{
	unsigned word = c->abi->word_bytes;
	uint64_t where = mm_lend(c->t, image->size), pointer;

	if (!where) {
		c->need_bytes = image->size;
		return 0;
	}
	for (size_t i = 0; i < words; i++) {
		pointer = where + image->words_at[i];
		memcpy(image->bytes + i * word, &pointer, word);
	}
	call_set_arg(c, arg, where);
	return mem_write(c->t, where, image->bytes, image->size);
}

static int argv_put(struct call *c, struct argv_image *image, size_t words, unsigned arg)
{
	unsigned word = c->abi->word_bytes;
	size_t at;
	int r = call_stage(c, image->bytes, image->size, &at);

	if (r < 0)
		return argv_put_far(c, image, words, arg);
	for (size_t i = 0; i < words && r == 0; i++)
		r = call_point_staged(c, at + i * word, at + image->words_at[i]);
	return r < 0 ? r : call_point_arg(c, arg, at);
}

int execargv_replace(struct call *c, const struct exec_plan *plan, uint64_t argv, unsigned arg)
{
	struct argv_image *image = NULL;
	int r = argv_image_build(c, plan, argv, &image);

	if (r == 0)
		r = argv_put(c, image, plan->word_count, arg);
	talloc_free(image);
	return r;
}
