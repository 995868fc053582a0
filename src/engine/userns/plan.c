/* SPDX-License-Identifier: MIT */
/*
 * From a configuration to the list of operations. Everything of the host's is taken before anything
 * is attached, so that no bind shows another by accident, and mount points are made in what was
 * taken, before it is made read-only.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/user.h"
#include "engine/userns/ops.h"
#include "engine/userns/points.h"
#include "engine/view.h"
#include "ident/store.h"
#include "path/hostfs.h"
#include "path/procname.h"
#include "path/view.h"

enum { NEWTIME = 0x80 }; /* CLONE_NEWTIME */

/* Grows by one; an op that finds no room is fatal, plan_make looks at `ops`. */
static struct op *add(struct plan *p, enum op_kind kind)
{
	p->ops = talloc_realloc(p, p->ops, struct op, p->count + 1);
	if (!p->ops)
		return NULL;
	p->ops[p->count] = (struct op){ .kind = kind };
	return &p->ops[p->count++];
}

static int add_full(struct plan *p, struct op op)
{
	struct op *place = add(p, op.kind);

	if (place)
		*place = op;
	return place ? 0 : -ENOMEM;
}

static unsigned long namespace_flags(const struct plan *p)
{
	static const struct {
		unsigned own;
		unsigned long flag;
	} own[] = {
		{ OWN_PID, CLONE_NEWPID },	 { OWN_UTS, CLONE_NEWUTS },
		{ OWN_IPC, CLONE_NEWIPC },	 { OWN_NET, CLONE_NEWNET },
		{ OWN_CGROUP, CLONE_NEWCGROUP }, { OWN_TIME, NEWTIME },
	};
	unsigned long flags = CLONE_NEWNS;

	if (p->maps.writer != IDMAP_NONE)
		flags |= CLONE_NEWUSER;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (p->config->own & own[i].own)
			flags |= own[i].flag;
	if (p->config->sysvipc)
		flags |= CLONE_NEWIPC;
	return flags;
}

/* With pids of the guest's own, the host's /proc would tell of others. */
static bool is_new_proc(const struct plan *p, const struct bind *b)
{
	return (p->config->own & OWN_PID) && strcmp(b->host.s, "/proc") == 0;
}

/* A name that means something else to every process is no mount, but may be a link. */
static bool is_each_ones_own(const struct bind *b)
{
	return path_under(b->host.s, "/proc/self") || path_under(b->host.s, "/proc/thread-self");
}

static int add_takes(struct plan *p, const struct view *v)
{
	int r = 0;

	p->slots = (unsigned)v->count;
	for (unsigned i = 0; r == 0 && i < p->slots; i++)
		if (!is_new_proc(p, &v->binds[i]) && !is_each_ones_own(&v->binds[i]))
			r = add_full(p, (struct op){ .kind = OP_TAKE,
						     .slot = i,
						     .from = v->binds[i].host.s });
	return r;
}

static int add_point(struct plan *p, const struct view *v, const struct bind *b)
{
	const char *slash = strrchr(b->guest.s, '/');
	const struct bind *below = view_holding(v, b->guest.s, (size_t)(slash - b->guest.s));
	const char *rest = b->guest.s + (below->guest_len > 1 ? below->guest_len : 0);
	const char *host = talloc_asprintf(p, "%s%s", below->host.s[1] ? below->host.s : "", rest);

	if (!host)
		return -ENOMEM;
	p->makes_points = true;
	return add_full(p, (struct op){ .kind = OP_POINT,
					.slot = (unsigned)(below - v->binds),
					.from = host,
					.to = rest,
					.text = b->host.s,
					.flags = is_each_ones_own(b)	? POINT_LINK
						 : b->flags & BIND_FILE ? POINT_FILE
									: POINT_DIR });
}

static int add_points(struct plan *p, const struct view *v)
{
	int r = add_full(p, (struct op){ .kind = OP_SWEEP });

	for (unsigned i = 1; r == 0 && i < v->count; i++)
		if (v->binds[i].flags & BIND_UNLISTED)
			r = add_point(p, v, &v->binds[i]);
	return r == 0 ? add_full(p, (struct op){ .kind = OP_SETTLE }) : r;
}

static unsigned long restrictions(const struct bind *b)
{
	return (b->flags & BIND_RO ? MOUNT_ATTR_RDONLY : 0) |
	       (b->flags & BIND_NOEXEC ? MOUNT_ATTR_NOEXEC : 0);
}

