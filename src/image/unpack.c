// SPDX-License-Identifier: MIT
/*
 * From one archive to the next: what unpack_entry needs is set up for each layer, and for each
 * entry.
 */
#include "image/unpack.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "base/quote.h"
#include "ident/fresh.h"
#include "image/children.h"
#include "image/unpack_impl.h"

enum { SHOWN_BYTES = 400 };

/* ---- messages -------------------------------------------------------------------------------- */

int unpack_fail_name(struct unpack *u, const char *name, int err, const char *why)
{
	char shown[SHOWN_BYTES];

	quote_text(name, shown, sizeof(shown));
	if (!why && err == -ENOTUNIQ)
		why = "this file system takes upper and lower case for the same, and has the name "
		      "in other letters";
	if (why)
		fail_set(u->fail, "'%s': %s", shown, why);
	else
		fail_errno(u->fail, -err, "'%s'", shown);
	return err;
}

int unpack_fail(struct unpack *u, int err, const char *why)
{
	return unpack_fail_name(u, u->given ? u->given : "", err, why);
}

/* ---- layers ---------------------------------------------------------------------------------- */

static int one_entry(struct unpack *u)
{
	int r;

	u->scratch = talloc_new(u);
	r = u->scratch ? unpack_entry(u) : -ENOMEM;
	talloc_free(u->scratch);
	u->scratch = NULL;
	u->counts.entries++;
	return r;
}

/* The tar reader says what was wrong, and this what it was at. */
static int name_last(struct unpack *u, int r)
{
	char shown[SHOWN_BYTES], why[sizeof(u->fail->text)];

	if (!u->name.text || !*u->name.text)
		return r;
	memcpy(why, u->fail->text, sizeof(why));
	quote_text(u->name.text, shown, sizeof(shown));
	fail_set(u->fail, "behind '%s': %s", shown, why);
	return r;
}

static int all_entries(struct unpack *u)
{
	int r;

	while ((r = tarball_next(u->tar, &u->entry, u->fail)) > 0) {
		r = one_entry(u);
		if (r < 0)
			return r;
	}
	return r < 0 ? name_last(u, r) : 0;
}

static void end_layer(struct unpack *u)
{
	nameset_clear(&u->made);
	talloc_free(u->links);
	u->links = NULL;
	u->link_count = u->link_bytes = 0;
	talloc_free(u->tar);
	u->tar = NULL;
	u->entry = NULL;
	u->given = NULL;
	u->has_lower = true;
}

int unpack_layer(struct unpack *u, const struct source *src, enum unpack_kind kind,
		 struct fail *fail)
{
	int r;

	u->fail = fail;
	u->is_layer = kind == UNPACK_LAYER;
	if (u->name.text)
		*u->name.text = '\0';
	u->tar = tarball_open(u, src, u->options.ratio, fail);
	r = u->tar ? all_entries(u) : -EBADMSG;
	if (r == 0)
		r = unpack_waiting_links(u);
	if (r == 0 && kind == UNPACK_ROOTFS && u->options.strip == UNPACK_FIND_STRIP)
		r = unpack_find_root(u);
	end_layer(u);
	return r;
}

int unpack_finish(struct unpack *u, struct fail *fail)
{
	int r, fd = -1;

	u->fail = fail;
	if (u->options.sync)
		fd = dup(dirs_root(u->dirs)->fd);
	r = dirs_leave(u->dirs, true);
	if (r == 0 && u->options.sync && (fd < 0 || syncfs(fd) < 0))
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r < 0 ? unpack_fail_name(u, u->refused ? u->refused : u->rootfs, r, NULL) : 0;
}

const struct unpack_counts *unpack_counts(const struct unpack *u)
{
	return &u->counts;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static int end_unpack(struct unpack *u)
{
	umask((mode_t)u->umask);
	return 0;
}

static int open_store(struct unpack *u, struct fail *fail)
{
	const struct store_config config = {
		.keeper = u->options.keeper, .rootfs = u->rootfs,
		.real = u->options.keeper != STORE_BY_RECORDS || store_is_real(u->rootfs),
	};

	u->store = store_open(u, &config, fail);
	return u->store ? 0 : -EINVAL;
}

/* A root that no archive says anything of is root's, 0755. */
static int begin_root(struct unpack *u)
{
	struct dir *root = dirs_root(u->dirs);
	struct attributes a = { .fresh.owner = { .mode = S_IFDIR | 0755 }, .mtime = root->mtime };
	struct children c;
	int r = children_read(u, root->fd, &c);

	if (r < 0)
		return r;
	/* What the host would have everything below inherit. */
	fremovexattr(root->fd, "system.posix_acl_default");
	fremovexattr(root->fd, "system.posix_acl_access");
	u->has_lower = c.count > 0;
	talloc_free(c.names);
	if (u->has_lower)
		return 0;
	root->want = attributes_copy(u->dirs, &a);
	return root->want ? 0 : -ENOMEM;
}

static int open_tree(struct unpack *u, struct fail *fail)
{
	struct dirs_ops ops = unpack_dirs_ops;
	int r;

	ops.ctx = u;
	u->dirs = dirs_open(u, u->rootfs, &ops, &r);
	if (r == 0)
		r = begin_root(u);
	return r < 0 ? fail_errno(fail, -r, "'%s'", u->rootfs) : 0;
}

/* Nothing else tells: some file systems do in some directories alone (ext4's casefold). */
static bool ignores_case(int dir)
{
	static const char name[] = ".pr-case", other[] = ".PR-CASE";
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool found = fd >= 0 && faccessat(dir, other, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (fd < 0)
		return false;
	unlinkat(dir, name, 0);
	close(fd);
	return found;
}

static int begin(struct unpack *u, const char *rootfs, struct fail *fail)
{
	char *full = realpath(rootfs, NULL);
	int r;

	if (!full)
		return fail_errno(fail, errno, "'%s'", rootfs);
	u->rootfs = talloc_strdup(u, full);
	free(full);
	if (!u->rootfs)
		return fail_errno(fail, ENOMEM, "'%s'", rootfs);
	r = open_store(u, fail);
	if (r == 0)
		r = open_tree(u, fail);
	if (r == 0)
		u->ignores_case = ignores_case(dirs_root(u->dirs)->fd);
	return r;
}

struct unpack *unpack_begin(void *ctx, const char *rootfs, const struct unpack_options *options,
			    struct fail *fail)
{
	struct unpack *u = talloc_zero(ctx, struct unpack);

	if (!u) {
		fail_set(fail, "no memory");
		return NULL;
	}
	u->options = *options;
	u->umask = umask(0);
	talloc_set_destructor(u, end_unpack);
	nameset_init(&u->made);
	nameset_init(&u->known);
	if (begin(u, rootfs, fail) == 0)
		return u;
	talloc_free(u);
	return NULL;
}
