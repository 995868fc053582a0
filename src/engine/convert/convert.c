// SPDX-License-Identifier: MIT
/*
 * The order of a conversion: the file of the list is made, the tree is marked, then it is looked
 * whether any session still runs in it (engine/use.c), and only then at the tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/kernfile.h"
#include "engine/convert/convert.h"
#include "engine/engine.h"
#include "engine/userns/idmap.h"
#include "engine/userns/ops.h"
#include "engine/use.h"
#include "ident/store_place.h"

enum { REFUSED = 1, FAILED = 125, LOCK_NAPS = 25 };

static enum store_mark wanted(const struct conversion *c)
{
	return c->request->to == CONVERT_TO_RECORDS ? MARK_RECORDS : c->list.ids;
}

static const char *word_of(enum store_mark mark)
{
	return mark == MARK_RECORDS ? "in records" : "ids on the inodes";
}

static int fail_errno_at(struct fail *fail, int err, const char *what, const char *rootfs)
{
	fail_errno(fail, -err, "cannot %s '%s'", what, rootfs);
	return FAILED;
}

/* ---- carrying it out ------------------------------------------------------------------------ */

/* The tree, and what is remembered beside it, perhaps on another file system. */
static int sync_both(const struct conversion *c)
{
	int beside = store_fd(c->store);

	return syncfs(c->root) < 0 || (beside >= 0 && syncfs(beside) < 0) ? -errno : 0;
}

/* The list may be on another file system, and must not be gone before the mark is there. */
static int set_mark(const struct conversion *c, enum store_mark mark)
{
	int r = store_set_mark(c->store, mark);

	return r == 0 && syncfs(c->root) < 0 ? -errno : r;
}

static int finish(struct conversion *c, enum store_mark form, struct fail *fail)
{
	int r = sync_both(c);

	if (r == 0)
		r = set_mark(c, form);
	if (r < 0)
		return fail_errno_at(fail, r, "mark", c->rootfs);
	list_close(&c->list);
	return 0;
}

/* The form that was asked for, else the one that it came from. */
static int carry_out(struct conversion *c, struct fail *fail)
{
	enum store_mark to = wanted(c), back = to == MARK_RECORDS ? c->list.ids : MARK_RECORDS;
	const char *name = "", *other;
	int r = apply_all(c, to, &name);

	if (r == 0)
		return finish(c, to, fail);
	fail_errno(fail, -r, "cannot convert '%s' in '%s', whose owners stay %s", name, c->rootfs,
		   word_of(back));
	if (apply_all(c, back, &other) < 0 || finish(c, back, &(struct fail){ "" }) != 0)
		fail_errno(fail, -r,
			   "cannot convert '%s' in '%s', which is half converted now: run this "
			   "again, to either side",
			   name, c->rootfs);
	return FAILED;
}

static int refuse(struct conversion *c, struct fail *fail)
{
	tell_problems(c);
	fail_set(fail, "'%s': %u %s cannot be converted, nothing was changed%s", c->rootfs,
		 c->problem_count, c->problem_count == 1 ? "object" : "objects",
		 c->request->to == CONVERT_TO_IDS && !c->request->keep_records ?
			 "; --keep-records leaves devices and xattrs recorded" : "");
	return REFUSED;
}

/* 0, or the status where a session uses it, or nobody can say. */
static int check_unused(const struct conversion *c, struct fail *fail)
{
	int used = use_is_used(c->root);

	if (used == 0)
		return 0;
	if (used < 0)
		return fail_errno(fail, -used, "cannot tell whether a session uses '%s'",
				  c->rootfs),
		       FAILED;
	fail_set(fail, "'%s' is in use by a session: convert it when that has ended", c->rootfs);
	return REFUSED;
}

/*
 * Marked as being converted, with an empty list: a kill here means that nothing was changed. List
 * and mark are on disk before the first change, changes before the last mark, that before the
 * list goes.
 */
static int convert_marked(struct conversion *c, struct fail *fail)
{
	int r = check_unused(c, fail);

	if (r != 0)
		return r;
	store_tell_as(c->store, c->list.from);
	r = scan_tree(c);
	if (r < 0)
		return fail_errno_at(fail, r, "look through", c->rootfs);
	if (c->problem_count)
		return refuse(c, fail);
	r = list_write(&c->list);
	/* and the mark on disk, before anything is changed */
	if (r == 0 && syncfs(c->root) < 0)
		r = -errno;
	if (r < 0)
		return fail_errno_at(fail, r, "note what is to be changed in", c->rootfs);
	c->list.is_whole = true;
	return carry_out(c, fail);
}

static int convert_from(struct conversion *c, struct fail *fail)
{
	int r = list_begin(&c->list), status;

	if (r == 0)
		r = store_set_mark(c->store, MARK_CONVERTING);
	if (r < 0) {
		list_close(&c->list);
		return fail_errno_at(fail, r, "mark", c->rootfs);
	}
	status = convert_marked(c, fail);
	if (status == 0 || c->list.is_whole)
		return status;
	r = set_mark(c, c->list.from);
	if (r < 0)
		return fail_errno_at(fail, r, "mark", c->rootfs);
	list_close(&c->list);
	return status;
}

