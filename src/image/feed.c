// SPDX-License-Identifier: MIT
/*
 * One ring of blocks. The thread fills the block at `head`, the reader holds the one at `tail`
 * from one feed_next to the next; a block is the one's or the other's, so its bytes need no lock.
 *
 * Bombs: a source that grows by more than `ratio`, once it has grown beyond the first GiB, fails.
 */
#include "image/feed.h"

#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 << 10, BLOCKS = 8, TAKEN_BYTES = 128 << 10, MAGIC_BYTES = 8 };

#define RATIO_FREE (1ULL << 30)

struct block {
	size_t len;
	char *bytes;
};

struct feed {
	struct source src;
	uint32_t ratio;
	bool plain, threaded;
	/* the source's side */
	char first[MAGIC_BYTES];
	size_t first_len, first_at;
	char *taken_bytes;
	uint64_t taken; /* atomic: told while the thread goes on */
	uint64_t given;
	int source_error; /* -errno of its read */
	struct archive *filters;
	/* the ring, under `lock` */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct block blocks[BLOCKS];
	unsigned head, tail; /* counts of blocks filled, and done with */
	bool held, ended, stopped;
	int error; /* -errno, behind the last block */
	struct fail fail;
};

/* ---- the source ------------------------------------------------------------------------------ */

