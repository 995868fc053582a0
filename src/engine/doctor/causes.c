/* SPDX-License-Identifier: MIT */
/*
 * The rules, from the certain to the general: the first that fits the failed probe, its errno and
 * the host is told. A rule is a guess unless what it looked at refuses by itself what was refused.
 */
#include "engine/doctor/causes.h"

#include <errno.h>
#include <stdio.h>

#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"

enum certainty { SURE, GUESS };

#define ANY_AREA  (~0u)
#define SPACES	  (AREA_USERNS | AREA_SPACES | AREA_MOUNT | AREA_PROC | AREA_OVERLAY | AREA_RANGES)
#define MOUNTS	  (AREA_MOUNT | AREA_PROC | AREA_OVERLAY)
#define SECCOMP	  2 /* /proc/self/status, Seccomp: a filter */
#define LSM_ERROR { EPERM, EACCES }

struct rule {
	unsigned areas;
	int errors[3]; /* {0}: any, even none */
	bool (*fits)(const struct host *h, const struct trial *t);
	enum certainty certainty;
	const char *cause, *remedy;
};

/* ---- what is looked at ---- */

static bool is_older(const struct host *h, const struct trial *t)
{
	return h->version < t->probe->since;
}

static bool scope_is_3(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->ptrace_scope == 3;
}

static bool scope_is_2(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->ptrace_scope == 2;
}

static bool denies_ptrace(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->deny_ptrace == 1;
}

static bool is_traced(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->traced_by > 0;
}

static bool no_user_ns(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->no_user_ns;
}

static bool max_is_0(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->max_user == 0;
}

static bool clone_is_0(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->userns_clone == 0 && !h->admin;
}

static bool in_chroot(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->in_chroot;
}

static bool apparmor_restricts(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->apparmor_userns == 1 && !h->admin;
}

static bool has_profile(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->apparmor[0];
}

static bool is_root_without_admin(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->is_root && !h->admin;
}

static bool proc_is_covered(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->covered[0];
}

static bool has_filter(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->seccomp == SECCOMP;
}

static bool selinux_enforces(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->selinux == 1;
}

static bool has_no_new_privs(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->no_new_privs == 1;
}

static bool in_user_ns(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->in_user_ns;
}

static bool memfds_are_noexec(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->memfd_noexec >= 1;
}

static bool io_uring_is_off(const struct host *h, const struct trial *t)
{
	(void)t;
	return h->io_uring >= 1;
}

static bool always(const struct host *h, const struct trial *t)
{
	(void)h, (void)t;
	return true;
}

/* ---- the rules ---- */

