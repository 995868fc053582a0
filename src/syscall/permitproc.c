/* SPDX-License-Identifier: MIT */
/*
 * What /proc asks beside the modes of its files, in sessions with an identity: who may look into
 * another process (fs/proc/base.c, fs/proc/fd.c, fs/proc/task_mmu.c; ptrace(2), "Ptrace access mode
 * checking"). To the kernel all guests are one user.
 */
#include "syscall/permit.h"

#include <errno.h>
#include <string.h>

#include "ident/reach.h"
#include "path/procname.h"
#include "syscall/guestfs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"
#include "tracee/who.h"

/* Below /proc/<pid>, of those that proc_parse has no name for: opened only by who may inspect. */
static const char *const inspected[] = { "/environ",	  "/mem",	"/pagemap",
					 "/smaps_rollup", "/map_files", "/clear_refs" };

static const struct process *process_of(struct session *s, const struct procname *name)
{
	const struct tracee *t;

	if (name->pid == PROC_PID_SELF)
		return s->walker->process;
	t = who_thread(s, name->pid);
	return t ? t->process : NULL;
}

/* PTRACE_MODE_READ_FSCREDS; what is no guest is left to the kernel. */
int permit_inspect(struct session *s, const struct procname *name)
{
	const struct tracee *t;

	if (!s->identity || name->what < PROC_DIR || process_of(s, name) == s->walker->process)
		return 0;
	t = who_thread(s, name->tid > 0 ? name->tid : name->pid);
	if (!t || !t->cred)
		return 0;
	if (reach_inspect(s->walker->cred, t->cred, !t->mm || t->mm->dumpable == 1))
		return 0;
	return -EACCES;
}

static bool is_inspected(const struct procname *name)
{
	switch (name->what) {
	case PROC_MAPS:
	case PROC_SMAPS:
	case PROC_NUMA_MAPS:
	case PROC_AUXV:
		return true;
	case PROC_OTHER:
		for (size_t i = 0; i < sizeof(inspected) / sizeof(inspected[0]); i++)
			if (path_under(name->rest, inspected[i]))
				return true;
		return false;
	default:
		return false;
	}
}

int permit_open_proc(struct session *s, const char *host)
{
	struct procname name;

	if (!guestfs_is_proc(HPATH(host)))
		return 0;
	name = proc_parse(guestfs_as_walker(s, HPATH(host)));
	return is_inspected(&name) ? permit_inspect(s, &name) : 0;
}

/*
 * proc_fd_permission: one's own descriptors, also where the directory has become root's;
 * proc_fdinfo_permission: others' not, though all may read and search it.
 */
int permit_in_proc(struct session *s, const char *host, int r)
{
	struct procname name;

	if (!host || !guestfs_is_proc(HPATH(host)))
		return r;
	name = proc_parse(guestfs_as_walker(s, HPATH(host)));
	if (name.what != PROC_OTHER)
		return r;
	if (r == 0 && strcmp(name.rest, "/fdinfo") == 0)
		return permit_inspect(s, &name);
	if (r == -EACCES && strcmp(name.rest, "/fd") == 0 &&
	    process_of(s, &name) == s->walker->process)
		return 0;
	return r;
}
