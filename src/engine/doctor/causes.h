/* SPDX-License-Identifier: MIT */
/* What stands behind a refusal: found by looking at this host, called a guess where it is one. */
#ifndef PR_ENGINE_DOCTOR_CAUSES_H
#define PR_ENGINE_DOCTOR_CAUSES_H

#include <stdbool.h>

struct trial;

/* What the host says about itself. Numbers are -1 where it does not. */
struct host {
	char release[65], machine[65];
	unsigned version; /* 6.18 is 618 */
	int ptrace_scope, userns_clone, max_user, apparmor_userns, deny_ptrace, selinux;
	int memfd_noexec, io_uring, seccomp, no_new_privs, traced_by;
	bool is_root;
	bool admin;	/* CAP_SYS_ADMIN */
	bool in_chroot; /* / is no mount */
	bool no_user_ns;
	bool in_user_ns; /* of another's making: not all ids are there */
	char apparmor[96]; /* our profile, empty if we have none */
	char covered[128]; /* a mount below /proc */
	char container[32];
};

void host_look(struct host *h);

/* Fills in cause, remedy and is_guess of a failed trial. */
void cause_find(const struct host *h, struct trial *t);

#endif
