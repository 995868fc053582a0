/* SPDX-License-Identifier: MIT */
/*
 * Names of users and groups -> ids, by the guest's own passwd(5) and group(5). Pure: the texts are
 * given. Only these two files: the guest's NSS is not asked.
 */
#ifndef PR_IDENT_USERDB_H
#define PR_IDENT_USERDB_H

#include <stdint.h>

#include "base/fail.h"

struct userdb {
	const char *passwd, *group; /* whole files; NULL: the guest has none */
};

struct userdb_user {
	uint32_t uid, gid;
	const char *home; /* child of ctx */
	const char *name, *shell; /* children of ctx; NULL: passwd has none */
	uint32_t *groups; /* supplementary ones, child of ctx; NULL where there is none */
	unsigned group_count;
};

/*
 * "user[:group]", each a name or a number, as docker takes it:
 * - a user that passwd has, by name or number: the group and home of that line, and the groups that
 *   list the name;
 * - a number that it has not: group 0, home "/", no groups;
 * - with a group of its own that one, and no others.
 * 0, or -1 with the reason.
 */
int userdb_find(void *ctx, const struct userdb *db, const char *spec, struct userdb_user *ret,
		struct fail *fail);

/* "group,group,...", names or numbers; "" is none. Replaces ret->groups. 0, or -1. */
int userdb_groups(void *ctx, const struct userdb *db, const char *list, struct userdb_user *ret,
		  struct fail *fail);

/* A whole word as an id: not -1, which is none. */
int userdb_number(const char *word, uint32_t *ret);

#endif
