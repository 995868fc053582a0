/* SPDX-License-Identifier: MIT */
/* Operations in words. */
#include "engine/userns/ops.h"

#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "base/quote.h"
#include "engine/userns/points.h"

static const struct word {
	unsigned long flag;
	const char *text;
} namespaces[] = {
	{ CLONE_NEWUSER, "user" },   { CLONE_NEWNS, "mount" }, { CLONE_NEWPID, "pid" },
	{ CLONE_NEWUTS, "uts" },     { CLONE_NEWIPC, "ipc" },  { CLONE_NEWNET, "net" },
	{ CLONE_NEWCGROUP, "cgroup" }, { 0x80, "time" },       { 0, NULL },
}, restrictions[] = {
	{ MOUNT_ATTR_RDONLY, "read-only" }, { MOUNT_ATTR_NOEXEC, "noexec" }, { 0, NULL },
};

static void print_words(const struct word *w, unsigned long flags, FILE *out)
{
	for (; w->text; w++)
		if (flags & w->flag)
			fprintf(out, " %s", w->text);
}

static void print_name(const char *before, const char *name, FILE *out)
{
	char quoted[1024];

	quote_text(name, quoted, sizeof(quoted));
	fprintf(out, " %s%s", before, quoted);
}

static void print_maps(const struct idmaps *m, FILE *out)
{
	fputs(" users ", out);
	idmap_print(&m->users, out);
	fputs(" groups ", out);
	idmap_print(&m->groups, out);
	fputs(m->writer == IDMAP_HELPER ? " by newuidmap and newgidmap" : "", out);
}

static void print_user(const struct userdb_user *u, FILE *out)
{
	fprintf(out, " %u:%u groups", u->uid, u->gid);
	for (unsigned i = 0; i < u->group_count; i++)
		fprintf(out, "%c%u", i ? ',' : ' ', u->groups[i]);
	fputs(u->group_count ? "" : " none", out);
}

static const char *const verbs[] = {
	[OP_NAMESPACES] = "namespaces",
	[OP_MAP] = "map",
	[OP_ISOLATE] = "isolate mounts",
	[OP_SWEEP] = "sweep mount points",
	[OP_TAKE] = "take",
	[OP_ROOT] = "new root",
	[OP_POINT] = "make mount point",
	[OP_SETTLE] = "settle mount points",
	[OP_ATTACH] = "attach",
	[OP_PROC] = "mount proc",
	[OP_RESTRICT] = "restrict",
	[OP_CLAIM] = "claim the owners of",
	[OP_PIVOT] = "pivot_root and detach",
	[OP_HOSTNAME] = "hostname",
	[OP_LOOPBACK] = "lo up",
	[OP_CONNECT] = "connect the network by pasta or slirp4netns",
	[OP_LOCK] = "lock mounts",
	[OP_BECOME] = "become",
	[OP_TRACE] = "trace, with owners in records,",
};

void op_print(const struct plan *p, const struct op *op, FILE *out)
{
	fputs(verbs[op->kind], out);
	if (op->kind == OP_NAMESPACES)
		print_words(namespaces, op->flags, out);
	if (op->kind == OP_MAP)
		print_maps(&p->maps, out);
	if (op->kind == OP_BECOME)
		print_user(&p->user, out);
	if (op->from && op->kind != OP_POINT)
		print_name("", op->from, out);
	if (op->to)
		print_name(op->kind == OP_ATTACH || op->kind == OP_PROC ? "on " : "", op->to, out);
	if (op->kind == OP_POINT)
		fputs(op->flags == POINT_FILE	? " (file)"
		      : op->flags == POINT_LINK ? " (link)"
						: " (directory)",
		      out);
	if (op->kind == OP_RESTRICT)
		print_words(restrictions, op->flags, out);
}

void op_describe(const struct plan *p, const struct op *op, char *buf, size_t size)
{
	FILE *out = fmemopen(buf, size, "w");

	buf[0] = '\0';
	if (!out)
		return;
	op_print(p, op, out);
	fclose(out);
	buf[size - 1] = '\0';
}