static ssize_t read_fd(void *ctx, void *buf, size_t size)
{
	const int *fd = ctx;
	ssize_t n;

	do
		n = read(*fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

struct source source_of_fd(const int *fd)
{
	struct source src = { .read = read_fd, .ctx = (void *)fd };
	struct stat st;
	off_t at;

	if (fstat(*fd, &st) < 0 || !S_ISREG(st.st_mode))
		return src;
	at = lseek(*fd, 0, SEEK_CUR);
	if (at >= 0 && at < st.st_size)
		src.size = (uint64_t)(st.st_size - at);
	return src;
}

static ssize_t take(struct feed *f, void *buf, size_t size)
{
	ssize_t n;

	if (f->first_at < f->first_len) { /* was looked at already */
		size_t left = f->first_len - f->first_at;

		n = (ssize_t)(left < size ? left : size);
		memcpy(buf, f->first + f->first_at, (size_t)n);
		f->first_at += (size_t)n;
		return n;
	}
	n = f->src.read(f->src.ctx, buf, size);
	if (n < 0)
		f->source_error = (int)n;
	else
		__atomic_fetch_add(&f->taken, (uint64_t)n, __ATOMIC_RELAXED);
	return n;
}

static int look_at_first(struct feed *f)
{
	f->first_at = f->first_len = 0;
	while (f->first_len < sizeof(f->first)) {
		ssize_t n = f->src.read(f->src.ctx, f->first + f->first_len,
					sizeof(f->first) - f->first_len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		f->first_len += (size_t)n;
		f->taken += (uint64_t)n;
	}
	return 0;
}

/* zstd and lz4 have the same magic for these; libarchive wants a frame of data first. */
static bool is_skippable(const struct feed *f, uint32_t *ret_size)
{
	uint32_t magic;

	if (f->first_len < sizeof(f->first))
		return false;
	memcpy(&magic, f->first, sizeof(magic));
	memcpy(ret_size, f->first + sizeof(magic), sizeof(*ret_size));
	*ret_size = le32toh(*ret_size);
	return (le32toh(magic) & 0xfffffff0) == 0x184d2a50;
}

static int skip_frames(struct feed *f)
{
	uint32_t left;
	int r = look_at_first(f);

	while (r == 0 && is_skippable(f, &left)) {
		while (left) {
			ssize_t n = f->src.read(f->src.ctx, f->taken_bytes,
						left < TAKEN_BYTES ? left : TAKEN_BYTES);

			if (n < 0)
				return (int)n;
			if (n == 0)
				break;
			left -= (uint32_t)n;
			f->taken += (uint64_t)n;
		}
		r = look_at_first(f);
	}
	return r;
}

static bool is_compressed(const struct feed *f)
{
	static const struct {
		const char *bytes;
		size_t len;
	} magics[] = {
		{ "\x1f\x8b", 2 },   { "\x28\xb5\x2f\xfd", 4 }, { "\xfd" "7zXZ", 5 },
		{ "BZh", 3 },	     { "\x04\x22\x4d\x18", 4 }, { "\x02\x21\x4c\x18", 4 },
		{ "\x5d\x00\x00", 3 },
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (f->first_len >= magics[i].len &&
		    memcmp(f->first, magics[i].bytes, magics[i].len) == 0)
			return true;
	return false;
}

/* ---- decoding -------------------------------------------------------------------------------- */

static ssize_t read_for_filters(struct archive *a, void *ctx, const void **ret)
{
	struct feed *f = ctx;
	ssize_t n = take(f, f->taken_bytes, TAKEN_BYTES);

	*ret = f->taken_bytes;
	if (n < 0)
		archive_set_error(a, (int)-n, "%s", strerror((int)-n));
	return n < 0 ? -1 : n;
}

static int open_filters(struct feed *f)
{
	struct archive_entry *e;
	struct archive *a = f->filters = archive_read_new();

	if (!a)
		return ARCHIVE_FATAL;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (archive_read_open(a, f, NULL, read_for_filters, NULL) < ARCHIVE_WARN)
		return ARCHIVE_FATAL;
	return archive_read_next_header(a, &e);
}

static int filter_failure(struct feed *f)
{
	const char *why = f->filters ? archive_error_string(f->filters) : NULL;

	if (f->source_error)
		return fail_errno(&f->fail, -f->source_error, "cannot be read");
	fail_set(&f->fail, "broken or cut off: %s", why ? why : "no memory");
	return -EBADMSG;
}

static ssize_t decode(struct feed *f, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = f->plain ? take(f, buf + len, size - len)
				     : archive_read_data(f->filters, buf + len, size - len);

		if (n < 0)
			return filter_failure(f);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int check_ratio(struct feed *f)
{
	uint64_t taken = __atomic_load_n(&f->taken, __ATOMIC_RELAXED);

	if (f->given <= RATIO_FREE || f->ratio == TARBALL_ANY_RATIO ||
	    f->given / f->ratio <= taken)
		return 0;
	fail_set(&f->fail, "it grows to more than %u times its size (%llu bytes from %llu so far)",
		 f->ratio, (unsigned long long)f->given, (unsigned long long)taken);
	return -EFBIG;
}

/* One block's worth: its length, 0 at the end, or -errno. */
static ssize_t fill(struct feed *f, struct block *b)
{
	ssize_t n = decode(f, b->bytes, BLOCK_BYTES);
	int r;

	if (n <= 0)
		return n;
	f->given += (uint64_t)n;
	r = check_ratio(f);
	if (r < 0)
		return r;
	if (f->src.seen)
		f->src.seen(f->src.ctx, b->bytes, (size_t)n);
	b->len = (size_t)n;
	return n;
}

/* ---- the ring -------------------------------------------------------------------------------- */

static struct block *wait_for_room(struct feed *f)
{
	struct block *b = NULL;

	pthread_mutex_lock(&f->lock);
	while (!f->stopped && f->head - f->tail == BLOCKS)
		pthread_cond_wait(&f->moved, &f->lock);
	if (!f->stopped)
		b = &f->blocks[f->head % BLOCKS];
	pthread_mutex_unlock(&f->lock);
	return b;
}

static void *decoder(void *ctx)
{
	struct feed *f = ctx;
	struct block *b;
	ssize_t n = 1;

	while (n > 0 && (b = wait_for_room(f))) {
		n = fill(f, b);
		pthread_mutex_lock(&f->lock);
		if (n > 0)
			f->head++;
		else
			f->ended = true;
		if (n < 0)
			f->error = (int)n;
		pthread_cond_signal(&f->moved);
		pthread_mutex_unlock(&f->lock);
	}
	return NULL;
}

static ssize_t next_from_thread(struct feed *f, const void **ret)
{
	ssize_t n;

	pthread_mutex_lock(&f->lock);
	if (f->held) {
		f->tail++;
		if (f->head - f->tail <= BLOCKS / 2) /* not for every block */
			pthread_cond_signal(&f->moved);
	}
	while (f->head == f->tail && !f->ended)
		pthread_cond_wait(&f->moved, &f->lock);
	f->held = f->head != f->tail;
	n = f->held ? (ssize_t)f->blocks[f->tail % BLOCKS].len : f->error;
	*ret = f->blocks[f->tail % BLOCKS].bytes;
	pthread_mutex_unlock(&f->lock);
	return n;
}

ssize_t feed_next(struct feed *f, const void **ret)
{
	if (f->threaded)
		return next_from_thread(f, ret);
	*ret = f->blocks[0].bytes;
	return fill(f, &f->blocks[0]);
}

const char *feed_failure(struct feed *f)
{
	return f->fail.text;
}

bool feed_is_plain(const struct feed *f)
{
	return f->plain;
}

uint64_t feed_taken(struct feed *f)
{
	return __atomic_load_n(&f->taken, __ATOMIC_RELAXED);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static int close_feed(struct feed *f)
{
	if (f->threaded) {
		pthread_mutex_lock(&f->lock);
		f->stopped = true;
		pthread_cond_signal(&f->moved);
		pthread_mutex_unlock(&f->lock);
		pthread_join(f->thread, NULL);
	}
	if (f->filters)
		archive_read_free(f->filters);
	return 0;
}

/* Signals are for the caller's own threads. */
static int start_thread(struct feed *f)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&f->thread, NULL, decoder, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	f->threaded = r == 0;
	return 0; /* without one it goes as well */
}

static int make_blocks(struct feed *f)
{
	for (unsigned i = 0; i < BLOCKS; i++) {
		f->blocks[i].bytes = talloc_size(f, BLOCK_BYTES);
		if (!f->blocks[i].bytes)
			return -ENOMEM;
	}
	f->taken_bytes = talloc_size(f, TAKEN_BYTES);
	return f->taken_bytes ? 0 : -ENOMEM;
}

static int begin(struct feed *f)
{
	int r = make_blocks(f);

	if (r == 0)
		r = skip_frames(f);
	if (r < 0)
		return fail_errno(&f->fail, -r, "cannot be read");
	f->plain = !is_compressed(f);
	if (!f->plain) {
		r = open_filters(f);
		if (r != ARCHIVE_EOF && r < ARCHIVE_WARN)
			return filter_failure(f);
	}
	return f->plain && !f->src.seen ? 0 : start_thread(f);
}

struct feed *feed_open(void *ctx, const struct source *src, uint32_t ratio, struct fail *fail)
{
	struct feed *f = talloc_zero(ctx, struct feed);

	if (!f) {
		fail_set(fail, "no memory");
		return NULL;
	}
	f->src = *src;
	f->ratio = ratio ? ratio : TARBALL_RATIO;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->moved, NULL);
	talloc_set_destructor(f, close_feed);
	if (begin(f) < 0) {
		*fail = f->fail;
		talloc_free(f);
		return NULL;
	}
	return f;
}
