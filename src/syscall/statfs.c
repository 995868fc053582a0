/* SPDX-License-Identifier: MIT */
/*
 * statfs and its like: f_flags speaks of the mount, and so of the bind. df, mount and tar's
 * checks for a read-only place look there. Only sessions with such binds pay for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <talloc.h>

#include "path/view.h"
#include "syscall/fdchange.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/refuse.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

struct addition {
	uint64_t at;	/* guest address of f_flags' low half */
	uint32_t flags; /* to be set there */
};

static bool is_statfs64(const struct call *c)
{
	return c->id == SC_statfs64 || c->id == SC_fstatfs64;
}

/*
 * Where f_flags lies: behind nine words and the two ints of f_fsid; the 32-bit ABIs' struct
 * statfs64 has five of the words in 64 bits.
 */
static uint64_t address_of_flags(const struct call *c)
{
	return is_statfs64(c) ? c->guest_arg[2] + 4 * 4 + 5 * 8 + 8 :
				c->guest_arg[1] + 9 * c->abi->word_bytes + 8;
}

static int statfs_exit(struct call *c)
{
	const struct addition *add = c->data;
	uint32_t flags;

	if (c->result != 0 || mem_read(c->t, add->at, &flags, sizeof(flags)) < 0)
		return 0;
	flags |= add->flags;
	mem_write(c->t, add->at, &flags, sizeof(flags));
	return 0;
}

static int add_flags(struct call *c, uint32_t flags)
{
	struct addition *add = talloc(c->t, struct addition);

	if (!add)
		return -ENOMEM;
	*add = (struct addition){ address_of_flags(c), flags };
	c->data = add;
	return call_want_exit(c, statfs_exit);
}

int sys_statfs(struct call *c)
{
	const struct canon *w = &tracee_session(c->t)->walk;
	uint32_t flags = 0;
	int r = path_walk_arg_fully(c, 0, AT_FDCWD, CANON_FOLLOW);

	if (r <= 0)
		return r < 0 ? refuse_path(c, 0, r) : 0;
	if (w->bind && !(w->flags & (CANON_ERROR | CANON_MAGIC))) {
		flags |= w->bind->flags & BIND_RO ? ST_RDONLY : 0;
		flags |= w->bind->flags & BIND_NOEXEC ? ST_NOEXEC : 0;
	}
	r = flags ? add_flags(c, flags) : 0;
	return r < 0 ? r : path_stage(c, 0);
}

int sys_fstatfs(struct call *c)
{
	return fdchange_check(c, (int)c->guest_arg[0]) < 0 ? add_flags(c, ST_RDONLY) : 0;
}
