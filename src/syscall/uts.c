/* SPDX-License-Identifier: MIT */
/*
 * sethostname(2), setdomainname(2), and uname(2) which tells of them: names of the session's own.
 * kernel/sys.c.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "syscall/handlers.h"
#include "syscall/mounts.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/tracee.h"
#include "tracee/uts.h"

static int set_name(struct call *c, struct uts_name *name)
{
	struct uts_name fresh = { .is_set = true };
	int len = (int)c->guest_arg[1];

	if (!mounts_capable(c->t, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len >= UTS_NAME_BYTES)
		return -EINVAL;
	if (mem_read(c->t, c->guest_arg[0], fresh.text, (size_t)len) < 0)
		return -EFAULT;
	*name = fresh;
	return call_answer(c, 0);
}

int sys_sethostname(struct call *c)
{
	return set_name(c, &c->t->uts->host);
}

int sys_setdomainname(struct call *c)
{
	return set_name(c, &c->t->uts->domain);
}

/* struct old_utsname has no domain, struct oldold_utsname fields of nine bytes. */
static int uname_exit(struct call *c)
{
	const struct uts *uts = c->t->uts;
	size_t field = c->id == SC_oldolduname ? 9 : UTS_NAME_BYTES;
	char name[UTS_NAME_BYTES] = "";

	if (c->result != 0)
		return 0;
	memcpy(name, uts->host.text, field - 1);
	if (uts->host.is_set)
		mem_write(c->t, c->guest_arg[0] + field, name, field);
	if (uts->domain.is_set && c->id == SC_uname)
		mem_write(c->t, c->guest_arg[0] + 5 * field, uts->domain.text, field);
	return 0;
}

int sys_uname(struct call *c)
{
	const struct uts *uts = c->t->uts;

	return uts->host.is_set || uts->domain.is_set ? call_want_exit(c, uname_exit) : 0;
}