/* A bind is restricted before there is another one in it. */
static int add_mount(struct plan *p, const struct bind *b, unsigned slot)
{
	bool is_proc = is_new_proc(p, b);
	int r = add_full(p, (struct op){ .kind = is_proc ? OP_PROC : OP_ATTACH,
					 .slot = slot,
					 .from = is_proc ? NULL : b->host.s,
					 .to = b->guest.s });

	if (r == 0 && !is_proc && restrictions(b))
		r = add_full(p, (struct op){ .kind = OP_RESTRICT,
					     .slot = slot,
					     .to = b->guest.s,
					     .flags = restrictions(b) });
	return r;
}

/* With but one id no owner is changed. */
static int add_claim(struct plan *p)
{
	if (p->config->identity == IDENTITY_NONE || p->maps.writer == IDMAP_SELF)
		return 0;
	return add_full(p, (struct op){ .kind = OP_CLAIM, .to = p->rootfs });
}

/* The mark of a claim is in the root: it comes last, but before that cannot be written to. */
static int add_mounts(struct plan *p, const struct view *v)
{
	bool early = v->binds[0].flags & BIND_RO;
	int r = add_full(p, (struct op){ .kind = OP_ROOT, .to = p->rootfs });

	if (r == 0 && early)
		r = add_claim(p);
	if (r == 0 && restrictions(&v->binds[0]))
		r = add_full(p, (struct op){ .kind = OP_RESTRICT,
					     .to = "/",
					     .flags = restrictions(&v->binds[0]) });
	for (unsigned i = 1; r == 0 && i < v->count; i++)
		if (!is_each_ones_own(&v->binds[i]))
			r = add_mount(p, &v->binds[i], i);
	return r < 0 || early ? r : add_claim(p);
}

/*
 * A guest with capabilities could undo what the user asked for; the host's root can anyway. Where
 * there is a root, by whatever map, one may become it: by being it, or by a set-user-ID program.
 */
static bool needs_lock(const struct plan *p, const struct view *v)
{
	bool is_restricted = false;

	for (size_t i = 0; i < v->count; i++)
		is_restricted |= restrictions(&v->binds[i]) != 0;
	return is_restricted && p->maps.writer != IDMAP_NONE &&
	       (p->config->identity != IDENTITY_NONE || idmap_has(&p->maps.users, 0));
}

/* The names of its own: of its host, of its network. */
static int add_names(struct plan *p)
{
	const struct session_config *c = p->config;
	int r = 0;

	if (c->hostname)
		r = add_full(p, (struct op){ .kind = OP_HOSTNAME, .to = c->hostname });
	if (r == 0 && (c->own & OWN_NET))
		r = add_full(p, (struct op){ .kind = OP_LOOPBACK });
	if (r == 0 && c->pasta)
		r = add_full(p, (struct op){ .kind = OP_CONNECT });
	return r;
}

/* With pids of its own, what the tracer finds in /proc must be of the same. */
static int add_all_traced(struct plan *p)
{
	int r = add_full(p, (struct op){ .kind = OP_NAMESPACES, .flags = namespace_flags(p) });

	if (r == 0)
		r = add_full(p, (struct op){ .kind = OP_MAP });
	if (r == 0)
		r = add_full(p, (struct op){ .kind = OP_ISOLATE });
	if (r == 0 && (p->config->own & OWN_PID))
		r = add_full(p, (struct op){ .kind = OP_PROC, .to = "/proc" });
	if (r == 0)
		r = add_names(p);
	return r == 0 ? add_full(p, (struct op){ .kind = OP_TRACE, .to = p->rootfs }) : r;
}

static int add_all(struct plan *p, const struct view *v)
{
	const struct session_config *c = p->config;
	int r = add_full(p, (struct op){ .kind = OP_NAMESPACES, .flags = namespace_flags(p) });

	if (r == 0 && p->maps.writer != IDMAP_NONE)
		r = add_full(p, (struct op){ .kind = OP_MAP });
	if (r == 0)
		r = add_full(p, (struct op){ .kind = OP_ISOLATE });
	if (r == 0)
		r = add_takes(p, v);
	if (r == 0)
		r = add_points(p, v);
	if (r == 0)
		r = add_mounts(p, v);
	if (r == 0)
		r = add_full(p, (struct op){ .kind = OP_PIVOT });
	if (r == 0)
		r = add_names(p);
	if (r == 0 && needs_lock(p, v))
		r = add_full(p, (struct op){ .kind = OP_LOCK });
	if (r == 0 && c->identity != IDENTITY_NONE)
		r = add_full(p, (struct op){ .kind = OP_BECOME });
	return r;
}

