/* SPDX-License-Identifier: MIT */
/*
 * The guest's own pointers stay as they are and are copied behind ours: its strings are the
 * kernel's to read, and to find fault with.
 */
#include "syscall/execargv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

#include "exec/plan.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* Of argv or the environment: a string of ours, or where the guest has one, 0 at the end. */
struct word {
	const char *text;
	uint64_t pointer;
};

/* Both, one behind the other. Child of the tracee. */
struct words {
	struct word *list;
	size_t count, texts, bytes; /* bytes: of the texts */
	size_t environment;	    /* where that begins; 0: it stays as it is */
};

static int add(struct words *w, const char *text, uint64_t pointer)
{
	if (w->count == talloc_array_length(w->list)) {
		w->list = talloc_realloc(w, w->list, struct word, 2 * w->count + 32);
		if (!w->list)
			return -ENOMEM;
	}
	w->list[w->count++] = (struct word){ text, pointer };
	if (text) {
		w->texts++;
		w->bytes += strlen(text) + 1;
	}
	return 0;
}

/* The guest's pointers at `array`, the 0 not among them: how many, or -errno. */
static int read_pointers(struct call *c, void *ctx, uint64_t array, uint64_t **ret)
{
	enum { COUNT_MAX = 0x7fffff };
	unsigned size = c->abi->word_bytes;
	uint64_t word = 0;
	int n = 0;

	*ret = NULL;
	for (; array; n++) {
		if (mem_read_word(c->t, array + (uint64_t)n * size, size, &word) < 0)
			return -EFAULT;
		if (word == 0)
			break;
		if (n == COUNT_MAX)
			return -E2BIG;
		if ((size_t)n == talloc_array_length(*ret))
			*ret = talloc_realloc(ctx, *ret, uint64_t, 2 * (size_t)n + 32);
		if (!*ret)
			return -ENOMEM;
		(*ret)[n] = word;
	}
	return n;
}

/*
 * Is that a variable of the dynamic linker's that can be handed over? At a comma "-E" would begin
 * another; who has one there keeps it where it was, for the emulator to pass on.
 */
static bool is_linkers(const struct call *c, uint64_t variable)
{
	char text[4096];
	size_t n = mem_read_some(c->t, variable, text, sizeof(text));

	return n > 3 && memcmp(text, "LD_", 3) == 0 && memchr(text, '\0', n) &&
	       strchr(text, '=') && !strchr(text, ',');
}

static int add_argv(struct call *c, struct words *w, const struct exec_plan *plan, uint64_t argv)
{
	uint64_t *own;
	int n = read_pointers(c, w, argv, &own), r = n < 0 ? n : 0;

	for (size_t i = 0; i < plan->word_count && r == 0; i++) {
		if (plan->words[i] == exec_word_argv0 && n > 0)
			r = add(w, NULL, own[0]);
		else
			r = add(w, plan->words[i], 0);
	}
	for (int i = 1; i < n && r == 0; i++)
		r = add(w, NULL, own[i]);
	return r < 0 ? r : add(w, NULL, 0);
}

/* "-E VARIABLE", in front of what stands at `at` now. */
static int insert_linkers(struct words *w, size_t at, uint64_t variable)
{
	const struct word both[2] = { { "-E", 0 }, { NULL, variable } };
	int r = add(w, both[0].text, 0);

	if (r == 0)
		r = add(w, NULL, variable);
	if (r < 0)
		return r;
	memmove(w->list + at + 2, w->list + at, (w->count - 2 - at) * sizeof(*w->list));
	memcpy(w->list + at, both, sizeof(both));
	return 0;
}

/* The linker's variables go to argv, and the rest stays, where there are any. */
static int add_environment(struct call *c, struct words *w, const struct exec_plan *plan,
			   uint64_t envp)
{
	uint64_t *env;
	int n = read_pointers(c, w, envp, &env), r = 0;
	bool *linkers = talloc_zero_array(w, bool, n > 0 ? (size_t)n : 1);
	size_t at = plan->environment_at;

	if (n < 0 || !linkers)
		return n < 0 ? n : -ENOMEM;
	for (int i = 0; i < n && r == 0; i++) {
		linkers[i] = is_linkers(c, env[i]);
		if (linkers[i])
			r = insert_linkers(w, at, env[i]);
		at += linkers[i] ? 2 : 0;
	}
	if (r < 0 || at == plan->environment_at)
		return r;
	w->environment = w->count;
	for (int i = 0; i < n && r == 0; i++)
		if (!linkers[i])
			r = add(w, NULL, env[i]);
	return r < 0 ? r : add(w, NULL, 0);
}

/* All of it as one piece of memory: pointers, of which those to `texts` are yet 0, then texts. */
struct image {
	size_t size, *texts_at;
	char *bytes;
};

static int image_build(const struct call *c, const struct words *w, struct image *ret)
{
	unsigned word = c->abi->word_bytes;
	size_t at = w->count * word;

	ret->size = at + w->bytes;
	ret->texts_at = talloc_zero_array(w, size_t, w->count);
	ret->bytes = talloc_zero_size(w, ret->size);
	if (!ret->texts_at || !ret->bytes)
		return -ENOMEM;
	for (size_t i = 0; i < w->count; i++) {
		const char *text = w->list[i].text;

		memcpy(ret->bytes + i * word, &w->list[i].pointer, word);
		if (!text)
			continue;
		ret->texts_at[i] = at;
		memcpy(ret->bytes + at, text, strlen(text) + 1);
		at += strlen(text) + 1;
	}
	return 0;
}

/* Too long for a slot: in memory of its own, where the addresses are known beforehand. */
static int put_far(struct call *c, const struct words *w, struct image *image)
{
	unsigned word = c->abi->word_bytes;
	uint64_t where = mm_lend(c->t, image->size), pointer;

	if (!where) {
		c->need_bytes = image->size;
		return 0;
	}
	for (size_t i = 0; i < w->count; i++) {
		pointer = where + image->texts_at[i];
		if (w->list[i].text)
			memcpy(image->bytes + i * word, &pointer, word);
	}
	call_set_arg(c, 1, where);
	if (w->environment)
		call_set_arg(c, 2, where + w->environment * word);
	return mem_write(c->t, where, image->bytes, image->size);
}

static int put(struct call *c, const struct words *w, struct image *image)
{
	unsigned word = c->abi->word_bytes;
	size_t at;
	int r = w->texts > STAGE_POINTERS ? -ENAMETOOLONG
					  : call_stage(c, image->bytes, image->size, &at);

	if (r < 0)
		return put_far(c, w, image);
	for (size_t i = 0; i < w->count && r == 0; i++)
		if (w->list[i].text)
			r = call_point_staged(c, at + i * word, at + image->texts_at[i]);
	if (r == 0)
		r = call_point_arg(c, 1, at);
	return r < 0 || !w->environment ? r : call_point_arg(c, 2, at + w->environment * word);
}

int execargv_replace(struct call *c, const struct exec_plan *plan, uint64_t argv, uint64_t envp)
{
	struct words *w = talloc_zero(c->t, struct words);
	struct image image;
	int r = w ? add_argv(c, w, plan, argv) : -ENOMEM;

	if (r == 0 && plan->emulator)
		r = add_environment(c, w, plan, envp);
	if (r == 0)
		r = image_build(c, w, &image);
	if (r == 0)
		r = put(c, w, &image);
	talloc_free(w);
	return r;
}
