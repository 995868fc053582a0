/* SPDX-License-Identifier: MIT */
/* Who the guests of a session are told they are, and what this kernel knows of credentials. */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/kernfile.h"
#include "engine/engine.h"
#include "engine/ptrace/start.h"
#include "engine/user.h"
#include "ident/cred.h"
#include "ident/store.h"
#include "ident/userdb.h"
#include "syscall/nameless.h"
#include "tracee/fs.h"
#include "tracee/session.h"

/* SECBIT_EXEC_RESTRICT_FILE, Linux 6.14: anybody may set it, and take it back. */
#define NEWER_SECUREBIT	 0x100
#define OLDER_SECUREBITS 0xffu

static uint64_t known_caps(void)
{
	uint64_t caps = 0;

	for (unsigned long cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		caps |= UINT64_C(1) << cap;
	return caps ? caps : cred_limits_newest.caps;
}

static unsigned known_securebits(void)
{
	int bits = prctl(PR_GET_SECUREBITS);

	if (bits < 0 || (bits & NEWER_SECUREBIT))
		return cred_limits_newest.securebits;
	if (prctl(PR_SET_SECUREBITS, bits | NEWER_SECUREBIT) < 0)
		return OLDER_SECUREBITS;
	prctl(PR_SET_SECUREBITS, bits);
	return cred_limits_newest.securebits;
}

/* The number in a file of /proc/sys/fs, or 0. */
static unsigned read_sysctl(const char *name)
{
	unsigned value = 0;
	char file[64];

	snprintf(file, sizeof(file), "/proc/sys/fs/%s", name);
	kernfile_scan(file, "%u", &value);
	return value;
}

/* The caller's, which the first guest inherits. */
static unsigned own_umask(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return mask;
}

/* The root of the view is the rootfs by its canonical name. */
static int open_store(struct session *s, struct fail *fail)
{
	const struct store_config owners = {
		.rootfs = s->identity->rootfs,
		.uid = s->identity->uid,
		.gid = s->identity->gid,
		.real = store_is_real(s->identity->rootfs),
	};

	s->identity->store = store_open(s->identity, &owners, fail);
	return s->identity->store ? 0 : -1;
}

/* Who the first program is to be, in all its ids. */
static int find_user(struct session *s, const struct session_config *config, struct fail *fail)
{
	struct identity *id = s->identity;
	struct userdb_user user;

	if (user_find(id, config, s->view, &s->hostfs, &user, fail) < 0)
		return -1;
	id->uid = user.uid;
	id->gid = user.gid;
	id->groups = user.groups;
	id->group_count = user.group_count;
	id->home = user.home;
	return 0;
}

int identity_open(struct session *s, const struct session_config *config, struct fail *fail)
{
	struct identity *id;
	struct stat proc;

	if (config->identity == IDENTITY_NONE)
		return 0;
	id = s->identity = talloc_zero(s, struct identity);
	if (!id)
		return fail_errno(fail, ENOMEM, "cannot keep the guest's ids");
	id->limits.caps = known_caps();
	id->limits.securebits = known_securebits();
	id->suid_dumpable = (unsigned char)read_sysctl("suid_dumpable");
	id->sysctls.symlinks = read_sysctl("protected_symlinks");
	id->sysctls.hardlinks = read_sysctl("protected_hardlinks");
	id->sysctls.fifos = read_sysctl("protected_fifos");
	id->sysctls.regular = read_sysctl("protected_regular");
	if (find_user(s, config, fail) < 0)
		return -1;
	id->host_uid = geteuid();
	id->host_gid = getegid();
	id->proc_dev = stat("/proc", &proc) == 0 ? proc.st_dev : 0;
	nameless_learn(id);
	s->fs->umask = own_umask();
	id->rootfs = talloc_strdup(id, s->view->binds[0].host.s);
	if (!id->rootfs)
		return fail_errno(fail, ENOMEM, "cannot keep the guest's ids");
	s->hostfs.keeps = true;
	return open_store(s, fail);
}