/* Is the guest's own name a link there already: /etc/mtab -> ../proc/self/mounts? */
static bool leads_there(const struct view *v, const struct bind *b)
{
	size_t parent = (size_t)(strrchr(b->guest.s, '/') - b->guest.s);
	const struct bind *below = view_holding(v, b->guest.s, parent);
	struct pathbuf host, text;
	size_t len = b->host_len - 1;
	ssize_t n = -1;

	if (pathbuf_set(&host, below->host.s) == 0 &&
	    pathbuf_append(&host, b->guest.s + (below->guest_len > 1 ? below->guest_len : 0)) == 0)
		n = readlink(host.s, text.s, sizeof(text.s));
	return n >= (ssize_t)len && memcmp(text.s + n - len, b->host.s + 1, len) == 0;
}

static int check_sources(const struct view *v, struct fail *fail)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct bind *b = &v->binds[i];

		if (is_each_ones_own(b) && !(b->flags & BIND_UNLISTED) && !leads_there(v, b))
			return fail_set(fail,
					"engine userns: cannot bind '%s', which is each process's "
					"own: leave it out, or use --engine=ptrace",
					b->host.s);
	}
	return 0;
}

enum store_keeper plan_keeper(const struct plan *p)
{
	return p->maps.writer == IDMAP_NONE ? STORE_BY_INODES : STORE_BY_MAPS;
}

/*
 * In a tree of subordinate ids mknod(2) is refused, and every id outside them: no tree is made one
 * for a user who has not said so.
 */
static bool binds_unasked(const struct plan *p)
{
	const struct map_request *m = &p->config->map;

	return p->config->engine == ENGINE_AUTO && p->maps.writer != IDMAP_NONE &&
	       !(m->root || m->automatic || m->users || m->groups) && !store_is_claimed(p->rootfs);
}

/* The ids asked for must be somebody's, and the tree must be one of real ids. */
static int check_identity(const struct plan *p, struct fail *fail)
{
	const struct idmaps *m = &p->maps;
	const struct userdb_user *u = &p->user;

	if (p->config->identity == IDENTITY_NONE)
		return 0;
	if (binds_unasked(p))
		return fail_set(fail,
				"engine userns: nobody has said that files in '%s' are to belong "
				"to subordinate ids (--map-auto)",
				p->rootfs);
	if (m->writer != IDMAP_NONE &&
	    (!idmap_has(&m->users, u->uid) || !idmap_has(&m->groups, u->gid)))
		return fail_set(fail,
				"engine userns: %u:%u is not among the ids that /etc/subuid and "
				"/etc/subgid give you",
				u->uid, u->gid);
	if (m->writer == IDMAP_NONE && !store_is_real(p->rootfs))
		return fail_set(fail, "engine userns: no owners can be given to files in '%s'",
				p->rootfs);
	if (m->writer == IDMAP_SELF && !store_has_records(p->rootfs))
		return 0; /* of a single id nobody can tell */
	return store_may_claim(p->rootfs, plan_keeper(p), fail);
}

/* One id of the kernel's would take real owners from a root who can give them. */
static int build_traced(struct plan *p, struct fail *fail)
{
	if (store_is_real(p->rootfs))
		return fail_set(fail,
				"engine userns: as root you can give files in '%s' real "
				"owners, which need no records: use --engine=ptrace",
				p->rootfs);
	if (store_may_claim(p->rootfs, STORE_BY_RECORDS, fail) < 0)
		return -1;
	idmap_plan_own(&p->maps);
	return add_all_traced(p) < 0 ? fail_set(fail, "no memory for the set-up") : 0;
}

static int build(struct plan *p, struct hostfs *host, struct fail *fail)
{
	struct view *v;

	if (engine_view(p, p->config, NULL, host, &v, fail) < 0)
		return -1;
	p->rootfs = v->binds[0].host.s;
	if (p->traced)
		return build_traced(p, fail);
	if (check_sources(v, fail) < 0 || idmap_plan(p->config, &p->maps, fail) < 0 ||
	    user_find(p, p->config, v, host, &p->user, fail) < 0 || check_identity(p, fail) < 0)
		return -1;
	return add_all(p, v) < 0 ? fail_set(fail, "no memory for the set-up") : 0;
}

struct plan *plan_make(void *ctx, const struct session_config *config, enum plan_owners owners,
		       struct fail *fail)
{
	struct plan *p = talloc_zero(ctx, struct plan);
	struct hostfs *host = talloc_zero(p, struct hostfs);

	if (!host) {
		fail_set(fail, "no memory for the set-up");
		return NULL;
	}
	p->config = config;
	p->traced = owners == OWNERS_RECORDED;
	if (build(p, host, fail) == 0)
		return p;
	talloc_free(p);
	return NULL;
}