static const struct rule rules[] = {
	{ ANY_AREA, { ENOSYS, EINVAL, EIO }, is_older, SURE, "this kernel is too old for it",
	  "a newer kernel; nothing is needed of you, pr works without it" },

	{ AREA_OVERLAY, { EPERM }, is_older, SURE,
	  "this kernel is too old for it: users' overlays came with Linux 5.11",
	  "nothing is needed of you, pr works without it" },

	{ AREA_PTRACE, LSM_ERROR, scope_is_3, SURE, "Yama: kernel.yama.ptrace_scope is 3",
	  "set kernel.yama.ptrace_scope=1 in /etc/sysctl.d and reboot: 3 cannot be lowered" },
	{ AREA_PTRACE, LSM_ERROR, scope_is_2, SURE, "Yama: kernel.yama.ptrace_scope is 2",
	  "as root: sysctl -w kernel.yama.ptrace_scope=1" },
	{ AREA_PTRACE, LSM_ERROR, denies_ptrace, SURE, "SELinux: the boolean deny_ptrace is on",
	  "as root: setsebool -P deny_ptrace off" },
	{ AREA_PTRACE, LSM_ERROR, has_filter, GUESS,
	  "a seccomp filter is in force, as containers install one",
	  "docker, podman: --cap-add SYS_PTRACE or --security-opt seccomp=unconfined" },
	{ AREA_PTRACE, LSM_ERROR, is_traced, GUESS, "this process is traced itself (TracerPid)",
	  "run pr outside of strace, gdb or another pr" },

	{ AREA_USERNS, { EINVAL, ENOSYS }, no_user_ns, SURE,
	  "the kernel is built without user namespaces (CONFIG_USER_NS)",
	  "another kernel; or the ptrace engine, which does without" },
	{ AREA_USERNS, { ENOSPC, EUSERS }, max_is_0, SURE,
	  "the sysctl user.max_user_namespaces is 0",
	  "as root: sysctl -w user.max_user_namespaces=10000" },
	{ AREA_USERNS | AREA_SPACES, { ENOSPC, EUSERS }, always, GUESS,
	  "a limit of user.max_*_namespaces is used up, or nesting is too deep",
	  "as root: sysctl -a | grep ^user.max_, and raise the one for these" },
	{ SPACES, { EPERM }, clone_is_0, SURE, "the sysctl kernel.unprivileged_userns_clone is 0",
	  "as root: sysctl -w kernel.unprivileged_userns_clone=1" },
	{ AREA_USERNS | AREA_MOUNT, { EPERM, EINVAL }, in_chroot, SURE,
	  "this is a chroot: / is no mount, and the kernel refuses namespaces and pivot_root here",
	  "make / a mount (unshare -m, mount --bind), or use the ptrace engine" },

	{ AREA_RANGES, { ENOENT }, always, SURE, "newuidmap or newgidmap is not in PATH",
	  "install uidmap (Debian, Ubuntu), shadow-utils (Fedora) or shadow (Arch, Alpine)" },
	{ AREA_RANGES, { EPERM }, has_no_new_privs, SURE,
	  "no_new_privs is set, so that newuidmap gains no rights",
	  "start pr from outside of that sandbox; or use records: --engine=ptrace" },
	{ AREA_RANGES, { EPERM }, is_traced, GUESS,
	  "this process is traced (TracerPid), so that newuidmap gains no rights",
	  "run pr outside of strace, gdb or another pr" },
	{ AREA_RANGES, { EPERM }, in_user_ns, GUESS,
	  "this is a user namespace already, and your subordinate ids are not in it",
	  "start pr outside of it, or give it more ids; or use records: --engine=ptrace" },
	{ AREA_RANGES, { 0 }, always, GUESS,
	  "/etc/subuid or /etc/subgid has no line for you, or newuidmap has lost its set-id bit or "
	  "capability",
	  "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 YOU" },

	{ AREA_PROC, { EPERM }, proc_is_covered, SURE,
	  "parts of /proc are covered, as containers do; the kernel then gives no other",
	  "docker, podman: --security-opt systempaths=unconfined; or bind the host's /proc" },
	{ AREA_SPACES | MOUNTS, LSM_ERROR, is_root_without_admin, SURE,
	  "this root lacks CAP_SYS_ADMIN",
	  "docker, podman: --cap-add SYS_ADMIN; the ptrace engine needs none" },
	{ SPACES, LSM_ERROR, apparmor_restricts, GUESS,
	  "AppArmor: kernel.apparmor_restrict_unprivileged_userns is 1",
	  "a profile that allows pr 'userns,'; or as root: sysctl -w "
	  "kernel.apparmor_restrict_unprivileged_userns=0" },
	{ MOUNTS, LSM_ERROR, has_profile, GUESS, "AppArmor confines this process by a profile",
	  "docker, podman: --security-opt apparmor=unconfined" },
	{ AREA_OVERLAY, { ENODEV }, always, GUESS,
	  "the kernel has no overlay, or its module is not loaded",
	  "as root: modprobe overlay" },

	{ AREA_MEMFD, LSM_ERROR, memfds_are_noexec, SURE,
	  "the sysctl vm.memfd_noexec forbids running memfds",
	  "as root: sysctl -w vm.memfd_noexec=0" },
	{ AREA_EXEC, { 0 }, always, GUESS,
	  "the directories are on file systems mounted noexec, or a security module forbids it",
	  "PR_TMPDIR=DIR where programs may run; on Android PR_LOADER=FILE" },
	{ AREA_XATTR, { EOPNOTSUPP }, always, SURE, "the file system has no user xattrs",
	  "nothing is needed: records go into a file beside the root" },
	{ AREA_XATTR, { EACCES, EPERM, EROFS }, always, GUESS, "you may not write there",
	  "a root of your own: copy it, or chown it to you" },
	{ AREA_XATTR, { ENOSPC, EDQUOT }, always, SURE, "the file system is full",
	  "make room, or use another" },
	{ AREA_LANDLOCK, { EOPNOTSUPP }, always, SURE, "Landlock is built in but not switched on",
	  "add landlock to lsm= on the kernel's command line" },
	{ AREA_SET_MM, { EINVAL }, always, GUESS,
	  "the kernel is built without CONFIG_CHECKPOINT_RESTORE",
	  "nothing is needed: pr works without it, slower" },
	{ AREA_URING, { EPERM }, io_uring_is_off, SURE,
	  "the sysctl kernel.io_uring_disabled is set",
	  "as root: sysctl -w kernel.io_uring_disabled=0" },

	{ ANY_AREA, { EPERM, EACCES, ENOSYS }, has_filter, GUESS,
	  "a seccomp filter is in force, as containers and Android install one",
	  "docker, podman: --security-opt seccomp=unconfined, or a profile that allows the call" },
	{ ANY_AREA, LSM_ERROR, selinux_enforces, GUESS, "SELinux is enforcing",
	  "as root: ausearch -m avc -ts recent, and a policy that allows it" },
	{ AREA_LANDLOCK, { ENOSYS }, always, GUESS,
	  "the kernel is built without Landlock",
	  "a kernel with CONFIG_SECURITY_LANDLOCK; without it --sandbox does not start" },
	{ AREA_PROCFS, { 0 }, always, GUESS, "/proc is not mounted here, or not the kernel's",
	  "as root: mount -t proc proc /proc" },
	{ AREA_PTRACE, LSM_ERROR, always, GUESS,
	  "a security module, or a tracer that hides itself: another pr, PRoot",
	  "run pr outside of it" },
	{ ANY_AREA, { ENOSYS }, always, GUESS, "the kernel is built without it",
	  "nothing is needed of you where pr works" },
	{ SPACES, LSM_ERROR, always, GUESS, "a security module or a container forbids it",
	  "ask who runs this host; the ptrace engine does without" },
};

static bool has_error(const struct rule *r, int error)
{
	if (!r->errors[0])
		return true;
	for (int i = 0; i < 3; i++)
		if (r->errors[i] && r->errors[i] == error)
			return true;
	return false;
}

void cause_find(const struct host *h, struct trial *t)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (!(r->areas & t->probe->areas) || !has_error(r, t->error) || !r->fits(h, t))
			continue;
		snprintf(t->cause, sizeof(t->cause), "%s", r->cause);
		snprintf(t->remedy, sizeof(t->remedy), "%s", r->remedy);
		t->is_guess = r->certainty == GUESS;
		return;
	}
}
