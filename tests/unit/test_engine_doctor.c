/* SPDX-License-Identifier: MIT */
/* What is said to stand behind a failure, on hosts that are made up here. */
#include <errno.h>
#include <string.h>

#include "engine/doctor/causes.h"
#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"
#include "unit.h"

/* Rows change what PLAIN says. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* A host with nothing special about it. */
#define PLAIN                                                                                     \
	.version = 618, .ptrace_scope = 1, .userns_clone = -1, .max_user = 10000,                 \
	.apparmor_userns = -1, .deny_ptrace = -1, .selinux = -1, .memfd_noexec = 0, .io_uring = 0

static const struct {
	struct host host;
	enum probe_id probe;
	int error;
	bool is_guess;
	const char *cause; /* part of it; "" where nothing can be said */
} rows[] = {
	{ { PLAIN, .ptrace_scope = 3 }, PROBE_PTRACE, EPERM, false, "ptrace_scope is 3" },
	{ { PLAIN, .ptrace_scope = 2 }, PROBE_PTRACE, EPERM, false, "ptrace_scope is 2" },
	{ { PLAIN, .deny_ptrace = 1 }, PROBE_PTRACE, EACCES, false, "deny_ptrace" },
	{ { PLAIN, .seccomp = 2 }, PROBE_PTRACE, EPERM, true, "seccomp" },
	{ { PLAIN, .traced_by = 5 }, PROBE_PTRACE, EPERM, true, "traced" },
	{ { PLAIN }, PROBE_PTRACE, EPERM, true, "hides itself" },
	{ { PLAIN }, PROBE_PROCFS, ENOENT, true, "/proc" },
	{ { PLAIN }, PROBE_IO_URING, ENOSYS, true, "built without" },
	{ { PLAIN }, PROBE_SECCOMP, EINVAL, false, "" },
	{ { PLAIN, .userns_clone = 0 }, PROBE_USER, EPERM, false, "unprivileged_userns_clone" },
	{ { PLAIN, .userns_clone = 0, .admin = true, .seccomp = 2 }, PROBE_USER, EPERM, true, "seccomp" },
	{ { PLAIN, .max_user = 0 }, PROBE_USER, ENOSPC, false, "max_user_namespaces is 0" },
	{ { PLAIN }, PROBE_USER, ENOSPC, true, "used up" },
	{ { PLAIN }, PROBE_NET, ENOSPC, true, "used up" },
	{ { PLAIN, .no_user_ns = true }, PROBE_USER, EINVAL, false, "CONFIG_USER_NS" },
	{ { PLAIN, .in_chroot = true }, PROBE_USER, EPERM, false, "chroot" },
	{ { PLAIN, .apparmor_userns = 1 }, PROBE_MAP, EACCES, true, "AppArmor" },
	{ { PLAIN, .apparmor_userns = 1 }, PROBE_MOUNT, EPERM, true, "AppArmor" },
	{ { PLAIN, .apparmor = "docker-default" }, PROBE_MOUNT, EACCES, true, "profile" },
	{ { PLAIN, .is_root = true, .seccomp = 2 }, PROBE_MOUNT, EPERM, false, "CAP_SYS_ADMIN" },
	{ { PLAIN, .covered = "/proc/kcore" }, PROBE_PROC, EPERM, false, "covered" },
	{ { PLAIN }, PROBE_RANGES, ENOENT, false, "newuidmap" },
	{ { PLAIN, .no_new_privs = 1 }, PROBE_RANGES, EPERM, false, "no_new_privs" },
	{ { PLAIN, .traced_by = 5 }, PROBE_RANGES, EPERM, true, "traced" },
	{ { PLAIN, .in_user_ns = true }, PROBE_RANGES, EPERM, true, "user namespace already" },
	{ { PLAIN }, PROBE_RANGES, 0, true, "/etc/subuid" },
	{ { PLAIN, .version = 510 }, PROBE_OVERLAY, EPERM, false, "too old" },
	{ { PLAIN }, PROBE_OVERLAY, ENODEV, true, "module" },
	{ { PLAIN, .version = 514 }, PROBE_LANDLOCK, ENOSYS, false, "too old" },
	{ { PLAIN }, PROBE_LANDLOCK, EOPNOTSUPP, false, "not switched on" },
	{ { PLAIN, .version = 510 }, PROBE_MSEAL, ENOSYS, false, "too old" },
	{ { PLAIN, .seccomp = 2 }, PROBE_MSEAL, ENOSYS, true, "seccomp" },
	{ { PLAIN, .memfd_noexec = 2 }, PROBE_MEMFD, EACCES, false, "memfd_noexec" },
	{ { PLAIN, .io_uring = 2 }, PROBE_IO_URING, EPERM, false, "io_uring_disabled" },
	{ { PLAIN }, PROBE_SESSION_DIR, 0, true, "noexec" },
	{ { PLAIN, .selinux = 1 }, PROBE_PTRACE, EACCES, true, "SELinux" },
	{ { PLAIN }, PROBE_XATTR, EOPNOTSUPP, false, "no user xattrs" },
};

START_TEST(causes)
{
	struct trial t = { .probe = &probes[rows[_i].probe], .error = rows[_i].error };

	cause_find(&rows[_i].host, &t);
	ck_assert_msg(!t.cause[0] == !rows[_i].cause[0], "%s", t.cause);
	ck_assert_msg(strstr(t.cause, rows[_i].cause), "%s", t.cause);
	ck_assert_msg(t.is_guess == rows[_i].is_guess, "%s", t.cause);
	ck_assert(!t.cause[0] == !t.remedy[0]);
}
END_TEST

/* Whoever adds a probe fills in its row. */
START_TEST(rows_are_complete)
{
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		ck_assert(probes[i].name && probes[i].without && probes[i].run);
		ck_assert(probes[i].needs == PROBE_COUNT || probes[i].needs < i);
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(probes[i].name, probes[k].name);
	}
}
END_TEST

static Suite *doctor_suite(void)
{
	Suite *s = suite_create("engine_doctor");
	TCase *tc = tcase_create("doctor");

	tcase_add_loop_test(tc, causes, 0, ROWS(rows));
	tcase_add_test(tc, rows_are_complete);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(doctor_suite)
