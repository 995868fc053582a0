// SPDX-License-Identifier: MIT
/* How far the reading of archives has come is told as a part of all that is to be read. */
#include "image/archive.h"

#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/progress.h"
#include "unit.h"

enum { BLOCK = 512, FIRST = 100, LAST_BLOCKS = 20 };

struct told {
	struct progress progress;
	uint64_t done, total;
};

static void tell(struct progress *p, uint64_t done, uint64_t total)
{
	struct told *t = (struct told *)p;

	ck_assert_uint_ge(done, t->done);
	t->done = done;
	t->total = total;
}

/* An archive of nothing, behind bytes that were read already. */
static void fill(int fd)
{
	static const char zeros[LAST_BLOCKS * BLOCK];
	char first[FIRST];

	memset(first, 'x', sizeof(first));
	ck_assert_int_eq(write(fd, first, sizeof(first)), FIRST);
	ck_assert_int_eq(write(fd, zeros, sizeof(zeros)), sizeof(zeros));
	ck_assert_int_eq(lseek(fd, FIRST, SEEK_SET), FIRST);
}

static void read_all(void *ctx, const struct source *src)
{
	struct fail fail = { "" };
	struct tarball *t = tarball_open(ctx, src, 0, &fail);
	struct archive_entry *e;

	ck_assert_msg(t && tarball_next(t, &e, &fail) == 0, "%s", fail.text);
	talloc_free(t);
}

START_TEST(tells_of_files)
{
	char name[] = "/tmp/pr-archive-XXXXXX";
	struct told told = { { tell }, 0, 0 };
	void *ctx = talloc_new(NULL);
	int fd = mkstemp(name);
	struct source src;

	unlink(name);
	fill(fd);
	src = source_of_fd(&fd);
	ck_assert_uint_eq(src.size, LAST_BLOCKS * BLOCK);
	src.progress = &told.progress;
	read_all(ctx, &src);
	ck_assert_uint_eq(told.done, src.size);
	ck_assert_uint_eq(told.total, src.size);
	/* The second of two. */
	ck_assert_int_eq(lseek(fd, FIRST, SEEK_SET), FIRST);
	src.before = 50000;
	src.total = 50000 + src.size;
	read_all(ctx, &src);
	ck_assert_uint_eq(told.done, src.total);
	ck_assert_uint_eq(told.total, src.total);
	close(fd);
	talloc_free(ctx);
}
END_TEST

START_TEST(knows_no_size_of_pipes)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_uint_eq(source_of_fd(&ends[0]).size, 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("image_archive");

	unit_add(s, "tells_of_files", tells_of_files);
	unit_add(s, "knows_no_size_of_pipes", knows_no_size_of_pipes);
	return s;
}

UNIT_MAIN(suite)
