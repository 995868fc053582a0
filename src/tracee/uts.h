/* SPDX-License-Identifier: MIT */
/*
 * A UTS namespace: what uname(2) tells, as far as -k, sethostname(2) and setdomainname(2) have said
 * it otherwise than the host. Shared by all guests until one is given its own. Only in sessions
 * with an identity, or with -k.
 */
#ifndef PR_TRACEE_UTS_H
#define PR_TRACEE_UTS_H

#include <stdbool.h>

struct session;
struct tracee;

enum { UTS_NAME_BYTES = 65 }; /* __NEW_UTS_LEN and the NUL */

/* In the order of struct new_utsname. */
enum uts_field {
	UTS_SYSNAME,
	UTS_NODENAME,
	UTS_RELEASE,
	UTS_VERSION,
	UTS_MACHINE,
	UTS_DOMAINNAME,
	UTS_FIELDS,
};

struct uts_name {
	bool is_set; /* else it is the host's */
	char text[UTS_NAME_BYTES]; /* zeros behind the name */
};

struct uts {
	unsigned refs;
	bool is_set; /* some name is */
	struct uts_name names[UTS_FIELDS];
};

/* Nobody's yet (refs 0), with the host's names. NULL on OOM. */
struct uts *uts_new(struct session *s);
/* `text`, less than UTS_NAME_BYTES long, is that name from now on. */
void uts_set(struct uts *uts, enum uts_field field, const char *text);
/* The thread gets a copy of its own: CLONE_NEWUTS. 0 or -ENOMEM. */
int uts_unshare(struct session *s, struct tracee *t);
/* Gives the thread this one, in place of what it had. May be NULL. */
void tracee_set_uts(struct tracee *t, struct uts *uts);

#endif
