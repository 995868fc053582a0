/* SPDX-License-Identifier: MIT */
/*
 * Whatever a file holds, planning its exec ends, within memory. Every name that is asked for
 * opens the same bytes, with the first one cut off, so that interpreters and scripts are odd too.
 *
 * clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc tests/fuzz/fuzz_elf.c \
 *	src/exec/{plan,elf,shebang,file}.c src/arch/elf_machine.c -ltalloc -o build/fuzz_elf
 */
#include <errno.h>
#include <stdlib.h>
#include <talloc.h>

#include "exec/plan.h"

static int input_look(void *ctx, const struct exec_file *f, enum exec_part part)
{
	(void)ctx;
	(void)f;
	(void)part;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
	int opened;
};

static int input_open(void *ctx, const char *name, struct exec_file *ret)
{
	struct input *in = ctx;

	if (in->opened >= 8 || name[0] == 'n')
		return -ENOENT;
	*ret = (struct exec_file){ .guest = "/g", .host = "/h", .read = exec_file_read_data };
	ret->data = in->data;
	ret->size = in->size;
	if (in->opened++ && in->size > 1) {
		in->data++;
		in->size--;
	}
	return 0;
}

static void input_close(void *ctx, struct exec_file *f)
{
	(void)ctx;
	(void)f;
}

static int input_keep(void *ctx, struct exec_file *f)
{
	(void)ctx;
	(void)f;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct exec_host host = { .loader = { "/loader", "/loader32" } };
	struct input in = { data, size, 0 };
	struct exec_ops ops = {
		.open = input_open,
		.close = input_close,
		.keep = input_keep,
		.look = input_look,
		.ctx = &in,
	};
	struct exec_request rq = { .filename = "/program", .host = &host };
	void *ctx = talloc_new(NULL);
	struct exec_plan *plan;

	if (exec_plan_build(ctx, &ops, &rq, &plan) == 0 && !plan->kernel_path)
		abort();
	talloc_free(ctx);
	return 0;
}
