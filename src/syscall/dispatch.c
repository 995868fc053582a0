/* SPDX-License-Identifier: MIT */
/*
 * Walks a call's row. Kinds are served here; a call whose row says EMULATE goes to its handler. The
 * handlers are listed by table.def itself, so a row without one does not link.
 */
#include "syscall/dispatch.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "syscall/exec.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/pivot.h"
#include "syscall/table.h"
#include "syscall/trace.h"
#include "tracee/agent.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#define ROW_PASS NULL
#define ROW_TRANSLATE NULL
#define ROW_TRANSLATE_OR(handler) sys_##handler
#define ROW_DENY(err) NULL
#define ROW_DENY_OR(err, handler) sys_##handler
#define ROW_EMULATE(handler) sys_##handler
#define SYS(name, verdict, ...) [SC_##name] = ROW_##verdict,

static const sys_handler handlers[SC_COUNT] = {
#include "syscall/table.def"
};

#undef SYS

int dispatch_translate(struct call *c)
{
	int r = 0;

	for (unsigned i = 0; i < 6 && r == 0; i++)
		if (c->row->args[i].kind == ARG_PATH)
			r = path_translate(c, i);
	return r;
}

static int serve(struct call *c)
{
	switch (c->row->verdict) {
	case V_PASS:
		return 0;
	case V_TRANSLATE:
		if (handlers[c->id] && tracee_session(c->t)->identity)
			return handlers[c->id](c);
		return dispatch_translate(c);
	case V_EMULATE:
		return handlers[c->id](c);
	case V_DENY:
		if (handlers[c->id] && tracee_session(c->t)->identity)
			return handlers[c->id](c);
		return -c->row->deny_errno;
	}
	return -ENOSYS;
}

/* ---- what agents must know of -------------------------------------------------------------- */

/* Calls after which a name may lead elsewhere than it did, though it leads somewhere before. */
static bool changes_names(enum sc id)
{
	switch (id) {
	case SC_rename:
	case SC_renameat:
	case SC_renameat2:
	case SC_rmdir:
	case SC_unlink:
	case SC_unlinkat:
	/* or nowhere: directories behind links, and in front of "..", are not asked again;
	   under an identity they are not asked again for a record, either */
	case SC_chmod:
	case SC_fchmodat:
	case SC_fchmodat2:
	case SC_chown:
	case SC_chown32:
	case SC_fchownat:
	case SC_lchown:
	case SC_lchown32:
	case SC_setxattr:
	case SC_lsetxattr:
	case SC_setxattrat:
	case SC_removexattr:
	case SC_lremovexattr:
	case SC_removexattrat: return true;
	default: return false;
	}
}

/* The same where an identity decides who may run a program, which exec remembers with its name. */
static bool changes_open_file(enum sc id)
{
	switch (id) {
	case SC_fchmod:
	case SC_fchown:
	case SC_fchown32:
	case SC_fsetxattr:
	case SC_fremovexattr: return true;
	default: return false;
	}
}

/* Agents open without a look what lies in a directory without devices. */
static bool makes_devices(const struct call *c)
{
	return (c->id == SC_mknod || c->id == SC_mknodat) && tracee_session(c->t)->identity;
}

/* They change the view of all who share it. */
static bool changes_view(enum sc id)
{
	switch (id) {
	case SC_mount:
	case SC_umount:
	case SC_umount2:
	case SC_pivot_root: return true;
	default: return false;
	}
}

/*
 * A filter of the guest's own judges its calls, and must see them as they are; so must a handler of
 * SIGSYS. And agents read the clock that a process may give up.
 */
static bool minds_agents(const struct call *c)
{
	if (c->id != SC_prctl)
		return c->id == SC_seccomp && c->guest_arg[0] <= SECCOMP_SET_MODE_FILTER;
	switch ((int)c->guest_arg[0]) {
	case PR_SET_SECCOMP:
	case PR_SET_SYSCALL_USER_DISPATCH:
	case PR_SET_TSC: return true;
	default: return false;
	}
}

static void before(struct call *c)
{
	struct session *s = tracee_session(c->t);
	bool changes = changes_names(c->id) || makes_devices(c) ||
		       (s->identity && changes_open_file(c->id));

	if (s->identity)
		agent_vouch_for_beside(s);
	if (minds_agents(c))
		agent_turn_off(c->t);
	if (changes_view(c->id))
		agent_turn_off_all(s);
	if (changes)
		dispatch_changes_names(c->t);
}

static void after(struct call *c)
{
	agent_review(c->t);
	if (!c->t->changes_names)
		return;
	if (c->flags & CALL_ANSWERED)
		dispatch_left(c->t);
	else
		c->flags |= CALL_WANT_EXIT;
}

void dispatch_changes_names(struct tracee *t)
{
	if (!tracee_session(t)->agents || t->changes_names)
		return;
	t->changes_names = true;
	agent_names_change(tracee_session(t));
}

void dispatch_left(struct tracee *t)
{
	if (t->changes_names)
		agent_names_changed(tracee_session(t));
	t->changes_names = false;
}

/* ------------------------------------------------------------------------------------------ */

void dispatch_enter(struct call *c)
{
	struct session *s = tracee_session(c->t);
	int r;

	if (exec_loader_call(c))
		return;
	c->id = sys_id(c->abi, (unsigned)c->guest_nr);
	c->row = sys_row(c->abi, (unsigned)c->guest_nr);
	if (c->t->fs->left_behind && pivot_catch_up(c))
		return;
	if (s->agents)
		before(c);
	r = c->id == SC_none ? -ENOSYS : serve(c);
	if (r < 0)
		call_answer(c, r);
	if (s->agents)
		after(c);
	if (s->trace)
		trace_call(s, c);
}