static int show(struct conversion *c, struct fail *fail)
{
	int r;

	store_tell_as(c->store, c->list.from);
	r = scan_tree(c);
	list_close(&c->list);
	if (r < 0)
		return fail_errno_at(fail, r, "look through", c->rootfs);
	tell_list(c);
	tell_problems(c);
	return c->problem_count ? REFUSED : 0;
}

/* ---- what is there -------------------------------------------------------------------------- */

static struct store *open_store(const struct conversion *c, enum store_keeper keeper,
				struct fail *fail)
{
	const struct store_config config = { .keeper = keeper, .rootfs = c->rootfs,
					     .real = !c->is_mapped &&
						     keeper != STORE_BY_CONVERSION };

	return store_open(NULL, &config, fail);
}

/*
 * As the next session would: claims a tree that nobody has claimed, and finishes what killed
 * sessions left.
 */
static int settle(struct conversion *c, struct fail *fail)
{
	enum store_keeper ids = c->is_mapped ? STORE_BY_MAPS : STORE_BY_INODES;
	enum store_mark mark = store_mark(c->store);
	struct store *s;

	talloc_free(c->store);
	c->store = NULL;
	s = mark == MARK_RECORDS ? NULL : open_store(c, ids, fail);
	if (!s)
		s = open_store(c, STORE_BY_RECORDS, fail);
	if (!s)
		return -1;
	talloc_free(s);
	fail->text[0] = '\0';
	c->store = open_store(c, STORE_BY_CONVERSION, fail);
	return c->store ? 0 : -1;
}

static int refuse_ids(const struct conversion *c, enum store_mark ids, struct fail *fail)
{
	if (ids == MARK_REAL && c->is_mapped)
		return fail_set(fail,
				"'%s': its files belong to the host's ids: convert it as root",
				c->rootfs);
	if (ids == MARK_MAPPED && !c->is_mapped)
		return fail_set(fail,
				"'%s': its files belong to a user's subordinate ids: convert it as "
				"that user",
				c->rootfs);
	return 0;
}

/* A killed conversion's tree. Without a whole list nothing was changed yet. */
static int resume(struct conversion *c, struct fail *fail)
{
	int r;

	if (c->list.from == MARK_NONE)
		return fail_set(fail,
				"'%s' is half converted, and the list of what is to be changed is "
				"gone or belongs to who began it",
				c->rootfs),
		       FAILED;
	if (refuse_ids(c, c->list.ids, fail) < 0)
		return FAILED;
	if (c->request->dry_run)
		return fail_set(fail, "'%s' is half converted: run this without --dry-run",
				c->rootfs), REFUSED;
	r = check_unused(c, fail);
	if (r != 0)
		return r;
	if (c->list.is_whole)
		return carry_out(c, fail);
	r = set_mark(c, c->list.from);
	return r < 0 ? fail_errno_at(fail, r, "mark", c->rootfs) : -1;
}

static int start(struct conversion *c, struct fail *fail)
{
	enum store_mark mark = store_mark(c->store);

	if (c->request->dry_run && mark == MARK_NONE) {
		printf("nobody has claimed the owners of '%s' yet: the first session or conversion "
		       "does\n", c->rootfs);
		list_close(&c->list);
		return 0;
	}
	if (refuse_ids(c, mark, fail) < 0 || (!c->request->dry_run && settle(c, fail) < 0)) {
		list_close(&c->list);
		return FAILED;
	}
	c->list.from = store_mark(c->store);
	c->list.ids = c->is_mapped ? MARK_MAPPED : MARK_REAL;
	c->list.count = 0;
	c->list.is_whole = false;
	if (c->list.from == wanted(c)) {
		printf("'%s': its owners are %s already\n", c->rootfs, word_of(c->list.from));
		list_close(&c->list);
		return 0;
	}
	return c->request->dry_run ? show(c, fail) : convert_from(c, fail);
}

/* The child of one that was killed a moment ago may hold the lock still. */
static int open_list(struct conversion *c)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	int r = list_open(c->ctx, c->rootfs, &c->list);

	for (int i = 0; r == -EWOULDBLOCK && i < LOCK_NAPS; i++) {
		nanosleep(&nap, NULL);
		r = list_open(c->ctx, c->rootfs, &c->list);
	}
	return r;
}

static int convert_opened(struct conversion *c, struct fail *fail)
{
	int r = open_list(c), status;

	/* Only now nobody else changes it. */
	c->store = r < 0 ? NULL : open_store(c, STORE_BY_CONVERSION, fail);
	if (r == -EWOULDBLOCK)
		return fail_set(fail, "'%s' is being converted by another pr", c->rootfs), REFUSED;
	if (r < 0)
		return fail_errno_at(fail, r, "note what is to be changed in", c->rootfs);
	if (!c->store)
		return FAILED;
	status = check_unused(c, fail);
	if (status != 0) {
		if (store_mark(c->store) != MARK_CONVERTING)
			list_close(&c->list);
		return status;
	}
	status = -1;
	if (store_mark(c->store) == MARK_CONVERTING)
		status = resume(c, fail);
	return status < 0 ? start(c, fail) : status;
}

