/* SPDX-License-Identifier: MIT */
/*
 * sethostname(2), setdomainname(2), and uname(2) which tells of them and of the kernel that -k
 * names: the session's own. kernel/sys.c.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>

#include "syscall/handlers.h"
#include "syscall/mounts.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/tracee.h"
#include "tracee/uts.h"

static int set_name(struct call *c, enum uts_field field)
{
	struct uts *uts = c->t->uts;
	char fresh[UTS_NAME_BYTES] = "";
	int len = (int)c->guest_arg[1];

	if (!mounts_capable(c->t, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len >= UTS_NAME_BYTES)
		return -EINVAL;
	if (mem_read(c->t, c->guest_arg[0], fresh, (size_t)len) < 0)
		return -EFAULT;
	memcpy(uts->names[field].text, fresh, sizeof(fresh));
	uts->names[field].is_set = uts->is_set = true;
	return call_answer(c, 0);
}

int sys_sethostname(struct call *c)
{
	return set_name(c, UTS_NODENAME);
}

int sys_setdomainname(struct call *c)
{
	return set_name(c, UTS_DOMAINNAME);
}

/*
 * override_release: who has asked by personality(2) not to be told of a kernel newer than 2.6 is
 * told of a 2.6 that is made of its number.
 */
static void release_as_26(char release[UTS_NAME_BYTES])
{
	char told[2 * UTS_NAME_BYTES];
	unsigned version, patch, dots = 0;
	const char *rest = release;

	if (sscanf(release, "%u.%u", &version, &patch) != 2 || version < 3)
		return;
	for (; *rest && (isdigit((unsigned char)*rest) || *rest == '.'); rest++)
		if (*rest == '.' && ++dots >= 3)
			break;
	snprintf(told, sizeof(told), "2.6.%u%.64s", patch + (version == 3 ? 40 : 60), rest);
	memcpy(release, told, UTS_NAME_BYTES - 1);
}

/* Not what the host is, where the thread's personality(2) has the kernel say something else. */
static bool find_name(const struct call *c, enum uts_field field, char ret[UTS_NAME_BYTES])
{
	const struct uts_name *name = &c->t->uts->names[field];
	unsigned long persona = 0;

	if (!name->is_set)
		return false;
	memcpy(ret, name->text, UTS_NAME_BYTES);
	if (field == UTS_RELEASE || field == UTS_MACHINE)
		persona = tracee_personality(c->t);
	if (field == UTS_RELEASE && (persona & UNAME26))
		release_as_26(ret);
	return field != UTS_MACHINE || (persona & PER_MASK) != PER_LINUX32;
}

/* struct old_utsname has no domain, struct oldold_utsname fields of nine bytes. */
static int uname_exit(struct call *c)
{
	size_t size = c->id == SC_oldolduname ? 9 : UTS_NAME_BYTES;
	char name[UTS_NAME_BYTES];

	if (c->result != 0)
		return 0;
	for (unsigned i = 0; i < UTS_FIELDS; i++) {
		if (i == UTS_DOMAINNAME && c->id != SC_uname)
			break;
		if (!find_name(c, i, name))
			continue;
		name[size - 1] = '\0';
		mem_write(c->t, c->guest_arg[0] + i * size, name, size);
	}
	return 0;
}

int sys_uname(struct call *c)
{
	return c->t->uts->is_set ? call_want_exit(c, uname_exit) : 0;
}
