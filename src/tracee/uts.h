/* SPDX-License-Identifier: MIT */
/*
 * A UTS namespace: the names that sethostname(2) and setdomainname(2) have given. Shared by all
 * guests until one is given its own. Only in sessions with an identity.
 */
#ifndef PR_TRACEE_UTS_H
#define PR_TRACEE_UTS_H

#include <stdbool.h>

struct session;
struct tracee;

enum { UTS_NAME_BYTES = 65 }; /* __NEW_UTS_LEN and the NUL */

struct uts_name {
	bool is_set; /* else it is the host's */
	char text[UTS_NAME_BYTES]; /* zeros behind the name */
};

struct uts {
	unsigned refs;
	struct uts_name host, domain;
};

/* Nobody's yet (refs 0), with the host's names. NULL on OOM. */
struct uts *uts_new(struct session *s);
/* The thread gets a copy of its own: CLONE_NEWUTS. 0 or -ENOMEM. */
int uts_unshare(struct session *s, struct tracee *t);
/* Gives the thread this one, in place of what it had. May be NULL. */
void tracee_set_uts(struct tracee *t, struct uts *uts);

#endif
