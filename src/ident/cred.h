/* SPDX-License-Identifier: MIT */
/*
 * Virtual credentials of one guest thread and the kernel's rules for changing them:
 * credentials(7), capabilities(7); kernel/sys.c, kernel/capability.c, security/commoncap.c. Pure:
 * knows no tracee and makes no system call.
 *
 * One user namespace is told of, the session's: every id but -1 is mapped in it. Functions return
 * 0 or -errno, in the kernel's order of checks; a refused change changes nothing.
 */
#ifndef PR_IDENT_CRED_H
#define PR_IDENT_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What grew with the kernel's releases: what the one we run on knows. */
struct cred_limits {
	uint64_t caps;	     /* bit = CAP_* */
	unsigned securebits; /* SECBIT_* and their locks */
};

/* The newest that we know. */
extern const struct cred_limits cred_limits_newest;

/* Ids as in `struct cred` of the kernel; capability sets as one 64-bit mask each (bit = CAP_*). */
struct cred {
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	unsigned securebits;
	bool no_new_privs;
	unsigned group_count;
	uint32_t *groups; /* sorted, may hold one twice; child of the cred */
	struct cred_limits limits;
};

/*
 * The first program's: these ids in all four places and no supplementary group; every capability
 * for uid 0, else none. NULL on OOM.
 */
struct cred *cred_new(void *ctx, uint32_t uid, uint32_t gid, const struct cred_limits *limits);
/* What fork and clone make of it. NULL on OOM. */
struct cred *cred_copy(void *ctx, const struct cred *from);

/* ns_capable: is CAP_* in the effective set? */
bool cred_capable(const struct cred *c, unsigned cap);
/* in_group_p: fsgid or a supplementary group. */
bool cred_in_group(const struct cred *c, uint32_t gid);

/*
 * commit_creds: has the change from one to the other made the process undumpable (its dumpable
 * becomes suid_dumpable, its parent death signal 0)? Groups are not looked at.
 */
bool cred_undumps(const struct cred *from, const struct cred *to);

/* ---- ids: setuid(2) and its kin; credids.c. -1: leave it, where the call has that ---- */

int cred_setuid(struct cred *c, uint32_t uid);
int cred_setgid(struct cred *c, uint32_t gid);
int cred_setreuid(struct cred *c, uint32_t ruid, uint32_t euid);
int cred_setregid(struct cred *c, uint32_t rgid, uint32_t egid);
int cred_setresuid(struct cred *c, uint32_t ruid, uint32_t euid, uint32_t suid);
int cred_setresgid(struct cred *c, uint32_t rgid, uint32_t egid, uint32_t sgid);
/* The id that it was before, whatever became of it. */
uint32_t cred_setfsuid(struct cred *c, uint32_t uid);
uint32_t cred_setfsgid(struct cred *c, uint32_t gid);

/* What setgroups(2) asks before it reads the list: EPERM, then EINVAL for more than 65536. */
int cred_may_setgroups(const struct cred *c, unsigned count);
/* Sorted; EINVAL for an id of -1, ENOMEM. Permission has been asked for. */
int cred_setgroups(struct cred *c, const uint32_t *groups, unsigned count);

/* ---- capabilities; credcaps.c ---- */

struct cred_caps {
	uint64_t effective, permitted, inheritable;
};

/* How many 32-bit words a set has in capget's and capset's structs; 0: no such version. */
unsigned cred_cap_words(uint32_t version);
int cred_capset(struct cred *c, const struct cred_caps *want);

/*
 * prctl(2) where it is about credentials: PR_CAPBSET_*, PR_CAP_AMBIENT, PR_*_SECUREBITS,
 * PR_*_KEEPCAPS, PR_*_NO_NEW_PRIVS. `arg` is all five, the option first. Its result, or -errno;
 * CRED_NO_PRCTL for another option.
 */
enum { CRED_NO_PRCTL = -4096 };
int cred_prctl(struct cred *c, const uint64_t arg[5]);

/* ---- exec; credexec.c ---- */

/* The file that is run (of a script: its interpreter), as the guest is told of it. */
struct cred_exec {
	uint32_t uid, gid, mode; /* owner and st_mode */
	const void *caps;	 /* the value of security.capability, caps_size bytes */
	size_t caps_size;	 /* 0: it has none */
	bool nosuid;		 /* on a mount where set-id bits and capabilities do not count */
	bool shares_fs;		 /* the process shares its cwd with another process (CLONE_FS) */
	bool unreadable;	 /* the caller may not read it */
};

/* What else an exec changes. */
enum cred_exec_flags {
	CRED_EXEC_SECURE = 1 << 0, /* AT_SECURE is 1, the stack's limit at most 8 MiB */
	CRED_EXEC_UNDUMPABLE = 1 << 1,	 /* the new mm's dumpable is suid_dumpable, not 1 */
	CRED_EXEC_CLEAR_PER = 1 << 2,	 /* the personality loses PER_CLEAR_ON_SETID */
	CRED_EXEC_NO_PDEATHSIG = 1 << 3, /* the parent death signal is 0 */
};

/*
 * bprm_fill_uid, cap_bprm_creds_from_file and begin_new_exec: c becomes the new program's. Flags of
 * enum cred_exec_flags, or -errno for the caller's execve (-EPERM: the file needs capabilities that
 * it cannot have; -EINVAL: its xattr is broken).
 */
int cred_exec(struct cred *c, const struct cred_exec *file);

#endif