/* ---- as whom -------------------------------------------------------------------------------- */

static void read_ranges(const char *file, struct id_ranges *ret)
{
	FILE *f = fopen(file, "re");
	unsigned first, count;

	while (f && ret->count < sizeof(ret->ranges) / sizeof(ret->ranges[0]) &&
	       fscanf(f, "%u %*u %u", &first, &count) == 2) {
		ret->ranges[ret->count].first = first;
		ret->ranges[ret->count++].count = count;
	}
	if (f)
		fclose(f);
}

static int convert_tree(const struct convert_request *request, const char *rootfs, bool is_mapped,
			struct fail *fail)
{
	struct conversion c = { .request = request, .rootfs = rootfs, .is_mapped = is_mapped,
				.list.fd = -1, .overflow_uid = 65534, .overflow_gid = 65534 };
	int status = FAILED;

	read_ranges("/proc/self/uid_map", &c.uids);
	read_ranges("/proc/self/gid_map", &c.gids);
	kernfile_scan("/proc/sys/kernel/overflowuid", "%u", &c.overflow_uid);
	kernfile_scan("/proc/sys/kernel/overflowgid", "%u", &c.overflow_gid);
	c.root = open(rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c.root < 0)
		return fail_errno_at(fail, -errno, "open", rootfs);
	c.ctx = talloc_new(NULL);
	if (c.ctx)
		status = convert_opened(&c, fail);
	talloc_free(c.store);
	talloc_free(c.ctx);
	close(c.root);
	return status;
}

/* What the child, which is root there, tells us. */
struct shared {
	int status;
	struct fail fail;
};

static _Noreturn void be_root(const struct convert_request *request, const char *rootfs,
			      int mapped, struct shared *sh)
{
	pid_t parent = getppid();
	char byte;

	if (read(mapped, &byte, 1) != 1)
		_exit(1);
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
		fail_errno(&sh->fail, errno, "cannot become root of a user namespace");
		_exit(1);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		sh->status = convert_tree(request, rootfs, true, &sh->fail);
	fflush(stdout);
	_exit(0);
}

static int run_child(const struct convert_request *request, const char *rootfs,
		     const struct idmaps *maps, struct shared *sh)
{
	uint32_t uid = geteuid();
	int go[2], r;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	pid = perform_clone(CLONE_NEWUSER);
	if (pid == 0) {
		close(go[1]);
		place_for_user(uid);
		be_root(request, rootfs, go[0], sh);
	}
	close(go[0]);
	r = pid < 0 ? pid : idmap_write_for(maps, pid);
	if (r == 0 && write(go[1], "", 1) != 1)
		r = -EPIPE;
	close(go[1]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return r;
}

/* Subordinate ids have to be there on both sides: that is what the ids in a user's tree are. */
static int convert_mapped(const struct convert_request *request, const char *rootfs,
			  struct fail *fail)
{
	const struct session_config config = { .identity = IDENTITY_IDS };
	struct shared *sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct idmaps maps;
	int r, status;

	if (sh == MAP_FAILED)
		return fail_errno_at(fail, -errno, "convert", rootfs);
	if (idmap_plan(&config, &maps, fail) < 0)
		return fail_set(fail,
				"no subordinate ids of yours in /etc/subuid and /etc/subgid: ask "
				"for some (usermod --add-subuids), or convert '%s' as root",
				rootfs),
		       FAILED;
	sh->status = FAILED; /* unless the child says otherwise, which may be killed */
	r = run_child(request, rootfs, &maps, sh);
	*fail = sh->fail;
	status = sh->status;
	if (status == FAILED && !fail->text[0])
		fail_set(fail, "the conversion of '%s' was killed: run this again", rootfs);
	munmap(sh, sizeof(*sh));
	if (r < 0)
		fail_errno(fail, -r, "no user namespace with subordinate ids to convert '%s' in",
			   rootfs);
	return r < 0 ? FAILED : status;
}

int engine_convert(const struct convert_request *request, struct fail *fail)
{
	char *rootfs = realpath(request->rootfs, NULL);
	int status = FAILED;

	if (!rootfs)
		fail_errno(fail, errno, "cannot find '%s'", request->rootfs);
	else if (strcmp(rootfs, "/") == 0)
		fail_set(fail, "the host's own / is not converted: name a tree with -r");
	else if (geteuid() != 0)
		status = convert_mapped(request, rootfs, fail);
	else if (store_is_real(rootfs))
		status = convert_tree(request, rootfs, false, fail);
	else
		fail_set(fail, "no owners can be given to files in '%s' here", rootfs);
	free(rootfs);
	return status;
}
