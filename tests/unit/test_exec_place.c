/* SPDX-License-Identifier: MIT */
/* The loader's file given a fixed place, or less memory; and the agent's table in it. */
#include "exec/place.h"

#include <elf.h>
#include <string.h>
#include <talloc.h>

#include "agent/agent.h"
#include "arch/agent_site.h"
#include "arch/loader.h"
#include "exec/blob.h"
#include "unit.h"

static unsigned char *copy(void *ctx, size_t *size)
{
	*size = (size_t)(blob_loader_end - blob_loader_begin);
	return talloc_memdup(ctx, blob_loader_begin, *size);
}

static uint64_t span(const unsigned char *file)
{
	const Elf64_Ehdr *h = (const void *)file;
	const Elf64_Phdr *p = (const void *)(file + h->e_phoff);
	uint64_t end = 0;

	for (int i = 0; i < h->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && p[i].p_vaddr + p[i].p_memsz > end)
			end = p[i].p_vaddr + p[i].p_memsz;
	return end;
}

START_TEST(places)
{
	uint64_t seen = place_choose();
	bool differs = false;

	for (int i = 0; i < 1000; i++) {
		uint64_t base = place_choose();

		differs |= base != seen;
		ck_assert_uint_ge(base, LOADER_WINDOW_LOW);
		ck_assert_uint_le(base + LOADER_AGENT_SPAN, LOADER_WINDOW_HIGH);
		ck_assert_uint_eq(base >> 32, (base + LOADER_AGENT_SPAN) >> 32);
		ck_assert_uint_eq(base % 4096, 0);
	}
	ck_assert(differs);
}
END_TEST

START_TEST(fixed)
{
	void *ctx = talloc_new(NULL);
	const uint64_t base = 0x7e9000400000;
	size_t size;
	unsigned char *file = copy(ctx, &size);
	const Elf64_Ehdr *h = (const void *)file;
	uint64_t was = span(file);

	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return;
	place_fix(file, size, base);
	ck_assert_int_eq(h->e_type, ET_EXEC);
	ck_assert_uint_eq(h->e_entry, base + LOADER_ENTRY);
	ck_assert_uint_eq(span(file), base + was);
	talloc_free(ctx);
}
END_TEST

START_TEST(trimmed)
{
	void *ctx = talloc_new(NULL);
	size_t size;
	unsigned char *file = copy(ctx, &size);

	if (((const Elf64_Ehdr *)(const void *)file)->e_ident[EI_CLASS] != ELFCLASS64)
		return;
	place_trim(file, size, LOADER_SPAN);
	ck_assert_uint_eq(span(file), LOADER_SPAN);
	talloc_free(ctx);
}
END_TEST

/* The parts of the agent's code, in their order, within the window. */
START_TEST(table)
{
	struct agent_table t;
	uint32_t at[9], place = LOADER_AGENT_TABLE;

	if (blob_loader_begin[EI_CLASS] != ELFCLASS64 || !arch_has_agent)
		return;
	memcpy(&t, blob_loader_begin + LOADER_AGENT_TABLE, sizeof(t));
	at[0] = place + offsetof(struct agent_table, entry) + t.entry;
	at[1] = place + offsetof(struct agent_table, owned) + t.owned;
	at[2] = place + offsetof(struct agent_table, serving) + t.serving;
	at[3] = place + offsetof(struct agent_table, done) + t.done;
	at[4] = place + offsetof(struct agent_table, fall) + t.fall;
	at[5] = place + offsetof(struct agent_table, final) + t.final;
	at[6] = place + offsetof(struct agent_table, final_end) + t.final_end;
	at[7] = place + offsetof(struct agent_table, end) + t.end;
	for (int i = 1; i < 8; i++)
		ck_assert_uint_lt(at[i - 1], at[i]);
	ck_assert_uint_eq(at[0] % AGENT_STEP_BYTES, 0);
	ck_assert_uint_gt(at[1], at[0] + AGENT_SLOTS * AGENT_STEP_BYTES);
	ck_assert_uint_lt(at[7], LOADER_AGENT_TABLE);
	ck_assert_uint_eq(at[6], at[5] + 2); /* a call instruction */
	ck_assert_uint_lt(t.taken, AGENT_STEP_BYTES);
	ck_assert_uint_eq(t.mm, LOADER_AGENT);
	ck_assert_uint_le(t.slots + AGENT_SLOTS * AGENT_SLOT_STRIDE, LOADER_COUNTS);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("exec_place");
	TCase *tc = tcase_create("place");

	tcase_add_test(tc, places);
	tcase_add_test(tc, fixed);
	tcase_add_test(tc, trimmed);
	tcase_add_test(tc, table);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(suite)
