/* SPDX-License-Identifier: MIT */
/*
 * The set-up as data: a list of operations, printed by --dry-run or carried out by one loop
 * (perform.c). A failed one names itself.
 */
#ifndef PR_ENGINE_USERNS_OPS_H
#define PR_ENGINE_USERNS_OPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/fail.h"
#include "engine/userns/idmap.h"
#include "ident/store.h"
#include "ident/userdb.h"

struct session;
struct session_config;

enum op_kind {
	OP_NAMESPACES, /* flags: CLONE_NEW...; the only one made by the parent */
	OP_MAP,	       /* the id maps */
	OP_ISOLATE,    /* no mount of ours reaches the host */
	OP_SWEEP,      /* mount points that killed sessions left; holds the lock for OP_POINT */
	OP_TAKE,       /* slot: a copy of the mounts at host name `from` */
	OP_POINT,      /* makes `to` in slot, which is host name `from`; flags: its kind */
	OP_SETTLE,     /* lets go of that lock */
	OP_ROOT,       /* slot becomes the new root, on top of host name `to` */
	OP_ATTACH,     /* slot, at guest name `to` */
	OP_PROC,       /* a new procfs at guest name `to` */
	OP_RESTRICT,   /* slot, just attached; flags: MOUNT_ATTR_... */
	OP_CLAIM,      /* the tree at host name `to` is one of real ids from now on */
	OP_PIVOT,      /* the new root is /, no mount of the host's is left */
	OP_HOSTNAME,   /* to */
	OP_LOOPBACK,   /* the network of our own has its lo up */
	OP_CONNECT,    /* by pasta or slirp4netns */
	OP_LOCK,       /* nested namespaces, in which no mount can be undone */
	OP_BECOME,     /* the first program's ids */
	OP_TRACE,      /* no privilege is left; the ptrace engine's session on host name `to` */
};

struct op {
	enum op_kind kind;
	const char *from, *to;
	const char *text; /* OP_POINT: of a link */
	unsigned slot;
	unsigned long flags;
};

struct plan {
	const struct session_config *config;
	struct idmaps maps;
	struct userdb_user user; /* with config->identity */
	const char *rootfs;	 /* host name, canonical */
	struct op *ops;		 /* child of the plan */
	unsigned count, slots;
	bool makes_points; /* there is an OP_POINT */
	bool traced;	   /* pr keeps the owners and shows the view: it ends by OP_TRACE */
};

/* Who is to keep the owners of the tree. */
enum store_keeper plan_keeper(const struct plan *p);

/* Who keeps the owners of a plan: the kernel, or pr in records, with one id of the kernel's. */
enum plan_owners { OWNERS_REAL, OWNERS_RECORDED };

/* A child of ctx. NULL: it cannot be done, and why. Makes nothing. */
struct plan *plan_make(void *ctx, const struct session_config *config, enum plan_owners owners,
		       struct fail *fail);

void op_print(const struct plan *p, const struct op *op, FILE *out);
/* "bind /home/u on /mnt", for a message. */
void op_describe(const struct plan *p, const struct op *op, char *buf, size_t size);

/* ---- perform.c ---- */

/* What main asks the keeper for, a byte; the answer is an int, 0 or -errno. */
enum { ASK_MAP = 'm', ASK_CONNECT = 'n', ASK_HOLD = 'h' };

struct points;

struct setup {
	const struct plan *plan;
	struct points *points;
	int *taken;  /* by slot: descriptors of what OP_TAKE copied or, before Linux 5.2, found */
	bool copied; /* which of the two */
	int root_fd; /* the new root */
	int self_fd; /* /proc/self of the host's */
	int ask, answer;	/* pipes: the parent is to write the maps, has done so (an int) */
	struct session *traced; /* OP_TRACE's */
	struct fail *why;	/* what it failed of */
};

/* Operation i and those behind it, in order. 0, or -errno with *ret_failed. */
int perform_all(struct setup *s, unsigned i, unsigned *ret_failed);

/* OP_NAMESPACES: as fork(2). -errno. */
pid_t perform_clone(unsigned long flags);

#endif
