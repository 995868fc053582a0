/* SPDX-License-Identifier: MIT */
/*
 * capget, capset and prctl's options of credentials, where they are virtual: kernel/capability.c.
 * The rules are ident/cred.h's.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <string.h>

#include "ident/cred.h"
#include "syscall/creds.h"
#include "syscall/handlers.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

typedef struct __user_cap_data_struct cap_words[_LINUX_CAPABILITY_U32S_3];

/*
 * How many words a set has in this call, or -errno: who names an unknown version is told the known
 * one. cap_validate_magic.
 */
static int read_version(struct call *c)
{
	const uint32_t known = _LINUX_CAPABILITY_VERSION_3;
	uint32_t version;
	unsigned words;

	if (mem_read(c->t, c->guest_arg[0], &version, sizeof(version)) < 0)
		return -EFAULT;
	words = cred_cap_words(version);
	if (words)
		return (int)words;
	return mem_write(c->t, c->guest_arg[0], &known, sizeof(known)) < 0 ? -EFAULT : -EINVAL;
}

static int read_pid(struct call *c, int *ret)
{
	const uint64_t at = c->guest_arg[0] + offsetof(struct __user_cap_header_struct, pid);

	return mem_read(c->t, at, ret, sizeof(*ret));
}

/* Whose credentials; *ret is NULL where the kernel must be asked: no guest. 0 or -ESRCH. */
static int find_cred(struct call *c, pid_t pid, const struct cred **ret)
{
	struct session *s = tracee_session(c->t);
	struct tracee *t = pid == 0 ? c->t : tracee_find(s, pid);

	*ret = t ? t->cred : NULL;
	if (t)
		return 0;
	if (session_is_ours(s, pid))
		return -ESRCH;
	/* It may lie unburied still. */
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return -ESRCH;
	*ret = who_cred(s, pid);
	return 0;
}

static void split(const struct cred *cred, cap_words ret)
{
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		ret[i].effective = (uint32_t)(cred->effective >> 32 * i);
		ret[i].permitted = (uint32_t)(cred->permitted >> 32 * i);
		ret[i].inheritable = (uint32_t)(cred->inheritable >> 32 * i);
	}
}

static void join(const cap_words from, struct cred_caps *ret)
{
	*ret = (struct cred_caps){ 0 };
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		ret->effective |= (uint64_t)from[i].effective << 32 * i;
		ret->permitted |= (uint64_t)from[i].permitted << 32 * i;
		ret->inheritable |= (uint64_t)from[i].inheritable << 32 * i;
	}
}

int sys_capget(struct call *c)
{
	const uint64_t data = c->guest_arg[1];
	const struct cred *cred;
	cap_words words;
	int pid, n = read_version(c), r;

	if (n < 0)
		return data == 0 && n == -EINVAL ? call_answer(c, 0) : n;
	if (data == 0)
		return call_answer(c, 0);
	if (read_pid(c, &pid) < 0)
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	r = find_cred(c, pid, &cred);
	if (r < 0 || !cred)
		return r;
	split(cred, words);
	r = mem_write(c->t, data, words, (size_t)n * sizeof(words[0]));
	return r < 0 ? r : call_answer(c, 0);
}

int sys_capset(struct call *c)
{
	struct cred to = *c->t->cred;
	struct cred_caps want;
	cap_words words;
	int pid, n = read_version(c), r;

	if (n < 0)
		return n;
	if (read_pid(c, &pid) < 0)
		return -EFAULT;
	if (pid != 0 && pid != c->t->tid)
		return -EPERM;
	memset(words, 0, sizeof(words));
	if (mem_read(c->t, c->guest_arg[1], words, (size_t)n * sizeof(words[0])) < 0)
		return -EFAULT;
	join(words, &want);
	r = cred_capset(&to, &want);
	return r < 0 ? r : creds_commit(c, &to, 0);
}

int creds_prctl(struct call *c)
{
	struct cred to = *c->t->cred;
	int r = cred_prctl(&to, c->guest_arg);

	if (r == CRED_NO_PRCTL)
		return 1;
	if (r < 0)
		return r;
	return creds_commit(c, &to, r);
}
