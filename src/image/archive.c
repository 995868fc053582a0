// SPDX-License-Identifier: MIT
/*
 * tar over the feed's decoded bytes. libarchive's own filters are not asked for here, so that the
 * thread that parses never waits for one that decodes but in feed_next.
 */
#include "image/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "base/progress.h"
#include "image/feed.h"

struct tarball {
	struct archive *tar;
	struct feed *feed;
	int feed_error;
	struct progress *progress;
	uint64_t before, total;
};

static void tell(const struct tarball *t)
{
	progress_tell(t->progress, t->before + feed_taken(t->feed), t->total);
}

static ssize_t read_feed(struct archive *a, void *ctx, const void **ret)
{
	struct tarball *t = ctx;
	ssize_t n = feed_next(t->feed, ret);

	tell(t);
	if (n >= 0)
		return n;
	t->feed_error = (int)n;
	archive_set_error(a, (int)-n, "%s", feed_failure(t->feed));
	return -1;
}

static int fail_from(struct tarball *t, struct fail *fail)
{
	const char *why = archive_error_string(t->tar);

	if (t->feed_error) {
		fail_set(fail, "%s", feed_failure(t->feed));
		return t->feed_error;
	}
	if (archive_errno(t->tar) == ENOMEM)
		return fail_errno(fail, ENOMEM, "the archive cannot be read");
	fail_set(fail, "broken or cut off: %s", why ? why : "no tar archive");
	return -EBADMSG;
}

static int close_tar(struct tarball *t)
{
	if (t->tar)
		archive_read_free(t->tar);
	return 0;
}

static int open_tar(struct tarball *t)
{
	t->tar = archive_read_new();
	if (!t->tar)
		return ARCHIVE_FATAL;
	talloc_set_destructor(t, close_tar);
	archive_read_support_format_tar(t->tar);
	archive_read_support_format_empty(t->tar);
	return archive_read_open(t->tar, t, NULL, read_feed, NULL);
}

struct tarball *tarball_open(void *ctx, const struct source *src, uint32_t ratio,
			     struct fail *fail)
{
	struct tarball *t = talloc_zero(ctx, struct tarball);

	if (!t) {
		fail_set(fail, "no memory");
		return NULL;
	}
	t->progress = src->progress;
	t->before = src->before;
	t->total = src->total ? src->total : src->size;
	t->feed = feed_open(t, src, ratio, fail);
	if (!t->feed) {
		talloc_free(t);
		return NULL;
	}
	if (open_tar(t) < ARCHIVE_WARN) {
		fail_from(t, fail);
		talloc_free(t);
		return NULL;
	}
	return t;
}

/* What stands behind the end of the archive: padding, indexes for others. */
static int drain(struct tarball *t, struct fail *fail)
{
	const void *bytes;
	ssize_t n;

	while ((n = feed_next(t->feed, &bytes)) > 0)
		tell(t);
	if (n < 0)
		fail_set(fail, "%s", feed_failure(t->feed));
	return (int)n;
}

int tarball_next(struct tarball *t, struct archive_entry **ret, struct fail *fail)
{
	int r = archive_read_next_header(t->tar, ret);

	if (r == ARCHIVE_EOF)
		return drain(t, fail);
	return r < ARCHIVE_WARN ? fail_from(t, fail) : 1;
}

int tarball_data(struct tarball *t, const void **ret_bytes, size_t *ret_size, uint64_t *ret_offset,
		 struct fail *fail)
{
	la_int64_t offset;
	int r = archive_read_data_block(t->tar, ret_bytes, ret_size, &offset);

	*ret_offset = (uint64_t)offset;
	if (r == ARCHIVE_EOF)
		return 0;
	return r < ARCHIVE_WARN ? fail_from(t, fail) : 1;
}

uint64_t tarball_position(const struct tarball *t)
{
	return (uint64_t)archive_filter_bytes(t->tar, 0);
}

int tarball_is_plain(const struct tarball *t)
{
	return feed_is_plain(t->feed);
}
