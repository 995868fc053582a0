/* SPDX-License-Identifier: MIT */
/*
 * A backup is the archive of a rootfs, which every tar reads, with container.json in front of it as
 * the comment of a PAX global header (where git archive puts a commit's id): other programs pass
 * over it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/make.h"
#include "container/place.h"
#include "image/pack.h"
#include "image/unpack.h"

enum { BLOCK = 512, MOST_BYTES = 16 << 20 };

static const char mark[] = "comment=pr container 1 ";

/* ---- the header ---- */

/* tar(5): those members of a ustar header that are used here. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], rest[247];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static void fill_header(struct header *h, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h, 0, sizeof(*h));
	memcpy(h->name, "pax_global_header", 17);
	memcpy(h->mode, "0000644", 7);
	memcpy(h->uid, "0000000", 7);
	memcpy(h->gid, "0000000", 7);
	snprintf(h->size, sizeof(h->size), "%011o", (unsigned)size & 07777777777);
	memcpy(h->mtime, "00000000000", 11);
	memset(h->checksum, ' ', sizeof(h->checksum));
	h->type = 'g';
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	snprintf(h->checksum, sizeof(h->checksum), "%06o", sum);
}

/* "LENGTH comment=...\n": the length counts its own digits. A child of ctx, or NULL. */
static char *make_record(void *ctx, const char *name, const char *json)
{
	size_t rest = strlen(mark) + strlen(name) + strlen(json) + 3, len = rest, was;

	do {
		was = len;
		len = rest + (size_t)snprintf(NULL, 0, "%zu", was);
	} while (len != was);
	return talloc_asprintf(ctx, "%zu %s%s\n%s\n", len, mark, name, json);
}

static int write_settings(void *ctx, const struct place *p, int fd, struct fail *fail)
{
	static const char zeros[BLOCK];
	struct settings *s;
	struct header h;
	char *json, *record;
	int r = place_settings(ctx, p, &s, fail);

	if (r < 0)
		return r;
	json = settings_write(ctx, s);
	record = json ? make_record(ctx, p->name, json) : NULL;
	if (!record)
		return fail_errno(fail, ENOMEM, "container %s", p->name);
	fill_header(&h, strlen(record));
	r = fd_write(fd, &h, sizeof(h));
	if (r == 0)
		r = fd_write(fd, record, strlen(record));
	if (r == 0)
		r = fd_write(fd, zeros, -strlen(record) % BLOCK);
	return r < 0 ? fail_errno(fail, -r, "cannot write the backup") : 0;
}

int container_backup(struct state *s, const char *name, int fd, struct progress *progress,
		     struct fail *fail)
{
	const struct pack_options options = { .progress = progress };
	const struct sink sink = sink_of_fd(&fd);
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	r = place_take(p, fail);
	if (r == 0)
		r = write_settings(p, p, fd, fail);
	if (r == 0)
		r = pack_tree(place_rootfs(p, p), &options, &sink, fail);
	talloc_free(p);
	return r;
}

/* ---- reading it again ---- */

/* The archive's first bytes as they come by: its header, and what that says is behind it. */
struct begin {
	struct source from;
	struct header header;
	char *record; /* a NUL behind it */
	size_t have, size; /* of the record */
	size_t passed;
};

/* What its first block tells to be none is not read to its end. */
static ssize_t read_on(void *ctx, void *buf, size_t size)
{
	const struct begin *b = ctx;

	if (b->passed == BLOCK && !b->record)
		return -EBADMSG;
	return b->from.read(b->from.ctx, buf, size);
}

/* The header is whole: is it ours? */
static void begin_record(struct begin *b)
{
	char size[13] = "";

	memcpy(size, b->header.size, 12);
	b->size = strtoull(size, NULL, 8);
	if (b->header.type != 'g' || b->size > MOST_BYTES || b->size == 0)
		b->size = 0;
	else
		b->record = calloc(1, b->size + 1);
}

static void watch(void *ctx, const void *bytes, size_t size)
{
	struct begin *b = ctx;
	const char *at = bytes;

	for (; size > 0 && b->passed < BLOCK; size--, at++) {
		((char *)&b->header)[b->passed++] = *at;
		if (b->passed == BLOCK)
			begin_record(b);
	}
	if (!b->record || b->have == b->size)
		return;
	if (size > b->size - b->have)
		size = b->size - b->have;
	memcpy(b->record + b->have, at, size);
	b->have += size;
}

static int no_backup(struct fail *fail)
{
	fail_set(fail, "this is no backup of a container: pr create makes one of any rootfs "
		       "archive");
	return -EBADMSG;
}

/* "LENGTH comment=pr container 1 NAME\n{...}\n" */
static int parse_record(struct making *m, struct begin *b, const char **ret_name,
			struct fail *fail)
{
	char *at = b->record && b->have == b->size ? strchr(b->record, ' ') : NULL, *json;

	if (!at || strncmp(at + 1, mark, strlen(mark)) != 0 ||
	    !(json = strchr(at + 1 + strlen(mark), '\n')))
		return no_backup(fail);
	*json++ = '\0';
	if (!*ret_name)
		*ret_name = talloc_strdup(m->work, at + 1 + strlen(mark));
	return settings_read(m->work, json, strlen(json), &m->settings, fail);
}

static int unpack_backup(struct making *m, struct begin *b, struct progress *progress,
			 struct fail *fail)
{
	const struct unpack_options options = { .ratio = TARBALL_ANY_RATIO, .sync = true };
	const struct source src = { .read = read_on, .seen = watch, .ctx = b,
				    .size = b->from.size, .progress = progress };
	struct unpack *u = unpack_begin(m->work, m->rootfs, &options, fail);
	int r;

	if (!u)
		return -EIO;
	r = unpack_layer(u, &src, UNPACK_ROOTFS, fail);
	if (r == 0)
		r = unpack_finish(u, fail);
	talloc_free(u);
	return r;
}

int container_restore(void *ctx, struct state *s, int fd, const char *name,
		      struct progress *progress, const char **ret_name, struct fail *fail)
{
	struct begin b = { .from = source_of_fd(&fd) };
	struct making m = { 0 };
	int r = name ? making_check_name(s, name, fail) : 0;

	if (r == 0)
		r = making_begin(ctx, s, &m, fail);
	if (r == 0)
		r = unpack_backup(&m, &b, progress, fail);
	if (r < 0 && b.passed == BLOCK && !b.record)
		r = no_backup(fail);
	if (r == 0)
		r = parse_record(&m, &b, &name, fail);
	if (r == 0)
		r = making_check_name(s, name, fail);
	if (r == 0)
		r = making_publish(&m, name, fail);
	if (r == 0)
		*ret_name = talloc_strdup(ctx, name);
	free(b.record);
	talloc_free(m.work);
	return r;
}
