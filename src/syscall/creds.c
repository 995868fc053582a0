/* SPDX-License-Identifier: MIT */
/*
 * Calls that ask for or change a thread's ids and groups, where they are virtual (-0, -i, --user).
 * The rules are ident/cred.h's; here is only what the guest's memory and registers hold of them.
 */
#include "syscall/creds.h"

#include <errno.h>
#include <linux/prctl.h>
#include <talloc.h>

#include "ident/cred.h"
#include "syscall/handlers.h"
#include "syscall/ids.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

bool creds_drop_pdeathsig(struct call *c)
{
	if (!c->t->pdeathsig)
		return false;
	c->t->pdeathsig = false;
	c->before = SC_prctl;
	c->before_arg[0] = PR_SET_PDEATHSIG;
	c->before_arg[1] = 0;
	c->before_arg[2] = 0;
	return true;
}

int creds_commit(struct call *c, const struct cred *to, int64_t result)
{
	struct tracee *t = c->t;
	bool undumps = cred_undumps(t->cred, to);

	if (undumps && creds_drop_pdeathsig(c))
		return 0;
	*t->cred = *to;
	if (undumps)
		t->mm->dumpable = tracee_session(t)->identity->suid_dumpable;
	return call_answer(c, result);
}

/* ---- asked ---- */

int sys_getuid(struct call *c)
{
	return call_answer(c, ids_told(c, c->t->cred->uid));
}

int sys_geteuid(struct call *c)
{
	return call_answer(c, ids_told(c, c->t->cred->euid));
}

int sys_getgid(struct call *c)
{
	return call_answer(c, ids_told(c, c->t->cred->gid));
}

int sys_getegid(struct call *c)
{
	return call_answer(c, ids_told(c, c->t->cred->egid));
}

/* One after the other, as the kernel writes them: the first may be there when the second faults. */
static int tell_three(struct call *c, uint32_t first, uint32_t second, uint32_t third)
{
	const uint32_t id[3] = { ids_told(c, first), ids_told(c, second), ids_told(c, third) };

	for (unsigned i = 0; i < 3; i++)
		if (mem_write(c->t, c->guest_arg[i], &id[i], ids_bytes(c)) < 0)
			return -EFAULT;
	return call_answer(c, 0);
}

int sys_getresuid(struct call *c)
{
	const struct cred *cred = c->t->cred;

	return tell_three(c, cred->uid, cred->euid, cred->suid);
}

int sys_getresgid(struct call *c)
{
	const struct cred *cred = c->t->cred;

	return tell_three(c, cred->gid, cred->egid, cred->sgid);
}

/* ---- changed ---- */

static int committed(struct call *c, const struct cred *to, int r)
{
	return r < 0 ? r : creds_commit(c, to, 0);
}

int sys_setuid(struct call *c)
{
	struct cred to = *c->t->cred;

	return committed(c, &to, cred_setuid(&to, ids_arg(c, 0)));
}

int sys_setgid(struct call *c)
{
	struct cred to = *c->t->cred;

	return committed(c, &to, cred_setgid(&to, ids_arg(c, 0)));
}

int sys_setreuid(struct call *c)
{
	struct cred to = *c->t->cred;

	return committed(c, &to, cred_setreuid(&to, ids_arg(c, 0), ids_arg(c, 1)));
}

int sys_setregid(struct call *c)
{
	struct cred to = *c->t->cred;

	return committed(c, &to, cred_setregid(&to, ids_arg(c, 0), ids_arg(c, 1)));
}

int sys_setresuid(struct call *c)
{
	struct cred to = *c->t->cred;

	return committed(c, &to, cred_setresuid(&to, ids_arg(c, 0), ids_arg(c, 1), ids_arg(c, 2)));
}

int sys_setresgid(struct call *c)
{
	struct cred to = *c->t->cred;

	return committed(c, &to, cred_setresgid(&to, ids_arg(c, 0), ids_arg(c, 1), ids_arg(c, 2)));
}

/* These two tell the id whole, also where the ABI's are short. */
int sys_setfsuid(struct call *c)
{
	struct cred to = *c->t->cred;
	uint32_t old = cred_setfsuid(&to, ids_arg(c, 0));

	return creds_commit(c, &to, old);
}

int sys_setfsgid(struct call *c)
{
	struct cred to = *c->t->cred;
	uint32_t old = cred_setfsgid(&to, ids_arg(c, 0));

	return creds_commit(c, &to, old);
}

/* ---- supplementary groups ---- */

static uint32_t group_at(const struct call *c, const void *list, size_t i)
{
	uint16_t low;

	if (!ids_are_short(c))
		return ((const uint32_t *)list)[i];
	low = ((const uint16_t *)list)[i];
	return low == UINT16_MAX ? UINT32_MAX : low;
}

static void put_group(const struct call *c, void *list, size_t i, uint32_t id)
{
	if (ids_are_short(c))
		((uint16_t *)list)[i] = (uint16_t)ids_told(c, id);
	else
		((uint32_t *)list)[i] = id;
}

int sys_getgroups(struct call *c)
{
	const struct cred *cred = c->t->cred;
	const unsigned n = cred->group_count;
	const int size = (int)c->guest_arg[0];
	void *list;
	int r;

	if (size < 0 || (size && n > (unsigned)size))
		return -EINVAL;
	if (size == 0 || n == 0)
		return call_answer(c, n);
	list = talloc_array_size(c->t, sizeof(uint32_t), n);
	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		put_group(c, list, i, cred->groups[i]);
	r = mem_write(c->t, c->guest_arg[1], list, (size_t)n * ids_bytes(c));
	talloc_free(list);
	return r < 0 ? r : call_answer(c, n);
}

/* A list that ends in the middle is EFAULT, unless what can be read of it is wrong already. */
static int read_groups(struct call *c, uint32_t *ret, unsigned n)
{
	const size_t bytes = ids_bytes(c);
	void *list = talloc_array_size(ret, bytes, n);
	size_t got;

	if (!list)
		return -ENOMEM;
	got = mem_read_some(c->t, c->guest_arg[1], list, n * bytes) / bytes;
	for (size_t i = 0; i < got; i++) {
		ret[i] = group_at(c, list, i);
		if (ret[i] == UINT32_MAX)
			return -EINVAL;
	}
	return got < n ? -EFAULT : 0;
}

int sys_setgroups(struct call *c)
{
	struct cred *cred = c->t->cred;
	const unsigned n = (unsigned)c->guest_arg[0];
	uint32_t *list;
	int r = cred_may_setgroups(cred, n);

	if (r < 0)
		return r;
	list = talloc_array(c->t, uint32_t, n ? n : 1);
	if (!list)
		return -ENOMEM;
	r = n ? read_groups(c, list, n) : 0;
	if (r == 0)
		r = cred_setgroups(cred, list, n);
	talloc_free(list);
	return r < 0 ? r : call_answer(c, 0);
}
