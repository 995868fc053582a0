/* SPDX-License-Identifier: MIT */
/*
 * Namespaces, id maps and mounts. What is tried is the userns engine's own operations on a root
 * "/", in as many namespaces as that takes, with the ids of an ordinary session: root needs no user
 * namespace, anybody else gets one with his own id in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"
#include "engine/engine.h"
#include "engine/userns/ops.h"

enum { OPS_MAX = OP_BECOME + 1 };

/* Made outside, where our ids are still known; carried out within. */
static struct plan plan;
static struct op ops[OPS_MAX];

static struct op op_of(enum op_kind kind, unsigned long namespaces)
{
	struct op op = { .kind = kind };

	if (kind == OP_NAMESPACES)
		op.flags = namespaces;
	if (kind == OP_TAKE)
		op.from = "/";
	if (kind == OP_ROOT || kind == OP_RESTRICT)
		op.to = "/";
	if (kind == OP_RESTRICT)
		op.flags = MOUNT_ATTR_RDONLY;
	if (kind == OP_PROC)
		op.to = "/proc";
	if (kind == OP_HOSTNAME)
		op.to = "pr-doctor";
	return op;
}

static void map_own_ids(struct idmaps *m)
{
	const struct idmap_line user = { geteuid(), geteuid(), 1 };
	const struct idmap_line group = { getegid(), getegid(), 1 };

	m->writer = IDMAP_SELF;
	idmap_lay_out(user, NULL, 0, &m->users);
	idmap_lay_out(group, NULL, 0, &m->groups);
}

/* The probe's operations; the map is part of every user namespace but a bare one. */
static unsigned long make_plan(const struct trial *t)
{
	unsigned long namespaces = t->probe->arg | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
	unsigned wanted = t->probe->ops | 1u << OP_NAMESPACES;

	plan = (struct plan){ .ops = ops, .slots = 1, .rootfs = "/" };
	if (namespaces & CLONE_NEWUSER)
		map_own_ids(&plan.maps);
	if ((namespaces & CLONE_NEWUSER) && t->probe->arg != CLONE_NEWUSER)
		wanted |= 1u << OP_MAP;
	for (unsigned kind = 0; kind < OPS_MAX; kind++)
		if (wanted & 1u << kind)
			ops[plan.count++] = op_of(kind, namespaces);
	return namespaces;
}

static int perform(struct trial *t)
{
	struct setup s = { .plan = &plan, .taken = (int[]){ -1 }, .root_fd = -1 };
	unsigned failed = 0;
	int r = perform_all(&s, 1, &failed);

	if (r < 0)
		op_describe(&plan, &ops[failed], t->step, sizeof(t->step));
	return r;
}

static int run_inside(struct trial *t, int (*inside)(struct trial *t))
{
	unsigned long namespaces = make_plan(t);
	char made[64];

	op_describe(&plan, &ops[0], made, sizeof(made));
	trial_step(t, "make %s", made);
	return trial_child(t, namespaces, inside);
}

int try_spaces(struct trial *t)
{
	return run_inside(t, perform);
}

/* ---- an overlay, on a tmpfs that both its layers lie in ---- */

static int mount_overlay(struct trial *t)
{
	static const char *const dirs[] = { "l", "u", "w", "m" };
	int r = perform(t);

	if (r < 0)
		return r;
	trial_step(t, "mount a tmpfs");
	if (mount("tmpfs", "/proc", "tmpfs", 0, NULL) < 0 || chdir("/proc") < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0700) < 0)
			return -errno;
	trial_step(t, "mount an overlay");
	if (mount("overlay", "m", "overlay", 0,
		  "lowerdir=l,upperdir=u,workdir=w,userxattr") < 0)
		return -errno;
	return 0;
}

int try_overlay(struct trial *t)
{
	return run_inside(t, mount_overlay);
}

/* ---- the ids of others ---- */

struct ranged {
	struct idmaps maps;
	int ask[2], answer[2]; /* pipes: who waits for his maps; the same with what came of it */
};

struct request {
	pid_t pid;
	int result;
};

static struct ranged ranged;

/* From outside of the namespace, as the keeper does. */
static _Noreturn void write_maps(void)
{
	struct request q;

	close(ranged.ask[1]);
	if (read(ranged.ask[0], &q, sizeof(q)) != sizeof(q))
		_exit(1);
	q.result = idmap_write_for(&ranged.maps, q.pid);
	_exit(write(ranged.answer[1], &q, sizeof(q)) == sizeof(q) ? 0 : 1);
}

/* The maps hold only if we can be somebody else by them. */
static int become_other(struct trial *t)
{
	struct request q = { .pid = getpid() };

	close(ranged.answer[1]);
	if (write(ranged.ask[1], &q, sizeof(q)) != sizeof(q) ||
	    read(ranged.answer[0], &q, sizeof(q)) != sizeof(q))
		return -EPIPE;
	if (q.result < 0)
		return q.result;
	trial_step(t, "be user 1 of the range");
	return setresgid(1, 1, 1) < 0 || setresuid(1, 1, 1) < 0 ? -errno : 0;
}

static void tell_ranges(struct trial *t)
{
	FILE *out = fmemopen(t->detail, sizeof(t->detail), "w");

	if (!out)
		return;
	fputs("users ", out);
	idmap_print(&ranged.maps.users, out);
	fputs(" groups ", out);
	idmap_print(&ranged.maps.groups, out);
	fclose(out);
}

int try_ranges(struct trial *t)
{
	const struct session_config as_root = { .identity = IDENTITY_IDS };
	struct fail fail = { "" };
	int r;

	trial_step(t, "find subordinate ids");
	if (idmap_plan(&as_root, &ranged.maps, &fail) < 0)
		return trial_say(t, "%s", fail.text);
	if (ranged.maps.writer == IDMAP_NONE)
		return trial_say(t, "root needs none"), 0;
	trial_step(t, "map them by newgidmap and newuidmap");
	if (pipe2(ranged.ask, O_CLOEXEC) < 0 || pipe2(ranged.answer, O_CLOEXEC) < 0)
		return -errno;
	switch (fork()) {
	case -1:
		return -errno;
	case 0:
		write_maps();
	}
	close(ranged.answer[1]);
	r = trial_child(t, CLONE_NEWUSER, become_other);
	if (r == 0)
		tell_ranges(t);
	return r;
}
